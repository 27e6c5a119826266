"""Model, Data and Ship, with the real engine behind them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from textual.widgets import Input

from engine.evaluate.gate import Gate
from engine.jobs.events import FailedEvent, FinishedEvent, PhaseEvent, ProgressEvent
from engine.models.facts import ModelFacts
from engine.project import Project, create_project
from engine.spec import ProjectSpec
from engine.steps import take_step
from tests.tui.conftest import both_sizes, fill, frame, shows, typed, until, wizard
from tests.tui.recorded import RecordedJob
from tui.model_facts import facts_in_words
from tui.passphrase import remove_passphrases, write_passphrase
from tui.screens.frame import Problem
from tui.widgets.rows import RowList
from tui.widgets.secret_field import SecretField


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    project, _ = create_project(tmp_path / "fresh")
    return project


async def test_the_demo_model_is_taken_by_enter(fresh: Project, size: tuple[int, int]) -> None:
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_project(fresh.root, "model")
        await shows(pilot, "▸ Demo model", "open models", "parameters", "licence", "chat template")
        await pilot.press("enter")
        await shows(pilot, "✓ Model", "● Data")
    model = fresh.load().model
    assert model is not None
    assert model.source == "demo"


@both_sizes
async def test_a_folder_can_be_typed_and_its_facts_are_shown(fresh: Project, tiny: Path, size: tuple[int, int]) -> None:
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_project(fresh.root, "model")
        await shows(pilot, "▸ Demo model")
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.focused, Input), "the field")
        fill(app, "#source", str(tiny))
        await pilot.press("enter")
        await shows(pilot, "▸ tiny-llama", "512 tokens", "365 kB", "tiny-llama is ready")
        await pilot.press("enter")
        await shows(pilot, "● Data")


def test_an_unknown_licence_wants_attention() -> None:
    facts = facts_in_words(ModelFacts("folder", "/m", "LlamaForCausalLM", "llama", parameters=8_030_000_000))
    by_name = {fact.name: fact for fact in facts}
    assert by_name["licence"].value == "unknown: read the terms yourself"
    assert by_name["licence"].attention
    assert by_name["parameters"].value == "8.0 B"
    assert by_name["context"].value == "not told by the file"


async def test_a_model_that_is_not_there_is_told_in_place(fresh: Project) -> None:
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_project(fresh.root, "model")
        await shows(pilot, "▸ Demo model")
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.focused, Input), "the field")
        await pilot.press(*typed("/no/such/model"), "enter")
        await shows(pilot, "✗ There is no such model.", "→ Give a folder")
        await pilot.press("escape")
        await until(pilot, lambda: "There is no such model." not in frame(app), "the error is gone")


async def test_the_catalogue_is_searched(fresh: Project) -> None:
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_project(fresh.root, "model")
        await shows(pilot, "open models")
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.focused, Input), "the field")
        await pilot.press(*typed("smollm2 135"))
        await until(pilot, lambda: len(app.screen.query_one("#models", RowList).rows) == 1, "one model is left")
        await pilot.press(*typed("zzz"))
        await shows(pilot, "no model has that in its name")
        await pilot.press("escape")
        await shows(pilot, "Demo model")


async def test_a_download_shows_how_far_it_is_and_can_fail(fresh: Project, size: tuple[int, int]) -> None:
    job = RecordedJob(fresh, "fetch", {"source": "org/model"})
    job.emit(PhaseEvent(name="download", text="Downloading org/model"))
    job.emit(ProgressEvent(done=135_000_000, total=270_000_000, unit="bytes", eta_s=60.0))
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_project(fresh.root, "model")
        await shows(pilot, "Downloading org/model: 135 MB of 270 MB, 60 s to go", "50%", "s Stop")
        job.emit(FailedEvent(code="gated", title="This model is gated.", hint="Ask for access."))
        await shows(pilot, "✗ This model is gated.", "→ Ask for access.")


async def test_the_chat_template_can_be_changed(project: Project, tiny: Path) -> None:
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_project(project.root, "model")
        await shows(pilot, "chat template: its own")
        await pilot.press("c")
        await shows(pilot, "chat template: ChatML")
    assert project.load().steps["model"].inputs != {}


@both_sizes
async def test_a_file_is_checked_and_shown(fresh: Project, chats: Path, size: tuple[int, int]) -> None:
    fresh.update(lambda spec: take_step("model", spec))
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_project(fresh.root, "data")
        await shows(pilot, "What should it learn from?", "JSON lines, JSON, CSV")
        fill(app, "#path", str(chats))
        await pilot.press("enter")
        await shows(pilot, "chats with roles", "rows in the file", "is the sticker sheet", "3 rows can be used")
        assert "Your file is never changed." in frame(app)
        await pilot.press("b")
        await shows(pilot, "2 rows of chats.jsonl cannot be used", "1 cut off, 1 repeats", "line 5")
        await pilot.press("down")
        await shows(pilot, "line 4")
        await pilot.press("escape", "s")
        await shows(pilot, "How are the rows built?", "ShareGPT chats")
        await pilot.press("escape", "m")
        await shows(pilot, "Which column plays which part?", "messages")
        await pilot.press("escape", "enter")
        await shows(pilot, "● Privacy")


async def test_another_shape_is_checked_anew(fresh: Project, chats: Path) -> None:
    fresh.update(lambda spec: take_step("model", spec))
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_project(fresh.root, "data")
        await shows(pilot, "What should it learn from?")
        fill(app, "#path", str(chats))
        await pilot.press("enter")
        await shows(pilot, "3 rows can be used")
        await pilot.press("s", "end", "enter")
        await shows(pilot, "✗ ")
    data = fresh.load().data
    assert data is not None
    assert data.shape == "text"


async def test_a_missing_file_is_told_in_place(fresh: Project) -> None:
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_project(fresh.root, "data")
        await shows(pilot, "What should it learn from?")
        await pilot.press(*typed("/no/such/file.jsonl"), "enter")
        await shows(pilot, "✗ The data file is not there.", "→ Check the path.")


@pytest.fixture
def trained(project: Project) -> Project:
    folder = project.run_folder("run-1") / "adapter"
    folder.mkdir(parents=True)
    (folder / "adapter_model.safetensors").write_bytes(b"\0" * 4096)

    def apply(spec: ProjectSpec) -> ProjectSpec:
        spec = spec.model_copy(update={"run": "run-1"})
        return take_step("evaluate", take_step("train", spec))

    project.update(apply)
    return project


async def test_shipping_asks_twice_and_shows_errors(
    trained: Project, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.screens.ship.judge", lambda project, spec: Gate("run-1", ()))
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_project(trained.root, "ship")
        await shows(pilot, "Ready to take it away?", "4.1 kB", "apache-2.0", "lock it")
        await pilot.press("escape", "p")
        await shows(pilot, "Pack it without a lock?", "▸ Not now")
        await pilot.press("enter", "k")
        await pilot.press(*typed("correct horse"), "enter", *typed("correct house"), "enter")
        await shows(pilot, "The two passphrases differ.")
        assert "correct" not in frame(app)
        await pilot.press(*typed("short"), "enter", *typed("short"), "enter")
        await shows(pilot, "The passphrase is too short.")
        await pilot.press(*typed("correct horse"), "enter", *typed("correct horse"), "enter")
        # The file above is no adapter, and the job says so.
        problem = app.screen.query_one(Problem)
        await until(
            pilot, lambda: problem.error is not None and "passphrase" not in problem.error.title, "the job's error"
        )
        assert all(field.value == "" for field in app.screen.query(SecretField))
    assert not any(name.startswith("passphrase-") for name in os.listdir(state))


@both_sizes
async def test_a_packed_adapter_is_shown_again(trained: Project, size: tuple[int, int]) -> None:
    job = RecordedJob(trained, "ship")
    file = str(trained.ship_folder / "my-voice.tsmith")
    result = {"file": file, "bytes": 12_300_000, "sha256": "ab" * 32, "encrypted": True, "licence": "apache-2.0"}
    job.emit(FinishedEvent.model_validate(result))
    trained.update(lambda spec: take_step("ship", spec))
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_project(trained.root, "ship")
        await shows(
            pilot, "my-voice.tsmith", "12 MB", "locked with your passphrase", "tunesmith decrypt my-voice.tsmith"
        )
        # The gate has nothing to judge by here: it is not the package that is wrong.
        await shows(pilot, "The gate is closed, so what lies here was packed before. g shows why.")
        await pilot.press("Y")
        await shows(pilot, "Copy what?", "▸ the packed file", "its sha256", "the adapter's folder")


async def test_nothing_is_packed_while_the_gate_is_closed(trained: Project, size: tuple[int, int]) -> None:
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_project(trained.root, "ship")
        await shows(pilot, "closed: 2 red", "The gate is closed, so nothing is packed.", "g Gate")
        assert "lock it" not in frame(app)
        await pilot.press("p")
        await pilot.press("g")
        await shows(pilot, "● Evaluate")


def test_a_passphrase_is_handed_over_in_a_private_file(state: Path) -> None:
    file = write_passphrase("correct horse battery")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text() == "correct horse battery\n"
    remove_passphrases()
    assert not file.exists()
