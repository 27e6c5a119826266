"""The recipe: how a QLoRA run is put together, on one page, from the settings to the trainer.

Read it from top to bottom. The knobs and what each costs are in `presets/recipes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import PrinterCallback, ProgressCallback
from trl import SFTConfig

from engine.data.render import Rendered
from engine.jobs.context import JobContext
from engine.models.load import load_model
from engine.spec import ModelSpec, RecipeSpec
from engine.train.batches import to_feature
from engine.train.callback import EventCallback, Meter
from engine.train.precision import Precision
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

    Raises:
        ModelError: The model cannot be loaded.
    """
    model = load_model(
        model_spec,
        quantization=recipe.quantization,
        compute_dtype=precision.dtype,
        device=precision.device,
        attention=recipe.attention,
    )
    trainer = RecipeTrainer(
        context=context,
        meter=meter,
        holdout=holdout,
        full_logits=recipe.loss == "nll",
        keep=recipe.keep_checkpoints,
        fingerprint=fingerprint,
        model=model,
        args=training_arguments(recipe, precision, checkpoints, rows=len(train), has_holdout=bool(holdout)),
        train_dataset=Dataset.from_list([to_feature(row) for row in train]),
        eval_dataset=Dataset.from_list([to_feature(row) for row in holdout]) if holdout else None,
        processing_class=tokenizer,
        peft_config=adapter_config(recipe),
        callbacks=[EventCallback(context, meter)],
    )
    # The loss and the progress are told by events; the bars of the libraries would only fill the log.
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    return trainer


def adapter_config(recipe: RecipeSpec) -> LoraConfig:
    """LoRA as in Hu et al. 2021 (arXiv 2106.09685): W + alpha / rank x B A, B starts at zero."""
    return LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        target_modules=recipe.targets,
        bias="none",
        task_type="CAUSAL_LM",
    )


def training_arguments(
    recipe: RecipeSpec, precision: Precision, checkpoints: Path, *, rows: int, has_holdout: bool
) -> SFTConfig:
    """The trainer's arguments: nothing reported, nothing pushed, one seed, loss on the trained tokens only."""
    on_cuda = precision.device == "cuda"
    steps = planned_steps(recipe, rows)
    micro_batch = min(recipe.micro_batch, recipe.effective_batch)
    return SFTConfig(
        output_dir=str(checkpoints),
        # how much
        per_device_train_batch_size=micro_batch,
        gradient_accumulation_steps=accumulation(recipe),
        num_train_epochs=recipe.epochs,
        max_steps=recipe.max_steps or -1,
        max_length=recipe.max_length,
        packing=recipe.packing,
        eval_packing=False,
        # rows come rendered, masked and cut by our own renderer: what the preview shows is what is trained
        dataset_kwargs=None if recipe.packing else {"skip_prepare_dataset": True},
        loss_type="nll",
        # how fast it learns
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=recipe.scheduler,
        warmup_steps=round(recipe.warmup_ratio * steps),
        weight_decay=recipe.weight_decay,
        max_grad_norm=recipe.max_grad_norm,
        optim=optimizer_name(recipe, on_cuda=on_cuda),
        # what it costs
        bf16=precision.dtype == torch.bfloat16,
        fp16=precision.dtype == torch.float16,
        activation_checkpointing=wants_checkpointing(recipe, on_cuda=on_cuda),
        activation_checkpointing_kwargs={"use_reentrant": False},
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
    )


def accumulation(recipe: RecipeSpec) -> int:
    """Micro-batches per learning step: the effective batch over the micro-batch, at least 1."""
    return max(1, round(recipe.effective_batch / min(recipe.micro_batch, recipe.effective_batch)))


def planned_steps(recipe: RecipeSpec, rows: int) -> int:
    """Optimizer steps of the run, without packing: transformers counts a last partial step of an epoch too."""
    if recipe.max_steps:
        return recipe.max_steps
    micro_batches = -(-rows // min(recipe.micro_batch, recipe.effective_batch))
    per_epoch = max(1, -(-micro_batches // accumulation(recipe)))
    return max(1, -(-int(per_epoch * recipe.epochs * 1000) // 1000))


def optimizer_name(recipe: RecipeSpec, *, on_cuda: bool) -> str:
    """`auto`: on CUDA the paged 8-bit AdamW of QLoRA (Dettmers et al. 2023); elsewhere fused AdamW."""
    if recipe.optimizer == "auto":
        return "paged_adamw_8bit" if on_cuda else "adamw_torch_fused"
    return recipe.optimizer


def wants_checkpointing(recipe: RecipeSpec, *, on_cuda: bool) -> bool:
    """`auto`: recompute activations on a GPU, where memory is short; not on a CPU, where time is."""
    return on_cuda if recipe.gradient_checkpointing == "auto" else recipe.gradient_checkpointing
