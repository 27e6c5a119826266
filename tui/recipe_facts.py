"""What is known of the data and the model, for the advice beside the knobs and for the preset that is suggested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.actions import DEMO_MODEL, read_json
from engine.advice import FEW_ROWS, RowFacts
from engine.errors import TunesmithError
from engine.models.inspect import inspect_model

if TYPE_CHECKING:
    from engine.project import Project
    from engine.spec import ProjectSpec

_LONG = 1024
"""Tokens that `balanced` reads; where more than a fiftieth of the rows is longer, their ends matter."""
_LONG_SHARE = 0.02


@dataclass(frozen=True)
class DataFacts:
    """Facts for `engine.advice`, and whether nearly all answers are JSON and the model is the bundled one."""

    rows: RowFacts
    json: bool = False
    demo: bool = False

    @classmethod
    def unknown(cls) -> DataFacts:
        """Before anything was read."""
        return cls(RowFacts())

    @property
    def long_share(self) -> float:
        """The share of rows that are longer than `balanced` reads."""
        lengths = self.rows.lengths or ()
        return sum(length > _LONG for length in lengths) / len(lengths) if lengths else 0.0


def read_facts(project: Project, spec: ProjectSpec) -> DataFacts:
    """Read reports and headers: call it in a thread.

    Raises:
        TunesmithError: A report is damaged.
    """
    summary = read_json(project.preview_folder / "summary.json")
    check = read_json(project.check_file)
    rows = summary.get("train_rows") or check.get("usable")
    health = check.get("health")
    quantiles = [int(length) for length in summary.get("length_quantiles") or ()]
    return DataFacts(
        RowFacts(
            rows=int(rows) if rows else None,
            lengths=_spread(quantiles, int(rows)) if quantiles and rows else None,
            parameters=_parameters(spec),
            holdout_rows=int(summary["holdout_rows"]) if "holdout_rows" in summary else None,
        ),
        json=isinstance(health, dict) and bool(health.get("json")),
        demo=spec.model is not None and spec.model.source == DEMO_MODEL,
    )


def suggested_preset(facts: DataFacts, *, balanced_fits: bool | None) -> tuple[str, str]:
    """The preset that the data suggests, and why in a few words.

    Args:
        facts: Of the data.
        balanced_fits: Whether `balanced` fits the card; None: not known.
    """
    rows = facts.rows.rows
    if facts.demo:
        return "demo", "made for the demo model"
    if balanced_fits is False:
        return "low-memory", "your card is small for this model"
    if facts.json:
        return "structured-output", "your answers are JSON"
    if rows is not None and rows < FEW_ROWS:
        return "small-dataset", f"you have {rows:,} rows"
    if facts.long_share > _LONG_SHARE:
        return "long-context", f"{facts.long_share:.0%} of your rows are longer than {_LONG:,} tokens".replace(
            "%", " %"
        )
    return "balanced", "a good first run for your rows"


def _spread(quantiles: Sequence[int], rows: int) -> list[int]:
    """As many lengths as there are rows, spread as the quantiles are."""
    last = len(quantiles) - 1
    return [quantiles[round(at * last / max(1, rows - 1))] for at in range(rows)]


def _parameters(spec: ProjectSpec) -> int | None:
    if spec.model is None or spec.model.path is None:
        return None
    try:
        return inspect_model(Path(spec.model.path)).parameters
    except TunesmithError:
        # the page of the model says what is wrong with it
        return None
