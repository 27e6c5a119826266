"""Changes between two others: weights on the way from those a run started from to those it ended with.

A run that goes on with new rows learns them and forgets a little of what was learnt before; weights in between keep
more of both than either end (WiSE-FT, arXiv 2109.01903).

    python -m presets.redaction.names_model.between START END [--share 0.7] [--out FILE]
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from engine.privacy.recognisers.integers import unfolded
from engine.privacy.recognisers.rampart import MODEL_FILE, model_folder
from engine.privacy.recognisers.tuned import FILE

Array = np.ndarray[Any, np.dtype[Any]]


def between(start: Mapping[str, Array], end: Mapping[str, Array], share: float) -> dict[str, Array]:
    """Changes that are `share` of the way from `start` to `end`.

    Args:
        start: As `make_changes` saves them; what it does not have is as in the model as published.
        end: The same. The ranks of its matrices are those of the result, by truncated singular values.
        share: 0 is the start, 1 the end.
    """
    published = unfolded((model_folder() / MODEL_FILE).read_bytes())
    out: dict[str, Array] = {}
    for name, array in end.items():
        layer, _, kind = name.rpartition(".")
        if kind == "down":
            sides = [(start, 1 - share)] if name in start else []
            out[name], out[f"{layer}.up"] = _low_rank([*sides, (end, share)], layer, len(array))
        elif kind != "up":
            before = start[name] if name in start else published[name]
            mean = (1 - share) * before.astype(np.float32) + share * array.astype(np.float32)
            out[name] = mean.astype(array.dtype)
    return out


def _low_rank(sides: list[tuple[Mapping[str, Array], float]], layer: str, rank: int) -> tuple[Array, Array]:
    """The weighted sum of the products of a layer as one of `rank`: [rank, inputs] and [outputs, rank]."""
    down = np.concatenate([side[f"{layer}.down"].astype(np.float32) for side, _ in sides])
    up = np.concatenate([side[f"{layer}.up"].astype(np.float32) * weight for side, weight in sides], axis=1)
    # The singular values of a product of thin matrices, without making the product.
    left, inner_left = np.linalg.qr(up)
    right, inner_right = np.linalg.qr(down.T)
    first, values, last = np.linalg.svd(inner_left @ inner_right.T)
    roots = np.sqrt(values[:rank])
    return (
        (roots[:, None] * (last[:rank] @ right.T)).astype(np.float16),
        (left @ first[:, :rank] * roots).astype(np.float16),
    )


def main() -> None:
    """Read the options, mix, save."""
    parser = argparse.ArgumentParser(description="Changes between two others.")
    parser.add_argument("start", type=Path)
    parser.add_argument("end", type=Path)
    parser.add_argument("--share", type=float, default=0.7)
    parser.add_argument("--out", type=Path, default=FILE)
    given = parser.parse_args()
    save_file(between(load_file(given.start), load_file(given.end), given.share), given.out)


if __name__ == "__main__":
    main()
