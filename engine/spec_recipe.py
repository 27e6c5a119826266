"""How a model learns, as data: the recipe's knobs, and what it runs on.

Fingerprints are made of the knobs that differ from the defaults here, so a knob can be added without making every
project stale; changing a default makes them stale, as it should.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import Field, field_validator

from engine.spec_base import Strict


class RecipeSpec(Strict):
    """How it learns. Each knob's cost is explained in `presets/recipes`."""

    preset: str = "balanced"
    adapter: Literal["lora", "adalora"] = "lora"
    """`adalora` starts with a higher rank and gives it up where it is not needed (Zhang et al. 2023)."""
    rank: Annotated[int, Field(ge=1, le=1024)] = 16
    """For AdaLoRA: the mean rank at the end; it starts with half as much again."""
    alpha: Annotated[float, Field(gt=0)] = 32
    dropout: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.05
    targets: str | list[str] = "all-linear"
    rslora: bool = False
    """Scale by alpha / sqrt(rank) instead of alpha / rank (Kalajdzievski 2023)."""
    dora: bool = False
    """Learn direction and magnitude apart (Liu et al. 2024)."""
    init: Literal["default", "pissa"] = "default"
    """`pissa`: start from the base's principal parts (Meng et al. 2024); needs a 16-bit base."""
    lora_plus_ratio: Annotated[float, Field(ge=1.0)] | None = None
    """Learning rate of the B matrices over that of A (LoRA+, Hayou et al. 2024); None: the same."""
    neftune_alpha: Annotated[float, Field(gt=0)] | None = None
    """Noise on the embeddings while training (NEFTune, Jain et al. 2023); None: none."""
    quantization: Literal["nf4", "int8", "none"] = "nf4"
    max_length: Annotated[int, Field(ge=8)] = 1024
    long_rows: Literal["truncate", "drop"] = "truncate"
    micro_batch: Annotated[int, Field(ge=1)] = 1
    effective_batch: Annotated[int, Field(ge=1)] = 16
    max_steps: Annotated[int, Field(ge=1)] | None = None
    epochs: Annotated[float, Field(gt=0, le=10_000)] = 3.0
    loss: Literal["nll", "chunked_nll"] = "chunked_nll"
    """`chunked_nll`: scores for learned tokens only, a few at a time. `nll`: the reference path, a step as the usual
    script does it (scores of all tokens at once, the unquantised weights in 32 bits): the same result for far more
    memory, to compare with other tools and to fall back on."""
    gradient_checkpointing: bool | Literal["auto"] = "auto"
    attention: Literal["auto", "sdpa", "flash_attention_2", "eager"] = "auto"
    packing: bool = False
    optimizer: str = "auto"
    """`auto`: paged 8-bit AdamW on CUDA, AdamW elsewhere; else a name that transformers knows."""
    liger: bool | Literal["auto"] = "auto"
    """Liger's fused kernels. `auto`: where the package is installed and the GPU can run them."""
    compile: bool = False
    """`torch.compile`: minutes of start-up for a faster step; pays in long runs on a GPU."""
    learning_rate: Annotated[float, Field(gt=0)] = 2e-4
    scheduler: Literal["linear", "cosine", "constant", "constant_with_warmup"] = "cosine"
    warmup_ratio: Annotated[float, Field(ge=0.0, le=1.0)] = 0.03
    weight_decay: Annotated[float, Field(ge=0.0)] = 0.0
    max_grad_norm: Annotated[float, Field(gt=0)] = 1.0
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 42
    """As numpy takes them."""
    eval_steps: Annotated[int, Field(ge=1)] | None = None
    """Evaluate every so many steps; None: about ten times in a run."""
    save_steps: Annotated[int, Field(ge=1)] = 500
    keep_checkpoints: Annotated[int, Field(ge=1)] = 2
    """The newest so many remain, and beside them the best."""
    early_stopping: Annotated[int, Field(ge=1)] | None = None
    """Stop after so many evaluations without a better one, and go back to the best; None: never."""
    sample_steps: Annotated[int, Field(ge=1)] | None = None
    """Answer the sample prompts every so many steps; None: not while training."""
    sample_prompts: list[str] = Field(default_factory=list)
    """The creator's own prompts for samples; empty: three of the holdout."""
    canaries: Annotated[int, Field(ge=0, le=100)] = 0
    """Random secrets planted in the training rows, to measure how much is memorised; 0: none."""
    mix_in: Annotated[float, Field(ge=0.0, le=0.5)] = 0.0
    """Share of bundled general rows mixed in, against forgetting."""
    dp_epsilon: Annotated[float, Field(gt=0)] | None = None
    """Differential privacy: stop when so much is spent; None: without it."""
    dp_delta: Annotated[float, Field(gt=0, lt=1)] | None = None
    """None: one over ten times the number of rows."""
    dp_clip: Annotated[float, Field(gt=0)] = 1.0
    """Each row's gradient is clipped to this norm before noise is added."""

    @field_validator("targets")
    @classmethod
    def _some_targets(cls, targets: str | list[str]) -> str | list[str]:
        """No layers would mean an adapter of nothing, which is found out only when the model is loaded."""
        if not targets or not all(name.strip() for name in ([targets] if isinstance(targets, str) else targets)):
            raise ValueError("name at least one layer, such as [q_proj, v_proj], or take all-linear")
        return targets

    @field_validator("optimizer")
    @classmethod
    def _known_optimizer(cls, name: str) -> str:
        """A misspelt one would be found out only when training begins."""
        from engine.plan.optimizers import known_optimizers

        if name != "auto" and (known := known_optimizers()) and name not in known:
            # "adamw" is meant by "adamm", whatever comes after it in the whole name.
            plainest_last = sorted(known, key=lambda one: ("bit" in one, len(one)), reverse=True)
            beginnings = {one[: len(name)]: one for one in plainest_last}
            near = [beginnings[one] for one in get_close_matches(name, beginnings, n=1)]
            meant = f"; did you mean `{near[0]}`?" if near else "; `auto` takes a good one"
            raise ValueError(f"it is not one of transformers' optimizers{meant}")
        return name


class ComputeSpec(Strict):
    """What a run is spread over."""

    strategy: Literal["auto", "single", "ddp", "fsdp", "zero2", "zero3"] = "auto"
    """`auto`: as the plan says."""
    processes: Annotated[int, Field(ge=1)] | None = None
    """On this machine; None: one for each GPU."""
    hosts: list[str] = Field(default_factory=list)
    """Several machines: the names under which they reach each other, this one first."""
    port: Annotated[int, Field(ge=1024, le=65535)] = 29500
