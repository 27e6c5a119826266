"""Which rows share a micro-batch: of like length, or several in one sequence that do not see each other."""

from __future__ import annotations

import random
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from engine.data.render import Rendered
from engine.train.batches import IGNORED, collate, to_feature

Feature = dict[str, list[int]]


def pack_rows(rows: Sequence[Rendered], max_length: int, seed: int = 0) -> list[list[Rendered]]:
    """Put rows together so that few sequences are needed and none is longer than the limit.

    Best fit, longest first (Johnson 1974: at most 11/9 of the best number, plus 1). The packs come in a random order
    that is the same for the same seed; every row is in exactly one of them.
    """
    packs: list[list[Rendered]] = []
    rooms: list[tuple[int, int]] = []
    """(tokens that still fit, number of the pack), ascending."""
    for row in sorted(rows, key=lambda row: -len(row.input_ids)):
        length = len(row.input_ids)
        place = bisect_left(rooms, (length, -1))
        if place < len(rooms):
            room, number = rooms.pop(place)
            packs[number].append(row)
        else:
            room, number = max(max_length, length), len(packs)
            packs.append([row])
        insort(rooms, (room - length, number))
    random.Random(seed).shuffle(packs)
    return packs


def packed_feature(rows: Sequence[Rendered]) -> Feature:
    """`input_ids`, `labels` and `position_ids` of rows in one sequence; positions begin at 0 in each row.

    The first token of a row is never learned: before it stands the end of another row.
    """
    feature: Feature = {"input_ids": [], "labels": [], "position_ids": []}
    for row in rows:
        single = to_feature(row)
        feature["input_ids"] += single["input_ids"]
        feature["labels"] += [IGNORED, *single["labels"][1:]]
        feature["position_ids"] += range(len(row.input_ids))
    return feature


BLANK_TOKENS = 1
"""Length of a blank row. No row to learn from is as short: its first token is never learned."""


def blank_feature(token: int, *, packed: bool) -> Feature:
    """A row of one token, of which nothing is learned."""
    feature: Feature = {"input_ids": [token], "labels": [IGNORED]}
    return {**feature, "position_ids": [0]} if packed else feature


@dataclass(frozen=True)
class Collator:
    """Features to tensors.

    Args:
        pad_token_id: For padding on the right; its value does not matter to the result.
        flat: Put packed sequences one after the other into one row, as FlashAttention's variable-length kernels take
            them, instead of below each other.
    """

    pad_token_id: int
    flat: bool = False

    def __call__(self, features: Sequence[Feature]) -> dict[str, torch.Tensor]:
        """Tensors of shape (rows, longest), int64.

        Returns:
            As `collate`, and `length`: tokens without padding, shape (rows,).
        """
        if self.flat and "position_ids" in features[0]:
            features = [{name: [value for one in features for value in one[name]] for name in features[0]}]
        batch = collate(features, self.pad_token_id)
        batch["length"] = torch.tensor([len(feature["input_ids"]) for feature in features])
        return batch


class StepSampler(torch.utils.data.Sampler[int]):
    """Rows in a random order, those of one learning step sorted by length: the step is the same, its padding less.

    The gradient of a step is a sum over its rows, so their order within it changes nothing but rounding. With several
    processes `step_rows` counts the rows of all of them, and each takes every so many-th micro-batch. So that all make
    the same number of calls, an epoch is then filled up to a multiple of `fill_to` with the number after the last row:
    there the dataset has a blank row, which teaches nothing. (Repeating rows would teach them twice.)
    """

    def __init__(self, lengths: Sequence[int], step_rows: int, seed: int, fill_to: int = 1) -> None:
        """Args: tokens of each row; rows of a learning step; what the order depends on beside the epoch; as above."""
        self._lengths, self._step_rows, self._seed = lengths, step_rows, seed
        self._blanks = -len(lengths) % fill_to
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Which time through the rows comes next, from 0."""
        self._epoch = epoch

    def __len__(self) -> int:
        """Rows of an epoch, blank ones included."""
        return len(self._lengths) + self._blanks

    def __iter__(self) -> Iterator[int]:
        """Places of the rows."""
        order = list(range(len(self._lengths)))
        random.Random(f"{self._seed}:{self._epoch}").shuffle(order)
        for start in range(0, len(order), self._step_rows):
            step = order[start : start + self._step_rows]
            # Longest first: what does not fit in memory shows at once, and its room is used again by the others.
            yield from sorted(step, key=lambda place: -self._lengths[place])
        yield from [len(order)] * self._blanks
