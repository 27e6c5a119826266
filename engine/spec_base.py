"""The base of everything that `project.yaml` and the presets hold: unknown keys are errors."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Refuses keys it does not know, and checks values again when they are assigned."""

    model_config = ConfigDict(allow_inf_nan=False, extra="forbid", validate_assignment=True)
