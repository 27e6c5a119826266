"""The reference path (`recipe.loss: nll`): a step as the usual script does it, to compare with and to fall back on.

What most scripts for QLoRA do, and what most published figures of memory were measured with: PEFT's
`prepare_model_for_kbit_training` turns all weights that are not quantised to float32; the model's own forward pass
computes the loss from the logits of every position; and, as in the training loops of PEFT's and accelerate's examples
(`outputs = model(**batch); outputs.loss.backward()`), those logits stay until the backward pass is over. Nothing of
`engine.train.loss` and `engine.train.fused` has a part in it. The numbers learned from are the same as those of
`chunked_nll`; memory and time are not.
"""

from __future__ import annotations

from typing import Any

import torch
from peft import prepare_model_for_kbit_training

_NOT_FOR_THE_MODEL = ("labels", "length")


def prepare_reference(model: Any) -> Any:
    """Freeze a quantised model and hold the rest of it (embeddings, norms, output head) in float32, as PEFT does.

    A model that is not quantised stays as it is: no script would turn a whole model to float32.
    """
    if not (getattr(model, "is_loaded_in_4bit", False) or getattr(model, "is_loaded_in_8bit", False)):
        return model
    return prepare_model_for_kbit_training(model, use_gradient_checkpointing=False, auto_clear_cache=True)


def reference_loss(
    model: Any, batch: dict[str, torch.Tensor], items: Any = None, *, takes_items: bool = True
) -> tuple[torch.Tensor, Any]:
    """The loss that the model's own forward pass computes.

    Args:
        model: A causal language model.
        batch: `input_ids`, `labels` (not shifted, -100 where nothing is learned) and what else the model takes.
        items: Learned tokens of the whole step, over which the mean is taken; None: those of this batch.
        takes_items: Whether the model's forward pass knows `num_items_in_batch`.

    Returns:
        The mean negative log-likelihood (nats per learned token), and all outputs of the model. The usual loop holds
        the outputs until the backward pass is over.
    """
    labels = batch["labels"]
    inputs = {name: value for name, value in batch.items() if name not in _NOT_FOR_THE_MODEL}
    if items is None:
        outputs = model(**inputs, labels=labels, use_cache=False)
        return outputs.loss, outputs
    if takes_items:
        outputs = model(**inputs, labels=labels, num_items_in_batch=items, use_cache=False)
        return outputs.loss, outputs
    outputs = model(**inputs, labels=labels, use_cache=False)
    return outputs.loss * (labels[:, 1:] != -100).sum() / items, outputs
