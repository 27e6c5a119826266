"""Before and after the review: the scan, the work of the jobs, the commit, the proof."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from engine.errors import BusyError
from engine.jobs.events import FailedEvent, FinishedEvent, PhaseEvent, ProgressEvent
from engine.privacy.store import FindingsStore
from engine.spec_text import with_settings
from tests.tui.conftest import both_sizes, until
from tests.tui.findings import findings, private_project, scan
from tests.tui.privacy_pages import add_row, opened, redacted, said, screen_of, text_of
from tests.tui.recorded import RecordedJob
from tui.proof import read_proof
from tui.screens.ask import ChooseScreen
from tui.screens.frame import Problem
from tui.screens.preview import PreviewScreen
from tui.screens.privacy import PrivacyScreen
from tui.screens.privacy_pages import known_from


@both_sizes
async def test_before_the_scan(tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    project = private_project(tmp_path / "p", scanned=False)
    started: list[str] = []
    monkeypatch.setattr(PrivacyScreen, "start_job", lambda _self, kind, _spec=None: started.append(kind))
    async with opened(project, size, "scan") as pilot:
        assert "Is there anything personal in your rows?" in text_of(pilot)
        await pilot.press("w", *"Maya L, Uppsala", "enter")
        assert project.load().redaction.known_values == ["Maya L", "Uppsala"]
        assert not started
        await pilot.press("enter")
        assert started == ["scan"]


async def test_what_was_typed_counts_also_without_enter(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p", scanned=False)
    async with opened(project, page="scan") as pilot:
        await pilot.press("w", *"Maya", "tab")
        screen_of(pilot).set_focus(None)
        await until(pilot, lambda: project.load().redaction.known_values == ["Maya"], "saved")
        assert screen_of(pilot).query_one("#known", Input).value == "Maya"


def test_known_values_are_split_and_cleaned() -> None:
    assert known_from(" Maya  Lindqvist, ,Uppsala,Uppsala ") == ["Maya Lindqvist", "Uppsala"]


async def test_changed_data_asks_for_another_scan(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p")
    add_row(project)
    async with opened(project, size, "scan") as pilot:
        await until(pilot, lambda: "Your data changed since it was searched" in text_of(pilot), "the reason")
        assert "enter searches again" in said(pilot)


async def test_new_words_of_ones_own_ask_for_another_scan(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    async with opened(project) as pilot:
        await pilot.press("w")
        assert screen_of(pilot).page == "scan"
        await pilot.press("escape", "question_mark")
        await until(pilot, lambda: not isinstance(pilot.app.screen, PrivacyScreen), "help")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, PrivacyScreen), "back from help")
        await until(pilot, lambda: not [one for one in screen_of(pilot).workers if one.group == "settle"], "settled")
        assert screen_of(pilot).page == "scan"
        screen_of(pilot).set_focus(None)
        await pilot.press("b")
        assert screen_of(pilot).page == "review"
        await pilot.press("w", "escape", "escape")
        assert screen_of(pilot).page == "review"


@both_sizes
async def test_a_scan_is_followed_and_its_findings_come_up(tmp_path: Path, size: tuple[int, int]) -> None:
    project = private_project(tmp_path / "p", scanned=False)
    job = RecordedJob(project, "scan")
    job.emit(PhaseEvent(name="scan", text="looking for personal data"))
    job.emit(ProgressEvent(done=312, total=2140, unit="rows", eta_s=40))
    async with opened(project, size, "work") as pilot:
        await until(pilot, lambda: "312 of 2,140 rows" in text_of(pilot), "the progress")
        shown = text_of(pilot)
        assert "40 s to go" in shown
        assert "safe to close this window" in shown
        scan(project, findings())
        job.emit(FinishedEvent())
        await until(pilot, lambda: screen_of(pilot).page == "review", "the review")
        await pilot.pause()
        assert "values decided" in text_of(pilot)


async def test_a_failed_scan_says_why(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p", scanned=False)
    job = RecordedJob(project, "scan")
    async with opened(project, page="work") as pilot:
        job.emit(FailedEvent(code="data", title="The data cannot be read.", what="line 3", hint="Mend it."))
        await until(pilot, lambda: screen_of(pilot).page == "scan", "the scan page")
        error = screen_of(pilot).query_one(Problem).error
        assert error is not None
        assert error.title == "The data cannot be read."


async def test_s_stops_a_running_job(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p", scanned=False)
    job = RecordedJob(project, "scan")
    async with opened(project, page="work") as pilot:
        await pilot.press("s")
        await until(pilot, job.folder.stop_file.exists, "the request")


async def test_commit_starts_the_redaction_and_says_what_stays(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = private_project(tmp_path / "p")
    jobs: list[RecordedJob] = []

    def launch(_root: Path, kind: str, _spec: dict[str, Any], *, force: bool = False) -> Any:
        jobs.append(RecordedJob(project, kind))
        return jobs[-1].folder

    monkeypatch.setattr("tui.screens.base.launch", launch)
    async with opened(project, size) as pilot:
        await pilot.press("a", "enter")
        await until(pilot, lambda: screen_of(pilot).page == "work", "the job")
        await pilot.pause()
        assert "6 values you did not look at stay hidden." in text_of(pilot)
        redacted(project)
        jobs[0].emit(FinishedEvent())
        await until(pilot, lambda: screen_of(pilot).page == "proof", "the proof")
        await pilot.pause()
        shown = text_of(pilot)
        assert "Nothing that was hidden is left" in shown
        assert "redacted.jsonl" in shown
        assert "places by nobody, and so hidden" in shown
        await pilot.press("b")
        assert screen_of(pilot).page == "review"


async def test_a_busy_machine_says_so_and_the_review_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def launch(*_: Any, **__: Any) -> Any:
        raise BusyError("Another heavy job is running on this machine.", "train-1", "Wait for it.")

    monkeypatch.setattr("tui.screens.base.launch", launch)
    project = private_project(tmp_path / "p")
    async with opened(project) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: screen_of(pilot).query_one(Problem).error is not None, "the message")
        assert screen_of(pilot).page == "review"


@both_sizes
async def test_the_proof_comes_up_again_and_enter_goes_on(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = private_project(tmp_path / "p")
    redacted(project)
    # The preview begins with a job of its own, which would outlive this test.
    monkeypatch.setattr("tui.screens.base.launch", lambda _root, kind, _spec, **_: RecordedJob(project, kind).folder)
    async with opened(project, size, "proof") as pilot:
        assert "letter by letter" in text_of(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PreviewScreen), "the preview")


async def test_data_that_is_read_in_another_way_since_asks_for_another_redaction(tmp_path: Path) -> None:
    """The gate passes, since no file changed; the step is stale all the same, and says how to end it."""
    project = private_project(tmp_path / "p")
    redacted(project)
    project.update(lambda spec: with_settings(spec, ["data.mapping={prompt: question}"]))
    async with opened(project) as pilot:
        await until(pilot, lambda: "read in another way since" in said(pilot), "the reason")


async def test_c_records_a_consent_and_writes_the_file_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = private_project(tmp_path / "p")
    redacted(project, left_out={"needs_consent": 2}, content={"needs_consent": {"count": 2, "lines": [1, 2]}})
    kinds: list[str] = []

    def launch(_root: Path, kind: str, _spec: dict[str, Any], *, force: bool = False) -> Any:
        kinds.append(kind)
        return RecordedJob(project, kind).folder

    monkeypatch.setattr("tui.screens.base.launch", launch)
    async with opened(project, page="proof") as pilot:
        assert "waiting for a consent: c states it" in text_of(pilot)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChooseScreen), "the names")
        assert "Maya Lindqvist  2 rows" in text_of(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: kinds == ["redact"], "the job")
    assert [consent.person for consent in project.load().content.consents] == ["Maya Lindqvist"]


async def test_changed_decisions_ask_for_another_redaction(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    redacted(project)
    with FindingsStore(project.findings_file) as store:
        store.decide_values([store.values(0, 1)[0].id], "keep", "person")
    async with opened(project) as pilot:
        await until(pilot, lambda: "decisions changed" in said(pilot), "the reason")


async def test_a_redacted_file_changed_by_hand_is_noticed(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    redacted(project)
    (project.root / "privacy" / "redacted.jsonl").write_text("{}\n")
    async with opened(project) as pilot:
        await until(pilot, lambda: "changed by hand" in said(pilot), "the reason")


async def test_a_broken_findings_file_is_a_message(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    for file in project.findings_file.parent.glob("findings.sqlite*"):
        file.unlink()
    project.findings_file.write_bytes(b"not a database, not at all" * 100)
    async with opened(project, page="scan") as pilot:
        error = screen_of(pilot).query_one(Problem).error
        assert error is not None
        assert error.title == "The findings cannot be read."


def test_what_is_left_over_is_said(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    redacted(project, residual={"count": 3}, literal_search={"values": 9, "hits": 0})
    proof = read_proof(project, project.load())
    assert proof is not None
    assert not proof.clean
    assert "3 places" in proof.verdict


def test_what_nobody_can_decide_is_no_zero(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    words = [{"word": "Stone", "as_name": 2, "as_word": 5}, {"word": "Winter", "as_name": 0, "as_word": 1}]
    redacted(project, numbers_as_text=4, possible_remains={"count": 2, "as_words": 6, "by_word": words, "listed": []})
    proof = read_proof(project, project.load())
    assert proof is not None
    assert "2 places may be" in proof.verdict
    figures = {name: (value, note) for name, value, note in proof.lines}
    assert figures["now text"][0] == 4
    assert figures["possible remains"] == (2, "name or word? Stone 2")
    assert figures["everyday words"] == (6, "left: in a name, but here a plain word: Stone 5, Winter 1")
