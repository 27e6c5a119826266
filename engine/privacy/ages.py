"""Signs in a text that somebody is under 18, by what stands around its numbers: ages, birthdays, school years.

Only asked about rows that hold sexual content, so that an age alone never matters. Number words of the seven languages
are written as figures first; then each number up to 18 is looked at with what stands before and after it. What cannot
be told apart counts as a sign, but for what plainly counts or measures something (`15 minutes`, `at 10`, `$15`).
"""

from __future__ import annotations

import re

from engine.privacy.columns import age_in_column, minor_in_field
from engine.privacy.numerals import across_turns, in_figures
from engine.privacy.plainwords import disguised, readings

BORN_FROM = 2008
"""Whoever was born in this year or later was under 18 in every text that was written before 2026."""

_LOOK_BACK, _LOOK_ON = 64, 56
_NO_SUM = r"(?<![\d$\u20ac\u00a3#])(?<!\d[.,:])(?<!\s\.)"
_NUMBER = re.compile(
    rf"{_NO_SUM}(?:(?<![a-z])(?:1\s?[0-8]|0?[1-9])|(?:1[0-8]|[1-9])(?![a-xz]))(?![\d%]|[.,:]\d)|{_NO_SUM}1[0-7](?=[.,][05]\b)"
)
_MARKUP = re.compile(r"[*_`~]+")
_DIGIT = re.compile(r"\d")
_NEAR = 12
_WORDED = re.compile(r"(?:\A|[a-z(\[/,;.!?\n<:\-][^a-z0-9]*)\Z")
"""Before a number that may be an age stand words or the begin of a sentence: not another number."""
_HALF = re.compile(r"[.,][05]\b|\s+and\s+a\s+half\b")
_G = r"[\s\-_.*~\"'`()\[\]]{0,6}"
"""What may stand within an age."""

# Ages by a unit, and what is no person's.
_NO_LINK = (
    r"(?!(?:girl|boy|kid|child|teen|son|daughter|student|female|male|virgin|sister|brother|friend|and|with|in|on|who|at|or|the|a|my"
    r"|her|his|is|was)\b)"
)
_THING = (
    rf"(?:{_NO_LINK}[a-z]+\s){{0,2}}(?:cars?|trucks?|vans?|bikes?|laptops?|phones?|computers?|pcs?|whiske?y|scotch|bourbon|wine|rum"
    r"|malt|dogs?|cats?|pupp(?:y|ies)|kittens?|horses?|houses?|homes?|mattress|couch|sofa|marriage|relationship|company|business"
    r"|tradition|trees?|cheese|jeans|shirts?|books?|buildings?|tattoos?|scars?|tv|fridge|guitars?|boats?|motor\w*|software"
    r"|code|bugs?|systems?|machines?|mistakes?|debts?|mortgage|jokes?|songs?|movies?|films?|shows?|games?|ports?|auto|wagen"
    r"|voiture|coche|macchina|carro)\b"
)
_AS_THING = re.compile(rf"{_G}(?:years?|yrs?|months?|weeks?|y){_G}(?:olds?|of{_G}age|o)?[\s\-]+{_THING}")
_THING_BEFORE = re.compile(
    r"\b(?:cars?|truck|van|bike|laptop|phone|computer|pc|dog|cat|puppy|kitten|horse|house|home|mattress|couch|sofa|marriage"
    r"|relationship|company|business|building|tv|fridge|guitar|boat|machine|wagen|auto|hund|katze)"
    r"\s*(?:is|was|are|['\u2019]s|ist|turned|turns)\s+(?:\w+\s+){0,2}\Z"
)
_OLD = re.compile(
    rf"{_G}(?:y{_G}[/\\|]?{_G}o(?![a-z])|(?:years?|yeer|yea|yrs?|y){_G}(?:olds?|o{_G}l{_G}d|of{_G}age|young)(?!er)"
    rf"|jahre?{_G}(?:alt|jung)|jahrig|jarig|jaar{_G}oud|letn[a-z]{{1,6}}(?![a-z])|lat(?:ek|k[a-z]{{1,3}})(?![a-z])|yas(?:[il][a-z]*)?(?![a-z])|\s?[\u6b73\u624d\u5c81\u6b72]|anos{_G}de{_G}(?:edad|idade)|ans{_G}d{_G}age)"
)
_BABY = re.compile(rf"{_G}(?:months?|weeks?|days?|monate|mois|meses|mesi|maanden)[\s\-]+(?:olds?|alt|oud)\b")
_YEARS = re.compile(
    r"\s?(?:ans|anos|anni|jaar|jahren|lat|latka)\b(?!\s*(?:de\b(?!\s+(?:edad|idade))|geleden|atras|fa\b|ago|di\b|zusammen|verheiratet"
    r"|temu|razem|po\s+slubie|pull\w*|nazad|vmeste|v\s+brake|podryad))"
)
_LASTING = re.compile(
    r"\b(?:(?:hace|desde|durante|depuis|pendant|y\s+a|seit|vor|nach|voor|sinds|na|da|per|dans|in|por|em|apres|plus\s+de|mais\s+de"
    r"|mas\s+de|piu\s+di|ultimos|dernieres|letzten|od|przez|za|cherez|uzhe|razem|vmeste)\s+(?:(?!los|os|ai|les)\w+\s+)?)\Z"
)
_AGO = re.compile(r"\bha\s+\d+\s+anos\b")
"""Portuguese; in Italian `ha` tells an age."""
_LABEL = re.compile(
    r"(?<![a-z])(?:age[ds]?|alter|edad|idade|eta|leeftijd|wiek|vozrast|yas(?:i|im)?)"
    r"(?:[^a-z0-9\n]{1,12}|\s*(?:is|was|of|about|around|only|just|from|between|group|range|de|di|von|van|ist|es|e)\b){0,4}"
    r"[\"'\\:=>\s(\[]*(?P<age>1\s?[0-7]|0?[1-9])(?![\d%]|[.,:]\d)"
)
_AGED = re.compile(
    r"\b(?:bourbon|whiske?y|scotch|rum|wine|port|cognac|brandy|tequila|cheese|cheddar|gouda|parmesan|beef|steak|vinegar|balsamic|barrels?|oak)"
    r"\s+(?:is\s+|was\s+)?\Z"
)
"""What is aged and is no person."""
_OF_AGE = re.compile(
    r"\b(?:girls?|boys?|females?|males?|child|kid|teen|madchen|junge|daughter|son|student)\s+(?:of|aged)\s+\Z"
)
_BIRTHDAY = re.compile(
    rf"\s*(?:st|nd|rd|th|e|eme|er|o|a|\.)?{_G}"
    rf"(?:b(?:irth)?{_G}day|geburtstag|anniversaire|cumpleanos|compleanno|aniversario|verjaardag|(?:dogum|yas){_G}gun)"
)

# Ages by the words around them.
_FILL = (
    r"(?:(?:only|just|like|about|around|still|barely|almost|nearly|now|actually|really|turning|exactly|already|maybe|probably|approx"
    r"|roughly|practically|literally|basically|erst|nur|gerade|solo|apenas|seulement|que|pas|maar)\s+)*"
)
_IS = re.compile(
    r"(?:\b(?P<who>[a-z]+)\s*)?(?P<be>(?:['\u2019]\s?|\b)(?:m|am|s|is|are|re|was|were|being|be|turn(?:s|ed|ing)?|bin|bist|ist|war|wird"
    rf"|werde|ben|wordt)|\b(?:im|hes|shes|youre|theyre))\s+{_FILL}\Z"
)
_TO_WHOM = re.compile(r"\b(?:ei|emu|mne|tebe)\s+(?:(?:vsego|tolko|lish|uzhe|esche|pochti)\s+)*\Z|\blat\s+\Z")
"""Russian and Polish ages without a verb, in Latin letters: `ei 13`, `lat 15`."""
_ASKS = frozenset({"is", "are", "was", "were", "s", "re", "be"})
"""With nobody named before them they ask: `is 10 fine?`"""
_NO_WHO = frozenset(
    """it that this there time price size total number score temperature password code pin cost costs result level
    episode chapter page version answer date today tonight tomorrow which what room bus weather distance length width
    height weight rate ratio value volume dose balance bill rent fee tip odds average maximum minimum max min limit
    grade shoe waist dress bra consent dick cock penis we dinner lunch breakfast checkout meeting deadline""".split()  # noqa: SIM905
)
_SOMEBODY = frozenset(
    """kid kids child children one both teen teens baby character characters pupil pupils model models actor actors
    actress participants heroine hero couple victim victims people""".split()  # noqa: SIM905
)
_BARE = re.compile(
    r"(?:\A|[.!?,;:\n(\-]\s*|\b(?:and|but|so|because)\s+)(?:only|just|barely|like|about|nearly|almost|still)\s+(?:like\s+)?\Z"
)
_LOOKS = re.compile(
    r"\b(?:looks?|looking|looked|acts?|acted|acting|seems?|pass(?:es)?\s+for|dress(?:ed|es)?\s+as|pretend\w*(?:\s+(?:to\s+be|i\s?a?m"
    rf"|you\s?a?re))?|play(?:s|ing)?|role\s?-?play(?:s|ing)?)\s+(?:like\s+|as\s+)?{_FILL}\Z"
)
_AT = re.compile(r"\b(?:at|since|mit|a\s+los|con)\s+(?:only\s+|just\s+)?\Z")
_AT_THE_HOUR = re.compile(
    r"\b(?:lands?|landing|arrives?|arriving|departs?|departing|boards|boarding|check(?:s|ing)?[\s-](?:in|out)|flight|train|plane"
    r"|bus|ferry|reservation|appointment|meeting|shift|deadline)\s+(?:\w+\s+){0,3}?at\s+\Z"
)
"""What happens at an hour of 24 and to nobody of that age."""
_AT_FIRST = re.compile(
    r"\b(?:virgin\w*|first\s+time|raped|abused|molested|started|began|lost)\b[^.!?\n]{0,30}\bat\s+\Z"
)
_PERSON = re.compile(
    r"\b(?:girls?|boys?|females?|males?|(?:step|grand)?(?:daughters?|sons?)|sisters?|brothers?|nieces?|nephews?|students?|girlfriend|boyfriend|gf|bf"
    r"|cousins?|neighbou?rs?|virgins?|madchen|junge|fille|garcon|chica|chico|ragazza|ragazzo|menina|menino|meisje|jongen)"
    r"\s*[,(:\-\u2013]?\s*(?:of|is|was|aged?|de|di|von|van|only|just)?\s*\Z"
)
_SAYS_PERSON = re.compile(
    r"\s*[,/\-]?\s*(?:(?:fe)?male|girl|boy|lesbian|virgin)\b|\s*going\s+on\b|\s*(?:is\s+)?(?:too|so)\s+young\b"
)
_GENDER = re.compile(
    r"\s?/\s?[fmw](?![a-z0-9'\u2019])|\s?f(?![a-z0-9'\u2019])(?!\s*-?\s*(?:cup|degrees))"
    r"|m(?=\s*(?:here|looking|for|4|f\b|uk\b|usa?\b|[/,\])]))"
)
_GENDER_BEFORE = re.compile(r"(?<!\bat\s)(?<![a-z0-9'\u2019])(?:[fmw]\s?/|f\s?|m)\Z")
_IN_BRACKETS = re.compile(r"\b(?P<who>[a-z]{2,})\s*[(\[]\s*\Z")
_COUNTED = frozenset(
    """page chapter fig figure step version episode number day week lesson size level part set pack bundle album folder
    gallery video item round question answer row line table section act scene vol volume no nr""".split()  # noqa: SIM905
)
_NAMED = re.compile(r"\s*,\s+(?:from|who|she|he|her|his|has|had|was|is)\b")
_NAME = re.compile(r"[a-z]{2,},\s\Z")
_ALONE = re.compile(r"(?:\A|[.!?,;\n])\s*\Z")
_AND = re.compile(r"\s+(?:and|n|&|but)\s+(?!counting|up\b|over\b|older|above|more|a\s+half)[a-z]")
_ASKED = re.compile(
    r"(?<![a-z])(?:how\s+old|u?r\s+age|your\s+age|age\s*\?|wie\s+alt|quel\s+age|cuantos\s+anos|que\s+edad|quanti\s+anni|quantos\s+anos"
    r"|hoe\s+oud|kac\s+yas|ile\s+masz\s+lat|skolko\s+(?:tebe|ei|emu)\s+let|asl\b|a/s/l)"
    r"[^0-9]{0,56}(?P<age>1\s?[0-7]|0?[89])(?![\d%]|[.,:]\d)"
)
_END = re.compile(
    r"\s*(?:[.,;:!?)\]\n]|\Z|(?:and|but|now|when|years?|lol|btw|so|yrs?|too|yet|then|jahren|i|she|he|we|my|her|his|or\s+so)\b)"
)

# What is counted or measured.
_QUANTITY = re.compile(
    r"\s*-?\s*(?:(?:min|hr|hour|minute|sec|inch|in\s+(?:long|tall|deep|wide|thick)|ft|foot|feet|cm|mm|km|mi|mile|kg|lb|g|oz|k|x|am|pm|h|uhr|euros?|eur|usd|gbp|bucks"
    r"|quid|dollars?|percent|people|men|women|guys|times?|o['\u2019]?\s?clock|of|out|or\s+more|more|left|each|per|stone|degrees?"
    r"|week|month|day|night|second|away|off|mb|gb|pics?|vids?|minuten|stunden|heures?|horas?|ore|uur"
    r"|years?\s+(?:younger|apart|in\b|into|with|together|married|sober|clean|ago|away|left|later|now|since))\b"
    r"|(?!(?:is|was|has|does|yes|this|as|us|always|perhaps|pls|plus|thus|unless|guess|miss|kiss|years|yrs|sometimes|ans|anos)\b)[a-z]{2,}s\b"
    r"|['\u2019\"\u2032\u2033]{1,2}(?=\s*(?:\d|tall|long|deep|wide|thick|x\b))|[%\u00b0+x/](?!\s*[fmwy]\b))"
)
_QUOTES = ("'", '"', "\u2019", "\u201d", "\u2032", "\u2033")
_CLOSES = re.compile(r"\"\s*(?:[}\]]|,\s*[\"{\[])")
"""The end of a text in JSON."""
_TIME = re.compile(r"\s*-?\s*(?:min|h|hours?|hrs?|seconds?|secs?|days?)\b|\s*mins?\b|\s*minutes?\b")
_YEARS_ALONE = re.compile(r"\s*(?:years?|yrs?)\b")
_LASTED = re.compile(r"\b(?:together|married|been|dat(?:ed|ing)|worked|known|lived|lasted)\b[^.!?\n]{0,24}\Z")
_YEARS_OF = re.compile(r"\s*(?:years?|yrs?)\s+(?!olds?\b|of\s+age|young\b)[a-z]")

# 18, but not yet.
_NOT_YET = re.compile(
    r"(?:\b(?:under|below|not|isn['\u2019]?t|ain['\u2019]?t|wasn['\u2019]?t|aren['\u2019]?t|hasn['\u2019]?t\s+turned|haven['\u2019]?t\s+turned"
    r"|younger\s+than|less\s+than|close\s+to|almost|nearly|going\s+on|about\s+to\s+(?:be|turn)|yet\s+to\s+turn|unter|noch\s+nicht"
    r"|noch\s+keine?|moins\s+de|pas\s+encore|bientot|menos\s+de|aun\s+no|todavia\s+no|ainda\s+nao|meno\s+di|sotto\s+i|non\s+ancora"
    r"|onder(?:\s+de)?|nog\s+geen|nog\s+niet|bijna|fast|casi|quase|quasi|presque|jonger\s+dan|junger\s+als|menor(?:es)?\s+de"
    r"|minor[ei]\s+di|minder\s+dan)|<)"
    r"[\s\-]*(?:(?:yet|quite|even|the|age|of|to|be|turns?|turning|tiene|cumple|cumplo|tem|tenho|ha|ho|gli|los|les|as|de|legal|fully"
    r"|actually)\s+)*\Z|\bu-?\Z"
)
_BEFORE_18 = re.compile(
    r"\b(?:before|until|till?|soon)\s+(?:(?:i|she|he|they|you|i['\u2019]?m|she['\u2019]?s|he['\u2019]?s|am|is|are|turns?|to|be|the|age|of)\s+)*\Z"
)
_SOON = re.compile(
    r"\s*(?:(?:years?\s+old|ans|anos|anni|jahre|jaar)\s+)?(?:(?:soon|tomorrow|next|later\s+this|bald|demnachst|bientot|pronto|presto"
    r"|em\s+breve|binnenkort|volgende|nachste[nrms]?|proxim[oa]|le\s+mois\s+prochain|el\s+(?:mes|ano|proximo)|il\s+(?:mese|prossimo)"
    r"|no\s+(?:mes|proximo)|mes\s+que\s+v\w+)\b|this\s+(?:year|month|week|summer|winter|spring|autumn|fall|coming)\b"
    r"|in\s+(?:a|an|one|two|three|\d{1,2}|few|some)\s+(?:few\s+|couple\s+(?:of\s+)?)?(?:day|week|month|year)s?\b"
    r"|in\s+(?:january|february|march|april|may|june|july|august|september|october|november|december)\b)"
)
_WILL = re.compile(
    r"\b(?:turns?|turning|(?:will|gonna|going\s+to|i['\u2019]?ll|she['\u2019]?ll|he['\u2019]?ll)\s+(?:be|turn)|wird|werde|cumpl\w+|aura"
    r"|compi[er]\w*|(?:vai\s+)?fazer|faz|faco|wordt|word)\s+(?P<when>(?:\w+\s+){0,2})\Z"
)
_SOON_BEFORE = re.compile(r"\b(?:soon|next|tomorrow|bald|bientot|pronto|nachsten?)\b")
_TURKISH_18 = re.compile(
    r"\s*(?:['\u2019]?\s?[a-z]{0,4}(?:den|dan|e|in|un|i)\s+|yas[a-z]*\s+)?"
    r"(?:kucuk|alt(?:i|inda[a-z]*)\b|degil|olma(?:di|mis|dan)|doldurma|girme|gel(?:me|ecek)|ol(?:acak|acag)|gir(?:ecek|iyor)|basa)"
)
"""Behind 18: under 18, not 18, will be 18."""
_SCHOOL = tuple(
    re.compile(pattern)
    for pattern in (
        # 9th grade, grade 7, year 10 student, class 9, 8. Klasse, en 4eme, 2 de la ESO, groep 7
        rf"(?<!\d)(?:1[0-2]|[1-9])\s?(?:st|nd|rd|th){_G}grader?\b",
        r"\bgrade\s?(?:1[0-2]|[1-9])(?!\d|\s*(?:bolt|steel|piano|titanium|exam|point))",
        r"\b(?:year|yr|form)\s?(?:1[0-3]|[7-9])\s+(?:student|pupil|girl|boy|class|at\s+school)",
        r"\bin\s+(?:year|yr)\s?(?:1[0-3]|[7-9])\b(?!\s+of)|\b(?:in|of)\s+class\s+(?:1[0-2]|[1-9])\b",
        r"\b(?:in|of)\s+(?:the\s+)?(?:1[0-2]|[1-9])(?:st|nd|rd|th)\s+(?:class|standard|std)\b",
        r"(?<!\d)(?:1[0-3]|[1-9])\.?\s?(?:klasse?[a-z]{0,2}|klas[ayi]e?)\b|\bklasse\s(?:1[0-3]|[1-9])\b",
        r"(?<!\d)(?:1[0-2]|[5-9])\.?\s?sinif|\b(?:en|de)\s[3-6]\s?e(?:me)?\b|\b[1-4]\s?o?\s+(?:de\s+)?(?:la\s+)?eso\b|(?<!\d)[5-9]o\s+ano\b|\bgroep\s[3-8]\b",
    )
)
_SCHOOL_WORD = re.compile(r"grade|sinif|year|yr|form|class|st[da]|klas|eso\b|ano\b|groep|\b(?:en|de)\s[3-6]")
_BORN = re.compile(
    r"\b(?:born|dob|d\.o\.b\.?|birth[\s_-]?(?:date|day|year)|(?:date|year)\s+of\s+birth|geboren|geb\.|nee|nacid[oa]|nascid[oa]|nat[oa]"
    r"|geboortedatum|geburtsjahr|dogum\s+(?:tarihi|yili))(?![a-z])[^\n]{0,20}?(?<!\d)(?P<year>20[0-3]\d)(?!\d)"
    r"|(?<!\d)(?P<turkish>20[0-3]\d)\s?dogumlu"
)

# Written so that no gap is a usual one: `six. teen y e a r old`.
_USUAL = re.compile(r"(?:\d{1,2}|[a-z]*teen|eleven|twelve|[a-z]+ty)[\s\-]{0,3}(?:years?|yrs?)[\s\-]{0,3}olds?")
_DENSE = re.compile(
    r"(?<!\d)(?:1[0-7]|[1-9])(?:years?old|yrs?old|yearsofage)(?!er)"
    r"|(?:eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen)(?:years?old|yrs?old)(?!er)"
)
_TEENS = frozenset(["eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"])
"""Who disguises one of these means an age."""
_NO_SIGN = re.compile(r"[^a-z0-9]+")


def sign_of_minor(plain: str) -> bool:
    """Whether a text says that somebody is under 18.

    Args:
        plain: From `engine.privacy.plainwords.plain_letters`.
    """
    if disguised(plain) & _TEENS or minor_in_field(plain):
        return True
    figures = [in_figures(reading) for reading in readings(plain)]
    texts = [text for text in figures if _DIGIT.search(text)]
    if any(map(_says_age, texts)) or any(map(age_in_column, texts or [plain])):
        return True
    if "\n" in plain and any(map(_says_age, across_turns(figures[0]))):
        return True
    return bool(texts) and _DENSE.search(_NO_SIGN.sub("", _USUAL.sub("#", plain))) is not None


def _says_age(text: str) -> bool:
    text = _MARKUP.sub(" ", text)
    if any(
        not _TIME.match(text, found.end())
        and not _AGED.search(text[max(0, found.start() - _LOOK_BACK) : found.start()])
        for found in _LABEL.finditer(text)
    ):
        return True
    if any(not _counts("", text[found.end() : found.end() + _LOOK_ON]) for found in _ASKED.finditer(text)):
        return True
    if any(_is_age(text, found) for found in _NUMBER.finditer(text)):
        return True
    if "20" in text and any(int(found["year"] or found["turkish"]) >= BORN_FROM for found in _BORN.finditer(text)):
        return True
    return _SCHOOL_WORD.search(text) is not None and any(pattern.search(text) for pattern in _SCHOOL)


def _is_age(text: str, found: re.Match[str]) -> bool:
    """Whether a number up to 18 is an age under 18, or 18 that is not reached yet."""
    number = int("".join(found[0].split()))
    before, after = text[max(0, found.start() - _LOOK_BACK) : found.start()], text[found.end() : found.end() + _LOOK_ON]
    after = after[half.end() :] if (half := _HALF.match(after)) else after
    if number == 18:
        return _not_yet_18(before, after)
    if _OLD.match(after) or _BABY.match(after) or _BIRTHDAY.match(after):
        return _AS_THING.match(after) is None and _THING_BEFORE.search(before) is None
    if _YEARS.match(after) and not _LASTING.search(before):
        return _AGO.search(text, max(0, found.start() - 3)) is None
    if number > 2 and _OF_AGE.search(before):
        return True
    if _counts(before, after) or not _WORDED.search(before[-_NEAR:]):
        return False
    return (number >= 13 and _NOT_YET.search(before) is not None) or (number > 2 and _by_context(number, before, after))


def _not_yet_18(before: str, after: str) -> bool:
    if _TURKISH_18.match(after):
        return True
    if _counts(before, after):
        return False
    if _NOT_YET.search(before) or _BEFORE_18.search(before):
        return True
    will = _WILL.search(before)
    if _SOON.match(after):
        return bool(will or _IS.search(before) or _ALONE.search(before) or _BARE.search(before))
    return will is not None and _SOON_BEFORE.search(will["when"]) is not None


def _counts(before: str, after: str) -> bool:
    """Whether something is counted or measured."""
    inches = after[:1] in _QUOTES and after[:1] not in before[-2:] and _CLOSES.match(after) is None
    lasting = _YEARS_ALONE.match(after) is not None and _LASTED.search(before) is not None
    return inches or lasting or _QUANTITY.match(after) is not None or _YEARS_OF.match(after) is not None


def _by_context(number: int, before: str, after: str) -> bool:
    """An age by the words around it, where nothing is counted or measured."""
    ends = _END.match(after) is not None
    if (
        (told := _IS.search(before))
        and _is_somebody(before, told, known=number < 8)
        and not _THING_BEFORE.search(before)
    ):
        return number >= 8 or ends
    if number < 8:
        return False
    if ends and _TO_WHOM.search(before):
        return True
    if _GENDER.match(after) and not before[-1:].isalpha():
        return True
    if number >= 12 and _GENDER_BEFORE.search(before) and not after[:1].isalpha():
        return True
    if _SAYS_PERSON.match(after) or _PERSON.search(before) or _LOOKS.search(before):
        return True
    if (who := _IN_BRACKETS.search(before)) and after.lstrip()[:1] in (")", "]", ","):
        return who["who"] in ("girls", "boys") or (who["who"] not in _COUNTED and not who["who"].endswith("s"))
    if ends and (_AT_FIRST.search(before) or (number >= 13 and (_at_age(before) or _BARE.search(before)))):
        return True
    if number >= 13 and _ALONE.search(before) and _AND.match(after):
        return True
    return _NAMED.match(after) is not None and _NAME.search(before) is not None


def _at_age(before: str) -> bool:
    return _AT.search(before) is not None and _AT_THE_HOUR.search(before) is None


def _is_somebody(before: str, told: re.Match[str], *, known: bool) -> bool:
    """Whether it is a person of whom a number is told; with an article (`the room is`) only by a word for a person.

    Args:
        before: What stands before the number.
        told: Of `_IS`.
        known: Only with a word for who it is.
    """
    who = told["who"]
    if who is None:
        return not known and told["be"].lstrip("'\u2019 ") not in _ASKS
    if who in _NO_WHO:
        return False
    article = re.search(r"\b(?:the|this|that|its)\s+\Z", before[: told.start("who")])
    return article is None or _PERSON.search(f"{who} ") is not None or who in _SOMEBODY
