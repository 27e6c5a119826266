"""What both front ends do between jobs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine import actions, audit, begin
from engine.cli.demo import leaks, planted_values
from engine.errors import BusyError, DataError, ModelError, PrivacyRefusedError, SpecError, TunesmithError
from engine.machine import known_projects
from engine.project import Project
from engine.steps import step_statuses
from tests.projects import begin_here

ROW = {"messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "hi"}]}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(ROW) + "\n")
    return file


@pytest.fixture
def project(tmp_path: Path, data: Path) -> Project:
    return actions.new_project(tmp_path / "voice", data=data, model="demo")[0]


def done(project: Project) -> set[str]:
    return {status.step for status in step_statuses(project.load()) if status.state == "done"}


def test_a_new_project_holds_every_choice(tmp_path: Path, data: Path) -> None:
    project, spec = actions.new_project(
        tmp_path / "voice", data=data, model="demo", preset="demo", settings=["recipe.rank=3"]
    )
    assert spec == project.load()
    assert spec.model is not None
    assert (spec.model.source, spec.model.kind, spec.model.licence) == ("demo", "folder", "apache-2.0")
    assert spec.data is not None
    assert spec.data.path == str(data)
    assert (spec.recipe.preset, spec.recipe.rank) == ("demo", 3)
    assert done(project) == {"model"}
    assert not actions.needs_fetch(spec)


@pytest.mark.parametrize(
    "wrong", [{"model": "no-such-model"}, {"data": "no-such-file"}, {"preset": "x"}, {"settings": ["recipe.x=1"]}]
)
def test_nothing_half_made_remains(tmp_path: Path, data: Path, wrong: dict[str, object]) -> None:
    given: dict[str, object] = {"data": data, "model": "demo", **wrong}
    with pytest.raises(TunesmithError):
        actions.new_project(tmp_path / "voice", **given)  # type: ignore[arg-type]
    assert not (tmp_path / "voice").exists()
    assert known_projects() == []


def test_a_hub_model_has_to_be_fetched_first(project: Project) -> None:
    spec = actions.choose_model(project, "HuggingFaceTB/SmolLM2-135M-Instruct")
    assert actions.needs_fetch(spec)
    assert "model" not in done(project)
    with pytest.raises(ModelError) as told:
        begin.before_training(project, spec)
    assert told.value.error_code == "not_fetched"


def test_a_relative_path_is_kept_whole(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    spec = actions.choose_data(project, "rows.jsonl", shape="messages", mapping={"messages": "messages"})
    assert spec.data is not None
    assert (spec.data.path, spec.data.shape) == (str(tmp_path / "rows.jsonl"), "messages")


def test_other_data_keeps_the_share_that_was_set(project: Project, data: Path) -> None:
    project.update(
        lambda spec: spec.model_copy(update={"data": spec.data and spec.data.model_copy(update={"holdout": 0.3})})
    )
    spec = actions.choose_data(project, data)
    assert spec.data is not None
    assert spec.data.holdout == 0.3


def test_choices_that_do_not_exist_change_nothing(project: Project, data: Path) -> None:
    before = project.load()
    with pytest.raises(SpecError):
        actions.choose_data(project, data, shape="chats")
    with pytest.raises(SpecError):
        actions.choose_model(project, "demo", "jinja")
    with pytest.raises(DataError):
        actions.choose_data(project, data.parent)
    with pytest.raises(SpecError):
        actions.choose_recipe(project, "balanced", ["recipe.rank=none"])
    assert project.load() == before


def test_what_cannot_work_is_told_before_what_must_not(project: Project, data: Path) -> None:
    with pytest.raises(PrivacyRefusedError):
        begin.before_training(project, project.load())
    data.unlink()
    with pytest.raises(DataError) as told:
        begin.before_training(project, project.load())
    assert (told.value.error_code, told.value.exit_code) == ("missing_file", 2)


def test_confirming_marks_the_recipe_until_it_changes(project: Project) -> None:
    actions.confirm(project)
    assert "recipe" in done(project)
    actions.choose_recipe(project, "demo")
    assert "recipe" not in done(project)


def test_the_trail_tells_what_was_chosen(project: Project) -> None:
    actions.confirm(project)
    assert [entry.action for entry in audit.entries(project)] == ["created", "recipe", "model", "data", "confirmed"]
    assert audit.verify(project).ok


def test_a_demo_project_is_ready_to_be_checked(tmp_path: Path) -> None:
    project, spec = actions.make_demo_project(tmp_path / "demo")
    assert spec.data is not None
    assert Path(spec.data.path) == actions.DEMO_DATA
    assert spec.recipe.preset == "demo"
    assert done(project) == {"model"}


def test_a_planted_value_is_found_wherever_it_lies(tmp_path: Path) -> None:
    (tmp_path / "adapter").mkdir()
    clean, dirty = tmp_path / "clean.jsonl", tmp_path / "adapter" / "config.json"
    clean.write_text("Mayan temples and Annabel\n")
    dirty.write_text('{"note": "for MAYA"}')
    (tmp_path / "adapter" / "weights.safetensors").write_bytes(b"\x00Ann\x00maya.example\xff")
    found = list(leaks(["Maya", "Ann", "maya.example"], [clean, tmp_path / "adapter"]))
    assert [(file.name, value) for file, value in found] == [
        ("config.json", "MAYA"),
        ("weights.safetensors", "maya.example"),
    ]
    assert len(planted_values()) > 50


def test_nobody_goes_on_with_a_run_that_is_being_trained(project: Project) -> None:
    """Two jobs would write the same checkpoints, so not even `--force` lets them."""
    project.update(lambda spec: spec.model_copy(update={"run": "train-1"}))
    job = begin_here(project, "train", run="train-1")
    with pytest.raises(BusyError, match="being trained") as told:
        begin.start_training(project, resume=True, force=True)
    assert job.folder.id in told.value.hint
    job.writer.close()
    project.update(lambda spec: spec.model_copy(update={"run": "train-2"}))
    with pytest.raises(PrivacyRefusedError):
        begin.start_training(project, resume=True, force=True)
