"""The evaluation job: the base model and the tuned one side by side, section by section, into one report.

`evaluation/RUN.json` is the report. It is written after each section, and what was measured is kept beside it
(`RUN.parts.json`), so that a stopped evaluation goes on where it was. With `base_only` the same questions are asked of
the base model before there is anything to compare (`evaluation/base.json`); a later evaluation takes its answers from
there.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from peft import PeftModel
from transformers.utils import logging as transformers_logging

from engine.actions import read_json
from engine.data.left_out import come_back, come_back_warning
from engine.data.prepare import Prepared, prepare
from engine.data.render import Renderer
from engine.errors import PrivacyRefusedError, UsageError
from engine.evaluate.dequantised import (
    merge_where_possible,
    pack_where_possible,
    tile_where_possible,
    unpack_where_possible,
)
from engine.evaluate.parts import Parts, fingerprint
from engine.evaluate.sections import (
    Evaluation,
    measure_general,
    measure_holdout,
    measure_one_sidedness,
    measure_prompts,
    measure_provocations,
)
from engine.evaluate.subject import Subject
from engine.files import atomic_write, sha256_of
from engine.jobs.context import JobContext
from engine.jobs.history import parts_of
from engine.models.load import load_model, load_tokenizer, quietly
from engine.privacy.gate import check_privacy
from engine.project import Project
from engine.runs_made import rows_key
from engine.spec import ProjectSpec
from engine.steps import take_step
from engine.train.batches import overlap
from engine.train.precision import Precision, choose_precision, dtype_name

BASE = "base"


def run_evaluate(context: JobContext) -> dict[str, Any]:
    """Compare base and tuned model; with `base_only` in the job's spec, ask the base model alone.

    Returns:
        `base_loss`, `tuned_loss` (nats per trained token of the holdout; None without one), `base_perplexity`,
        `tuned_perplexity`, `holdout_rows`, `run`, and `report`: the path of the whole report. With `base_only`:
        `report`, `run` (None) and `base_loss` where rows could be read.

    Raises:
        UsageError: No finished run, or no model.
        PrivacyRefusedError: The rows are not the redacted ones.
        StoppedError: On request; what was measured is kept.
    """
    transformers_logging.set_verbosity_error()
    spec = context.project.load()
    if context.spec.get("base_only"):
        return _base_only(context, spec)
    adapter = _adapter_of(context.project, spec)
    check_privacy(context.project, spec)
    work = _open(context, spec, adapter, readable=True)
    file = context.project.evaluation_file(str(spec.run))
    measure_holdout(work)
    work.add(holdout_overlap=_holdout_overlap(work), holdout_near=_holdout_near(context.project, spec))
    measure_prompts(work)
    measure_general(work)
    measure_one_sidedness(work)
    measure_provocations(work)
    _add_base_first(work)
    _measure_privacy(work)
    work.add(complete=True)
    context.project.update(lambda current: take_step("evaluate", current, on=spec))
    report = work.report
    return {
        "run": spec.run,
        "holdout_rows": report["holdout_rows"],
        "base_loss": report["base"]["loss"],
        "tuned_loss": report["tuned"]["loss"],
        "base_perplexity": report["base"]["perplexity"],
        "tuned_perplexity": report["tuned"]["perplexity"],
        "report": str(file),
    }


def _holdout_overlap(work: Evaluation) -> float:
    """The share of the rows kept apart that the run was trained on: as the rows are now, or as its jobs found them."""
    subject = work.subject
    assert subject.prepared is not None
    parts = parts_of(subject.context.project.root, str(subject.spec.run))
    then = [part.snapshot.preflight.holdout_overlap for _, part in parts if part.snapshot.preflight]
    return max([overlap(subject.prepared.train, subject.prepared.holdout), *then])


def _holdout_near(project: Project, spec: ProjectSpec) -> int | None:
    """How many rows kept apart have a near copy in training, by the last check; None where that saw another file."""
    check = read_json(project.check_file)
    if not spec.data or check.get("sha256") != spec.data.sha256:
        return None
    found = [one for one in check.get("health", {}).get("issues", []) if one["name"] == "leakage"]
    return int(sum(one["count"] for one in found if not one["fixed"]))


def _base_only(context: JobContext, spec: ProjectSpec) -> dict[str, Any]:
    """Ask the base model; of the rows only when they may be read."""
    if spec.model is None:
        raise UsageError("The project has no model yet.", "", "Choose a model first.", code="incomplete")
    try:
        check_privacy(context.project, spec)
        readable = True
    except PrivacyRefusedError as refused:
        context.warn("rows_unread", "Your rows are left out of this measurement.", refused.title, refused.hint)
        readable = False
    work = _open(context, spec, None, readable=readable)
    if readable:
        measure_holdout(work)
        measure_prompts(work)
    measure_general(work)
    measure_one_sidedness(work)
    measure_provocations(work)
    work.add(complete=True)
    loss = work.report.get("base", {}).get("loss")
    return {"run": None, "base_loss": loss, "report": str(_base_file(context.project))}


def _open(context: JobContext, spec: ProjectSpec, adapter: Path | None, *, readable: bool) -> Evaluation:
    """Load everything."""
    assert spec.model
    tokenizer = load_tokenizer(spec.model)
    prepared: Prepared | None = None
    if readable:
        context.phase("prepare", "Reading the rows that were kept apart")
        prepared = prepare(context.project, spec, tokenizer, on_progress=context.progress, stop=context.stop.is_set)
    context.phase("load", "Loading the base model" + (" and the adapter" if adapter else ""))
    precision = choose_precision()
    # Before it is loaded and again after: another command may roll the run back in between.
    digest = sha256_of(adapter / "adapter_model.safetensors") if adapter else ""
    model = _load(spec, adapter, precision)
    if adapter and sha256_of(adapter / "adapter_model.safetensors") != digest:
        raise UsageError(
            "The adapter was replaced while it was read.", str(adapter), "Evaluate again.", code="changed_meanwhile"
        )
    subject = Subject(
        context,
        spec,
        model,
        tokenizer,
        Renderer(tokenizer, spec.model.chat_template),
        prepared,
        precision.device,
    )
    base_key = _base_key(spec, precision)
    base = Parts(_base_file(context.project).with_suffix(".parts.json"), base_key)
    if adapter is None:
        file = _base_file(context.project)
        return Evaluation(subject, base, None, None, lambda report: _write(file, report), _head(spec, base_key, None))
    gone = len(come_back(context.project, spec, context.stop.is_set))
    if gone:
        context.warn(**come_back_warning(gone))
    file = context.project.evaluation_file(str(spec.run))
    tuned = Parts(file.with_suffix(".parts.json"), fingerprint([base_key, digest]))
    head = {**_head(spec, base_key, digest), "left_out_gone": gone}
    return Evaluation(subject, base, tuned, adapter, lambda report: _write(file, report), head)


def _load(spec: ProjectSpec, adapter: Path | None, precision: Precision) -> Any:
    assert spec.model
    model = load_model(
        spec.model,
        quantization=spec.recipe.quantization,
        compute_dtype=precision.dtype,
        device=precision.device,
        attention=spec.recipe.attention,
    )
    unpack_where_possible(model, device=precision.device, dtype=precision.dtype)
    tile_where_possible(model, device=precision.device, products=precision.products)
    pack_where_possible(model, device=precision.device)
    if adapter is not None:
        with quietly():
            model = PeftModel.from_pretrained(model, str(adapter), is_trainable=False)
        merge_where_possible(model, device=precision.device)
    model.eval()
    return model


def _head(spec: ProjectSpec, base_key: str, adapter: str | None) -> dict[str, Any]:
    """What a report says about what it was measured on."""
    return {
        "run": spec.run if adapter else None,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "measured_on": {
            "adapter": adapter,
            "base": base_key,
            "rows": rows_key(spec),
            "redacted": spec.redaction.sha256,
            "left_out": sorted(spec.data.left_out) if spec.data else [],
        },
        "complete": False,
    }


def _base_key(spec: ProjectSpec, precision: Precision) -> str:
    """Which base model, in which numbers."""
    assert spec.model
    folder = Path(spec.model.path or "")
    weights = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in folder.glob("*.safetensors")]
    numbers = [spec.recipe.quantization, dtype_name(precision.dtype), precision.device]
    if (products := precision.products) is not None:
        numbers.append(dtype_name(products))
    return fingerprint([spec.model.source, spec.model.revision, spec.model.chat_template, sorted(weights), numbers])


def _base_file(project: Project) -> Path:
    return project.evaluation_file(BASE)


def _write(file: Path, report: dict[str, Any]) -> None:
    atomic_write(file, json.dumps(report, indent=1, ensure_ascii=False), "saving the evaluation")


def _add_base_first(work: Evaluation) -> None:
    """What the base model is like by itself, so that the report says what came from whom."""
    report, measured = work.report, work.base.at("bias")
    toxicity = report.get("toxicity", {})
    work.add(
        base_first={
            "at": measured,
            "bias": report.pop("bias_base", {}),
            "toxicity": {"answers": toxicity.get("base"), "provoked": toxicity.get("provoked", {}).get("base")},
            "general_loss": report["general"]["loss"]["base"]["value"],
        },
        from_training=_from_training(report),
    )


def _from_training(report: dict[str, Any]) -> dict[str, Any]:
    """The same for what training added: differences, tuned less base, with their intervals where there are some."""
    toxicity = report.get("toxicity", {})
    sides = {"answers": toxicity, "provoked": toxicity.get("provoked", {})}
    return {
        "bias": {
            pair["name"]: {name: figure["difference"] for name, figure in pair.items() if isinstance(figure, dict)}
            for pair in report["bias"]["pairs"]
        },
        "toxicity": {
            name: one["tuned"]["hits"] - one["base"]["hits"]
            for name, one in sides.items()
            if "tuned" in one and "base" in one
        },
        "general_loss": report["general"]["loss"]["difference"],
    }


def _measure_privacy(work: Evaluation) -> None:
    """`memorisation` and `leaks`: what the tuned model gives away of the rows."""
    from engine.evaluate.leaks import audit_leaks
    from engine.evaluate.memorise import measure_memorisation

    subject, tuned = work.subject, work.tuned
    assert tuned is not None
    assert subject.prepared is not None
    context, spec, prepared = subject.context, subject.spec, subject.prepared
    model, tokenizer, device = subject.model, subject.tokenizer, subject.device
    rows = rows_key(spec)

    def memorisation() -> dict[str, Any]:
        return measure_memorisation(context, model, tokenizer, prepared, device=device, spec=spec, holdout=work.holdout)

    def leaks() -> dict[str, Any]:
        context.phase("leaks", "Looking for personal values in what it says")
        return audit_leaks(context, model, tokenizer, device=device, spec=spec)

    how = {"memorisation_rows", "memorisation_minutes", "memorisation_asked"}
    settings = spec.evaluation.model_dump(mode="json", include=how)
    work.add(memorisation=tuned.take("memorisation", fingerprint([rows, settings]), memorisation))
    context.check_stop()
    found = tuned.take("leaks", fingerprint([rows, spec.evaluation.leak_prompts, spec.redaction.decisions]), leaks)
    # What the base says by itself was not learned from the rows.
    before = {"hidden_values_said": found.get("base_hits"), "generations": found.get("generations")}
    learned = {"hidden_values_said": sum(not hit["by_base"] for hit in found["hits"])}
    work.add(
        leaks=found,
        base_first={**work.report["base_first"], "leaks": before},
        from_training={**work.report["from_training"], "leaks": learned},
    )


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
