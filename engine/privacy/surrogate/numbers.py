"""Made-up numbers that are valid in form and belong to nobody: reserved ranges where such exist.

Phones: 555-01xx in North America (NANPA); Ofcom's and Arcep's, ACMA's, BNetzA's and PTS's numbers for films elsewhere;
in other countries four zeros after the country code, which no exchange hands out. Cards: bank numbers of the networks'
test cards, with a right last digit. Social security: areas 666 and 000, never issued. Network addresses: RFC 5737,
RFC 3849, and RFC 2544 when these are used up.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from engine.privacy.surrogate.keyed import Draw, Keyed, in_place_of, only_digits

_TEST_BINS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("34", ("371449", "378282")), ("37", ("371449", "378282")), ("30", ("305693",)), ("36", ("305693",)),
    ("38", ("385200",)), ("35", ("353011", "356600")), ("6", ("601111", "601100")), ("5", ("555555", "510510")),
    ("2", ("222300",)), ("4", ("411111", "424242", "400000")),
)  # fmt: skip
_BANK_LENGTH = {
    "DE": 8,
    "GB": 4,
    "FR": 5,
    "ES": 4,
    "IT": 6,
    "NL": 4,
    "BE": 3,
    "AT": 5,
    "CH": 5,
    "PL": 8,
    "SE": 3,
    "PT": 4,
}
_LONGEST = 20
"""Digits: E.164 allows 15; nothing longer is a phone number."""
_USED_UP = 16
"""After so many tries the numbers for films are taken as used up: the United Kingdom has a thousand."""
_FRENCH = {"1": "19900", "2": "26191", "3": "35301", "4": "46571", "5": "53649", "6": "63998", "7": "63998"}
_CODES_OF_TWO = frozenset(
    """20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90
    91 92 93 94 95 98""".split()  # noqa: SIM905
)
_AREAS = tuple(
    """201 203 205 206 207 208 209 212 213 214 215 216 217 218 219 224 225 228 229 231 234 239 240 248 251 252 253 254
    256 260 262 267 269 270 276 281 301 302 303 304 305 307 308 309 310 312 313 314 315 316 317 318 319 320 321 323
    330 334 336 337 347 352 360 361 386 401 402 404 405 406 407 408 409 410 412 413 414 415 417 419 423 425 432 434
    435 440 443 478 479 480 484 501 502 503 504 505 507 508 509 510 512 513 515 516 517 518 520 530 540 541 551 559
    561 563 567 570 571 573 574 580 585 586 601 602 603 605 606 607 608 609 610 612 614 615 616 617 618 619 620 623
    626 630 631 636 641 646 650 651 660 661 662 678 682 701 702 703 704 706 707 708 712 713 714 715 716 717 718 719
    720 724 727 731 732 734 740 754 757 760 763 765 770 772 773 774 775 781 785 786 801 802 803 804 805 806 808 810
    812 813 814 815 816 817 818 828 830 831 832 843 845 847 850 856 857 858 859 860 863 864 865 870 901 903 904 906
    907 908 909 910 912 913 914 915 916 917 918 919 920 925 928 931 936 937 940 941 949 952 954 956 970 971 972 973
    978 979 980 985 989""".split()  # noqa: SIM905
)
_GERMAN = ("3023125", "6990009", "4066969", "8999998")


def phone(value: str, keyed: Keyed, attempt: int) -> str | None:
    """A phone number with the same signs and as many digits, in a range for films where one is known."""
    digits = only_digits(value)
    if len(digits) < 5:
        return None
    if len(digits) > _LONGEST:
        return shape(value, keyed, attempt)
    draw = keyed.draw("phone", digits, attempt)
    return in_place_of(value, _phone_digits(digits, value, draw, films=attempt < _USED_UP))


def _area(draw: Draw) -> str:
    """An area code of the United States: the same country code is that of Canada and of twenty islands."""
    return draw.pick(_AREAS)


def _phone_digits(digits: str, value: str, draw: Draw, *, films: bool) -> str:
    abroad = value.lstrip(" (").startswith("+") or digits.startswith("00")
    lead = digits[:2] if digits.startswith("00") else ""
    number = digits.removeprefix(lead)
    american = (len(number) == 11 and number[0] == "1") or (
        not abroad and len(number) == 10 and number[0] in "23456789"
    )
    if films and american:
        return lead + number[:-10] + _area(draw) + "55501" + draw.digits(2)
    if films and not abroad and len(number) == 7:
        return "55501" + draw.digits(2)
    code = next((one for one in ("44", "33", "49", "61", "46") if abroad and number.startswith(one)), "")
    if not code and not abroad and number.startswith("0") and len(number) == 11:
        code = "0"  # as written inside the United Kingdom
    rest = number.removeprefix(code)
    trunk = "0" if rest.startswith("0") and code != "0" else ""
    made = _for_films(code, rest.removeprefix(trunk), draw) if films else ""
    if made:
        return lead + code + trunk + made
    if abroad:
        known = len(code) or _code_length(number)
        return lead + number[:known] + ("0000" + draw.digits(20))[: len(number) - known]
    return ("0000" + draw.digits(20))[: len(number)]


def _code_length(number: str) -> int:
    """Digits of the country code (ITU-T E.164): 1 and 7 stand alone, some have two, all others three."""
    return 1 if number[0] in "17" else 2 if number[:2] in _CODES_OF_TWO else 3


def _for_films(code: str, rest: str, draw: Draw) -> str:
    """The national number, as long as `rest`; empty where no range is known."""
    if code in ("44", "0") and len(rest) == 10:
        return ("7700900" if rest[0] == "7" else "1632960") + draw.digits(3)
    if code == "33" and len(rest) == 9 and rest[0] in _FRENCH:
        return _FRENCH[rest[0]] + draw.digits(4)
    if code == "49" and len(rest) >= 9:
        return (draw.pick(_GERMAN) + draw.digits(12))[: len(rest)]
    if code == "61" and len(rest) == 9:
        return ("491570" if rest[0] == "4" else rest[0] + "5550") + draw.digits(3 if rest[0] == "4" else 4)
    if code == "46" and len(rest) == 9:
        return "7017406" + draw.digits(2)
    return ""


def card(value: str, keyed: Keyed, attempt: int) -> str | None:
    """A card number of the same length and grouping in the bank numbers of test cards; the last digit is right."""
    digits = only_digits(value)
    if not 12 <= len(digits) <= 19:
        return None
    draw = keyed.draw("card", digits, attempt)
    bins = next((bins for start, bins in _TEST_BINS if digits.startswith(start)), ("411111",))
    body = (draw.pick(bins) + draw.digits(13))[: len(digits) - 1]
    return in_place_of(value, body + luhn_digit(body))


def luhn_digit(body: str) -> str:
    """The digit that makes `body` right by Luhn's sum (ISO/IEC 7812-1)."""
    doubled = [int(digit) * (2 - index % 2) for index, digit in enumerate(reversed(body))]
    return str(-sum(number - 9 if number > 9 else number for number in doubled) % 10)


def iban(value: str, keyed: Keyed, attempt: int) -> str | None:
    """An account of the same country and length with right check digits and a bank that does not exist."""
    plain = re.sub(r"[^A-Za-z0-9]", "", value).upper()
    if len(plain) < 12 or not plain[:2].isalpha():
        return None
    draw = keyed.draw("iban", plain, attempt)
    bank = _BANK_LENGTH.get(plain[:2], 4)
    body = "".join("X" if letter.isalpha() else "0" for letter in plain[4 : 4 + bank]) + draw.shape(plain[4 + bank :])
    moved = "".join(str(int(letter, 36)) for letter in f"{body}{plain[:2]}00")
    rest = iter(f"{plain[:2]}{98 - int(moved) % 97:02d}{body}")
    made = "".join(next(rest) if letter.isalnum() and letter.isascii() else letter for letter in value)
    return made.lower() if value.islower() else made


def social_security(value: str, keyed: Keyed, attempt: int) -> str | None:
    """Nine digits in an area that is never issued: 666, then 000."""
    digits = only_digits(value)
    draw = keyed.draw("ssn", digits, attempt)
    if len(digits) != 9:
        return draw.shape(value) if digits else None
    area = "666" if attempt < 12 else "000"
    return in_place_of(value, f"{area}{1 + draw.below(99):02d}{1 + draw.below(9999):04d}")


def shape(value: str, keyed: Keyed, attempt: int) -> str | None:
    """Letters and digits drawn anew; None for a value without a digit, which is words rather than a number."""
    return keyed.draw("shape", value.casefold(), attempt).shape(value) if only_digits(value) else None


_VAT = re.compile(
    r"(?:AT|BE|BG|CH|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|GR|HR|HU|IE|IT|LT|LU|LV|MT|NL|NO|PL|PT|RO|SE|SI|SK)(?=[\s.-]?U?\d)",
    re.I,
)


def tax(value: str, keyed: Keyed, attempt: int) -> str | None:
    """`shape`; a country code before a VAT number stays."""
    made, country = shape(value, keyed, attempt), _VAT.match(value)
    return country.group() + made[country.end() :] if made and country else made


def government(value: str, keyed: Keyed, attempt: int) -> str | None:
    """A number that some office gave out: made like those whose form it has, of no country where it has none."""
    plain = re.sub(r"[\s.-]", "", value).upper()
    if re.fullmatch(r"[A-Z]{2}\d{6}[A-D]", plain):
        return nino(value, keyed, attempt)
    if re.fullmatch(r"[XYZ]\d{7}[A-Z]", plain):
        return nie(value, keyed, attempt)
    if re.fullmatch(r"\d{8}[A-Z]", plain):
        return broken(wrong_nif)(value, keyed, attempt)
    return tax(value, keyed, attempt)


def nie(value: str, keyed: Keyed, attempt: int) -> str | None:
    """A Spanish NIE: X, Y or Z, and a check letter that is wrong on purpose."""
    made = shape(value, keyed, attempt)
    if not made or not made[0].isalpha() or len(made) < 3:
        return made
    made = in_place_of_first(made, keyed.draw("nie", value.casefold(), attempt).pick("XYZ"))
    wrong = wrong_nif(made)
    return made[:-1] + (wrong.lower() if made[-1].islower() else wrong)


def in_place_of_first(value: str, letter: str) -> str:
    """`value` with another first letter, in the same case."""
    return (letter.lower() if value[0].islower() else letter) + value[1:]


def broken(check: Callable[[str], str]) -> Callable[[str, Keyed, int], str | None]:
    """`shape` with a last sign that is wrong on purpose, so that the number can be nobody's."""

    def make(value: str, keyed: Keyed, attempt: int) -> str | None:
        made = shape(value, keyed, attempt)
        if made and made[-1:].isalnum():
            wrong = check(made)
            return made[:-1] + (wrong.lower() if made[-1].islower() else wrong)
        return made

    return make


def wrong_nif(value: str) -> str:
    """A letter that is not the check letter of a Spanish NIF or NIE."""
    number = value.upper().translate(str.maketrans("XYZ", "012"))
    digits = only_digits(number[:-1])
    letters = "TRWAGMYFPDXBNJZSQVHLCKE"
    if value[-1].isdecimal():
        return str((int(value[-1]) + 1) % 10)
    # A sign that only counts as a digit in some ways, such as a superscript, is no check sign at all.
    return letters[(int(digits or 0) + 1) % 23]


def wrong_pesel(value: str) -> str:
    """A digit that is not the check digit of a Polish PESEL."""
    digits = [int(digit) for digit in only_digits(value)[:-1]]
    total = sum(digit * (1, 3, 7, 9)[index % 4] for index, digit in enumerate(digits))
    return str((11 - total % 10) % 10)


def nhs(value: str, keyed: Keyed, attempt: int) -> str | None:
    """An NHS number of the range 999, which the NHS keeps for tests."""
    digits = only_digits(value)
    draw = keyed.draw("nhs", digits, attempt)
    return in_place_of(value, ("999" + draw.digits(_LONGEST))[: len(digits)]) if 9 <= len(digits) <= _LONGEST else None


def nino(value: str, keyed: Keyed, attempt: int) -> str | None:
    """A National Insurance number with the prefix QQ, which is never issued."""
    draw = keyed.draw("nino", value.casefold(), attempt)
    lead, made = 0, ""
    for letter in value:
        if letter.isalpha() and lead < 2:
            made += "Q" if letter.isupper() else "q"
            lead += 1
        else:
            made += draw.like(letter) if letter.isdecimal() else letter
    return made


def network(value: str, keyed: Keyed, attempt: int) -> str | None:
    """An address of the networks that are kept for documentation; what follows a colon or slash stays."""
    draw = keyed.draw("ip", value.casefold(), attempt)
    found = re.match(r"\d{1,3}(?:\.\d{1,3}){3}", value)
    if found:
        nets = ("192.0.2.", "198.51.100.", "203.0.113.")
        made = draw.pick(nets) + str(1 + draw.below(254))
        if attempt >= 12:
            made = f"198.{18 + draw.below(2)}.{draw.below(256)}.{1 + draw.below(254)}"
        return made + value[found.end() :]
    bare = re.split(r"[/%]", value.strip("[]"))[0]
    try:
        ipaddress.IPv6Address(bare)
    except ValueError:
        return None
    made = f"2001:db8:{draw.below(65536):x}::{draw.below(65536):x}"
    return value.replace(bare, made.upper() if value.isupper() else made)


def device(value: str, keyed: Keyed, attempt: int) -> str | None:
    """A device address of the block 00-00-5E-00-53 (RFC 7042), then of those that are never sold."""
    plain = re.sub(r"[^0-9A-Fa-f]", "", value)
    if len(plain) != 12:
        return None
    draw = keyed.draw("mac", plain.casefold(), attempt)
    made = f"00005e0053{draw.below(256):02x}" if attempt < 12 else f"02005e{draw.below(1 << 24):06x}"
    rest = iter(made.upper() if any(letter.isupper() for letter in value) else made)
    return "".join(next(rest) if letter in "0123456789abcdefABCDEF" else letter for letter in value)
