"""Rows taken out of training, by the fingerprint of their content: those that a tuned model recited, or any other.

The redacted file stays as it is, so taking a row back is all it needs. Rows that differ only in case and white space
share a fingerprint and go together. A new redaction may write a row in other words: then its fingerprint is gone, and
whoever reads the rows is warned. Light: no model is loaded for this.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from typing import Any

from engine.audit import append
from engine.data.examples import Stop, open_dataset
from engine.data.redacted import redacted_data
from engine.data.shapes import Example
from engine.data.split import fingerprint
from engine.errors import DataError, UsageError
from engine.project import Project
from engine.spec import ProjectSpec

RECITED = "recited"
"""In place of a row: all rows that the last evaluation lists as recited."""
_FINGERPRINT_DIGITS = 32


def leave_out(project: Project, fingerprints: Iterable[str]) -> ProjectSpec:
    """Take rows out of training from the next run on.

    Args:
        project: The project.
        fingerprints: As of `engine.data.split.fingerprint`.

    Raises:
        DataError: No dataset was chosen.
    """
    wanted = list(dict.fromkeys(fingerprints))
    spec = _change(project, lambda known: [*known, *(one for one in wanted if one not in known)])
    append(project, "rows_left_out", {"rows": len(wanted), "now": _count(spec)})
    return spec


def take_back(project: Project, fingerprints: Iterable[str] | None = None) -> ProjectSpec:
    """Train on rows again that were taken out; None: on all of them.

    Raises:
        DataError: No dataset was chosen.
    """
    wanted = None if fingerprints is None else set(fingerprints)
    before = _count(project.load())
    spec = _change(project, lambda known: [] if wanted is None else [one for one in known if one not in wanted])
    append(project, "rows_taken_back", {"rows": before - _count(spec), "now": _count(spec)})
    return spec


def named_rows(project: Project, spec: ProjectSpec, names: Iterable[str]) -> list[str]:
    """The fingerprints of rows that a person names.

    Args:
        project: The project.
        spec: Its settings.
        names: 0-based numbers of rows in the redacted file, as the preview shows them; fingerprints; or `recited`.

    Raises:
        DataError: Nothing is redacted yet.
        UsageError: There is no such row; or nothing was evaluated, for `recited`.
    """
    found: list[str] = []
    numbers: list[int] = []
    for name in names:
        if name == RECITED:
            found += recited_fingerprints(project, spec)
        elif len(name) == _FINGERPRINT_DIGITS and not set(name) - set("0123456789abcdef"):
            found.append(name)
        elif name.isascii() and name.isdigit():
            numbers.append(int(name))
        else:
            raise _no_row(name, "It is neither the number of a row nor a fingerprint.")
    if numbers:
        known = fingerprints_of_rows(project, spec, numbers)
        for number in numbers:
            if number not in known:
                raise _no_row(str(number), "The redacted file has no usable row with this number.")
            found.append(known[number])
    return list(dict.fromkeys(found))


def recited_fingerprints(project: Project, spec: ProjectSpec) -> list[str]:
    """Of the rows that the evaluation of the project's run lists as recited.

    Raises:
        UsageError: The run was not evaluated.
    """
    file = project.evaluation_file(str(spec.run))
    try:
        report: dict[str, Any] = json.loads(file.read_bytes())
        return [str(row["fingerprint"]) for row in (report.get("memorisation") or {}).get("recited_rows", [])]
    except FileNotFoundError as error:
        raise UsageError(
            "Nobody looked for recited rows yet.",
            f"{file} does not exist.",
            "Run `tunesmith evaluate PROJECT` first.",
            code="not_evaluated",
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            "The evaluation cannot be read.", f"{file}: {error}", "Run `tunesmith evaluate PROJECT` again."
        ) from error


def fingerprints_of_rows(
    project: Project, spec: ProjectSpec, rows: Collection[int], stop: Stop | None = None
) -> dict[int, str]:
    """The fingerprints of rows of the redacted file, by their 0-based numbers; rows that are not there are left out.

    Raises:
        DataError: The file cannot be used.
        StoppedError: `stop` said so.
    """
    wanted = set(rows)
    return {
        row.index: fingerprint(row)
        for row in open_dataset(redacted_data(project, spec)).examples(stop)
        if isinstance(row, Example) and row.index in wanted
    }


def come_back(project: Project, spec: ProjectSpec, stop: Stop | None = None) -> list[str]:
    """Fingerprints of rows taken out that no row of the redacted file has any more.

    Such a row was written in other words by a new redaction, and would be trained on again; or it is gone altogether.

    Raises:
        DataError: The file cannot be used.
        StoppedError: `stop` said so.
    """
    wanted = set(spec.data.left_out) if spec.data else set()
    if wanted and spec.data:
        # A row that a fix drops is still there.
        data = redacted_data(project, spec).model_copy(update={"fixes": []})
        for row in open_dataset(data).examples(stop):
            if isinstance(row, Example):
                wanted.discard(fingerprint(row))
    return sorted(wanted)


def come_back_warning(count: int) -> dict[str, str]:
    """What to say of so many of them: `code`, `title`, `what` and `hint` of a warning."""
    rows = "1 row that you took out is" if count == 1 else f"{count} rows that you took out are"
    return {
        "code": "left_out_gone",
        "title": f"{rows} not found among the redacted rows.",
        "what": "The rows were redacted anew since, and what is written in other words is trained on again.",
        "hint": "Forget the old ones with `tunesmith data PROJECT --take-back`, then take the rows out again: "
        "`--leave-out ROW`, or `--leave-out recited` after an evaluation.",
    }


def _change(project: Project, by: Callable[[list[str]], list[str]]) -> ProjectSpec:
    def apply(spec: ProjectSpec) -> ProjectSpec:
        if spec.data is None:
            raise DataError("No data is chosen.", str(project.file), "Choose a file in the wizard.")
        return spec.model_copy(update={"data": spec.data.model_copy(update={"left_out": by(spec.data.left_out)})})

    return project.update(apply)


def _count(spec: ProjectSpec) -> int:
    return len(spec.data.left_out) if spec.data else 0


def _no_row(name: str, what: str) -> UsageError:
    return UsageError(
        f"There is no row `{name}`.",
        what,
        "Give its number as `tunesmith preview` shows it, or `recited`.",
        code="no_row",
    )
