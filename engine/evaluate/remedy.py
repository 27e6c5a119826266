"""What can be done about a line of the gate before training again. Light: no model is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.actions import read_json, record
from engine.evaluate.gate_limits import load_thresholds
from engine.project import Project
from engine.runs import read_object
from engine.spec import ProjectSpec
from engine.train.remedies import RATE_DOWN

MIX_IN, MIX_IN_RED, MOST = 0.1, 0.2, 0.4
"""The first share of general rows: where the line is amber, and where it is red. Every further time it is doubled."""


@dataclass(frozen=True)
class MixIn:
    """What is offered to a run that forgot.

    Args:
        share: Of general rows among all.
        rate: The learning rate; None: as it is.
    """

    share: float
    rate: float | None = None

    @property
    def words(self) -> str:
        """`20 % of all rows, learning rate 6e-05`."""
        rows = f"{100 * self.share:.0f} % of all rows"
        return rows if self.rate is None else f"{rows}, learning rate {self.rate:.1g}"


def mix_in_offer(project: Project, spec: ProjectSpec, report: Mapping[str, Any] | None = None) -> MixIn:
    """How many general rows, by how much the run forgot; and a lower rate where it forgot in spite of some.

    The second tenth does far less than the first: a model of 1.7 M that knew the general rows by heart ended at 27, 6
    and 4 times its loss on them with none, a tenth and a fifth. What is left then is the rate.

    Args:
        project: Whose run.
        spec: Its settings.
        report: Of the run's evaluation; None: as it was written.
    """
    run = spec.run
    made = read_object(project.run_folder(run) / "recipe.json").get("recipe") or {} if run else {}
    share = float(made.get("mix_in", spec.recipe.mix_in))
    if report is None:
        report = read_json(project.evaluation_file(run)) if run else {}
    change, limits = (report.get("general") or {}).get("change") or 0.0, load_thresholds()["still_can"]
    if not share:
        return MixIn(max(spec.recipe.mix_in, MIX_IN_RED if change > limits["red_above"] else MIX_IN))
    in_spite = "learning_rate" in made and change > limits["amber_above"]
    rate = float(made["learning_rate"]) * RATE_DOWN if in_spite else None
    return MixIn(max(share, min(MOST, 2 * share)), rate)


def mix_general_rows_in(project: Project) -> ProjectSpec:
    """Do what is offered: set `recipe.mix_in`, and `recipe.learning_rate` where it says so.

    Raises:
        DiskFullError, ProjectError, SpecError: It cannot be saved.
    """

    def apply(spec: ProjectSpec) -> ProjectSpec:
        offer = mix_in_offer(project, spec)
        rate = spec.recipe.learning_rate if offer.rate is None else offer.rate
        return spec.model_copy(
            update={"recipe": spec.recipe.model_copy(update={"mix_in": offer.share, "learning_rate": rate})}
        )

    spec = project.update(apply)
    record(project, "recipe", {"mix_in": spec.recipe.mix_in, "learning_rate": spec.recipe.learning_rate})
    return spec
