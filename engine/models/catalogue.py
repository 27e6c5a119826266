"""The catalogue of open models: what people edit in `presets/models/*.yaml`, read strictly.

A fact stands there with its source and the day it was looked up; what nobody verified is listed as such.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, computed_field

from engine.errors import SpecError
from engine.machine import PRESETS
from engine.models.facts import ModelFacts
from engine.preset_files import read_preset

Count = Annotated[int, Field(gt=0)]
_NOT_PLAIN = ("qwen3_5_text",)
"""Model types whose layers are not all alike, so that a few figures do not give their matrices."""
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
    extra: dict[str, bool | int | float | list[str]] = Field(default_factory=dict)
    """Further keys of the model's config.json, by its own names: experts, latent attention, kinds of layers."""


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
    model_type: str
    """As `config.json` has it; of the language part, where there are others."""
    figures: Figures | None = None
    licence: str
    """As the hub names it; `unknown` where it could not be found."""
    gated: bool | None = None
    """Whether its page asks for consent first; None: not verified."""
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")] | None = None
    """A commit that was checked; None: not verified, and the newest is taken and pinned at the download."""
    chat_template: str | None = None
    """The family of the template its tokenizer brings; None: not verified."""
    base_model: str | None = None
    """The model it was made from, where that one's terms may apply too."""
    note: str = ""
    """One line for the list: what it is good for."""
    first_choice: bool = False
    """Whether somebody without a wish of their own is well served: it answers at once, its licence has no riders, many
    have tuned it. The largest of them that fits is suggested. Ours to judge, so no source is named."""
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

    def as_config(self) -> dict[str, Any] | None:
        """What its `config.json` says about its size, by that file's keys; None without figures."""
        if self.figures is None:
            return None
        figures = self.figures
        return {
            "model_type": self.model_type,
            "architectures": [self.architecture],
            "num_hidden_layers": figures.layers,
            "hidden_size": figures.hidden,
            "intermediate_size": figures.inner,
            "num_attention_heads": figures.heads,
            "num_key_value_heads": figures.kv_heads,
            "head_dim": figures.head_dim,
            "vocab_size": figures.vocabulary,
            "tie_word_embeddings": figures.tied,
            "max_position_embeddings": self.context,
            **figures.extra,
        }

    def as_facts(self) -> ModelFacts:
        """The facts before it is on this machine; without its sizes where it is no plain decoder."""
        figures = (
            self.figures if self.figures and not self.figures.extra and self.model_type not in _NOT_PLAIN else None
        )
        return ModelFacts(
            kind="folder",
            path="",
            architecture=self.architecture,
            model_type=self.model_type,
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
        for model in read_preset(_CatalogueFile, file).models:
            if model.id in found:
                raise SpecError(f"`{model.id}` is in the catalogue twice.", str(file), "Remove one of them.")
            found[model.id] = model
    return tuple(sorted(found.values(), key=lambda model: model.parameters))
