"""The training job: from the project folder to an adapter on disk, or to a checkpoint from which it goes on."""

from __future__ import annotations

from typing import Any

import torch
from transformers.utils import logging as transformers_logging

from engine.data.left_out import come_back, come_back_warning
from engine.data.prepare import Prepared, prepare
from engine.data.render import Renderer
from engine.errors import StoppedError, TunesmithError, UsageError
from engine.evaluate.canaries import plant
from engine.evaluate.general import mix_in
from engine.jobs.context import JobContext
from engine.models.load import load_tokenizer
from engine.privacy.content_gate import check_content
from engine.privacy.gate import check_privacy
from engine.spec import ModelSpec, ProjectSpec, RecipeSpec
from engine.train.attempts import event_callback, train_with_recovery
from engine.train.callback import Meter
from engine.train.finish import finish
from engine.train.precision import choose_precision, dtype_name
from engine.train.preflight import preflight
from engine.train.private import PrivateTrainer
from engine.train.private_budget import refuse_other_noise
from engine.train.probing import probe_run
from engine.train.ranks import Ranks, order_of, spread_here
from engine.train.recipe import build_trainer
from engine.train.run import Run, body_of, fingerprint_of, open_run
from engine.train.samples import SampleCallback, sample_prompts
from engine.train.spending import Spending, check_budget
from engine.train.spread import check_spread
from engine.train.trainer import RecipeTrainer
from engine.train.watch import LiveWatch

SMOKE_STEPS = 3


def run_train(context: JobContext) -> dict[str, Any]:
    """Train.

    `context.spec` may hold `resume` (go on from the last checkpoint of the project's run; with `from_step` from that
    one, with `adapt` although knobs that may change within a run are others now) and `smoke` (a few steps that prove
    that everything fits together; leaves no run behind).

    Returns:
        `adapter_dir`, `train_loss` (mean over all steps, nats per trained token), `eval_loss` (holdout, same unit;
        None without a holdout), `tokens_per_second`, `supervised_tokens`, `peak_bytes` and what else is worth
        knowing at the end.

    Raises:
        PrivacyRefusedError: Personal data may still be in the rows.
        RefusedError: The content rules do not allow it, or a statement is missing.
        DataError, ModelError: They cannot be used.
        UsageError: It cannot go on from what is there, or its budget is used up.
        StoppedError: On request or by the budget, after saving a checkpoint.
        JobFailedError: The loss stopped being a number, nothing was learnt, or memory ran out with a single row.
    """
    transformers_logging.set_verbosity_error()
    spec = context.project.load()
    model_spec, recipe = _required(spec)
    smoke = bool(context.spec.get("smoke"))
    check_privacy(context.project, spec)
    check_content(context.project, spec, every_row=True)
    spread = spread_here(context.project, spec)
    check_spread(recipe, spread)
    run = open_run(context, spec, smoke=smoke)
    check_budget(spec.budget, run.folder)
    if smoke:
        recipe = recipe.model_copy(update={"max_steps": SMOKE_STEPS, "save_steps": 10**9})
    watch = LiveWatch(context)
    context.listeners.append(watch)
    try:
        with (
            Spending(context, spec.budget, None if smoke else run.folder) as spending,
            Ranks(context, spread) as ranks,
        ):
            return _train(context, spec, model_spec, recipe, run, spending, ranks, smoke=smoke)
    except TunesmithError as error:
        watch.failing(error)
        raise


def _train(
    context: JobContext,
    spec: ProjectSpec,
    model_spec: ModelSpec,
    recipe: RecipeSpec,
    run: Run,
    spending: Spending,
    ranks: Ranks,
    *,
    smoke: bool,
) -> dict[str, Any]:
    context.phase("prepare", "Reading your rows as the model will see them")
    tokenizer = load_tokenizer(model_spec)
    prepared = prepare(context.project, spec, tokenizer, on_progress=context.progress, stop=context.stop.is_set)
    if gone := come_back(context.project, spec, context.stop.is_set):
        context.warn(**come_back_warning(len(gone)))
    if recipe.canaries:
        plant(context.project, spec, tokenizer, prepared, run.folder)
    if recipe.mix_in:
        own = len(prepared.train)
        added = mix_in(prepared, Renderer(tokenizer, model_spec.chat_template), recipe.mix_in, recipe.seed)
        _say_mixed(context, added, own, recipe.mix_in)

    context.phase("load", "Loading the base model")
    precision = choose_precision()
    ranks.order(order_of(context.project, spec, recipe, run, ranks.spread, precision, prepared, smoke=smoke))
    meter = Meter(tokens=int(run.facts.get("tokens", 0)))
    torch.manual_seed(recipe.seed)
    trainer = build_trainer(
        context,
        model_spec,
        recipe,
        tokenizer=tokenizer,
        train=prepared.train,
        holdout=prepared.holdout,
        checkpoints=run.checkpoints,
        precision=precision,
        meter=meter,
        fingerprint=fingerprint_of(spec),
        spread=ranks.spread,
    )
    trainer.facts["body"] = body_of(spec)
    if isinstance(trainer, PrivateTrainer):
        refuse_other_noise(trainer.budget, run.facts.get("noise"))
        trainer.facts["noise"], trainer.begun_at = trainer.budget.noise, run.step
        spending.epsilon = trainer.epsilon_now
    event_callback(trainer).patience = recipe.early_stopping
    _add_samples(context, trainer, spec, recipe, tokenizer, prepared)
    spending.checkpoint_bytes = preflight(context, trainer, prepared, recipe, run, dtype_name(precision.dtype))
    probe_run(context, trainer, spec, recipe, prepared, dtype_name(precision.dtype))
    context.check_stop()

    context.phase("train", "Training")
    went_back = train_with_recovery(context, trainer, run, recipe, meter)
    early = event_callback(trainer).stopped_early
    if context.stop.is_set() and trainer.state.global_step < trainer.state.max_steps and not early:
        raise StoppedError("Stopped.", f"A checkpoint at step {trainer.state.global_step} was saved.")

    context.phase("save", "Saving the adapter")
    result = finish(context, trainer, prepared, run, spec, meter, spending, smoke=smoke)
    return {**result, "rate_lowered": went_back}


def _say_mixed(context: JobContext, added: int, own: int, wanted: float) -> None:
    """How many general rows there are among the others; a warning where there are not enough of them."""
    share = added / max(added + own, 1)
    print(f"{added:,} general rows are mixed in with {own:,} of yours ({share:.1%}).", flush=True)
    if share < 0.9 * wanted:
        context.warn(
            "few_general_rows",
            f"General rows are {share:.1%} of all, not {wanted:.0%}: tunesmith has only {added:,} to give.",
            hint="If it forgets in spite of them, lower recipe.learning_rate.",
        )


def _required(spec: ProjectSpec) -> tuple[ModelSpec, RecipeSpec]:
    if spec.model is None or spec.data is None:
        missing = "model" if spec.model is None else "dataset"
        raise UsageError(f"The project has no {missing} yet.", "", f"Choose a {missing} first.", code="incomplete")
    return spec.model, spec.recipe


def _add_samples(
    context: JobContext,
    trainer: RecipeTrainer,
    spec: ProjectSpec,
    recipe: RecipeSpec,
    tokenizer: Any,
    prepared: Prepared,
) -> None:
    if recipe.sample_steps is not None:
        prompts = sample_prompts(context, spec, tokenizer, prepared)
        clock = event_callback(trainer)
        trainer.add_callback(SampleCallback(context, tokenizer, prompts, recipe.sample_steps, clock))
