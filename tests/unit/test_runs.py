"""Runs compared: the table, differences of recipes, notes, the choice, and the files for other programs."""

from __future__ import annotations

import csv
import json
import struct
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from engine.begin import full_recipe
from engine.cli.entry import main
from engine.cli.training import cut_short
from engine.errors import UsageError
from engine.jobs.events import FailedEvent, FinishedEvent
from engine.project import Project
from engine.runs import choose_run, recipe_diff, runs_of, write_note
from engine.runs_export import crc32c, read_records, write_csv, write_tensorboard
from engine.spec import RecipeSpec
from engine.spec_text import with_settings
from tests.tui.recorded import RecordedJob, beginning, make_project, step_event, steps_to


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path / "project")


def past_run(project: Project, last: int, adapter: bool = True, **knobs: Any) -> str:
    job = RecordedJob(project)
    job.set_spec(run=job.record.id, resumed_from_step=0)
    job.emit(*beginning(), *steps_to(last, steps=last), FinishedEvent.model_validate({"eval_loss": 1.5}))
    job.writer.close()
    folder = project.run_folder(job.record.id)
    folder.mkdir(parents=True)
    if adapter:
        (folder / "adapter").mkdir()
    recipe = RecipeSpec(**knobs).model_dump(mode="json")
    made = {"recipe": recipe, "model": "demo", "rows": "ab" * 32, "price_per_hour": 0.5, "currency": "EUR"}
    (folder / "recipe.json").write_text(json.dumps(made))
    (folder / "summary.json").write_text(
        json.dumps({"eval_loss": 1.5, "base_eval_loss": 2.7, "tokens_per_second": 9.0})
    )
    (folder / "spent.json").write_text(json.dumps({"seconds": 7200, "energy_wh": 800}))
    return job.record.id


def test_a_run_says_what_it_was_made_with_what_came_out_and_what_it_cost(project: Project) -> None:
    first, second = past_run(project, 20), past_run(project, 160, rank=32, dropout=0.1)
    (project.root / "runs" / "smoke-train-1").mkdir()
    quality = {"bleu": {"base": {"value": 0.1}, "tuned": {"value": 0.4}}, "rows": 12}
    report = {"base": {"loss": 2.7, "perplexity": 14.9}, "tuned": {"loss": 1.5, "perplexity": 4.5}, "quality": quality}
    project.evaluation_file(second).parent.mkdir()
    project.evaluation_file(second).write_text(json.dumps(report))
    project.update(lambda spec: spec.model_copy(update={"run": second}))
    one, two = runs_of(project, project.load())
    assert [one.name, two.name] == [first, second]
    assert (one.diff, two.diff) == ({}, {"rank": (16, 32), "dropout": (0.05, 0.1)})
    assert (two.state, two.step, two.eval_loss, two.base_eval_loss) == ("finished", 160, 1.5, 2.7)
    assert (two.best_step, two.chosen, one.chosen) == (150, True, False)
    assert (two.seconds, two.energy_wh, two.cost, two.currency) == (7200, 800, 1.0, "EUR")
    assert (two.metrics["bleu"], two.metrics["tuned_perplexity"], two.metrics["base_loss"]) == (0.4, 4.5, 2.7)
    assert two.rows == "abababababab"
    assert [step for step, _ in two.holdout] == [0, 150]
    assert runs_of(project, project.load(), against=second)[0].diff == {"rank": (32, 16), "dropout": (0.1, 0.05)}
    with pytest.raises(UsageError, match="no run"):
        runs_of(project, project.load(), against="nothing")


def test_a_resumed_run_is_one_run(project: Project) -> None:
    run = past_run(project, 20)
    again = RecordedJob(project, spec={"resume": True})
    again.set_spec(run=run, resumed_from_step=15)
    again.emit(*beginning(), *[step_event(step, 40) for step in range(16, 31)])
    [row] = runs_of(project, project.load())
    assert [step for step, _ in row.losses] == list(range(1, 31))
    assert row.state == "running"


def test_a_job_that_was_refused_before_its_first_step_changes_nothing_about_the_run(project: Project) -> None:
    run = past_run(project, 20)
    again = RecordedJob(project, spec={"resume": True})
    again.set_spec(run=run, resumed_from_step=20)
    again.emit(FailedEvent(code="no_steps_left", title="This run has all its steps behind it."))
    [row] = runs_of(project, project.load())
    assert (row.state, row.step, row.steps) == ("finished", 20, 20)


def test_what_is_not_known_is_no_difference() -> None:
    assert recipe_diff(None, {"recipe": {}}) == {}
    old = {"recipe": {"rank": 16}, "model": "a", "rows": "x"}
    assert recipe_diff(old, {"recipe": {"rank": 16}, "model": "b", "rows": "x"}) == {"model": ("a", "b")}


def test_notes_and_the_choice(project: Project) -> None:
    first, second = past_run(project, 20), past_run(project, 30, adapter=False)
    write_note(project, first, "a  first\ntry: \x1b[31mfine 👩‍🎤")
    assert runs_of(project, project.load())[0].note == "a first try: [31mfine 👩‍🎤"
    assert choose_run(project, first).run == first
    with pytest.raises(UsageError, match="no finished adapter"):
        choose_run(project, second)
    for wrong in ("", "../x", "nothing"):
        with pytest.raises(UsageError, match="no run"):
            write_note(project, wrong, "x")


def test_the_command_line_shows_notes_chooses_and_exports(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = past_run(project, 20), past_run(project, 30, rank=8)
    root = str(project.root)
    assert main(["runs", root, "--note", first, "=cmd()", "--choose", first]) == 0
    shown = capsys.readouterr().out
    assert "rank=8" in shown
    assert [line.split()[0] for line in shown.splitlines() if first in line] == ["*"]
    table, curves = tmp_path / "runs.csv", tmp_path / "tb"
    assert main(["runs", root, "--json", "--csv", str(table), "--tensorboard", str(curves)]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in listed] == [first, second]
    assert listed[1]["diff"] == {"rank": {"was": 16, "is": 8}}
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert rows[1]["recipe.rank"] == "8"
    # A spreadsheet must not run it.
    assert rows[0]["note"] == "'=cmd()"
    assert len(list(curves.glob("*/events.out.tfevents.*"))) == 2
    assert main(["runs", root, "--choose", "nothing"]) == 2
    assert main(["runs", "health", root, first]) == 0
    assert main(["runs", "health", root, first, "more"]) == 2
    assert main(["runs", "rollback", root, "--step", "3"]) == 2


def test_options_of_train_that_do_not_go_together_are_refused(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    root = str(project.root)
    assert main(["train", root, "--promote", "--resume"]) == 2
    assert main(["train", root, "--set", "recipe.epochs=5"]) == 2
    assert main(["train", root, "--promote"]) == 2
    assert "no short run to promote" in capsys.readouterr().err


def test_a_private_run_is_not_promoted_and_its_recipe_stays(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.update(
        lambda spec: with_settings(
            spec.model_copy(update={"run": "r"}), ["recipe.preset=private", "recipe.max_steps=4"]
        )
    )
    assert main(["train", str(project.root), "--promote"]) == 2
    assert "A private run cannot be promoted." in capsys.readouterr().err
    assert project.load().recipe.max_steps == 4


def test_a_run_that_was_cut_short_is_offered_again(project: Project) -> None:
    assert cut_short(project) == ""
    job = RecordedJob(project)
    job.emit(*beginning(), *steps_to(260))
    job.die()
    assert cut_short(project).startswith("The last run died and is saved at step 250: --resume would go on from there.")


def test_health_of_a_run_by_the_command_line(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    job = RecordedJob(project)
    job.set_spec(run=job.record.id, resumed_from_step=0)
    project.run_folder(job.record.id).mkdir(parents=True)
    job.emit(*beginning(), step_event(1), step_event(2, loss=float("nan")))
    job.die()
    assert main(["runs", "health", str(project.root), job.record.id, "--json"]) == 0
    alerts = json.loads(capsys.readouterr().out)
    assert [alert["rule"] for alert in alerts] == ["loss_not_finite", "died"]
    assert alerts[1]["remedy"] == "resume"


def test_tensorboard_files_hold_the_curves(project: Project, tmp_path: Path) -> None:
    past_run(project, 20)
    rows = runs_of(project, project.load())
    [file] = write_tensorboard(rows, tmp_path)
    messages = list(read_records(file.read_bytes()))
    assert b"brain.Event:2" in messages[0]
    assert len(messages) == 1 + 20 + 1
    assert b"loss/train" in messages[1]
    assert messages[1].endswith(struct.pack("<f", rows[0].losses[0][1]))
    torn = file.read_bytes().replace(b"loss/train", b"loss/trani", 1)
    with pytest.raises(ValueError, match="checksum"):
        list(read_records(torn))


def test_the_checksum_is_that_of_rfc_3720() -> None:
    # Appendix B.4: 32 bytes of zeroes, of ones, and rising.
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E


def test_csv_of_no_runs_has_a_head(tmp_path: Path) -> None:
    write_csv([], tmp_path / "none.csv")
    assert (tmp_path / "none.csv").read_text().startswith("name,chosen,state")


if find_spec("tensorboard"):

    def test_tensorboard_itself_reads_them(project: Project, tmp_path: Path) -> None:
        from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-not-found,unused-ignore]
            EventAccumulator,
        )

        past_run(project, 20)
        [file] = write_tensorboard(runs_of(project, project.load()), tmp_path)
        read = EventAccumulator(str(file.parent))
        read.Reload()
        assert [event.step for event in read.Scalars("loss/train")] == list(range(1, 21))


def test_the_full_run_after_a_short_one_goes_further_than_it(project: Project) -> None:
    recipe = RecipeSpec(max_steps=100, epochs=3, micro_batch=8, effective_batch=8)
    spec = project.update(lambda now: now.model_copy(update={"run": "short", "recipe": recipe}))
    assert full_recipe(project, spec).max_steps is None
    project.preview_folder.mkdir(exist_ok=True)
    (project.preview_folder / "summary.json").write_text('{"train_rows": 240}')
    (project.run_folder("short") / "checkpoints" / "checkpoint-100").mkdir(parents=True)
    assert full_recipe(project, spec).epochs == 4
    longer = spec.model_copy(update={"recipe": recipe.model_copy(update={"epochs": 5.0})})
    assert full_recipe(project, longer).epochs == 5
