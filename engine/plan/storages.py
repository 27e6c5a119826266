"""Counting live storages while tensors are computed: the memory of a step, operation by operation.

Works on real tensors and on fake ones alike, which is how a prediction is held against the truth. Every storage
counts once, rounded up to 512 bytes as CUDA's caching allocator does, from the operation that made it until it is
freed. Heavy: imports torch.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable, Iterable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter

ROUND = 512
"""Bytes: the smallest block of CUDA's caching allocator (c10/cuda/CUDACachingAllocator.cpp, kMinBlockSize)."""


def rounded(size: int) -> int:
    """Bytes the allocator takes for `size` bytes."""
    return -(-size // ROUND) * ROUND


class StorageCounter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts what is alive, in slots, and looks at every local maximum.

    Args:
        instead: Called with (func, args, kwargs) before an operation; what it returns stands for the operation's
            result, unless that is `NotImplemented`.
    """

    def __init__(self, instead: Callable[..., Any] | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.live: dict[Hashable, float] = {}
        self.peak = 0.0
        self.total = 0.0
        self._known: dict[int, tuple[Hashable, float, Any]] = {}
        self._instead = instead
        self._grew = False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run one operation and look at what it made."""
        return self.run(func, args, kwargs or {})

    def run(self, func: Any, args: Any, kwargs: Any) -> Any:
        """Run one operation and look at what it made."""
        result: Any = NotImplemented
        if self._instead is not None:
            result = self._instead(func, args, kwargs)
        if result is NotImplemented:
            result = func(*args, **kwargs)
        for leaf in (result,) if isinstance(result, torch.Tensor) else tree_iter(result):
            if isinstance(leaf, torch.Tensor):
                self.track(leaf)
        return result

    def slot_of(self, tensor: torch.Tensor, size: int) -> tuple[Hashable, float]:
        """Where a new storage of `size` bytes is counted, and as how much."""
        return "", rounded(size)

    def at_maximum(self) -> None:
        """Called when memory is about to shrink after it grew."""
        self.peak = max(self.peak, self.total)

    def hold(self, tensors: Iterable[torch.Tensor]) -> None:
        """Count tensors that were there before."""
        for tensor in tensors:
            self.track(tensor)

    def track(self, tensor: torch.Tensor) -> None:
        """Count a tensor's storage, once; a sparse or nested tensor has none of its own, but those it is made of."""
        if tensor.layout is not torch.strided:
            return
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key in self._known:
            return
        slot, amount = self.slot_of(tensor, storage.nbytes())
        self._known[key] = (slot, amount, weakref.ref(storage, lambda _: self._freed(key)))
        self.add(slot, amount)

    def add(self, slot: Hashable, amount: float) -> None:
        """Count something that is no tensor here."""
        self.change(slot, amount)
        self.total += amount
        self._grew = True

    def change(self, slot: Hashable, amount: float) -> None:
        """Put so much more, or less, into a slot."""
        self.live[slot] = self.live.get(slot, 0.0) + amount

    def move(self, tensor: torch.Tensor, slot: Hashable) -> None:
        """Count a tensor's storage in another slot from now on."""
        key = tensor.untyped_storage()._cdata
        held, amount, reference = self._known[key]
        self.change(held, -amount)
        self.change(slot, amount)
        self._known[key] = (slot, amount, reference)

    def finish(self) -> None:
        """Look a last time."""
        if self._grew:
            self.at_maximum()

    def _freed(self, key: int) -> None:
        if self._grew:
            self.at_maximum()
            self._grew = False
        slot, amount, _ = self._known.pop(key)
        self.change(slot, -amount)
        self.total -= amount
