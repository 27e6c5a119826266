"""What the creator decided, as data: the typed content of `project.yaml`.

The file is the only contract between the wizard and the command line. Unknown keys are errors that name the
file, the key and the nearest valid key, because a misspelt knob that is silently ignored costs a night of GPU.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, cast, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from engine.errors import SpecError

StepName = Literal["model", "data", "privacy", "preview", "recipe", "train", "evaluate", "ship"]
STEPS: tuple[StepName, ...] = get_args(StepName)

DataFormat = Literal["auto", "jsonl", "json", "csv", "parquet", "txt"]
FixName = Literal[
    "drop_near_duplicates",
    "keep_near_duplicates_together",
    "drop_too_short",
    "drop_too_long",
    "drop_wrong_language",
    "drop_invalid_json",
]
FIXES: tuple[FixName, ...] = get_args(FixName)
"""What can be done about unhealthy rows; see `engine.data.health`."""

DataShape = Literal["auto", "messages", "conversations", "alpaca", "prompt_completion", "system_input_output", "text"]


Operator = Literal["surrogate", "placeholder", "mask", "drop_row", "hash", "aes"]
"""What stands for a hidden value: a made-up value of the same kind; `<PERSON_1>`; the same shape in x and 0; nothing,
the row is left out; a keyed hash; an encrypted token that the project's key turns back."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_assignment=True)


class ModelSpec(_Strict):
    """The base model: what was typed, and what it was resolved to."""

    source: str
    """As the creator gave it: a folder, a .gguf file, or a hub id such as `HuggingFaceTB/SmolLM2-135M-Instruct`."""
    kind: Literal["folder", "gguf", "hub"]
    path: str | None = None
    """The local folder or .gguf file that is loaded; None while a hub model is not downloaded."""
    revision: str | None = None
    """The commit of a hub model; a download pins it."""
    licence: str = "unknown"
    chat_template: Literal["model", "chatml"] = "model"
    """`model`: the template that comes with the tokenizer; `chatml`: the common one from `presets/templates`."""


class DataSpec(_Strict):
    """The dataset and how to read it."""

    path: str
    format: DataFormat = "auto"
    shape: DataShape = "auto"
    mapping: dict[str, str] = Field(default_factory=dict)
    """Which of the file's columns plays which part, e.g. `{"prompt": "question", "completion": "reply"}`."""
    holdout: Annotated[float, Field(ge=0.0, le=0.5)] = 0.1
    """Share of rows kept apart for evaluation, chosen by a hash of the row."""
    fixes: list[FixName] = Field(default_factory=list)
    """What is done about unhealthy rows whenever the rows are read. The file stays as it is, so removing one undoes
    it."""
    sha256: str | None = None
    """Hash of the file when it was last checked."""


class OwnSpec(_Strict):
    """One of the creator's own recognisers: words, or a pattern of the `regex` package."""

    name: str = Field(min_length=1, max_length=60)
    """Becomes the type of its findings: "client code" is `CLIENT_CODE`."""
    words: list[str] | None = None
    """Found as whole words, in any case of letters."""
    pattern: str | None = None
    score: float = Field(default=0.9, gt=0.0, le=1.0)
    """How sure a match is."""

    @model_validator(mode="after")
    def _one_way(self) -> OwnSpec:
        if (self.words is None) == (self.pattern is None):
            raise ValueError("give either `words` or `pattern`")
        if self.words is not None and not any(word.strip() for word in self.words):
            raise ValueError("`words` is empty")
        if self.pattern is not None and not self.pattern:
            raise ValueError("`pattern` is empty")
        return self


class RedactionSpec(_Strict):
    """How personal data is found and replaced, and what came out."""

    profile: str = "thorough"
    """A file in `presets/redaction`."""
    known_values: list[str] = Field(default_factory=list)
    """Values the creator wants hidden wherever they occur: own name, town, clients."""
    own: list[OwnSpec] = Field(default_factory=list)
    """The creator's own recognisers."""
    operator: Operator | None = None
    """What stands for hidden values. None: as the profile says, which is `surrogate` unless its file says otherwise."""
    operators: dict[str, Operator] = Field(default_factory=dict)
    """The same for single types: `{"SECRET": "placeholder", "CREDIT_CARD": "mask"}`."""
    scope: Literal["file", "row"] = "file"
    """How far a pseudonym reaches. `file`: one person is the same person in all rows; `row`: in one row only."""
    table: Literal["delete", "encrypt"] = "delete"
    """The table that links old to new: not kept, or kept encrypted in `privacy/replacements.table`."""
    key: str | None = None
    """The name of the project's key in the machine's state folder, as used by the last redaction."""
    path: str | None = None
    """The redacted file, relative to the project folder; None until redaction was run."""
    sha256: str | None = None
    """Hash of the redacted file when it was written."""
    source_sha256: str | None = None
    """Hash of the original the redacted file was made from."""
    decisions: str | None = None
    """Fingerprint of the decisions that were applied."""
    made_with: str | None = None
    """Fingerprint of the operators that were applied."""
    residual: int | None = None
    """Findings of the second scan, over the redacted file, that are not replacements of ours."""


class StatementSpec(_Strict):
    """What the creator states about the data, once."""

    at: datetime
    rights: bool
    """The data is theirs to use, and those who appear in it agreed."""
    adults: bool
    """Everybody who appears in anything sexual is an adult."""


class ConsentSpec(_Strict):
    """A person who agreed that rows about their intimate life are trained on, as the creator states."""

    person: str
    at: datetime


class ContentSpec(_Strict):
    """Statements that the content rules (`presets/content`) ask for."""

    statement: StatementSpec | None = None
    consents: list[ConsentSpec] = Field(default_factory=list)


class RecipeSpec(_Strict):
    """How it learns. Each knob's cost is explained in `presets/recipes`."""

    preset: str = "balanced"
    rank: Annotated[int, Field(ge=1, le=1024)] = 16
    alpha: Annotated[float, Field(gt=0)] = 32
    dropout: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.05
    targets: str | list[str] = "all-linear"
    quantization: Literal["nf4", "int8", "none"] = "nf4"
    max_length: Annotated[int, Field(ge=8)] = 1024
    long_rows: Literal["truncate", "drop"] = "truncate"
    micro_batch: Annotated[int, Field(ge=1)] = 1
    effective_batch: Annotated[int, Field(ge=1)] = 16
    max_steps: Annotated[int, Field(ge=1)] | None = None
    epochs: Annotated[float, Field(gt=0)] = 3.0
    loss: Literal["nll", "chunked_nll"] = "chunked_nll"
    gradient_checkpointing: bool | Literal["auto"] = "auto"
    attention: Literal["auto", "sdpa", "flash_attention_2", "eager"] = "auto"
    packing: bool = False
    optimizer: str = "auto"
    """`auto`: paged 8-bit AdamW on CUDA, AdamW elsewhere; else a name that transformers knows."""
    learning_rate: Annotated[float, Field(gt=0)] = 2e-4
    scheduler: Literal["linear", "cosine", "constant", "constant_with_warmup"] = "cosine"
    warmup_ratio: Annotated[float, Field(ge=0.0, le=1.0)] = 0.03
    weight_decay: Annotated[float, Field(ge=0.0)] = 0.0
    max_grad_norm: Annotated[float, Field(gt=0)] = 1.0
    seed: int = 42
    eval_steps: Annotated[int, Field(ge=1)] | None = None
    """Evaluate every so many steps; None: about ten times in a run."""
    save_steps: Annotated[int, Field(ge=1)] = 500
    keep_checkpoints: Annotated[int, Field(ge=1)] = 2


class BudgetSpec(_Strict):
    """What the creator is willing to spend."""

    price_per_hour: Annotated[float, Field(ge=0)] | None = None
    currency: str = "EUR"


class TakenStep(_Strict):
    """A wizard step that was taken: when, and the fingerprints of what it was based on."""

    at: datetime
    inputs: dict[str, str] = Field(default_factory=dict)


class ProjectSpec(_Strict):
    """The content of `project.yaml`."""

    version: Literal[1] = 1
    name: str
    created: datetime
    model: ModelSpec | None = None
    data: DataSpec | None = None
    redaction: RedactionSpec = Field(default_factory=RedactionSpec)
    content: ContentSpec = Field(default_factory=ContentSpec)
    recipe: RecipeSpec = Field(default_factory=RecipeSpec)
    budget: BudgetSpec = Field(default_factory=BudgetSpec)
    run: str | None = None
    """The training run that evaluate and ship use: a folder name under `runs/`."""
    steps: dict[StepName, TakenStep] = Field(default_factory=dict)


def parse_spec(text: str, file: Path) -> ProjectSpec:
    """Read the text of a `project.yaml`.

    Raises:
        SpecError: Not YAML, an unknown key, or a value that does not fit; names file:line, key and what is valid.
    """
    return parse_yaml_as(ProjectSpec, text, file)


M = TypeVar("M", bound=BaseModel)


def parse_yaml_as(model: type[M], text: str, file: Path) -> M:
    """Read YAML as a strict pydantic model, with errors that a person can act on."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}:{mark.line + 1}" if mark else str(file)
        problem = getattr(error, "problem", None) or "not readable as YAML"
        raise SpecError(f"{file.name} is not valid YAML.", f"{where}: {problem}.", "Correct that line.") from error
    if not isinstance(content, dict):
        raise SpecError(f"{file.name} is empty or not a list of settings.", str(file), "Restore it, or start anew.")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise _explain(error, model, text, file) from error


def dump_spec(spec: ProjectSpec) -> str:
    """The text of `project.yaml` for `spec`; `parse_spec` of it gives `spec` again."""
    content = spec.model_dump(mode="json", exclude_none=True)
    return str(yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100))


class _Dumper(yaml.SafeDumper):
    """Escapes the line ends of Unicode in texts, which would be read again as plain line feeds."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    odd = any(sign in text for sign in "\x85\u2028\u2029")
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if odd else None)


_Dumper.add_representer(str, _represent_text)


def with_settings(spec: ProjectSpec, settings: list[str]) -> ProjectSpec:
    """Apply `--set recipe.rank=32` style settings.

    Args:
        spec: Left unchanged.
        settings: `dotted.key=value` texts; the value is read as YAML.

    Raises:
        SpecError: No such key, or a value that does not fit.
    """
    content = spec.model_dump(mode="json", exclude_none=True)
    for setting in settings:
        key, equals, value = setting.partition("=")
        parts = key.strip().split(".")
        if not equals or not all(parts):
            raise SpecError(f"`{setting}` is not a setting.", "", "Write it as recipe.rank=32.")
        target = content
        for part in parts[:-1]:
            target = target.setdefault(part, {})
            if not isinstance(target, dict):
                raise SpecError(f"`{key}` is not a setting.", f"`{part}` holds a value, not settings.", "")
        try:
            target[parts[-1]] = _number_or(yaml.safe_load(value), value)
        except yaml.YAMLError as error:
            raise SpecError(f"`{setting}` is not a setting.", f"`{value}` is not a value.", "Quote it.") from error
    try:
        return ProjectSpec.model_validate(content)
    except ValidationError as error:
        raise _explain(error, ProjectSpec, "", Path("--set")) from error


def _number_or(parsed: object, raw: str) -> object:
    """YAML 1.1 reads `2e-4` as text; people mean the number."""
    if isinstance(parsed, str):
        try:
            return float(raw)
        except ValueError:
            return parsed
    return parsed


def _explain(error: ValidationError, model: type[BaseModel], text: str, file: Path) -> SpecError:
    first = error.errors()[0]
    path = [str(part) for part in first["loc"]]
    key = ".".join(path)
    line = _line_of(text, path)
    where = f"{file}:{line}" if line else str(file)
    if first["type"] == "extra_forbidden":
        near = _nearest(path, model)
        hint = f"Did you mean `{near}`?" if near else "Remove it; the valid keys are in the README."
        return SpecError(f"Unknown key `{key}`.", f"{where}: tunesmith has no setting `{key}`.", hint)
    given = first.get("input")
    shown = "" if isinstance(given, dict | list) else f" (it says {given!r})"
    return SpecError(f"`{key}` cannot be used.", f"{where}: {first['msg']}{shown}.", f"Give `{key}` a valid value.")


def _nearest(path: list[str], model: type[BaseModel]) -> str | None:
    """The valid dotted key nearest to the unknown one: in the same section first, then anywhere."""
    keys = valid_keys(model)
    section = ".".join(path[:-1])
    siblings = [key for key in keys if key.rpartition(".")[0] == section]
    wrong = ".".join(path)
    for candidates in (siblings, keys):
        if near := nearest_of(wrong, candidates):
            return near
    by_name = {key.rpartition(".")[2]: key for key in keys}
    return by_name.get(nearest_of(path[-1], by_name) or "")


def nearest_of(wrong: str, names: Iterable[str]) -> str | None:
    """The one of `names` that a person most likely meant, or None."""
    found = difflib.get_close_matches(wrong, list(names), n=1, cutoff=0.6)
    return found[0] if found else None


def valid_keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    """All dotted keys of a model, sections included."""
    keys: list[str] = []
    for name, field in model.model_fields.items():
        keys.append(prefix + name)
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                keys.extend(valid_keys(inner, f"{prefix}{name}."))
    return keys


def _line_of(text: str, path: list[str]) -> int | None:
    """1-based line of a dotted key in YAML text; None where it cannot be found."""
    node = yaml.compose(text) if text else None
    line: int | None = None
    for part in path:
        if not isinstance(node, yaml.MappingNode):
            break
        for key, value in cast("list[tuple[Any, Any]]", node.value):
            if key.value == part:
                line, node = key.start_mark.line + 1, value
                break
        else:
            break
    return line
