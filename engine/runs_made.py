"""What a run was made with, as its `recipe.json` keeps it, and whether the project still has that.

A figure of the evaluation means something only where the model below the adapter is the one it was trained on, and
where the rows that are kept apart now were kept apart then. Light: of the weights only a few places are read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from engine.errors import from_os_error
from engine.evaluate.parts import fingerprint
from engine.spec import ModelSpec, ProjectSpec

_PLACES, _BLOCK = 16, 1 << 18
"""So many places of a file of weights are read, spread evenly: merging an adapter in changes nearly every layer."""


def made_with(spec: ProjectSpec) -> dict[str, str]:
    """What `recipe.json` keeps of the model and of the rows.

    `base` is the name that the adapter's settings will have for it, `template` the project's `model.chat_template`;
    `weights`, `split` and `read` are fingerprints, of the base model's weights (empty if they are not here), of which
    rows are kept apart, and of how rows are read.
    """
    base = base_of(spec.model) if spec.model else ""
    return {
        "base": base,
        "weights": weights_of(spec.model),
        "template": spec.model.chat_template if spec.model else "",
        "split": split_of(spec),
        "read": rows_key(spec),
    }


def base_of(model: ModelSpec) -> str:
    """How an adapter names its base: by its source on the hub, else by its folder, never by a path of this machine."""
    return model.source if model.kind == "hub" else Path(model.path or model.source).name


def rows_key(spec: ProjectSpec) -> str:
    """What the rows depend on as the model reads them: the same as an evaluation keeps in `measured_on.rows`."""
    data, model = spec.data, spec.model
    include = {"holdout", "fixes", "left_out", "mapping", "shape"}
    return fingerprint(
        [
            spec.redaction.sha256,
            data.model_dump(mode="json", include=include) if data else None,
            model.chat_template if model else None,
            spec.recipe.max_length,
            spec.recipe.long_rows,
        ]
    )


def weights_of(model: ModelSpec | None) -> str:
    """Sixteen hexadecimal digits of the base model's weights, wherever they lie; empty where they are not here."""
    path = Path(model.path) if model and model.path else None
    files = sorted(path.glob("*.safetensors")) if path and path.is_dir() else [path] if path and path.is_file() else []
    try:
        stats = [(file, file.stat()) for file in files]
        return _digest(tuple((str(file), facts.st_size, facts.st_mtime_ns) for file, facts in stats)) if stats else ""
    except OSError as error:
        raise from_os_error(error, "reading the base model") from error


@cache
def _digest(files: tuple[tuple[str, int, int], ...]) -> str:
    """Of files by name, size and what stands at some places; the time of change only tells when to look again."""
    found = hashlib.sha256()
    for name, size, _ in files:
        file = Path(name)
        found.update(f"{file.name} {size} ".encode())
        with file.open("rb") as stream:
            for place in range(_PLACES):
                stream.seek(max(0, size - _BLOCK) * place // (_PLACES - 1))
                found.update(stream.read(_BLOCK))
    return found.hexdigest()[:16]


def split_of(spec: ProjectSpec) -> str:
    """Sixteen hexadecimal digits of what decides which rows are kept apart, but for those that were taken out."""
    data = spec.data
    kept = data.model_dump(mode="json", include={"holdout", "fixes", "mapping", "shape"}) if data else None
    return fingerprint(kept)


def other_base(made: Mapping[str, Any], adapter_base: str, spec: ProjectSpec) -> str:
    """The model that an adapter was trained on, where that is not the project's; empty where it is, or unknown.

    A folder that was renamed is still the same model: the weights tell.

    Args:
        made: The run's `recipe.json`; empty where there is none.
        adapter_base: The base that the adapter's own settings name; empty where they name none.
        spec: The project.
    """
    model, then = spec.model, str(made.get("model") or "")
    if model is None:
        return ""
    names, same = {_last(model.source), _last(model.path or "")}, _same_weights(made, model)
    if adapter_base and _last(adapter_base) not in names:
        # The run's own weights say nothing for an adapter that was put into its folder from elsewhere.
        return "" if same and _last(str(made.get("base"))) == _last(adapter_base) else adapter_base
    if not then or same:
        return ""
    if made.get("weights") and weights_of(model):
        return f"{then} as it was then"
    return "" if _last(then) in names else then


def _same_weights(made: Mapping[str, Any], model: ModelSpec) -> bool:
    return bool(made.get("weights")) and made["weights"] == weights_of(model)


def other_split(made: Mapping[str, Any], spec: ProjectSpec) -> bool:
    """Whether other rows are kept apart now than when the run was trained; False where that is not known."""
    return bool(made.get("split")) and made["split"] != split_of(spec)


def measured_otherwise(made: Mapping[str, Any], measured: object, spec: ProjectSpec) -> str:
    """Why the rows of an evaluation were not those that the run kept apart; empty where they were, or unknown.

    Args:
        made: The run's `recipe.json`.
        measured: `measured_on.rows` of the evaluation.
        spec: The project as it is now.
    """
    if not made.get("read") or not measured or measured == made["read"]:
        return ""
    if other_split(made, spec):
        return "other rows are kept apart than when it was trained, so they may be among those it learned; train again"
    if spec.model and made.get("template", spec.model.chat_template) != spec.model.chat_template:
        return "chats are written by another template than it was trained with (model.chat_template); put it back"
    return "" if measured == rows_key(spec) else "how rows are read was changed since"


def others_than(made: Mapping[str, Any], spec: ProjectSpec) -> str:
    """What keeps a run from going on that no fingerprint of settings shows; empty where nothing does, or unknown."""
    if made.get("weights") and weights_of(spec.model) not in ("", made["weights"]):
        return "the base model in that folder is another one"
    return "other rows are kept apart, or rows are read otherwise (data)" if other_split(made, spec) else ""


def _last(name: str) -> str:
    """The last part of a path or hub id, in small letters."""
    return name.replace("\\", "/").rstrip("/").rpartition("/")[2].lower()
