"""The content rules on the whole way: check, scan, redact, the statements, and the gate before training."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from engine.actions import choose_data, choose_model
from engine.audit import append, entries
from engine.begin import before_training
from engine.cli.entry import main
from engine.errors import RefusedError
from engine.privacy import content_gate, edits
from engine.privacy.consents import Waiting, names_among, names_in_file, waiting_for
from engine.privacy.content import load_rules
from engine.privacy.content_gate import check_content, content_seal
from engine.privacy.gate import check_privacy
from engine.privacy.store import FindingsStore
from engine.project import Project, create_project
from engine.spec import OwnSpec, RedactionSpec
from engine.statements import state_content, withdraw_consent
from tests.projects import run_here

NAME = "Tabitha Crane"
ROWS = (
    "Where are the stickers that I ordered?",
    "sexy and 15yo",
    f"sexy photos of {NAME} please",
    "I am thirty and horny",
    "the little house has a red door",
)


def chat(text: str) -> str:
    return json.dumps(
        {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "Hello there."}]}
    )


def make(folder: Path, rows: tuple[str, ...]) -> Project:
    folder.mkdir()
    (folder / "rows.jsonl").write_text("\n".join(map(chat, rows)) + "\n", encoding="utf-8")
    project, _ = create_project(folder / "project")
    project.update(lambda spec: spec.model_copy(update={"redaction": RedactionSpec(profile="fast")}))
    choose_data(project, folder / "rows.jsonl")
    for kind in ("check", "scan", "redact"):
        run(project, kind)
    return project


def run(project: Project, kind: str) -> None:
    job = run_here(project, kind)
    assert job.state == "finished", job.snapshot.end


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A redacted project without sexual content."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUNESMITH_STATE", str(tmp_path_factory.mktemp("state")))
        return make(tmp_path_factory.mktemp("content") / "plain", (ROWS[0], ROWS[4], f"hello from {NAME}"))


@pytest.fixture
def older(ordinary: Project, tmp_path: Path) -> Project:
    """A copy of it whose proof was made by older rules."""
    shutil.copytree(ordinary.root, tmp_path / "project")
    project = Project(tmp_path / "project")
    proof = json.loads(project.proof_file.read_text())
    proof["content"]["version"] = "0-older"
    project.proof_file.write_text(json.dumps(proof))
    append(project, "redacted", {"sha256": proof["redacted"]["sha256"], "content": content_seal(proof["content"])})
    return project


def refusal(project: Project) -> str:
    with pytest.raises(RefusedError) as caught:
        check_content(project, project.load())
    assert caught.value.exit_code == 3
    return caught.value.error_code


def output(project: Project) -> list[dict[str, Any]]:
    text = (project.root / str(project.load().redaction.path)).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_ordinary_data_needs_no_statement(ordinary: Project) -> None:
    check_privacy(ordinary, ordinary.load())
    check_content(ordinary, ordinary.load())
    proof = json.loads(ordinary.proof_file.read_text())
    assert (proof["content"]["adult_rows"], len(output(ordinary))) == (0, 3)


def test_the_way_of_data_with_adult_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = make(tmp_path / "adult", ROWS)
    report = json.loads(project.check_file.read_text())
    assert (report["usable"], report["content"]["adult_rows"]) == (4, 3)
    assert [(row["line"], row["kind"]) for row in report["bad"]] == [(2, "blocked")]
    proof = json.loads(project.proof_file.read_text())
    assert proof["left_out"]["blocked"] == proof["left_out"]["needs_consent"] == 1
    assert (proof["content"]["blocked"]["lines"], proof["content"]["needs_consent"]["lines"]) == ([2], [3])
    assert not any("15yo" in text for text in (json.dumps(output(project)), json.dumps(proof), json.dumps(report)))
    assert len(output(project)) == 3
    assert waiting_for(project, project.load()) == [Waiting(NAME, 1)]

    choose_model(project, "demo")
    with pytest.raises(RefusedError) as caught:
        before_training(project, project.load())
    assert (caught.value.error_code, caught.value.exit_code) == ("statement_missing", 3)
    assert f"tunesmith state {project.root} --rights --adults" in caught.value.hint
    state_content(project, rights=True)
    assert refusal(project) == "statement_missing"
    assert main(["state", str(project.root), "--adults", "--consent-of", NAME]) == 0
    assert NAME in capsys.readouterr().out
    check_content(project, project.load())
    assert "stated" in [entry.action for entry in entries(project)]

    run(project, "redact")
    assert len(output(project)) == 4
    assert NAME not in project.proof_file.read_text()
    check_content(project, project.load())
    withdraw_consent(project, [NAME.lower()])
    assert refusal(project) == "consent_withdrawn"
    assert entries(project)[-1].details == {"persons": 1}
    proof = json.loads(project.proof_file.read_text())
    project.proof_file.write_text(json.dumps({**proof, "content": {**proof["content"], "relied": []}}))
    assert refusal(project) == "proof_changed"


def test_newer_rules_are_asked_about_an_older_file(older: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    check_content(older, older.load())
    told = json.loads((older.root / "privacy" / "content.json").read_text())
    assert (told["version"], told["rows"]) == (load_rules().fingerprint, 3)
    monkeypatch.setattr(content_gate, "_read_through", lambda *_: pytest.fail("read twice"))
    check_content(older, older.load())


def test_a_blocked_row_in_the_file_is_refused(older: Project) -> None:
    with (older.root / str(older.load().redaction.path)).open("a", encoding="utf-8") as file:
        file.write(chat(ROWS[1]) + "\n")
    assert refusal(older) == "blocked_rows"
    known = older.root / "privacy" / "content.json"
    known.write_text(json.dumps({**json.loads(known.read_text()), "blocked": {"count": 0, "lines": []}}))
    with pytest.raises(RefusedError) as caught:
        check_content(older, older.load(), every_row=True)
    assert caught.value.error_code == "blocked_rows"


def test_a_consent_is_one_persons_however_the_name_is_written(ordinary: Project, tmp_path: Path) -> None:
    shutil.copytree(ordinary.root, tmp_path / "project")
    project = Project(tmp_path / "project")
    stated = state_content(project, consents=["Zo\u00eb  Berg", "ZOE BERG", "Maya Holm", " "])
    assert [consent.person for consent in stated.content.consents] == ["Zo\u00eb Berg", "Maya Holm"]
    assert [consent.person for consent in withdraw_consent(project, ["zoe berg"]).content.consents] == ["Maya Holm"]


def test_a_name_that_the_creator_entered_is_a_person_too() -> None:
    redaction = RedactionSpec(known_values=[NAME], own=[OwnSpec(name="client", words=["Omar Haddad"])])
    found = [
        ("PERSON", "Maya Holm"),
        ("KNOWN_VALUE", NAME),
        ("CLIENT", "Omar Haddad"),
        ("KNOWN_VALUE", "Norrk\u00f6ping"),
    ]
    found += [("LOCATION", "Stella Maris"), ("KNOWN_VALUE", "tabby_c@example.com"), ("CLIENT", "YC20251")]
    assert names_among(found, redaction) == ["Maya Holm", NAME, "Omar Haddad"]


@pytest.mark.parametrize("how", ["retype", "ends"])
def test_another_type_or_other_ends_make_nobody_consent(ordinary: Project, tmp_path: Path, how: str) -> None:
    shutil.copytree(ordinary.root, tmp_path / "project")
    with FindingsStore(Project(tmp_path / "project").findings_file) as store:
        [(value_id,)] = store.query("SELECT id FROM vals WHERE entity = 'PERSON' AND value = ? AND count > 0", (NAME,))
        if how == "retype":
            edits.retype(store, value_id, "LOCATION")
        else:
            [(before, after)] = store.query(
                "SELECT before, after FROM findings WHERE value_id = ? LIMIT 1", (value_id,)
            )
            shorter = edits.ends_of(before, NAME, after, 0, -6)
            assert shorter is not None
            edits.move_ends(store, value_id, shorter)
        assert NAME in names_in_file(store, RedactionSpec())
