"""The adapter of a run: its configuration from the recipe, and the file that comes out of it.

Whatever it was trained as, what is saved fits the unchanged base model: a PiSSA adapter, whose base was changed while
training, and an AdaLoRA adapter are rewritten as plain LoRA, which every tool can load.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from peft import AdaLoraConfig, LoraConfig, set_peft_model_state_dict
from peft.tuners.lora import LoraLayer
from safetensors.torch import load_file, save_file
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from engine.spec import RecipeSpec
from engine.train.targets import adapter_targets

CONFIG_FILE = "adapter_config.json"
WEIGHTS_FILE = "adapter_model.safetensors"
ALLOCATOR_FILE = "rank_allocator.safetensors"
ADALORA_START = 1.5
"""First rank of AdaLoRA over the mean one at the end, as in its paper (12 and 8)."""
PISSA_ROUNDS = 16
"""Iterations of the randomised SVD; the PiSSA paper finds 16 as good as the exact one, in a fraction of the time."""

Start = dict[str, torch.Tensor]
"""The weights of an adapter before the first step, by their names in the adapter file."""


def adapter_config(recipe: RecipeSpec, steps: int | None = None, model: Any | None = None) -> LoraConfig:
    """The adapter as PEFT wants it.

    LoRA (Hu et al. 2021, arXiv 2106.09685): W + alpha / rank x B A, B starts at zero; rsLoRA divides by sqrt(rank)
    (arXiv 2312.03732); DoRA learns the length of each output apart (2402.09353); PiSSA starts from the largest
    singular vectors of W (2404.02948); AdaLoRA moves rank to where it is used (2303.10512).

    Args:
        recipe: The knobs.
        steps: Optimizer steps of the run; AdaLoRA spreads its schedule over them.
        model: The base model, which decides what `all-linear` means where it has experts.

    Raises:
        SpecError: Experts are named in a recipe with dropout.
    """
    targets = adapter_targets(recipe, model)
    if recipe.adapter == "adalora":
        total = max(1, steps or recipe.max_steps or 1)
        return AdaLoraConfig(
            init_r=max(recipe.rank + 1, round(recipe.rank * ADALORA_START)),
            target_r=recipe.rank,
            # The first tenth learns with all ranks, the last three tenths with those that are left.
            tinit=total // 10,
            tfinal=total * 3 // 10,
            deltaT=max(1, total // 200),
            total_step=total,
            lora_alpha=recipe.alpha,
            lora_dropout=recipe.dropout,
            target_modules=targets,
            bias="none",
            task_type="CAUSAL_LM",
        )
    return LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        target_modules=targets,
        use_rslora=recipe.rslora,
        use_dora=recipe.dora,
        init_lora_weights=f"pissa_niter_{PISSA_ROUNDS}" if recipe.init == "pissa" else True,
        bias="none",
        task_type="CAUSAL_LM",
    )


def start_of(model: Any) -> Start | None:
    """A copy of a PiSSA adapter's first weights, in main memory; None for other adapters.

    To be called before a checkpoint is loaded into the model.
    """
    config = model.peft_config["default"]
    if not str(config.init_lora_weights).startswith("pissa"):
        return None
    return {
        name.replace(".default.", "."): weight.detach().to("cpu", copy=True)
        for name, weight in model.named_parameters()
        if "lora_A.default." in name or "lora_B.default." in name
    }


def export_adapter(model: Any, folder: Path, start: Start | None) -> None:
    """Save the adapter so that it fits the base as it is published.

    Args:
        model: The PEFT model; its adapter is named `default`.
        folder: Receives `adapter_config.json` and `adapter_model.safetensors`.
        start: As from `start_of`.
    """
    config = model.peft_config["default"]
    if isinstance(config, AdaLoraConfig):
        pattern, config.rank_pattern = config.rank_pattern, None
        model.save_pretrained(str(folder), safe_serialization=True)
        config.rank_pattern = pattern
        _adalora_to_plain(folder, scale=_adalora_scale(model))
        return
    model.save_pretrained(str(folder), safe_serialization=True)
    if start is not None:
        _pissa_to_plain(folder, start)


def _pissa_to_plain(folder: Path, start: Start) -> None:
    """B A - B0 A0 as one LoRA of twice the rank: the base was changed by -scale x B0 A0, so this is the difference."""
    trained = load_file(str(folder / WEIGHTS_FILE))
    both = {}
    for name, now in trained.items():
        first = start[name].to(now.dtype)
        both[name] = torch.cat([now, first], 0) if "lora_A" in name else torch.cat([now, -first], 1)
    _write(folder, both)
    config = json.loads((folder / CONFIG_FILE).read_text())
    # the scale stays: alpha / rank, or alpha / sqrt(rank) with rsLoRA
    factor = 2**0.5 if config["use_rslora"] else 2
    _configure(folder, r=config["r"] * 2, lora_alpha=config["lora_alpha"] * factor, init_lora_weights=True)


def _adalora_scale(model: Any) -> float:
    layer = next(one for one in model.modules() if isinstance(one, LoraLayer) and hasattr(one, "ranknum"))
    return float(layer.scaling["default"] / (layer.ranknum["default"] + 1e-5))


def _adalora_to_plain(folder: Path, scale: float) -> None:
    """Scale x B (E * A) as LoRA: E and the scale go into A, ranks that were given up go, one rank for all layers.

    Tools that know one alpha and one rank only (GGUF converters) need the same rank everywhere: layers with fewer get
    zeros.
    """
    trained = load_file(str(folder / WEIGHTS_FILE))
    layers = [name.removesuffix("lora_E") for name in trained if name.endswith("lora_E")]
    used = {layer: (trained[f"{layer}lora_E"].flatten() != 0).nonzero().flatten() for layer in layers}
    rank = max(1, *(len(kept) for kept in used.values()))
    plain = {}
    for layer, kept in used.items():
        first = (trained[f"{layer}lora_A"] * trained[f"{layer}lora_E"])[kept] * scale
        second = trained[f"{layer}lora_B"][:, kept]
        spare = rank - len(kept)
        plain[f"{layer}lora_A.weight"] = torch.nn.functional.pad(first, (0, 0, 0, spare))
        plain[f"{layer}lora_B.weight"] = torch.nn.functional.pad(second, (0, spare))
    _write(folder, plain)
    old = json.loads((folder / CONFIG_FILE).read_text())
    names = ("base_model_name_or_path", "revision", "target_modules", "lora_dropout")
    config = LoraConfig(r=rank, lora_alpha=rank, bias="none", task_type="CAUSAL_LM", inference_mode=True)
    config.save_pretrained(str(folder))
    _configure(folder, **{name: old[name] for name in names})


def _write(folder: Path, weights: dict[str, torch.Tensor]) -> None:
    whole = {name: weight.contiguous() for name, weight in weights.items()}
    save_file(whole, str(folder / WEIGHTS_FILE), metadata={"format": "pt"})


def _configure(folder: Path, **changes: Any) -> None:
    path = folder / CONFIG_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | changes, indent=2, sort_keys=True))


def load_weights(model: Any, file: Path) -> None:
    """Put a checkpoint's adapter weights into the model, whatever ranks AdaLoRA has given up since."""
    config = model.peft_config["default"]
    pattern, config.rank_pattern = config.rank_pattern, {} if not isinstance(config, AdaLoraConfig) else None
    set_peft_model_state_dict(model, load_file(str(file)))
    config.rank_pattern = pattern


class RankCallback(TrainerCallback):  # type: ignore[misc]
    """Lets AdaLoRA weigh its ranks after every step, before the gradients are gone."""

    def on_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **has: Any
    ) -> None:
        """The optimizer has stepped; `state.global_step` counts this step afterwards."""
        model = has["model"]
        getattr(model, "module", model).base_model.update_and_allocate(state.global_step + 1)


def is_adalora(model: Any) -> bool:
    """Whether a PEFT model's adapter is AdaLoRA."""
    return isinstance(getattr(model, "peft_config", {}).get("default"), AdaLoraConfig)


def orthogonality(model: Any) -> torch.Tensor:
    """AdaLoRA's regulariser (eq. 4 of its paper), weighted: how far P and Q are from orthogonal, mean over matrices."""
    terms = []
    for name, weight in model.named_parameters():
        if weight.requires_grad and ("lora_A" in name or "lora_B" in name):
            product = weight @ weight.T if "lora_A" in name else weight.T @ weight
            terms.append(torch.linalg.norm(product - torch.eye(product.shape[0], device=product.device)))
    config = model.peft_config["default"]
    return torch.stack(terms).mean() * float(config.orth_reg_weight)


def save_ranks(model: Any, folder: Path) -> None:
    """What AdaLoRA's allocator knows, beside a checkpoint: without it a resumed run would allocate otherwise."""
    allocator, config = model.base_model.rankallocator, model.peft_config["default"]
    kinds = {"mean": allocator.exp_avg_ipt, "spread": allocator.exp_avg_unc}
    tensors = {f"{kind}|{name}": value.contiguous() for kind, values in kinds.items() for name, value in values.items()}
    pattern = {"pattern": json.dumps(config.rank_pattern)} if config.rank_pattern else {}
    save_file(tensors or {"none": torch.zeros(1)}, str(folder / ALLOCATOR_FILE), metadata=pattern)


def load_ranks(model: Any, folder: Path) -> None:
    """The counterpart of `save_ranks`."""
    from safetensors import safe_open

    allocator, config = model.base_model.rankallocator, model.peft_config["default"]
    places = {name: weight.device for name, weight in model.named_parameters()}
    with safe_open(str(folder / ALLOCATOR_FILE), framework="pt") as file:
        pattern = (file.metadata() or {}).get("pattern")
        config.rank_pattern = json.loads(pattern) if pattern else None
        for key in file.keys():  # noqa: SIM118  (not a mapping)
            kind, _, name = key.partition("|")
            if not name:
                continue
            value = file.get_tensor(key)
            target = allocator.exp_avg_ipt if kind == "mean" else allocator.exp_avg_unc
            target[name] = value.to(places.get(f"base_model.model.{name}", value.device))
            allocator.ipt.setdefault(name, torch.zeros_like(target[name]))
