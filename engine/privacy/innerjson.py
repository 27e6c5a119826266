r"""Texts that are JSON themselves, such as the arguments of a tool call: how they are read, and how they stay JSON.

In `{"body": "Dear all,\nMaya here"}` as a text, the letter after the backslash belongs to no word: left there it would
make the name "nMaya", which nobody searches for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.data.leaves import is_number

if TYPE_CHECKING:
    from engine.privacy.replace import Edit

_ESCAPE = re.compile(r"\\(?:[nrtbf\"/]|u00(?:0[0-9a-d]|20|a0))")
_MEANS = {r"\n": "\n", r"\r": "\r", r"\t": "\t", r"\"": '"', r"\/": "/"}
_BEFORE, _AFTER = re.compile(r"[:\[,]\s*\Z"), re.compile(r"\s*[,\]}]")


def without_escapes(text: str) -> str:
    """A text that may be JSON with its line breaks, quotes and the like as they are meant; all offsets stay."""
    if "\\" not in text or not _may_be_json(text):
        return text
    return _ESCAPE.sub(lambda found: _MEANS.get(found[0], "").rjust(len(found[0])), text)


def quoted_in_json(text: str, edits: Sequence[Edit]) -> list[Edit]:
    """The same replacements, in quotation marks where they stand for a bare number of JSON and are none themselves."""
    bare = [one for one in edits if _is_bare_number(text, one) and not is_number(one.new)]
    if not bare or not _is_json(text):
        return list(edits)
    return [replace(one, new=json.dumps(one.new, ensure_ascii=False)) if one in bare else one for one in edits]


def _may_be_json(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[") and text.rstrip()[-1:] in ("}", "]")


def _is_bare_number(text: str, one: Edit) -> bool:
    if not is_number(text[one.start : one.end]) or not _may_be_json(text):
        return False
    before = _BEFORE.search(text[max(0, one.start - 32) : one.start])
    return before is not None and _AFTER.match(text, one.end) is not None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
