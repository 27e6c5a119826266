"""Counting what each storage grows with: rows, length, learned positions, logits at once, rank.

Every size of the batch is a prime number that divides nothing else in the model, so the factors of a storage's size
tell what it grows with: a storage of 127 x 1019 x 4096 x 2 bytes holds 8192 bytes for each token of each row. One run
is therefore enough for every batch. Heavy: imports torch.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, cast

import torch

from engine.plan.fake_model import FakeModel
from engine.plan.kinds import Kind
from engine.plan.profile import CONSTANT, Moment, Powers, Terms
from engine.plan.storages import StorageCounter, rounded
from engine.train import loss

_ROWS = (127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191)
_LENGTHS = (1019, 1187, 1283, 1307, 1319, 1367, 1439, 1487, 1523)
"""Primes p for which (p - 1) / 2 is a prime as well: predicting the next token leaves p - 1 positions."""
_LEARNED = (7927, 7933, 7937, 7949, 7951, 7963)
_RANKS = (67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113)


@dataclass(frozen=True)
class Sizes:
    """The primes of a run."""

    rows: int
    length: int
    learned: int
    rank: int
    chunk: int
    """Positions that have logits at one time."""

    @property
    def pieces(self) -> tuple[int, int]:
        """In how many positions the learned ones are taken here: in two pieces, which spares sixty times the loop.

        What a chunk holds for each position does not depend on its length.
        """
        return self.learned // 2 + 7, self.learned - self.learned // 2 - 7

    @property
    def factors(self) -> tuple[tuple[int, int], ...]:
        """(factor, place of its exponent); the half of length - 1 counts for the length."""
        return ((self.rows, 0), (self.length, 1), ((self.length - 1) // 2, 1), (self.learned, 2), (self.rank, 4))


def sizes_for(config: Any) -> Sizes:
    """Primes that divide none of the model's figures."""
    text = config.get_text_config()
    figures = [value for value in vars(text).values() if isinstance(value, int) and value > 1] + [text.vocab_size]

    def free(primes: tuple[int, ...]) -> int:
        return next(p for p in primes if all(figure % p and figure % max(2, (p - 1) // 2) for figure in figures))

    rows = next(p for p in _ROWS if all(figure % p for figure in figures))
    rank = next(p for p in _RANKS if all(figure % p for figure in figures))
    return Sizes(rows, free(_LENGTHS), free(_LEARNED), rank, max(1, loss.LOGITS_AT_ONCE // text.vocab_size))


Slot = tuple[Kind, int, Powers]


class GrowthCounter(StorageCounter):  # type: ignore[no-untyped-call]
    """Counts by (kind, layer, what it grows with)."""

    def __init__(
        self, fake: FakeModel, sizes: Sizes, vocabulary: int, instead: Callable[..., Any], *, chunked: bool
    ) -> None:
        super().__init__(instead)
        self._chunked = chunked
        self.phase, self.kind, self.layer = "setup", "other", -1
        self.moments: list[Moment] = []
        self._fake, self._sizes, self._vocabulary = fake, sizes, vocabulary
        self._stands: dict[int, dict[int, int]] = {}
        self._times = self._stands_for()
        self._terms: Terms = {}
        """What is alive, with the layers that the small model lacks."""
        self._grown: dict[tuple[int, tuple[int, ...]], tuple[Powers, float]] = {}

    def enter(self, phase: str, kind: Kind, layer: int) -> None:
        """What comes belongs to this phase, kind and layer."""
        if self._grew:
            self.at_maximum()
            self._grew = False
        self.phase = phase
        self.belong(kind, layer)

    def belong(self, kind: Kind, layer: int) -> None:
        """What comes belongs to this kind and layer, where memory only grows and no moment need be looked at."""
        self.kind = kind
        if layer == self.layer:
            return
        self.layer = layer
        times = self._stands.get(layer) or self._stands.setdefault(layer, self._stands_for())
        if times != self._times:
            self._times, self._terms = times, {}
            for slot, amount in self.live.items():
                self._count(slot, amount)

    def change(self, slot: Hashable, amount: float) -> None:
        """As above, and in the terms as well."""
        super().change(slot, amount)
        self._count(slot, amount)

    def _count(self, slot: Hashable, amount: float) -> None:
        kind, layer, powers = cast("Slot", slot)
        self._terms[kind, powers] = self._terms.get((kind, powers), 0.0) + self._times[layer] * amount

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled while shapes are counted, so PyTorch need not be kept from it at every operation."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Unpacked weights are weights, whoever unpacks them."""
        if func is torch.ops.prim.device.default and not self._fake.mode.in_kernel_invocation:
            # two of three calls are this question
            return args[0].fake_device
        if "dequantize" not in func.__name__:
            return self.run(func, args, kwargs or {})
        before, self.kind = self.kind, "weights"
        try:
            return self.run(func, args, kwargs or {})
        finally:
            self.kind = before

    def slot_of(self, tensor: torch.Tensor, size: int) -> tuple[Hashable, float]:
        """By kind, layer and growth."""
        if self.kind == "weights":
            # they depend on nothing, whatever numbers divide their size
            return ("weights", self.layer, CONSTANT), float(rounded(size))
        powers, amount = self.growth(size, tensor)
        scores = self.kind == "activations" and self._vocabulary in tensor.shape[-1:]
        return ("logits" if scores else self.kind, self.layer, powers), amount

    def growth(self, size: int, tensor: torch.Tensor) -> tuple[Powers, float]:
        """What a storage grows with, and its bytes for each unit of that."""
        key = size, tuple(tensor.shape)
        if key not in self._grown:
            self._grown[key] = self._growth(size, tensor)
        return self._grown[key]

    def _growth(self, size: int, tensor: torch.Tensor) -> tuple[Powers, float]:
        powers, rest = [0, 0, 0, 0, 0], size
        for factor, place in self._sizes.factors:
            while rest and rest % factor == 0:
                rest //= factor
                powers[place] += 1
        wide = self._vocabulary in tensor.shape[-1:]
        if self._chunked and (self._is_chunk(tensor) or (wide and powers[2])):
            # a chunk of logits, or what goes with it: as many positions as fit into it, of those that are learned
            return (0, 0, 0, 1, 0), size / tensor.shape[0]
        if not any(powers):
            return self._padded(size, tensor)
        if powers[1] and tensor.dim() and any(d % (self._sizes.length - 1) == 0 for d in tensor.shape if d):
            rest = round(rest / 2) or rest
        rows, length, learned, chunk, rank = powers
        return (rows, length, learned, chunk, rank), float(rest)

    def _is_chunk(self, tensor: torch.Tensor) -> bool:
        return tensor.dim() == 2 and tensor.shape[0] in self._sizes.pieces

    def _padded(self, size: int, tensor: torch.Tensor) -> tuple[Powers, float]:
        """A constant, or something whose length was rounded up (linear attention works in blocks)."""
        length = self._sizes.length
        for dimension in tensor.shape:
            if length < dimension <= length + 256:
                rows = 1 if self._sizes.rows in tensor.shape else 0
                return (rows, 1, 0, 0, 0), size / dimension / (self._sizes.rows if rows else 1)
        return CONSTANT, float(rounded(size))

    def at_maximum(self) -> None:
        """Keep the moment."""
        super().at_maximum()
        self.moments.append(Moment(self.phase, {term: amount for term, amount in self._terms.items() if amount}))

    def _stands_for(self) -> dict[int, int]:
        """How many layers of the whole model each one counts for while the present one is at work."""
        times = dict.fromkeys(range(-1, len(self._fake.kinds)), 1)
        for kind, count in self._fake.extra.items():
            times[self._example(kind)] += count
        return times

    def _example(self, kind: int) -> int:
        """A layer of this kind that the present one is not: below it in the backward pass, or before it."""
        places = [place for place, other in enumerate(self._fake.kinds) if other == kind]
        below = [place for place in places if place < self.layer]
        above = [place for place in places if place > self.layer]
        if self.layer < 0:
            return places[1 if len(places) > 2 else 0]
        return (below[-1:] or above[:1] or places)[0]
