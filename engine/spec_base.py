"""The base of everything that `project.yaml` and the presets hold: unknown keys are errors."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator


class Strict(BaseModel):
    """Refuses keys it does not know, and yes or no for a number; checks values again when they are assigned."""

    model_config = ConfigDict(allow_inf_nan=False, extra="forbid", validate_assignment=True)

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, value: Any, info: ValidationInfo) -> Any:
        """YAML reads `no`, `off` and `yes` as truth values, which Python takes for 0 and 1."""
        if isinstance(value, bool):
            kinds = _kinds(cls.model_fields[str(info.field_name)].annotation)
            if kinds & {int, float} and bool not in kinds:
                raise ValueError("a number is wanted, not yes or no")
        return value


def _kinds(annotation: Any) -> set[Any]:
    """All types that an annotation is made of."""
    return {annotation}.union(*(_kinds(one) for one in get_args(annotation) if isinstance(one, type) or get_args(one)))
