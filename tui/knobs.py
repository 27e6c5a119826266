"""The knobs of a recipe as the wizard lists them: groups, names, costs, valid values, and what is typed for them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from engine.spec_recipe import RecipeSpec
from engine.spec_text import with_settings
from tui.gloss import gloss_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.spec import ProjectSpec

_TITLES = {
    "rslora": "rsLoRA",
    "dora": "DoRA",
    "init": "start",
    "lora_plus_ratio": "LoRA+ ratio",
    "neftune_alpha": "NEFTune noise",
    "quantization": "weights",
    "micro_batch": "rows at once",
    "effective_batch": "rows per step",
    "gradient_checkpointing": "recompute",
    "max_grad_norm": "clipping",
    "scheduler": "schedule",
    "warmup_ratio": "warm-up",
    "eval_steps": "look every",
    "save_steps": "save every",
    "sample_steps": "samples every",
    "liger": "Liger kernels",
    "dp_epsilon": "privacy epsilon",
    "dp_delta": "privacy delta",
    "dp_clip": "privacy clip",
}
"""Names for people, where the key is none."""


@dataclass(frozen=True)
class Knob:
    """One knob.

    Args:
        key: Its name in `project.yaml` under `recipe`.
        group: Under which heading it stands.
        cost: What more of it costs, in a few words.
        unit: What the number counts; empty for bare numbers and words.
        empty: What no value means; empty where there must be one.
    """

    key: str
    group: str
    cost: str
    unit: str = ""
    empty: str = ""

    @property
    def title(self) -> str:
        """Its name for people."""
        return _TITLES.get(self.key, self.key.replace("_", " "))

    @property
    def meaning(self) -> str:
        """One plain sentence."""
        return gloss_of(self.key)

    @property
    def valid(self) -> str:
        """What can be typed."""
        choices = choices_of(self.key)
        if choices and not self.empty:
            return _listed(choices)
        words = _listed(choices) if choices else _range(self.key)
        return f"{words}; empty: {self.empty}" if self.empty else words


ADAPTER, BATCH, LEARNING, LOOKING, SPECIAL = (
    "adapter",
    "batch and length",
    "learning",
    "saving and looking",
    "special",
)
KNOBS: tuple[Knob, ...] = (
    Knob("rank", ADAPTER, "twice the rank is twice the adapter: little memory, hardly any time"),
    Knob("alpha", ADAPTER, "free"),
    Knob("dropout", ADAPTER, "a few per cent of the time"),
    Knob("targets", ADAPTER, "fewer parts save a little memory and learn less"),
    Knob("adapter", ADAPTER, "adalora takes about 1.3 x the time"),
    Knob("rslora", ADAPTER, "free"),
    Knob("dora", ADAPTER, "1.3 to 1.6 x the time; the result cannot become a GGUF adapter"),
    Knob("init", ADAPTER, "pissa takes minutes at the start, and weights of 16 bits"),
    Knob("quantization", ADAPTER, "nf4 is a quarter of the memory of 16 bits, about 1.15 x the time"),
    Knob("max_length", BATCH, "memory grows with your longest row, as far as this lets it", "tokens"),
    Knob("long_rows", BATCH, "free; a row that is left out teaches nothing"),
    Knob("micro_batch", BATCH, "memory grows with it; faster on a GPU until the card is busy", "rows"),
    Knob("effective_batch", BATCH, "no memory; more rows make fewer and calmer steps", "rows"),
    Knob("packing", BATCH, "saves time on a GPU with many short rows; none on a CPU"),
    Knob("gradient_checkpointing", BATCH, "about 1.3 x the time for a fraction of the memory"),
    Knob("loss", BATCH, "nll is the usual script's way, to compare: gigabytes more for the same"),
    Knob("attention", BATCH, "eager needs memory that grows with the square of the length"),
    Knob("epochs", LEARNING, "time grows with it, and what is learnt by heart", "times"),
    Knob("max_steps", LEARNING, "time grows with it", "steps", "as the epochs say"),
    Knob("learning_rate", LEARNING, "free; too high forgets, too low learns nothing"),
    Knob("scheduler", LEARNING, "free"),
    Knob("warmup_ratio", LEARNING, "free"),
    Knob("weight_decay", LEARNING, "free"),
    Knob("max_grad_norm", LEARNING, "free"),
    Knob("optimizer", LEARNING, "8-bit ones need a quarter of the memory for their state"),
    Knob("lora_plus_ratio", LEARNING, "free", "", "off"),
    Knob("neftune_alpha", LEARNING, "free", "", "off"),
    Knob("seed", LEARNING, "free"),
    Knob("eval_steps", LOOKING, "each look takes as long as the holdout is large", "steps", "ten looks in a run"),
    Knob("early_stopping", LOOKING, "saves time when nothing gets better", "looks", "never"),
    Knob("save_steps", LOOKING, "each takes a second and three times the adapter on disk", "steps"),
    Knob("keep_checkpoints", LOOKING, "disk only"),
    Knob("sample_steps", LOOKING, "a few seconds each time", "steps", "no samples"),
    Knob("sample_prompts", LOOKING, "more prompts take longer", "", "three rows of the holdout"),
    Knob("mix_in", SPECIAL, "time grows with the share"),
    Knob("canaries", SPECIAL, "a row each, and a measurement at the end"),
    Knob("dp_epsilon", SPECIAL, "several times the time, and it learns less", "", "off"),
    Knob("dp_delta", SPECIAL, "free", "", "one over ten times your rows"),
    Knob("dp_clip", SPECIAL, "free"),
    Knob("liger", SPECIAL, "saves memory and time on a GPU, where it is installed"),
    Knob("compile", SPECIAL, "minutes at the start, then faster; pays in long runs on a GPU"),
)
"""All of them, by group; those that are changed most come first in each."""
_BY_KEY = {one.key: one for one in KNOBS}


def knob(key: str) -> Knob:
    """The knob with this key."""
    return _BY_KEY[key]


def value_text(value: Any) -> str:
    """A value as people write it: `2e-4`, `16`, `yes`, `all-linear`."""
    if value is None or value == []:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if value and abs(value) < 0.01:
            mantissa, _, exponent = f"{value:e}".partition("e")
            return f"{float(mantissa):g}e{int(exponent)}"
        return f"{value:g}"
    if isinstance(value, list):
        return " | ".join(map(str, value)) if any(" " in str(one) for one in value) else ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)


def typed_value(text: str, key: str = "") -> str:
    """What a person types for a value, as the setting wants it: yes and no, none, numbers with commas, lists."""
    plain = text.strip()
    if key == "sample_prompts":
        prompts = [] if plain.lower() in ("", "none") else plain.split("|")
        return json.dumps([one.strip() for one in prompts if one.strip()])
    if key == "targets" and "," in plain:
        return json.dumps([one.strip() for one in plain.split(",") if one.strip()])
    words = {"yes": "true", "no": "false", "": "null"}
    if key != "quantization":
        words["none"] = "null"
    if plain.lower() in words:
        return words[plain.lower()]
    return plain.replace(",", "") if plain.replace(",", "").isdigit() else plain


def setting_of(key: str, value: Any) -> str:
    """`recipe.rank=16`, for `with_settings`."""
    return f"recipe.{key}={json.dumps(value)}"


def with_typed(spec: ProjectSpec, key: str, text: str) -> ProjectSpec:
    """The spec with what was typed for a knob.

    Raises:
        SpecError: It does not fit, or not together with another knob.
    """
    from engine.recipe_rules import refuse_impossible

    changed = with_settings(spec, [f"recipe.{key}={typed_value(text, key)}"])
    refuse_impossible(changed.recipe)
    return changed


def with_recipe(spec: ProjectSpec, recipe: RecipeSpec) -> ProjectSpec:
    """The spec with another recipe."""
    return spec.model_copy(update={"recipe": recipe})


def settings_of(recipe: RecipeSpec) -> dict[str, Any]:
    """The knobs of a recipe by key."""
    content = recipe.model_dump()
    return {one.key: content[one.key] for one in KNOBS}


def differences(base: RecipeSpec, now: RecipeSpec) -> dict[str, tuple[Any, Any]]:
    """The knobs that differ: key -> (in `base`, in `now`), in the order of the list."""
    before, after = settings_of(base), settings_of(now)
    return {key: (before[key], after[key]) for key in before if before[key] != after[key]}


def choices_of(key: str) -> tuple[str, ...]:
    """The words to choose from; empty for numbers and free text."""
    found: list[str] = []
    for part in _parts(RecipeSpec.model_fields[key].annotation):
        if get_origin(part) is Literal:
            found += [str(word) for word in get_args(part)]
        elif part is bool:
            found += ["yes", "no"]
    return tuple(found)


def step_choice(key: str, value: Any, by: int) -> str | None:
    """The choice after (or before) the present one, as it is typed; None for knobs without choices."""
    choices = choices_of(key)
    if not choices:
        return None
    now = value_text(value) if not isinstance(value, str) else value
    at = choices.index(now) if now in choices else -1
    return choices[(at + by) % len(choices)]


def _parts(annotation: Any) -> Iterable[Any]:
    """The alternatives of a type, without `Annotated` and `None`."""
    if get_origin(annotation) in (Union, UnionType):
        for one in get_args(annotation):
            yield from _parts(one)
    elif get_origin(annotation) is Annotated:
        yield from _parts(get_args(annotation)[0])
    elif annotation is not type(None):
        yield annotation


def _limits(key: str) -> dict[str, float]:
    """`ge`, `gt`, `le`, `lt` of a number, wherever pydantic keeps them."""
    field = RecipeSpec.model_fields[key]
    marks = list(field.metadata)
    for one in get_args(field.annotation):
        if get_origin(one) is Annotated:
            for mark in get_args(one)[1:]:
                marks += getattr(mark, "metadata", [mark])
    return {name: getattr(mark, name) for mark in marks for name in ("ge", "gt", "le", "lt") if hasattr(mark, name)}


_FREE = {
    "targets": "all-linear, or names such as q_proj, v_proj",
    "sample_prompts": "prompts, with | between them",
    "optimizer": "auto, adamw_torch_fused, paged_adamw_8bit, or another that transformers has",
}


def _range(key: str) -> str:
    limits = _limits(key)
    kinds = set(_parts(RecipeSpec.model_fields[key].annotation))
    if not kinds & {int, float}:
        return _FREE[key]
    low = f"from {limits['ge']:g}" if "ge" in limits else f"above {limits['gt']:g}" if "gt" in limits else ""
    high = f"to {limits['le']:g}" if "le" in limits else f"below {limits['lt']:g}" if "lt" in limits else ""
    kind = "a whole number" if int in kinds else "a number"
    join = " and" if low.startswith("above") and high else ""
    return " ".join(filter(None, (kind, low + join, high)))


def _listed(words: tuple[str, ...]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
