# ruff: noqa: E501, RUF001, SIM905 (patterns are broken at their parts, and hold the marks that people type)
"""Street addresses in the forms of several countries, boxes, units, and towns with their postal code."""

from __future__ import annotations

import re

from engine.privacy.recognisers.contacts import DIGIT_WORD, SPOKEN
from engine.privacy.recognisers.patterns import Rule, both, by_first_letter, contains, has_digits, matches
from engine.privacy.recognisers.places import KINDS_BEFORE, SMALL, place_rules
from engine.privacy.recognisers.rules import RuleRecognizer
from engine.privacy.recognisers.scripts import script_rules
from engine.privacy.recognisers.words import is_common

_EN_TYPES = (
    r"street|st|str|avenue|ave|av|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|circle|cir|place|pl|terrace|ter|terr"
    r"|trail|trl|parkway|pkwy|highway|hwy|way|square|sq|loop|crescent|cres|close|mews|gardens?|gdns|grove|alley|aly"
    r"|plaza|plz|row|walk|crossing|xing|ridge|rdg|point|pt|hill|heights|hts|view|vista|hollow|run|path|pike|turnpike"
    r"|expressway|freeway|bypass|causeway|green|park|quay|rise|vale|wharf|yard|esplanade|parade|pde|track|bend|cove|creek"
    r"|meadows?|mill|pass|ranch|route|rte|spring|springs|station|summit|valley|village|villas?|well|wells|landing|manor"
    r"|island|isle|junction|knoll|lake|lodge|orchard|oval|broadway|estates?|fields?|forest|glen|harbou?r|haven|shore"
)
_MORE_TYPES = (
    r"Arcade|Branch|Bridge|Brooks?|Burgs?|Camp|Canyon|Cape|Center|Centers|Cliffs?|Common|Corners?|Course|Courts|Crest|Crossroads?|Curve|Dale|Dam|Divide|Drives|Copse|Croft|Dene|Drove"
    r"|Extensions?|Falls?|Ferry|Flats?|Fords?|Forges?|Forks?|Fort|Freeway|Gateway|Glens|Greens|Groves|Harbou?rs|Hills|Inlet|Islands|Junctions|Knolls|Lakes|Landing|Lodge|Mall|Manors"
    r"|Mission|Motorway|Mount|Mountains?|Neck|Overpass|Parks|Parkways|Passage|Pines?|Plains?|Points|Ports?|Prairie|Radial|Ramp|Rapids?|Ridges|River|Roads|Rue|Shoals?|Shores|Skyway"
    r"|Almshouses|Buildings|Chambers|Cottages|Houses|Maisonettes|Mansions|Tenements|Spurs?|Squares|Stravenue|Stream|Streets|Throughway|Trace|Tracks|Trafficway|Tunnel|Underpass|Unions?|Valleys|Viaduct|Views|Villages|Ville|Walks|Wall|Ways|Drift|Dell|End|Gate|Hey|Nook|Paddock|Ride|Slip"
)
"""Types of streets that are words of every day too (USPS Publication 28, appendix C1; Royal Mail): only with a capital."""
_SURE_TYPES = frozenset(
    """street st avenue ave road rd boulevard blvd lane ln drive court ct circle cir terrace parkway pkwy highway hwy crescent
    cres trail trl turnpike expressway mews gdns aly rdg""".split()
)
_SMALL_TYPES = frozenset(
    """close row walk place pl way square sq gardens grove mews hill terrace ter rise wharf quay alley parade plaza green park view heights
    manor gate hollow croft bank vale yard loop bend path pike meadow meadows""".split()
)
"""Types that count in small letters where what stands before the number leads to a door."""
_TO_A_DOOR = re.compile(
    r"(?:(?<!\w)(?:at|to|past|outside|behind|opposite|near|from|by|no|nr|number|address|addr|live|lives|living|home|house|flat|unit|renting|parked|deliver(?:ed)?|ship(?:ped)?|send|post|moved|staying)"
    r"(?:\s(?:is|in|at|to|on|of))?[.:]?|[#:(])\s?$",
    re.IGNORECASE,
)
_ANY_ROAD = frozenset(
    """busy quiet dirt gravel rocky country main high back side long narrow winding dusty private public toll ring slip service mountain coastal
    memory fast slow bike cycle hard flash disk thumb usb warp food blood wall sesame silk abbey same very whole another cobbled empty bumpy""".split()
)
_NO_CROSSING = frozenset(
    """january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec
    monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun first second third fourth fifth today tomorrow yesterday
    morning evening night christmas easter birthday anniversary""".split()
)
NOT_STREET = frozenset(
    """minutes minute min mins hours hour hrs days day weeks week months month years year percent people of to in on at for a an
    my your his her our their is was are were and or per times more less feet ft miles mile km meters metres blocks dollars
    bucks euro euros guys girls ways things kids stars inches lbs pounds kg calories photos pics videos ppl am pm o'clock
    because if that this these those so but with from than then just about around before after who which what when where how
    yuan rmb yen rupees pesos boxes bags pieces rows cols columns steps reps sets laps tabs pills tablets grams litres liters kilos seats tickets items
    not be have has had do does did i you he she we they it me him us them can will would could should
    """.split()
)
_ROMANCE = (
    r"calle|c/|avenida|avda?\.|av\.|plaza|paseo|carrera|cra\.?|cl\.|camino|ronda|rambla|rua|r\.|travessa|pra[çc]a|via|viale|v\.le|piazza|p\.za"
    r"|corso|vicolo|largo|lungomare|strada|bulevardul|str\.|calea|alameda|bulevar|callej[óo]n|carretera|cuesta|glorieta|pasaje|prolongaci[óo]n"
    r"|privada|circuito|cerrada|calzada|diagonal|diag\.|andador|estrada|condom[íi]nio|conjunto|ladeira|loteamento|residencial|rodovia|s[íi]tio|setor"
    r"|vereda|viela|vila|quadra|parque|jardim|fazenda|alto|beco|praceta|urbaniza[çc][ãa]o|urbanizaci[óo]n|borgo|contrada|rotonda|stretto|vico"
    r"|canale|fondamenta|salita|traversa|localit[àa]|frazione|aleea|bulevardul|intrarea|splaiul|[șs]oseaua|drumul|carrer|passeig|avinguda|pla[çc]a"
    r"|r[úu]a|praza"
)
_ROMANCE_TOO = r"Distrito|[ÁA]rea|P[áa]tio|Corredor|Campo|Col[ôo]nia|Esplanada|Esta[çc][ãa]o|Favela|Feira|Lagoa?|Morro|N[úu]cleo|Passarela|Praia|Recanto|Ch[áa]cara|Trecho|Trevo|Vale|Viaduto|Eje [Vv]ial|Peatonal|Perif[ée]rico|Retorno|Circunvalaci[óo]n|Continuaci[óo]n"
"""Types of streets that are words of every day too: only with a capital."""
_DIRECTION = r"(?:(?:[NSEW]|NE|NW|SE|SW|North|South|East|West|Northeast|Northwest|Southeast|Southwest)\.?\s)?"
_UNIT = (
    r"(?:[,\s]{1,3}(?:apartment|apt|suite|ste|unit|flat|floor|fl|room|rm|building|bldg|lot|space|spc|penthouse|ph|no|nr|#)"
    r"\.?\s?#?\s?[A-Za-z]?\d{0,5}[A-Za-z]?(?!\w))?"
)
_STATES = (
    r"A[LKZR]|C[AOT]|D[CE]|FL|G[AU]|HI|I[DLNA]|K[SY]|LA|M[EDAINSOTP]|N[EVHJMYCD]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[TAI]"
    r"|W[AVIY]|A[EAP]"
)
_TAIL = (
    rf"(?:[,\s]{{1,3}}[A-Z][\w.'’\-]+(?:\s[A-Z][\w.'’\-]+){{0,3}},?\s{{1,2}}(?:{_STATES})\b(?:,?\s{{1,2}}\d{{5}}(?:-\d{{4}})?)?"
    r"|[,\s]{1,3}\d{4,5}\s[A-ZÀ-Ý][\w.'’\-]+(?:\s[A-ZÀ-Ý][\w'’\-]+){0,2})?"
)
_SURE = r"street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|court|parkway|pkwy|highway|hwy"
_HOUSES = r"House|Cottages?|Rectory|Vicarage|Farm(?:house)?|Hall|Lodge|Court|Villas?|Manor|Barn|Mill|Hollow|View|Rise|End|Croft|Bungalow|Grange|Priory|Stables|Forge|Dairy|Granary|Bakery|Bank|Nook|Brook|Dene|Corner|Mount|Chapel|Hill|Gate"
_NO_STREET_AFTER = r"(?:of|and|to|birthday|floor|grade|place|time|day|anniversary|century|quarter|edition|base|inning|generation|gen)\b"
_CROSSED = r"(?:[A-ZÀ-ŽΑ-ΩА-Я0-9\u0590-\u05ff\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3][\w'’.\-]*)(?:\s[A-ZÀ-ŽΑ-ΩА-Я0-9\u0590-\u05ff\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3][\w'’\-]*){0,4}"
_HAN = r"(?:(?![我你您他她它们住在是的了到去来于往寄给请就从])[\u3400-\u9fff])"


def _a_street(match: re.Match[str]) -> bool:
    """Refuse "5 minutes down the road" is not an address; "14 rosewood ct" is."""
    words = match.group("words").replace(",", " ").split()
    kind = match.group("kind").casefold().rstrip(".")
    low = [word.casefold() for word in words]
    if any(word in NOT_STREET for word in low) or (low and low[0] == "the" and words[0] == "the"):
        return False
    named = words and all(word[0].isupper() or word[0].isdigit() or word.casefold() in ("the", "of") for word in words)
    return bool(named) or (bool(words) and (kind in _SURE_TYPES or (kind in _SMALL_TYPES and _at_a_door(match))))


def _at_a_door(match: re.Match[str]) -> bool:
    """Whether a number in small letters is that of a house: "at 14 lilac close", "27b tannery row"."""
    lettered = re.match(r"\d{1,4}[a-e]\b", match.group()) is not None
    return lettered or _TO_A_DOOR.search(match.string[max(0, match.start() - 24) : match.start()]) is not None


def _a_named_street(match: re.Match[str]) -> bool:
    """Refuse "on a busy road" and "down memory lane": a word of every day, or one that every road can have."""
    first = match["first"]
    return not (is_common(first) or first in NOT_STREET or first in _ANY_ROAD)


def _crosses(match: re.Match[str]) -> bool:
    """Refuse "on may and 9th": a month, a day and a number are no streets."""
    first = match["first"].casefold()
    return first not in _NO_CROSSING and not first.isdigit() and first not in NOT_STREET


def address_recogniser() -> RuleRecognizer:
    """Finds addresses. One rule a form, so that the review says which form was seen."""
    any_case = re.IGNORECASE
    digit = has_digits(1)
    rules = [
        Rule("number street", re.compile(
            rf"(?<![\w$€£#.])\d{{1,6}}(?:[A-Za-z]|\s?1/2)?(?:[\-/]\d{{1,5}}[A-Za-z]?)?,?\s(?!\d+\s)(?:(?i:{_DIRECTION}))"
            rf"(?P<words>(?:[\w'’.\-]+\s){{1,4}}?)(?P<kind>(?i:{_EN_TYPES})|{_MORE_TYPES})\b\.?"
            rf"(?:\s(?i:N|S|E|W|NE|NW|SE|SW|North|South|East|West)\b\.?)?(?i:{_UNIT}){_TAIL}"), 0.75, check=_a_street,
            needs=digit),
        Rule("kilometre of a road", re.compile(
            r"(?<!\w)(?:ruta|carretera|ctra\.?|rodovia|autopista|autov[íi]a|strada statale|route nationale|estrada|highway|panamericana)\s[^\n,;]{1,30},?\s(?:km\.?|kil[óo]metro)\s?\d{1,4}(?:[.,]\d)?(?!\w)", any_case), 0.65,
             needs=both(digit, contains("km", "metro"))),
        Rule("highway", re.compile(r"(?<!\w)\d{1,6}\s(?:(?:US|State|County)\s)?(?:Highway|Hwy|Route|Rte|County Road|CR|FM|SR)\s"
                                   r"\d{1,4}[A-Z]?\b", any_case), 0.7, needs=digit),
        Rule("German street", re.compile(
            r"(?<!\w)(?:[A-ZÄÖÜ][\wäöüß\-]*(?:str(?:aße|asse|\.)|weg|gasse|platz|allee|ring|ufer|damm|steig|chaussee|hof"
            r"|graben|berg|markt|promenade|stieg|pfad)"
            r"|(?:[A-ZÄÖÜ][\wäöüß\-]+\s){1,3}(?:Stra(?:ß|ss)e|Str\.|Weg|Platz|Allee|Ring|Ufer|Damm|Gasse|Chaussee))"
            r"\s\d{1,4}(?:\s?[a-z])?(?:\s?[-/]\s?\d{1,4}){0,3}(?!\w)"
            r"(?:,?\s(?:[A-Z]{1,2}-)?\d{4,5}\s[A-ZÄÖÜ][\wäöüß\-]+(?:\s[A-ZÄÖÜ][\wäöüß\-]+)?)?"), 0.75, needs=digit),
        Rule("German street, small letters", re.compile(
            r"(?<!\w)[a-zäöüß\-]{3,}(?:straße|strasse|str\.|gasse|allee|platz|weg)\s\d{1,4}\s?[a-z]?(?!\w)", any_case), 0.6,
            needs=digit),
        Rule("French street", re.compile(
            r"(?<!\w)\d{1,4}(?:\s?(?:bis|ter|quater)|[a-e](?!\w))?,?\s(?:rue|avenue|av\.|boulevard|bd\.?|blvd|place|chemin|all[ée]e|impasse|quai|mont[ée]e|rang|c[ôo]te|square|villa|cit[ée]|clos|r[ée]sidence|hameau|lotissement|promenade|traverse|venelle|parvis|voie|mail|esplanade|terrasse"
            r"|cours|route|passage|ruelle|sentier|faubourg)\s(?:(?:de|du|des|la|le|les|aux?|en|d'|l'|de l')\s?){0,3}"
            r"[\wÀ-ÿ'’\-]+(?:\s(?:de|du|des|la|le|et)?\s?[A-ZÀ-Ý][\wÀ-ÿ'’\-]+){0,4}"
            r"(?:,?\s\d{5}\s[A-ZÀ-Ý][\wÀ-ÿ'’\-]+|,?\sà\s(?-i:[A-ZÀ-Ý])[\wÀ-ÿ'’\-]+)?", any_case), 0.75, needs=digit),
        Rule("Romance street", re.compile(
            rf"(?<!\w)(?:{by_first_letter(_ROMANCE)}|(?-i:{_ROMANCE_TOO}))\s(?:[\wÀ-ÿ'’.º\-]+\s?){{1,6}}?"
            r",?\s(?:n(?:[.º°]|ro\.?|[uú]m\.?|o\.)?\s?)?\d{1,5}(?:[\s,]{1,2}\d{1,2}[ºª°][\s]?(?:\w{0,3}(?!\w)|(?:izq(?:da|uierda)?|izda|dcha|derecha|centro|puerta)(?!\w)\.?(?:\s\w(?!\w))?))?(?!\w)"
            r"(?:[,\s]{1,2}\d{5}\s[A-ZÀ-Ý][\wÀ-ÿ'’\-]+)?", any_case), 0.65, check=_a_romance_street, needs=digit),
        Rule("Argentine postcode and town", re.compile(r"(?<!\w)[A-HJ-NP-Z]\d{4}[A-Z]{3}(?!\w)(?:,?\s(?:CABA|[A-ZÀ-Ý][\wÀ-ÿ\-]+(?:\s[A-ZÀ-Ý][\wÀ-ÿ\-]+){0,2}))?"), 0.65, needs=has_digits(4)),
        Rule("number of a house, then the street", re.compile(rf"(?i:(?<!\w)(?:house |door )?number )\d{{1,4}}[a-zA-Z]?,?\s(?:[A-Z][\w'’]+\s){{1,3}}(?i:{_EN_TYPES})(?!\w)"), 0.7, needs=both(digit, contains("number"))),
        Rule("Dutch or Nordic street", re.compile(
            r"(?<!\w)(?:\d{1,5}\s)?[A-ZÀ-Ý][\wÀ-ÿ\-]*(?:straat|laan|plein|gracht|kade|dijk|singel|steeg|gatan|gata|gade|vägen|vej|veien|vegen"
            r"|allé|stien|katu|kuja|polku|tie|gränd|torget|plads|backen|holtet|utca|út|útja|tér|sokak|caddesi|bulvarı)"
            r"\s\d{1,5}(?:\s?[A-Za-z](?!\w))?(?:\s(?:Apt|bis|tr|lgh|as)\.?\s?\d+)?(?!\w)(?:,?\s\d{4,5}(?:\s?[A-Z]{2})?\s[A-ZÀ-Ý][\wÀ-ÿ\-]+)?"),
            0.7, needs=digit),
        Rule("Hungarian or Turkish street", re.compile(
            r"(?<!\w)[A-ZÀ-Ž][\wÀ-ž\-]+(?:\s[\wÀ-ž\-]+){0,2}\s(?:utca|út|útja|u\.|tér|krt\.|(?i:sokak|sokağı|sok\.|sk\.|caddesi|cad\.|cd\.|mah\.|bulvarı|blv\.))"
            r"\s?(?:[Nn][Oo][.:]{0,2}\s?)?\d{1,4}(?:/\w{1,4})?\.?(?!\w)(?:\s?(?:[Dd](?:aire)?|[Kk](?:at)?)[.:]\s?\d{1,3}){0,2}(?:,?\s[A-ZÀ-Ž][\wÀ-ž\-]+(?:\s?/\s?[A-ZÀ-Ž][\wÀ-ž\-]+)?(?=\s*(?:$|[.,;!?)\n])))?"), 0.7, needs=digit),
        Rule("Slavic street", re.compile(
            r"(?<!\w)(?:ul\.|ulica|al\.|aleja|os\.|pl\.|plac|ulice|ulitsa|улица|ул\.|вулиця|вул\.|проспект|пр\.)\s[A-ZÀ-ŽА-ЯЁ0-9][\wÀ-ž\-]*"
            r"(?:\s[\wÀ-ž\-]+){0,3}?,?\s(?:д(?:ом|\.)\s?|буд\.\s?)?\d{1,4}[a-zA-Zа-я]?(?:[/\-]\d{1,4}|\sm\.?\s?\d+)?"
            r"(?:,?\s(?:корп(?:ус|\.)|к\.|стр\.|подъезд|этаж|кв(?:артира|\.)|оф(?:ис|\.))\s?\d+){0,4}(?!\w)"), 0.75,
            needs=digit),
        Rule("street named before its kind", re.compile(
            r"(?<![\w'’])[A-ZÀ-Ž][\wÀ-ž\-]*(?:\s[\wÀ-ž\-]+)?\s(?:cesta|ulica|ulice|třída|trg|pot|put|prolaz|naselje|šetalište|obala|tee|tänav|puiestee|mnt|gatvė|g\.|alėja|prospektas|iela|bulvāris|prospekts|náměstí|nábřeží|námestie|nábrežie|rkp\.|sétány|köz"
            r"|bulvar|bulevard|bul\.)\s\d{1,4}(?:[a-z](?!\w))?(?:[/\-]\d{1,4})?(?!\w|[.,:]\d)"), 0.6, needs=digit),
        Rule("Slavic number street", re.compile(r"(?<!\w)\d{1,5}\s(?:ul\.|ulica|al\.|ulice)\s\w+(?:\s\w+){0,2}", any_case), 0.6,
            needs=digit),
        Rule("number in words", re.compile(
            r"(?<![\w'’])(?:One|Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten|Eleven|Twelve|Twenty|Hundred)\s(?:[A-Z][\w'’.\-]*\s){1,3}"
            r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Drive|Court|Place|Plaza|Square|Way|Parkway|Circle|Terrace|Row|Wharf|Quay)\b"), 0.65),
        Rule("number in words, small letters", re.compile(
            rf"(?<![\w'’])(?:{DIGIT_WORD})(?:[\s\-](?:{DIGIT_WORD})){{1,4}}\s(?P<first>[^\W\d_][\w'’]{{2,20}})\s(?:[\w'’]{{3,20}}\s)?(?:{_SURE}|lane|ln|close|crescent|terrace|place|way)\b(?:,?\s(?:apartment|apt|flat|unit|number|suite)\s(?:(?:{DIGIT_WORD})\s?){{1,3}}\b)?", any_case), 0.55,
            check=_a_named_street, needs=SPOKEN),
        Rule("South-East Asian street", re.compile(
            r"(?<!\w)(?i:jl|jln|jalan|gg|gang|lorong|lrg|persiaran|lebuh|soi|thanon|đường|ngõ|phố)\b\.?\s(?:[A-ZĐ][\w'’.\-]*\s){1,4}?"
            r"(?:(?i:no|nr)\.?\s?)?\d{1,4}[A-Za-z]?(?:/\d{1,4})?(?!\w)(?:,\s[A-Z][\w\-]+(?:\s[A-Z][\w\-]+){0,2})?"), 0.7,
            needs=digit),
        Rule("Vietnamese street", re.compile(
            r"(?<!\w)(?:số\s)?\d{1,5}(?:/\d{1,5})*,?\s(?:(?:đường|phố|hẻm|ngõ|ngách|khóm|ấp|tổ|thôn|kiệt|đại lộ|khu phố|khu|xã|phường|quận|huyện|tp\.?|thị xã|thị trấn|tỉnh|thành phố)\s(?:số\s)?[\wÀ-ỹ]+(?:\s(?-i:[A-ZĐÀ-Ỹ])[\wÀ-ỹ]+){0,5}[\s,]{0,2}){1,3}(?<=[\wÀ-ỹ])(?:,\s(?-i:[A-ZĐÀ-Ỹ])[\w.À-ỹ]+(?:\s(?-i:[A-ZĐÀ-Ỹ])[\wÀ-ỹ]+){0,3}){0,3}", any_case), 0.7,
             needs=both(digit, contains("đường", "phố", "hẻm", "ngõ", "ngách", "khóm", "ấp", "tổ", "thôn", "kiệt", "đại lộ"))),
        Rule("Korean street", re.compile(
            r"(?:[가-힣]{1,8}(?:특별시|광역시|특별자치시|특별자치도|[도시군구])\s){0,3}[가-힣]{1,8}\d{0,4}[가-힣]{0,3}(?:로|길|가|동|리)\s?(?:지하)?\d{1,4}(?:-\d{1,4})?(?:\s?\([가-힣\d\s,]{1,20}\))?(?:,?\s?\d{1,4}[동호]){0,2}"), 0.7, needs=both(digit, matches("[가-힣]"))),
        Rule("Chinese street", re.compile(
            rf"{_HAN}{{0,24}}?{_HAN}(?:路|街|大道|巷|弄|胡同|里|段)(?:[A-Z]座|\s?\d{{1,5}}\s?(?:号|弄|號))(?:\s?\d{{0,5}}[A-Za-z]?\s?(?:号楼|号|楼|室|单元|层|栋|座|幢|樓|棟)){{0,4}}"), 0.75,
            needs=digit),
        Rule("Japanese street", re.compile(
            rf"(?:{_HAN}{{1,4}}[都道府県])?{_HAN}{{1,6}}[市区町村郡]{_HAN}{{0,8}}\d{{1,4}}(?:(?:丁目|番地?|号)\d{{0,4}}|[\-−ー‐]\d{{1,4}}){{1,4}}(?:\s?\d{{1,4}}号室)?"), 0.7,
            needs=digit),
        Rule("street, then the number", re.compile(
            rf"(?<![\w'’])(?P<words>[^\W\d_][\w'’\-]{{2,}})\s(?P<kind>(?i:{_SURE}))\.?,?\s(?i:number\s|no\.?\s|nr\.?\s|#)?\d{{1,5}}[A-Za-z]?(?![\w%:]|[.,]\d)"
            r"(?!\s?(?:min(?:ute)?s?|hours?|hrs?|miles?|km|blocks?|days?|weeks?|months?|years?|people|times|am|pm|mph)\b)"), 0.6, check=_a_street,
            needs=digit),
        Rule("Indian quarter", re.compile(
            r"(?<![\w'’/])\d{1,4}(?:[/\-]\d{1,4})?[A-Z]?,\s(?:[A-Z][\w'’.\-]*\s){1,3}(?:Ganj|Nagar|Marg|Chowk|Colony|Vihar|Puram|Peta?|Peth|Bagh|Gali|Mohalla|Zila|Enclave|Circle|Layout|Road|Street|Salai|Extn?|Society)\b"), 0.65, needs=digit),
        Rule("Indian cross", re.compile(
            r"(?<![\w'’])#?\s?\d{1,5}[\w/\-]{0,8},\s(?:[A-Z][\w'’.\-]*(?:\s[A-Z][\w'’.\-]*){0,3},\s)?\d{1,2}(?:st|nd|rd|th)\s(?:[A-Z]\s)?"
            r"(?:Main|Cross|Block|Stage|Phase|Floor|Street|Avenue|Road)(?:\sRoad)?(?:,\s(?:\d{1,2}(?:st|nd|rd|th)\s)?[A-Z][\w'’.\-]*(?:\s[A-Z][\w'’\-]*){0,2}){0,4}"
            r"(?:\s[\-–]?\s?\d{6})?"), 0.7, needs=digit),
        Rule("rural route", re.compile(
            r"(?<!\w)(?:r\.?\s?[dr]\.?|hc|rfd|rural (?:route|delivery)|star route)\s?#?\d{1,4},?\s(?:box\s)#?\d{1,6}[A-Z]?(?!\w)", any_case), 0.75,
            needs=digit),
        Rule("box", re.compile(
            r"(?<!\w)(?:(?:p\.?\s?o\.?\s?|gpo\s|post\s?(?:office\s)?)box|pob|postfach|bo[iî]te postale|b\.?p\.|apartado(?: de correos)?"
            r"|casella postale|c\.p\.|postbus|skrytka pocztowa|caixa postal|private bag|pmb)\s?#?\s?[A-Z]?\d{1,6}(?:\s\d{2,4})?(?!\w)"
            r"(?:[,\s]{1,3}[A-Z][\w.'’\-]+(?:\s[A-Z][\w.'’\-]+){0,2}(?:,?\s[A-Z]{2})?\s\d{4,5}(?:-\d{4})?)?", any_case), 0.8,
            needs=digit),
        Rule("military", re.compile(
            r"(?<!\w)(?:(?:unit|psc|cmr)\s\d{1,5},?\s(?:box\s\d{1,5})|us(?:s|ns|nv|cgc|ccs)\s\w+(?:\s(?!dpo|apo|fpo)\w+)?)(?:[,\s]{1,3}(?:dpo|apo|fpo)[,\s]{1,2}a[aep]"
            r"(?:\s\d{5}(?:-\d{4})?)?)?|\b(?:dpo|apo|fpo)[,\s]{1,2}a[aep]\s\d{5}(?:-\d{4})?", any_case), 0.85,
            needs=contains("unit", "psc", "cmr", "uss", "usns", "usnv", "uscg", "uscc", "dpo", "apo", "fpo")),
        Rule("town, state, zip", re.compile(
            rf"(?<!\w)[A-Z][\w.'’\-]+(?:\s[A-Z][\w.'’\-]+){{0,2}},?\s{{1,2}}(?:{_STATES}),?\s{{1,2}}\d{{5}}(?:-\d{{4}})?(?!\w)"), 0.7,
            needs=has_digits(5)),
        Rule("zip after a state", re.compile(rf"\b(?:{_STATES})\s\d{{5}}(?:-\d{{4}})?(?!\w)"), 0.55, needs=has_digits(5)),
        Rule("UK postcode", re.compile(
            r"(?<!\w)(?:GIR\s?0AA|(?:[A-PR-UWYZ][A-HK-Y]?\d[\dA-HJKPSTUW]?)\s?\d[ABD-HJLNP-UW-Z]{2})(?!\w)"), 0.65, needs=digit),
        Rule("Canadian postcode", re.compile(r"(?<!\w)[ABCEGHJ-NPRSTVXY]\d[A-Z]\s?\d[A-Z]\d(?!\w)"), 0.65, needs=digit),
        Rule("postcode after a word", re.compile(
            r"\b(?:zip(?:\s?code)?|post(?:al)?[\s_]?code|plz|eircode|pin ?code(?=\W{1,4}\d{6}\b)|cep|code postal|c[óo]digo postal|cap(?=\W{1,3}\d{5}\b))\b[^\w\n]{0,4}(?:is|:|=)?\s?"
            r"(?P<code>[A-Z]{0,2}\d[\dA-Z\- ]{2,8}\d?[A-Z]{0,2})(?!\w)", any_case), 0.7, group="code", needs=digit),
        Rule("unit", re.compile(r"(?<!\w)(?:apartment|apt|suite|ste|flat)\.?\s?#?\d{1,5}[A-Za-z]?(?!\w)", any_case), 0.5,
            needs=digit),
        Rule("corner", re.compile(
            rf"(?i:\b(?:[ns][ew]?\s|[ew]\s)?(?:the\s)?(?:corner|intersection|junction|crossing)\sof\s)(?:[\w'’.\-]+,?\s){{1,6}}?(?:and|&|y|und|et)\s(?:{KINDS_BEFORE}\s(?:{SMALL}\s){{0,2}})?{_CROSSED}"),
            0.7, needs=contains("corner", "intersection", "junction", "crossing")),
        Rule("corner in small letters", re.compile(
            rf"\b(?:corner|intersection|junction)\sof\s(?:[\w'’.\-]+\s){{1,4}}?(?:and|&)\s(?:[\w'’.\-]+\s){{0,2}}?(?:(?:{_EN_TYPES}|{_MORE_TYPES})s?|\d\w*)\b"
            r"|(?<=corner\s)(?:of\s)?\d{1,3}(?:st|nd|rd|th)\s(?:and|&|n)\s[\w'’\-]{3,20}",
            any_case), 0.65, needs=contains("corner", "intersection", "junction")),
        Rule("two streets", re.compile(
            rf"(?<![\w'’.\-])(?:[A-Z0-9][\w'’.\-]{{0,30}}\s){{1,3}}(?i:{_SURE})\.?\s(?:and|&|at|@|/)\s(?:[A-Z0-9][\w'’.\-]*\s){{1,3}}(?i:{_SURE})\b"), 0.65),
        Rule("coordinates", re.compile(
            r"(?<![\w.\-])-?\d{1,2}\.\d{3,8}°?\s?[NSns]?\s?[,/;]\s?-?\d{1,3}\.\d{3,8}(?!\d)|(?<!\w)\d{1,2}°\s?\d{1,2}['’′]\s?[\d.]{1,6}[\"”″]\s?[NSns],?\s?\d{1,3}°\s?\d{1,2}['’′]"
            r"\s?[\d.]{1,6}[\"”″]\s?[EWOewo]"), 0.7, needs=has_digits(6)),
        Rule("parts of a building", re.compile(
            r"(?<![\w'’])(?:Room|Rm\.?|Suite|Unit|Floor|Building|Bldg\.?|Block|Blk\.?|Tower|Wing|Gate|Entrance|House|Street|Lane|Sector|Phase|Lot|Plot|Flat|Apartment|Apt\.?)\s#?[A-Z]?\d{0,5}[A-Z]?(?:,\s?(?:\d{1,2}(?:st|nd|rd|th)\sfloor"
            r"|(?:Room|Rm\.?|Suite|Unit|Floor|Building|Bldg\.?|Block|Blk\.?|Tower|Wing|Gate|Entrance|House|Street|Lane|Sector|Phase|Lot|Plot|Flat|Apartment|Apt\.?)\s#?[A-Z]?\d{0,5}[A-Z]?(?!\w))){1,3}"), 0.6,
            needs=contains("room", "rm", "suite", "unit", "floor", "building", "bldg", "block", "blk", "tower", "wing", "gate", "entrance", "flat", "ap", "house", "street", "lane", "sector", "phase", "lot")),
        Rule("number and direction", re.compile(
            r"(?<![\w$€£#.])\d{2,5}\s(?:[NSEW]|NE|NW|SE|SW)\.?\s[A-Z][a-z]{3,14}(?:\s[A-Z][a-z]{3,14})?(?![\w@])"), 0.55, needs=has_digits(2)),
        Rule("numbered street and another", re.compile(
            r"(?<!\w)\d{1,3}(?:st|nd|rd|th)\s(?:and|&|@|n)\s(?!\d)[A-Z][a-z]{2,14}(?!\w)|(?<!\w)[A-Z][a-z]{2,14}\s(?:and|&|@|n)\s\d{1,3}(?:st|nd|rd|th)(?!\w|\s[a-z]{3})"), 0.5, needs=has_digits(1)),
        Rule("two streets in small letters", re.compile(
            rf"(?<![\w'’.\-])(?P<first>[\w'’\-]{{2,20}})\s(?:{_SURE})\.?\s(?:and|&|at|@|x|/|meets|crosses|n|near)\s(?:\d{{1,3}}(?:st|nd|rd|th)|[\w'’\-]{{2,20}}\s(?:{_SURE}))(?!\w|['’]|\s{_NO_STREET_AFTER})", any_case), 0.55,
            check=_crosses, needs=contains(" st ", " st. ", " street ", " ave ", " avenue ", " rd ", " road ", " blvd ", " boulevard ", " lane ", " ln ", " drive ", " court ", " parkway ")),
        Rule("street and a number", re.compile(
            rf"\b(?:at|on|of|from|near|by|to|off|around|past|between|where)\s(?P<place>(?P<first>[\w'’]{{3,16}})\s?(?:and|&|n|x|/|meets|crosses|hits)\s?(?:\d{{1,3}}(?:st|nd|rd|th)|broadway|main|(?-i:First|Second|Third|Fourth|Fifth|Sixth|Seventh|Eighth|Ninth|Tenth)))(?!\w|['’]|\s{_NO_STREET_AFTER})", any_case), 0.5,
            group="place", check=_crosses, needs=both(contains(" and ", "&", " n ", " x ", "/", " meets ", " crosses ", " hits "), matches(r"\d(?:st|nd|rd|th)\b|(?i:broadway|main)\b|(?:First|Second|Third|[FST][a-z]{2,4}th|Ninth)\b"))),
        Rule("unit, house and street in small letters", re.compile(
            r"(?<![\w'’])(?:flat|room|apt|apartment|unit|studio|suite|ward|bed)\.?\s#?\d{1,4}[a-z]?,\s(?:[\w'’]+\s){0,3}[\w'’]+(?:,\s(?:[\w'’]+\s){1,2}(?:street|st|road|rd|lane|ln|avenue|ave|close|drive|hill|row|way|walk|terrace|square))(?!\w)", any_case), 0.55,
            needs=both(digit, contains("flat", "room", "apt", "apartment", "unit", "studio", "suite", "ward", "bed"))),
        Rule("street in small letters", re.compile(
            r"\b(?:on|off|along|down|up|at|from|past|near|behind|to)\s(?P<place>(?P<first>[a-z'’]{4,16})\s(?:street|st|road|rd|lane|ln|avenue|ave|blvd|drive|crescent|terrace|close))(?![\w'’\-]|\.\w|\s(?:to|by|and\s\w+\s(?:up|down)))"), 0.4, group="place",
            check=_a_named_street, needs=contains(" street", " st", " road", " rd", " lane", " ln", " ave", " blvd", " drive", " crescent", " terrace", " close")),
        Rule("room of a guest", re.compile(r"(?:(?<=staying in )|(?<=hotel )|\A|(?<=[,;.\n] )|(?<=\bin ))(?P<place>(?i:room|zimmer|habitaci[óo]n|chambre|camera|kamer)\s\d{3,4}[A-Z]?)(?![\w%]|[.:]\d)"), 0.5, group="place",
            needs=both(contains("room", "zimmer", "habitaci", "chambre", "camera", "kamer"), contains("hotel", "hostel", "motel", "stay", "check in", "checked in", "check-in", "breakfast", "marriott", "hilton", "resort", "inn ", "door", "key", "ward", "lobby"))),
        Rule("link to a place", re.compile(
            r"(?:https?://)?(?:maps\.app\.goo\.gl|goo\.gl/maps|maps\.google\.[a-z.]{2,6}|(?:www\.)?google\.[a-z.]{2,6}/maps|maps\.apple\.com|(?:www\.)?waze\.com|(?:www\.)?openstreetmap\.org|w3w\.co|what3words\.com)[/?#][^\s\"'<>)]{3,400}", any_case), 0.7,
            needs=contains("maps", "waze", "openstreetmap", "w3w", "what3words")),
        Rule("kept at a post office", re.compile(
            r"(?<!\w)(?:poste restante|general delivery|postlagernd|lista de correos|fermo ?posta)(?:,?\s(?:[A-Z]{1,2}-)?\d{4,6})?(?:,?\s(?-i:[A-ZÀ-Ý])[\w\-]+){0,3}", any_case), 0.6,
            needs=contains("restante", "general delivery", "postlagernd", "lista de correos", "fermo")),
        Rule("my street", re.compile(r"(?i:\b(?:my|our|his|her|their|the)\sstreet(?:'s|\sis|\swas)(?:\scalled)?)\s(?P<name>[A-Z][\w'’\-]+(?:\s[A-Z][\w'’\-]+){0,2})"), 0.6, group="name", needs=contains("street")),
        Rule("Japanese street in Latin letters", re.compile(
            r"(?<![\w.\-/])\d{1,2}-\d{1,3}(?:-\d{1,4}){1,2},?\s[A-Z][a-zā-ū]{2,14}(?:-(?:ku|shi|cho|ch[oō]|machi|gun))?(?:,\s[A-Z][a-zā-ū]{2,14}(?:-(?:ku|shi|to|fu|ken|cho))?){0,3}(?:\s\d{3}-\d{4})?"), 0.6,
            needs=has_digits(3)),
        Rule("kilometre, then the road", re.compile(
            r"(?<!\w)km\.?\s?\d{1,3}(?:[.,]\d{1,2})?,?\s(?:de la\s|da\s|of\s|on\s|along\s)?(?:[A-Z][\w\-]+\s){0,3}(?:carretera|ruta|rodovia|autopista|highway|expressway|road|hwy)(?:\s(?:a|al|to|de|hacia|para)\b)?(?:\s(?:el|la|los)\b)?(?:\s(?-i:[A-ZÀ-Ý])[\w\-]+){0,3}"
            r"(?:,\s(?:casa|house|lote?|plot|no\.?|n[º°])\s?\d{1,4}\w?)?", any_case), 0.6, needs=both(digit, contains("km"))),
        Rule("quarter of a town", re.compile(r"(?<!\w)(?i:brgy\.?|bgy\.?|barangay|purok|sitio|kampung|(?<!\d )kg\.|taman|kelurahan|mohalla|mahalle)\s[A-Z][\w'’.\-]+(?:\s[A-Z][\w'’\-]+){0,2}"), 0.55,
             needs=contains("brgy", "bgy", "barangay", "purok", "sitio", "kampung", "kg.", "taman", "kelurahan", "mohalla", "mahalle")),
        Rule("plus code", re.compile(r"(?<![\w+])(?:[2-9CFGHJMPQRVWX]{4}|[2-9CFGHJMPQRVWX]{8})\+[2-9CFGHJMPQRVWX]{2,3}(?![\w+])"), 0.7, needs=contains("+")),
        Rule("three words after their name", re.compile(r"\b(?:w3w|what ?3 ?words|what ?three ?words)\b[^\w\n]{0,3}(?:is\s)?/{0,3}(?P<place>[a-zà-ÿ]{3,18}\.[a-zà-ÿ]{3,18}\.[a-zà-ÿ]{3,18})", any_case), 0.8,
             group="place", needs=contains("w3w", "words")),
        Rule("house with a name", re.compile(
            rf"(?<![\w'’])(?:[A-Z][\w'’\-]{{1,20}}\s){{1,2}}(?:{_HOUSES}),\s(?:\d{{1,4}}\s)?(?:[A-Z][\w'’\-]+\s){{1,2}}(?:Lane|Road|Street|Avenue|Drive|Hill|Close|Way|Row|Walk|Green|Terrace|Rd|St|Ln)(?:,\s[A-Z][\w'’\-]+(?:\s[A-Z][\w'’\-]+)?(?=\s*(?:$|[.,;!?)\n]|\s[a-z])))?"), 0.65, needs=contains(", ")),
        *script_rules(),
        Rule("three words of a place", re.compile(r"(?<![\w/:])///[a-zà-ÿ]{3,18}\.[a-zà-ÿ]{3,18}\.[a-zà-ÿ]{3,18}"), 0.85, needs=contains("///")),
        *place_rules(),
        Rule("field of an address", re.compile(
            r"(?<![^\W_])(?:street(?:[_ ]?address)?|stra(?:ß|ss)e|addr|address[_ ]?(?:line)?[_ ]?\d?|line[_ ]?\d|adres|endere[çc]o|domicilio)[\"'`]?\s?[:=>]\s?[\"'`]?"
            r"(?P<place>(?=[^\n\"'`<>{}|;]{0,60}\d)[^\n\"'`<>{}|;.!?]{5,90})", any_case), 0.5, group="place", check=_no_link,
            needs=both(digit, contains("str", "addr", "line", "adres", "ender", "domic"))),
        Rule("home of somebody", re.compile(
            r"\b(?:residing (?:at|in)|resident (?:at|of)|wohnhaft(?: in)?|domicili[ée]e? (?:au|[àa])|domiciliat[oa] in|domiciliad[oa] en|residente (?:in|en|em|na)|woonachtig (?:te|aan)|zamieszka[łl][ya]?(?: przy)?|demeurant(?: au)?)\s"
            r"(?P<place>(?=[^\n;]{0,60}\d)[^\n;!?(]{5,90}?)(?=[;!?(\n]|[.](?:\s|$)|$)", any_case), 0.5, group="place", check=_no_link,
            needs=both(digit, contains("resid", "wohnhaft", "domicili", "woonachtig", "zamieszk", "demeurant"))),
        Rule("address after a word", re.compile(
            r"\b(?:(?:my|our|home|shipping|mailing|delivery|billing|postal)\saddress|address|adresse|direcci[óo]n|indirizzo|anschrift)"
            r"\s?(?:is|:|=|ist|est|es|-)\s?(?P<place>(?=[^\n]{0,60}\d)[^\n.;!?]{6,90})", any_case), 0.5, group="place",
            check=lambda match: "@" not in match.group("place") and "://" not in match.group("place")
            and not re.match(r"[\d.:]+$", match.group("place")), needs=digit),
    ]  # fmt: skip
    return RuleRecognizer("ADDRESS", "AddressRecognizer", rules)


def _no_link(match: re.Match[str]) -> bool:
    return "@" not in match.group("place") and "://" not in match.group("place")


def _a_romance_street(match: re.Match[str]) -> bool:
    words = re.findall(r"[^\W\d]+", match.group())[1:]
    low = {word.casefold() for word in words}
    return any(word[0].isupper() for word in words) and not low & {"is", "was", "the", "you", "and", "i", "my", "for"}
