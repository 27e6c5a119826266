"""Batches of rendered rows, and the loss on the holdout: one definition for training and for evaluation."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

from engine.data.render import Rendered
from engine.train.loss import head_of, labelled_nll, targets_of

IGNORED = -100
"""The label of a token that is not trained (PyTorch's `ignore_index`)."""


def to_feature(row: Rendered) -> dict[str, list[int]]:
    """`input_ids` and `labels` of one row; both have the row's length in tokens."""
    labels = [token if trained else IGNORED for token, trained in zip(row.input_ids, row.trained, strict=True)]
    return {"input_ids": list(row.input_ids), "labels": labels}


def collate(features: Sequence[dict[str, list[int]]], pad_token_id: int) -> dict[str, torch.Tensor]:
    """Pad on the right to the longest row of the batch.

    Returns:
        `input_ids`, `labels`, `attention_mask`: int64, shape (rows, longest). Packed features have `position_ids` in
        place of the mask: the model's attention sees where a row begins by its position 0, and a padding token is a
        row of its own.
    """
    lengths = torch.tensor([len(feature["input_ids"]) for feature in features])
    size = (len(features), int(lengths.max()))
    fill = {"input_ids": pad_token_id, "labels": IGNORED, "position_ids": 0}
    batch = {name: torch.full(size, value, dtype=torch.long) for name, value in fill.items() if name in features[0]}
    for place, feature in enumerate(features):
        for name, padded in batch.items():
            padded[place, : lengths[place]] = torch.tensor(feature[name])
    if "position_ids" not in batch:
        batch["attention_mask"] = (torch.arange(size[1]) < lengths[:, None]).long()
    return batch


def supervised_nll(model: Any, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, int]:
    """Summed negative log-likelihood of the trained tokens, and how many there are.

    Args:
        model: A causal language model; its full logits, shape (rows, length, vocabulary), are built once.
        batch: As from `collate` or `engine.train.packing.Collator`, on the model's device.
    """
    inputs = {name: value for name, value in batch.items() if name not in ("labels", "length")}
    logits = model(**inputs, use_cache=False).logits
    labels = batch["labels"][:, 1:].to(logits.device)
    wanted = labels != IGNORED
    scores = logits[:, :-1][wanted].float()
    return torch.nn.functional.cross_entropy(scores, labels[wanted], reduction="sum"), int(wanted.sum())


def measured_nll(model: Any, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, int]:
    """As `supervised_nll`, with logits for the learned positions only where the model's head allows it."""
    causal = model.get_base_model() if hasattr(model, "get_base_model") else model
    if head_of(causal) is None:
        return supervised_nll(model, batch)
    places, tokens = targets_of(batch["labels"], IGNORED)
    return labelled_nll(model, {**batch, "places": places, "tokens": tokens}), len(tokens)


@torch.no_grad()
def holdout_loss(
    model: Any,
    rows: Sequence[Rendered],
    *,
    pad_token_id: int,
    device: str,
    tokens_per_batch: int = 4096,
    on_progress: Callable[[int], None] | None = None,
) -> float:
    """Mean loss per trained token over `rows`, in nats: every token counts the same, whatever its row's length.

    Rows are taken in order of length, so that hardly any padding is computed.

    Args:
        model: In evaluation mode afterwards as before.
        rows: The holdout.
        pad_token_id: For padding; its value does not matter to the result.
        device: Where the model is.
        tokens_per_batch: Upper bound of rows times longest row; a longer row goes alone.
        on_progress: Called with the number of rows done.
    """
    ordered = sorted(rows, key=lambda row: len(row.input_ids))
    was_training = model.training
    model.eval()
    total, count, start = 0.0, 0, 0
    while start < len(ordered):
        end = start + 1
        while end < len(ordered) and len(ordered[end].input_ids) * (end + 1 - start) <= tokens_per_batch:
            end += 1
        batch = collate([to_feature(row) for row in ordered[start:end]], pad_token_id)
        nll, tokens = measured_nll(model, {name: value.to(device) for name, value in batch.items()})
        total, count, start = total + float(nll), count + tokens, end
        if on_progress:
            on_progress(end)
    model.train(was_training)
    return total / count if count else math.nan


def perplexity(loss: float) -> float:
    """exp(loss); inf instead of an overflow."""
    return math.exp(loss) if loss < 700 else math.inf


def overlap(train: Sequence[Rendered], holdout: Sequence[Rendered]) -> float:
    """Share of the holdout rows, 0 to 1, whose tokens are those of a training row."""
    known = {hash(tuple(row.input_ids)) for row in train}
    return round(sum(hash(tuple(row.input_ids)) in known for row in holdout) / len(holdout), 4) if holdout else 0.0
