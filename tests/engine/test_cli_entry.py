"""The entry: commands, the wizard, and everything that is neither."""

from __future__ import annotations

import json
import shlex
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
