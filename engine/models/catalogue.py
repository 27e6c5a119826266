"""The catalogue of open models: what people edit in `presets/models/*.yaml`, read strictly.

A fact stands there with its source and the day it was looked up; what nobody verified is listed as such.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, computed_field

from engine.errors import SpecError
from engine.machine import PRESETS
from engine.models.facts import ModelFacts
from engine.spec_text import parse_yaml_as

Count = Annotated[int, Field(gt=0)]
_BYTES_ON_DISK = 2
"""Bytes for each parameter of the 16-bit files that are downloaded."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Figures(_Strict):
    """The sizes the plan is made from."""

    layers: Count
    hidden: Count
    inner: Count
    heads: Count
    kv_heads: Count
    head_dim: Count
    vocabulary: Count
    tied: bool
    """Input and output embedding are one matrix."""


class Fact(_Strict):
    """Where something was looked up, and when."""

    about: str
    source: str
    date: date


class CatalogueModel(_Strict):
    """One model of the catalogue."""

    id: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    name: str
    parameters: Count
    context: Count
    """In tokens."""
    architecture: str
    figures: Figures | None = None
    licence: str
    """As the hub names it; `unknown` where it could not be found."""
    gated: bool | None = None
    """Whether its page asks for consent first; None: not verified."""
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")] | None = None
    """A commit that was checked; None: not verified, and the newest is taken and pinned at the download."""
    note: str = ""
    """One line for the list: what it is good for."""
    facts: Annotated[list[Fact], Field(min_length=1)]
    not_verified: list[str] = Field(default_factory=list)

    @property
    def source(self) -> str:
        """What is given as the model's source: its hub id."""
        return self.id

    @computed_field  # type: ignore[prop-decorator]
    @property
    def size_bytes(self) -> int:
        """About what is downloaded: two bytes a parameter."""
        return self.parameters * _BYTES_ON_DISK

    def as_facts(self) -> ModelFacts:
        """The model's facts for a plan, before it is on this machine."""
        figures = self.figures
        return ModelFacts(
            kind="folder",
            path="",
            architecture=self.architecture,
            model_type="",
            parameters=self.parameters,
            size_bytes=self.size_bytes,
            context_length=self.context,
            licence=self.licence,
            licence_source="catalogue",
            vocab_size=figures.vocabulary if figures else None,
            layers=figures.layers if figures else None,
            hidden_size=figures.hidden if figures else None,
            intermediate_size=figures.inner if figures else None,
            heads=figures.heads if figures else None,
            kv_heads=figures.kv_heads if figures else None,
            head_dim=figures.head_dim if figures else None,
            tied_embeddings=bool(figures and figures.tied),
        )


class _CatalogueFile(_Strict):
    models: list[CatalogueModel]


@cache
def load_catalogue(folder: Path = PRESETS / "models") -> tuple[CatalogueModel, ...]:
    """All models of the catalogue, smallest first.

    Raises:
        SpecError: A file says something we cannot use, or two entries have one id; names file:line and key.
    """
    found: dict[str, CatalogueModel] = {}
    for file in sorted(folder.glob("*.yaml")):
        for model in parse_yaml_as(_CatalogueFile, file.read_text(encoding="utf-8"), file).models:
            if model.id in found:
                raise SpecError(f"`{model.id}` is in the catalogue twice.", str(file), "Remove one of them.")
            found[model.id] = model
    return tuple(sorted(found.values(), key=lambda model: model.parameters))
