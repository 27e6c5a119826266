"""A plan goes by the rows of the last preview: what was changed since is noticed, if it makes a difference."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.files import sha256_of
from engine.plan.fresh import changed_since, rows_at_worst
from engine.project import Project, create_project
from engine.spec import DataSpec, ModelSpec, ProjectSpec
from engine.spec_text import with_settings
from engine.steps import take_step
from tests.e2e.cli import Here


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose rows were counted."""
    file = tmp_path / "chats.jsonl"
    file.write_text('{"text": "a row"}\n')
    made, _ = create_project(tmp_path / "p", "p")

    def walk(spec: ProjectSpec) -> ProjectSpec:
        model = ModelSpec(source="demo", kind="folder", path=str(tmp_path))
        data = DataSpec(path=str(file), sha256=sha256_of(file))
        return take_step("preview", spec.model_copy(update={"model": model, "data": data}))

    spec = made.update(walk)
    made.preview_folder.mkdir(parents=True)
    summary = {"max_length": spec.recipe.max_length, "train_rows": 9, "longest_tokens": 40}
    (made.preview_folder / "summary.json").write_text(json.dumps(summary))
    return made


def test_nothing_was_changed(project: Project, tmp_path: Path) -> None:
    spec = project.load()
    assert not changed_since(project, spec)
    assert not changed_since(project, with_settings(spec, ["recipe.max_length=64", "recipe.rank=4"]))
    (tmp_path / "chats.jsonl").touch()
    assert not changed_since(project, spec), "the same content"
    (tmp_path / "chats.jsonl").unlink()
    assert not changed_since(project, spec), "what is learned was written from it"


def test_another_file(project: Project, tmp_path: Path) -> None:
    (tmp_path / "chats.jsonl").write_text('{"text": "another row"}\n')
    assert changed_since(project, project.load()) == "your file was changed"


def test_what_was_decided_since(project: Project) -> None:
    spec = with_settings(project.load(), ["model.chat_template=chatml", "recipe.max_length=64"])
    assert "model" in changed_since(project, spec), "another length limit does not hide it"


def test_without_a_preview_there_is_nothing_to_be_old(project: Project) -> None:
    (project.preview_folder / "summary.json").unlink()
    assert not changed_since(project, with_settings(project.load(), ["model.chat_template=chatml"]))


def test_the_command_says_so_and_assumes_the_worst(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def report(_args: object, _project: object, _spec: object, _architecture: object, rows: object, _m: object) -> None:
        seen.append(rows)
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.cli.plan._report", report)
    monkeypatch.setattr("engine.cli.plan.architecture_for", lambda _spec: None)
    (tmp_path / "chats.jsonl").write_text('{"text": "another row"}\n')
    Here(tmp_path).run("plan", project.root)
    assert seen == [rows_at_worst(project.load().recipe.max_length)]
