"""The commands of the privacy page and of its dialogs: a part of the one table, which `tui.commands` puts together."""

from __future__ import annotations

from tui.command import Command
from tui.entities import TYPE_KEYS, short_name, words_for


def _types(screen: str, action: str) -> tuple[Command, ...]:
    """A key for each of the nine types; a legend on the screen shows them."""
    return tuple(
        Command(
            f"{screen}.type_{key}", str(key), f"{action}({key})", short_name(name), f"It is {words_for(name)}.", False
        )
        for key, name in enumerate(TYPE_KEYS, 1)
    )


PRIVACY_TABLE: dict[str, tuple[Command, ...]] = {
    "privacy": (
        Command("privacy.scan", "enter", "scan", "Look for it", "Look for personal details. Nothing is changed."),
        Command(
            "privacy.commit", "enter", "commit", "Finish", "Write the redacted file. Undecided values stay hidden."
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
        Command("privacy.more", "J,shift+down", "extend(1)", "Mark more", "Mark the next value too; a, x decide all."),
        Command("privacy.fewer", "K,shift+up", "extend(-1)", "Mark up", "Mark the value above, or one less.", False),
        Command(
            "privacy.more_page", "shift+pagedown", "extend(1, True)", "Mark a page", "Mark a page of values.", False
        ),
        Command("privacy.fewer_page", "shift+pageup", "extend(-1, True)", "Page up", "Mark a page upwards.", False),
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
        Command("privacy.consent", "c", "consent", "Consent", "Say that a person agreed; rows about them come back."),
        Command("privacy.known", "w", "known", "Your words", "Your name, town, clients: always looked for."),
        Command("privacy.own", "p", "own", "Your patterns", "Words and patterns of your own, and a box to try them."),
    ),
    "own": (
        Command("own.new", "n", "new", "New", "Look for something only you know: words, or a pattern."),
        Command("own.edit", "enter,e", "edit", "Edit", "Change it, with a box to try it in."),
        Command("own.remove", "d,delete", "remove", "Remove", "Look for it no more."),
        Command("own.close", "escape,p,q", "close", "Back", "Back to the page; changes are kept."),
    ),
    "own_edit": (
        Command("own_edit.take", "enter", "take", "Keep it", "Keep it with the project."),
        Command(
            "own_edit.rows", "f5", "rows", "Try on my rows", "Search the first 1,000 rows of your data.", priority=True
        ),
        Command("own_edit.close", "escape", "close", "Back", "Change nothing."),
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
        Command("ends.word_left", "ctrl+left,b", "end(-1, True)", "Word less", "The end a word to the left."),
        Command("ends.word_right", "ctrl+right,w", "end(1, True)", "Word more", "The end a word to the right."),
        *_types("ends", "type"),
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
        Command("blind.draw", "d", "draw", "New sample", "Draw another sample, of another size if you like."),
        Command("blind.down", "j", "move(1)", "Down", "The next row.", show=False),
        Command("blind.up", "k", "move(-1)", "Up", "The row before.", show=False),
        Command("blind.on", "pagedown", "scroll(1)", "Read on", "Scroll a long row.", show=False, priority=True),
        Command("blind.back_up", "pageup", "scroll(-1)", "Back up", "Scroll it back.", show=False, priority=True),
        Command("blind.close", "escape,b,q", "close", "Back", "Back to the values."),
    ),
}
