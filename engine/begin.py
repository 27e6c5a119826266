"""Begin a training run: what must be so before it, and how a short run goes on as a full one.

Both front ends begin here, so that neither starts what the other would refuse.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.actions import confirm, data_file, data_shape, needs_fetch, read_json, record
from engine.audit import must_be_writable
from engine.errors import BusyError, DataError, ModelError, RefusedError, SpecError, UsageError
from engine.jobs.folder import JobFolder
from engine.jobs.history import run_of
from engine.jobs.launch import launch
from engine.jobs.state import all_jobs
from engine.project import Project
from engine.recipe_rules import planned_steps
from engine.spec import ProjectSpec, RecipeSpec
from engine.spec_text import with_settings
from engine.steps import step_statuses
from engine.train.checkpoints import checkpoint_steps

if TYPE_CHECKING:
    from engine.plan.report import Machine, PlanReport

_PLAIN_SHAPES = ("text", "prompt_completion", "auto")
"""Shapes that a model without a chat template can learn; of `auto` nothing is known before the check."""
_SHORTEST_ROW = 8
"""Tokens of a row where nothing is known of them: as few as a recipe may allow."""


def before_training(project: Project, spec: ProjectSpec) -> None:
    """Refuse what cannot work, then what must not: first usability (exit 2), then the privacy gate (exit 3).

    Raises:
        ModelError, DataError, SpecError: The model, the data or the recipe cannot be used.
        PrivacyRefusedError: Personal data may still be in what would be trained on.
        RefusedError: The licence or the content rules do not allow it, or a statement is missing.
    """
    _check_model(project, spec)
    _check_packing(spec)
    _check_data(spec)
    from engine.licences.check import check_allowed, project_verdict
    from engine.privacy.content_gate import check_content
    from engine.privacy.gate import check_privacy

    check_allowed(project_verdict(project, spec))
    check_privacy(project, spec)
    check_content(project, spec)


def start_training(
    project: Project,
    *,
    resume: bool = False,
    smoke: bool = False,
    force: bool = False,
    from_step: int | None = None,
    adapt: bool = False,
) -> JobFolder:
    """Check, record and launch a training run. Who starts it without the confirming page confirms by starting.

    Args:
        project: What is trained.
        resume: Go on from the last checkpoint of the project's run.
        smoke: A few steps that prove that everything fits together.
        force: Although another heavy job is running, or the plan says that it does not fit.
        from_step: With `resume`: from the checkpoint of this step.
        adapt: With `resume`: with the present recipe, where only knobs are others that may change within a run.

    Raises:
        BusyError: With `resume`: a job works on that run. Not even `force` lets two write the same checkpoints.
        TunesmithError: As `before_training`, `check_fit` and `launch`.
    """
    spec = project.load()
    if resume:
        _check_idle(project, spec)
    before_training(project, spec)
    if not (resume or smoke or force):
        check_fit(project, spec)
    confirmed = next(status for status in step_statuses(spec) if status.step == "recipe").state == "done"
    if not (confirmed or smoke or resume):
        confirm(project)
    wanted: dict[str, Any] = {"resume": resume, "smoke": smoke}
    if from_step is not None:
        wanted["from_step"] = from_step
    if adapt:
        wanted["adapt"] = True
    must_be_writable(project)
    job = launch(project.root, "train", wanted, force=force)
    record(project, "train", {"job": job.id, **wanted})
    return job


def _check_idle(project: Project, spec: ProjectSpec) -> None:
    for job in all_jobs([project.root]):
        if job.active and job.record.kind == "train" and run_of(job.record, spec.run) == spec.run:
            raise BusyError(
                "This run is being trained.",
                f"{job.record.id} works on it.",
                f"Watch it: `tunesmith attach {job.record.id}`. Stop it: `tunesmith stop {job.record.id}`.",
            )


def check_fit(project: Project, spec: ProjectSpec, machine: Machine | None = None) -> None:
    """Refuse a run of which it is known that it does not fit on the GPU that is here.

    Arithmetic only: it is known where the model was planned before (the job `plan`), and without a preview of the rows
    only where not even the shortest would fit. Without a GPU nothing is refused: main memory can be swapped.

    Args:
        project: What is trained.
        spec: Its settings.
        machine: What it runs on; None: this one.

    Raises:
        RefusedError: `does_not_fit`, with what would fit.
    """
    machine = machine or gpu_here()
    report = known_plan(project, spec, machine) if machine else None
    if report is not None and report.fits is False:
        raise RefusedError(
            "The run does not fit on this GPU.",
            f"{report.note} {report.suggestion}",
            "Set that in project.yaml (or in the wizard, step Recipe), or go on anyway with `tunesmith train --force`.",
            code="does_not_fit",
        )


def gpu_here() -> Machine | None:
    """The GPU that a run would take; None where there is none."""
    from engine.plan.machine import this_machine

    machine = this_machine()
    return machine if machine.on_cuda and machine.memory else None


def known_plan(project: Project, spec: ProjectSpec, machine: Machine) -> PlanReport | None:
    """The plan of a run as far as it is known without working anything out; None: it is not.

    Without a preview, of the rows nothing is known but that they have a few tokens.
    """
    from engine.plan.memory import rows_of_length
    from engine.plan.report import architecture_for, make_report, rows_of
    from engine.plan.variants import NotPlannedYetError, profiles_kept

    rows = rows_of(project, spec.recipe)
    try:
        architecture = architecture_for(spec)
        return make_report(
            architecture,
            spec.recipe,
            rows if rows.count else rows_of_length(_SHORTEST_ROW),
            profiles_kept(architecture),
            machine,
            compute=spec.compute,
            as_far_as_known=True,
        )
    except (NotPlannedYetError, ModelError):
        return None


def promote(project: Project, settings: Iterable[str] = (), *, force: bool = False) -> JobFolder:
    """Let a short run go on as the full one: without a limit of steps, from its last checkpoint.

    What was learnt is kept, adapter and optimizer both. The schedule of the learning rate is that of the longer run at
    the step where it goes on, so the rate rises again where the short one had let it fall. Knobs that the checkpoint
    does not depend on can be changed with `settings`; the others (rank, targets, effective batch, ...) are refused.

    Raises:
        UsageError: There is no run with a limit of steps to promote.
        TunesmithError: As `start_training`; the recipe is as it was then.
    """
    spec = project.load()
    if not spec.run or spec.recipe.max_steps is None:
        raise UsageError(
            "There is no short run to promote.",
            "recipe.max_steps is not set." if spec.run else "This project has no run yet.",
            "Start with the recipe quick-check, or go on with `tunesmith train PROJECT --resume`.",
            code="not_short",
        )
    if spec.recipe.dp_epsilon is not None:
        raise UsageError(
            "A private run cannot be promoted.",
            f"Its noise was chosen for {spec.recipe.max_steps:,} steps.",
            "Start a new run with `tunesmith train PROJECT`.",
            code="changed_since",
        )
    full = full_recipe(project, spec)
    project.update(lambda current: with_settings(current.model_copy(update={"recipe": full}), list(settings)))
    try:
        job = start_training(project, resume=True, adapt=True, force=force)
    except BaseException:
        project.update(lambda current: current.model_copy(update={"recipe": spec.recipe}))
        raise
    confirm(project)
    return job


def full_recipe(project: Project, spec: ProjectSpec) -> RecipeSpec:
    """The recipe of the full run after a short one: no limit of steps, and as often through the rows as goes further.

    With few rows a hundred steps can be more than the recipe's epochs; then one more epoch than are behind it.
    """
    full = spec.recipe.model_copy(update={"max_steps": None})
    rows = read_json(project.preview_folder / "summary.json").get("train_rows")
    done = checkpoint_steps(project.run_folder(spec.run) / "checkpoints") if spec.run else []
    if not rows or not done or full.packing or planned_steps(full, rows) > max(done):
        return full
    once = planned_steps(full.model_copy(update={"epochs": 1.0}), rows)
    return full.model_copy(update={"epochs": float(max(done) // once + 1)})


def _check_model(project: Project, spec: ProjectSpec) -> None:
    from engine.models.inspect import inspect_model

    model = spec.model
    if model is None:
        raise ModelError("No model is chosen.", str(project.file), "Choose one in the wizard: `tunesmith PROJECT`.")
    if needs_fetch(spec) or model.path is None:
        raise ModelError(
            "The model is not on this machine yet.",
            f"{model.source} was chosen but not downloaded or converted.",
            f"Open step 1 (Model) in the wizard, or run `tunesmith train {project.root}`: both get it first.",
            code="not_fetched",
        )
    path = Path(model.path)
    if not path.exists():
        raise ModelError(
            "The model is not there any more.",
            f"{path} does not exist.",
            "Put it back, or choose another model in the wizard.",
            code="missing_file",
        )
    facts = inspect_model(path)
    chat = data_shape(project, spec) not in _PLAIN_SHAPES
    if chat and model.chat_template == "model" and not facts.has_chat_template:
        raise ModelError(
            "This model has no chat template, and your data are chats.",
            f"The tokenizer in {path} does not say how a conversation is written.",
            "Use the common one: `tunesmith new ... --set model.chat_template=chatml`, or set it in project.yaml.",
            code="no_chat_template",
        )


def _check_data(spec: ProjectSpec) -> None:
    if spec.data is None:
        raise DataError("No data is chosen.", "", "Choose a file in the wizard, or make a project with --data.")
    data_file(spec.data.path)


def _check_packing(spec: ProjectSpec) -> None:
    """Rows in one sequence must not see each other, and in some models they would."""
    if not spec.recipe.packing or spec.model is None:
        return
    from engine.plan.average import may_pack
    from engine.plan.report import architecture_for

    architecture = architecture_for(spec)
    if not may_pack(architecture, spec.recipe.model_copy(update={"dp_epsilon": None})):
        raise SpecError(
            "Rows cannot be packed with this model.",
            f"recipe.packing is true, and in a `{architecture.config.get('model_type')}` model it is not known that "
            "rows in one sequence do not see each other.",
            "Set recipe.packing=false: rows of like length then share a micro-batch.",
            code="packing",
        )
