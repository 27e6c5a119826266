"""The thresholds of the health check: the typed content of `presets/health/rules.yaml`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from engine.errors import from_os_error
from engine.machine import PRESETS
from engine.spec_text import parse_yaml_as

RULES_FILE = PRESETS / "health" / "rules.yaml"

Share = Annotated[float, Field(gt=0.0, le=1.0)]
Count = Annotated[int, Field(ge=1)]


class HealthRules(BaseModel):
    """When a row counts as unhealthy; what each means stands in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    similarity: Share = 0.8
    fewest_words: Count = 4
    most_tokens: Count = 4096
    language_majority: Annotated[float, Field(gt=0.5, le=1.0)] = 0.6
    language_rows: Count = 10
    json_majority: Annotated[float, Field(gt=0.5, le=1.0)] = 0.8
    json_rows: Count = 10


def load_health_rules() -> HealthRules:
    """Read the thresholds.

    Raises:
        SpecError: The file has an unknown key or a value that does not fit.
    """
    try:
        return parse_yaml_as(HealthRules, RULES_FILE.read_text(encoding="utf-8"), RULES_FILE)
    except OSError as error:
        raise from_os_error(error, "reading the health rules") from error
