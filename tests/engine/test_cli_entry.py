"""The entry: commands, the wizard, and everything that is neither."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine import actions
from engine.cli.parser import build_parser, command_names
from tui.main import run


@pytest.mark.parametrize(
    "words",
    [
        ["trian", "voice"],
        ["train"],
        ["train", "voice", "--resume", "--nonsense"],
        ["train", "nowhere"],
        ["data", "nowhere.jsonl"],
        ["data", "/dev/null"],
        ["scan", "nowhere.jsonl"],
        ["review", "nowhere", "--accept-all"],
        ["log", "nothing", "-n", "0"],
        ["decrypt", "nothing.tsmith"],
        [],
        ["nothing-of-this-name"],
    ],
)
def test_a_command_that_does_not_fit(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") >= 2, "what is wrong, and what to do"
    assert "Traceback" not in said.err


def test_json_tells_a_wrong_command_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], error["exit_code"]) == ("usage", 2)
    assert {"title", "what", "hint"} <= error.keys()


@pytest.mark.parametrize("name", command_names())
def test_every_command_explains_itself_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run([name, "--help"])
    assert left.value.code == 0
    said = capsys.readouterr().out
    assert "--json" in said
    [example] = [line.strip() for line in said.splitlines() if line.startswith(f"  tunesmith {name}")]
    words = shlex.split(example.partition(" && ")[0])[1:]
    assert build_parser().parse_args(words).command == name


def test_a_project_named_by_its_path_goes_to_the_wizard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    actions.new_project(tmp_path / "voice")
    monkeypatch.chdir(tmp_path)
    assert run(["voice"]) == 2
    assert "The wizard needs a terminal." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["new", "caf\udce9", "--data", "a", "--model", "demo"], "caf\\xe9"),
        (["data", "~nobody-of-this-name/a"], "home"),
    ],
)
def test_a_path_that_cannot_be_written_down_or_found_is_told(
    words: list[str], what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run([*words, "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "bad_path"
    assert what in error["what"]
    assert list(tmp_path.iterdir()) == []


def test_json_without_a_command_is_an_answer_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "usage"


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("T jobs >&-", 0),
        ("T jobs <&- >&- 2>&-", 0),
        ("T jobs --nonsense --json 3>&- | true; exit ${PIPESTATUS[0]}", 2),
        ("T jobs --nonsense 2>&1 3>&- 4>&- | true; exit ${PIPESTATUS[0]}", 2),
        ("T jobs --json >/dev/full", 1),
        ("T --help | true; exit ${PIPESTATUS[0]}", 0),
        ("cd $(mktemp -d) && rmdir $PWD && T jobs", 0),
    ],
)
def test_streams_that_nobody_reads_change_no_exit_code(script: str, code: int) -> None:
    command = f'T() {{ {shlex.quote(sys.executable)} -m tui.main "$@"; }}; {script}'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr, "ignored" in done.stderr) == (code, False, False), done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_a_command_in_order(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(number)
    monkeypatch.setattr("engine.cli.locate.machine_places", lambda: os.kill(os.getpid(), number))
    assert run(["locate", "--json"]) == 4
    said = capsys.readouterr()
    assert json.loads(said.out)["error"]["code"] == "stopped"
    assert said.err.startswith("Stopped.")
    assert signal.getsignal(number) is before


def test_an_ignored_hang_up_stays_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """As under `nohup`."""

    def hang_up() -> dict[str, object]:
        os.kill(os.getpid(), signal.SIGHUP)
        return {"projects": []}

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        monkeypatch.setattr("engine.cli.locate.machine_places", hang_up)
        assert run(["locate", "--json"]) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_unforeseen_error_is_kept_in_a_file(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a very\nlong story")

    monkeypatch.setattr("engine.cli.locate.machine_places", broken)
    assert run(["locate"]) == 1
    said = capsys.readouterr().err
    assert "ZeroDivisionError: a very\n" in said
    assert "Traceback" not in said
    [kept] = (state / "errors").iterdir()
    assert str(kept) in said
    assert "Traceback" in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0
