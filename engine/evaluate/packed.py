"""Weights laid out for the processor once, instead of for every product: the same float32 products, up to rounding.

A product of a few rows with a large matrix spends up to half of its time on bringing the matrix into the order in which
it is multiplied. oneDNN, which PyTorch has on board, takes matrices that are in order already: 1.7 times as fast for 8
rows, 1.25 times for 64, 1.05 times for 256. It costs a second copy of the weights, so it is done where there is room.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from engine.train.loss import Head, scores_of

_CLOSE = {torch.float32: 1e-4, torch.bfloat16: 2e-2}
"""Formats that are packed. A product that is farther from the plain one, relative to the largest number in it, shows
that this PyTorch does something else there: nothing is packed then."""


@dataclass(frozen=True)
class PackedLayer:
    """A plain layer, and a weight in the processor's own order.

    Args:
        layer: Gives the bias.
        weight: As from `packed`.
    """

    layer: torch.nn.Linear
    weight: torch.Tensor

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """What the layer computes with this weight."""
        return multiplied(x, self.weight, self.layer.bias)


def can_pack(dtype: torch.dtype) -> bool:
    """Whether this PyTorch packs such weights on this processor, and computes the same with them: one is tried."""
    mkldnn: Any = torch.backends.mkldnn
    names = ("_reorder_linear_weight", "_linear_pointwise")
    there = platform.machine().lower() in ("x86_64", "amd64") and mkldnn.is_available()
    if not there or dtype not in _CLOSE or not all(hasattr(torch.ops.mkldnn, name) for name in names):
        return False
    weight, x = (torch.linspace(-1, 2, rows * 48).sin().reshape(rows, 48).to(dtype) for rows in (80, 7))
    plain = torch.nn.functional.linear(x, weight).float()
    away = (multiplied(x, packed(weight), None).float() - plain).abs().max()
    return float(away / plain.abs().max()) < _CLOSE[dtype]


def packed(weight: torch.Tensor) -> torch.Tensor:
    """A weight, shape (out, in), in the order in which this processor multiplies it."""
    made: torch.Tensor = torch.ops.mkldnn._reorder_linear_weight(weight)
    return made


def multiplied(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """`x`, shape (..., in), with a packed weight, and the bias added: shape (..., out)."""
    made: torch.Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
    return made


@contextmanager
def computing_with(layers: Iterable[Any]) -> Iterator[None]:
    """The layers compute as these say, for the time of a `with`.

    Args:
        layers: Callables with the `layer` that they stand for.
    """
    before = [(one, vars(one.layer).get("forward")) for one in layers]
    for one, _ in before:
        one.layer.forward = one
    try:
        yield
    finally:
        for one, forward in reversed(before):
            if forward is None:
                del one.layer.forward
            else:
                one.layer.forward = forward


def scores_by(inner: Any, head: Head, hidden: torch.Tensor) -> torch.Tensor:
    """Logits in float32, shape (positions, vocabulary), of hidden states; by the packed head where it is in use.

    Args:
        inner: The causal language model.
        head: Its head.
        hidden: Shape (positions, hidden).
    """
    layer = inner.get_output_embeddings()
    if not isinstance(vars(layer).get("forward"), PackedLayer):
        return scores_of(hidden, head)
    logits = layer.forward(hidden).float()
    if head.scale != 1.0:
        logits *= head.scale
    return logits if not head.softcap else torch.tanh(logits / head.softcap) * head.softcap
