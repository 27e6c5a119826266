"""The one table of commands. Keys, the keys line, the palette and the help page are all made from it.

To add a key to a screen, add a row here under the screen's name and write `action_...` in the screen.
Rows are in the order of the keys line: what is needed most comes first, because a narrow terminal shows fewer.
Taken by tmux, screen and flow control, and so bound nowhere: ctrl+a, ctrl+b, ctrl+s, ctrl+q.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True)
class Command:
    """One thing the person can do on a screen.

    Args:
        id: Unique, `screen.verb`; a keymap can refer to it.
        keys: Textual key names, comma-separated; the first is the one that is shown.
        action: What runs: `name` is `action_name` of the screen, `app.name` of the app.
        label: One or two words for the keys line.
        tooltip: A sentence for the help page: what happens.
        show: Whether the keys line shows it; help and palette always do.
        priority: Taken before the focused widget sees the key.
    """

    id: str
    keys: str
    action: str
    label: str
    tooltip: str
    show: bool = True
    priority: bool = False

    @property
    def key_label(self) -> str:
        """The first key as people write it: `enter`, `?`, `n`."""
        first = self.keys.split(",")[0]
        return _KEY_NAMES.get(first, first.removeprefix("shift+").upper() if first.startswith("shift+") else first)

    @property
    def all_keys(self) -> str:
        """All its keys, for the help page."""
        return ", ".join(_KEY_NAMES.get(key, key) for key in self.keys.split(","))


_KEY_NAMES = {
    "question_mark": "?",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "comma": ",",
    "slash": "/",
    "escape": "esc",
    "f1": "F1",
    "f2": "F2",
    "full_stop": ".",
    "plus": "+",
    "minus": "-",
}

EVERYWHERE: tuple[Command, ...] = (
    Command("all.help", "question_mark,f1", "help", "Help", "What this screen is for, and what every key does."),
    Command("all.palette", "ctrl+p", "palette", "Commands", "Find a command by its name.", show=False),
    Command("all.quit", "ctrl+c", "app.ask_quit", "Quit", "Leave; asks about running jobs.", show=False, priority=True),
)

STEP: tuple[Command, ...] = (
    Command("step.back", "escape", "go_back", "Back", "To the step before. Nothing is lost.", show=False),
    Command("step.left", "left_square_bracket,left", "previous_step", "Step back", "One step left.", show=False),
    Command("step.right", "right_square_bracket,right", "next_step", "Step on", "One step right.", show=False),
    Command("step.home", "f2", "go_home", "Home", "All projects and running jobs.", show=False),
    Command("step.quit", "q", "app.ask_quit", "Quit", "Leave; a running job is asked about.", show=False),
)

TABLE: dict[str, tuple[Command, ...]] = {
    "home": (
        Command("home.new", "n", "new_project", "New", "Make a new project."),
        Command("home.open", "enter", "open", "Open", "Open the marked project where it stands."),
        Command("home.watch", "w,a", "watch", "Watch", "Go to the running job; a does the same."),
        Command("home.demo", "d", "demo", "Demo", "Walk the whole way with bundled data and a tiny model."),
        Command("home.doctor", "D", "doctor", "Doctor", "What this machine has and what it lacks."),
        Command("home.quit", "q", "app.ask_quit", "Quit", "Leave; a running job is asked about."),
    ),
    "model": (
        Command("model.next", "enter", "go_on", "Next", "Take this model and go on."),
        Command("model.type", "t", "type_source", "Type", "A folder, a .gguf file or a hub id."),
        Command("model.search", "slash", "search", "Search", "Find a model in the list."),
        Command("model.facts", "i", "inspect", "Facts", "Look into the marked model without choosing it."),
        Command("model.template", "c", "toggle_template", "Template", "The model's chat template, or ChatML."),
        Command("model.stop", "s", "stop_job", "Stop", "Stop the download; it goes on from there next time."),
    ),
    "data": (
        Command("data.next", "enter", "go_on", "Next", "Take this data as shown and go on."),
        Command("data.file", "f", "type_path", "File", "Choose another file."),
        Command("data.shape", "s", "change_shape", "Shape", "Read the rows in another way than was detected."),
        Command("data.mapping", "m", "edit_mapping", "Columns", "Say which column plays which part."),
        Command("data.bad", "b", "show_bad", "Bad rows", "Every row that cannot be used, and why."),
        Command("data.check", "r", "check_again", "Check again", "Read the file once more."),
    ),
    "recipe": (
        Command("recipe.next", "enter", "go_on", "Next", "Keep this recipe and go on."),
        Command("recipe.edit", "e", "edit_knob", "Edit knob", "Change the marked number."),
        Command("recipe.reset", "x", "reset_knob", "Undo knob", "Give the marked number the preset's value again."),
        Command("recipe.switch", "k", "switch_focus", "Knobs", "To the knobs and back; tab does it too."),
    ),
    "confirm": (
        Command("confirm.start", "enter", "start_training", "Start training", "Start the job on this machine."),
        Command("confirm.back", "b", "go_back", "Back", "To the recipe. Nothing is lost."),
    ),
    "ship": (
        Command("ship.encrypt", "enter", "go_on", "Encrypt", "Pack the adapter and lock it with a passphrase."),
        Command("ship.plain", "p", "pack_plain", "Pack without", "Pack it without a passphrase."),
        Command("ship.home", "h", "go_home", "Home", "All projects."),
    ),
    "doctor": (
        Command("doctor.again", "r", "look_again", "Look again", "Examine the machine once more."),
        Command("doctor.back", "escape", "go_back", "Back", "To the projects."),
    ),
    "quit": (
        Command("quit.keep", "k", "choose('keep')", "Keep running", "Leave; the job goes on in the background."),
        Command("quit.stop", "s", "choose('stop')", "Stop and save", "The job saves what it has and ends."),
        Command("quit.cancel", "escape,c", "choose('cancel')", "Stay", "Do not leave."),
    ),
    "help": (
        Command("help.close", "escape,q,question_mark,f1,enter", "close", "Close", "Back to the page."),
        Command("help.down", "down,j", "scroll_down", "Down", "Read on."),
    ),
    "new": (Command("new.close", "escape", "close", "Back", "Make nothing."),),
    "ask": (Command("ask.close", "escape", "close", "Back", "Leave it as it was."),),
    "palette": (Command("palette.close", "escape", "close", "Close", "Back to the page."),),
    # Privacy, Preview, Train and Evaluate: their owners add their rows below.
}


def commands_of(name: str, *, step: bool) -> tuple[Command, ...]:
    """All commands of a screen: its own, those of every step, those of every screen."""
    return (*TABLE.get(name, ()), *(STEP if step else ()), *EVERYWHERE)


def bindings(commands: tuple[Command, ...]) -> list[BindingType]:
    """The table's rows as Textual bindings; every one with an id and a tooltip."""
    return [
        Binding(
            command.keys,
            command.action,
            command.label,
            show=command.show,
            key_display=command.key_label,
            priority=command.priority,
            tooltip=command.tooltip,
            id=command.id,
        )
        for command in commands
    ]
