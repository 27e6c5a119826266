"""Home: projects, running jobs, making a project, the doctor, leaving."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from textual.theme import Theme
from textual.widgets import Input

from engine.errors import JobFailedError
from engine.jobs.events import CheckpointEvent, StoppedEvent
from engine.machine import hostname
from engine.project import Project, create_project
from engine.steps import step_statuses, take_step
from tests.tui.conftest import both_sizes, frame, shows, typed, until, wizard
from tests.tui.findings import private_project
from tests.tui.recorded import RecordedJob, beginning, step_event
from tui.overview import place_of
from tui.screens import doctor
from tui.screens.doctor import Finding
from tui.screens.quit import QuitScreen
from tui.settings import keep_colours
from tui.theme import DARK, LIGHT


def training(project: Project) -> RecordedJob:
    job = RecordedJob(project)
    job.emit(*beginning(), step_event(812, loss=1.41, eta_s=2280.0))
    return job


async def test_an_empty_home_says_what_to_do(size: tuple[int, int]) -> None:
    app = wizard()
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "No projects yet.", "press d", "press n", hostname(), "Nothing is sent anywhere.")
        assert "enter Open" not in frame(app)


@both_sizes
async def test_projects_are_listed_where_they_stand(tmp_path: Path, project: Project, size: tuple[int, int]) -> None:
    long, _ = create_project(tmp_path / ("a-project-with-a-name-that-is-" + "long-" * 12))
    broken, _ = create_project(tmp_path / "broken")
    broken.file.write_text("nme: x\n")
    app = wizard()
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "my-voice", "Train", "5 of 8 steps done", "broken", "nothing chosen yet")
        assert all(len(line) <= size[0] for line in frame(app).splitlines())
        assert long.root.name not in frame(app)
        await pilot.press("enter")
        await shows(pilot, "✗ `name` cannot be used.", "→ Give `name` a valid value.")


async def test_a_review_says_how_far_it_is(tmp_path: Path) -> None:
    private_project(tmp_path / "p")
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "my-voice", "Privacy", "2 of 9 values decided")


async def test_a_running_job_stands_on_top_and_w_watches_it(project: Project, size: tuple[int, int]) -> None:
    training(project)
    app = wizard()
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "● my-voice is training: step 812 of 1,960, loss 1.41, 38 min to go", "w Watch")
        await pilot.press("w")
        await shows(pilot, "● Train")


async def test_a_job_that_died_is_told(project: Project) -> None:
    training(project).die()
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "died without a word")
        assert "w Watch" not in frame(app)


async def test_a_killed_training_is_where_its_project_is_opened(project: Project) -> None:
    job = training(project)
    job.emit(CheckpointEvent(step=800, path="x", seconds=1))
    job.die()
    # What went on with it died before it saved anything of its own.
    RecordedJob(project, spec={"resume": True, "run": job.record.id}).die()
    project.update(lambda spec: spec.model_copy(update={"steps": {"model": spec.steps["model"]}}))
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "died; can go on from step 800")
        await pilot.press("enter")
        await shows(pilot, "● Train", "g goes on from there")


@both_sizes
async def test_n_makes_a_project_and_begins_with_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    app = wizard()
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "No projects yet.")
        await pilot.press("n")
        await shows(pilot, "A new project")
        await pilot.press(*typed("Fan chats"))
        folder = app.screen.query_one("#folder", Input)
        await until(pilot, lambda: folder.value.endswith("/tunesmith/Fan-chats"), "the folder follows the name")
        await pilot.press("enter")
        await shows(pilot, "Which model should learn?", "Fan chats")
    assert Project(tmp_path / "tunesmith" / "Fan-chats").load().name == "Fan chats"


async def test_a_folder_that_cannot_be_used_is_told_in_the_dialog(tmp_path: Path, project: Project) -> None:
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("n")
        await shows(pilot, "A new project")
        await pilot.press("tab", *["ctrl+u"], *typed(str(project.root)), "enter")
        await shows(pilot, "There is a project here already.")
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen.is_modal, "the dialog is closed")


async def test_d_makes_the_demo_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("d")
        await shows(pilot, "Which model should learn?", "demo")


@both_sizes
async def test_the_doctor_shows_what_to_mend(monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]) -> None:
    found = (Finding("Python", "ok", "3.11"), Finding("disk", "problem", "1 MB free", "Free some space."))

    async def ask() -> tuple[Finding, ...]:
        return found

    monkeypatch.setattr(doctor, "ask_doctor", ask)
    app = wizard()
    async with app.run_test(size=size) as pilot:
        await pilot.press("D")
        await shows(pilot, "✓ fine", "✗ to mend", "1 to mend before this machine is ready.")
        await pilot.press("down")
        await shows(pilot, "→ Free some space.")
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 2, "home is back")


async def test_a_doctor_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail() -> tuple[Finding, ...]:
        raise JobFailedError("The doctor could not finish.", "it broke", "Run it by hand.")

    monkeypatch.setattr(doctor, "ask_doctor", fail)
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("D")
        await shows(pilot, "The doctor could not finish.", "Run it by hand.")


async def test_quitting_without_a_job_just_quits() -> None:
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("q")
        await until(pilot, lambda: app.return_code is not None or not app.is_running, "the wizard is over")
    assert app.return_value == 0


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_quitting_with_a_running_job_asks(project: Project, key: str) -> None:
    job = training(project)
    app = wizard()
    async with app.run_test(size=(80, 24) if key == "q" else (120, 40)) as pilot:
        await pilot.press(key)
        await shows(pilot, "A job is running.", "▸ k  Keep it running in the background")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, QuitScreen), "the question is gone")
        await pilot.press(key)
        await shows(pilot, "A job is running.")
        await pilot.press("enter")
        await until(pilot, lambda: not app.is_running or app.return_value is not None, "the wizard is over")
    assert not job.folder.stop_file.exists()


async def test_stopping_on_the_way_out_asks_the_job_to_save(project: Project) -> None:
    job = training(project)
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("q")
        await shows(pilot, "A job is running.")
        await pilot.press("s")
        await until(pilot, job.folder.stop_file.exists, "the job was asked to stop")
    job.emit(StoppedEvent(by="you"))


def test_a_hangup_ends_the_process_at_once() -> None:
    pid = os.fork()
    if pid == 0:
        from tui.app import leave_on_hangup

        leave_on_hangup()
        os.kill(os.getpid(), signal.SIGHUP)
        os._exit(1)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 129


def test_an_older_preview_does_not_hold_a_trained_project(project: Project) -> None:
    longer = {"recipe": project.load().recipe.model_copy(update={"max_length": 2048})}
    project.update(lambda spec: take_step("train", take_step("recipe", spec.model_copy(update=longer))))
    spec = project.load()
    assert next(status for status in step_statuses(spec) if status.step == "preview").state == "stale"
    assert place_of(spec, []) == "evaluate"


async def test_a_project_is_deleted_only_when_its_name_is_typed(project: Project) -> None:
    mine = project.root / "chats.jsonl"
    mine.write_text("mine")
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "its folder", "X Forget")
        await pilot.press("X")
        await shows(pilot, "Forget my-voice?", "▸ Not now")
        await pilot.press("enter", "X", "end", "enter")
        await shows(pilot, "To delete my-voice, type its name", "For ever gone:", "Your own file stays")
        await pilot.press(*typed("voice"), "enter")
        await shows(pilot, "This is not its name.")
        assert project.file.is_file()
        await pilot.press("ctrl+u", *typed("my-voice"), "enter")
        await shows(pilot, "my-voice is deleted.", "No projects yet.")
    assert [file.name for file in project.root.iterdir()] == [mine.name]


async def test_a_project_is_taken_off_the_list_but_not_while_its_job_runs(project: Project) -> None:
    job = training(project)
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "w Watch")
        await pilot.press("X")
        await shows(pilot, "my-voice has a running job")
        job.emit(StoppedEvent(by="you"))
        await until(pilot, lambda: "w Watch" not in frame(app), "the job is over")
        await pilot.press("X", "down", "enter")
        await shows(pilot, "No projects yet.", "its folder stays")
    assert project.file.is_file()


async def test_colours_are_chosen_and_kept() -> None:
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("comma")
        await shows(pilot, "Which colours?", "▸ As it fits")
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: app.theme == LIGHT.name, "the light theme")
    assert wizard().theme == LIGHT.name
    keep_colours("automatic")
    assert wizard().theme == DARK.name


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_every_colour_can_be_read_on_every_ground(theme: Theme) -> None:
    grounds = (theme.background, theme.surface, theme.panel, theme.variables["cursor"])
    for colour in (theme.foreground, theme.accent, theme.success, theme.warning, theme.error, theme.variables["muted"]):
        assert min(contrast(str(colour), str(ground)) for ground in grounds) > 4, colour


def contrast(one: str, other: str) -> float:
    """As WCAG 2 defines it, 1 to 21."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    less, more = sorted((light(one), light(other)))
    return (more + 0.05) / (less + 0.05)
