"""Copying over SSH: by the terminal, by tmux; what pages offer."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.project import Project
from tests.tui.conftest import frame, shows, wizard
from tui.clipboard import copy_text, fetch_command

FOUND = "1.2.3.4 51000 "


@pytest.mark.parametrize(
    ("connection", "user", "command"),
    [
        ("", "maya", ""),
        (FOUND + "8.8.8.8 22", "maya", "scp maya@8.8.8.8:'/home/m/my voice.tsmith' ."),
        (FOUND + "8.8.8.8 2222", "maya", "scp -P 2222 maya@8.8.8.8:'/home/m/my voice.tsmith' ."),
        (FOUND + "2606:4700::1111 22", "maya", "scp maya@[2606:4700::1111]:'/home/m/my voice.tsmith' ."),
        (FOUND + "10.0.0.7 2222", "maya", "scp HOST:'/home/m/my voice.tsmith' ."),
        (FOUND + "8.8.8.8 22", "", "scp HOST:'/home/m/my voice.tsmith' ."),
    ],
)
def test_what_fetches_a_file_over_ssh(connection: str, user: str, command: str) -> None:
    assert fetch_command("/home/m/my voice.tsmith", {"SSH_CONNECTION": connection, "USER": user}) == command


def fake_tmux(folder: Path, script: str) -> dict[str, str]:
    program = folder / "tmux"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"TMUX": "/tmp/tmux-0/x,1,0", "PATH": f"{folder}:/usr/bin:/bin"}


def test_tmux_is_given_the_text_and_a_terminal_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    copy_text("a path", {}, sent.append)
    assert sent == ["a path"]
    environment = fake_tmux(tmp_path, f'echo "$@" > {tmp_path}/said; cat > {tmp_path}/buffer')
    monkeypatch.setenv("PATH", environment["PATH"])
    assert "tmux" in copy_text("größer", environment, sent.append)
    assert (tmp_path / "buffer").read_text() == "größer"
    assert (tmp_path / "said").read_text() == "load-buffer -w -\n"
    assert sent == ["a path"]


def test_an_old_tmux_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = fake_tmux(tmp_path, "echo unknown option -- w >&2; exit 1")
    monkeypatch.setenv("PATH", environment["PATH"])
    with pytest.raises(UsageError, match=r"since 3\.2") as told:
        copy_text("x", environment, lambda _: None)
    assert "unknown option" in told.value.what
    assert "shift" in told.value.hint


async def test_a_page_offers_its_error_its_command_and_its_paths(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "my-voice")
        app.open_project(project.root, "recipe")
        await shows(pilot, "● Recipe", "Y Copy")
        app.screen.query_one("Problem").error = UsageError("It broke.", "line 3", "Mend it.")  # type: ignore[attr-defined]
        await pilot.press("Y")
        await shows(pilot, "Copy what?", "the error", "tunesmith plan", "your file", "the project's folder")
        await pilot.press("enter")
        await shows(pilot, "Sent to your terminal's clipboard.")
        assert app.clipboard == "It broke.\nline 3\nMend it."
        assert "Copy what?" not in frame(app)
