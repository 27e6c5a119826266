"""What both front ends do between jobs: make a project, choose its parts, confirm, and check before training.

The wizard and the command line call the same functions, so that a project made by one can be opened by the
other. Nothing here takes longer than a blink and nothing here loads torch or spaCy: longer work is a job.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

from engine import audit
from engine.errors import DataError, SpecError, UsageError, from_os_error
from engine.machine import PRESETS
from engine.project import Project, create_project
from engine.spec import FIXES, DataFormat, DataShape, DataSpec, ModelSpec, ProjectSpec
from engine.spec_text import nearest_of, with_settings
from engine.steps import take_step

DEMO_DATA = PRESETS / "demo" / "chats.jsonl"
DEMO_MODEL = "demo"
DEMO_PRESET = "demo"
DEFAULT_PRESET = "balanced"


def new_project(
    root: Path,
    *,
    data: Path | str | None = None,
    model: str | None = None,
    preset: str | None = None,
    settings: Iterable[str] = (),
    chat_template: str = "model",
    format: str = "auto",
    shape: str = "auto",
    mapping: Mapping[str, str] | None = None,
) -> tuple[Project, ProjectSpec]:
    """Make a project folder and take the choices that are given. Whole or not at all.

    Args:
        root: The folder to make; must not exist or be empty.
        data: The dataset.
        model: A folder, a .gguf file, a hub id, or `demo`.
        preset: A recipe of `presets/recipes`.
        settings: `recipe.rank=32` style texts, applied last.
        chat_template: As in `choose_model`.
        format: As in `choose_data`.
        shape: As in `choose_data`.
        mapping: As in `choose_data`.

    Raises:
        TunesmithError: Something given cannot be used; the folder is gone again.
    """
    was_there = root.expanduser().exists()
    project, spec = create_project(root)
    try:
        record(project, "created", {"name": spec.name})
        spec = choose_recipe(project, preset or DEFAULT_PRESET)
        if model is not None:
            spec = choose_model(project, model, chat_template)
        if data is not None:
            spec = choose_data(project, data, format=format, shape=shape, mapping=mapping)
        if listed := list(settings):
            spec = change(project, lambda current: with_settings(current, listed))
    except BaseException:
        remove_project(project, keep_folder=was_there)
        raise
    return project, spec


def remove_project(project: Project, *, keep_folder: bool = False) -> None:
    """Remove a project folder that was made a moment ago and could not be completed.

    Args:
        project: A folder that `create_project` made; everything in it is ours.
        keep_folder: Leave the empty folder, because it was there before.
    """
    with contextlib.suppress(FileNotFoundError):
        if keep_folder:
            for entry in project.root.iterdir():
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        else:
            shutil.rmtree(project.root)


def choose_model(project: Project, source: str, chat_template: str = "model") -> ProjectSpec:
    """Choose the base model; a local folder is looked at at once and marks the step.

    Args:
        project: The project.
        source: A folder, a .gguf file, a hub id such as `HuggingFaceTB/SmolLM2-135M-Instruct`, or `demo`.
        chat_template: `model` or `chatml`.

    Returns:
        The saved spec. Where `needs_fetch` says so, the `fetch` job has to run next.

    Raises:
        ModelError: It is not there, or not a model we load.
        SpecError: No such chat template.
    """
    from engine.licences.chain import trace
    from engine.models.inspect import inspect_model
    from engine.models.source import classify

    if chat_template not in ("model", "chatml"):
        raise SpecError(f"There is no chat template `{chat_template}`.", "", "Choose `model` or `chatml`.")
    kind, path = classify(source)
    chosen = ModelSpec.model_validate(
        {
            "source": source if path is None or source == DEMO_MODEL else str(path),
            "kind": kind,
            "path": str(path) if path is not None else None,
            "chat_template": chat_template,
        }
    )
    local = not _fetch_is_due(chosen)
    if path is not None:
        chosen.licence = inspect_model(Path(path)).licence
    else:
        chosen.licence = trace(chosen.source).licence
    record(project, "model", {"source": chosen.source, "licence": chosen.licence})

    def apply(spec: ProjectSpec) -> ProjectSpec:
        spec = spec.model_copy(update={"model": chosen})
        return take_step("model", spec) if local else spec

    return project.update(apply)


def needs_fetch(spec: ProjectSpec) -> bool:
    """Whether the `fetch` job must run before the model can be loaded: a hub id, or a GGUF not converted yet."""
    return spec.model is not None and _fetch_is_due(spec.model)


def _fetch_is_due(model: ModelSpec) -> bool:
    return model.kind != "folder" and (model.path is None or not Path(model.path).is_dir())


def choose_data(
    project: Project,
    path: Path | str,
    *,
    format: str = "auto",
    shape: str = "auto",
    mapping: Mapping[str, str] | None = None,
) -> ProjectSpec:
    """Choose the dataset. The `check` job reads it and marks the step.

    Raises:
        DataError: The file is not there, empty, or not a file.
        SpecError: No such format or shape.
    """
    file = data_file(path)
    chosen = read_as(file, format=format, shape=shape, mapping=mapping or {})

    def apply(spec: ProjectSpec) -> ProjectSpec:
        if spec.data is not None:
            chosen.holdout = spec.data.holdout
            if spec.data.path == chosen.path:
                chosen.fixes = spec.data.fixes
                chosen.left_out = spec.data.left_out
        return spec.model_copy(update={"data": chosen})

    record(project, "data", {"file": file.name, "bytes": file.stat().st_size})
    return project.update(apply)


def choose_fixes(project: Project, add: Iterable[str] = (), remove: Iterable[str] = ()) -> ProjectSpec:
    """Choose what is done about unhealthy rows, or undo it. The next `check` counts anew.

    Args:
        project: The project.
        add: Fixes to choose; names as in `engine.spec.FIXES`.
        remove: Fixes to undo.

    Raises:
        DataError: No dataset was chosen.
        SpecError: No such fix.
    """
    added, removed = list(add), list(remove)
    for name in (*added, *removed):
        if name not in FIXES:
            near = nearest_of(name, FIXES)
            hint = f"Did you mean `{near}`?" if near else f"Choose one of {', '.join(FIXES)}."
            raise SpecError(f"There is no fix `{name}`.", "", hint)

    def apply(spec: ProjectSpec) -> ProjectSpec:
        if spec.data is None:
            raise DataError("No data is chosen.", str(project.file), "Choose a file in the wizard.")
        chosen = [name for name in FIXES if name not in removed and (name in added or name in spec.data.fixes)]
        return spec.model_copy(update={"data": spec.data.model_copy(update={"fixes": chosen})})

    spec = project.update(apply)
    record(project, "fixes", {"chosen": added, "undone": removed})
    return spec


def read_as(file: Path, *, format: str, shape: str, mapping: Mapping[str, str]) -> DataSpec:
    """A dataset with the way to read it.

    Raises:
        SpecError: No such format or shape.
    """
    for value, valid, what in ((format, get_args(DataFormat), "format"), (shape, get_args(DataShape), "shape")):
        if value not in valid:
            raise SpecError(f"There is no data {what} `{value}`.", "", f"Choose one of {', '.join(valid)}.")
    return DataSpec.model_validate({"path": str(file), "format": format, "shape": shape, "mapping": dict(mapping)})


def data_file(path: Path | str) -> Path:
    """The dataset as an absolute path.

    Raises:
        DataError: It is not there, not a file, not readable, or has no content.
    """
    file = Path(path).expanduser().resolve()
    try:
        size = file.stat().st_size
        if file.is_file():
            file.open("rb").close()
    except FileNotFoundError as error:
        raise DataError(
            "The data file is not there.", f"{file} does not exist.", "Check the path.", code="missing_file"
        ) from error
    except OSError as error:
        raise from_os_error(error, "reading the data") from error
    if not file.is_file():
        raise DataError(
            "The data must be one file.",
            f"{file} is a folder or a device.",
            "Give one .jsonl, .json, .csv, .parquet or .txt file.",
        )
    if size == 0:
        raise DataError("The data file is empty.", f"{file} has 0 bytes.", "Choose a file with rows.", code="no_rows")
    return file


def choose_recipe(project: Project, preset: str, settings: Iterable[str] = ()) -> ProjectSpec:
    """Choose a recipe by its preset's name, then apply `recipe.rank=32` style settings.

    Raises:
        SpecError: No such preset or key, or a value that does not fit.
    """
    from engine.recipes import recipe_from

    recipe, listed = recipe_from(preset), list(settings)
    record(project, "recipe", {"preset": preset, "settings": listed})
    return change(project, lambda spec: with_settings(spec.model_copy(update={"recipe": recipe}), listed))


def confirm(project: Project) -> ProjectSpec:
    """The page before training was read and accepted: marks the recipe step."""
    spec = project.update(lambda current: take_step("recipe", current))
    record(project, "confirmed", {"recipe": spec.recipe.model_dump(mode="json")})
    return spec


def change(project: Project, by: Callable[[ProjectSpec], ProjectSpec]) -> ProjectSpec:
    """Change the saved spec under the project's lock."""
    return project.update(by)


def make_demo_project(root: Path) -> tuple[Project, ProjectSpec]:
    """A project on the bundled model and the bundled chats, with the recipe made for them.

    Raises:
        TunesmithError: As `new_project`.
    """
    return new_project(root, data=DEMO_DATA, model=DEMO_MODEL, preset=DEMO_PRESET)


def data_shape(project: Project, spec: ProjectSpec) -> str:
    """The shape of the rows: as decided, or as the last check found it; `auto` when neither says."""
    if spec.data is not None and spec.data.shape != "auto":
        return spec.data.shape
    return str(read_json(project.check_file).get("shape", "auto"))


def read_json(path: Path) -> dict[str, Any]:
    """The object in a report file; empty when there is none yet.

    Raises:
        UsageError: The file is damaged.
    """
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(
            "A report cannot be read.", f"{path}: {error}", "Delete it and run that step again.", code="damaged"
        ) from error
    return content if isinstance(content, dict) else {}


def record(project: Project, action: str, details: dict[str, Any]) -> None:
    """Add a line to the project's trail of what was decided and done."""
    audit.append(project, action, details)
