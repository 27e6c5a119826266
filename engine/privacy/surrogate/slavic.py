# ruff: noqa: RUF001, RUF002 (Cyrillic and Greek letters are meant)
"""Names as languages with cases and with forms for women write them: one family and one person in all of their forms.

`Ивана Смирнова` and `Ольгой Смирновой` are Иван Смирнов and Ольга Смирнова, `Nováková` is of the family Novák, and
`Kowalska` of the family Kowalski. What stands for them takes the same form, so that a sentence stays right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from engine.privacy.surrogate.words import Sex, folded, name_lists, script_of

_SURNAME = re.compile(r"(?P<root>.{2,}(?:[оеё]в|[иы]н))(?P<end>ыми|ою|ой|ых|ым|[ауеы])?")
_ADJECTIVE = re.compile(r"(?P<root>.{2,}[сц]к)(?P<end>ого|ому|ими|ий|им|ом|ая|ой|ую|ие|их)")
_AS_NOUN = dict(
    pair.split("=")
    for pair in "ий= ого=а ому=у им=ым ом=е ая=а ую=у ие=ы их=ых ими=ыми".split(" ")  # noqa: SIM905
)
_MASCULINE = frozenset(("", "а", "у", "ым", "е"))
_FEMININE = frozenset(("а", "ой", "ою", "у"))
_IRREGULAR = {"петр": "пётр", "павл": "павел", "льв": "лев"}
_SHORT = {"пётр": "петр", "павел": "павл", "лев": "льв"}

# What a first name ends in, in the nominative, and in the genitive, dative, accusative, instrumental, prepositional.
_FORMS: tuple[tuple[str, Sex, tuple[str, ...]], ...] = (
    ("ия", "female", ("ии", "ии", "ию", "ией", "ии")),
    ("я", "female", ("и", "е", "ю", "ей", "е")),
    ("а", "female", ("ы", "е", "у", "ой", "е")),
    ("ь", "female", ("и", "и", "ь", "ью", "и")),
    ("ий", "male", ("ия", "ию", "ия", "ием", "ии")),
    ("й", "male", ("я", "ю", "я", "ем", "е")),
    ("ь", "male", ("я", "ю", "я", "ем", "е")),
    ("", "male", ("а", "у", "а", "ом", "е")),
)
_AFTER_HISS = str.maketrans({"ы": "и"})


def family_of(last: str) -> tuple[str, str]:
    """The key of a family and the ending that a form of its name adds: `смирновой` -> (`смирнов`, `ой`).

    Args:
        last: A family name in small letters; one that has no such forms comes back as it is.
    """
    script = script_of(last)
    if script == "cyrillic":
        if found := _SURNAME.fullmatch(last):
            return found["root"], found["end"] or ""
        if found := _ADJECTIVE.fullmatch(last):
            return f"{found['root']}ий", _AS_NOUN.get(found["end"], found["end"])
    elif script == "greek":
        plain = "".join(one for one in unicodedata.normalize("NFD", last) if not unicodedata.combining(one))
        return re.sub(r"(?<=.{3})(?:ο[ςσ]|ου|η[ςσ]|α[ςσ]|η|α)$", "", plain), ""
    elif script == "latin" and len(last) > 5:
        if last.endswith("ová"):
            return last.removesuffix("ová"), ""
        if re.search(r"[sc]ka$", last):
            return f"{last[:-1]}i", ""
    return last, ""


def declines(last: str) -> bool:
    """Whether a family name in small letters is one of those Cyrillic ones whose forms `family_of` knows."""
    return script_of(last) == "cyrillic" and bool(_SURNAME.fullmatch(last) or _ADJECTIVE.fullmatch(last))


def nominative(first: str) -> tuple[str, int]:
    """A Cyrillic first name in its nominative, and which other case it stood in: `ивана` -> (`иван`, 1); 0 for none.

    A name that no list has, and one of another script, comes back as it is.
    """
    known = name_lists().first
    if script_of(first) != "cyrillic" or folded(first) in known:
        return first, 0
    for name, case, sex in _readings(first):
        found = known.get(folded(name))
        if found and found[1] in (sex, None):
            return name, case
    return first, 0


def _readings(form: str) -> Iterator[tuple[str, int, Sex]]:
    """What a form may be: names in the nominative with their case and sex, feminine and masculine ones in `а` alike."""
    for ending, sex, cases in _FORMS:
        for case, other in enumerate(cases, 1):
            for written in {other, other.translate(_AFTER_HISS)} if ending == "а" else {other}:
                if form.endswith(written) and len(form) - len(written) >= 2:
                    stem = form.removesuffix(written)
                    yield _IRREGULAR.get(stem, stem + ending) if not ending else stem + ending, case, sex
                    if ending in ("я", "а"):
                        yield stem + ending, case, "male"


def in_case(name: str, case: int, sex: Sex | None) -> str:
    """A first name in another case: (`Мирон`, 1) -> `Мирона`.

    Args:
        name: In the nominative.
        case: Of `nominative`.
        sex: Of who is called so; `Любовь` and `Игорь` end alike.
    """
    if not case:
        return name
    low = name.casefold()
    for ending, of, cases in _FORMS:
        if not low.endswith(ending) or (ending in ("ь", "") and sex is not None and sex != of):
            continue
        if not ending and low[-1] in "аеёиоуыэюя":
            return name
        stem = name[: len(name) - len(ending)]
        if low in _SHORT:
            stem = name[:1] + _SHORT[low][1:]
        other = cases[case - 1]
        if ending == "а" and low[-2:-1] in "гкхжчшщ":
            other = other.translate(_AFTER_HISS)
        return stem + other
    return name


def last_in_nominative(last: str, sex: Sex | None) -> str:
    """A Cyrillic family name as it is told apart: `смирнову` of a man is `смирнов`, of a woman `смирнова`.

    Args:
        last: In small letters.
        sex: By the first name.
    """
    root, ending = family_of(last)
    if not declines(last) or (sex == "male" and ending in _MASCULINE):
        return root if declines(last) else last
    return of_a_woman(root) if ending in _FEMININE and sex != "male" else root


def of_a_woman(root: str) -> str:
    """The feminine form of a Cyrillic family name that has one: `смирнов` -> `смирнова`."""
    return f"{root.removesuffix('ий')}ая" if root.endswith("ий") else f"{root}а"
