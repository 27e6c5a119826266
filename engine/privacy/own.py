"""The creator's own recognisers: a list of words or a pattern, kept in the project as `redaction.own`.

Light: the wizard tries one on a line of text without loading a detector. Patterns are those of the `regex` package,
which can give up on a pattern that would run for years; a scan that meets one fails and names it, since to go on
without it would leave what the creator asked to hide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import regex

from engine.errors import SpecError
from engine.spec import OwnSpec

PATTERN_SECONDS = 2.0
"""The longest a pattern may take on one text (4,000 characters at most)."""
_LONGEST_PATTERN = 2_000
_UNSPACED = regex.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_WORD = regex.compile(r"\w+")


@dataclass(frozen=True)
class OwnFinding:
    """What one of the creator's recognisers matched; offsets are characters of the text."""

    start: int
    end: int
    entity: str
    score: float
    name: str


@dataclass(frozen=True)
class Compiled:
    """One recogniser, ready to search."""

    name: str
    entity: str
    score: float
    pattern: Any
    may_be_in: Callable[[str], bool] = lambda text: True
    """A cheap test; the pattern cannot match in texts that fail it."""

    def find(self, text: str, seconds: float = PATTERN_SECONDS) -> list[OwnFinding]:
        """All places in `text`; other threads go on meanwhile.

        Args:
            text: Any text.
            seconds: The longest the pattern may take.

        Raises:
            SpecError: The pattern takes too long on this text.
        """
        if not self.may_be_in(text):
            return []
        try:
            return [
                OwnFinding(match.start(), match.end(), self.entity, self.score, self.name)
                for match in self.pattern.finditer(text, timeout=seconds, concurrent=True)
                if match.end() > match.start()
            ]
        except TimeoutError as error:
            raise SpecError(
                f"Your recogniser `{self.name}` takes too long.",
                f"redaction.own: its pattern ran over {seconds:g} seconds on a text of {len(text)} letters.",
                "Repetitions inside repetitions, such as (a+)+, do that. Write the pattern without them.",
            ) from error


def compile_own(own: Sequence[OwnSpec]) -> list[Compiled]:
    """Make the creator's recognisers ready.

    Raises:
        SpecError: A pattern is none; names the recogniser and the place in the pattern.
    """
    return [_compiled(one) for one in own]


def try_own(text: str, spec: OwnSpec, seconds: float = PATTERN_SECONDS) -> list[OwnFinding]:
    """What one recogniser finds in a text: for a box in which the creator tries it.

    Raises:
        SpecError: The pattern is none, or takes longer than `seconds`.
    """
    return _compiled(spec).find(text, seconds)


def pattern_problem(pattern: str) -> tuple[str, int] | None:
    """Why a pattern cannot be used, and at which letter of it; None where it can."""
    if len(pattern) > _LONGEST_PATTERN:
        return f"it is longer than {_LONGEST_PATTERN} letters", _LONGEST_PATTERN
    try:
        regex.compile(pattern)
    except regex.error as error:
        return str(error.msg), int(error.pos or 0)
    except (RecursionError, OverflowError, ValueError) as error:
        return str(error) or type(error).__name__, 0
    return None


def entity_of(name: str) -> str:
    """The type of the findings of a recogniser: its name as `CLIENT_CODE`; `OWN` where no Latin letter is in it."""
    return regex.sub(r"[^A-Z]+", "_", name.upper()).strip("_") or "OWN"


def _compiled(spec: OwnSpec) -> Compiled:
    entity = entity_of(spec.name)
    if spec.pattern is None:
        words = [word.strip() for word in spec.words or [] if word.strip()]
        return Compiled(spec.name, entity, spec.score, _word_list(words), _first_words(words))
    if len(spec.pattern) > _LONGEST_PATTERN:
        raise _refused(spec.name, f"it is longer than {_LONGEST_PATTERN} letters")
    try:
        return Compiled(spec.name, entity, spec.score, regex.compile(spec.pattern))
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        raise _refused(spec.name, str(error) or type(error).__name__) from error


def _word_list(words: Sequence[str]) -> Any:
    """Whole words in any case of letters; in scripts that put no spaces between words, anywhere."""
    spaced = [word for word in words if not _UNSPACED.search(word)]
    unspaced = [word for word in words if _UNSPACED.search(word)]
    lists = {"spaced": spaced, "unspaced": unspaced}
    source = "|".join(
        part for part, used in ((r"(?<!\w)\L<spaced>(?!\w)", spaced), (r"\L<unspaced>", unspaced)) if used
    )
    flags = regex.IGNORECASE | regex.FULLCASE
    named = {name: list_ for name, list_ in lists.items() if list_}
    return regex.compile(source or r"(?!)", flags, **named)


def _first_words(words: Sequence[str]) -> Callable[[str], bool]:
    """A test for texts in which some word of the list may stand: one that begins with a whole word of the text.

    A list of thousands takes milliseconds at every letter of a text otherwise. Signs, and scripts that put no spaces
    between words, are left to the pattern.
    """
    firsts = {None if _UNSPACED.search(word) else _first_word(word) for word in words}
    if None in firsts:
        return lambda text: True
    return lambda text: any(word.casefold() in firsts for word in _WORD.findall(text))


def _first_word(text: str) -> str | None:
    found = _WORD.search(text)
    return found.group().casefold() if found else None


def _refused(name: str, why: str) -> SpecError:
    return SpecError(
        f"The pattern of your recogniser `{name}` cannot be used.",
        f"redaction.own: {why}.",
        "Mend the pattern, or list plain words instead.",
    )
