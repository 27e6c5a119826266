"""Redaction with each operator, on a detector of ten lines: what is written, what is kept, what it says about that."""

from __future__ import annotations

import itertools
import json
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.cli.parse_privacy import OPERATORS
from engine.data.rows import RawRow
from engine.errors import PrivacyRefusedError, ProjectError, UsageError
from engine.jobs.context import JobContext
from engine.jobs.emit import EventWriter
from engine.jobs.folder import JobFolder
from engine.privacy.ciphered import seal, unseal
from engine.privacy.content import judge
from engine.privacy.gate import check_privacy
from engine.privacy.jobs import run_redact, run_scan
from engine.privacy.keys import key_file, key_name, load_key, load_or_make_key, subkey
from engine.privacy.operators import Operators
from engine.privacy.preview import Preview, preview_replacement
from engine.privacy.replace import Stretch, edit, stretches_to_hide
from engine.privacy.replacer import Replacer
from engine.privacy.replacing import table_file
from engine.privacy.rewrite import _Field, _replaced
from engine.privacy.rowtext import row_text
from engine.privacy.store import FindingsStore
from engine.privacy.surrogate.names import Names
from engine.privacy.surrogate.surrogates import Surrogates
from engine.privacy.sweep import Sweeper, Wanted
from engine.privacy.table import Pair, read_table, write_table
from engine.project import Project, create_project
from engine.spec import DataSpec, Operator, ProjectSpec, RedactionSpec
from engine.steps import step_statuses
from tests.engine.patterns import find_by

FOUND = {
    "EMAIL_ADDRESS": re.compile(r"[\w.]+@[\w.]+\w"),
    "PERSON": re.compile(r"Tabitha Crane|Omar Haddad|Tabitha|Omar"),
    "PHONE_NUMBER": re.compile(r"\+44 7700 900\d{3}"),
    "CREDIT_CARD": re.compile(r"\d{4} \d{4} \d{4} \d{4}"),
}
TEXTS = [
    "hi, I am Tabitha Crane 😀, mail tabitha.crane@studio.se or +44 7700 900345",
    "Tabitha wrote; e\u0301 \u202eabc\u202c Omar Haddad's card is 4111 1111 1111 1111",
    "nothing in here",
    "TABITHA CRANE and Omar",
]


@pytest.fixture(autouse=True)
def detector(monkeypatch: pytest.MonkeyPatch) -> None:
    find_by(monkeypatch, FOUND)


def job(project: Project, name: str, kind: Callable[[JobContext], dict[str, Any]], **spec: Any) -> dict[str, Any]:
    folder = JobFolder(project.jobs_folder / name)
    folder.root.mkdir(parents=True)
    return kind(JobContext(folder, project, spec, EventWriter(folder.events_file)))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project, _ = create_project(tmp_path / "project")
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps({"text": text, "n": [1, None]}) + "\n" for text in TEXTS), encoding="utf-8")
    project.update(lambda spec: spec.model_copy(update={"data": DataSpec(path=str(data))}))
    job(project, "scan", run_scan)
    return project


def choose(project: Project, **fields: Any) -> ProjectSpec:
    def change(spec: ProjectSpec) -> ProjectSpec:
        return spec.model_copy(update={"redaction": spec.redaction.model_copy(update=fields)})

    return project.update(change)


def texts_of(project: Project) -> list[str]:
    path = project.root / str(project.load().redaction.path)
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert all(row["n"] == [1, None] for row in rows)
    return [row["text"] for row in rows]


def test_surrogates_are_the_default_and_coherent(project: Project) -> None:
    result = job(project, "a", run_redact)
    assert (result["residual"], result["literal_hits"]) == (0, 0)
    texts = texts_of(project)
    found = re.fullmatch(r"hi, I am (\w+) (\w+) 😀, mail ([\w.]+)@example\.com or \+44 7700 900\d{3}", texts[0])
    assert found
    first, last = found[1], found[2]
    assert found[3] == f"{first}.{last}".lower()
    assert texts[1].startswith(f"{first} wrote; e\u0301 \u202eabc\u202c ")
    assert texts[2] == TEXTS[2]
    assert texts[3].startswith(f"{first} {last}".upper() + " and ")
    whole = "\n".join(texts).casefold()
    assert not any(word in whole for word in ("tabitha", "crane", "omar", "haddad", "900345", "4111 1111 1111 1111"))
    check_privacy(project, project.load())


def test_the_same_key_gives_the_same_file(project: Project) -> None:
    job(project, "a", run_redact)
    first = project.load().redaction
    job(project, "b", run_redact)
    assert project.load().redaction.sha256 == first.sha256
    assert stat.S_IMODE(key_file(str(first.key)).stat().st_mode) == 0o600
    assert not list(project.root.rglob("*.key"))
    job(project, "c", run_redact, forget_key=True)
    assert not key_file(str(first.key)).exists()
    job(project, "d", run_redact)
    assert project.load().redaction.sha256 != first.sha256


def test_no_replacement_makes_a_row_say_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Names, "of", lambda *_: "Lolita Nudes")
    monkeypatch.setattr(Surrogates, "of_written", lambda *_, **__: "15")
    find_by(monkeypatch, {"PERSON": re.compile("Tabitha Crane"), "AGE": re.compile("31")})
    project, _ = create_project(tmp_path / "project")
    data = tmp_path / "rows.jsonl"
    rows = [{"text": "nude"}, {"text": "Tabitha Crane"}, {"text": "nude", "age": "31"}]
    rows += [{"text": "horses and Tabitha Crane", "age": "31"}, {"text": '{"who": "Tabitha Crane"}'}]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    project.update(lambda spec: spec.model_copy(update={"data": DataSpec(path=str(data))}))
    job(project, "scan", run_scan)
    result = job(project, "redact", run_redact)
    assert (result["rows"], result["residual"]) == (5, 0)
    path = project.root / str(project.load().redaction.path)
    made = [json.loads(line) for line in path.read_text().splitlines()]
    assert made[2] == {"text": "nude", "age": "<AGE_101>"}
    assert (made[1]["text"], made[3]["text"]) == ("<PERSON_1>", "horses and <PERSON_1>")
    assert json.loads(made[4]["text"]) == {"who": "<PERSON_1>"}
    assert not any(judge(row_text(row)).blocked for row in made)


@pytest.mark.parametrize("operator", get_args(Operator))
def test_every_operator_hides_everything(project: Project, operator: Operator) -> None:
    choose(project, operator=operator)
    result = job(project, "a", run_redact)
    assert result["residual"] == 0
    texts = texts_of(project)
    whole = "\n".join(texts)
    assert not any(word in whole.casefold() for word in ("tabitha", "haddad", "900345", "4111 1111 1111"))
    shown = {
        "surrogate": r"am \w+ \w+ 😀",
        "placeholder": r"am <PERSON_1> 😀",
        "mask": r"am Xxxxxxx Xxxxx 😀",
        "drop_row": r"^nothing in here$",
        "hash": r"am <PERSON_[0-9a-f]{12}> 😀",
        "aes": r"am <PERSON:[\w-]+> 😀",
    }
    assert re.search(shown[operator], whole)
    assert result["left_out"].get("personal", 0) == (3 if operator == "drop_row" else 0)
    check_privacy(project, project.load())


def test_a_redaction_that_leaves_no_row_says_why(project: Project) -> None:
    Path(str(project.load().data.path)).write_text(json.dumps({"text": TEXTS[0]}) + "\n", encoding="utf-8")  # type: ignore[union-attr]
    job(project, "again", run_scan)
    choose(project, operator="drop_row")
    with pytest.raises(UsageError, match="1 hold what is hidden") as error:
        job(project, "a", run_redact)
    assert error.value.error_code == "nothing_left"
    assert "--operator" in error.value.hint


def test_operators_by_type(project: Project) -> None:
    choose(project, operators={"PERSON": "placeholder", "CREDIT_CARD": "mask"})
    job(project, "a", run_redact)
    texts = texts_of(project)
    assert texts[0].startswith("hi, I am <PERSON_1> ")
    assert "@example.com" in texts[0]
    assert "card is 0000 0000 0000 0000" in texts[1]


def test_what_was_encrypted_can_be_read_again(project: Project) -> None:
    choose(project, operator="aes")
    job(project, "a", run_redact)
    key = subkey(load_key(key_name(project.load())), "aes")
    assert [unseal(text, key) for text in texts_of(project)] == TEXTS
    with pytest.raises(UsageError):
        unseal(seal("PERSON", "Maya", key), bytes(64))


def test_a_pseudonym_of_one_row_says_nothing_in_another(project: Project) -> None:
    for number, operator in enumerate(("surrogate", "hash", "aes")):
        choose(project, operator=operator, scope="row")
        job(project, f"row-{number}", run_redact)
        texts = texts_of(project)
        differ = [
            texts[0].split(" 😀")[0].split("am ")[1] != texts[3].split(" and")[0],
            texts[0].split()[3].casefold() != texts[1].split()[0].casefold(),
        ]
        # Of a list of names one may be drawn twice; that both are is no chance.
        assert any(differ) if operator == "surrogate" else all(differ)


def test_the_table_is_encrypted_or_gone(project: Project) -> None:
    choose(project, table="encrypt")
    result = job(project, "a", run_redact)
    assert result["level"] == "pseudonymous"
    path = table_file(project)
    assert b"Tabitha" not in path.read_bytes()
    key = subkey(load_key(str(project.load().redaction.key)), "table")[:32]
    pairs = {pair.old: pair.new for pair in read_table(path, key)}
    assert texts_of(project)[0].startswith(f"hi, I am {pairs['Tabitha Crane']} ")
    with pytest.raises(UsageError):
        job(project, "b", run_redact, forget_key=True)
    choose(project, table="delete", operator="placeholder")
    result = job(project, "c", run_redact)
    assert not path.exists()
    assert result["level"] == "no_way_back_kept"
    assert "anonym" not in result["meaning"].lower()


def test_a_table_that_was_cut_is_refused(tmp_path: Path) -> None:
    pairs = [Pair("PERSON", f"Person {number}", f"Other {number}") for number in range(2500)]
    path = tmp_path / "t" / "x.table"
    assert write_table(path, pairs, bytes(32)) == 2500
    assert list(read_table(path, bytes(32))) == pairs
    lines = path.read_bytes().splitlines(keepends=True)
    for broken in (lines[:-1], lines[1:], [lines[1], lines[0], lines[2]]):
        path.write_bytes(b"".join(broken))
        with pytest.raises(ProjectError):
            list(read_table(path, bytes(32)))


@pytest.mark.parametrize(
    "change", [{"operator": "mask"}, {"operators": {"PERSON": "hash"}}, {"scope": "row"}, {"table": "encrypt"}]
)
def test_other_operators_make_the_redaction_stale(project: Project, change: dict[str, Any]) -> None:
    job(project, "a", run_redact)
    assert {one.step: one.state for one in step_statuses(project.load())}["privacy"] == "done"
    spec = choose(project, **change)
    assert {one.step: one.state for one in step_statuses(spec)}["privacy"] == "stale"
    with pytest.raises(PrivacyRefusedError) as caught:
        check_privacy(project, spec)
    assert caught.value.error_code == "operators_changed"
    job(project, "b", run_redact)
    check_privacy(project, project.load())


def test_the_preview_says_what_comes(project: Project) -> None:
    spec = project.load()
    with FindingsStore(project.findings_file) as store:
        name = preview_replacement(spec, "Tabitha Crane", "PERSON", store)
        lone = preview_replacement(spec, "Tabitha", "PERSON", store)
        mail = preview_replacement(spec, "tabitha.crane@studio.se", "EMAIL_ADDRESS", store)
    assert lone == name.split()[0]
    assert mail == name.lower().replace(" ", ".") + "@example.com"
    job(project, "a", run_redact)
    assert f"I am {name} " in texts_of(project)[0]
    assert preview_replacement(choose(project, operator="placeholder"), "x", "PERSON") == "<PERSON_n>"
    assert preview_replacement(choose(project, operator="mask"), "Bo 14", "PERSON") == "Xx 00"
    assert "left out" in preview_replacement(choose(project, operator="drop_row"), "x", "PERSON")


def test_the_preview_says_of_everybody_what_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find_by(monkeypatch, {"PERSON": re.compile(r"[A-Z][a-z]+ [A-Z][a-z]+")})
    people = ["Yusuf Khan", "Aisha Khan", "Ana Silva", "Diego Romero", "Lucia Romero", "Zed Khan", "Robert Marsh"]
    people += [f"{first} Quill" for first in ("Anna", "Berta", "Clara", "Doris", "Edith", "Fiona", "Greta")]
    project, _ = create_project(tmp_path / "project")
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps({"text": f"with {name}."}) + "\n" for name in people))
    project.update(lambda spec: spec.model_copy(update={"data": DataSpec(path=str(data))}))
    job(project, "scan", run_scan)
    preview = Preview(project.load())
    with FindingsStore(project.findings_file) as store:
        foretold = [f"with {preview.of(name, 'PERSON', store)}." for name in reversed(people)]
    job(project, "redact", run_redact)
    made = (project.root / str(project.load().redaction.path)).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["text"] for line in made] == foretold[::-1]


def test_a_key_is_made_once_and_a_broken_one_is_explained(project: Project) -> None:
    name = key_name(project.load())
    assert load_or_make_key(name) == load_or_make_key(name) == load_key(name)
    key_file(name).write_text("not a key")
    with pytest.raises(ProjectError) as caught:
        load_key(name)
    assert caught.value.error_code == "no_key"


def test_the_command_line_knows_all_operators() -> None:
    assert set(OPERATORS) == set(get_args(Operator))
    assert RedactionSpec().operator is None


WORDS = st.lists(
    st.sampled_from(
        ["Tabitha Crane", "tabitha", "CRANE", "שלום", "😀", "e\u0301", "\r\n", "\x00", ",", "hello", "Craner"]
    ),
    max_size=20,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WORDS, st.sampled_from(get_args(Operator)))
def test_a_hidden_value_is_never_left(words: list[str], operator: Operator) -> None:
    text = " ".join(words)
    hidden = ("Tabitha Crane", "Tabitha", "Crane")
    sweeper = Sweeper([Wanted(value, "PERSON") for value in hidden])
    replacer = Replacer(Operators(operator), bytes(32), hidden=frozenset(hidden), names=hidden[:1])
    replacer.begin_row(b"", 0, [])
    stretches = stretches_to_hide(text, [], [], sweeper)
    new, edits = edit(text, stretches, replacer)
    assert not sweeper.find(new)
    outside = [text[before.end : after.start] for before, after in itertools.pairwise(edits)]
    rest = new
    for piece in outside:
        assert piece in rest
        rest = rest.partition(piece)[2]


def test_a_replacement_that_makes_a_hidden_value_again_gives_way() -> None:
    text = "ask Bob Stone"
    replacer = Replacer(Operators("mask"), bytes(32))
    replacer.begin_row(b"", 0, [])
    sweeper = Sweeper([Wanted("Xxx Stone", "PERSON")])
    field = _Field("text", text, [Stretch(4, 7, "PERSON", "Bob")], [])
    made = _replaced(RawRow(0, 1, {"text": text}), field, sweeper, replacer)
    assert made.new == "ask <PERSON_1> Stone"
