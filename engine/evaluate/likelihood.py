"""How likely a model finds texts: rows read back token by token, and many ways to go on from one beginning.

Logits are the memory of it (tokens times vocabulary), so only those that are asked for are built, and never more than
`LOGITS_AT_ONCE` numbers at a time. What rows begin with alike is read once for all of a batch.
"""

from __future__ import annotations

import copy
import inspect
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from peft import PeftModel

from engine.data.render import Rendered
from engine.evaluate.beginnings import SHORTEST, by_beginning, shared_length
from engine.evaluate.dequantised import as_base, as_tuned, is_tiled, tiled
from engine.evaluate.generate import growing_cache, is_plain
from engine.evaluate.lanes import in_lanes, lanes_for, shared_out
from engine.evaluate.packed import scores_by
from engine.train.loss import Head, backbone_of, head_of

LOGITS_AT_ONCE = 2**26
"""Numbers: 256 MB in float32."""
TOKENS_AT_ONCE = 1024


@dataclass(frozen=True)
class Reading:
    """What a model thinks of one row: for each trained token, in order.

    Args:
        places: Where the tokens stand in the row; the first token of a row is never among them.
        losses: Negative log-likelihood of each, in nats.
        right: Whether each was the model's likeliest token there, so that it would have said it.
    """

    places: tuple[int, ...]
    losses: tuple[float, ...]
    right: tuple[bool, ...]

    @property
    def loss(self) -> float:
        """Mean over the tokens, in nats."""
        return sum(self.losses) / len(self.losses)

    @property
    def foreseen(self) -> tuple[int, ...]:
        """Places of the tokens that the model would have said itself."""
        return tuple(itertools.compress(self.places, self.right))


@torch.inference_mode()
def read_back(
    model: Any,
    rows: Sequence[Rendered],
    *,
    pad_token_id: int,
    device: str,
    on_done: Callable[[int], None] | None = None,
) -> list[Reading]:
    """Read rows as in training, and say how well each token was foreseen.

    One reading answers what greedy decoding would recite from any beginning of the row: it goes on verbatim exactly
    while the next token is the likeliest.

    Args:
        model: A causal language model.
        rows: Each with a trained token after its first one.
        pad_token_id: For padding on the right; its value does not matter.
        device: Where the model is.
        on_done: Told how many rows are done; may raise to end the work.
    """
    was_training = model.training
    model.eval()
    found: dict[int, Reading] = {}
    done = 0

    def read(batch: list[int]) -> Iterator[int]:
        readings = _read_batch(model, [rows[number] for number in batch], pad_token_id, device)
        found.update(zip(batch, readings, strict=True))
        yield len(batch)

    def finished(count: int) -> None:
        nonlocal done
        done += count
        if on_done:
            on_done(done)

    lanes = lanes_for(_inner(model), device)
    in_lanes(_batches(rows, _vocabulary_of(model), lanes), read, lanes, finished)
    model.train(was_training)
    return [found[number] for number in range(len(rows))]


def _read_batch(model: Any, rows: Sequence[Rendered], pad: int, device: str) -> list[Reading]:
    """One batch, padded on the right; what all rows begin with alike, before the first trained token, is read once."""
    wanted = [[at for at, trained in enumerate(row.trained) if trained and at] for row in rows]
    # A token's score stands one place before it.
    kept = sorted({at - 1 for places in wanted for at in places})
    cache = growing_cache(_inner(model).config)
    shared = shared_length([row.input_ids for row in rows]) if is_plain(cache) and kept[0] >= SHORTEST else 0
    shared = min(shared, kept[0])
    longest = max(len(row.input_ids) for row in rows)
    ids = torch.full((len(rows), longest), pad, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for place, row in enumerate(rows):
        ids[place, : len(row.input_ids)] = torch.tensor(row.input_ids)
        mask[place, : len(row.input_ids)] = 1
    ids, mask = ids.to(device), mask.to(device)
    head = head_of(_inner(model))
    reads, least = (model, {"logits_to_keep": 1}) if head is None else (backbone_of(_inner(model)), {})
    if "logits_to_keep" not in _parameters_of(model):
        least = {}
    further: dict[str, Any] = {"use_cache": False}
    if shared:
        reads(input_ids=ids[:1, :shared], past_key_values=cache, use_cache=True, **least)
        cache.batch_select_indices(torch.zeros(len(rows), dtype=torch.long, device=device))
        further = {"past_key_values": cache, "use_cache": True}
    column = {at: at - shared for at in kept}
    if least:
        further["logits_to_keep"] = torch.tensor([at - shared for at in kept], device=device)
        column = {at: number for number, at in enumerate(kept)}
    out = reads(input_ids=ids[:, shared:], attention_mask=mask, **further)
    told = out.logits if head is None else out.last_hidden_state
    asked = [(place, column[at - 1], rows[place].input_ids[at]) for place, places in enumerate(wanted) for at in places]
    judged = iter(_judged(_inner(model), told, asked, head))
    found = []
    for places in wanted:
        losses, right = zip(*itertools.islice(judged, len(places)), strict=True)
        found.append(Reading(tuple(places), losses, right))
    return found


def _judged(
    inner: Any, told: torch.Tensor, asked: Sequence[tuple[int, int, int]], head: Head | None
) -> Iterator[tuple[float, bool]]:
    """For each (row, column, token) the token's loss, and whether it is the likeliest one there.

    Args:
        inner: The causal language model.
        told: Logits, shape (rows, columns, vocabulary); with a head the hidden states that it makes them of.
        asked: Many at once: a few rows of a product take as long as a hundred.
        head: What makes logits, only for the places that are asked for.
    """
    count = max(1, LOGITS_AT_ONCE // 8 // _vocabulary_of(inner))
    for start in range(0, len(asked), count):
        places, columns, tokens = torch.tensor(asked[start : start + count], device=told.device).T
        scores = told[places, columns]
        scores = scores.float() if head is None else scores_by(inner, head, scores)
        losses = torch.logsumexp(scores, 1) - scores.gather(1, tokens.to(scores.device)[:, None])[:, 0]
        yield from zip(losses.tolist(), (scores.argmax(1) == tokens.to(scores.device)).tolist(), strict=True)


@torch.inference_mode()
def score_continuations(
    model: Any,
    context: Sequence[int],
    continuations: Sequence[Sequence[int]],
    *,
    device: str,
    on_done: Callable[[int], None] | None = None,
) -> list[float]:
    """Negative log-likelihood of each continuation after `context`, summed over its tokens, in nats.

    The context is read once and its keys and values are shared; continuations that differ in the last token only are
    read once.

    Args:
        model: A causal language model.
        context: At least one token.
        continuations: Each of at least one token.
        device: Where the model is.
        on_done: Told how many continuations are done; may raise to end the work.
    """
    was_training = model.training
    model.eval()
    opened = model(input_ids=torch.tensor([list(context)], device=device), use_cache=True)
    first = torch.log_softmax(opened.logits[0, -1].float(), -1)
    by_stem: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for number, tokens in enumerate(continuations):
        by_stem[tuple(tokens[:-1])].append(number)
    found = [0.0] * len(continuations)
    done = 0
    for stems in _equal_length(list(by_stem), first.shape[0]):
        here = [(place, number) for place, stem in enumerate(stems) for number in by_stem[stem]]
        chosen = torch.tensor([list(continuations[number]) for _, number in here], device=device)
        scores = first[chosen[:, 0]]
        if stems[0]:
            cache = copy.deepcopy(opened.past_key_values)
            cache.batch_repeat_interleave(len(stems))
            ids = torch.tensor(stems, device=device)
            logits = model(input_ids=ids, past_key_values=cache, use_cache=True).logits.float()
            # log p = score - log sum exp: the whole log-softmax would be another copy of all logits.
            totals = torch.logsumexp(logits, -1)
            owner = torch.tensor([place for place, _ in here], device=device)
            for step in range(chosen.shape[1] - 1):
                scores = scores + logits[owner, step, chosen[:, step + 1]] - totals[owner, step]
        for (_, number), score in zip(here, scores.tolist(), strict=True):
            found[number] = -score
        done += len(here)
        if on_done:
            on_done(done)
    model.train(was_training)
    return found


@contextmanager
def speaking_as(model: Any, who: str) -> Iterator[None]:
    """The PEFT model as `base` (adapter off) or as `tuned`, for the time of a `with`; a bare model as it is."""
    adapted = isinstance(model, PeftModel)
    without = model.disable_adapter() if adapted and who == "base" else nullcontext()
    with without, as_tuned(model) if adapted and who == "tuned" else as_base(model):
        yield


@contextmanager
def reading_as(model: Any, who: str) -> Iterator[None]:
    """As `speaking_as`, for whole rows: by faster products, where this processor has such.

    The adapter stays beside its weights then: added to them, small changes would be rounded away.
    """
    beside = who == "tuned" and is_tiled(model)
    with nullcontext() if beside else speaking_as(model, who), tiled(model):
        yield


def _equal_length(stems: list[tuple[int, ...]], vocabulary: int) -> Iterator[list[tuple[int, ...]]]:
    """Stems of one length together, so that nothing is padded."""
    by_length: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    for stem in stems:
        by_length[len(stem)].append(stem)
    for length, group in sorted(by_length.items()):
        count = max(1, min(LOGITS_AT_ONCE // (vocabulary * max(1, length)), TOKENS_AT_ONCE // max(1, length)))
        for start in range(0, len(group), count):
            yield group[start : start + count]


def _batches(rows: Sequence[Rendered], vocabulary: int, lanes: int) -> list[list[int]]:
    """Numbers of rows with one beginning and of like length, the longest of each beginning first."""
    limit = max(1, min(TOKENS_AT_ONCE, LOGITS_AT_ONCE // vocabulary))
    found: list[list[int]] = []
    for group in by_beginning([row.input_ids for row in rows]):
        order = sorted(group, key=lambda number: -len(rows[number].input_ids))
        found += shared_out(order, lambda number: len(rows[number].input_ids), limit, lanes)
    return found


def _inner(model: Any) -> Any:
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def _parameters_of(model: Any) -> frozenset[str]:
    return frozenset(inspect.signature(_inner(model).forward).parameters)


def _vocabulary_of(model: Any) -> int:
    return int(_inner(model).get_output_embeddings().weight.shape[0])
