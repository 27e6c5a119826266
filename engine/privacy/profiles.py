"""Redaction profiles: files in `presets/redaction` that say what is looked for and how hard.

Light on purpose: the wizard lists profiles without loading a detector.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.errors import SpecError, from_os_error
from engine.machine import PRESETS
from engine.spec import Operator, OwnSpec
from engine.spec_text import parse_yaml_as

Score = Annotated[float, Field(ge=0.0, le=1.0)]


class Profile(BaseModel):
    """The content of a profile file."""

    model_config = ConfigDict(extra="forbid")

    name: str
    title: str
    summary: str
    hide: list[str]
    """Types that name a person or open a door; they come first in the review."""
    soft: list[str] = Field(default_factory=list)
    """Types that point at a person only together with others; hidden by default too, but last in the review."""
    threshold: dict[str, Score] = Field(default_factory=dict)
    """Findings of a type with a lower score are dropped."""
    spacy: Literal["md", "none"] = "md"
    """Which spaCy pipeline: `md` recognises names, `none` only splits words."""
    model: bool = True
    """Whether the token-classification model (Rampart) runs."""
    model_doubt: Score = 0.9
    """A token counts as personal when the model's probability for "nothing" is lower than this."""
    case_pass: bool = True
    """A second look at rows in all-lower or all-upper letters."""
    sweep: bool = True
    """Names found anywhere are searched in every row."""
    operator: Operator = "surrogate"
    """What stands for hidden values where the project does not choose."""
    operators: dict[str, Operator] = Field(default_factory=dict)
    """The same for single types."""
    recognisers: list[str]
    """The recognisers that run, by the names in `engine.privacy.recognisers.table`."""

    @property
    def entities(self) -> frozenset[str]:
        """Every type this profile reports."""
        return frozenset(self.hide) | frozenset(self.soft)


def load_profile(name: str) -> Profile:
    """Read `presets/redaction/NAME.yaml`.

    Raises:
        SpecError: No such profile, or a key or value that does not fit.
    """
    path = PRESETS / "redaction" / f"{name}.yaml"
    if Path(name).name != name or not path.is_file():
        raise SpecError(
            f"There is no redaction profile `{name}`.",
            f"{path} does not exist.",
            f"Choose one of: {', '.join(sorted(file.stem for file in path.parent.glob('*.yaml')))}.",
        )
    try:
        return parse_yaml_as(Profile, path.read_text(encoding="utf-8"), path)
    except OSError as error:
        raise from_os_error(error, "reading the redaction profile") from error


def load_profiles() -> list[Profile]:
    """All profiles, `thorough` first."""
    names = sorted(file.stem for file in (PRESETS / "redaction").glob("*.yaml"))
    return [load_profile(name) for name in sorted(names, key=lambda name: (name != "thorough", name))]


def known_fingerprint(values: Sequence[str], own: Sequence[OwnSpec] = ()) -> str:
    """Tells one list of known values and own recognisers from another without keeping it."""
    content: list[object] = [*sorted(set(values)), *(one.model_dump() for one in own)]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
