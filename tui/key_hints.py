"""What to press, where the engine's errors name a command: whoever is in the wizard stays in it."""

from __future__ import annotations

import re

from engine.errors import TunesmithError
from engine.spec import StepName
from engine.steps import TITLES

_COMMAND = re.compile(r"^Run `tunesmith (scan|redact) ")
_BY_CODE: dict[str, tuple[StepName, str]] = {
    "original_changed": ("data", "it is read again there; Privacy then searches what is new"),
    "no_run": ("train", "enter trains"),
}
_BY_COMMAND: dict[str, tuple[StepName, str]] = {
    "scan": ("privacy", "enter searches the rows, then writes the redacted file"),
    "redact": ("privacy", "enter writes the redacted file again"),
}


def with_keys(error: TunesmithError, here: str) -> TunesmithError:
    """The error, its hint in keys where it is one that another page mends.

    Args:
        error: As the engine or a job's end says it.
        here: The name of the page that shows it.
    """
    named = _COMMAND.match(error.hint)
    mend = _BY_CODE.get(error.error_code) or (_BY_COMMAND.get(named[1]) if named else None)
    if mend is None:
        return error
    step, words = mend
    hint = words[:1].upper() + words[1:] if step == here else f"F3, then {TITLES[step]}: {words}"
    return TunesmithError(error.title, error.what, f"{hint}.", code=error.error_code)
