"""The kinds of job: which function does the work, whether it is heavy, whether it may use the network.

The function is named, not imported: this table is read by the light rooms, and the work needs torch or spaCy.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class JobKind:
    """One kind of job.

    Args:
        function: `module:name` of a `run(ctx: JobContext) -> dict[str, Any]`.
        title: What it does, for lists: "training".
        heavy: It wants the whole machine; one at a time.
        online: It may use the network. All others are cut off from it.
        talks: `module:name` of a function `(ctx) -> bool`: whether its own processes talk to each other over
            loopback this time. Empty: they never do.
    """

    function: str
    title: str
    heavy: bool = False
    online: bool = False
    talks: str = ""


KINDS: dict[str, JobKind] = {
    "check": JobKind("engine.data.jobs:run_check", "checking the data"),
    "preview": JobKind("engine.data.jobs:run_preview", "rendering the preview"),
    "fetch": JobKind("engine.models.jobs:run_fetch", "getting the model", online=True),
    "scan": JobKind(
        "engine.privacy.jobs:run_scan", "looking for personal data", heavy=True, talks="engine.privacy.jobs:uses_ray"
    ),
    "redact": JobKind("engine.privacy.jobs:run_redact", "hiding personal data", heavy=True),
    "plan": JobKind("engine.plan.jobs:run_plan", "planning memory and time"),
    "train": JobKind("engine.train.jobs:run_train", "training", heavy=True, talks="engine.train.ranks:is_shared"),
    "evaluate": JobKind("engine.evaluate.jobs:run_evaluate", "evaluating", heavy=True),
    "ship": JobKind("engine.ship.jobs:run_ship", "packing the adapter"),
}
