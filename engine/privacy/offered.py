# ruff: noqa: E501, SIM905 (tables of names)
"""Which numbers and keys of a row the detectors look at, how they are asked about them, and what their answer means.

A number says nothing without the name of its field, so that name goes before it: `{"userId": 491701234567}` is read as
"user id: 491701234567". Where the name alone says what the number is ("phone", "zip", "dob"), no detector is needed.
Numbers under names of times, sizes and scores, fractions and short numbers are not looked at: a file full of token
counts must not become a file full of findings. A number is found whole or not at all. Light: no detector is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from engine.data.leaves import Figures, Key, Unquoted, is_number
from engine.privacy.hits import Hit
from engine.privacy.innerjson import in_original, without_escapes
from engine.privacy.structure import without_structure

LEAST_DIGITS = 7
"""A number of fewer digits is looked at only where the name of its field says what it is."""
BY_NAME = "FieldName"
_SURE, _SURE_OF_ONE_WORD = 0.8, 0.9
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+")
_SCHEMA = re.compile(
    r"[a-z]+(?:[_\-.]?[a-z0-9]{1,16}){0,6}|[a-z]+(?:[A-Z][a-z0-9]*){1,5}|[A-Z]{1,4}|[A-Z]+(?:_[A-Z]+)+"
)
"""Keys as programs write them. A name in small letters is found by the sweep where the file tells it elsewhere."""
_FROM_MODELS = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "ADDRESS", "DATE_TIME", "NRP", "TITLE", "AGE"})
_MODELS = frozenset({"RampartRecognizer", "SpacyRecognizer", "CaseRecognizer"})
_NO_NUMBER = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "DATE_TIME", "NRP", "TITLE", "AGE", "URL"})
_ENTITIES: tuple[tuple[str, str], ...] = (
    ("PHONE_NUMBER", r"(?:tele|mobile |cell |home |work |contact )?(?:phone|fon)e?(?: (?:number|no|nr))?|tel(?:ephone)?"
     r"(?: (?:number|no|nr))?|mobile?(?: (?:number|no|nr))?|(?:whats ?app|msisdn|handy|fax)(?: ?(?:number|nummer|no|nr))?"
     r"|t[eé]l[eé]phone|tel[eé]fono|telefonnummer|m[oó]vil|celular"),
    ("US_SSN", r"ssn|social security(?: (?:number|no))?|itin"),
    ("DATE_OF_BIRTH", r"dob|yob|(?:date|year|day) of birth|birth ?(?:date|day|year)|geburts(?:datum|tag|jahr)"
     r"|fecha (?:de )?nacimiento|date (?:de )?naissance|born(?: on)?"),
    ("CREDIT_CARD", r"(?:credit |debit |bank )?card(?: (?:number|num|no|nr))?|cc(?: ?(?:number|num|no))|kreditkarte|kartennummer"),
    ("SECRET", r"pin(?: code)?|passcode|otp|cvv2?|cvc2?|passw(?:or)?d|password|security code"),
    ("ADDRESS", r"zip(?: ?code)?|post(?:al)? ?code|postleitzahl|plz|code postal|c[oó]digo postal|house (?:number|no)|hausnummer"),
    ("BANK_ACCOUNT", r"(?:bank )?account(?: (?:number|num|no|nr))|acct(?: (?:number|no))?|iban|konto(?:nummer)?|routing(?: (?:number|no))?"
     r"|sort code|clabe"),
    ("PASSPORT", r"passport(?: (?:number|no|nr|id))?|reisepass(?:nummer)?|pasaporte"),
    ("DRIVERS_LICENSE", r"driver'?s? licen[cs]e(?: (?:number|no|id))?|driving licen[cs]e(?: (?:number|no))?|f[uü]hrerschein(?:nummer)?"),
    ("TAX_ID", r"tax(?:payer)?(?: (?:id|number|no))|tin|vat(?: (?:id|number))?|steuer ?(?:id|nummer)|ein|cnpj|nif"),
    ("GOVERNMENT_ID", r"(?:national|government|gov|personal|citizen|identity)(?: (?:id|number|no|card))(?: (?:number|no))?|id (?:number|no|nr|card)"
     r"|ausweis(?:nummer)?|aadhaa?r(?: (?:number|no))?|cpf|bsn|pesel|dni|nie|nino|personnummer|curp|nric|cnp"),
    ("ID", r"(?:user|customer|client|member(?:ship)?|patient|employee|staff|student|account|contact|telegram|discord|facebook|author"
     r"|sender|person|policy|insurance|medical record) (?:id|number|no|nr)|mrn|imei|kundennummer|nhs(?: number)?"),
    ("LOCATION", r"lat(?:itude)?|lng|lon(?:gitude)?|gps(?: (?:lat|lon|lng))?"),
)  # fmt: skip
_NAMED = tuple((entity, re.compile(pattern)) for entity, pattern in _ENTITIES)
_MEASURES = frozenset(
    """time timestamp timestamps ts date datetime created updated modified edited deleted sent received at on epoch seed
    hash size count counts length len tokens token score scores reward rating duration ms us ns seconds bytes width
    height price amount total sum views likes followers votes rank position offset index idx step steps loss version
    build probability logprob checksum crc percent share ratio weight salary revenue budget population distance area
    row line page chapter day month year week""".split()
)
_RECORDS = frozenset(
    "message conversation chat row record thread session sample dialog dialogue turn parent node prompt reply post"
    " event item doc document image file group channel request response trace span".split()
)


def words_of(name: str) -> str:
    """The name of a field as words: `phoneNumber` and `phone_number` are "phone number"."""
    return " ".join(_WORD.findall(name)).casefold()


def named_entity(name: str) -> str | None:
    """What a number in a field of this name is, where the name says it."""
    words = words_of(name)
    forms = (words, words.removesuffix("s")) if words else ()
    return next((entity for entity, pattern in _NAMED for form in forms if pattern.fullmatch(form)), None)


def is_offered(text: str) -> bool:
    """Whether the detectors look at a number or a key. Texts are the business of `texts.scanned_fields`."""
    if isinstance(text, Key):
        return len(text) > 1 and _SCHEMA.fullmatch(text) is None
    if not isinstance(text, Unquoted):
        return True
    if not is_number(text):
        return named_entity(text.name) is not None or not _is_date(text)
    if named_entity(text.name) is not None:
        return text.strip("-0.") != ""
    digits = _whole(text)
    return len(digits) >= LEAST_DIGITS and not _says_no_person(text.name)


def question(text: str) -> str:
    """What the detectors are asked about a text: the text itself, or a number after the words of its field."""
    if isinstance(text, Unquoted):
        whole = _whole(text) or str(text)
        return f"{words}: {whole}" if (words := words_of(text.name)) else whole
    return without_escapes(str(text))


def answer(text: str, hits: Sequence[Hit], entities: Collection[str] | None = None) -> list[Hit]:
    """What the findings in `question(text)` say about `text`.

    Args:
        text: As it stands in the row.
        hits: In the offsets of its question.
        entities: Types that are looked for; None: all.
    """
    if isinstance(text, Key):
        return in_original(text, [hit for hit in hits if _is_told(text, hit)])
    if not isinstance(text, Unquoted | Figures):
        return without_structure(text, in_original(text, hits))
    name = named_entity(text.name) if text.strip("-0.") else None
    if isinstance(text, Figures):
        # What a pattern knows by its form it knows better than the name of the field.
        sure = any(hit.score >= _SURE or hit.entity == name for hit in hits)
        wanted = name is not None and not sure and (entities is None or name in entities)
        start = len(text) - len(text.lstrip())
        return [Hit(start, len(text.rstrip()), str(name), _SURE, BY_NAME)] if wanted else list(hits)
    if name is not None and (entities is None or name in entities):
        return [Hit(0, len(text), name, _SURE, BY_NAME)]
    start = len(question(text)) - len(_whole(text) or text)
    found = [hit for hit in hits if hit.end > start and hit.entity not in _NO_NUMBER]
    if not found:
        return []
    best = max(found, key=lambda hit: (hit.entity != "USERNAME", hit.score, hit.end - hit.start))
    entity = "ID" if best.entity == "USERNAME" else best.entity
    return [replace(best, start=0, end=len(text), entity=entity)]


def _is_told(key: str, hit: Hit) -> bool:
    """Whether a finding in a key is more than a word of a table: who sees one word alone knows little.

    A name has two words, or is a given name, or the model is sure; a user name has its @ or digits.
    """
    if hit.entity == "USERNAME" or (hit.recogniser in _MODELS and hit.entity not in _FROM_MODELS):
        return sum(letter.isdigit() for letter in key) >= 3 or "@" in key
    if hit.recogniser not in _MODELS:
        return True
    # The lists of names come with the detectors; whoever only shows findings does without.
    from engine.privacy.recognisers.known import given_names

    named = " " in key.strip() or hit.score >= _SURE_OF_ONE_WORD or key.casefold() in given_names()
    return hit.entity == "PERSON" and named


def _whole(text: str) -> str:
    """The digits of a number without sign and without a fraction of zeros; empty where it has a fraction."""
    plain = text.lstrip("-")
    head, _, tail = plain.partition(".")
    return head if head.isascii() and head.isdigit() and not tail.strip("0") else ""


def _says_no_person(name: str) -> bool:
    words = words_of(name).split()
    if not words:
        return False
    if words[-1] in ("id", "ids", "uuid", "key"):
        return len(words) == 1 or words[-2] in _RECORDS
    return not _MEASURES.isdisjoint(words)


def _is_date(text: str) -> bool:
    return re.match(r"\d{4}-\d\d-\d\d", text) is not None
