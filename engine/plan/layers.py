"""Which layers of a model differ from one another, and a model of a few layers that stands for all of them.

Memory is linear in layers of one kind. So a step of a model with two layers of every kind, and the number of the
others, give the step of the whole. Takes transformers' configurations but imports nothing heavy itself.
"""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

_INDEX_LISTS = ("mlp_only_layers", "moe_layers")
"""Lists that name layers by number instead of having one entry for each."""


def small_config(config: Any, *, first_differs: bool = False) -> tuple[Any, tuple[int, ...], dict[int, int]]:
    """Cut a configuration down.

    Args:
        config: Of the whole model.
        first_differs: The first layer is like no other, because nothing below it is learned and it keeps less.

    Returns:
        A copy with few layers; the kind of each of them, as a number; and how many more of each kind there were.
    """
    small = copy.deepcopy(config)
    chosen, kinds, extra = chosen_layers(config, first_differs=first_differs)
    _keep(small.get_text_config(), chosen, int(config.get_text_config().num_hidden_layers))
    return small, kinds, extra


def chosen_layers(config: Any, *, first_differs: bool = False) -> tuple[list[int], tuple[int, ...], dict[int, int]]:
    """Which layers stand for all: their places, their kinds, and how many more of each kind there are."""
    text = config.get_text_config()
    kinds = _kinds(text, int(text.num_hidden_layers))
    chosen = _choose(kinds, first_differs=first_differs)
    left = Counter(kinds)
    left.subtract(kinds[place] for place in chosen)
    return chosen, tuple(kinds[place] for place in chosen), {kind: count for kind, count in left.items() if count}


def belongs_together(config: Any) -> bool:
    """Whether a model of fewer layers would be another one outside of them too.

    Gemma 3n and 4 have a table with a part for every layer, layers that read what certain others keep, and figures of
    single layers by their number. Such a model is built whole and cut down then.
    """
    text = config.get_text_config()
    names = ("hidden_size_per_layer_input", "num_kv_shared_layers", "is_heterogeneous")
    return any(getattr(text, name, 0) for name in names)


def in_order(text: Any, chosen: list[int]) -> None:
    """Let a whole model's config speak of the chosen layers first, in its lists of one entry for each layer."""
    total = int(text.num_hidden_layers)
    others = [place for place in range(total) if place not in chosen]
    for name, value in list(vars(text).items()):
        if isinstance(value, list) and len(value) == total:
            setattr(text, name, [value[place] for place in chosen + others])


def _kinds(text: Any, total: int) -> list[int]:
    """One number for each layer; equal for layers that are built alike."""
    known: dict[Any, int] = {}
    return [known.setdefault(_traits(text, place, total), len(known)) for place in range(total)]


def _traits(text: Any, place: int, total: int) -> tuple[Any, ...]:
    lists = [
        str(value[place])
        for name, value in sorted(vars(text).items())
        if isinstance(value, list) and len(value) == total and name not in _INDEX_LISTS
    ]
    numbers = [
        place in value for name in _INDEX_LISTS if isinstance(value := getattr(text, name, None), list) and value
    ]
    first_dense = getattr(text, "first_k_dense_replace", None)
    step = getattr(text, "decoder_sparse_step", None)
    modes = getattr(text, "kv_sharing_modes", None)
    shares = getattr(text, "num_kv_shared_layers", None) or 0
    lists.append(str(modes[place]) if modes else str(place >= total - shares))
    dense = isinstance(first_dense, int) and place < first_dense
    sparse = isinstance(step, int) and step > 1 and (place + 1) % step == 0
    return (*lists, *numbers, dense, sparse)


def _choose(kinds: list[int], *, first_differs: bool) -> list[int]:
    """The first and the last of every kind; of the first layer's kind one between them as well, if that differs."""
    chosen: list[int] = []
    for kind in dict.fromkeys(kinds):
        places = [place for place, other in enumerate(kinds) if other == kind]
        first = 2 if first_differs and 0 in places and len(places) > 2 else 1
        chosen += places[:first] + places[-1:] if len(places) > 1 else places
    return sorted(chosen)


def _keep(text: Any, chosen: list[int], total: int) -> None:
    for name, value in list(vars(text).items()):
        if name in _INDEX_LISTS and isinstance(value, list):
            setattr(text, name, [chosen.index(place) for place in value if place in chosen])
        elif isinstance(value, list) and len(value) == total:
            setattr(text, name, [value[place] for place in chosen])
    first_dense = getattr(text, "first_k_dense_replace", None)
    if isinstance(first_dense, int):
        text.first_k_dense_replace = sum(place < first_dense for place in chosen)
    step = getattr(text, "decoder_sparse_step", None)
    if isinstance(step, int) and step > 1:
        dense = [number for number, place in enumerate(chosen) if (place + 1) % step]
        text.decoder_sparse_step, text.mlp_only_layers = 1, dense
    text.num_hidden_layers = len(chosen)
