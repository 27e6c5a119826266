"""Redaction of anything that JSON can hold: no hidden value is left, nothing else moves, the structure stays."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.privacy.jobs import run_redact, run_scan
from engine.privacy.lazy import LazyDetector
from engine.privacy.merge import Hit
from engine.project import create_project
from engine.spec import DataSpec
from tests.engine.test_privacy_replacing import choose, job

HIDDEN = {
    "EMAIL_ADDRESS": "tabitha.crane@web.de",
    "PERSON": "Omar Haddad",
    "PHONE_NUMBER": "+44 7700 900345",
    "ID": "491701234567",
}
_ANY = re.compile("|".join(f"({re.escape(value)})" for value in HIDDEN.values()))
_ODD = (
    "\U0001f469\u200d\U0001f467", "\U0001f3f4", "e\u0301", "\u0301", "ก็", "שלום", "مرحبا", "\u202e", "\x00",
    "\ud83d", "\udfff", "\r\n", "\u2028", "\ufeff", "ß", "漢", "\u200b", '"', "\\", "\\n", "/", "{", "]", ",", "a", " ",
    ".", "7",
)  # fmt: skip
TEXT = st.lists(st.sampled_from(_ODD), max_size=6).map("".join)
# A value stands between signs that are no letters and digits; else it would be another word.
VALUE = st.tuples(TEXT, st.sampled_from([" ", "\n", "\U0001f600"]), st.sampled_from([*HIDDEN.values()])).map("".join)
LEAF = st.one_of(
    TEXT,
    st.lists(VALUE, min_size=1, max_size=3).map(lambda parts: "".join(f"{part} " for part in parts)),
    st.sampled_from([491701234567, 0, -1.5, 10**18, True, None]),
)
KEY = st.one_of(st.sampled_from(["text", "a.b", "Omar Haddad", "tabitha.crane@web.de", "ключ"]), TEXT)
TREE = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEY, inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(autouse=True)
def detector(monkeypatch: pytest.MonkeyPatch) -> None:
    def detect(_: LazyDetector, texts: Sequence[str]) -> list[list[Hit]]:
        return [
            [
                Hit(found.start(), found.end(), [*HIDDEN][int(found.lastindex or 1) - 1], 0.9, "Fake")
                for found in _ANY.finditer(text)
            ]
            for text in texts
        ]

    monkeypatch.setattr(LazyDetector, "detect", detect)


def leaves(old: Any, new: Any) -> Iterator[tuple[Any, Any]]:
    """Values and keys of two trees of the same build, side by side."""
    if isinstance(old, dict):
        assert isinstance(new, dict)
        assert len(old) == len(new)
        yield from zip(old, new, strict=True)
        old, new = list(old.values()), list(new.values())
    if isinstance(old, list):
        assert isinstance(new, list)
        for one, other in zip(old, new, strict=True):
            yield from leaves(one, other)
    else:
        yield old, new


def outside_stays(old: str, new: str) -> bool:
    """Whether a text is the same but for what stood at the hidden values."""
    position, pattern = 0, ""
    for found in _ANY.finditer(old):
        pattern += re.escape(old[position : found.start()]) + ".+?"
        position = found.end()
    return re.fullmatch(pattern + re.escape(old[position:]), new, re.DOTALL) is not None


@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    bodies=st.lists(TREE, min_size=8, max_size=24),
    operator=st.sampled_from(["surrogate", "placeholder", "mask"]),
    plain=st.booleans(),
)
def test_nothing_hidden_is_left_and_nothing_else_moves(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[Any], operator: str, plain: bool
) -> None:
    folder = tmp_path_factory.mktemp("any")
    rows = [{"id": number, "body": body} for number, body in enumerate([*bodies, {"x": " Omar Haddad "}])]
    data = folder / "rows.jsonl"
    lines = (json.dumps(row, ensure_ascii=not plain).replace("\u2028", "\\u2028") for row in rows)
    ascii_halves = (re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", line) for line in lines)
    data.write_text("\r\n".join(ascii_halves), encoding="utf-8", newline="")
    project, _ = create_project(folder / "project")
    project.update(lambda spec: spec.model_copy(update={"data": DataSpec(path=str(data))}))
    choose(project, operator=operator)
    job(project, "scan", run_scan)
    result = job(project, "redact", run_redact)
    assert (result["literal_hits"], result["residual"]) == (0, 0)
    made = (project.root / str(project.load().redaction.path)).read_bytes().decode().split("\r\n")
    olds = [json.loads(line) for line in data.read_bytes().decode().split("\r\n")]
    assert len(made) == len(olds)
    for old_row, line in zip(olds, made, strict=True):
        for old, new in leaves(old_row, json.loads(line)):
            assert not _ANY.search(str(new))
            if isinstance(old, str):
                assert outside_stays(old, str(new))
            elif old != 491701234567:
                assert (type(old), old) == (type(new), new)
