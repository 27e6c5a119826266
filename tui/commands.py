"""The one table of commands. Keys, the keys line, the palette and the help page are all made from it.

To add a key to a screen, add a row here under the screen's name and write `action_...` in the screen.
Rows are in the order of the keys line: what is needed most comes first, because a narrow terminal shows fewer.
Taken by tmux, screen and flow control, and so bound nowhere: ctrl+a, ctrl+b, ctrl+s, ctrl+q.
"""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui.command import Command
from tui.commands_privacy import PRIVACY_TABLE

EVERYWHERE: tuple[Command, ...] = (
    Command("all.help", "question_mark,f1", "help", "Help", "What this screen is for, and what every key does."),
    Command("all.palette", "ctrl+p", "palette", "Commands", "Find a command by its name.", show=False),
    Command("all.copy", "Y", "copy", "Copy", "Copy a path, a command or the error to your clipboard.", show=False),
    Command("all.quit", "ctrl+c", "app.ask_quit", "Quit", "Leave; asks about running jobs.", show=False, priority=True),
)

TYPING: tuple[Command, ...] = (
    Command("typing.take", "enter", "submit_field", "Take it", "What was typed is used."),
    Command("typing.complete", "tab", "complete_path", "Complete", "The rest of the path."),
    Command("typing.leave", "escape", "leave_field", "Leave the field", "Back to the page."),
)
"""What the keys line shows while a field has the focus; the field and the screen have these keys already."""

STEP: tuple[Command, ...] = (
    Command("step.back", "escape", "go_back", "Back", "To the step before. Nothing is lost.", show=False),
    Command("step.left", "left_square_bracket,left", "previous_step", "Step back", "One step left.", show=False),
    Command("step.right", "right_square_bracket,right", "next_step", "Step on", "One step right.", show=False),
    Command("step.stale", "exclamation_mark", "go_stale", "To the !", "To the first step with !, and why.", show=False),
    Command("step.where", "f3", "where_to", "All steps", "Where each step stands; go to any of them.", show=False),
    Command("step.home", "f2", "go_home", "Home", "All projects and running jobs.", show=False),
    Command("step.quit", "q", "app.ask_quit", "Quit", "Leave; a running job is asked about.", show=False),
)

WAYS_OUT = ("step.back", "step.where", "step.home", "all.palette", "all.copy")
"""Shown in the line above every page that has them: nobody should wonder how to leave it, or how to find a command."""


TABLE: dict[str, tuple[Command, ...]] = {
    "home": (
        Command("home.new", "n", "new_project", "New", "Make a new project."),
        Command("home.open", "enter", "open", "Open", "Open the marked project where it stands."),
        Command("home.watch", "w,a", "watch", "Watch", "Go to the running job; a does the same."),
        Command("home.demo", "d", "demo", "Demo", "Walk the whole way with bundled data and a tiny model."),
        Command("home.doctor", "D", "doctor", "Doctor", "What this machine has and what it lacks."),
        Command(
            "home.forget", "X,delete", "forget", "Forget", "Delete the marked project, or take it off the list; asks."
        ),
        Command("home.colours", "comma", "colours", "Colours", "Dark, light, or the terminal's own 16; kept."),
        Command("home.quit", "q", "app.ask_quit", "Quit", "Leave; a running job is asked about."),
    ),
    "model": (
        Command("model.next", "enter", "go_on", "Next", "Take this model and go on."),
        Command("model.stop", "s", "stop_job", "Stop", "Stop the download; it goes on from there next time."),
        Command("model.type", "t", "type_source", "Type", "A folder, a .gguf file or a hub id."),
        Command("model.search", "slash", "search", "Search", "Find a model in the list."),
        Command("model.licence", "l", "show_licence", "Licence", "What its terms mean for your use, and accepting it."),
        Command("model.allowed", "f", "toggle_allowed", "Allowed", "Only models whose terms allow your use, or all."),
        Command("model.fitting", "m", "toggle_fitting", "Fits", "Only models that may fit your card, or all."),
        Command("model.template", "c", "toggle_template", "Template", "The model's chat template, or ChatML."),
    ),
    "licence": (
        Command("licence.accept", "enter,a", "accept", "Accept", "Keep this verdict in the project: you read it."),
        Command("licence.use", "u", "change_use", "Use", "For yourself, for research, or to earn money with it."),
        Command("licence.users", "m", "ask_users", "Users", "How many people will use it in a month."),
        Command("licence.region", "r", "ask_region", "Region", "Where you live, or your company sits."),
        Command("licence.adult", "x", "toggle_adult", "Sexual", "Whether the content is sexual."),
        Command("licence.data", "d", "ask_data", "Data", "Whose the data is: your own, or under which licence."),
        Command("licence.close", "escape,q,l", "close", "Back", "Back to the models."),
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
        Command("recipe.next", "enter", "go_on", "Next", "Keep the marked recipe and go on."),
        Command("recipe.edit", "e,k", "edit_knobs", "Edit", "All knobs: what each does, costs and can be."),
        Command("recipe.fit", "f", "take_suggestion", "Fit", "What is faster here, or what fits, and why; takes it."),
        Command("recipe.compare", "c", "compare", "Compare", "The presets side by side, and against yours."),
        Command("recipe.card", "g", "type_card", "Card", "Plan for another card than this machine's."),
        Command("recipe.budget", "b", "set_budget", "Budget", "A price an hour, and limits where the run stops."),
        Command("recipe.undo", "u", "undo", "Undo", "Take the last change of this page back."),
        Command("recipe.reset", "x", "reset_all", "As preset", "Give all knobs the marked preset's values again."),
    ),
    "knobs": (
        Command("knobs.edit", "enter,e", "edit", "Type", "Type another value."),
        Command("knobs.on", "right,space", "choose(1)", "Next", "The next of a few words; else type a value."),
        Command("knobs.back", "left", "choose(-1)", "Before", "The word before; else type a value."),
        Command("knobs.reset", "x", "reset", "As preset", "The preset's value again."),
        Command("knobs.reset_all", "X", "reset_all", "All", "All of the preset's values again."),
        Command("knobs.undo", "u", "undo", "Undo", "Take the last change back."),
        Command("knobs.close", "escape", "close", "Back", "Back to the page; changes are kept."),
    ),
    "compare": (Command("compare.close", "escape,c,q", "close", "Back", "Back to the page."),),
    "fit": (Command("fit.close", "escape,f,q", "close", "Back", "Change nothing."),),
    "budget": (Command("budget.close", "escape", "close", "Back", "Change nothing."),),
    "confirm": (
        Command("confirm.start", "enter", "start_training", "Start training", "Start the job on this machine."),
        Command("confirm.fit", "f", "show_fit", "What fits", "To the recipe, with the settings that fit this card."),
        Command("confirm.back", "b", "go_back", "Back", "To the recipe. Nothing is lost."),
    ),
    "train": (
        Command("train.next", "enter", "go_on", "Next", "Training is done: measure it. It ended early: go on."),
        Command("train.log", "tab", "toggle_log", "Log", "Between the picture and the job's log with all warnings."),
        Command("train.samples", "s", "show_samples", "Samples", "The same prompts, answered as it learns."),
        Command("train.health", "h", "show_health", "Health", "What the rules saw, what it means, what to do."),
        Command("train.fix", "f", "help_it", "Do it", "What the newest alert advises; it asks first."),
        Command("train.pause", "p", "toggle_pause", "Pause watching", "Freeze the picture.", show=False),
        Command("train.stop", "S", "ask_stop", "Stop and save", "Save a checkpoint and end the job; it asks first."),
        Command("train.leave", "l", "leave", "Leave it running", "To all projects; the job goes on."),
        Command("train.runs", "r", "show_runs", "Runs", "The runs of this project side by side."),
        Command("train.resume", "g", "resume", "Go on", "Go on from the last checkpoint."),
        Command("train.promote", "P", "promote", "Full run", "Let a short run go on as the full one; it asks first."),
        Command("train.rollback", "b", "roll_back", "Older save", "Make an earlier checkpoint the result."),
        Command("train.again", "n", "train_again", "New run", "Train from the start; the confirm page comes first."),
    ),
    "evaluate": (
        Command("evaluate.next", "enter", "go_on", "Show", "Show what stands behind a line; before that, measure."),
        Command(
            "evaluate.take_out",
            "t",
            "take_out",
            "Take out and train",
            "Take recited rows out and train again; it asks first.",
        ),
        Command("evaluate.export", "e", "export", "Pack it", "Go on to pack the adapter."),
        Command("evaluate.blind", "b", "blind_test", "Blind test", "Say which answers are better, not knowing whose."),
        Command("evaluate.reason", "y", "give_reason", "Say why", "Type why a doubtful line may pass; it is kept."),
        Command("evaluate.answers", "a", "show_answers", "Answers", "Both models' answers side by side, and back."),
        Command("evaluate.runs", "c", "compare_runs", "Compare runs", "All runs of this project in a table."),
        Command(
            "evaluate.mix", "m", "mix_in", "Mix in", "Mix general rows in and train again; it asks first.", show=False
        ),
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
        Command("ship.plain", "p", "pack_plain", "Pack unlocked", "Pack it without a passphrase; it asks first."),
        Command("ship.gate", "g", "show_gate", "Gate", "Why it may leave, or may not."),
        Command("ship.home", "h", "go_home", "Home", "All projects."),
    ),
    "runs": (
        Command("runs.choose", "c", "choose", "Choose", "Evaluate and ship use the marked run."),
        Command("runs.other", "space", "overlay", "Overlay", "Draw the marked run over the chosen one."),
        Command("runs.note", "n", "note", "Note", "Write a line about the marked run."),
        Command("runs.back", "escape,q,r", "go_back", "Back", "To the page before."),
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
    "gate_line": (
        Command("gate_line.close", "escape,enter,q", "close", "Back", "Back to the gate."),
        Command("gate_line.down", "down,j,pagedown,space", "scroll(1)", "Read on", "Further down."),
        Command("gate_line.up", "up,k,pageup", "scroll(-1)", "Back up", "Further up.", show=False),
    ),
    "ab": (
        Command("ab.first", "1", "judge('1')", "First", "The first answer is better."),
        Command("ab.second", "2", "judge('2')", "Second", "The second answer is better."),
        Command("ab.neither", "0", "judge('0')", "Neither", "Both are as good, or as bad."),
        Command("ab.undo", "u", "undo", "Undo", "Take the last judgement back."),
        Command("ab.page", "pagedown,space", "page(1)", "Read on", "Scroll long answers.", show=False),
        Command("ab.page_up", "pageup", "page(-1)", "Back up", "Scroll long answers back.", show=False),
        Command("ab.close", "escape,q", "close", "Back", "Back to the gate; what you judged is kept."),
    ),
    "ask": (Command("ask.close", "escape", "close", "Back", "Leave it as it was."),),
    "palette": (Command("palette.close", "escape", "close", "Close", "Back to the page."),),
    **PRIVACY_TABLE,
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
