"""Batches side by side on a CPU: each lane is a thread that takes batch after batch, with its share of the cores.

A step of a batch is a thousand small operations. Shared out among all cores, each of them waits for the slowest, and
much is not shared out at all: two cores do little more than one. A lane of its own keeps each core busy; the larger
operations run without Python's lock. What is computed for a batch is the same, whoever else computes.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from typing import Any, TypeVar

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

MOST = 4
"""Lanes: with more of them Python's lock is what they wait for. Further cores work within the lanes."""
LEAST_ROWS = 24
"""Of a batch that has a lane to itself: fewer rows cost more each, since all weights have to be fetched for them."""
_Batch = TypeVar("_Batch")
_Row = TypeVar("_Row")
_CHANGING_ROPE = frozenset({"dynamic", "longrope"})
"""Rotary positions that change with what is read: the model keeps a state, which two threads must not share."""


def lanes_for(model: Any, device: str) -> int:
    """How many batches may be computed side by side; 1 where the model keeps a state of its own, or on a GPU.

    Args:
        model: A causal language model without an adapter around it.
        device: Where it is.
    """
    if device != "cpu":
        return 1
    config = model.config.get_text_config(decoder=True)
    rope = getattr(config, "rope_parameters", None) or {}
    kinds = {one.get("rope_type") for one in (rope, *rope.values()) if isinstance(one, dict)}
    plain = all(type(layer) is DynamicLayer for layer in DynamicCache(config=model.config).layers)
    # Quantised layers write to themselves when they are used for the first time.
    quantised = any(type(module).__module__.startswith("bitsandbytes") for module in model.modules())
    return 1 if quantised or not plain or kinds & _CHANGING_ROPE else max(1, min(MOST, torch.get_num_threads()))


def in_lanes(
    batches: Sequence[_Batch], work: Callable[[_Batch], Iterator[int]], lanes: int, told: Callable[[int], None]
) -> None:
    """Work through all batches, in their order, several at a time.

    Args:
        batches: Each is given to one call of `work`.
        work: Does a batch and yields how many of its rows are done, whenever some are. Runs in a thread of the lane.
        lanes: How many at a time; 1, or a single batch: in this thread.
        told: Gets those counts, in this thread. May raise to end the work.

    Raises:
        Exception: Whatever `work` or `told` raised first; nothing runs any more then.
    """
    lanes = min(lanes, len(batches))
    if lanes < 2:
        for batch in batches:
            for count in work(batch):
                told(count)
        return
    cores = torch.get_num_threads()
    todo, news, over = deque(batches), SimpleQueue[int | BaseException | None](), threading.Event()

    def lane() -> None:
        try:
            torch.set_num_threads(max(1, cores // lanes))
            with torch.inference_mode():
                for batch in _taken(todo):
                    for count in work(batch):
                        news.put(count)
                        if over.is_set():
                            return
            news.put(None)
        except BaseException as error:
            news.put(error)

    threads = [threading.Thread(target=lane, name=f"lane-{number}", daemon=True) for number in range(lanes)]
    for thread in threads:
        thread.start()
    try:
        going = lanes
        while going:
            said = news.get()
            if isinstance(said, BaseException):
                raise said
            if said is None:
                going -= 1
            else:
                told(said)
    finally:
        over.set()
        todo.clear()
        for thread in threads:
            thread.join()
        torch.set_num_threads(cores)


def _taken(todo: deque[_Batch]) -> Iterator[_Batch]:
    while True:
        try:
            yield todo.popleft()
        except IndexError:
            return


def shared_out(rows: Sequence[_Row], size: Callable[[_Row], int], limit: int, lanes: int) -> list[list[_Row]]:
    """Rows in batches of about the same size, so that all lanes end together.

    Args:
        rows: In the order in which they are wanted, the largest first.
        size: Of a row, by which its batch is padded: a batch is as large as its rows times its largest row.
        limit: No batch is larger, but for a single row.
        lanes: As many batches as that at least, where there are rows enough.
    """
    whole = sum(map(size, rows))
    number = max(-(-whole // max(1, limit)), min(lanes, len(rows) // LEAST_ROWS), 1)
    number = -(-number // lanes) * lanes if number > 1 else 1
    aim, filled = whole / number, 0.0
    found: list[list[_Row]] = []
    batch: list[_Row] = []
    for row in rows:
        full = batch and (size(batch[0]) * (len(batch) + 1) > limit or filled + size(row) / 2 > aim * (len(found) + 1))
        if full:
            found.append(batch)
            batch = []
        batch.append(row)
        filled += size(row)
    return [*found, batch] if batch else found
