"""The thresholds of the gate, from `presets/gate.yaml`: each line's own, by name; a file that lacks one is refused."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from engine.errors import SpecError
from engine.machine import PRESETS

FILE = PRESETS / "gate.yaml"
NEEDED: dict[str, frozenset[str]] = {
    "learned": frozenset(
        {
            "red_when_surely_worse",
            "red_seen_share",
            "red_seen_rows",
            "amber_below_rows",
            "amber_near_share",
            "amber_near_rows",
            "amber_own_question_below",
        }
    ),
    "stops": frozenset({"amber_below", "red_below"}),
    "still_can": frozenset({"amber_above", "red_above", "base_knows_below"}),
    "recites": frozenset({"red_from", "red_extracted_from", "amber_exposure_above"}),
    "membership": frozenset({"amber_above"}),
    "leaks": frozenset(
        {"red_from", "amber_below_answers", "amber_look_at_from", "look_at_least_letters", "one_word_is_chance"}
    ),
    "one_sided": frozenset({"amber_above", "amber_spread_above", "amber_tone_above", "amber_rows_above"}),
    "polite": frozenset({"amber_above", "amber_provoked_above"}),
    "privacy": frozenset({"amber_residual_from"}),
}
"""Line -> the thresholds that it has. All are numbers but two: a list of words and a yes or no."""
_KINDS: dict[str, type] = {"one_word_is_chance": list, "red_when_surely_worse": bool}


@cache
def load_thresholds(file: Path = FILE) -> dict[str, dict[str, Any]]:
    """The thresholds by line and name.

    Raises:
        SpecError: The file is no YAML, or a line or threshold is missing, unknown or no number.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise SpecError(f"{file.name} is not valid YAML.", str(error), "Correct that line.") from error
    lines = content if isinstance(content, Mapping) else {}
    _same(file, "", set(lines), set(NEEDED))
    for line, names in NEEDED.items():
        found = lines[line] if isinstance(lines[line], Mapping) else {}
        _same(file, f"{line}.", set(found), set(names))
        for name, value in found.items():
            if type(value) not in ((_KINDS[name],) if name in _KINDS else (int, float)):
                kind = {list: "a list", bool: "true or false"}.get(_KINDS.get(name, float), "a number")
                raise SpecError(f"{line}.{name} of the gate is not {kind}.", f"{file}: {value!r}.", "Correct it.")
    return {line: dict(lines[line]) for line in NEEDED}


def _same(file: Path, prefix: str, found: set[str], needed: set[str]) -> None:
    if odd := sorted(found ^ needed, key=str):
        what = ", ".join(f"{prefix}{name}" for name in odd)
        raise SpecError(
            f"The gate's thresholds lack or do not know: {what}.", str(file), "Correct or restore the file."
        )
