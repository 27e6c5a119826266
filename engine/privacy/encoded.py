"""What a text says in another coding, for rules that somebody may want around: base64, figures, text from its end.

Only what comes out as readable text counts; pictures, keys and hashes do not. Base64 is read in pieces too, whatever
stands between them, and words of a list are read from their end and shifted by 13 letters.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Iterable
from urllib.parse import unquote

_BASE64 = re.compile(r"(?<![\w+/=-])[\w+/-]{12,}(?:\r?\n[\w+/-]{12,})*={0,2}(?![\w+/=-])", re.ASCII)
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:(?:\\x|0x)?[0-9A-Fa-f]{2}[\s:,]{0,2}){8,}(?![0-9A-Za-z])")
_SOME_HEX = re.compile(r"[0-9][0-9A-Fa-f](?:\\x|0x|[\s:,]){0,3}[0-9A-Fa-f]{2}")
_NO_HEX = re.compile(r"\\x|0x|[\s:,]")
_PERCENT = re.compile(r"%[2-7][0-9A-Fa-f]")
_TURNED = re.compile("\u202e([^\u202c\u202d\n]*)")
"""Behind this sign a screen shows the letters in the other direction, up to the end of the line at most."""
_DEEPEST = 3
"""Codings within codings."""

_BETWEEN = r"[\s,.;:|\"'*~\-]{1,4}"
"""What may stand between two pieces of base64."""
_MIXED = r"[A-Z0-9](?:(?<=[a-z][A-Z])|(?<=[A-Za-z][0-9])|(?<=[0-9])(?=[A-Za-z]))"
"""Hardly a word has it, and nearly every piece of base64 does."""
_MIXED_PIECE = re.compile(_MIXED)
_MANY_MIXED = re.compile(rf"{_MIXED}(?:[\w+/\s,.;:|\"'*~\-]{{0,12}}{_MIXED}){{2}}", re.ASCII)
_PIECE = re.compile(r"[A-Za-z0-9+/]{2,}={0,2}")
_BETWEEN_ALONE = re.compile(_BETWEEN)
_CRUMBS = re.compile(rf"(?<![\w+/=])(?:[A-Za-z0-9+/]{{1,3}}{_BETWEEN}){{5,}}[A-Za-z0-9+/]{{1,3}}(?![\w+/])")
_SOME_CRUMBS = re.compile(rf"[A-Z0-9][A-Za-z0-9+/]{{0,2}}+(?:{_BETWEEN}[A-Za-z0-9+/]{{1,3}}){{4}}(?![\w+/])")
_CRUMB = re.compile(r"[A-Za-z0-9+/]+")
_AROUND = 80
_HEAD = 12
"""Signs of base64 that mostly show that it is none."""
_STEP = 4096
_PRINTED = bytes({*range(32, 127), 9, 10, 13, *range(128, 256)})
_SHORTEST = 9
"""Bytes of readable text at least, where base64 is put together of pieces."""

_LETTERS = re.compile(r"[A-Za-z]{4,}")
_LONG = 6
_WORDS_TOO = frozenset({"teen"})
"""What is a word from its end as well: neet."""
_MOST_PLAIN = 50_000


def decoded(text: str, depth: int = 1) -> list[str]:
    """The readable texts that stand in `text` in another coding, and those within them."""
    found = [unquote(text)] if _PERCENT.search(text) else []
    if "\u202e" in text:
        found.append(_TURNED.sub(lambda match: match[1][::-1], text))
    if mixed := _MIXED_PIECE.search(text):
        found += [said for match in _BASE64.finditer(text) if (said := _readable(_of_base64(match[0])))]
    if _SOME_HEX.search(text):
        found += [said for match in _HEX.finditer(text) if (said := _readable(_of_hex(match[0])))]
    runs = [_CRUMB.findall(match[0]) for match in _CRUMBS.finditer(text)] if _SOME_CRUMBS.search(text) else []
    found += _of_pieces([*runs, *_runs(text)] if mixed else runs)
    if depth < _DEEPEST:
        found += [deeper for said in tuple(found) for deeper in decoded(said, depth + 1)]
    return found


def _of_base64(written: str) -> bytes:
    plain = "".join(written.split()).rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_" if set(plain) & {"-", "_"} else None)
    except (binascii.Error, ValueError):
        return b""


def _of_hex(written: str) -> bytes:
    try:
        return bytes.fromhex(_NO_HEX.sub("", written))
    except ValueError:
        return b""


def _readable(content: bytes) -> str:
    """Bytes as text, or nothing where they are none."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return text if all(sign.isprintable() or sign.isspace() for sign in text) else ""


def _of_pieces(runs: list[list[str]]) -> list[str]:
    """What base64 says that is broken into pieces by spaces and the like."""
    found = []
    for run in runs:
        at = 0
        while at < len(run):
            if said := _begin_of(run, at):
                found.append(said)
            # What is read is not read again.
            read = len(said.encode()) * 4 // 3 - len(run[at])
            at += 1
            while at < len(run) and (read := read - len(run[at])) >= 0:
                at += 1
    return found


def _runs(text: str) -> list[list[str]]:
    """Pieces that may be base64 together: of two in a row one has what no word has, or both are of one length."""
    runs: list[list[str]] = []
    for start, end in _where_mixed(text):
        run: list[str] = []
        mixed, before = False, start
        for match in _PIECE.finditer(text, start, end):
            was_mixed, mixed = mixed, _MIXED_PIECE.search(match[0]) is not None
            goes_on = run and (mixed or was_mixed or len(match[0]) == len(run[-1]))
            if not (goes_on and _BETWEEN_ALONE.fullmatch(text, before, match.start())):
                runs += [run] if len(run) > 1 else []
                run = []
            run.append(match[0].rstrip("="))
            before = match.end()
        runs += [run] if len(run) > 1 else []
    return runs


def _where_mixed(text: str) -> list[tuple[int, int]]:
    """The parts of a text that may be base64 in pieces, with what stands around."""
    parts: list[tuple[int, int]] = []
    for match in _MANY_MIXED.finditer(text):
        start, end = max(0, match.start() - _AROUND), match.end() + _AROUND
        if parts and start <= parts[-1][1]:
            start = parts.pop()[0]
        parts.append((start, end))
    return parts


def _begin_of(pieces: list[str], at: int) -> str:
    """The readable text that begins with a piece, up to where it ends, or nothing."""
    head = "".join(pieces[at : at + _HEAD])[:_HEAD]
    if len(head) < _HEAD or not _may_be_text(binascii.a2b_base64(head)):
        return ""
    reader = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    said, waiting = "", ""
    for place in range(at, len(pieces)):
        waiting += pieces[place]
        last = place + 1 == len(pieces)
        if len(waiting) < _STEP and not last:
            continue
        whole = len(waiting) if last else len(waiting) // 4 * 4
        content = _of_base64(waiting[: whole - (whole % 4 == 1)])
        waiting = waiting[whole:]
        text = reader.decode(content)
        length = next((at for at, sign in enumerate(text) if not (sign.isprintable() or sign.isspace())), len(text))
        said += text[:length]
        if length < len(text):
            break
    return said if len(said.encode()) >= _SHORTEST else ""


def _may_be_text(content: bytes) -> bool:
    if content.translate(None, _PRINTED):
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True


class TurnedWords:
    """Words that are found although they are written from their end (`roniM`), or shifted by 13 letters (`Zvabe`).

    Args:
        entries: Words and beginnings of words, of ASCII letters alone; others, short ones and phrases do not count.
        also: Shorter words, of four letters at least, that count as well.
    """

    def __init__(self, entries: Iterable[str], also: Iterable[str] = ()) -> None:
        entries, self._short = [*entries], frozenset(also)
        words = [entry for entry in entries if entry.isascii() and entry.isalpha()]
        begins = [entry[:-1] for entry in entries if entry.isascii() and entry.endswith("*") and entry[:-1].isalpha()]
        self._shifted = frozenset(word for word in words if len(word) >= _LONG) | self._short
        self._backwards = self._shifted - _WORDS_TOO
        self._begins = tuple(word for word in begins if len(word) >= _LONG)
        self._plain: set[str] = set()
        """Words of texts that are none of these: most are met again and again."""

    def readings(self, text: str) -> list[str]:
        """Further readings of a text, where such words stand in it: these alone as they are meant, and all of it."""
        shifted, backwards = {}, {}
        for word in set(_LETTERS.findall(text)) - self._plain:
            if self._is_shifted(meant := codecs.encode(word.lower(), "rot13")):
                shifted[word] = meant
            elif self._is_backwards(word, meant := word.lower()[::-1]):
                backwards[word] = meant
            elif len(self._plain) < _MOST_PLAIN:
                self._plain.add(word)
        if not shifted and not backwards:
            return []
        meant_by = {**shifted, **backwards}
        found = [_LETTERS.sub(lambda match: meant_by.get(match[0], match[0]), text)]
        found += [codecs.encode(text, "rot13")] if shifted else []
        return [*found, text[::-1]] if backwards else found

    def _is_shifted(self, meant: str) -> bool:
        return meant in self._shifted or meant.startswith(self._begins)

    def _is_backwards(self, word: str, meant: str) -> bool:
        """Of the short ones only those in small letters: `Edun` is a name."""
        found = meant in self._backwards or meant.startswith(self._begins)
        return found and (len(word) > 4 or word.islower())
