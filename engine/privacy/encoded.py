"""What a text says in another coding, for rules that somebody may want around: base64, figures, text from its end.

Only what comes out as readable text counts; pictures, keys and hashes do not.
"""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote

_BASE64 = re.compile(r"(?<![\w+/=-])[\w+/-]{12,}(?:\r?\n[\w+/-]{12,})*={0,2}(?![\w+/=-])", re.ASCII)
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:(?:\\x|0x)?[0-9A-Fa-f]{2}[\s:,]{0,2}){8,}(?![0-9A-Za-z])")
_NO_HEX = re.compile(r"\\x|0x|[\s:,]")
_PERCENT = re.compile(r"%[2-7][0-9A-Fa-f]")
_TURNED = re.compile("\u202e([^\u202c\u202d\n]*)")
"""Behind this sign a screen shows the letters in the other direction, up to the end of the line at most."""
_DEEPEST = 3
"""Codings within codings."""


def decoded(text: str, depth: int = 1) -> list[str]:
    """The readable texts that stand in `text` in another coding, and those within them."""
    found = [unquote(text)] if _PERCENT.search(text) else []
    if "\u202e" in text:
        found.append(_TURNED.sub(lambda match: match[1][::-1], text))
    found += [said for match in _BASE64.finditer(text) if (said := _readable(_of_base64(match[0])))]
    found += [said for match in _HEX.finditer(text) if (said := _readable(_of_hex(match[0])))]
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
