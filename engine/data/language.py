"""The language of a row, told by its script and by frequent small words. Unclear rows have none.

Covered are the languages of `presets/health/languages.yaml` and one language for each script listed here; the file
says when a row is judged. Meant to find the few rows in another language than all others, not to name any language.
"""

from __future__ import annotations

import bisect
import re
from collections import Counter
from functools import lru_cache

import yaml

from engine.errors import SpecError, from_os_error
from engine.machine import PRESETS

LANGUAGES_FILE = PRESETS / "health" / "languages.yaml"
UNCLEAR = ""
_LOOK_AT = 600
_FEWEST_WORDS = 8
_FEWEST_HITS = 3
_FEWEST_APART, _LEAD = 2, 2.0
_FEWEST_LETTERS = 12
_SCRIPT_SHARE = 0.6

_WORDS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_ASCII_LETTERS = re.compile(r"[A-Za-z]+")
_LATIN = "Latin"
# First code point of each stretch; a stretch that is no letter of a covered script has an empty name.
_STRETCHES: tuple[tuple[int, str], ...] = (
    (0x0000, ""), (0x00C0, _LATIN), (0x0250, ""), (0x0370, "Greek"), (0x0400, "Cyrillic"), (0x0530, ""),
    (0x0590, "Hebrew"), (0x0600, "Arabic"), (0x0780, ""), (0x0900, "Devanagari"), (0x0980, "Bengali"), (0x0A00, ""),
    (0x0B80, "Tamil"), (0x0C00, ""), (0x0E00, "Thai"), (0x0E80, ""), (0x1100, "Korean"), (0x1200, ""),
    (0x1E00, _LATIN), (0x1F00, "Greek"), (0x2000, ""), (0x3040, "Japanese"), (0x3100, ""), (0x3400, "Chinese"),
    (0xA000, ""), (0xAC00, "Korean"), (0xD7B0, ""), (0xF900, "Chinese"), (0xFB00, ""),
)  # fmt: skip
_STARTS = [start for start, _ in _STRETCHES]


def language_of(text: str) -> str:
    """The language of a text, or `UNCLEAR`. The first 600 characters count."""
    text = text[:_LOOK_AT]
    script = _script_of(text)
    return _latin_language(text) if script == _LATIN else script


def _script_of(text: str) -> str:
    if text.isascii():
        return _LATIN if sum(map(len, _ASCII_LETTERS.findall(text))) >= _FEWEST_LETTERS else UNCLEAR
    letters: Counter[str] = Counter()
    letters[_LATIN] = sum(map(len, _ASCII_LETTERS.findall(text)))
    for part in _FOREIGN.findall(text):
        letters.update(_STRETCHES[bisect.bisect_right(_STARTS, ord(sign)) - 1][1] for sign in part)
    letters.pop("", None)
    if letters["Japanese"]:
        # Japanese mixes its own signs with Chinese ones.
        letters["Japanese"] += letters.pop("Chinese", 0)
    total = letters.total()
    script, count = letters.most_common(1)[0]
    dense = script in ("Chinese", "Japanese", "Korean", "Thai")
    enough = total >= (_FEWEST_LETTERS // 2 if dense else _FEWEST_LETTERS)
    return script if enough and count >= _SCRIPT_SHARE * total else UNCLEAR


def _latin_language(text: str) -> str:
    words = _WORDS.findall(text.lower().replace("\u2019", "'"))
    if len(words) < _FEWEST_WORDS:
        return UNCLEAR
    told: dict[str, set[str]] = {}
    known = _small_words()
    counts = Counter(words)
    for word in counts.keys() & known.keys():
        for language in known[word]:
            told.setdefault(language, set()).add(word)
    # Equal counts are unclear whichever comes first.
    ranked = sorted(told, key=lambda language: len(told[language]), reverse=True)[:2]
    best = ranked[0] if ranked else UNCLEAR
    ours, theirs = told.get(best, set()), told[ranked[1]] if len(ranked) > 1 else set()
    enough = sum(map(counts.__getitem__, ours)) >= max(_FEWEST_HITS, len(words) / 10)
    # Neighbours share half of their small words; what they do not share tells them apart. Words count once in that:
    # "no no no" says no more than "no".
    apart = sum(map(counts.__getitem__, ours - theirs)) >= _FEWEST_APART
    apart = apart and len(ours - theirs) >= _LEAD * len(theirs - ours)
    return best if enough and apart else UNCLEAR


def covered() -> list[str]:
    """Every language that can be told, for saying so."""
    named = {name for _, name in _STRETCHES if name not in ("", _LATIN)}
    return [*_language_words(), *sorted(named)]


@lru_cache(maxsize=1)
def _small_words() -> dict[str, tuple[str, ...]]:
    """The languages that have a word, by the word."""
    found: dict[str, tuple[str, ...]] = {}
    for language, words in _language_words().items():
        for word in set(words.split()):
            found[word] = (*found.get(word, ()), language)
    return found


@lru_cache(maxsize=1)
def _language_words() -> dict[str, str]:
    try:
        content = yaml.safe_load(LANGUAGES_FILE.read_text(encoding="utf-8"))
    except OSError as error:
        raise from_os_error(error, "reading the languages") from error
    except yaml.YAMLError as error:
        raise SpecError("The languages cannot be read.", f"{LANGUAGES_FILE}: {error}", "Restore the file.") from error
    if not isinstance(content, dict) or not all(isinstance(words, str) for words in content.values()):
        raise SpecError("The languages cannot be read.", f"{LANGUAGES_FILE}: not words by language.", "Restore it.")
    return {str(name): words for name, words in content.items()}
