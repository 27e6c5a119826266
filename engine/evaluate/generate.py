"""Many answers at once: batched generation with a key-value cache, for everything that asks a model.

Prompts are sorted by length and padded on the left, so that hardly any padding is computed; what they begin with alike
is read once, and so is a prompt that comes again; a row leaves its batch as soon as it ends, so that the others do not
wait for it. A prompt's answer does not depend on its neighbours: greedy answers are those of one prompt at a time, and
a sampled one depends on the seed and the prompt's place only.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from engine.evaluate.beginnings import by_beginning, shared_length
from engine.evaluate.lanes import in_lanes, lanes_for, shared_out
from engine.evaluate.packed import scores_by
from engine.train.loss import backbone_of, head_of

END_NAMES = (
    "<|im_end|>",
    "<|eot_id|>",
    "<|end_of_turn|>",
    "<end_of_turn>",
    "<turn|>",
    "<|end|>",
    "<|eot|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|return|>",
)
"""Special tokens with which common chat formats end a turn. A base model's own settings often name only one of them."""

_CACHE_BYTES = 2**29
_LEAST_BATCH, _MOST_BATCH = 4096, 16384
_SPARE = 64
"""Columns that the cache grows by, in tokens: copying it for every token costs more than the attention itself."""


@dataclass(frozen=True)
class Generation:
    """One answer.

    Args:
        text: Without special tokens.
        ids: Its tokens, without the one that ended it.
        ended: Whether the model ended it by itself; False: it was cut at the limit, or the work was stopped.
    """

    text: str
    ids: tuple[int, ...]
    ended: bool


def end_ids(model: Any, tokenizer: Any) -> frozenset[int]:
    """The tokens that end an answer: those of the model's settings, the tokenizer's EOS, and common ends of a turn.

    The padding token is one of them only where it is the EOS itself.
    """
    named = getattr(getattr(model, "generation_config", None), "eos_token_id", None)
    ids = set(named if isinstance(named, list | tuple) else [named]) | {tokenizer.eos_token_id}
    special = set(tokenizer.all_special_ids) | set(tokenizer.added_tokens_decoder)
    known = tokenizer.get_vocab()
    ids |= {known[name] for name in END_NAMES if known.get(name) in special and name != tokenizer.pad_token}
    return frozenset(int(token) for token in ids if token is not None)


@torch.inference_mode()
def generate(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
    device: str,
    temperature: float | Sequence[float] = 0.0,
    seed: int = 0,
    tokens_per_batch: int | None = None,
    on_done: Callable[[int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> list[Generation]:
    """Answer every prompt.

    Args:
        model: A causal language model, with or without an adapter.
        tokenizer: Its tokenizer.
        prompts: Token ids; none may be empty.
        max_new_tokens: Longer answers are cut there.
        device: Where the model is.
        temperature: 0: the likeliest token always; above: tokens are drawn, from all of the vocabulary. One for all
            prompts, or one for each.
        seed: For drawing; the same seed gives the same answers, whatever the batches are.
        tokens_per_batch: Upper bound of rows times (longest prompt + longest answer); a longer row goes alone. None: as
            many as have their keys and values in half a gigabyte: 4,096 of an 8B model, more of a smaller one.
        on_done: Told how many answers are finished, whenever some are.
        stop: Asked before every token; true ends the work, and what is unfinished is returned as it is.

    Returns:
        One `Generation` for each prompt, in the order given.

    Raises:
        ValueError: A prompt has no token.
    """
    if any(not len(prompt) for prompt in prompts):
        raise ValueError("a prompt has no token")
    asked = stop or (lambda: False)
    work = _Work(model, end_ids(model, tokenizer), tokenizer.pad_token_id or 0, device, max_new_tokens)
    heats = [temperature] * len(prompts) if isinstance(temperature, int | float) else temperature
    rows = [
        _Row(list(prompt), random.Random(f"{seed}:{place}"), heat)
        for place, (prompt, heat) in enumerate(zip(prompts, heats, strict=True))
    ]
    was_training = model.training
    model.eval()
    done = 0

    def finished(count: int) -> None:
        nonlocal done
        done += count
        if on_done and count:
            on_done(done)

    lanes = lanes_for(work.inner, device)
    # Equal prompts next to each other, and the longest first: what does not fit in memory shows at once.
    ordered = sorted(rows, key=lambda row: (-len(row.prompt), row.prompt))
    limit = tokens_per_batch or work.roomy_batch() // lanes
    batches = shared_out(ordered, lambda row: len(row.prompt) + max_new_tokens, limit, lanes)
    in_lanes(batches, lambda batch: work.answer(batch, asked), lanes, finished)
    model.train(was_training)
    return [Generation(tokenizer.decode(row.out, skip_special_tokens=True), tuple(row.out), row.ended) for row in rows]


@dataclass
class _Row:
    prompt: list[int]
    chance: random.Random
    temperature: float
    out: list[int] = field(default_factory=list)
    ended: bool = False


@dataclass
class _Work:
    model: Any
    ends: frozenset[int]
    pad: int
    device: str
    max_new_tokens: int

    def __post_init__(self) -> None:
        self.inner = self.model.get_base_model() if hasattr(self.model, "get_base_model") else self.model
        self._config = self.inner.config
        # Scores of the vocabulary are made of the last place only, apart from the rest: in one go they cost ten times
        # as much wherever more than one token was read.
        self._head = head_of(self.inner)
        self._reads = self.model if self._head is None else backbone_of(self.inner)
        self._takes = set(inspect.signature(self.inner.forward).parameters)

    def roomy_batch(self) -> int:
        """How many tokens of keys and values fit into `_CACHE_BYTES`, within what is sensible."""
        text = self._config.get_text_config(decoder=True)
        heads = getattr(text, "num_attention_heads", 1)
        size = getattr(text, "head_dim", None) or text.hidden_size // heads
        kept = getattr(text, "num_key_value_heads", None) or heads
        each = 2 * text.num_hidden_layers * kept * size * (2 if self.device.startswith("cuda") else 4)
        return max(_LEAST_BATCH, min(_MOST_BATCH, _CACHE_BYTES // int(each)))

    def answer(self, batch: list[_Row], stop: Callable[[], bool]) -> Iterator[int]:
        """Answer one batch; yields how many rows were finished, token by token."""
        active = list(batch)
        if stop():
            return
        cache, mask, logits = self._read(active)
        longest = mask.shape[1]
        positions = mask.sum(1, keepdim=True) - 1
        mask = torch.cat([mask, mask.new_ones((len(active), self.max_new_tokens))], 1)
        # Layers with a state instead of keys and values cannot lose rows: there, rows that ended stay as ballast.
        shrinks = all(hasattr(layer, "batch_select_indices") for layer in cache.layers)
        for number in range(self.max_new_tokens):
            if number:
                if stop():
                    return
                ids = torch.tensor([[self.pad if row.ended else row.out[-1]] for row in active], device=self.device)
                positions = positions + 1
                logits = self._logits(ids, mask[:, : longest + number], positions, cache)
            tokens = self._choose(logits, active)
            before = sum(not row.ended for row in active)
            for row, token in zip(active, tokens, strict=True):
                row.ended = row.ended or token in self.ends
                if not row.ended:
                    row.out.append(token)
            going = [place for place, row in enumerate(active) if not row.ended]
            if number + 1 == self.max_new_tokens:
                yield before
                return
            yield before - len(going)
            if not going:
                return
            if shrinks and len(going) < len(active):
                kept = torch.tensor(going, device=self.device)
                cache.batch_select_indices(kept)
                mask, positions = mask[kept], positions[kept]
                active = [active[place] for place in going]

    def _read(self, rows: list[_Row]) -> tuple[DynamicCache, torch.Tensor, torch.Tensor]:
        """Read the prompts: the cache, its mask (rows, tokens), and the scores of what comes next (rows, vocabulary).

        Equal prompts are read once, and so is what many begin with alike.
        """
        prompts = [row.prompt for row in rows]
        if not is_plain(growing_cache(self._config)):
            return self._read_alike(prompts, 0)
        unique = [list(prompt) for prompt in dict.fromkeys(map(tuple, prompts))]
        groups = by_beginning(unique)
        read = [self._read_alike(group, shared_length(group)) for group in ([unique[n] for n in one] for one in groups)]
        cache, mask, logits = read[0] if len(read) == 1 else _joined(self._config, read)
        place = {tuple(unique[number]): at for at, number in enumerate(number for group in groups for number in group)}
        order = [place[tuple(prompt)] for prompt in prompts]
        if order == list(range(len(unique))):
            return cache, mask, logits
        owners = torch.tensor(order, device=self.device)
        cache.batch_select_indices(owners)
        return cache, mask[owners], logits[owners]

    def _read_alike(self, prompts: list[list[int]], shared: int) -> tuple[DynamicCache, torch.Tensor, torch.Tensor]:
        """The same for prompts that are all read, their first `shared` tokens once for all of them.

        The padding stands after what is shared: only layers that look at every token take no harm from that.
        """
        cache = growing_cache(self._config)
        longest = max(map(len, prompts))
        mask = torch.ones((len(prompts), longest), dtype=torch.long)
        ids = torch.full((len(prompts), longest - shared), self.pad, dtype=torch.long)
        for place, prompt in enumerate(prompts):
            rest = torch.tensor(prompt[shared:])
            ids[place, ids.shape[1] - len(rest) :] = rest
            mask[place, shared : longest - len(rest)] = 0
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        ids, mask, positions = ids.to(self.device), mask.to(self.device), positions.to(self.device)
        if shared:
            first = torch.tensor([prompts[0][:shared]], device=self.device)
            self._logits(first, torch.ones_like(first), positions[:1, :shared], cache)
            cache.batch_select_indices(torch.zeros(len(prompts), dtype=torch.long, device=self.device))
        return cache, mask, self._logits(ids, mask, positions[:, shared:], cache)

    def _logits(self, ids: torch.Tensor, mask: torch.Tensor, positions: torch.Tensor, cache: Any) -> torch.Tensor:
        """Scores of the next token, float32, shape (rows, vocabulary)."""
        further: dict[str, Any] = {}
        if "position_ids" in self._takes:
            further["position_ids"] = positions
        if self._head is None and "logits_to_keep" in self._takes:
            further["logits_to_keep"] = 1
        out = self._reads(input_ids=ids, attention_mask=mask, past_key_values=cache, use_cache=True, **further)
        if self._head is None:
            return torch.as_tensor(out.logits[:, -1]).float()
        return scores_by(self.inner, self._head, out.last_hidden_state[:, -1].contiguous())

    def _choose(self, logits: torch.Tensor, rows: Sequence[_Row]) -> list[int]:
        tokens = logits.argmax(-1)
        if drawn := [place for place, row in enumerate(rows) if row.temperature > 0]:
            # By the inverse of the distribution, with one number of each row's own: no row's luck depends on another's.
            heats = torch.tensor([rows[place].temperature for place in drawn], device=logits.device)
            total = torch.softmax(logits[drawn] / heats[:, None], -1).cumsum(-1)
            chances = torch.tensor([rows[place].chance.random() for place in drawn], device=logits.device)
            points = chances[:, None] * total[:, -1:]
            tokens[drawn] = torch.searchsorted(total, points, right=True)[:, 0].clamp(max=total.shape[1] - 1)
        return [int(token) for token in tokens]


def growing_cache(config: Any) -> DynamicCache:
    """An empty cache for a model, whose plain layers grow in steps instead of being copied for every token."""
    cache = DynamicCache(config=config)
    cache.layers = [_GrowingLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache


def is_plain(cache: DynamicCache) -> bool:
    """Whether all layers keep every key and value, so that rows may share what they begin with."""
    return all(type(layer) in (DynamicLayer, _GrowingLayer) for layer in cache.layers)


def _joined(
    config: Any, parts: Sequence[tuple[DynamicCache, torch.Tensor, torch.Tensor]]
) -> tuple[DynamicCache, torch.Tensor, torch.Tensor]:
    """Batches read apart as one, in order; shorter ones are padded on the left."""
    joined = growing_cache(config)
    longest = max(mask.shape[1] for _, mask, _ in parts)
    for number, layer in enumerate(joined.layers):
        layer.join([cache.layers[number] for cache, _, _ in parts], longest)
    masks = [torch.nn.functional.pad(mask, (longest - mask.shape[1], 0)) for _, mask, _ in parts]
    return joined, torch.cat(masks), torch.cat([logits for _, _, logits in parts])


class _GrowingLayer(DynamicLayer):  # type: ignore[misc]
    """Keys and values as views of a larger block, shape (rows, heads, tokens, size of a head)."""

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append, and return all keys and values."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            self._blocks = [_with_room(key_states, 0), _with_room(value_states, 0)]
            self._length = 0
        end = self._length + key_states.shape[-2]
        for place, states in enumerate((key_states, value_states)):
            if end > self._blocks[place].shape[-2]:
                self._blocks[place] = _with_room(self._blocks[place][..., : self._length, :], states.shape[-2])
            self._blocks[place][..., self._length : end, :] = states
        self._length = end
        self.keys, self.values = (block[..., :end, :] for block in self._blocks)
        return self.keys, self.values

    def join(self, parts: Sequence[_GrowingLayer], length: int) -> None:
        """Take over the rows of others, with zeros before those of fewer than `length` tokens."""
        self.lazy_initialization(parts[0].keys, parts[0].values)
        both = [[part.keys for part in parts], [part.values for part in parts]]
        padded = [
            torch.cat([torch.nn.functional.pad(one, (0, 0, length - one.shape[-2], 0)) for one in side])
            for side in both
        ]
        self._blocks, self._length = [_with_room(one, 0) for one in padded], length
        self.keys, self.values = (block[..., :length, :] for block in self._blocks)

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        """Only these rows remain; a row that is named twice is there twice."""
        if self.is_initialized:
            self._blocks = [block[indices] for block in self._blocks]
            self.keys, self.values = (block[..., : self._length, :] for block in self._blocks)


def _with_room(states: torch.Tensor, more: int) -> torch.Tensor:
    """A copy with room for `more` tokens and some to spare."""
    rows, heads, length, size = states.shape
    block = states.new_zeros((rows, heads, length + more + _SPARE, size))
    block[..., :length, :] = states
    return block
