"""Is the adapter sound? All its numbers finite, its norm above zero, and what the model says really changed."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from engine.errors import ModelError
from engine.ship.adapter import check_adapter

LEAST_CHANGE = 1e-4
"""Nats per token; less than rounding in another order gives."""


def soundness(adapter: Path, model: Any, base: dict[str, Any], tuned: dict[str, Any]) -> dict[str, Any]:
    """What is known of the adapter.

    Args:
        adapter: Its folder.
        model: The PEFT model.
        base: General rows as the base model reads them, from `engine.evaluate.quality.measure_rows`.
        tuned: The same rows read with the adapter.

    Returns:
        `finite`, `parameters`, `norm` (of LoRA's B matrices, which start at zero), `change` (mean change of a row's
        loss, nats per token), `changed`, `problem` (in words; empty where there is none).
    """
    problem, parameters = "", 0
    try:
        parameters = check_adapter(adapter)
    except ModelError as error:
        problem = f"{error.title} {error.what}"
    squares = [float(tensor.detach().float().square().sum()) for name, tensor in _adapter_tensors(model)]
    norm = math.sqrt(sum(squares)) if squares else math.nan
    moved = [
        abs(after - before) / tokens
        for before, after, tokens in zip(base["nll"], tuned["nll"], base["tokens"], strict=True)
        if tokens
    ]
    change = sum(moved) / len(moved) if moved else math.nan
    known = math.isfinite(change)
    return {
        "finite": not problem and math.isfinite(norm) and known,
        "parameters": parameters,
        "norm": norm if math.isfinite(norm) else None,
        "change": change if known else None,
        "changed": known and change >= LEAST_CHANGE,
        "problem": problem,
    }


def _adapter_tensors(model: Any) -> list[tuple[str, Any]]:
    named = [(name, tensor) for name, tensor in model.named_parameters() if "lora_" in name]
    return [pair for pair in named if "lora_B" in pair[0]] or named
