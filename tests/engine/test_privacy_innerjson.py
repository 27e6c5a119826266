"""JSON inside a text, such as the arguments of a tool call: found behind its escapes, hidden, and still JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.privacy.hits import Hit
from engine.privacy.innerjson import eased, is_json, meant, spelt, whole_escapes, widened
from engine.privacy.jobs import run_redact, run_scan
from engine.privacy.store import FindingsStore
from engine.privacy.sweep import Sweeper, Wanted
from engine.project import Project, create_project
from engine.spec import DataSpec
from tests.engine.patterns import find_by
from tests.engine.test_privacy_replacing import choose, job

PERSON = "José Ibárruri"
FOUND = {
    "PERSON": re.compile(PERSON),
    "ADDRESS": re.compile(r"12 Rosewood Court\s+Leeds"),
    "ID": re.compile(r"(?<!\w)\d{9,12}(?!\w)"),
}


@pytest.fixture(autouse=True)
def detector(monkeypatch: pytest.MonkeyPatch) -> None:
    find_by(monkeypatch, FOUND)


def arguments(*, ascii_only: bool) -> str:
    content = {
        "to": f"\U0001f600{PERSON}",
        "body": 'Dear "all",\nibárruri here: 12 Rosewood Court\nLeeds',
        "id": 491701234567,
    }
    return json.dumps(content, ensure_ascii=ascii_only)


def project_of(folder: Path, *texts: str) -> Project:
    data = folder / "rows.jsonl"
    data.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    project, _ = create_project(folder / "project")
    project.update(lambda spec: spec.model_copy(update={"data": DataSpec(path=str(data))}))
    job(project, "scan", run_scan)
    return project


def redacted(project: Project) -> list[str]:
    result = job(project, "redact", run_redact)
    assert (result["residual"], result["literal_hits"]) == (0, 0)
    made = (project.root / str(project.load().redaction.path)).read_text(encoding="utf-8")
    return [json.loads(line)["text"] for line in made.splitlines()]


@pytest.mark.parametrize("operator", ["surrogate", "placeholder", "mask", "hash", "aes"])
def test_what_stands_behind_escapes_is_hidden_and_json_stays_json(tmp_path: Path, operator: str) -> None:
    twice = json.dumps({"inner": arguments(ascii_only=True)})
    texts = [
        arguments(ascii_only=True),
        arguments(ascii_only=False),
        f"I am {PERSON}",
        f"said {arguments(ascii_only=True)}",
        twice,
    ]
    project = project_of(tmp_path, *texts)
    choose(project, operator=operator)
    made = redacted(project)
    escaped, plain, said, within, deep = made
    assert json.loads(escaped) == json.loads(plain)
    content: dict[str, Any] = json.loads(escaped)
    assert content["body"].startswith('Dear "all",\n')
    assert not any(
        word in json.dumps(content, ensure_ascii=False) for word in ("José", "ibárruri", "Rosewood", "491701234567")
    )
    assert json.loads(within.removeprefix("said ")) == content
    inner = json.loads(json.loads(deep)["inner"])
    assert (inner["id"], inner["to"]) == (content["id"], content["to"])
    assert "Rosewood" not in inner["body"]
    if operator != "mask" and operator != "aes":
        assert content["to"].removeprefix("\U0001f600") == said.removeprefix("I am "), "one person is one name"


def test_a_value_behind_escapes_is_the_same_value(tmp_path: Path) -> None:
    project = project_of(tmp_path, arguments(ascii_only=True), f"I am {PERSON}")
    with FindingsStore(project.findings_file) as store:
        persons = [(row.value, row.count) for row in store.values(0, 99) if row.entity == "PERSON"]
        first = next(iter(store.findings(0)))
    assert (PERSON, 2) in persons
    text = arguments(ascii_only=True)
    assert text[first.start : first.end] == r"Jos\u00e9 Ib\u00e1rruri"


def test_half_an_escape_is_never_replaced() -> None:
    text = json.dumps({"a": "x\nina and \u00c9ric", "b": "tab\tbob"})
    sweeper = Sweeper([Wanted("nina", "PERSON"), Wanted("Éric", "PERSON"), Wanted("tbob", "PERSON")])
    found = sweeper.find(text)
    assert [match.wanted.value for match in found] == ["nina", "Éric", "tbob"]
    hits = whole_escapes(text, [Hit(match.start, match.end, "PERSON", 1.0, "Fake") for match in found])
    assert [text[hit.start : hit.end] for hit in hits] == [r"\nina", r"\u00c9ric", r"\tbob"]
    path = r"C:\new\users"
    assert widened(path, 3, 6) == (3, 6), "no JSON"


@given(st.text(st.sampled_from('aé\U0001f600\n"\\/u0{} \u2028\ud83d'), max_size=12), st.booleans())
def test_offsets_lead_back(text: str, ascii_only: bool) -> None:
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    written = json.dumps({"a": text, "b": "José"}, ensure_ascii=ascii_only)
    made = eased(written)
    start = written.rindex("Jos")
    if made is not None:
        at = made.text.rindex("José")
        assert (made.origin(at), made.origin(at + 4)) == (start, len(written) - 2)
        assert made.origin(len(made.text)) == len(written)
    if "\\" not in text:
        assert meant(spelt(text, 2))[0] == text
    for end in range(start, len(written) - 1):
        low, high = widened(written, start, end)
        assert is_json(f'["{written[low:high]}"]')
