"""Recognising a licence text: compared word by word with the texts in `presets/licences/texts`.

A text counts as a licence only if nearly all of that licence stands in it *and* what else stands in it sets no terms:
"MIT, but no commercial use" reads like MIT to 97 %, and is not MIT. Measured are stretches of five words (shingles),
so that line breaks, punctuation, list numbers and copyright lines make no difference.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from typing import Literal

from engine.licences.terms import TEXTS, UNKNOWN, Terms, find_terms, load_terms

How = Literal["text", "title", "name", "changed", "none"]

MAX_TEXT = 200_000
"""Characters that are looked at; the longest text we know has 35,000."""
_SHINGLE = 5
_LONG = 600
"""Words from which a text counts as long: editions of long texts differ more in their beginnings and ends."""
_WHOLE_LONG, _WHOLE_SHORT = 0.93, 0.97
"""The share of a licence's shingles that have to stand in a text; one changed word costs five of them."""
_ALIKE = 0.5
"""From here on a text is said to read like a licence, though it is not that licence."""
_NAMED_WORDS = 40
"""A text with no more words than that beside a licence's name is a note that names it."""
_TITLE_WITHIN = 40
"""Words of a text within which a title is looked for: further down other licences are only spoken of."""
_WHOLE_KINDS = ("open", "attribution")
"""Kinds of licences of which not a word may be missing: what is left out of a strict one leaves it strict."""
_MAY_ADD = 80
"""Words of no consequence that may stand beside a licence: whose it is, what it is for, a table of files."""
_SETS_TERMS = re.compile(
    r"\b(not|no|non|noncommercial|commercial\w*|prohibit\w*|forbid\w*|restrict\w*|only|must|shall|except|unless|"
    r"require\w*|limit\w*|agree\w*|military|research (?:purposes?|use|only)|however|but|revenue|fee|royalt\w*|users|"
    # The same in the languages of Europe that model makers write in.
    r"[kc]omm?er[czs]\w*|gewerblich\w*|nur|nicht|keine?|verboten|untersagt|ausschließlich|forschung\w*|uniquement|seulement|"
    r"interdit\w*|recherche|solo|sólo|únicamente|prohib\w*|investigación|apenas|somente|proibid\w*|não|pesquisa|soltanto|"
    r"vietat\w*|ricerca|alleen|niet|onderzoek)\b"
)
_OTHER_SCRIPT = re.compile(r"[\u0370-\u1cff\u2e80-\uffef]")
_FOREIGN_LETTERS = 20
"""Letters of another script in an added text from which it counts as setting terms: it is more than a name."""


@dataclass(frozen=True)
class TextMatch:
    """What a text reads as.

    Args:
        licence: The licence's id; `unknown` where the text is none we know, or a changed one.
        how: `text`: compared as a whole; `title`: known by its title alone; `name`: a short note that names it;
            `changed`: reads like `like`, but says other things; `none`.
        score: The share of the licence's words that stand in the text, 0 to 1.
        like: The licence it reads most like.
        note: What was found, for a person.
        others: Further licences whose whole text stands in it.
    """

    licence: str
    how: How
    score: float = 0.0
    like: str = ""
    note: str = ""
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Reference:
    terms: Terms
    needed: frozenset[str]
    allowed: frozenset[str]
    sequence: tuple[str, ...]
    """The words of the licence proper, in order."""
    has_names: bool
    """Whether makers put their names inside of it."""


def words(text: str) -> list[str]:
    """The words of a text as they are compared: lower case, without punctuation, list numbers and copyright lines.

    Where editions of one licence differ in a word (owner, holder), one of them stands for both.
    """
    lines = [_NUMBER.sub("", line) for line in text[:MAX_TEXT].lower().splitlines() if not _is_copyright(line)]
    found = _WORD.findall(_INNER_NUMBER.sub(" ", "\n".join(lines)).replace("\u2019", "").replace("'", ""))
    return [_SAME.get(word, word) for word in found]


def match_text(text: str) -> TextMatch:
    """Which licence a text is. See the module for what counts as one."""
    found = words(text)
    if not found:
        return TextMatch(UNKNOWN, "none", note="the file is empty")
    shingles = _shingles(found)
    spread = frozenset(shingles)
    shares = [(len(reference.needed & spread) / len(reference.needed), reference) for reference in _references()]
    whole = [(share, reference) for share, reference in shares if share >= _whole(reference)]
    if whole:
        return _whole_text(found, shingles, whole)
    score, best = max(shares, key=lambda entry: entry[0])
    if titled := _titled(found):
        alike = score if best.terms.id == titled.id and score >= _ALIKE else 0.0
        rest = f"is like the one we have to {alike:.0%}" if alike else "was not compared"
        note = f"its title is that of the {titled.name}; the text {rest}"
        return TextMatch(titled.id, "title", alike, titled.id, note)
    if named := _named(text, found):
        return TextMatch(named.id, "name", like=named.id, note=f"a short note that names the {named.name}")
    if score >= _ALIKE:
        note = f"reads like the {best.terms.name} ({score:.0%}), but is not its text"
        return TextMatch(UNKNOWN, "changed", score, best.terms.id, note)
    return TextMatch(UNKNOWN, "none", score, note="a text of its own, none of those known")


def policy_of(text: str) -> Terms | None:
    """The licence to which a use policy belongs; None where it is none we have."""
    spread = frozenset(_shingles(words(text)))
    best: tuple[float, Terms | None] = (_ALIKE, None)
    for terms in load_terms().values():
        if terms.use_policy:
            policy = frozenset(_shingles(words((TEXTS / terms.use_policy).read_text(encoding="utf-8"))))
            best = max(best, (len(policy & spread) / len(policy), terms), key=lambda entry: entry[0])
    return best[1]


def _whole_text(found: list[str], shingles: list[str], whole: list[tuple[float, _Reference]]) -> TextMatch:
    """The verdict on a text that has one or more whole licences in it: the closest, and what it leaves unexplained."""

    def distance(entry: tuple[float, _Reference]) -> float:
        share, reference = entry
        missing = (1 - share) * len(reference.needed)
        return missing + sum(map(len, _unexplained(found, shingles, reference.allowed)))

    closest = min(whole, key=distance) if len(whole) > 1 else whole[0]
    score, first = closest[0], closest[1].terms
    explained, others = set(closest[1].allowed), []
    for _, reference in sorted(whole, key=lambda entry: len(entry[1].sequence), reverse=True):
        if len(reference.needed - explained) > 0.5 * len(reference.needed):
            others.append(reference.terms.id)
            explained |= reference.allowed
    rest = _unexplained(found, shingles, explained)
    telling = [stretch for stretch in rest if _sets_terms(stretch)]
    if first.kind == "open" and not closest[1].has_names:
        telling = telling or _inside(found, shingles, closest[1])
    sure = telling or first.kind not in _WHOLE_KINDS or closest[1].has_names
    if gaps := [] if sure else _left_out(found, closest[1]):
        note = f"reads like the {first.name} ({score:.0%}), but leaves out: {' '.join(gaps[0][:20])}"
        return TextMatch(UNKNOWN, "changed", score, first.id, note)
    if telling or sum(map(len, rest)) > _MAY_ADD + 0.1 * len(closest[1].sequence):
        added = " ".join((telling or rest)[0][:20])
        note = f"reads like the {first.name} ({score:.0%}), but says more: {added}"
        return TextMatch(UNKNOWN, "changed", score, first.id, note)
    return TextMatch(first.id, "text", score, first.id, f"its text is the {first.name} ({score:.0%})", tuple(others))


def _sets_terms(stretch: list[str]) -> bool:
    """Whether added words may set terms: by their meaning, or because they are in a script that we do not read."""
    text = " ".join(stretch)
    return bool(_SETS_TERMS.search(text)) or len(_OTHER_SCRIPT.findall(text)) >= _FOREIGN_LETTERS


def _unexplained(found: list[str], shingles: list[str], explained: AbstractSet[str]) -> list[list[str]]:
    """The stretches of words that no known shingle covers."""
    covered = [False] * len(found)
    for start, shingle in enumerate(shingles):
        if shingle in explained:
            covered[start : start + _SHINGLE] = [True] * _SHINGLE
    stretches: list[list[str]] = []
    for place, word in enumerate(found):
        if covered[place]:
            continue
        if place and not covered[place - 1] and stretches:
            stretches[-1].append(word)
        else:
            stretches.append([word])
    return stretches


def _inside(found: list[str], shingles: list[str], reference: _Reference) -> list[list[str]]:
    """Of the unexplained stretches those between the licence's first and last words: words put in or exchanged."""
    first = {shingle: start for start, shingle in reversed(list(enumerate(shingles))) if shingle in reference.needed}
    body = found[min(first.values()) : max(first.values()) + _SHINGLE]
    stretches = _unexplained(body, _shingles(body), reference.allowed)
    named = [stretch for stretch in stretches if find_terms(" ".join(stretch)) is None]
    return [stretch for stretch in named if "copyright" not in stretch and not all(map(_is_idle, stretch))]


def _left_out(found: list[str], reference: _Reference) -> list[tuple[str, ...]]:
    """The stretches of words that stand inside the licence and not in the text."""
    blocks = SequenceMatcher(None, reference.sequence, found, autojunk=False).get_matching_blocks()
    whole = [block for block in blocks if block.size]
    gaps = [reference.sequence[one.a + one.size : next_.a] for one, next_ in itertools.pairwise(whole)]
    return [gap for gap in gaps if not all(map(_is_idle, gap))]


def _titled(found: list[str]) -> Terms | None:
    """The licence whose title stands first; of two at one place, the longer title."""
    head = f" {' '.join(found[:_TITLE_WITHIN])} "
    hits = []
    for terms in load_terms().values():
        for title in terms.titles:
            at = head.find(f" {title} ")
            # An open licence is more than its name in some text: for those only short notes count, see `_named`.
            if at >= 0 and terms.kind != "open":
                hits.append((at, -len(title), terms.id))
    return load_terms()[min(hits)[2]] if hits else None


def _named(original: str, found: list[str]) -> Terms | None:
    """The licence that a short note names and about which it says nothing else."""
    if len(found) <= _NAMED_WORDS and (terms := find_terms(original.strip(" \t\r\n.#*"))):
        return terms
    text = " ".join(found)
    for terms in load_terms().values():
        for title in terms.titles:
            left = _BOILERPLATE.sub(" ", text.replace(title, " "))
            if title in text and len(left.split()) <= _NAMED_WORDS and not _SETS_TERMS.search(left):
                return terms
    return None


_WORD = re.compile(r"[a-z0-9\u00c0-\uffff]+")
_NUMBER = re.compile(r"^\s*(?:[a-z]|[ivx]{1,4}|\d{1,2})[.)]\s")
_INNER_NUMBER = re.compile(r"\((?:[a-z]|[ivx]{1,4}|\d{1,2})\)")
_COPYRIGHT = re.compile(r"[\s*#/;-]*(copyright|\(c\)|©)(?! holder| owner).{0,60}(\(c\)|©|\d{4}|\[|<|by )")
_SAME = {"owner": "holder", "owners": "holders", "licence": "license", "licences": "licenses"}
_OF_LINKS = {"http", "https", "www"}
_PLACEHOLDER = "organization"
"""Stands in our texts where each maker puts a name."""
_BOILERPLATE = re.compile(
    r"you may not use this file except in compliance with the license|unless required by applicable law or agreed to "
    r"in writing software distributed under the license is distributed on an as is basis without warranties or "
    r"conditions of any kind either express or implied|see the license for the specific language governing permissions "
    r"and limitations under the license"
)
"""The short form that the Apache License itself suggests for the head of a file."""


@cache
def _references() -> tuple[_Reference, ...]:
    references = []
    for terms in load_terms().values():
        if terms.text is None or terms.id.startswith("cohere"):
            continue
        whole = words((TEXTS / terms.text).read_text(encoding="utf-8"))
        needed = _until(whole, terms.text_end)
        allowed = set(_shingles(whole)) | set(_shingles(words(terms.name)))
        if terms.use_policy:
            allowed |= set(_shingles(words((TEXTS / terms.use_policy).read_text(encoding="utf-8"))))
        shingles = frozenset(shingle for shingle in _shingles(needed) if _PLACEHOLDER not in shingle)
        references.append(_Reference(terms, shingles, frozenset(allowed), tuple(needed), _PLACEHOLDER in needed))
    return tuple(references)


def _until(whole: list[str], end: str | None) -> list[str]:
    """The words up to where the licence proper ends."""
    if end is None:
        return whole
    wanted = end.split()
    for place in range(len(whole) - len(wanted) + 1):
        if whole[place : place + len(wanted)] == wanted:
            return whole[:place]
    return whole


def _whole(reference: _Reference) -> float:
    return _WHOLE_LONG if len(reference.sequence) >= _LONG else _WHOLE_SHORT


def _shingles(found: list[str]) -> list[str]:
    return [" ".join(found[place : place + _SHINGLE]) for place in range(max(1, len(found) - _SHINGLE + 1))]


def _is_idle(word: str) -> bool:
    """Numbers of a list that stand within a line, and the beginnings of links."""
    return word.isdigit() or len(word) == 1 or word in _OF_LINKS


def _is_copyright(line: str) -> bool:
    return bool(_COPYRIGHT.match(line)) and len(line) < 160 and not _SETS_TERMS.search(line)
