# ruff: noqa: E501, RUF001 (patterns are broken at their parts; quotation marks as people type them)
"""What is like what was found: the rest of its token, the next of the same shape in a list, the same word once more.

"Recovery codes: 8f2k-91mz, q7xt-04pd": the word before them announces the first only. And a form that knows eight
digits, or a value that ends at a quotation mark, leaves the rest of "28 12345678 40" and of `Sun_d'or7` in the open. So
a model takes half of "gfair_61" for a name, and "Bishop" for one in "Bishop is my brother" only, not in "ate Bishop's".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from engine.privacy.cases import opens_sentence
from engine.privacy.hits import Hit

_CODED = frozenset({"SECRET", "ID", "CRYPTO", "BANK_ACCOUNT", "CREDIT_CARD", "GOVERNMENT_ID"})
_NUMBERED = frozenset({"ID", "BANK_ACCOUNT", "GOVERNMENT_ID", "US_SSN", "TAX_ID", "PASSPORT", "DRIVERS_LICENSE"})
_NEXT = re.compile(
    r"(?:\s?[,;/|]\s?|\s(?:and|or|und|et|y|e|&)\s|[ ]{1,2}|\s{0,2}\n\s{0,2}(?:[-*\u2022]\s)?)"
    r"(?P<value>[A-Za-z0-9](?:[\w\-.]{0,126}[A-Za-z0-9])?)(?![\w\-])"
)
_SIGN = re.compile(r"[A-Za-z0-9]")
_LEAST, _MOST = 6, 200
_REACH = 40
_HEAD = re.compile(r"(?<![\w\-./@#:=])(?:[A-Za-z0-9]{1,12}_){1,3}$|(?<![\w\-./@])(?:[A-Z]{1,3}[\-/])$")
"""What is written on to the left: `cus_`, `WO-`."""
_HEAD_OF_SECRET = re.compile(r"(?<![\w.@/:=%])(?:[^\W_]{1,20}[\-_]){1,4}$")
_GROUP_BEFORE = re.compile(r"(?<![\w.,:/$€£#\-])(?=[A-Z]?\d)(?!(?:19|20)\d\d[ ])[A-Z0-9]{2,4}[ ]$")
_GROUP_AFTER = re.compile(
    r"(?:[ \-/.](?=[A-Z]{0,2}\d)(?!(?:19|20)\d\d\b)[A-Z0-9]{2,6}(?![\w%€$£:]|[.,]\d|[ ]?(?:am|pm|h|uhr|min|euros?|eur|usd|gbp|kg|km|[a-z]{2,}s)\b))+"
)
_REST_OF_ID = re.compile(r"(?:[_\-][A-Za-z0-9]{1,64}){1,8}")
_REST_OF_SECRET = re.compile(
    r"(?:\w|[\-_+~]+(?=\w)|%[0-9A-Fa-f]{2}|['’](?!(?:s|ll|re|ve|m|d|t)\b)(?=\w{2})){1,200}[!?*$]{0,3}"
)
_HANDLE_AFTER = re.compile(r"(?=[\w.]{0,40}[\d_]|[a-z]{0,30}\.[a-z])(?:\.?\w){1,60}(?![\w(])")
_HANDLE_BEFORE = re.compile(r"(?<![\w./@\-:\\])(?:[^\W_]{1,30}_){1,4}\Z|(?<![\w./@\-:\\])\w{0,30}\d\Z")
_DOTTED_BEFORE = re.compile(r"(?<![\w./@\-:\\])(?:[a-z]{2,20}\.){1,4}\Z")
_CAPITALISED = re.compile(r"(?<![\w@#./\-])[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]{2,}(?![\w@/]|\.\w)")
_A_TIME = re.compile(
    r"\b(?:in|on|of|since|until|till|by|last|next|this|every|from|early|late|mid|before|after)[ ]\Z", re.IGNORECASE
)
_SURE_NAME = 0.6
_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "„": "“", "«": "»"}
_LONGEST_QUOTE = 80


def whole_codes(text: str, hits: Iterable[Hit]) -> list[Hit]:
    """The hits, codes and user names among them grown to the ends of what is written in one.

    Offsets are characters of `text`.
    """
    return [_whole(text, hit) for hit in hits]


def _whole(text: str, hit: Hit) -> Hit:
    if hit.entity in _NUMBERED or hit.entity == "SECRET":
        return _grown(text, hit)
    if hit.entity != "PERSON":
        return hit
    apart = (
        text[hit.start - 2 : hit.start] in ("O'", "O’", "D'", "D’")
        and not text[hit.start - 3 : hit.start - 2].isalnum()
    )
    return replace(hit, start=hit.start - 2) if apart else _whole_handle(text, hit)


def _whole_handle(text: str, hit: Hit) -> Hit:
    """A user name of which a part was taken for a name: "gfair_61", "gordo.fb"; any other name as it is."""
    if " " in text[hit.start : hit.end]:
        return hit
    after = _HANDLE_AFTER.match(text, hit.end, hit.end + _MOST)
    left = text[max(0, hit.start - _REACH) : hit.start]
    dotted = text[hit.start].islower() and text[hit.end : hit.end + 1] not in (".", "(", "[")
    before = _HANDLE_BEFORE.search(left) or (_DOTTED_BEFORE.search(left) if dotted else None)
    if after is None and before is None:
        return hit
    start = hit.start - len(before.group()) if before else hit.start
    end = after.end() if after else hit.end
    return replace(hit, start=start, end=end, entity="USERNAME")


def _grown(text: str, hit: Hit) -> Hit:
    start, end = hit.start, hit.end
    if not text[end - 1].isalnum():
        return hit
    if hit.entity == "SECRET":
        closing = _QUOTES.get(text[start - 1 : start])
        if closing is not None and text[end : end + 1] != closing:
            at = text.find(closing, end, end + _LONGEST_QUOTE)
            if at > 0 and "\n" not in text[end:at] and not text[at + 1 : at + 2].isalnum():
                return replace(hit, end=at)
        rest = _REST_OF_SECRET.match(text, end)
        head = _HEAD_OF_SECRET.search(text[max(0, start - _REACH) : start])
        return replace(hit, start=start - len(head.group()) if head else start, end=rest.end() if rest else end)
    if rest := _REST_OF_ID.match(text, end):
        end = rest.end()
    before = text[max(0, start - _REACH) : start]
    if head := _HEAD.search(before):
        start -= len(head.group())
    elif text[start].isdigit() and (group := _GROUP_BEFORE.search(before)):
        start -= len(group.group())
    if text[end - 1].isdigit() and end - start >= _LEAST and (after := _GROUP_AFTER.match(text, end)):
        end = after.end()
    return hit if (start, end) == (hit.start, hit.end) else replace(hit, start=start, end=end)


def further_of_a_list(text: str, hits: Iterable[Hit]) -> list[Hit]:
    """The hits, and those values of their lists, and further places of their names, that were not found by themselves."""
    found = list(hits)
    found += _said_again(text, found)
    starts = {hit.start for hit in found}
    more: list[Hit] = []
    for hit in found:
        if hit.entity not in _CODED or not _LEAST <= hit.end - hit.start <= _MOST:
            continue
        first, end = text[hit.start : hit.end], hit.end
        shape, digits = _SIGN.sub("x", first), first.isdigit()
        if not any(sign.isdigit() for sign in first):
            continue
        while following := _NEXT.match(text, end):
            value = following["value"]
            if _SIGN.sub("x", value) != shape or not any(map(str.isdigit, value)) or value.isdigit() != digits:
                break
            if following.start("value") not in starts:
                starts.add(following.start("value"))
                more.append(replace(hit, start=following.start("value"), end=following.end("value")))
            end = following.end()
    return found + more


def _said_again(text: str, hits: Sequence[Hit]) -> list[Hit]:
    """Further places of a text where a word that is somebody's name in it has a capital that nothing else explains."""
    names = {
        name: hit
        for hit in hits
        if hit.entity == "PERSON"
        and hit.score >= _SURE_NAME
        and _CAPITALISED.fullmatch(name := text[hit.start : hit.end])
    }
    if not names:
        return []
    taken = {hit.start for hit in hits if hit.entity == "PERSON"}
    return [
        replace(names[match.group()], start=match.start(), end=match.end())
        for match in _CAPITALISED.finditer(text)
        if match.group() in names
        and match.start() not in taken
        and not opens_sentence(text, match.start())
        and not _A_TIME.search(text[max(0, match.start() - 12) : match.start()])
    ]
