"""Turning replacements back: by the key, by the table, by neither."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from engine.cli.entry import main
from engine.errors import ProjectError, TunesmithError, UsageError
from engine.privacy.jobs import run_redact
from engine.privacy.keys import key_file, key_name
from engine.privacy.replacing import table_file
from engine.privacy.restore import Restored, restore_file
from engine.project import Project
from tests.engine.test_privacy_replacing import TEXTS, choose, detector, job, project, texts_of

__all__ = ["detector", "project"]


def restored(project: Project, source: Path | None = None) -> tuple[Restored, list[str]]:
    target = project.root / "restored.jsonl"
    made = restore_file(project, source or project.root / str(project.load().redaction.path), target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    rows = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    return made, [row["text"] for row in rows]


@pytest.mark.parametrize("operator", ["surrogate", "placeholder", "hash", "aes"])
@pytest.mark.parametrize("scope", ["file", "row"])
def test_the_file_comes_back(project: Project, operator: str, scope: str) -> None:
    choose(project, operator=operator, scope=scope, table="encrypt")
    job(project, "a", run_redact)
    assert texts_of(project) != TEXTS
    made, texts = restored(project)
    # "TABITHA CRANE" is the same value as "Tabitha Crane": a placeholder or a hash says nothing of its letters.
    expected = [
        *TEXTS[:3],
        TEXTS[3] if operator in ("surrogate", "aes") or scope == "row" else "Tabitha Crane and Omar",
    ]
    assert texts == expected
    assert made.rows == 4
    assert made.places == sum(made.by_entity.values()) >= 8
    assert made.ambiguous == 0


def test_aes_needs_no_table(project: Project) -> None:
    choose(project, operator="aes")
    job(project, "a", run_redact)
    assert not table_file(project).exists()
    assert restored(project)[1] == TEXTS


def test_an_answer_of_the_model_comes_back(project: Project, tmp_path: Path) -> None:
    choose(project, operator="surrogate", table="encrypt")
    job(project, "a", run_redact)
    surrogate = texts_of(project)[0].removeprefix("hi, I am ").split(" 😀")[0]
    answers = tmp_path / "answers.jsonl"
    answers.write_text(json.dumps({"text": f"Dear {surrogate}, x{surrogate} is no name."}) + "\n")
    assert restored(project, answers)[1] == [f"Dear Tabitha Crane, x{surrogate} is no name."]


def test_what_stands_for_several_values_is_left(project: Project, tmp_path: Path) -> None:
    choose(project, operator="placeholder", scope="row", table="encrypt")
    job(project, "a", run_redact)
    answers = tmp_path / "answers.jsonl"
    answers.write_text(json.dumps({"text": "<PERSON_1> and <CREDIT_CARD_1>"}) + "\n")
    made, texts = restored(project, answers)
    assert texts == ["<PERSON_1> and 4111 1111 1111 1111"]
    assert (made.places, made.ambiguous) == (1, 1)


def test_without_a_table_nothing_leads_back(project: Project) -> None:
    job(project, "a", run_redact)
    with pytest.raises(UsageError) as caught:
        restored(project)
    assert caught.value.error_code == "no_table"
    assert not (project.root / "restored.jsonl").exists()


def test_without_the_key_nothing_leads_back(project: Project) -> None:
    choose(project, operator="aes", table="encrypt")
    job(project, "a", run_redact)
    key_file(key_name(project.load())).unlink()
    with pytest.raises(ProjectError) as caught:
        restored(project)
    assert caught.value.error_code == "no_key"


def test_a_changed_token_or_table_is_refused(project: Project, tmp_path: Path) -> None:
    choose(project, operator="aes", table="encrypt")
    job(project, "a", run_redact)
    answers = tmp_path / "answers.jsonl"
    answers.write_text(json.dumps({"text": f"<PERSON:{'A' * 48}>"}) + "\n")
    with pytest.raises(UsageError, match="turned back"):
        restored(project, answers)
    assert not (project.root / "restored.jsonl").exists()
    table_file(project).write_bytes(table_file(project).read_bytes()[:-9])
    with pytest.raises(ProjectError, match="table"):
        restored(project)


def test_the_input_is_never_overwritten(project: Project) -> None:
    choose(project, operator="aes")
    job(project, "a", run_redact)
    path = project.root / str(project.load().redaction.path)
    before = path.read_bytes()
    with pytest.raises(TunesmithError, match="old one"):
        restore_file(project, path, path)
    assert path.read_bytes() == before


def test_the_command(project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    choose(project, operator="aes")
    job(project, "a", run_redact)
    source, target = project.root / str(project.load().redaction.path), tmp_path / "back.jsonl"
    words = ["restore", str(project.root), "--in", str(source), "--out", str(target), "--json"]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["restored"] >= 8
    assert [json.loads(line)["text"] for line in target.read_text(encoding="utf-8").splitlines()] == TEXTS
    key_file(key_name(project.load())).unlink()
    assert main(words) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "no_key"
