"""The recipe: how a QLoRA run is put together, on one page, from the settings to the trainer.

Read it from top to bottom. The knobs and what each costs are in `presets/recipes`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import PrinterCallback, ProgressCallback
from transformers.training_args import OptimizerNames
from trl import SFTConfig

from engine.data.render import Rendered
from engine.errors import SpecError
from engine.jobs.context import JobContext
from engine.models.load import choose_attention, load_model
from engine.recipe_rules import accumulation as accumulation
from engine.recipe_rules import planned_steps as planned_steps
from engine.recipe_rules import refuse_impossible, rows_at_once
from engine.spec import ModelSpec, RecipeSpec
from engine.train import together
from engine.train.adapters import RankCallback
from engine.train.adapters import adapter_config as adapter_config
from engine.train.batches import to_feature
from engine.train.callback import EventCallback, Meter
from engine.train.heap import HeapCallback
from engine.train.packing import Collator, blank_feature, pack_rows, packed_feature
from engine.train.precision import Precision
from engine.train.private import PrivateTrainer, check_private
from engine.train.private_budget import make_budget
from engine.train.reference import prepare_reference
from engine.train.spread import SINGLE, Spread, check_spread, trainer_settings
from engine.train.targets import EXPERTS_LEFT, has_experts
from engine.train.trainer import RecipeTrainer

EVALUATIONS_A_RUN = 10


def build_trainer(
    context: JobContext,
    model_spec: ModelSpec,
    recipe: RecipeSpec,
    *,
    tokenizer: Any,
    train: Sequence[Rendered],
    holdout: Sequence[Rendered],
    checkpoints: Path,
    precision: Precision,
    meter: Meter,
    fingerprint: str,
    spread: Spread = SINGLE,
) -> RecipeTrainer:
    """Load the base model, put the adapter on it and make the trainer.

    Args:
        context: The job, for events and the stop request.
        model_spec: Which base model.
        recipe: The settings.
        tokenizer: The model's, with a padding token.
        train: Rendered rows to learn from.
        holdout: Rendered rows to measure on; may be empty.
        checkpoints: Where checkpoints go.
        precision: Device and compute dtype.
        meter: Receives tokens and seconds.
        fingerprint: Of model, data and recipe.
        spread: The processes that share the work; each of them calls this.

    Raises:
        SpecError: Knobs that do not go together, or not with this machine; nothing was loaded then.
        ModelError: The model cannot be loaded.
    """
    check_here(recipe, precision, has_holdout=bool(holdout))
    check_spread(recipe, spread)
    kind = _trainer_kind(recipe, len(train))
    features, packs = _features(train, recipe)
    rows = len(features)
    if spread.world > 1:
        features.append(blank_feature(tokenizer.pad_token_id, packed=packs is not None))
    model = load_model(
        model_spec,
        quantization=recipe.quantization,
        compute_dtype=precision.dtype,
        device=own_device(precision, spread),
        attention=recipe.attention,
        # FSDP cuts up what is stored, so 4-bit weights must be stored in the format of all else.
        quant_storage=precision.dtype if spread.strategy == "fsdp" else None,
    )
    _tell_of_experts(context, recipe, model)
    if recipe.loss == "nll":
        model = prepare_reference(model)
    trainer = kind(
        context=context,
        meter=meter,
        holdout=holdout,
        reference=recipe.loss == "nll",
        keep=recipe.keep_checkpoints,
        fingerprint=fingerprint,
        lengths=[len(feature["input_ids"]) for feature in features[:rows]],
        lora_plus_ratio=recipe.lora_plus_ratio,
        fuse=not recipe.compile and recipe.loss != "nll" and not spread.sharded,
        spread=spread,
        # With differential privacy each row's gradient has its exact norm: correctness before speed.
        products=precision.products if recipe.dp_epsilon is None else None,
        model=model,
        args=training_arguments(
            recipe,
            precision,
            checkpoints,
            rows=len(train),
            has_holdout=bool(holdout),
            packs=packs,
            spread=spread,
            experts=has_experts(model),
        ),
        train_dataset=Dataset.from_list(features),
        # A part of it is enough for the trainer to know that there is one: it is measured by our own loop.
        eval_dataset=Dataset.from_list([to_feature(row) for row in holdout[:1]]) if holdout else None,
        data_collator=Collator(
            tokenizer.pad_token_id, flat=choose_attention(recipe.attention, precision.device) == "flash_attention_2"
        ),
        processing_class=tokenizer,
        peft_config=adapter_config(recipe, planned_steps(recipe, len(train), packs, spread.world), model),
        callbacks=[
            EventCallback(context, meter),
            *([RankCallback()] if recipe.adapter == "adalora" else []),
            *([HeapCallback()] if precision.device == "cpu" else []),
        ],
    )
    # The loss and the progress are told by events; the bars of the libraries would only fill the log.
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    if spread.world > 1:
        torch.manual_seed(together.own_seed(recipe.seed))
    return trainer


def _features(train: Sequence[Rendered], recipe: RecipeSpec) -> tuple[list[dict[str, Any]], int | None]:
    """What the trainer is given: one feature a row, or one a pack of rows and how many packs there are."""
    if not recipe.packing:
        return [to_feature(row) for row in train], None
    packs = pack_rows(train, recipe.max_length, recipe.seed)
    return [packed_feature(pack) for pack in packs], len(packs)


def _trainer_kind(recipe: RecipeSpec, rows: int) -> Callable[..., RecipeTrainer]:
    """The trainer, or the one that keeps to a privacy budget."""
    if recipe.dp_epsilon is None:
        return RecipeTrainer
    return partial(PrivateTrainer, budget=make_budget(recipe, rows=rows, steps=planned_steps(recipe, rows)))


def _tell_of_experts(context: JobContext, recipe: RecipeSpec, model: Any) -> None:
    if recipe.targets == "all-linear" and has_experts(model):
        context.warn(
            "experts",
            EXPERTS_LEFT,
            "PEFT adapts experts without dropout only, and they are most of the model.",
            "Name them in recipe.targets, with recipe.dropout=0, to adapt them as well.",
        )


def own_device(precision: Precision, spread: Spread) -> str:
    """Where this process loads the model: on a card of its own; before FSDP cuts it up, in main memory."""
    if precision.device != "cuda" or spread.world == 1:
        return precision.device
    return "cpu" if spread.strategy == "fsdp" else f"cuda:{torch.cuda.current_device()}"


def check_here(recipe: RecipeSpec, precision: Precision, *, has_holdout: bool) -> None:
    """Refuse what cannot work, before anything is loaded.

    Raises:
        SpecError: Names the knobs.
    """
    refuse_impossible(recipe)
    if recipe.dp_epsilon is not None:
        check_private(recipe, precision)
    on_cuda = precision.device == "cuda"
    wrong: tuple[str, str] | None = None
    known = [*(name.value for name in OptimizerNames), "auto"]
    if recipe.optimizer not in known:
        wrong = (f"recipe.optimizer: `{recipe.optimizer}` is not one of transformers' optimizers.", "Set it to `auto`.")
    elif not on_cuda and ("paged" in recipe.optimizer or "8bit" in recipe.optimizer):
        wrong = (f"recipe.optimizer: `{recipe.optimizer}` needs an NVIDIA GPU.", "Set it to `auto`.")
    elif recipe.liger is True and not (on_cuda and find_spec("liger_kernel")):
        wrong = ("recipe.liger needs an NVIDIA GPU and the package liger-kernel.", "Set it to `auto`.")
    elif recipe.early_stopping is not None and not has_holdout:
        wrong = ("recipe.early_stopping looks at the holdout, and data.holdout leaves none.", "Set data.holdout=0.1.")
    if wrong:
        raise SpecError("This recipe cannot run here.", *wrong)


def training_arguments(
    recipe: RecipeSpec,
    precision: Precision,
    checkpoints: Path,
    *,
    rows: int,
    has_holdout: bool,
    packs: int | None = None,
    spread: Spread = SINGLE,
    experts: bool = False,
) -> SFTConfig:
    """The trainer's arguments: nothing reported, nothing pushed, one seed, loss on the trained tokens only."""
    on_cuda, private = precision.device == "cuda", recipe.dp_epsilon is not None
    steps = planned_steps(recipe, rows, packs, spread.world)
    micro_batch = rows_at_once(recipe, spread.world)
    checkpointing = wants_checkpointing(recipe, on_cuda=on_cuda)
    spread_settings = trainer_settings(spread, checkpointing=checkpointing, experts=experts)
    return SFTConfig(
        output_dir=str(checkpoints),
        # how much; with differential privacy each step draws its rows anew and takes them one by one
        per_device_train_batch_size=1 if private else micro_batch,
        gradient_accumulation_steps=1 if private else accumulation(recipe, rows, packs, spread.world),
        num_train_epochs=recipe.epochs,
        max_steps=steps if private else recipe.max_steps or -1,
        ignore_data_skip=private,
        max_length=recipe.max_length,
        # rows come rendered, masked, cut and packed by our own code: what the preview shows is what is trained
        packing=False,
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        loss_type="nll",
        # how fast it learns
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=recipe.scheduler,
        warmup_steps=round(recipe.warmup_ratio * steps),
        weight_decay=recipe.weight_decay,
        # each row's gradient is cut there already
        max_grad_norm=0.0 if private else recipe.max_grad_norm,
        optim=optimizer_name(recipe, on_cuda=on_cuda),
        neftune_noise_alpha=recipe.neftune_alpha,
        # what it costs
        bf16=precision.dtype == torch.bfloat16,
        fp16=precision.dtype == torch.float16,
        activation_checkpointing=spread_settings.pop("activation_checkpointing", checkpointing),
        activation_checkpointing_kwargs={"use_reentrant": False},
        use_liger_kernel=wants_liger(recipe, on_cuda=on_cuda),
        torch_compile=recipe.compile,
        use_cpu=precision.device == "cpu",
        dataloader_num_workers=0,
        dataloader_pin_memory=on_cuda,
        # the first look is at the base model: what everything after is measured against
        eval_on_start=has_holdout,
        # when to look and when to save; saving is done by the trainer's own whole-or-nothing save
        logging_steps=1,
        logging_nan_inf_filter=False,
        eval_strategy="steps" if has_holdout else "no",
        eval_steps=recipe.eval_steps or max(1, round(steps / EVALUATIONS_A_RUN)),
        save_strategy="steps",
        save_steps=recipe.save_steps,
        save_total_limit=None,
        # the same run twice gives the same numbers
        seed=recipe.seed,
        data_seed=recipe.seed,
        # nothing leaves
        report_to="none",
        push_to_hub=False,
        disable_tqdm=True,
        **spread_settings,
    )


def optimizer_name(recipe: RecipeSpec, *, on_cuda: bool) -> str:
    """`auto`: on CUDA the paged 8-bit AdamW of QLoRA (Dettmers et al. 2023); elsewhere fused AdamW."""
    if recipe.optimizer == "auto":
        return "paged_adamw_8bit" if on_cuda else "adamw_torch_fused"
    return recipe.optimizer


def wants_checkpointing(recipe: RecipeSpec, *, on_cuda: bool) -> bool:
    """`auto`: recompute activations on a GPU, where memory is short; not on a CPU, where time is."""
    return on_cuda if recipe.gradient_checkpointing == "auto" else recipe.gradient_checkpointing


def wants_liger(recipe: RecipeSpec, *, on_cuda: bool) -> bool:
    """`auto`: Liger's kernels for norms, rotary positions and SwiGLU where they are installed; they need CUDA."""
    return on_cuda and find_spec("liger_kernel") is not None if recipe.liger == "auto" else recipe.liger
