"""The one table of commands. Keys, the keys line, the palette and the help page are all made from it.

To add a key to a screen, add a row here under the screen's name and write `action_...` in the screen.
Rows are in the order of the keys line: what is needed most comes first, because a narrow terminal shows fewer.
Taken by tmux, screen and flow control, and so bound nowhere: ctrl+a, ctrl+b, ctrl+s, ctrl+q.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding, BindingType

from tui.entities import TYPE_KEYS, short_name, words_for


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
    def key_labels(self) -> tuple[str, ...]:
        """Its keys as people write them: `enter`, `?`, `n`."""
        return tuple(_KEY_NAMES.get(key, key) for key in self.keys.split(","))

    @property
    def key_label(self) -> str:
        """The key that is shown for it."""
        return self.key_labels[0]

    @property
    def all_keys(self) -> str:
        """All its keys, for the help page."""
        return ", ".join(self.key_labels)


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


def _types(screen: str, action: str) -> tuple[Command, ...]:
    """A key for each of the nine types; a legend on the screen shows them."""
    return tuple(
        Command(
            f"{screen}.type_{key}", str(key), f"{action}({key})", short_name(name), f"It is {words_for(name)}.", False
        )
        for key, name in enumerate(TYPE_KEYS, 1)
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
        Command("model.template", "c", "toggle_template", "Template", "The model's chat template, or ChatML."),
        Command("model.stop", "s", "stop_job", "Stop", "Stop the download; it goes on from there next time."),
    ),
    "data": (
        Command("data.next", "enter", "go_on", "Next", "Take this data as shown and go on."),
        Command("data.file", "f", "type_path", "File", "Choose another file."),
        Command("data.shape", "s", "change_shape", "Shape", "Read the rows in another way than was detected."),
        Command("data.mapping", "m", "edit_mapping", "Columns", "Say which column plays which part."),
        Command("data.bad", "b", "show_bad", "Bad rows", "Every row that cannot be used, and why."),
        Command("data.health", "h", "show_health", "Health", "Rows that may harm the training, with a fix for each."),
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
    "train": (
        Command("train.next", "enter", "go_on", "Next", "Training is done: measure it. It ended early: go on."),
        Command("train.log", "tab", "toggle_log", "Log", "Between the picture and the job's log with all warnings."),
        Command("train.resume", "r", "resume", "Resume", "Go on from the last checkpoint."),
        Command("train.again", "n", "train_again", "New run", "Train from the start; the confirm page comes first."),
        Command("train.pause", "p", "toggle_pause", "Pause watching", "Freeze the picture; the job goes on."),
        Command("train.stop", "S", "ask_stop", "Stop and save", "Save a checkpoint and end the job; it asks first."),
        Command("train.leave", "l", "leave", "Leave it running", "To all projects; the job goes on."),
    ),
    "evaluate": (
        Command("evaluate.next", "enter", "go_on", "Next", "Start measuring, or go on to pack what came out."),
        Command("evaluate.down", "down,j,n", "move_answer(1)", "Next answer", "The next prompt and its answers."),
        Command("evaluate.up", "up,k,p", "move_answer(-1)", "Answer before", "The prompt before.", show=False),
        Command("evaluate.page", "pagedown,space", "page_answer(1)", "Read on", "Scroll a long answer.", show=False),
        Command("evaluate.page_up", "pageup", "page_answer(-1)", "Back up", "Scroll a long answer back.", show=False),
        Command("evaluate.again", "r", "measure_again", "Measure again", "Measure both models once more."),
        Command("evaluate.stop", "S", "stop_job", "Stop", "End the measuring; nothing that was saved is lost."),
        Command("evaluate.leave", "l", "leave", "Leave it running", "To all projects; the job goes on."),
    ),
    "ship": (
        Command("ship.next", "enter", "go_on", "Next", "To the passphrase; once it is packed, home."),
        Command("ship.passphrase", "k", "type_passphrase", "Passphrase", "Lock the package with a passphrase."),
        Command("ship.plain", "p", "pack_plain", "Pack unlocked", "Pack it without a passphrase."),
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
    "mapping": (
        Command("mapping.take", "r", "take", "Read again", "Read the file again with this mapping."),
        Command("mapping.close", "escape", "close", "Back", "Leave it as it was."),
    ),
    "health": (
        Command("health.toggle", "space", "toggle_fix", "Fix", "Fix this, or undo the fix. Your file stays as it is."),
        Command("health.undo", "u", "undo", "Undo", "Take the last change back."),
        Command("health.close", "escape,q,h", "close", "Back", "Back to the page."),
    ),
    "bad_rows": (Command("bad_rows.close", "escape,q,b", "close", "Back", "Back to the page."),),
    "ask": (Command("ask.close", "escape", "close", "Back", "Leave it as it was."),),
    "palette": (Command("palette.close", "escape", "close", "Close", "Back to the page."),),
    "privacy": (
        Command("privacy.scan", "enter", "scan", "Look for it", "Look for personal details. Nothing is changed."),
        Command(
            "privacy.commit", "enter", "commit", "Commit", "Write the redacted file. Undecided values stay hidden."
        ),
        Command("privacy.next", "enter", "go_on", "Next", "Go on with the redacted file."),
        Command("privacy.hide", "a", "decide('hide')", "Hide", "Hide this value wherever it occurs."),
        Command("privacy.keep", "x", "decide('keep')", "Keep", "Keep this value as it is; the model will see it."),
        Command("privacy.here", "A", "decide_here", "Here only", "At the marked place only: the opposite of now."),
        Command("privacy.later", "space", "later", "Later", "Go on; it stays hidden until you decide."),
        Command("privacy.undo", "u", "undo", "Undo", "Take the last decision back. As often as you like."),
        Command("privacy.find", "slash", "find", "Find", "Only values or types that contain what you type."),
        Command("privacy.filter", "f", "toggle_filter", "Undecided", "Only what nobody decided yet, or all."),
        Command("privacy.types", "t", "bulk", "By type", "Decide a whole type; shows first what would change."),
        Command("privacy.rule", "r", "rule", "Rule", "Always hide or never flag: this value, its form, its field."),
        Command("privacy.blind", "v", "blind", "Blind spots", "Rows in which nothing was found, and a random sample."),
        Command("privacy.ends", "e", "ends", "Ends", "Move the beginning or the end of what was found."),
        Command("privacy.new", "n", "point", "New", "Mark something that was missed; it is found in all rows."),
        Command("privacy.rules", "R", "rules", "Rules", "The rules you made; take them off the list.", show=False),
        Command(
            "privacy.order", "o", "toggle_order", "Order", "What needs a look first, or what occurs most.", show=False
        ),
        *_types("privacy", "retype"),
        Command("privacy.stop", "s", "stop_job", "Stop", "Stop the job; it goes on from there next time."),
        Command("privacy.review", "b", "review", "Review", "Back to the values and what you decided."),
        Command("privacy.known", "w", "known", "Your words", "Your name, town, clients: always looked for."),
    ),
    "bulk": (
        Command("bulk.take", "enter", "take", "Do it", "Decide as the preview says; u takes it back."),
        Command("bulk.hide", "a", "plan('hide')", "Hide", "Plan to hide them."),
        Command("bulk.keep", "x", "plan('keep')", "Keep", "Plan to keep them."),
        Command("bulk.scope", "o", "scope", "Which", "Only what is open, or also what was decided."),
        Command("bulk.close", "escape,t", "close", "Back", "Change nothing."),
    ),
    "ends": (
        Command("ends.left", "left", "end(-1)", "Shorter", "The end a letter to the left."),
        Command("ends.right", "right", "end(1)", "Longer", "The end a letter to the right."),
        Command("ends.start_left", "shift+left", "start(-1)", "Earlier", "The beginning a letter to the left."),
        Command("ends.start_right", "shift+right", "start(1)", "Later", "The beginning a letter to the right."),
        Command("ends.take", "enter", "take", "Take it", "Wherever the same words stand."),
        Command("ends.close", "escape,e", "close", "Back", "Change nothing."),
    ),
    "new_finding": (
        Command("new_finding.take", "enter", "take", "Find it", "Search it in all rows and hide it."),
        Command("new_finding.left", "left", "move(-1)", "Left", "The word before."),
        Command("new_finding.right", "right", "move(1)", "Right", "The next word."),
        Command("new_finding.more", "shift+right", "grow(1)", "More", "A word more."),
        Command("new_finding.fewer", "shift+left", "grow(-1)", "Fewer", "A word fewer."),
        Command("new_finding.up", "up,k", "line(-1)", "Up", "The word above."),
        Command("new_finding.down", "down,j", "line(1)", "Down", "The word below."),
        Command("new_finding.text", "tab", "text(1)", "Next text", "Another text of the row.", priority=True),
        Command("new_finding.back", "shift+tab", "text(-1)", "Text before", "The text before.", priority=True),
        *_types("new_finding", "type"),
        Command("new_finding.close", "escape", "close", "Back", "Change nothing."),
    ),
    "rule": (
        Command("rule.take", "enter", "take", "Make it", "Decide as the preview says, now and at every later scan."),
        Command("rule.hide", "a", "plan('hide')", "Hide", "Always hide them."),
        Command("rule.keep", "x", "plan('keep')", "Keep", "Never flag them."),
        Command("rule.edit", "e", "edit", "Edit", "Change the pattern or the score."),
        Command("rule.close", "escape", "close", "Back", "Make none."),
    ),
    "rules": (
        Command("rules.remove", "d,delete", "remove", "Remove", "Take it off the list, and its decisions back."),
        Command("rules.close", "escape,R,q", "close", "Back", "Change nothing."),
    ),
    "blind": (
        Command("blind.clean", "enter,space", "clean", "Clean", "Nothing personal stands here; to the next row."),
        Command("blind.leak", "n", "point", "Mark it", "Mark what was missed; it is found in all rows."),
        Command("blind.view", "tab,v", "switch", "Other list", "The suspicious rows, or the random sample."),
        Command("blind.undo", "u", "undo", "Undo", "Take the last thing back."),
        Command("blind.draw", "d", "draw", "Draw", "Draw another sample, of another size if you like."),
        Command("blind.down", "j", "move(1)", "Down", "The next row.", show=False),
        Command("blind.up", "k", "move(-1)", "Up", "The row before.", show=False),
        Command("blind.on", "pagedown", "scroll(1)", "Read on", "Scroll a long row.", show=False, priority=True),
        Command("blind.back_up", "pageup", "scroll(-1)", "Back up", "Scroll it back.", show=False, priority=True),
        Command("blind.close", "escape,b,q", "close", "Back", "Back to the values."),
    ),
    "preview": (
        Command("preview.next", "enter", "go_on", "Next", "Go on to the recipe."),
        Command("preview.following", "n,right", "move_row(1)", "Next row", "The row after this one."),
        Command("preview.before", "p,left", "move_row(-1)", "Row before", "The row before this one."),
        Command("preview.cut", "c", "toggle_cut", "Cut rows", "Only rows that lose their end, or all."),
        Command("preview.longest", "l", "longest", "Longest", "The longest row."),
        Command("preview.again", "r", "render_again", "Again", "Render the rows once more."),
        Command("preview.stop", "s", "stop_job", "Stop", "Stop rendering."),
    ),
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
