"""What a run is spread over: one process, or several that share the rows (DDP) or the model as well (FSDP, ZeRO).

DDP keeps the whole model on each card and adds up gradients: the fastest where the model fits. FSDP and ZeRO-3 cut the
model itself up, ZeRO-2 the optimizer's state and the gradients only. Everything here is arithmetic and data.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal

from engine.errors import SpecError
from engine.recipe_rules import rows_at_once
from engine.spec import RecipeSpec
from engine.spec_recipe import ComputeSpec

Strategy = Literal["single", "ddp", "fsdp", "zero2", "zero3"]
TIMEOUT_S = 600
DEEPSPEED_INSTALL = "pip install 'tunesmith[deepspeed]'"


@dataclass(frozen=True)
class Spread:
    """Over what a run is spread."""

    strategy: Strategy = "single"
    processes: int = 1
    """On each machine."""
    hosts: tuple[str, ...] = ()
    port: int = 29500
    on_cuda: bool = False

    @property
    def machines(self) -> int:
        """How many there are."""
        return max(1, len(self.hosts))

    @property
    def world(self) -> int:
        """Processes on all machines together."""
        return self.processes * self.machines

    @property
    def sharded(self) -> bool:
        """Whether no process holds the whole model: then nothing can be asked of one process alone."""
        return self.strategy in ("fsdp", "zero3")


SINGLE = Spread()


def choose_strategy(compute: ComputeSpec, *, gpus: int, fits_on_one: bool | None) -> Spread:
    """What `compute` means on this machine.

    Args:
        compute: The settings.
        gpus: NVIDIA cards of each machine; 0: it computes on the processor.
        fits_on_one: Whether the plan fits on one card; None: there is no plan.

    Returns:
        With `auto`: one process where there is one card or none; DDP where there are several and the plan fits on one
        of them, or nobody knows; FSDP where it does not.

    Raises:
        SpecError: It cannot be had here; names the field.
    """
    processes = compute.processes or max(1, gpus)
    machines = max(1, len(compute.hosts))
    world = processes * machines
    if gpus and processes > gpus:
        raise _wrong(
            f"compute.processes is {processes}, and this machine has {gpus} GPU{'s' if gpus > 1 else ''}.",
            f"Each process needs a GPU of its own: set compute.processes to at most {gpus}, or leave it out.",
        )
    strategy = compute.strategy
    if strategy == "single":
        if machines > 1 or (compute.processes or 1) > 1:
            raise _wrong(
                "compute.strategy=single is one process on one machine; "
                + ("compute.hosts names several." if machines > 1 else f"compute.processes is {processes}."),
                "Set compute.strategy to `auto`.",
            )
        return Spread(on_cuda=gpus > 0)
    if world == 1:
        if strategy in ("fsdp", "zero2", "zero3"):
            raise _wrong(
                f"compute.strategy={strategy} spreads a model over several processes, and there is one.",
                "Set compute.strategy to `auto`, or compute.processes to the number of cards.",
            )
        return Spread(on_cuda=gpus > 0)
    chosen: Strategy = ("fsdp" if gpus and fits_on_one is False else "ddp") if strategy == "auto" else strategy
    return Spread(chosen, processes, tuple(compute.hosts), compute.port, gpus > 0)


def check_spread(recipe: RecipeSpec, spread: Spread, *, deepspeed_installed: bool | None = None) -> None:
    """Refuse knobs that do not go with several processes, before anything is loaded.

    Raises:
        SpecError: Names the fields.
    """
    if spread.world == 1:
        return
    if recipe.dp_epsilon is not None:
        raise _wrong(
            f"recipe.dp_epsilon and compute.strategy={spread.strategy}: the noise of differential privacy is counted "
            f"for one process, and there would be {spread.world}.",
            "Set compute.strategy=single, or take recipe.dp_epsilon out.",
        )
    at_once = rows_at_once(recipe, spread.world)
    if recipe.effective_batch < spread.world or (
        not recipe.packing and recipe.effective_batch % (at_once * spread.world)
    ):
        raise _wrong(
            f"recipe.effective_batch is {recipe.effective_batch}: that cannot be shared evenly by {spread.world} "
            f"processes (compute.processes) of {at_once} rows at a time (recipe.micro_batch).",
            f"Set recipe.effective_batch to a multiple of {at_once * spread.world}.",
        )
    if spread.strategy != "ddp" and not spread.on_cuda:
        # accelerate 1.15 has neither on processors: it would take DDP without a word.
        raise _wrong(f"compute.strategy={spread.strategy} needs NVIDIA GPUs.", "Set compute.strategy to `auto`.")
    if spread.strategy in ("zero2", "zero3"):
        installed = find_spec("deepspeed") is not None if deepspeed_installed is None else deepspeed_installed
        if not installed:
            raise _wrong(
                f"compute.strategy={spread.strategy} needs the package deepspeed, which is not installed.",
                f"Install it with {DEEPSPEED_INSTALL}, or set compute.strategy to `fsdp`.",
            )
    if spread.sharded and (wrong := _not_sharded(recipe)):
        raise _wrong(f"{wrong} does not go with compute.strategy={spread.strategy}.", "Change one of the two.")


def _not_sharded(recipe: RecipeSpec) -> str:
    """What needs the whole model in one process; empty where all is well."""
    wrong = {
        "recipe.adapter=adalora": recipe.adapter == "adalora",
        "recipe.init=pissa": recipe.init == "pissa",
        "recipe.quantization=int8": recipe.quantization == "int8",
        "recipe.early_stopping": recipe.early_stopping is not None,
        "recipe.sample_steps": recipe.sample_steps is not None,
        "recipe.lora_plus_ratio": recipe.lora_plus_ratio is not None,
    }
    return next((name for name, is_wrong in wrong.items() if is_wrong), "")


def trainer_settings(spread: Spread, *, checkpointing: bool = False, experts: bool = False) -> dict[str, Any]:
    """What transformers' `TrainingArguments` are given for it; with one process nothing.

    Args:
        spread: As chosen.
        checkpointing: Whether activations are computed again; FSDP does that itself.
        experts: Whether layers choose among experts: then a step may leave some of the adapter unused.
    """
    if spread.world == 1:
        return {}
    settings: dict[str, Any] = {"ddp_timeout": TIMEOUT_S, "ddp_backend": None if spread.on_cuda else "gloo"}
    if spread.strategy == "ddp":
        return {**settings, "ddp_find_unused_parameters": experts}
    if spread.strategy == "fsdp":
        return {**settings, "fsdp": True, "fsdp_config": fsdp_config(checkpointing), "activation_checkpointing": False}
    return {**settings, "deepspeed": deepspeed_config(2 if spread.strategy == "zero2" else 3)}


def fsdp_config(checkpointing: bool) -> dict[str, Any]:
    """FSDP's settings: everything is cut up, decoder layer by decoder layer, and put together only while it is used."""
    return {
        "version": 2,
        "reshard_after_forward": True,
        "auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
        "state_dict_type": "FULL_STATE_DICT",
        # every process reads the model by itself; rank 0 alone would have to send out quantised parts
        "cpu_ram_efficient_loading": False,
        "activation_checkpointing": checkpointing,
    }


def deepspeed_config(stage: Literal[2, 3]) -> dict[str, Any]:
    """DeepSpeed's settings: `auto` is filled in by transformers from the trainer's own arguments."""
    zero: dict[str, Any] = {"stage": stage, "overlap_comm": True, "contiguous_gradients": True}
    if stage == 3:
        zero["stage3_gather_16bit_weights_on_model_save"] = True
    return {
        "zero_optimization": zero,
        "bf16": {"enabled": "auto"},
        "fp16": {"enabled": "auto"},
        "gradient_accumulation_steps": "auto",
        "gradient_clipping": "auto",
        "train_batch_size": "auto",
        "train_micro_batch_size_per_gpu": "auto",
        # AdamW of bitsandbytes and of PyTorch are none of DeepSpeed's own
        "zero_allow_untested_optimizer": True,
    }


def _wrong(what: str, hint: str) -> SpecError:
    return SpecError("The run cannot be spread like this.", what, hint)
