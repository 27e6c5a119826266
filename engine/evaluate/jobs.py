"""The evaluation job: the base model and the tuned one on the same holdout, and five prompts answered by both."""

from __future__ import annotations

import contextlib
import json
import math
from pathlib import Path
from typing import Any

from peft import PeftModel
from transformers.utils import logging as transformers_logging

from engine.data.prepare import prepare
from engine.errors import UsageError
from engine.evaluate.answers import Prompt, answer, prompts_for
from engine.files import atomic_write
from engine.jobs.context import JobContext
from engine.jobs.events import SampleEvent
from engine.models.load import load_model, load_tokenizer
from engine.privacy.gate import check_privacy
from engine.project import Project
from engine.spec import ProjectSpec
from engine.steps import take_step
from engine.train.batches import holdout_loss, perplexity
from engine.train.precision import choose_precision

PROMPTS = 5


def run_evaluate(context: JobContext) -> dict[str, Any]:
    """Compare base and tuned model.

    Returns:
        `base_loss`, `tuned_loss` (nats per trained token of the holdout; None without one), `base_perplexity`,
        `tuned_perplexity`, `holdout_rows`, `run`, and `report`: the path of the whole report.

    Raises:
        UsageError: No finished run.
        PrivacyRefusedError: The rows are not the redacted ones.
    """
    transformers_logging.set_verbosity_error()
    spec = context.project.load()
    adapter = _adapter_of(context.project, spec)
    assert spec.model
    check_privacy(context.project, spec)

    context.phase("prepare", "Reading the rows that were kept apart")
    tokenizer = load_tokenizer(spec.model)
    prepared = prepare(context.project, spec, tokenizer, on_progress=context.progress, stop=context.stop.is_set)

    context.phase("load", "Loading the base model and the adapter")
    precision = choose_precision()
    base = load_model(
        spec.model,
        quantization=spec.recipe.quantization,
        compute_dtype=precision.dtype,
        device=precision.device,
        attention=spec.recipe.attention,
    )
    model = PeftModel.from_pretrained(base, str(adapter), is_trainable=False)
    model.eval()

    report: dict[str, Any] = {"run": spec.run, "holdout_rows": len(prepared.holdout)}
    for who in ("base", "tuned"):
        context.phase(f"loss-{who}", f"Measuring the {who} model on {len(prepared.holdout)} rows it never saw")
        with _as(model, who):
            loss = holdout_loss(
                model,
                prepared.holdout,
                pad_token_id=tokenizer.pad_token_id,
                device=precision.device,
                on_progress=lambda done: context.progress(done, len(prepared.holdout), "rows"),
            )
        context.check_stop()
        known = math.isfinite(loss)
        report[who] = {"loss": loss if known else None, "perplexity": perplexity(loss) if known else None}

    unseen, seen = ([row.index for row in rows] for rows in (prepared.holdout, prepared.train))
    prompts = prompts_for(context.project, spec, tokenizer, unseen, seen, PROMPTS)
    report["answers"] = _answers(context, model, tokenizer, prompts, precision.device)
    file = context.project.evaluation_file(str(spec.run))
    atomic_write(file, json.dumps(report, indent=1, ensure_ascii=False), "saving the evaluation")
    context.project.update(lambda current: take_step("evaluate", current))
    return {
        "run": spec.run,
        "holdout_rows": len(prepared.holdout),
        "base_loss": report["base"]["loss"],
        "tuned_loss": report["tuned"]["loss"],
        "base_perplexity": report["base"]["perplexity"],
        "tuned_perplexity": report["tuned"]["perplexity"],
        "report": str(file),
    }


def _adapter_of(project: Project, spec: ProjectSpec) -> Path:
    if spec.model is None or not spec.run:
        raise UsageError("There is no trained run yet.", "", "Train first: `tunesmith train PROJECT`.", code="no_run")
    adapter = project.run_folder(spec.run) / "adapter"
    if not (adapter / "adapter_model.safetensors").is_file():
        raise UsageError(
            "The last run is not finished.",
            f"{adapter} holds no adapter.",
            "Go on with `tunesmith train PROJECT --resume`, or start anew.",
            code="no_adapter",
        )
    return adapter


def _as(model: PeftModel, who: str) -> Any:
    """The model as base (adapter off) or as tuned."""
    return model.disable_adapter() if who == "base" else contextlib.nullcontext()


def _answers(
    context: JobContext, model: PeftModel, tokenizer: Any, prompts: list[Prompt], device: str
) -> list[dict[str, str]]:
    context.phase("answers", "Asking both models the same questions")
    answered = []
    for number, prompt in enumerate(prompts):
        texts = {}
        for who in ("base", "tuned"):
            with _as(model, who):
                texts[who] = answer(model, tokenizer, prompt.input_ids, device=device, stop=context.stop.is_set)
            context.check_stop()
        entry = {"prompt": prompt.shown, "reference": prompt.reference, **texts}
        context.emit(SampleEvent(**entry))
        context.progress(number + 1, len(prompts), "prompts")
        answered.append(entry)
    return answered
