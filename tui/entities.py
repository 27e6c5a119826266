"""What the types of findings are called: short for the list, in words for a sentence.

The detectors' own names (`EMAIL_ADDRESS`, `US_SSN`) are kept in the store and in reports; people read these.
"""

from __future__ import annotations

_NAMES: dict[str, tuple[str, str]] = {
    "PERSON": ("PERSON", "a person's name"),
    "TITLE": ("TITLE", "a form of address"),
    "EMAIL_ADDRESS": ("EMAIL", "an e-mail address"),
    "PHONE_NUMBER": ("PHONE", "a phone number"),
    "ADDRESS": ("ADDRESS", "a street address"),
    "STREET_ADDRESS": ("ADDRESS", "a street address"),
    "LOCATION": ("PLACE", "a place"),
    "ORGANIZATION": ("ORG", "a company or group"),
    "CREDIT_CARD": ("CARD", "a card number"),
    "IBAN_CODE": ("IBAN", "a bank account"),
    "IP_ADDRESS": ("IP", "a network address"),
    "MAC_ADDRESS": ("MAC", "a device address"),
    "USERNAME": ("HANDLE", "a user name"),
    "HANDLE": ("HANDLE", "a user name"),
    "SECRET": ("SECRET", "a password or key"),
    "URL": ("LINK", "a link"),
    "DATE_OF_BIRTH": ("BORN", "a date of birth"),
    "DOB": ("BORN", "a date of birth"),
    "DATE_TIME": ("DATE", "a date or time"),
    "AGE": ("AGE", "an age"),
    "NRP": ("GROUP", "a nationality, religion or party"),
    "CRYPTO": ("WALLET", "a crypto wallet"),
    "KNOWN_VALUE": ("YOURS", "a value that you gave"),
    "GOVERNMENT_ID": ("ID", "an official number"),
    "ID": ("ID", "an official number"),
    "US_SSN": ("ID", "a social security number"),
}
_SUFFIXES: dict[str, tuple[str, str]] = {
    "_PASSPORT": ("PASSPORT", "a passport number"),
    "_DRIVER_LICENSE": ("LICENCE", "a driving licence"),
    "DRIVERS_LICENSE": ("LICENCE", "a driving licence"),
    "_BANK_NUMBER": ("BANK", "a bank account"),
}
SHORT_WIDTH = 8
"""Cells that the longest short name takes."""
_REASONS: dict[str, str] = {
    "RampartRecognizer": "a model says so",
    "SpacyRecognizer": "a model says so",
    "CaseRecognizer": "a model says so",
    "NameContextRecognizer": "words around it",
    "WholeFileSweep": "named elsewhere",
    "SecondLook": "a second look",
    "FieldName": "name of its field",
    "KnownValues": "your own words",
    "OwnRecognizer": "your pattern",
    "You": "you marked it",
}
"""Why something was found, by recogniser; all others know it by its form."""
TYPE_KEYS: tuple[str, ...] = (
    "PERSON", "LOCATION", "ADDRESS", "USERNAME", "EMAIL_ADDRESS", "PHONE_NUMBER", "SECRET", "GOVERNMENT_ID",
    "ORGANIZATION",
)  # fmt: skip
"""The types behind the keys 1 to 9."""


def reason_for(recogniser: str) -> str:
    """Why something was found, in a few words."""
    return _REASONS.get(recogniser, "its form")


def score_text(score: float) -> str:
    """A score as two digits: `.98`; `1.0` where the detector has no doubt."""
    return "1.0" if score >= 0.995 else f"{score:.2f}".removeprefix("0")


def legend() -> str:
    """The nine types with their keys, in one line of 71 cells."""
    return " ".join(f"{number} {short_name(entity)}" for number, entity in enumerate(TYPE_KEYS, 1))


def short_name(entity: str) -> str:
    """The type in at most eight letters: `EMAIL`, `PHONE`, `PLACE`."""
    return _entry(entity)[0][:SHORT_WIDTH]


def words_for(entity: str) -> str:
    """The type in a sentence: `an e-mail address`."""
    return _entry(entity)[1]


def _entry(entity: str) -> tuple[str, str]:
    found = _NAMES.get(entity)
    if found is None:
        found = next((entry for suffix, entry in _SUFFIXES.items() if entity.endswith(suffix)), None)
    if found is None:
        readable = entity.replace("_", " ")
        found = (readable, f"of the type {readable.lower()}")
    return found
