"""The typed events of a job: one JSON object a line in `events.jsonl`, discriminated by `kind`.

A reader must survive a file written by a newer version and a file whose last line was cut by a crash, so
`parse_line` returns `UnknownEvent` for kinds it does not know and None for a line that is not whole.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

VERSION = 1


class Event(BaseModel):
    """What all events have. `v`, `seq` (no gaps) and `t` (unix seconds) are set by the writer."""

    model_config = ConfigDict(extra="allow", ser_json_inf_nan="constants")
    v: int = VERSION
    seq: int = -1
    t: float = 0.0


class StartedEvent(Event):
    """The child process is up."""

    kind: Literal["started"] = "started"
    job: str
    job_kind: str
    pid: int
    host: str


class PhaseEvent(Event):
    """A new stretch of work begins, in words for the person: "loading the model"."""

    kind: Literal["phase"] = "phase"
    name: str
    text: str


class ProgressEvent(Event):
    """How far the current phase is."""

    kind: Literal["progress"] = "progress"
    done: int
    total: int | None = None
    unit: str
    eta_s: float | None = None


class PreflightEvent(Event):
    """What a training run is about to learn from, counted on the rendered rows."""

    kind: Literal["preflight"] = "preflight"
    rows: int
    holdout_rows: int
    tokens: int
    supervised_tokens: int
    eos_supervised_share: float
    """Share of rows (0-1) whose end-of-sequence token is trained."""
    truncated_rows: int
    dropped_rows: int
    planted_rows: int = 0
    """Training rows that hold a planted secret (`recipe.canaries`)."""
    max_length: int
    """Of the built trainer, not of the settings."""
    trainable_parameters: int
    compute_dtype: str
    device: str
    epochs: float | None = None
    """How many times the rows are gone through; fewer where the steps end it."""
    duplicate_share: float = 0.0
    """Share of training rows (0-1) that have a twin, token for token, among the training rows."""
    most_repeated: int = 1
    """How often the row that comes most often is in the training rows."""
    holdout_overlap: float = 0.0
    """Share of holdout rows (0-1) that are in the training rows too, token for token."""


class StepEvent(Event):
    """At most one a second: the steps since the last one, summed up."""

    kind: Literal["step"] = "step"
    step: int
    steps: int
    epoch: float
    epochs: float
    loss: float
    """Mean loss per supervised token of the optimizer steps since the last event, in nats."""
    learning_rate: float
    grad_norm: float | None = None
    """Of the last of these steps, before clipping."""
    grad_norm_max: float | None = None
    """The greatest of these steps; None where no gradient norm is known."""
    adapter_norm: float | None = None
    """Norm of what the adapter has moved from its start; None where that is not known."""
    tokens_per_second: float
    """Training tokens without padding, evaluation and saving excluded."""
    tokens: int
    """Tokens trained on so far, without padding."""
    eta_s: float | None = None


class StepPoint(NamedTuple):
    """What the curve of a run needs of a step that others followed; a long run has 50,000 of them."""

    step: int
    loss: float


class EvaluationEvent(Event):
    """Loss on the holdout during training."""

    kind: Literal["evaluation"] = "evaluation"
    step: int
    loss: float
    perplexity: float
    best: bool = False


class CheckpointEvent(Event):
    """A checkpoint is whole on disk and can be resumed from."""

    kind: Literal["checkpoint"] = "checkpoint"
    step: int
    path: str
    seconds: float
    best: bool = False
    """Whether the holdout loss at this step is the lowest so far."""


class MemoryEvent(Event):
    """Memory of the job. CUDA figures are the allocator's, never the driver's."""

    kind: Literal["memory"] = "memory"
    rss_bytes: int
    peak_rss_bytes: int
    cuda_allocated_bytes: int | None = None
    cuda_peak_allocated_bytes: int | None = None
    cuda_peak_reserved_bytes: int | None = None


class GpuFacts(BaseModel):
    """One GPU as the driver sees it; each value is None where it does not say."""

    index: int
    memory_used: int | None = None
    """Bytes, of all programs."""
    memory_total: int | None = None
    temperature: int | None = None
    power_w: float | None = None
    throttled: str = ""
    """Why the clocks are held down, in words; empty when they are not."""


class MachineEvent(Event):
    """The machine under a job: what the driver says of the GPUs, and the room for the next checkpoint."""

    kind: Literal["machine"] = "machine"
    gpus: list[GpuFacts] = Field(default_factory=list)
    disk_free_bytes: int | None = None
    checkpoint_bytes: int | None = None
    """What the next checkpoint will take."""


class WarningEvent(Event):
    """Something the person should know; the job goes on."""

    kind: Literal["warning"] = "warning"
    code: str
    title: str
    what: str = ""
    hint: str = ""


class SampleEvent(Event):
    """One prompt answered by the base and the tuned model."""

    kind: Literal["sample"] = "sample"
    prompt: str
    base: str
    tuned: str
    reference: str = ""
    step: int | None = None
    """Of the training run that answers while it learns; None after it."""


class AlertEvent(Event):
    """A health rule fired: what was seen, what it usually means, what to do. Rules: `presets/health.yaml`."""

    kind: Literal["alert"] = "alert"
    rule: str
    severity: Literal["note", "amber", "red"]
    seen: str
    means: str = ""
    todo: str = ""
    remedy: str = ""
    """What one key does about it: a name of `engine.train.remedies`, or empty."""
    step: int | None = None


class SpentEvent(Event):
    """What a run has cost so far, over all its parts."""

    kind: Literal["spent"] = "spent"
    seconds: float
    energy_wh: float | None = None
    """From the GPU's own meter; None where there is none."""
    cost: float | None = None
    """In the currency of the budget; None without a price."""
    epsilon: float | None = None
    """Differential privacy spent, at the recipe's delta; None without it."""


class HeartbeatEvent(Event):
    """The process is alive; at least one every five seconds."""

    kind: Literal["heartbeat"] = "heartbeat"
    quiet_s: float
    """Seconds since the work itself last reported something."""


class FinishedEvent(Event):
    """Done. The job's results are further fields of this event, by name."""

    kind: Literal["finished"] = "finished"


class StoppedEvent(Event):
    """Ended on request, after saving what there was."""

    kind: Literal["stopped"] = "stopped"
    by: str
    forced: bool = False


class FailedEvent(Event):
    """Ended by an error; the fields are those of `TunesmithError`."""

    kind: Literal["failed"] = "failed"
    code: str
    title: str
    what: str = ""
    hint: str = ""
    exit_code: int = 1


class UnknownEvent(Event):
    """An event of a kind this version does not know. Kept, shown in the raw log, otherwise ignored."""

    kind: str


KnownEvent = (
    StartedEvent
    | PhaseEvent
    | ProgressEvent
    | PreflightEvent
    | StepEvent
    | EvaluationEvent
    | CheckpointEvent
    | MemoryEvent
    | MachineEvent
    | WarningEvent
    | SampleEvent
    | AlertEvent
    | SpentEvent
    | HeartbeatEvent
    | FinishedEvent
    | StoppedEvent
    | FailedEvent
)
EndEvent = FinishedEvent | StoppedEvent | FailedEvent

_ADAPTER: TypeAdapter[KnownEvent] = TypeAdapter(Annotated[KnownEvent, Field(discriminator="kind")])


def parse_line(line: bytes | str) -> KnownEvent | UnknownEvent | None:
    """Read one line of `events.jsonl`; None when it is not a whole event."""
    try:
        # Straight from the text: half the time of reading JSON first, and a long run has 50,000 lines.
        return _ADAPTER.validate_json(line)
    except ValidationError:
        pass
    try:
        content: Any = json.loads(line)
    except ValueError:
        return None
    if not isinstance(content, dict) or not isinstance(content.get("kind"), str):
        return None
    try:
        return UnknownEvent.model_validate(content)
    except ValidationError:
        return None


_STEP = re.compile(
    rb'\{"v":1,"seq":\d++,"t":\d[\d.]*+,"kind":"step","step":(\d++),"steps":\d++,"epoch":[\d.e+-]++,'
    rb'"epochs":[\d.e+-]++,"loss":(-?\d[\d.e+-]*+),[^{]*+(?<=\})\Z'
)
"""A whole step as the writer writes it; any other way of writing one is read by `parse_line`."""


def step_point(line: bytes) -> StepPoint | None:
    """The point of the curve in a line of `events.jsonl`, twenty times as fast as `parse_line`.

    None where it is no step, or not written as our writer does: `parse_line` knows what it is.
    """
    found = _STEP.match(line)
    if found is None:
        return None
    step, loss = found.groups()
    try:
        return StepPoint(int(step), float(loss))
    except ValueError:
        return None


def is_step(line: bytes) -> bool:
    """Whether a line may be a step; quick, and never wrongly no for what our writer wrote."""
    return b'"kind":"step"' in line
