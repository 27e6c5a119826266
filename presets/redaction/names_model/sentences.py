# ruff: noqa: RUF001 (quotation marks as people type them)
"""What the corpora share: words become text again, titles leave names, sentences become rows."""

from __future__ import annotations

import html
import itertools
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from presets.redaction.names_model.rows import Row, Span

Document = list[Row]
"""Sentences that follow each other."""

PERSON = "PERSON"
OTHER = "OTHER"
"""The label of what may or may not be a name; nothing is asked about such words in training."""
LONGEST = 450
"""Characters after which no further sentence is put into a row."""
UPPER, LOWER = "A-ZÀ-ÖØ-Þ", "a-zß-öø-ÿ"
_TITLES = (
    r"mr|mrs|ms|miss|mister|messrs|dr|doctor|prof|professor|sir|madam|madame|mme|mlle|mademoiselle|monsieur|"
    r"messieurs|herr|frau|fräulein|señor|señora|senhor|senhora|president|senator|governor|chancellor|secretary|"
    r"minister"
)
_SHORT_TITLES = r"(?:M|MM|Sr|Sra|Capt|Col|Gen|Lt|Sgt|Sen|Rep|Gov|Rev|Hon|Drs)\.\s*"
_RANKS = (
    r"mistress|lady|lord|dame|monseigneur|master|captain|colonel|major|general|lieutenant|sergeant|corporal|"
    r"commander|admiral|sheriff|officer|inspector|detective|judge|justice|chief|associate|counsel|counselor|"
    r"representative|congressman|congresswoman|mayor|vice|speaker|prime|premier|king|queen|prince|princess|"
    r"emperor|empress|shah|sultan|duke|duchess|count|countess|earl|baron|baroness|marquis|viscount|squire|esquire|"
    r"pope|cardinal|archbishop|bishop|reverend|pastor|deacon|abbot|abbé|father|mother|brother|sister|uncle|aunt|"
    r"auntie|cousin|grandfather|grandmother|grandpa|grandma|papa|mamma|mama|ma|pa|mum|mom|dad|daddy|mommy|mummy|"
    r"granny|don|doña|comte|comtesse|duc|duchesse|roi|reine|marquise|chevalier|maître|docteur|professeur|père|"
    r"mère|frère|sœur|soeur|oncle|tante|cousine|curé|capitaine|général|maréchal|évêque|président|vicomte|"
    r"vicomtesse|baronne|prieur|amiral|majesté|altesse|éminence|excellence|honor|honour|majesty|highness|"
    r"excellency|god|dieu|lords|heaven|providence|ceo|coach|chairman|chairwoman|director|attorney|ambassador|poet|"
    r"chair|chairperson|administrator|solicitor|tsar|clerk|psalmist|grand-père|grand-mère|dauphin|commissioner|"
    r"manager|architect|fellow|guest|chambermaid|members"
)
_ARTICLES = "the|a|an|his|her|my|our|le|la|les|un|une|des|ce|cet|cette|ces|mon|ma|mes|son|sa|ses|notre|votre|leur"
_ADJECTIVES = (
    r"old|young|poor|dear|little|late|good|great|vieux|vieille|petit|petite|jeune|bon|bonne|pauvre|cher|chère|"
    r"belle|beau"
)
"""Words before a name that are no part of it; the last three kinds only in mentions such as `the old Count`."""
_LEADING = re.compile(rf"(?:(?:{_TITLES})\b\.?\s*|(?-i:{_SHORT_TITLES}))", re.IGNORECASE)
_LOOSELY = re.compile(
    rf"(?:(?:{_TITLES}|{_RANKS})\b\.?\s*|(?:{_ARTICLES})\b(?![.'’-])\s*|(?-i:{_SHORT_TITLES}"
    rf"|(?:{_ADJECTIVES}|(?:Poor|Dear|Dearest|Old)(?=\s))\b\s*|(?:de|du|aux?)\s+|d['’])|l['’])",
    re.IGNORECASE,
)
_NO_PEOPLE = (
    r"(?!(?:Adrian|Brian|Bryan|Christian|Damian|Dorian|Fabian|Florian|Ian|Julian|Lillian|Marian|Vivian|Trish)$)"
)
_PEOPLES = re.compile(
    rf"{_NO_PEOPLE}(?:Irish|Scotch|Scots|Welsh|Dutch|French|Swiss|Greeks?|Turks?|Jews?|Vikings?|Gauls?|Boers?|Moguls?"
    r"|Catholics?|Democrats?|Republicans?|Conservatives?|Yankees?|Apostles?|Knights|Brothers|Negro(?:es)?|Chancellor"
    r"|Devil|Satan|Christ|\w+(?:ese|ish|ians?|icans?|iens|Saxons?)"
    r"|(?:English|French|Irish|Welsh|Dutch)m[ae]n"
    r"|(?:Français|Anglais|Prussien|Allemand|Italien|Espagnol|Américain|Parisien)e?s?)$"
)
_TRAILING = re.compile(r"(?:['’]s?|[\s.,;:!?\"”“»«(–—-]|,?\s+(?:Esq|MD|M\.D|DDS|PhD))+$")
_CAPITAL = rf"(?:(?:St|Ste|Jr|[{UPPER}])\.|[{UPPER}][{UPPER}{LOWER}'’-]*[{UPPER}{LOWER}])"
_RUN = re.compile(rf"{_CAPITAL}(?:\s+(?:(?:de|du|des|la|van|von|der|di|da|d['’])\s*)*{_CAPITAL})*")
_CLOSING = {*".,;:!?)]}%…»”’", "...", "''", "?!", "!!", "!!!", "??", "???", "n't", "n’t", "'", "-RRB-", "-RSB-"}
_CLITIC = re.compile(r"(?:['’](?:s|m|d|t|re|ve|ll|em|all|S|M|D|RE|VE|LL)|n['’]t|N['’]T)$")
_OPENING = {"(", "[", "{", "$", "£", "€", "«", "“", "‘", "„", "``", "¿", "¡", "#", "-LRB-", "-LSB-"}
_WRITTEN = {"``": '"', "''": '"', "-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]"}
_END = re.compile(r"[.!?…:;,][\"'”’»)]*$")
_SENTENCE_END = re.compile(rf"(?<=[{LOWER}0-9)»”][.!?…])\s+(?=[«“\"—–¿¡-]?\s?[{UPPER}])")


def name_in(text: str, start: int, end: int, loosely: bool = False) -> tuple[int, int] | None:
    """The place of the name itself, without titles before it and marks after it.

    Args:
        text: A text.
        start: Where the mention of a person starts.
        end: Where it ends.
        loosely: Whether the mention may have ranks, kin words and articles in it too.

    Returns:
        None where nothing but a title is left.
    """
    while match := (_LOOSELY if loosely else _LEADING).match(text, start, end):
        start = match.end()
    start += len(text[start:end]) - len(text[start:end].lstrip("- "))
    end = start + len(text[start:end].split("@")[0])
    if tail := _TRAILING.search(text[start:end]):
        is_initial = re.search(r"(?:\b\w|Jr|Sr)\.$", text[start:end])
        end = end if is_initial else start + tail.start()
    return (start, end) if re.search(r"[^\W\d_]", text[start:end]) else None


def is_role(text: str) -> bool:
    """Whether what stands in the place of a name is a rank, a people, or ends with a rank: `States Senator`."""
    last = text.split()[-1]
    return bool(_PEOPLES.match(text)) or name_in(last, 0, len(last), loosely=True) is None


def named(text: str, spans: Iterable[Span], loosely: bool = False) -> tuple[Span, ...]:
    """Spans with only the names of persons left in them; of spans that overlap the longer one stays."""
    kept: list[Span] = []
    for start, end, label in sorted(spans, key=lambda span: (span[2] == OTHER, span[0] - span[1])):
        place = name_in(text, start, end, loosely) if label == PERSON else (start, end)
        if place and all(place[1] <= begin or finish <= place[0] for begin, finish, _ in kept):
            kept.append((*place, label))
    return tuple(sorted(kept))


def name_runs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Words with capitals that follow each other in a mention such as `the old Count of Monte Cristo`."""
    while match := _LOOSELY.match(text, start, end):
        start = match.end()
    for match in _RUN.finditer(text, start, end):
        if place := name_in(text, *match.span(), loosely=True):
            yield place


def detokenised(words: Sequence[str]) -> tuple[str, list[int]]:
    """Words as a person would have typed them.

    Returns:
        The text, and where each word starts in it.
    """
    text, starts, is_open, glue = "", [], {'"': False, "'": False}, True
    for place, word in enumerate(words):
        shown = _WRITTEN.get(word, word)
        closes = word in _CLOSING or (bool(_CLITIC.match(word)) and bool(text))
        opens = word in _OPENING
        if shown in is_open:
            is_possessive = shown == "'" and not is_open[shown] and "'" not in words[place + 1 :]
            opens = not (is_open[shown] or is_possessive) and word != "''" and place + 1 < len(words)
            closes = not opens
            is_open[shown] = opens
        is_split = text.endswith("'") and word in {"s", "t", "re", "ve", "ll"} and not is_open["'"]
        if text and not glue and not closes and not is_split:
            text += " "
        starts.append(len(text))
        text += shown
        glue = opens
    return text, starts


def tagged_sentence(words: Sequence[str], tags: Sequence[str], persons: set[str], unsure: set[str]) -> Row:
    """A sentence from words and their B-, I- and O tags.

    Args:
        words: The words.
        tags: A tag for each.
        persons: Kinds that are names of persons.
        unsure: Kinds that may hold names of persons.
    """
    words = [html.unescape(word) for word in words]
    text, starts = detokenised(words)
    spans: list[Span] = []
    last = "O"
    for word, tag, start in zip(words, tags, starts, strict=True):
        kind, end = tag[2:], start + len(_WRITTEN.get(word, word))
        label = PERSON if kind in persons else OTHER if kind in unsure else ""
        if label and tag[0] == "I" and last[2:] == kind:
            spans[-1] = (spans[-1][0], end, label)
        elif label:
            spans.append((start, end, label))
        last = tag
    return Row(text, named(text, spans), False)


def placed(text: str, words: Sequence[str]) -> list[int]:
    """Where each word starts in a text that has all of them in this order; -1 where one is not found."""
    starts, at = [], 0
    for word in words:
        start = text.find(word, at)
        starts.append(start)
        at = max(at, start + len(word))
    return starts


def rewritten(row: Row, pattern: re.Pattern[str], table: dict[str, str]) -> Row:
    """The row with words replaced, such as `de o` by `do`, and its spans moved along."""
    pieces: list[str] = []
    spans: list[Span] = []
    at = length = 0
    for start, end, label in [*row.spans, (len(row.text), len(row.text), "")]:
        for begin, finish in ((at, start), (start, end)):
            pieces.append(pattern.sub(lambda match: _like(match[0], table[match[0].lower()]), row.text[begin:finish]))
            length += len(pieces[-1])
        if label:
            spans.append((length - len(pieces[-1]), length, label))
        at = end
    return Row("".join(pieces), tuple(spans), False)


def _like(old: str, new: str) -> str:
    if old.isupper() and len(old) > 3:
        return new.upper()
    return new[:1].upper() + new[1:] if old[0].isupper() else new


def cut(row: Row) -> Document:
    """The sentences of a paragraph; no cut goes through a span."""
    edges = [0]
    for match in _SENTENCE_END.finditer(row.text):
        if all(not start < match.end() < end for start, end, _ in row.spans):
            edges.append(match.end())
    edges.append(len(row.text))
    return [part(row, start, end) for start, end in itertools.pairwise(edges)]


def part(row: Row, start: int, end: int) -> Row:
    """The row from one character to another, without white space around it."""
    text = row.text[start:end]
    start += len(text) - len(text.lstrip("\ufeff\n\r\t "))
    text = text.strip("\ufeff\n\r\t ")
    inside = [(a - start, b - start, label) for a, b, label in row.spans if a >= start and b <= start + len(text)]
    return Row(text, tuple(inside), False)


def joined(sentences: Document, line: bool) -> Row:
    """One row of sentences; a new line follows what does not end like a sentence, or each if `line`."""
    text = ""
    spans: list[Span] = []
    for sentence in sentences:
        if text:
            text += "\n" if line or not _END.search(text) else " "
        spans += [(start + len(text), end + len(text), label) for start, end, label in sentence.spans]
        text += sentence.text
    return Row(text, tuple(spans), False)


def grouped(documents: Iterable[Document], most: int, chance: random.Random, line: bool = False) -> Iterator[Row]:
    """Rows of one to `most` sentences that follow each other."""
    for document in documents:
        waiting: Document = []
        wanted = chance.randint(1, most)
        for sentence in document:
            if not sentence.text:
                continue
            if waiting and (len(waiting) == wanted or sum(len(one.text) for one in waiting) > LONGEST):
                yield joined(waiting, line)
                waiting, wanted = [], chance.randint(1, most)
            waiting.append(sentence)
        if waiting:
            yield joined(waiting, line)


def without_gaps(rows: list[Row]) -> list[Row]:
    """Rows in which no word stands unmarked that is mostly marked as a name elsewhere in the corpus."""
    marked: Counter[str] = Counter()
    plain: Counter[str] = Counter()
    for row in rows:
        for word, is_name in _words(row):
            (marked if is_name else plain)[word] += 1
    names = {word for word, count in marked.items() if count >= plain[word] and len(word) > 2}
    return [row for row in rows if not any(word in names and not is_name for word, is_name in _words(row))]


def _words(row: Row) -> Iterator[tuple[str, bool]]:
    unsure = [span for span in row.spans if span[2] != PERSON]
    for match in re.finditer(r"[^\W\d_]+", row.text):
        if not any(start <= match.start() < end for start, end, _ in unsure):
            yield match[0].casefold(), any(start <= match.start() < end for start, end, _ in row.spans)
