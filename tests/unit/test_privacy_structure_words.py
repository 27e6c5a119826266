"""Keys of JSON within a text are no names, and two addresses are not one."""

from __future__ import annotations

import json

import pytest

from engine.privacy.merge import Hit, merge_hits
from engine.privacy.structure import without_structure


def found(text: str, *words: str, entity: str = "PERSON") -> list[str]:
    hits = [Hit(text.index(word), text.index(word) + len(word), entity, 0.9, "RampartRecognizer") for word in words]
    return [text[hit.start : hit.end] for hit in without_structure(text, hits)]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"args": {"Robin": "on", "Taylor": 1}}),
        json.dumps({"outer": json.dumps({"args": 1, "Robin": json.dumps({"Taylor": 2}, indent=1)})}),
        "```json\n{\n  'args': {},\n  'Robin': 1, 'Taylor' : 2}\n```",
    ],
)
def test_keys_within_a_text_are_no_names(text: str) -> None:
    assert found(text, "args", "Robin", "Taylor") == []


def test_what_stands_under_a_key_or_is_more_than_a_word_stays() -> None:
    text = json.dumps({"to": "Robin", "Maya Lindqvist": "Taylor", "user_4917": "x", "mark": "y"})
    assert found(text, "Robin", "Maya Lindqvist", "Taylor") == ["Robin", "Maya Lindqvist", "Taylor"]
    assert found(text, "user_4917", entity="USERNAME") == ["user_4917"]
    assert found("def call(*args, **kwargs): Robin", "args", "kwargs", "Robin") == ["Robin"]


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("from a@x.de to b@y.io", ["a@x.de", "b@y.io"]),
        ("a@x.de,b.c+d@y.co.uk c@z.org", ["a@x.de", "b.c+d@y.co.uk", "c@z.org"]),
        ("cc a@x.de -", ["a@x.de"]),
        ("maya (at) studio (dot) se", ["maya (at) studio (dot) se"]),
        ("a@x.de or b at y dot io", ["a@x.de or b at y dot io"]),
    ],
)
def test_each_address_is_a_finding(text: str, addresses: list[str]) -> None:
    hits = merge_hits(text, [Hit(0, len(text), "EMAIL_ADDRESS", 1.0, "RampartRecognizer")])
    assert [text[hit.start : hit.end].strip(")") for hit in hits] == [one.strip(")") for one in addresses]
