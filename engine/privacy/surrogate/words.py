"""The word lists behind surrogates, from `presets/redaction`: names by culture and sex, and parts of made-up words."""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from engine.errors import SpecError, from_os_error
from engine.machine import PRESETS
from engine.spec_text import load_yaml

Sex = Literal["female", "male"]
_FOLDER = PRESETS / "redaction"


@dataclass(frozen=True)
class Culture:
    """One file of `presets/redaction/names`."""

    name: str
    script: str
    female: tuple[str, ...]
    male: tuple[str, ...]
    surnames: tuple[str, ...]
    feminine: str
    """What a woman's family name ends in besides; empty where there is no such form."""

    def first_names(self, sex: Sex | None) -> tuple[str, ...]:
        """The first names of a sex; of both where it is not known."""
        if sex is None:
            return self.female + self.male
        return self.female if sex == "female" else self.male


@dataclass(frozen=True)
class Lists:
    """All cultures, and where a name is found in them."""

    cultures: dict[str, Culture]
    first: dict[str, tuple[str, Sex | None]]
    """A first name (folded) -> its culture and sex; None where both sexes bear it."""
    last: dict[str, str]
    """A family name (folded) -> its culture."""
    origins: dict[str, tuple[str, ...]]
    """A first name (in small letters, and folded) -> all cultures that have it."""
    sexes: dict[tuple[str, str], Sex | None]
    """A culture and a first name (folded) -> who is called so in it; None where both are."""

    def of_script(self, script: str) -> list[Culture]:
        """The cultures that write in a script."""
        return [one for one in self.cultures.values() if one.script == script]


@functools.cache
def name_lists() -> Lists:
    """Read all name lists; once in a process.

    Raises:
        SpecError: A file is missing or holds something else.
    """
    cultures: dict[str, Culture] = {}
    first: dict[str, tuple[str, Sex | None]] = {}
    last: dict[str, str] = {}
    origins: dict[str, tuple[str, ...]] = {}
    of_both: dict[tuple[str, str], Sex | None] = {}
    # English first: a name of several cultures belongs to the first one that has it.
    paths = sorted((_FOLDER / "names").glob("*.yaml"), key=lambda path: (path.stem != "english", path.stem))
    for path in paths:
        content = _read(f"names/{path.name}")
        one = Culture(
            path.stem,
            str(content.get("script")),
            female=_words(content, "female", path.name),
            male=_words(content, "male", path.name),
            surnames=_words(content, "surnames", path.name),
            feminine=str(content.get("feminine", "")),
        )
        cultures[one.name] = one
        sexes: tuple[tuple[Sex, tuple[str, ...]], ...] = (("female", one.female), ("male", one.male))
        for sex, names in sexes:
            for name in names:
                known, here = first.get(folded(name)), (one.name, folded(name))
                of_both[here] = sex if of_both.get(here, sex) == sex else None
                for key in {folded(name), name.casefold()}:
                    origins[key] = tuple(dict.fromkeys((*origins.get(key, ()), one.name)))
                first[folded(name)] = (known[0], sex if known[1] == sex else None) if known else (one.name, sex)
        for name in one.surnames:
            last.setdefault(folded(name), one.name)
            if one.feminine:
                last.setdefault(folded(name + one.feminine), one.name)
    return Lists(cultures, first, last, origins, of_both)


@functools.cache
def parts(*path: str) -> tuple[str, ...]:
    """Parts of made-up words, as `parts("places", "german")`; empty where there are none."""
    content: Any = _made_up()
    for key in path:
        content = content.get(key, {}) if isinstance(content, dict) else {}
    return tuple(str(content).split()) if content else ()


@functools.cache
def whole_names_of(short: str) -> tuple[str, ...]:
    """The first names that a short form may stand for, all folded: "bob" is "robert"; none of any other word."""
    return tuple(whole for whole, forms in _read("words/short_names.yaml").items() if short in str(forms).split())


@functools.cache
def _made_up() -> dict[str, Any]:
    return _read("words/made_up.yaml")


def _words(content: dict[str, Any], key: str, file: str) -> tuple[str, ...]:
    words = tuple(str(content.get(key, "")).split())
    if not words or "script" not in content:
        raise SpecError(f"{file} is not a list of names.", f"`{key}` or `script` is missing.", "Restore it.")
    return words


def _read(name: str) -> dict[str, Any]:
    path = _FOLDER / name
    try:
        content = load_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise from_os_error(error, "reading the word lists") from error
    except yaml.YAMLError as error:
        raise SpecError(f"{path.name} is not valid YAML.", f"{path}: {error}", "Correct it.") from error
    if not isinstance(content, dict):
        raise SpecError(f"{path.name} holds no lists.", str(path), "Restore it.")
    return content


def listed(text: str) -> frozenset[str]:
    """The words of a text, to look up."""
    return frozenset(text.split())


def folded(word: str) -> str:
    """A word without case and accents, to compare by."""
    if word.isascii():
        return word.casefold()
    plain = unicodedata.normalize("NFKD", without_dots(word.casefold()))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def without_dots(small: str) -> str:
    """A Turkish word whose capitals were made small by rules that know only one letter I."""
    return small.replace("\u0131", "i").replace("i\u0307", "i")


def ascii_of(word: str) -> str:
    """A word in the letters of an e-mail address; empty where it is written in another script."""
    swapped = word.translate({0xF8: "o", 0xD8: "O", 0x142: "l", 0x141: "L", 0xDF: "ss", 0x131: "i", 0xE6: "ae"})
    plain = unicodedata.normalize("NFKD", swapped)
    return "".join(letter for letter in plain if letter.isascii() and letter.isalpha())


_SCRIPTS: tuple[tuple[str, int, int], ...] = (
    ("greek", 0x370, 0x3FF), ("cyrillic", 0x400, 0x52F), ("hebrew", 0x590, 0x5FF), ("arabic", 0x600, 0x6FF),
    ("devanagari", 0x900, 0x97F), ("kana", 0x3040, 0x30FF), ("han", 0x3400, 0x9FFF), ("hangul", 0xAC00, 0xD7AF),
)  # fmt: skip


def script_of(text: str) -> str:
    """The script of the first letter: `latin`, `cyrillic`, ... ; `other` where we have no lists."""
    for letter in text:
        if letter.isalpha():
            code = ord(letter)
            if code < 0x250 or 0x1E00 <= code <= 0x1EFF:
                return "latin"
            return next((name for name, low, high in _SCRIPTS if low <= code <= high), "other")
    return "other"
