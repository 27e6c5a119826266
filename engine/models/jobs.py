"""The `fetch` job: whatever was chosen as the model ends as a checked safetensors folder on this machine."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from engine.errors import ModelError
from engine.jobs.context import JobContext
from engine.models.facts import ModelFacts
from engine.models.gguf_header import converted_folder
from engine.models.inspect import inspect_model
from engine.models.source import Source, classify, hub_id
from engine.spec import ModelSpec, ProjectSpec
from engine.steps import take_step

_BLOCK = 4 * 1024 * 1024


def run_fetch(ctx: JobContext) -> dict[str, Any]:
    """Get the model of `ctx.spec["source"]` (at `ctx.spec["revision"]`, if given) and put it into the project.

    Returns:
        `path`, `revision`, `parameters`, `bytes`, `licence`, `architecture`.

    Raises:
        ModelError: What is wrong with the model or the hub.
        DiskFullError, BusyError, StoppedError: As they say; what was downloaded is kept.
    """
    source = str(ctx.spec.get("source") or "")
    found = classify(source)
    path, revision = _bring(ctx, source, found)
    ctx.phase("inspect", "Checking the model.")
    facts = inspect_model(path)
    ctx.project.update(lambda spec: _with_model(spec, source, found, path, revision, facts))
    return {
        "path": str(path),
        "revision": revision,
        "parameters": facts.parameters,
        "bytes": facts.size_bytes,
        "licence": facts.licence,
        "architecture": facts.architecture,
    }


def _bring(ctx: JobContext, source: str, found: Source) -> tuple[Path, str | None]:
    """The folder of the model, and its commit when it comes from the hub."""
    if found.path is None:
        return _download(ctx, source)
    if found.kind == "gguf":
        return _convert(ctx, found.path), None
    return found.path, None


def _download(ctx: JobContext, source: str) -> tuple[Path, str]:
    from engine.models.fetch import download
    from engine.models.hub import endpoint, look_up

    repo = hub_id(source)
    if repo is None:
        raise ModelError("This is not a hub id.", source, "Write it as org/name.", code="missing_model")
    ctx.phase("look_up", f"Asking {endpoint()} for {repo}.")
    model = look_up(repo, ctx.spec.get("revision") or _pinned(ctx, source))
    ctx.check_stop()
    ctx.phase("download", f"Downloading {repo} at {model.commit[:12]}.")
    return download(model, lambda done, total: ctx.progress(done, total, "bytes"), ctx.stop), model.commit


def _convert(ctx: JobContext, file: Path) -> Path:
    inspect_model(file)
    ctx.phase("hash", f"Reading {file.name}.")
    digest, done, size = hashlib.sha256(), 0, file.stat().st_size
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            done += len(block)
            ctx.progress(done, size, "bytes")
            ctx.check_stop()
    folder = converted_folder(digest.hexdigest())
    if folder.is_dir():
        return folder
    # Only now, since it loads torch: a file that was converted before is ready at once.
    from engine.models.convert import convert_gguf

    return convert_gguf(file, digest.hexdigest(), ctx.phase, ctx.check_stop)


def _pinned(ctx: JobContext, source: str) -> str | None:
    """The commit this project already uses: the same model again is the same commit again."""
    model = ctx.project.load().model
    return model.revision if model and model.source == source else None


def _with_model(
    spec: ProjectSpec, source: str, found: Source, path: Path, revision: str | None, facts: ModelFacts
) -> ProjectSpec:
    """The spec with the model resolved and the step taken. The choice of chat template stays."""
    template = spec.model.chat_template if spec.model and spec.model.source == source else "model"
    model = ModelSpec(
        source=source,
        kind=found.kind,
        path=str(path),
        revision=revision,
        licence=facts.licence,
        chat_template=template,
    )
    return take_step("model", spec.model_copy(update={"model": model}))
