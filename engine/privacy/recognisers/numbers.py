# ruff: noqa: E501, RUF001 (patterns are broken at their parts, and hold the marks that people type)
"""Numbers that identify a person: government and customer numbers by the word before them, plates, long bare numbers."""

from __future__ import annotations

import re

from engine.privacy.recognisers.foreign import is_everyday
from engine.privacy.recognisers.nationals import national_rules
from engine.privacy.recognisers.patterns import Rule, begins_like, both, by_first_letter, contains, has_digits
from engine.privacy.recognisers.rules import RuleRecognizer
from engine.privacy.recognisers.words import is_common

_KINDS = (
    r"aadhaa?r|pan (?:card|no)|uan|abha|cedula|c[ée]dula|rut|cuit|run|nric|fin|hkid|emirates id|iqama|national number|passport|passeport|reisepass|pasaporte|driver'?s?'? licen[cs]e|driving licen[cs]e|licen[cs]e plate|licen[cs]e|dl|permis|f[üu]hrerschein"
    r"|national id|id card|id|identity card|personalausweis|ausweis|dni|nie|nif|cpf|cnpj|curp|rfc|bsn|pesel|codice fiscale|steuer-?id|tax id"
    r"|taxpayer id|tin|ein|vat|nin|nino|national insurance|social security|ssn|sin|medicare|medicaid|nhs|insurance|health card"
    r"|medical record|mrn|patient|policy|member(?:ship)?|account|acct|acc|accnt|a/c|routing|sort(?=\s?:?\s?\d\d[- ]\d\d[- ]\d\d)|sort code|iban|swift|bic|customer|client|employee|staff|student"
    r"|case|docket|order|booking|reservation|confirmation|pnr|flight|ticket|tracking|shipment|parcel|invoice|receipt|transaction|reference|ref"
    r"|claim|application|contract|loan|card|vin|chassis|plate|registration|reg|imei|meid|serial|device|visa|permit|badge|voter|loyalty|konto"
    r"|(?:kunden|konto|bestell|steuer|ausweis|matrikel|versicherten|rechnungs|vertrags|sendungs|auftrags|mitglieds|personal|akten)(?:nummer|nr|zeichen)"
    r"|(?:klant|bestel|order|factuur|polis|rekening)nummer|idnr|cuenta|compte|conto|pedido|commande|dossier|adh[ée]rent|siret|siren|nir|s[ée]cu|pratica|ordine|tessera"
    r"|cuil|pps|tfn|abn|gstin|pan|epic|npi|dea|oib|jmbg|afm|amka|ahv|avs|rg|cnh|titulo|expediente|seguimiento|matricola|ssn4|crn|utr|zaaknummer"
    r"|nhi|ird|ppsn|bvn|upn|hcn|phn|ohip|svnr|personnr|cpr|hetu|henkil[öo]tunnus|fødselsnummer|fodselsnummer|rodn[ée] [čc][íi]slo|kimlik|kennitala|егн|инн|снилс|паспорт"
    r"|iccid|mpan|mprn|awb|waybill|umid|sss|philhealth|pag-?ibig|niss|nipc|nss|uid|utente|contribuinte|eori|nip|regon|dow[óo]d|paszport|faktura|zam[óo]wienie"
    r"|clabe|chi|hosp(?:ital)?|npwp|nik|ktp|cccd|cmnd|cnic|bvn|kra|teudat zehut|purchase order|po|delivery note|work order|matter|accession|specimen|prescription|appointment|asset|service tag|imsi|slip|consignment"
    r"|kd\.?-?nr|aktenzeichen|buchung|fahrkarte|lieferschein|sendung|auftrag|mandat|protocolo|processo|matr[íi]cula|placa|renavam|titre|immat(?:riculation)?|dhl|ups|fedex|usps|royal mail|dpd|gls|hermes|evri|queue|pick-?up"
    r"|полис|договор|заказ|билет|сч[её]т|удостоверение|ת\.?ז|תעודת זהות|דרכון|הזמנה|رقم الهوية|هوية|جواز(?: السفر)?|αφμ|αμκα|αδτ"
    r"|container|marriage certificate|birth certificate|certificate|cert|cost cent(?:er|re)|vendor|supplier|dealer|agent|candidate|tattoo|microchip|warrant|inmate|offender|donor|meter|subscriber|provider|tenancy|lease|mortgage|plaque|targa"
    r"|railcard|e-?ticket|eticket|record locator|frequent flyer|mileage|kvitto|tilaus|objedn[áa]vka|hrb|rx|bsb"
    r"|(?:user|order|customer|client|account|patient|member|transaction|booking|invoice|session|device|employee|student|ticket|case|contact|subscriber|tax)[_\- ]?(?:id|no|nr|num|number|code|ref)"
    r"|(?:sozialversicherungs|rentenversicherungs|krankenversicherungs|versichertn|personal|organisations|person|ordre|ordren|kund|kunde|telefon)(?:nummer|nr)"
)
_ALTERNATIVE = re.compile(r"\|(?![^(]*\))")
_HEADS = "|".join(
    kind for part in _ALTERNATIVE.split(_KINDS) for kind in part.removeprefix("(?:").partition(")")[0].split("|")
)
"""The kinds, with those that share an ending each by itself."""

_NUMBER_WORDS = r"numbers?|nummer|nr|no|num|n[°º]|num[ée]ro|n[úu]mero|numer|[čc][íi]slo|sz[áa]m|номер|αριθμ[όο]ς|ref(?:erence)?|code|id|番号|号码|번호"
_OF_WHAT = r"(?:num[ée]ro|n[úu]mero|numer|r[ée]f[ée]rence|referencia|riferimento)\s(?:d(?:e|el|i|o|a|u|es|ella|e la)\s(?:l['’])?|d['’])?[^\W\d_]{3,20}"
_UNNAMED = re.compile(
    r"(?:page|line|version|build|model|chapter|part|item|room|table|row|port|sku|episode|step|level|error|status|zip|post(?:al)?|promo|discount|coupon|voucher|gift)\s$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d{2}(?:[-/.](?:\d\d|(?:19|20)\d\d))?")
_NO_NUMBER = re.compile(r"\d{1,4}[.,]\d\d|\d{1,2}([./\-])\d{1,2}\1(?:19|20)\d\d|(?:19|20)\d\d([./\-])\d{1,2}\2\d{1,2}")
"""A price, or a day."""
_SMALL_HEAD = re.compile(r"(?P<long>[a-z]{4,}\b)|(?P<word>[a-z]{1,3}) ")
_BOOKING = re.compile(r"ref|booking|reservation|conf|pnr|record", re.IGNORECASE)
_TICKET = re.compile(r"[A-Z][A-Z0-9]{1,7}-\d{1,5}|\d{4}-\d\d-\d\dT\d\d")


def _is_plain(value: str) -> bool:
    """Whether a value is a price, a day, years, or begins with a word of the sentence that goes on."""
    head = _SMALL_HEAD.match(value)
    word = head is not None and (
        head["long"] or len(head["word"]) == 1 or is_common(head["word"]) or is_everyday(head["word"])
    )
    return bool(word or _NO_NUMBER.fullmatch(value) or _YEAR.fullmatch(value))


def _an_id(match: re.Match[str]) -> bool:
    value: str = match.group("value")
    digits = sum(letter.isdigit() for letter in value)
    if _is_plain(value) and not (_YEAR.fullmatch(value) and match.string[match.start("value") - 1] in "#:="):
        return False
    if match.group().casefold().startswith("flight") and len(value) <= 6:
        return False
    if _BOOKING.match(match.group()) and 5 <= len(value) <= 8 and value.isalnum() and value.isupper():
        return digits >= 1
    return digits >= 4 or (digits >= 2 and len(value) >= 6 and value.upper() == value)


def _a_numbered_thing(match: re.Match[str]) -> bool:
    """Refuse "page number 10245": the word before says what is counted."""
    value: str = match.group("value")
    before = match.string[max(0, match.start() - 12) : match.start()]
    return sum(letter.isdigit() for letter in value) >= 4 and not _UNNAMED.search(before) and not _is_plain(value)


def _said_after(match: re.Match[str]) -> bool:
    """A number of which the sentence says later what it is: "KD-4418 is my customer number"."""
    value: str = match.group("value")
    digits = sum(letter.isdigit() for letter in value)
    return digits >= 3 and not (value.isdigit() and digits < 4) and not _is_plain(value)


def _machine_read(match: re.Match[str]) -> bool:
    """One of the lines at the foot of a passport: names or numbers with `<` between and after them."""
    text = match.group()
    return text.count("<") >= 2 and ("<<" in text) and len(text.strip("<")) >= 8


def _two_kinds(match: re.Match[str]) -> bool:
    return sum(letter.isdigit() for letter in match.group()) >= 4


def _no_years(match: re.Match[str]) -> bool:
    return not all(map(_YEAR.fullmatch, re.findall(r"\d+", match.group())))


def _no_years_inside(match: re.Match[str]) -> bool:
    """Refuse "GT3 2020 2021" and "EUR 200 000": years and round thousands make no number of a paper."""
    groups = re.findall(r"\d+", match.group())
    return not any(_YEAR.fullmatch(group) or group == "000" for group in groups)


def _a_plate(match: re.Match[str]) -> bool:
    """Letters and digits in capitals, as on a car."""
    value = match.group("value")
    letters = sum(letter.isalpha() for letter in value)
    return letters >= 1 and sum(letter.isdigit() for letter in value) >= 1 and 5 <= len(value.replace(" ", "")) <= 10


def _a_code(match: re.Match[str]) -> bool:
    """Refuse "JIRA-1234" and the time of a log: letters and a short number name a ticket or a paper, not a person."""
    return _two_kinds(match) and _TICKET.fullmatch(match.group()) is None


def number_recogniser() -> RuleRecognizer:
    """Finds identifying numbers; the word before them stays."""
    flags = re.IGNORECASE
    rules = [
        Rule("number after a word", re.compile(
            rf"\b(?:{by_first_letter(_KINDS)})\b(?:[\s_]?(?:number|numbers|no\.?|num\.?|nr\.?|id|code|ref(?:erence)?|nummer|n\.?[°º]|#))?[\"'`>]?\s?(?:is|was|:|=|ist|est|es|-|–|\()?\s?[#:]?\s?[\"'`]?"
            r"(?P<value>(?=[A-Z\-/.]{0,20} ?\d)[A-Z0-9](?:[A-Z0-9]|[\-/. ](?=[A-Z]{0,3}\d)){3,28}[A-Z0-9])(?!\w)", flags), 0.65, group="value", check=_an_id,
            needs=both(has_digits(1), begins_like(_HEADS))),
        Rule("number after the word number", re.compile(
            rf"(?<![^\W\d_])(?:{_NUMBER_WORDS}|{_OF_WHAT}|[^\W\d_]{{2,24}}(?:nummer|numret|zeichen|nr))(?![^\W\d_])[.:]?\s?(?:is|was|=|ist|est|es|è|är|er|jest|to|:|#|\()?\s?[#:]?\s?[\"'`]?"
            r"(?P<value>(?=[A-Z\-/.]{0,20} ?\d)[A-Z0-9](?:[A-Z0-9]|[\-/. ](?=[A-Z]{0,3}\d)){2,28}[A-Z0-9](?:[ \-](?-i:[A-Z]{2,4})(?!\w))?)(?!\w)", flags), 0.5, group="value", check=_a_numbered_thing,
             needs=has_digits(4)),
        Rule("number, then what it is", re.compile(
            r"(?<![\w\-./@#:$€£])(?P<value>(?=[A-Z\-/.]{0,8}\d)[A-Z0-9](?:[A-Z0-9]|[\-/.](?=[A-Z0-9])| (?=[A-Z]{0,3}\d)){2,28}[A-Z0-9])"
            r"\s(?:is|was|ist|war|est|es|è|é|jest|to)\s(?:my|our|your|his|her|their|the|meine?|die|der|das|unsere?|mon|ma|notre|le|la|mi|el|mio|mia|il|mijn|het|de|m[óo]j|moja|moje|o|a)\s(?:[\w'’.\-]+\s){0,2}?"
            rf"(?:(?:{by_first_letter(_KINDS)})(?=\s*(?:$|[.,;!?)\n])|\s(?:number|no|id|code|ref|btw|for|if|and|so|but)\b)|\w{{0,24}}(?:number|nummer|numer|num[ée]ro|n[úu]mero|reference))(?!\w)", flags), 0.55, group="value",
             check=_said_after, needs=both(has_digits(3), contains(" is ", " was ", " ist ", " war ", " est ", " es ", " è ", " é ", " jest ", " to "))),
        Rule("#number", re.compile(r"(?<![\w#&])#\s?(?P<value>(?:[A-Z]{1,4}-?)?\d{5,16})(?!\w)"), 0.5, group="value",
             needs=has_digits(5)),
        Rule("letters and digits", re.compile(r"(?<![\w\-./#@])[A-Z]{1,4}-?\d{6,14}[A-Z]?(?![\w\-/])"), 0.5, needs=has_digits(6)),
        Rule("letters and groups of digits", re.compile(r"(?<![\w\-./#@])[A-Z]{1,3}[ ]?\d{3,6}(?:[ ]\d{3,6}){1,3}(?![\w\-/%]|[.,:]\d)"), 0.45, check=_no_years_inside, needs=has_digits(6)),
        Rule("mixed code", re.compile(r"(?<![\w\-./#@])(?=[A-Z0-9\-]*[A-Z])(?=[A-Z0-9\-]*\d)[A-Z0-9]{2,14}(?:-[A-Z0-9]{1,10}){1,4}(?![\w\-/])"),
             0.4, check=_a_code, needs=has_digits(4)),
        Rule("four digits after a mark", re.compile(
            r"\b(?:badge|employee|staff|student|member(?:ship)?|patient|mrn|policy|order|booking|customer|client|account|acct|locker|case|file|dossier|kunde|ausweis)\b(?:\s(?:no\.?|number|id|nr\.?))?(?:\sis)?\s?[:#(]\s?#?"
            r"(?P<value>\d{4})(?![\w\-./:]\w|\w)", flags), 0.5, group="value", needs=contains("#", ":", "(")),
        Rule("lines a machine reads", re.compile(r"(?<![\w<])(?=[A-Z0-9]{0,42}<)[A-Z0-9](?:[A-Z0-9]|<(?=[A-Z0-9<]|\s|$)){18,46}(?![\w])"), 0.8, check=_machine_read, needs=contains("<<")),
        Rule("number of a locker", re.compile(r"\b(?:locker|badge|queue|cloakroom|claim check|coat check|key ?card|schließfach|spind|taquilla|casier|skåp|cabin|candidate|key (?:no\.?|number)|chart)(?:\s?(?:no\.?|number|nr\.?|#|is|:|\()){0,3}\s?(?P<value>[A-Z]{1,2}-?\d{1,4}|\d{3,4}[A-Z]?)(?![\w\-]\w|\w)", flags), 0.5, group="value",
             needs=both(has_digits(2), contains("locker", "badge", "cabin", "candidate", "key n", "chart", "queue", "cloak", " check", "key card", "keycard", "schließfach", "spind", "taquilla", "casier", "skåp"))),
        Rule("German court file", re.compile(r"(?<![\w.,])\d{1,3}\s[A-Z][A-Za-z]{0,3}\s\d{1,5}/\d{2}(?![\w/])"), 0.5, needs=contains("/")),
        Rule("court file", re.compile(r"(?<![\w:])\d:\d{2}-[A-Za-z]{2}-\d{3,6}(?:-[A-Z]{2,4})*(?!\w)"), 0.7, needs=has_digits(6)),
        Rule("last digits", re.compile(
            r"\b(?:card|acct|account|a/c|ssn|phone|number|visa|mastercard|amex|id|passport|licen[cs]e|phone|konto|compte|cuenta|conto|conta|karte|carte|tarjeta)\b[^\n.!?]{0,20}?"
            r"\b(?:ending|ends|last (?:four|4)(?: digits)?|tail number|endet|terminant|termina|terminada)(?:\s(?:in|with|on|is|are|par|en|auf))?\s?[:#]?\s?(?P<value>[*x•.]{0,4}\d{3,5})(?!\w)",
            flags), 0.6, group="value", needs=has_digits(3)),
        Rule("Chinese plate", re.compile(r"[\u4e00-\u9fff][A-Z]\s?[·•・.\-]?\s?[A-Z0-9]{5,6}(?!\w)"), 0.8, needs=has_digits(2)),
        Rule("plate after a word", re.compile(
            r"\b(?i:(?:licen[cs]e |number |car )?plates?|tags?|registration|reg|rego|kennzeichen|nummernschild|matr[íi]cula|immatriculation|targa"
            r"|placa|plaque|kenteken|(?:nr|numer) rejestracyjny|rejestracja|nummerplaat|skylt|nummerplade)\b(?i:\s(?:number|no\.?|nr\.?|is|was|reads?|es|ist|est|è|é|jest|to|är))*[^\w\n]{1,4}"
            r"(?P<value>[A-ZÄÖÜ0-9]{1,4}(?:[ \-·][A-ZÄÖÜ0-9]{1,5}){1,3}|[A-Z0-9]{5,8})(?![\w\-])"), 0.6, group="value", check=_a_plate,
            needs=both(has_digits(1), begins_like("licence|license|number|car|plate|tag|reg|kennz|nummer|matr|immat|targa|placa|plaque|kenteken|nr|rejestr|skylt"))),
        Rule("plate after a car", re.compile(r"\b(?i:cars?|vehicle|van|truck|motorbike|scooter|taxi|auto|wagen|coche|voiture)\s(?P<value>\d{3,4}-[A-Z]{3}|[A-Z]{3}-\d{3,4}|[A-Z0-9]{2,3}(?:[ \-][A-Z0-9]{2,3}){1,2}(?=\s(?:is|was)\s(?:registered|parked|owned|blocking|stolen)))(?![\w\-])"), 0.5, group="value",
             needs=has_digits(2)),
        Rule("social security form", re.compile(r"(?<![\w\-.])\d{3}[- ]\d{2}[- ]\d{4}(?![\w\-])"), 0.7, entity="US_SSN",
             needs=has_digits(9)),
        Rule("long number", re.compile(r"(?<![\w.\-+$€£/#])\d{9,19}(?![\w.\-/%])"), 0.4, needs=has_digits(9)),
        Rule("three groups of four", re.compile(r"(?<![\w\-.+])\d{4}[ \-]\d{4}[ \-]\d{4}(?![\w\-.])(?![ ]\d)"), 0.5, check=_no_years, needs=has_digits(12)),
        Rule("card form", re.compile(r"(?<![\w\-])\d{4}[ \-]\d{4}[ \-]\d{4}[ \-]\d{1,7}(?![\w\-])"), 0.7, entity="CREDIT_CARD",
             needs=has_digits(13)),
        Rule("amex form", re.compile(r"(?<![\w\-])3[47]\d{2}[ \-]\d{6}[ \-]\d{5}(?![\w\-])"), 0.8, entity="CREDIT_CARD",
             needs=has_digits(13)),
        Rule("IBAN form", re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){3,7}(?:[ ]?[A-Z0-9]{1,3})?(?!\w)"), 0.6, entity="IBAN_CODE",
             check=_two_kinds, needs=has_digits(8)),
        *national_rules(),
    ]  # fmt: skip
    return RuleRecognizer("ID", "NumberRecognizer", rules)
