"""The knobs of a recipe as the wizard lists them: order, name, unit, and the value in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tui.gloss import gloss_of

if TYPE_CHECKING:
    from engine.spec import RecipeSpec


@dataclass(frozen=True)
class Knob:
    """One knob.

    Args:
        key: Its name in `project.yaml` under `recipe`.
        unit: What the number counts; empty for bare numbers and words.
    """

    key: str
    unit: str = ""

    @property
    def title(self) -> str:
        """Its name for people."""
        return self.key.replace("_", " ")

    @property
    def meaning(self) -> str:
        """One plain sentence."""
        return gloss_of(self.key)


KNOBS: tuple[Knob, ...] = (
    Knob("rank"),
    Knob("alpha"),
    Knob("learning_rate"),
    Knob("epochs", "times"),
    Knob("max_length", "tokens"),
    Knob("effective_batch", "rows"),
    Knob("micro_batch", "rows"),
    Knob("dropout"),
    Knob("quantization"),
    Knob("max_steps", "steps"),
    Knob("long_rows"),
    Knob("gradient_checkpointing"),
    Knob("targets"),
    Knob("loss"),
    Knob("packing"),
    Knob("optimizer"),
    Knob("scheduler"),
    Knob("warmup_ratio"),
    Knob("weight_decay"),
    Knob("max_grad_norm"),
    Knob("attention"),
    Knob("eval_steps", "steps"),
    Knob("save_steps", "steps"),
    Knob("keep_checkpoints"),
    Knob("seed"),
)
"""Those that are changed most come first."""


def knob(key: str) -> Knob:
    """The knob with this key."""
    return next(one for one in KNOBS if one.key == key)


def value_text(value: Any) -> str:
    """A value as people write it: `2e-4`, `16`, `yes`, `all-linear`."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if value and abs(value) < 0.01:
            mantissa, _, exponent = f"{value:e}".partition("e")
            return f"{float(mantissa):g}e{int(exponent)}"
        return f"{value:g}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)


def typed_value(text: str) -> str:
    """What a person types for a value, as the setting wants it: yes and no, none, and numbers with commas."""
    plain = text.strip()
    words = {"yes": "true", "no": "false", "none": "null", "": "null"}
    if plain.lower() in words:
        return words[plain.lower()]
    return plain.replace(",", "") if plain.replace(",", "").isdigit() else plain


def settings_of(recipe: RecipeSpec) -> dict[str, Any]:
    """The knobs of a recipe by key."""
    content = recipe.model_dump()
    return {one.key: content[one.key] for one in KNOBS}
