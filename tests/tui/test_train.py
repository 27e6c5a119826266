"""The training page over recorded jobs: every state, at both sizes."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest

import tui.screens.train as train_module
from engine.hardware.nvml import GpuReading
from engine.jobs.events import (
    FailedEvent,
    FinishedEvent,
    HeartbeatEvent,
    PhaseEvent,
    ProgressEvent,
    StoppedEvent,
    WarningEvent,
)
from engine.machine import hostname
from engine.project import Project
from engine.spec import RecipeSpec
from engine.steps import take_step
from tests.tui.conftest import both_sizes, until
from tests.tui.recorded import (
    GIB,
    RecordedJob,
    beginning,
    loss_at,
    step_event,
    steps_to,
)
from tests.tui.train_page import chart, fast_clocks, job, keys, opened, project, shows, spoken, text
from tui.screens.frame import Problem, TopLine
from tui.screens.train import TrainScreen
from tui.widgets.chart import LossChart
from tui.widgets.logview import LogView

__all__ = ["fast_clocks", "job", "project"]


@both_sizes
async def test_running_shows_step_epoch_share_time_curves_and_host(
    project: Project, job: RecordedJob, size: tuple[int, int]
) -> None:
    job.emit(*steps_to(812))
    async with opened(project, size) as (pilot, screen):
        await until(
            pilot, shows(screen, "state", "step   812 of 1,960   epoch 1.24 of 3    41 %   38 min to go"), "step"
        )
        await until(pilot, lambda: "o" in chart(screen), "the curves")
        assert text(screen, "state").startswith("● running")
        assert f"train {loss_at(812):.3f}" in text(screen, "legend")
        assert "◆ best" in text(screen, "legend")
        assert "learning rate 1.2e-4" in text(screen, "facts")
        assert "last save step 750" in text(screen, "facts")
        assert "no warnings so far" in text(screen, "warning")
        assert "safe to close this window" in spoken(screen)
        assert screen.query_one(TopLine).machine.startswith(hostname())
        expected = ["log", "samples", "health", "stop", "leave", "runs"]
        await until(pilot, lambda: keys(screen) == [*(f"train.{one}" for one in expected), "all.help"], "the keys")
        assert max(len(line) for line in chart(screen).splitlines()) == screen.query_one(LossChart).size.width


async def test_new_steps_move_the_picture(project: Project, job: RecordedJob) -> None:
    job.emit(*steps_to(20))
    async with opened(project) as (pilot, screen):
        await until(pilot, shows(screen, "state", "   20 of 1,960"), "the first steps")
        job.emit(step_event(21))
        job.emit(WarningEvent(code="gradient", title="The gradient jumped.", hint="Nothing to do."))
        await until(pilot, shows(screen, "state", "   21 of 1,960"), "the next step")
        assert re.search(r"▲ \d\d:\d\d  The gradient jumped. Nothing to do.", text(screen, "warning"))


async def test_before_the_first_step_the_phase_is_told(project: Project, job: RecordedJob) -> None:
    job.emit(PhaseEvent(name="prepare", text="Reading your rows"), ProgressEvent(done=120, total=240, unit="rows"))
    async with opened(project) as (pilot, screen):
        await until(pilot, shows(screen, "state", "running   Reading your rows: 120 of 240 rows"), "the phase")
        assert text(screen, "bar").startswith("█" * 39)
        assert "comes with the first step" in text(screen, "legend")
        assert not chart(screen).strip()


async def test_starting(project: Project) -> None:
    job = RecordedJob(project)
    job.folder.write(job.record.model_copy(update={"pid": None}))
    async with opened(project) as (pilot, screen):
        await until(pilot, shows(screen, "state", "● starting"), "the state")


async def test_stalled_says_since_when_and_what_it_may_mean(project: Project, job: RecordedJob) -> None:
    job.emit(*steps_to(30))
    job.writer.close()
    lines = [json.loads(line) for line in job.folder.events_file.read_text().splitlines()]
    shifted = [json.dumps({**line, "t": line["t"] - 300}) for line in lines]
    job.folder.events_file.write_text("\n".join(shifted) + "\n")
    async with opened(project) as (pilot, screen):
        await until(pilot, shows(screen, "state", "! stalled   step 30 of 1,960   nothing heard since "), "the state")
        assert "a slow disk" in spoken(screen)
        assert "train.stop" in keys(screen)


@both_sizes
async def test_finished_tells_what_came_out_and_enter_measures(
    project: Project, job: RecordedJob, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = project.root / "runs" / job.record.id / "adapter"
    job.emit(*steps_to(60, steps=60))
    async with opened(project, size) as (pilot, screen):
        await until(pilot, shows(screen, "state", "running"), "the run")
        project.update(lambda spec: take_step("train", spec.model_copy(update={"run": job.record.id})))
        job.emit(
            FinishedEvent.model_validate(
                {
                    "adapter_dir": str(adapter),
                    "train_loss": 1.52,
                    "eval_loss": 1.491,
                    "base_eval_loss": 2.31,
                    "tokens_per_second": 5120.4,
                    "peak_bytes": 14 * 2**30,
                }
            )
        )
        await until(pilot, shows(screen, "state", "✓ finished   60 steps   took"), "the end")
        outcome = text(screen, "outcome")
        assert "1.491 - lower is better; the base model has 2.310  ✓ -35 %" in outcome
        assert "1.520 on average   5,120 tokens/s   14.0 GiB at most" in outcome
        assert f"runs/{job.record.id}/adapter" in outcome
        expected = ["next", "log", "samples", "health", "runs", "again"]
        await until(pilot, lambda: keys(screen) == [*(f"train.{one}" for one in expected), "all.help"], "the keys")
        went: list[str] = []
        monkeypatch.setattr(screen, "go_to", went.append)
        await pilot.press("enter")
        assert went == ["evaluate"]


async def test_finished_without_a_holdout_says_so(project: Project, job: RecordedJob) -> None:
    job.emit(step_event(3, 3), FinishedEvent.model_validate({"train_loss": 1.5, "eval_loss": None}))
    async with opened(project) as (pilot, screen):
        await until(pilot, shows(screen, "outcome", "no rows were kept apart"), "the outcome")


async def test_stopped_offers_to_go_on(project: Project, job: RecordedJob) -> None:
    job.emit(*steps_to(300), StoppedEvent(by="you"))
    async with opened(project) as (pilot, screen):
        await until(pilot, shows(screen, "state", "! stopped by you   step 300 of 1,960"), "the state")
        assert "A checkpoint of step 250 is saved." in text(screen, "outcome")
        assert {"train.next", "train.resume", "train.rollback", "train.again"} <= set(keys(screen))


async def test_failed_shows_the_error_word_for_word(project: Project, job: RecordedJob) -> None:
    job.emit(*steps_to(20))
    job.emit(FailedEvent(code="out_of_memory", title="Out of memory.", what="2 GiB too much.", hint="Lower it."))
    async with opened(project) as (pilot, screen):
        await until(pilot, shows(screen, "state", "✗ failed   step 20 of 1,960   at "), "the state")
        error = screen.query_one(Problem).error
        assert error is not None
        assert (error.title, error.what, error.hint) == ("Out of memory.", "2 GiB too much.", "Lower it.")
        assert "No checkpoint was saved yet." in text(screen, "outcome")
        assert "train.resume" not in keys(screen)


async def test_died_shows_the_end_of_the_log(project: Project, job: RecordedJob) -> None:
    job.emit(*steps_to(20))
    job.log("loading\nSegmentation fault\n")
    async with opened(project) as (pilot, screen):
        await until(pilot, shows(screen, "state", "running"), "the run")
        job.die()
        await until(pilot, shows(screen, "state", "✗ died   step 20 of 1,960   last heard "), "the death")
        error = screen.query_one(Problem).error
        assert error is not None
        assert "Segmentation fault" in error.what


async def test_nothing_trained_yet_leads_to_the_start_page(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(project) as (pilot, screen):
        await until(pilot, shows(screen, "state", "not started"), "the state")
        went: list[str] = []
        monkeypatch.setattr(screen, "go_to", went.append)
        await pilot.press("enter")
        assert went == ["confirm"]


async def test_a_changed_recipe_makes_enter_train_again(
    project: Project, job: RecordedJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    job.emit(*steps_to(60, steps=60), FinishedEvent.model_validate({"eval_loss": 1.4}))
    project.update(lambda spec: take_step("train", spec.model_copy(update={"run": job.record.id})))
    project.update(lambda spec: spec.model_copy(update={"recipe": RecipeSpec(rank=4)}))
    async with opened(project) as (pilot, screen):
        await until(pilot, shows(screen, "state", "finished"), "the state")
        assert spoken(screen) == "The recipe was changed since this run. enter trains again."
        went: list[str] = []
        monkeypatch.setattr(screen, "go_to", went.append)
        await pilot.press("enter")
        assert went == ["confirm"]


async def test_a_job_of_another_machine_names_it(project: Project, job: RecordedJob) -> None:
    job.emit(*steps_to(20), HeartbeatEvent(quiet_s=0))
    job.folder.write(job.record.model_copy(update={"host": "gpu-box-7"}))
    async with opened(project) as (pilot, screen):
        await until(pilot, shows(screen, "state", "running  on gpu-box-7"), "the host")


async def test_nan_is_told_in_words(project: Project, job: RecordedJob) -> None:
    job.emit(*steps_to(20), step_event(21, loss=math.nan), step_event(22, loss=math.inf))
    async with opened(project, ascii=True) as (pilot, screen):
        await until(
            pilot, shows(screen, "notes", "x 1 value is not a number (NaN)  x 1 value is infinite"), "the words"
        )
        assert "train infinite" in text(screen, "legend")
        assert all(line.isascii() for line in chart(screen).splitlines())


# -- the picture ------------------------------------------------------------------------------------------------


async def test_resize_while_running(project: Project, job: RecordedJob) -> None:
    job.emit(*steps_to(400))
    async with opened(project) as (pilot, screen):
        await until(pilot, lambda: "o" in chart(screen), "the curves")
        narrow = screen.query_one(LossChart).size
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: screen.query_one(LossChart).size.width > narrow.width, "the wide chart")
        rows = chart(screen).splitlines()
        assert len(rows) == screen.query_one(LossChart).size.height
        assert screen.has_class("-wide")
        await until(pilot, shows(screen, "facts", "tokens so far"), "the wider facts")
        await until(pilot, shows(screen, "panel", "learns from"), "what it learns from")
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: screen.query_one(LossChart).size == narrow, "the narrow chart")
        await until(pilot, lambda: "tokens so far" not in text(screen, "facts"), "the narrow facts")


async def test_a_resumed_run_shows_the_jobs_before_it(project: Project, job: RecordedJob) -> None:
    run = job.record.id
    job.emit(*steps_to(280))
    job.die()
    project.update(lambda spec: spec.model_copy(update={"run": run}))
    second = RecordedJob(project, spec={"resume": True})
    async with opened(project) as (pilot, screen):
        await until(pilot, lambda: screen._curve.last_step == 280, "the old curve while it has not said where")
        second.set_spec(run=run, resumed_from_step=250)
        second.emit(*beginning(), *[step_event(step) for step in range(251, 261)])
        await until(pilot, shows(screen, "state", "  260 of 1,960"), "the new steps")
        await until(pilot, lambda: screen._curve.last_step == 260, "the merged curve")
        assert "last save step 250" in text(screen, "facts")
        assert len(screen._curve) == 260
        assert "best" in text(screen, "legend")


class Gpus:
    """A sampler whose readings a test sets."""

    why_not = ""
    readings: tuple[GpuReading, ...] = ()
    watched: int | None = None

    def start(self) -> None: ...

    def close(self, timeout_s: float = 1.0) -> bool:
        return True

    def watch(self, pid: int | None) -> None:
        Gpus.watched = pid

    def latest(self) -> tuple[GpuReading, ...]:
        return Gpus.readings


async def test_gpus_show_values_or_dashes_and_the_page_lives_on(
    project: Project, job: RecordedJob, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_module, "NvmlSampler", Gpus)
    good = GpuReading(0, "RTX 4090", int(13.6 * GIB), 24 * GIB, 97, 71, 402.0, 450.0, int(13.2 * GIB))
    Gpus.readings = (good,)
    job.emit(*steps_to(20))
    async with opened(project, size) as (pilot, screen):
        await until(pilot, shows(screen, "panel", "402 W"), "the readings")
        panel = text(screen, "panel")
        for words in ("GPU 0  RTX 4090", "13.6/24.0", "┆", "97 %", "71 °C", "13.2 GiB"):
            assert words in panel
        assert Gpus.watched == job.record.pid
        Gpus.readings = (good, GpuReading(1, "RTX 4090", trouble="lost: the driver cannot reach it any more"))
        await until(pilot, shows(screen, "panel", "✗ lost"), "the lost GPU")
        assert "97 %" in text(screen, "panel")


async def test_without_a_driver_the_panel_says_so(
    project: Project, job: RecordedJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoDriver(Gpus):
        why_not = "No NVIDIA driver on this machine."

        def latest(self) -> Any:
            return None

    monkeypatch.setattr(train_module, "NvmlSampler", NoDriver)
    job.emit(*steps_to(20))
    async with opened(project) as (pilot, screen):
        await until(pilot, shows(screen, "panel", "RAM"), "the host")
        words = " ".join(text(screen, "panel").replace("│", " ").split())
        assert words.startswith("No NVIDIA driver on this machine: training runs on the CPU.")
        assert "ours 3.0 GiB" in words
        assert "free" in words


def test_every_key_has_an_id_and_a_tooltip() -> None:
    for bindings in (TrainScreen._merged_bindings, LogView._merged_bindings):
        assert bindings is not None
    for command in TrainScreen.commands():
        assert command.id
        assert command.tooltip
    for binding in LogView.BINDINGS:
        assert getattr(binding, "id", None)
        assert getattr(binding, "tooltip", None)
