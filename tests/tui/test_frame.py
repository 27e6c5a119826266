"""The frame: commands, terminal, charset, stepper, keys line, help, palette."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.binding import Binding

from engine.project import Project
from engine.steps import take_step
from tests.tui.conftest import both_sizes, frame, shows, typed, until, wizard
from tui.app import PLACES
from tui.charset import ASCII, UNICODE, plain
from tui.commands import EVERYWHERE, STEP, TABLE
from tui.screens.base import StepScreen
from tui.screens.frame import FrameScreen, SpeakLine
from tui.terminal import read_terminal, set_textual_environment
from tui.widgets.path_field import PathField, complete_path
from tui.widgets.progress import bar
from tui.widgets.stepper import Stepper
from tui.widgets.text import ago_text, duration_text, fit, size_text

HEAVY = ("torch", "transformers", "datasets", "peft", "trl", "bitsandbytes", "accelerate", "spacy", "presidio_analyzer")
TAKEN_KEYS = ("ctrl+a", "ctrl+b", "ctrl+s", "ctrl+q")


def screens() -> dict[str, type[FrameScreen]]:
    found: dict[str, type[FrameScreen]] = {}
    for place, where in PLACES.items():
        module, _, name = where.partition(":")
        found[place] = getattr(importlib.import_module(module), name)
    return found


def test_every_command_has_an_id_of_its_own_and_says_what_it_does() -> None:
    commands = [*EVERYWHERE, *STEP, *(command for rows in TABLE.values() for command in rows)]
    ids = [command.id for command in commands]
    assert len(ids) == len(set(ids))
    assert all(command.tooltip.endswith(".") and command.label for command in commands)


def test_no_key_is_bound_that_tmux_or_the_terminal_takes() -> None:
    commands = [*EVERYWHERE, *STEP, *(command for rows in TABLE.values() for command in rows)]
    keys = {key for command in commands for key in command.keys.split(",")}
    assert not keys & set(TAKEN_KEYS)


@pytest.mark.parametrize("place", PLACES)
def test_every_page_has_help_and_an_action_for_each_command(place: str) -> None:
    screen = screens()[place]
    assert issubclass(screen, StepScreen)
    assert len(screen.HELP.split()) > 30
    for command in screen.commands():
        name = command.action.partition("(")[0]
        owner = wizard() if name.startswith("app.") else screen
        assert hasattr(owner, f"action_{name.removeprefix('app.')}"), command


@pytest.mark.parametrize("place", PLACES)
def test_every_binding_of_a_page_has_an_id_and_a_tooltip(place: str) -> None:
    own = screens()[place].BINDINGS
    assert all(isinstance(binding, Binding) and binding.id and binding.tooltip for binding in own)


@pytest.mark.parametrize(
    ("environment", "unicode", "sixteen"),
    [
        ({"TERM": "xterm-256color", "LANG": "C.UTF-8"}, True, False),
        ({"TERM": "xterm", "LANG": "en_US.utf8"}, True, True),
        ({"TERM": "xterm", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}, True, False),
        ({"TERM": "screen", "LANG": "C.UTF-8"}, True, True),
        ({"TERM": "screen-256color", "LANG": "C.UTF-8"}, True, False),
        ({"TERM": "linux", "LANG": "C.UTF-8"}, False, True),
        ({"TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C"}, False, False),
        ({"TERM": "xterm-256color"}, False, False),
    ],
)
def test_the_terminal_is_read_from_its_environment(environment: dict[str, str], unicode: bool, sixteen: bool) -> None:
    terminal = read_terminal(environment)
    assert (terminal.unicode, terminal.sixteen_colours) == (unicode, sixteen)


@pytest.mark.parametrize(("told", "light"), [("0;15", True), ("0;default;7", True), ("15;0", False), ("", False)])
def test_a_light_ground_is_known_where_the_terminal_tells(told: str, light: bool) -> None:
    assert read_terminal({"COLORFGBG": told}).light is light


def test_fewer_frames_over_ssh_unless_the_person_said_otherwise() -> None:
    environment = {"SSH_CONNECTION": "1 2 3 4"}
    set_textual_environment(environment)
    assert environment["TEXTUAL_FPS"] == "15"
    own = {"SSH_CONNECTION": "1 2 3 4", "TEXTUAL_FPS": "5"}
    set_textual_environment(own)
    assert own["TEXTUAL_FPS"] == "5"


def test_importing_the_wizard_loads_nothing_heavy() -> None:
    code = "import sys, tui, tui.app, tui.screens.home; print('\\n'.join(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    assert not loaded & {*HEAVY, "pyarrow", "pydantic", "numpy"}


def test_opening_every_page_loads_nothing_heavy() -> None:
    modules = sorted({where.partition(":")[0] for where in PLACES.values()})
    code = f"import sys, {', '.join(modules)}; print('\\n'.join(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    assert not loaded & {*HEAVY, "pyarrow"}


def test_ascii_charset_is_ascii() -> None:
    for name, sign in vars(ASCII).items():
        assert not isinstance(sign, str) or sign.isascii(), name
    assert plain("✓ done · 8 → é", ASCII) == "+ done - 8 > ?"
    assert plain("é", UNICODE) == "é"
    assert plain("a\u202eb\x1b[31m\n\u200bc", UNICODE) == "a b [31m\n c", "what commands the terminal is not sent to it"


def test_text_is_fitted_cut_and_padded() -> None:
    assert fit("abc", 5, UNICODE).plain == "abc  "
    assert fit("abc", 5, UNICODE, "right").plain == "  abc"
    assert fit("abcdefgh", 5, UNICODE).plain == "abcd…"
    assert fit("漢字漢字", 5, UNICODE).cell_length == 5
    assert fit("a\nb\x1b[31m", 20, UNICODE).plain.strip() == "a b [31m"


def test_numbers_in_words() -> None:
    assert [size_text(size) for size in (12, 1500, 12_000_000, 2_340_000_000)] == [
        "12 bytes",
        "1.5 kB",
        "12 MB",
        "2.3 GB",
    ]
    assert [duration_text(seconds) for seconds in (40, 2280, 7500)] == ["40 s", "38 min", "2 h 5 min"]
    day = 86400
    told = [ago_text(0, after) for after in (5, 720, 3 * 3600, day, 3 * day, 15 * day)]
    assert told == ["now", "12 min ago", "3 h ago", "yesterday", "3 days ago", "2 weeks ago"]


@pytest.mark.parametrize("chosen", [UNICODE, ASCII])
@pytest.mark.parametrize("share", [0.0, 0.004, 0.5, 0.999, 1.0, 7.0])
def test_a_bar_has_exactly_its_width(chosen: Any, share: float) -> None:
    assert len(bar(share, 40, chosen)) == 40


def test_paths_complete_like_in_a_shell(tmp_path: Path) -> None:
    (tmp_path / "chats.jsonl").touch()
    (tmp_path / "chats.zip").touch()
    (tmp_path / "models").mkdir()
    (tmp_path / ".hidden").touch()
    assert complete_path(f"{tmp_path}/ch", (".jsonl",)) == f"{tmp_path}/chats.jsonl"
    assert complete_path(f"{tmp_path}/m") == f"{tmp_path}/models/"
    assert complete_path(f"{tmp_path}/.h") == f"{tmp_path}/.hidden"
    assert complete_path(f"{tmp_path}/nothing") is None
    assert complete_path("/no/such/folder/x") is None


async def test_tab_completes_before_the_suggestion_is_drawn(tmp_path: Path) -> None:
    (tmp_path / "chats.jsonl").touch()

    class Page(App[None]):
        def compose(self) -> ComposeResult:
            yield PathField(id="path")

    async with Page().run_test() as pilot:
        field = pilot.app.query_one(PathField)
        field.value = f"{tmp_path}/ch"
        await field.action_complete()
        assert field.value == f"{tmp_path}/chats.jsonl"


@both_sizes
async def test_the_stepper_shows_where_i_am_and_a_click_goes_there(project: Project, size: tuple[int, int]) -> None:
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_project(project.root, "recipe")
        await shows(pilot, "● Recipe", "✓ Model", "· Train", "How should it learn?")
        line = frame(app).splitlines()[1]
        await pilot.click(Stepper, offset=(line.index("Data"), 0))
        await shows(pilot, "● Data", "✓ Recipe")
        await pilot.click(Stepper, offset=(line.index("Evaluate"), 0))
        await shows(pilot, "Train comes first.")


async def test_a_stale_step_says_why(project: Project, size: tuple[int, int]) -> None:
    project.update(
        lambda spec: spec.model_copy(update={"redaction": spec.redaction.model_copy(update={"sha256": "b"})})
    )
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_project(project.root, "recipe")
        # Privacy is stale too, and comes first: its reason stays while other words come and go.
        await shows(pilot, "! Recipe", "── ! Privacy, 2 more: the redacted data was changed. Press ! to go there ──")
        project.update(lambda spec: take_step("privacy", spec))
        await pilot.press("exclamation_mark")
        await shows(pilot, "── ! Preview, 1 more: the redacted data was changed ──", "The data was never scanned")
        await pilot.press("f3")
        await shows(pilot, "Where to?", "▸ ! Preview", "· Train     comes next", "· Ship      after Train")
        await pilot.press("end", "enter")
        await shows(pilot, "Train comes first.")


async def test_a_project_that_is_gone_is_told_and_not_the_end(project: Project) -> None:
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_project(project.root, "data")
        await shows(pilot, "● Data")
        project.file.unlink()
        await pilot.press("escape")
        await shows(pilot, "This is not a tunesmith project.", "● Data")
        await pilot.press("f2")
        await shows(pilot, "New project")


async def test_brackets_and_escape_walk_the_way(project: Project) -> None:
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_project(project.root, "data")
        await shows(pilot, "● Data")
        await pilot.press("left_square_bracket")
        await shows(pilot, "● Model")
        await pilot.press("escape")
        await shows(pilot, "where it stands")


@both_sizes
async def test_help_has_the_words_and_the_keys_of_the_page(project: Project, size: tuple[int, int]) -> None:
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_project(project.root, "recipe")
        await shows(pilot, "● Recipe")
        await pilot.press("question_mark")
        await shows(pilot, "The recipe says how it learns.")
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen.is_modal, "the help is closed")


async def test_a_dialog_says_its_keys_too(project: Project) -> None:
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_project(project.root, "recipe")
        await shows(pilot, "● Recipe")
        await pilot.press("c")
        await shows(pilot, "The presets side by side")
        await pilot.press("question_mark")
        await shows(pilot, "esc, c, q", "In a list: another row.", "esc Close")
        assert max(len(line) for line in frame(app).splitlines()) <= 80
        await pilot.press("escape")
        await shows(pilot, "The presets side by side")


async def test_dialogs_lie_over_the_middle_of_the_page(project: Project) -> None:
    app = wizard()
    async with app.run_test(size=(120, 40)) as pilot:
        app.open_project(project.root, "recipe")
        await shows(pilot, "● Recipe")
        await pilot.press("question_mark")
        await shows(pilot, "The recipe says how it learns.")
        box = app.screen.query_one(".dialog").region
        assert abs(box.x - (120 - box.right)) <= 1
        assert "● Recipe" in frame(app), "the page is seen behind it"


async def test_a_window_too_small_says_so(project: Project) -> None:
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_project(project.root, "recipe")
        await shows(pilot, "● Recipe")
        for size in ((50, 24), (80, 12), (24, 5)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda: "small" in frame(app).splitlines()[0], f"it says so at {size}")
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "small" not in frame(app).splitlines()[0], "all is well again")


async def test_long_words_take_a_second_line_and_give_it_back(project: Project) -> None:
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_project(project.root, "recipe")
        await shows(pilot, "● Recipe")
        screen = app.screen
        assert isinstance(screen, FrameScreen)
        line = screen.query_one(SpeakLine)
        screen.say(f"{'It lost some of what it could do. ' * 3}y says why it may pass.", "attention")
        await shows(pilot, "! It lost", "y says why it may pass.")
        assert line.size.height == 2
        screen.say("Short.")
        await until(pilot, lambda: line.size.height == 1, "one line again")


async def test_f1_explains_the_focused_thing(project: Project) -> None:
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_project(project.root, "recipe")
        await shows(pilot, "● Recipe")
        await pilot.press("k", "down", "f1")
        await shows(pilot, "alpha  How strongly the adapter speaks", "esc Close")


async def test_the_palette_finds_a_command_and_runs_it(project: Project, size: tuple[int, int]) -> None:
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_project(project.root, "recipe")
        await shows(pilot, "● Recipe")
        await pilot.press("ctrl+p")
        await pilot.press(*typed("all projects"))
        await shows(pilot, "▸ Home", "All projects and running jobs.")
        await pilot.press("enter")
        await shows(pilot, "where it stands")


async def test_a_click_on_the_keys_line_runs_the_command(project: Project) -> None:
    app = wizard()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_project(project.root, "recipe")
        await shows(pilot, "● Recipe", "? Help")
        line = frame(app).splitlines()[-1]
        await pilot.click(offset=(line.index("? Help") + 2, 23))
        await shows(pilot, "The recipe says how it learns.")


async def test_in_an_ascii_terminal_every_cell_is_ascii(project: Project) -> None:
    app = wizard(ascii=True)
    async with app.run_test(size=(80, 24)) as pilot:
        for place in ("model", "data", "recipe", "confirm", "ship"):
            app.open_project(project.root, place)
            await shows(pilot, "* ")
            assert frame(app).isascii(), frame(app)
        await pilot.press("question_mark")
        await until(pilot, lambda: app.screen.is_modal, "the help is open")
        assert frame(app).isascii(), frame(app)
