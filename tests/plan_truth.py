"""The plan held against the truth: real steps under a mode that counts storages, and figures that others published."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
import yaml
from bitsandbytes.nn import Linear4bit, Linear8bitLt
from peft import get_peft_model

from engine.machine import PRESETS
from engine.models.load import load_model, quietly
from engine.plan import fake_model, fake_step
from engine.plan.architecture import Architecture, architecture_of, checked
from engine.plan.compute import compute_profile, profiles_of
from engine.plan.libraries import replaced
from engine.plan.memory import Memory, Rows, memory_of, rows_of_length
from engine.plan.profile import Profile
from engine.plan.storages import StorageCounter
from engine.plan.variants import Profiles, Variant
from engine.spec import ModelSpec, RecipeSpec
from engine.train import fused
from engine.train.adapters import adapter_config
from engine.train.batches import IGNORED, collate
from engine.train.loss import targets_of, teach_loss
from engine.train.reference import prepare_reference, reference_loss

DEMO = PRESETS / "demo" / "model"
PUBLISHED = Path(__file__).parent / "bench" / "published_memory.yaml"
_LLAMA = {"model_type": "llama", "num_hidden_layers": 32, "num_attention_heads": 32, "hidden_size": 4096}
MODELS = {
    "llama-3.1-8b": {**_LLAMA, "intermediate_size": 14336, "num_key_value_heads": 8, "vocab_size": 128256},
    "llama-2-7b": {**_LLAMA, "intermediate_size": 11008, "num_key_value_heads": 32, "vocab_size": 32000},
    "ministral-8b": {
        **_LLAMA,
        "model_type": "mistral",
        "num_hidden_layers": 36,
        "intermediate_size": 12288,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "vocab_size": 131072,
        "tie_word_embeddings": False,
    },
    "apertus-8b": {
        **_LLAMA,
        "model_type": "apertus",
        "intermediate_size": 21504,
        "num_key_value_heads": 8,
        "vocab_size": 131072,
        "tie_word_embeddings": False,
    },
    "seed-oss-36b": {
        "model_type": "seed_oss",
        "num_hidden_layers": 64,
        "num_attention_heads": 80,
        "hidden_size": 5120,
        "intermediate_size": 27648,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "vocab_size": 155136,
        "attention_bias": True,
        "tie_word_embeddings": False,
    },
    "afm-4.5b": {
        "model_type": "arcee",
        "num_hidden_layers": 36,
        "num_attention_heads": 20,
        "hidden_size": 2560,
        "intermediate_size": 18432,
        "num_key_value_heads": 4,
        "head_dim": 128,
        "vocab_size": 128004,
        "tie_word_embeddings": False,
    },
}


@dataclass(frozen=True)
class Case:
    """One step: so many rows of so many tokens, so many of each learned, with these knobs."""

    rows: int
    length: int
    learned: int
    knobs: dict[str, Any]
    products: str | None = None
    """What large products are made of; None: float32."""

    @property
    def recipe(self) -> RecipeSpec:
        """With two micro-batches in a step, so that gradients are there already."""
        sizes = {"micro_batch": self.rows, "effective_batch": 2 * self.rows, "max_length": self.length}
        return RecipeSpec.model_validate({"gradient_checkpointing": False, **self.knobs, **sizes})


def planned(folder: Path, case: Case) -> Memory:
    """The plan of a step on a CPU, with unpacked weights kept (they are, on a machine with room)."""
    rows = Rows(case.length, case.learned, varied=False)
    architecture = architecture_of(str(folder))
    return memory_of(
        architecture,
        case.recipe,
        rows,
        profiles_of(architecture),
        on_cuda=False,
        free_ram=1 << 50,
        products=case.products,
    )


def measured(folder: Path, case: Case) -> int:
    """Bytes at the peak of a real micro-batch on the CPU, when optimizer state and gradients are there."""
    recipe = case.recipe
    spec = ModelSpec(source=str(folder), kind="folder", path=str(folder))
    with quietly():
        base = load_model(
            spec,
            quantization=recipe.quantization,
            compute_dtype=torch.float32,
            device="cpu",
            attention=recipe.attention,
        )
        if recipe.loss == "nll":
            base = prepare_reference(base)
        model = get_peft_model(base, adapter_config(recipe))
        model.train()
        if recipe.gradient_checkpointing is True:
            model.enable_input_require_grads()
            base.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    if recipe.loss == "chunked_nll":
        products = getattr(torch, case.products) if case.products else None
        fused.fuse_adapters(model, products)
        teach_loss(base, products)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], fused=True)
    _micro_batch(model, case)
    optimizer.step()
    counter = StorageCounter()
    with counter:
        counter.hold(_held(model, optimizer))
        _micro_batch(model, case)
        counter.finish()
    return round(counter.peak)


def _micro_batch(model: Any, case: Case) -> None:
    labels = [IGNORED] * (case.length - case.learned) + [1] * case.learned
    batch = collate([{"input_ids": [1] * case.length, "labels": labels}] * case.rows, 0)
    if case.recipe.loss == "nll":
        loss, outputs = reference_loss(model, batch, case.learned)
        loss.backward()  # type: ignore[no-untyped-call]
        del outputs  # as in the trainer: the outputs stay until now
        return
    batch["places"], batch["tokens"] = targets_of(batch.pop("labels"), IGNORED)
    loss = model(**batch)
    loss.backward()


def _held(model: Any, optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    """Everything that is there between two micro-batches."""
    held = [*model.parameters(), *model.buffers(), *(p.grad for p in model.parameters() if p.grad is not None)]
    held += [value for state in optimizer.state.values() for value in state.values() if torch.is_tensor(value)]
    for module in model.modules():
        if isinstance(module, Linear4bit):
            state = module.weight.quant_state
            held += [state.absmax, state.code, state.offset, state.state2.absmax, state.state2.code]
        elif isinstance(module, Linear8bitLt):
            held += [module.state.CB, module.state.SCB]
        held += _kept_by(module)
    return held


def _kept_by(module: Any) -> list[torch.Tensor]:
    """Unpacked weights that a fused adapter keeps."""
    closure = getattr(getattr(module.__dict__.get("forward"), "__func__", None), "__closure__", None) or ()
    bases = [cell.cell_contents for cell in closure if isinstance(cell.cell_contents, fused._Base)]
    return [base._kept for base in bases if base._kept is not None]


def published() -> list[dict[str, Any]]:
    """The figures of others."""
    content: list[dict[str, Any]] = yaml.safe_load(PUBLISHED.read_text(encoding="utf-8"))
    return content


def model_of(entry: dict[str, Any]) -> Architecture:
    """The model of a published figure: by a name of `MODELS`, or an id of the catalogue."""
    if entry["model"] not in MODELS:
        return architecture_of(entry["model"])
    return checked(MODELS[entry["model"]], entry["model"], "tests/plan_truth.py")


def trainers_profiles(architecture: Architecture) -> Profiles:
    """The step of transformers' own trainer, as LLaMA-Factory and axolotl do it.

    Nothing is turned to float32 but the logits, and of the model's outputs only the loss outlives the forward pass.
    """

    def only_loss(model: Any, batch: dict[str, torch.Tensor], _items: Any) -> tuple[torch.Tensor, None]:
        found: torch.Tensor = model(**batch).loss
        return found, None

    @cache
    def profile(variant: Variant) -> Profile:
        as_it_is = replaced(fake_model, "prepare_reference", lambda model: model)
        with as_it_is, replaced(fake_step, "reference_loss", only_loss):
            return compute_profile(architecture, variant)

    return profile


def against(entry: dict[str, Any]) -> list[tuple[int, float, Memory, float]]:
    """For each point: tokens in a row, published bytes, the plan, and the difference as a share of the published."""
    architecture = model_of(entry)
    profiles = trainers_profiles(architecture) if entry.get("script") == "trainer" else profiles_of(architecture)
    found = []
    for length, size in entry["points"].items():
        recipe = RecipeSpec.model_validate({**entry["settings"], "max_length": length})
        plan = memory_of(architecture, recipe, rows_of_length(length), profiles, on_cuda=True)
        figures = {"allocated": plan.allocated, "reserved": plan.reserved[1], "driver": sum(plan.driver) / 2}
        figure = figures[entry["figure"]]
        found.append((length, size * entry["gb"], plan, figure / (size * entry["gb"]) - 1))
    return found
