"""The gate: one page that says whether an adapter may leave this machine, line by line.

Green passes. Amber needs a reason that the creator types and that goes to the record. Red stays here, whatever is said.
What was not measured is amber, and what was measured on something else than what would leave now is never green.
Thresholds: `presets/gate.yaml`. Light: nothing here loads a model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from engine.actions import read_json, record
from engine.errors import RefusedError, UsageError
from engine.evaluate.gate_limits import FILE as THRESHOLDS
from engine.evaluate.gate_limits import load_thresholds, looser_than_shipped
from engine.evaluate.gate_line import NOT_MEASURED, Facts, GateLine, State
from engine.evaluate.gate_lines import all_lines
from engine.evaluate.gate_reasons import ACTION, said_of, with_reasons
from engine.files import sha256_of
from engine.jobs.folder import jobs_of
from engine.jobs.state import view
from engine.project import Project
from engine.runs import read_object
from engine.runs_made import measured_otherwise
from engine.ship.adapter import WEIGHTS
from engine.spec import GateReasonSpec, ProjectSpec

__all__ = ["Gate", "GateLine", "State", "check_gate", "give_reason", "judge"]

LEAST_REASON = 3
"""Letters or digits that a reason needs."""


@dataclass(frozen=True)
class Gate:
    """The verdict on one run.

    Args:
        run: The run.
        lines: In the order they are shown.
    """

    run: str
    lines: tuple[GateLine, ...]

    @property
    def open(self) -> bool:
        """Whether the adapter may leave: nothing red, and a reason for every amber line."""
        return not self.red and not self.unexplained

    @property
    def red(self) -> tuple[GateLine, ...]:
        """What keeps it here."""
        return self._in("red")

    @property
    def amber(self) -> tuple[GateLine, ...]:
        """What needs a reason, whether it has one or not."""
        return self._in("amber")

    @property
    def unexplained(self) -> tuple[GateLine, ...]:
        """Amber lines without a reason."""
        return tuple(line for line in self.amber if not line.reason)

    def _in(self, state: State) -> tuple[GateLine, ...]:
        return tuple(line for line in self.lines if line.state == state)

    def as_dict(self) -> dict[str, Any]:
        """As `tunesmith gate --json` prints it."""
        return {
            "open": self.open,
            "run": self.run,
            "lines": [asdict(line) for line in self.lines],
            "red": len(self.red),
            "amber": len(self.amber),
            "green": len(self._in("green")),
        }

    def for_record(self) -> dict[str, Any]:
        """What the trail keeps of it: every line that is not green, with its reason, and which thresholds were used."""
        passed = {
            line.id: {"figure": line.figure, "reason": line.reason} for line in self.lines if line.state != "green"
        }
        looser = looser_than_shipped(load_thresholds())
        return {
            "lines": len(self.lines),
            "not_green": passed,
            "thresholds": sha256_of(THRESHOLDS),
            **({"looser": looser} if looser else {}),
        }


def judge(project: Project, spec: ProjectSpec, run: str | None = None) -> Gate:
    """Judge a run by what is known of it now.

    Args:
        project: The project.
        spec: Its settings.
        run: A folder name under `runs/`; None: the project's run.

    Raises:
        UsageError: There is no finished run, or the report of the evaluation is damaged.
        SpecError: `presets/gate.yaml` cannot be used.
    """
    name = run or spec.run
    adapter = project.run_folder(name) / "adapter" if name else None
    if not name or adapter is None or not (adapter / WEIGHTS).is_file():
        raise UsageError(
            "There is no trained adapter to judge.",
            str(adapter or project.root / "runs"),
            "Train first: `tunesmith train PROJECT`.",
            code="no_run",
        )
    report = read_json(project.evaluation_file(name))
    on = report.get("measured_on") if isinstance(report.get("measured_on"), dict) else {}
    assert isinstance(on, dict)
    same_adapter = on.get("adapter") == sha256_of(adapter / WEIGHTS)
    made = read_object(project.run_folder(name) / "recipe.json")
    facts = Facts(
        project=project,
        spec=spec,
        adapter=adapter,
        report=report if same_adapter else {},
        thresholds=load_thresholds(),
        stale=_stale(spec, on, made, bool(report), same_adapter=same_adapter),
        made=made,
    )
    lines, looser = all_lines(facts), looser_than_shipped(facts.thresholds)
    if any(line.figure == NOT_MEASURED for line in lines) and (why := _at_work(project)):
        lines = [replace(line, why=why) if line.figure == NOT_MEASURED else line for line in lines]
    lines = [_never_green_by_looser_limits(line, looser.get(line.id, ())) for line in lines]
    return Gate(name, with_reasons(project, spec, name, lines))


def _never_green_by_looser_limits(line: GateLine, looser: tuple[str, ...]) -> GateLine:
    """Whoever lets more pass than tunesmith does says why, like for any other doubt; red stays red."""
    if not looser or line.state == "red":
        return line
    what = f"presets/gate.yaml lets more pass than tunesmith does: {', '.join(looser)}."
    return replace(line, state="amber", why=f"{line.why} {what}".strip())


def _at_work(project: Project) -> str:
    """What to do about lines that were not measured, where an evaluation is at it or ended too early; else empty."""
    jobs = [folder for folder in jobs_of(project.root) if folder.id.startswith("evaluate-")]
    if not jobs or (last := view(jobs[-1])).state == "finished":
        return ""
    if last.active:
        return f"An evaluation is at it: wait for it (`tunesmith attach {last.record.id}`)."
    return f"The last evaluation {last.state} before it came to this. Run evaluate: it goes on where it was."


def _stale(spec: ProjectSpec, on: dict[str, Any], made: dict[str, Any], measured: bool, *, same_adapter: bool) -> str:
    """Why the evaluation does not count for what would leave now; empty when it does."""
    if not measured:
        return ""
    if not same_adapter:
        return "another adapter was measured"
    left_out = sorted(spec.data.left_out) if spec.data else []
    if on.get("redacted") != spec.redaction.sha256:
        return "the rows were redacted anew since"
    if on.get("left_out", []) != left_out:
        return "rows were taken out since; train again"
    if made.get("rows") and made["rows"] != spec.redaction.sha256:
        return "it was trained on the rows of an earlier redaction, so rows kept apart may be among them; train again"
    return measured_otherwise(made, on.get("rows"), spec)


def check_gate(project: Project, spec: ProjectSpec, run: str | None = None) -> Gate:
    """Pass, or refuse.

    Raises:
        RefusedError: Codes `gate_red` and `gate_amber`; exit code 3.
        UsageError: As `judge`.
    """
    gate = judge(project, spec, run)
    if gate.red:
        raise RefusedError(
            f"The gate is closed: {_count(gate.red, 'red')}.",
            "\n".join(f"{line.title}: {line.figure}. {line.why}".strip() for line in gate.red),
            f"Look at it with `tunesmith gate {project.root}` or in the wizard, mend it, and train or evaluate again.",
            code="gate_red",
        )
    if gate.unexplained:
        raise RefusedError(
            f"The gate needs a reason from you: {_count(gate.unexplained, 'amber')}.",
            "\n".join(f"{line.title}: {line.figure}. {line.why}".strip() for line in gate.unexplained),
            f"If it is all right, say why: `tunesmith gate {project.root} --reason {gate.unexplained[0].id}=TEXT`. "
            "It goes to the record.",
            code="gate_amber",
        )
    return gate


def give_reason(project: Project, reason: str, lines: Iterable[str] | None = None) -> Gate:
    """Say why amber lines are let pass; it goes to the project and to its trail.

    Args:
        project: The project.
        reason: In the creator's words.
        lines: Ids of lines; None: every amber line without a reason.

    Returns:
        The gate with the reason.

    Raises:
        UsageError: No such line, a line that is not amber, or no reason to speak of.
        RefusedError: The line is red; code `gate_red`.
    """
    words = " ".join(reason.split())
    if sum(letter.isalnum() for letter in words) < LEAST_REASON:
        raise UsageError("This is no reason.", repr(reason), "Say in a few words why it may pass.", code="no_reason")
    gate = judge(project, project.load())
    known = {line.id: line for line in gate.lines}
    wanted = [line.id for line in gate.unexplained] if lines is None else list(lines)
    for name in wanted:
        _refuse_reason(name, known)
    now = datetime.now(UTC).replace(microsecond=0)
    said = [GateReasonSpec(run=gate.run, line=name, reason=words, at=now) for name in wanted]

    def apply(spec: ProjectSpec) -> ProjectSpec:
        kept = [one for one in spec.evaluation.reasons if one.run != gate.run or one.line not in wanted]
        evaluation = spec.evaluation.model_copy(update={"reasons": [*kept, *said]})
        return spec.model_copy(update={"evaluation": evaluation})

    for name in wanted:
        record(
            project,
            ACTION,
            {"run": gate.run, "line": name, **said_of(known[name]), "reason": words},
        )
    # The trail first: a reason counts only where it is on the record.
    return judge(project, project.update(apply))


def _refuse_reason(name: str, known: dict[str, GateLine]) -> None:
    line = known.get(name)
    if line is None:
        raise UsageError(f"The gate has no line `{name}`.", "", f"Its lines: {', '.join(known)}.", code="no_line")
    if line.state == "red":
        raise RefusedError(
            f"A red line cannot be let pass: {line.title}.", f"{line.figure}. {line.why}", "Mend it.", code="gate_red"
        )
    if line.state == "green":
        raise UsageError(f"This line needs no reason: {line.title}.", line.figure, "", code="no_reason_needed")


def _count(lines: tuple[GateLine, ...], state: Literal["red", "amber"]) -> str:
    return f"{len(lines)} {state} line" + ("" if len(lines) == 1 else "s")
