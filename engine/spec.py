"""What the creator decided, as data: the typed content of `project.yaml`.

The file is the only contract between the wizard and the command line.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from engine.spec_base import Strict
from engine.spec_recipe import ComputeSpec as ComputeSpec
from engine.spec_recipe import RecipeSpec as RecipeSpec

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


class ModelSpec(Strict):
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


class DataSpec(Strict):
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
    left_out: list[str] = Field(default_factory=list)
    """Rows taken out of training because the model recited them: fingerprints as of `engine.data.split`."""
    sha256: str | None = None
    """Hash of the file when it was last checked."""


class OwnSpec(Strict):
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


class RedactionSpec(Strict):
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


class StatementSpec(Strict):
    """What the creator states about the data, once."""

    at: datetime
    rights: bool
    """The data is theirs to use, and those who appear in it agreed."""
    adults: bool
    """Everybody who appears in anything sexual is an adult."""


class ConsentSpec(Strict):
    """A person who agreed that rows about their intimate life are trained on, as the creator states."""

    person: str
    at: datetime


class ContentSpec(Strict):
    """Statements that the content rules (`presets/content`) ask for."""

    statement: StatementSpec | None = None
    consents: list[ConsentSpec] = Field(default_factory=list)


class BudgetSpec(Strict):
    """What the creator is willing to spend."""

    price_per_hour: Annotated[float, Field(ge=0)] | None = None
    currency: str = "EUR"
    limit: Annotated[float, Field(gt=0)] | None = None
    """A run saves and stops when it has cost so much; needs `price_per_hour`."""
    hours: Annotated[float, Field(gt=0)] | None = None
    """A run saves and stops after so many hours."""


class UseSpec(Strict):
    """What the tuned model is for: the licence verdict depends on it."""

    use: Literal["personal", "research", "commercial"] = "personal"
    monthly_users: Annotated[int, Field(ge=0)] = 0
    region: str | None = None
    """Two letters of the country, or `EU`."""
    adult: bool = False
    """Whether the content is sexual."""


class AcceptedSpec(Strict):
    """A licence verdict that the creator read and accepted."""

    at: datetime
    verdict: Literal["allowed", "conditions", "unknown"]
    licence: str
    data_licence: str = "unknown"
    reasons: list[str] = Field(default_factory=list)
    obligations: list[str] = Field(default_factory=list)
    texts: dict[str, str] = Field(default_factory=dict)
    """Hashes of what it rests on: name of the text -> sha256."""
    rests_on: str = ""
    """Fingerprint of model, data licence and use; another one needs another look."""


class LicenceSpec(Strict):
    """The intended use and the verdict on it."""

    use: UseSpec = Field(default_factory=UseSpec)
    data_licence: str | None = None
    """Of the dataset, as the creator says; `own`: written by them. None: as found beside the file."""
    accepted: AcceptedSpec | None = None


class GateReasonSpec(Strict):
    """Why an amber line of the gate was let pass."""

    run: str
    line: str
    reason: str = Field(min_length=3)
    at: datetime


class EvaluationSpec(Strict):
    """What the evaluation does, and what the creator said about its outcome."""

    prompts: list[str] = Field(default_factory=list)
    """The creator's own prompts for the comparison."""
    leak_prompts: Annotated[int, Field(ge=1)] | None = None
    """Generations of the leak audit; None: 100 for each hundred rows, at most 500."""
    memorisation_rows: Annotated[int, Field(ge=1)] | None = None
    """Training rows read token by token to see whether they are recited; None: all of them, as time allows."""
    memorisation_minutes: Annotated[float, Field(gt=0)] | None = None
    """For that reading; None: 10."""
    memorisation_asked: Annotated[int, Field(ge=1)] | None = None
    """Training rows asked for aloud; None: 2 of 100, 48 at least and 400 at most."""
    reasons: list[GateReasonSpec] = Field(default_factory=list)


class TakenStep(Strict):
    """A wizard step that was taken: when, and the fingerprints of what it was based on."""

    at: datetime
    inputs: dict[str, str] = Field(default_factory=dict)


class ProjectSpec(Strict):
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
    licence: LicenceSpec = Field(default_factory=LicenceSpec)
    compute: ComputeSpec = Field(default_factory=ComputeSpec)
    evaluation: EvaluationSpec = Field(default_factory=EvaluationSpec)
    run: Annotated[str, Field(pattern=r"^[^./\\][^/\\]*$")] | None = None
    """The training run that evaluate and ship use: a folder name under `runs/`."""
    steps: dict[StepName, TakenStep] = Field(default_factory=dict)
