"""What the command line says of events, numbers and terminals. Pure."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from engine.cli.doctor import _terminal
from engine.cli.lines import event_line, status_line
from engine.cli.out import Out, count, duration, size
from engine.cli.parser import build_parser
from engine.cli.training import say_trained
from engine.errors import DataError, UsageError
from engine.jobs.events import (
    CheckpointEvent,
    EvaluationEvent,
    Event,
    HeartbeatEvent,
    PhaseEvent,
    PreflightEvent,
    ProgressEvent,
    StepEvent,
    WarningEvent,
)
from engine.jobs.state import Snapshot, fold

STEP = StepEvent(
    step=812, steps=1960, epoch=1, epochs=3, loss=1.409, learning_rate=1e-4, tokens_per_second=2500, tokens=9, eta_s=95
)
PREFLIGHT = PreflightEvent(
    rows=216, holdout_rows=24, tokens=8123, supervised_tokens=4012, eos_supervised_share=0.5, truncated_rows=2,
    dropped_rows=1, max_length=256, trainable_parameters=1000, compute_dtype="float32", device="cpu",
)  # fmt: skip


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (PhaseEvent(name="load", text="loading the model"), ["Loading the model"]),
        (EvaluationEvent(step=20, loss=2.11, perplexity=8.25, best=True), ["step 20", "2.110", "8.25", "best"]),
        (CheckpointEvent(step=1200, path="/c", seconds=1), ["step 1,200", "saved"]),
        (WarningEvent(code="x", title="Hm.", what="Why.", hint="Do."), ["note: Hm. Why. Do."]),
        (PREFLIGHT, ["216 rows", "24 kept apart", "4,012 of them trained", "50%", "2 rows longer", "1 row left out"]),
    ],
)
def test_what_must_not_be_missed_has_a_line(event: Event, words: list[str]) -> None:
    line = event_line(event)
    assert line is not None
    for word in words:
        assert word in line


@pytest.mark.parametrize("event", [STEP, HeartbeatEvent(quiet_s=0), ProgressEvent(done=1, unit="rows")])
def test_what_comes_often_has_none(event: Event) -> None:
    assert event_line(event) is None


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], ""),
        ([PhaseEvent(name="a", text="a")], ""),
        ([ProgressEvent(done=1204, total=2140, unit="rows", eta_s=38)], "  1,204 of 2,140 rows, 38 s to go"),
        ([ProgressEvent(done=7, unit="rows")], "  7 rows"),
        ([STEP], "  step 812 of 1,960, loss 1.409, 2,500 tokens/s, 2 min to go"),
    ],
)
def test_the_status_says_how_far(events: list[Event], expected: str) -> None:
    assert status_line(fold(Snapshot(), events)) == expected


def test_numbers_are_said_as_people_say_them() -> None:
    assert [count(1, "row"), count(2140, "row"), count(2, "entry", "entries")] == ["1 row", "2,140 rows", "2 entries"]
    assert [duration(s) for s in (0, 38.4, 89, 91, 720, 7500)] == [
        "0 s",
        "38 s",
        "89 s",
        "2 min",
        "12 min",
        "2 h 05 min",
    ]
    assert [size(n) for n in (0, 999, 1500, 98e6, 16.06e9, 2e12)] == [
        "0 bytes", "999 bytes", "1.5 kB", "98 MB", "16 GB", "2.0 TB",
    ]  # fmt: skip


@pytest.mark.parametrize(("last", "told"), [(2.2, True), (2.101, False), (None, False)])
def test_a_better_step_before_the_end_is_told(
    capsys: pytest.CaptureFixture[str], last: float | None, told: bool
) -> None:
    result = {"steps": 90, "tokens_per_second": 1.0, "supervised_tokens": 5, "train_loss": 1.0, "peak_bytes": 1}
    say_trained({**result, "peak_bytes_are": "so", "eval_loss": last, "best_loss": 2.1, "best_step": 40}, Out())
    say_trained({**result, "peak_bytes_are": "so", "epsilon": 7.944, "epsilon_limit": 8.0, "delta": 4e-4}, Out())
    said = capsys.readouterr().out
    assert "epsilon 7.94 of 8 is spent (delta 4.0e-04)" in said
    assert ("it was 2.100 at step 40: `tunesmith runs rollback PROJECT --step 40`" in said) == told


def test_prose_and_data_never_share_a_stream(capsys: pytest.CaptureFixture[str]) -> None:
    out = Out(json=True)
    out.say("words")
    out.result({"ä": 1})
    out.error(DataError("Title.", "What.", "Hint."))
    said = capsys.readouterr()
    assert said.out.splitlines()[0] == '{"ä": 1}'
    assert '"code": "data"' in said.out.splitlines()[1]
    assert said.err == "words\nTitle.\nWhat.\nHint.\n"
    Out().result({"not": "shown"})
    Out().say("words")
    assert capsys.readouterr().out == "words\n"


def test_numbers_that_are_none_are_null_for_every_reader(capsys: pytest.CaptureFixture[str]) -> None:
    out = Out(json=True)
    out.result({"loss": float("nan"), "deep": [float("inf"), 1.5], "path": Path("a")})
    out.line('{"loss":NaN,"text":"NaN"}')
    first, second = capsys.readouterr().out.splitlines()
    assert first == '{"loss": null, "deep": [null, 1.5], "path": "a"}'
    assert second == '{"loss": null, "text": "NaN"}'


def test_control_characters_are_shown_and_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    Out().say("a\x1b]0;owned\x07b\rc\td\ne")
    assert capsys.readouterr().out == "a\ufffd]0;owned\ufffdb\ufffdc\td\ne\n"


@pytest.mark.parametrize(
    ("environment", "states"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}, ["ok", "ok"]),
        ({"TERM": "dumb", "LANG": "C.UTF-8"}, ["attention", "ok"]),
        ({"TERM": "linux", "LC_ALL": "C"}, ["ok", "attention"]),
        ({}, ["attention", "attention"]),
    ],
)
def test_the_doctor_looks_at_the_terminal(environment: dict[str, str], states: list[str]) -> None:
    assert [check.state for check in _terminal(environment) if check.name != "window"] == states


@pytest.mark.parametrize(
    ("words", "what", "hint"),
    [
        (["scan", "chats.jsonl", "--proflie", "fast"], "tunesmith scan: `--proflie`", "Did you mean `--profile`?"),
        (["plan", "my-voice", "--fitt"], "`--fitt` is no option", "`tunesmith plan --help`"),
        (["plan", "one", "two"], "`two` is one word too many", "`tunesmith plan --help`"),
        (["--jsn"], "`--jsn` is no option", "Did you mean `--json`?"),
    ],
)
def test_a_misspelt_option_is_answered_with_the_nearest(words: list[str], what: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        build_parser().parse_args(words)
    assert what in caught.value.what
    assert hint in caught.value.hint


def test_every_word_and_option_of_every_command_says_what_it_is() -> None:
    choices = next(action for action in build_parser()._actions if isinstance(action, argparse._SubParsersAction))
    for name, command in choices.choices.items():
        silent = [action.dest for action in command._actions if not action.help]
        assert not silent, (name, silent)
