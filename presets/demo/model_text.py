"""The text the demo model is first trained on: a polite assistant's small talk, simple questions, plain sentences.

All of it is made here, from templates and word lists; nothing is downloaded. The tone is formal on purpose, so that
the voice learned later from the demo chats is plain to see. The words of the demo's world (art, streams, a shop, tea)
occur, its personal details do not: names, addresses and numbers are put together from syllables and digits.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

from presets.demo.templates import fill, read_templates

Document = list[tuple[str, str]]
"""Turns of (role, content); a single turn with the role `text` is running prose."""

_TEMPLATES = read_templates(Path(__file__).with_name("model_lines.txt"))
_SYLLABLES: tuple[str, ...] = tuple(
    re.findall(
        r"\w+",
        "ba be bo da do fa fi ga go ha ka ki la le lo ma mi mo na no pa po ra re ri ro sa se so ta te to va vi wa ze "
        "bel dan fer gor hal jon kas lun mar nel por quin ras sel tor van wes zan",
    )
)
_STREETS = ("Street", "Road", "Lane", "Avenue", "Drive", "Close", "Row", "Way", "Court")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip


def _word(rng: random.Random) -> str:
    return "".join(rng.choice(_SYLLABLES) for _ in range(rng.choice((2, 2, 3)))).capitalize()


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def _marker(kind: str, rng: random.Random) -> str:
    number = rng.randint(1, 60)
    return rng.choice((f"[{kind}_{number}]", f"<{kind}_{number}>", f"[{kind}]", f"<{kind}>"))


def invented(rng: random.Random) -> dict[str, str]:
    """Made-up personal details for one chat; in a third of the chats they are markers such as `[EMAIL_2]`."""
    first, last = _word(rng), _word(rng)
    if rng.random() < 0.33:
        kinds = {"name": "PERSON", "email": "EMAIL", "phone": "PHONE", "address": "ADDRESS", "handle": "USERNAME"}
        markers = {slot: _marker(kind, rng) for slot, kind in kinds.items()}
        return markers | {"first": markers["name"], "date": _marker("DATE", rng)}
    separator, domain = rng.choice(("", ".", "_")), f"{_word(rng).lower()}.{rng.choice(('example', 'test'))}"
    return {
        "name": f"{first} {last}",
        "first": first,
        "email": f"{first.lower()}{separator}{last.lower()}@{domain}",
        "phone": f"+{rng.randint(2, 99)} {_digits(rng, 3)} {_digits(rng, 3)} {_digits(rng, 4)}",
        "address": f"{rng.randint(1, 999)} {_word(rng)} {rng.choice(_STREETS)}, {_word(rng)} {_digits(rng, 5)}",
        "handle": f"@{first.lower()}{rng.choice(('_', '.', ''))}{last.lower()}",
        "date": f"{rng.randint(1, 28)} {rng.choice(_MONTHS)} {rng.randint(1950, 2010)}",
    }


def _fill(text: str, slots: dict[str, str], rng: random.Random) -> str:
    """Fill a template: a slot keeps its value through one document, an upper-case one is chosen afresh each time."""

    def value_of(slot: str) -> str:
        if slot == "PROSE":
            return _sentence(expand(slot, rng))
        if slot.isupper():
            return expand(slot, rng)
        if slot not in slots or slot in ("count", "hi"):
            slots[slot] = rng.choice(_TEMPLATES.words[slot.rstrip("2")])
        return slots[slot]

    return _sentence(fill(text, rng, value_of))


def expand(slot: str, rng: random.Random, depth: int = 0) -> str:
    """One way to say `slot` of the grammar; below ten levels the first, shortest way is taken."""
    ways = _TEMPLATES.words[slot]
    return fill(ways[0] if depth > 10 else rng.choice(ways), rng, lambda inner: expand(inner, rng, depth + 1))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _exchange(rng: random.Random) -> Document:
    draw = rng.random()
    section = "questions" if draw < 0.5 else "prose" if draw < 0.68 else "copied" if draw < 0.93 else "facts"
    question, answer = rng.choice(_TEMPLATES.chats[section])
    slots = invented(rng)
    asked, answered = _fill(question, slots, rng), _fill(answer, slots, rng)
    if section != "prose" and rng.random() < 0.45:
        answered = f"{rng.choice(_TEMPLATES.words['open'])} {answered}"
    if section != "prose" and rng.random() < 0.35:
        answered = f"{answered} {rng.choice(_TEMPLATES.words['close'])}"
    if section == "questions" and rng.random() < 0.15:
        asked = asked.lower()
    return [("user", asked), ("assistant", answered)]


def documents(count: int, seed: int) -> Iterator[Document]:
    """`count` short documents, always the same for the same seed: a little over half are chats."""
    rng = random.Random(seed)
    sentences, systems = _TEMPLATES.lines["sentences"], _TEMPLATES.lines["systems"]
    for _ in range(count):
        draw = rng.random()
        if draw < 0.45:
            some = ["{PROSE}"] if draw < 0.3 else sentences
            yield [("text", " ".join(_fill(rng.choice(some), {}, rng) for _ in range(rng.randint(1, 4))))]
            continue
        turns: Document = [("system", rng.choice(systems))] if rng.random() < 0.25 else []
        for _ in range(1 if rng.random() < 0.8 else 2):
            turns += _exchange(rng)
        yield turns
