"""Batched generation against the library's own, one prompt at a time: same answers, whatever the batches are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, DynamicCache
from transformers.cache_utils import DynamicLayer

from engine.evaluate import generate as generate_module
from engine.evaluate.dequantised import unpack_where_possible
from engine.evaluate.generate import Generation, end_ids, generate
from engine.models.load import load_model, load_tokenizer, quantized_modules
from engine.spec import ModelSpec
from tests.tiny_model import make_tiny_model

PROMPTS = [[256, 10, 20, 30], [256, 65], [256, *range(60, 110)], [256, 40, 41], [256, 99, 98, 97, 96, 95, 94]]
NEW = 40


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> ModelSpec:
    folder = make_tiny_model(tmp_path_factory.mktemp("tiny"))
    return ModelSpec(source=str(folder), kind="folder", path=str(folder))


@pytest.fixture(scope="module")
def model(tiny: ModelSpec) -> Any:
    loaded = AutoModelForCausalLM.from_pretrained(tiny.path, dtype=torch.float32)
    # Random weights never say the end: two tokens that they do say become ends, so that rows end at different places.
    loaded.generation_config.eos_token_id = None
    said = [out for out, _ in one_by_one(loaded.eval(), PROMPTS, {257})]
    loaded.generation_config.eos_token_id = [said[0][3], said[2][17]]
    return loaded


@pytest.fixture(scope="module")
def tokenizer(tiny: ModelSpec) -> Any:
    return load_tokenizer(tiny)


def one_by_one(model: Any, prompts: list[list[int]], ends: set[int]) -> list[tuple[list[int], bool]]:
    found = []
    for prompt in prompts:
        ids = torch.tensor([prompt])
        out = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=NEW,
            do_sample=False,
            pad_token_id=258,
            eos_token_id=sorted(ends),
        )[0, len(prompt) :].tolist()
        ended = bool(out) and out[-1] in ends
        found.append((out[:-1] if ended else out, ended))
    return found


@pytest.mark.parametrize("tokens_per_batch", [1, 150, 100_000])
def test_greedy_answers_are_those_of_one_prompt_at_a_time(model: Any, tokenizer: Any, tokens_per_batch: int) -> None:
    told: list[int] = []
    found = generate(
        model,
        tokenizer,
        PROMPTS,
        max_new_tokens=NEW,
        device="cpu",
        tokens_per_batch=tokens_per_batch,
        on_done=told.append,
    )
    expected = one_by_one(model, PROMPTS, set(end_ids(model, tokenizer)))
    assert [(list(one.ids), one.ended) for one in found] == expected
    assert len({len(one.ids) for one in found if one.ended}) > 1
    assert told == sorted(told)
    assert told[-1] == len(PROMPTS)
    assert all(one.text == tokenizer.decode(one.ids, skip_special_tokens=True) for one in found)


def test_a_model_whose_rows_cannot_leave_answers_the_same(
    model: Any, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Layers that hold a state instead of keys and values have no way to drop rows."""
    expected = generate(model, tokenizer, PROMPTS, max_new_tokens=NEW, device="cpu")

    def fixed(config: Any) -> Any:
        cache: Any = DynamicCache(config=config)
        cache.layers = [_Fixed() for _ in cache.layers]
        return cache

    monkeypatch.setattr(generate_module, "growing_cache", fixed)
    told: list[int] = []
    found = generate(model, tokenizer, PROMPTS, max_new_tokens=NEW, device="cpu", on_done=told.append)
    assert found == expected
    assert told[-1] == len(PROMPTS)


class _Fixed(DynamicLayer):  # type: ignore[misc]
    """A layer without a way to select rows."""

    @property
    def batch_select_indices(self) -> Any:
        raise AttributeError("batch_select_indices")


def test_drawn_answers_depend_on_the_seed_and_not_on_the_batches(model: Any, tokenizer: Any) -> None:
    def drawn(seed: int, tokens_per_batch: int) -> list[Generation]:
        return generate(
            model,
            tokenizer,
            PROMPTS,
            max_new_tokens=12,
            device="cpu",
            temperature=1.0,
            seed=seed,
            tokens_per_batch=tokens_per_batch,
        )

    assert drawn(1, 1) == drawn(1, 100_000)
    assert drawn(1, 1) != drawn(2, 1)


def test_drawing_follows_the_model(model: Any, tokenizer: Any) -> None:
    """Of one prompt drawn 400 times, the likeliest first token comes about as often as the model says."""
    prompt = PROMPTS[0]
    with torch.no_grad():
        chances = torch.softmax(model(torch.tensor([prompt])).logits[0, -1], -1)
    token = int(chances.argmax())
    drawn = generate(model, tokenizer, [prompt] * 400, max_new_tokens=1, device="cpu", temperature=1.0, seed=5)
    ended = token in end_ids(model, tokenizer)
    share = sum((one.ended if ended else one.ids[:1] == (token,)) for one in drawn) / 400
    assert share == pytest.approx(float(chances[token]), abs=0.08)


def test_a_stop_keeps_what_there_is(model: Any, tokenizer: Any) -> None:
    asked = iter([False] * 5 + [True] * 100)
    found = generate(model, tokenizer, PROMPTS, max_new_tokens=NEW, device="cpu", stop=lambda: next(asked))
    assert len(found) == len(PROMPTS)
    assert all(len(one.ids) <= 5 for one in found)
    assert any(one.ids and not one.ended for one in found)


def test_an_empty_prompt_is_refused(model: Any, tokenizer: Any) -> None:
    with pytest.raises(ValueError, match="no token"):
        generate(model, tokenizer, [[]], max_new_tokens=1, device="cpu")
    assert generate(model, tokenizer, [], max_new_tokens=1, device="cpu") == []


def test_the_padding_is_no_end(model: Any, tokenizer: Any) -> None:
    assert 257 in end_ids(model, tokenizer)
    assert 258 not in end_ids(model, tokenizer)


def test_unpacked_weights_say_the_same(tiny: ModelSpec, tmp_path: Path) -> None:
    packed, plain = (
        load_model(tiny, quantization="nf4", compute_dtype=torch.float32, device="cpu").eval() for _ in range(2)
    )
    assert quantized_modules(plain) > 0
    assert unpack_where_possible(plain, device="cpu", dtype=torch.float32)
    assert quantized_modules(plain) == 0
    ids = torch.tensor([PROMPTS[2]])
    with torch.no_grad():
        torch.testing.assert_close(plain(ids).logits, packed(ids).logits, rtol=1e-5, atol=1e-5)
    assert not unpack_where_possible(packed, device="cuda", dtype=torch.float32)
    assert not unpack_where_possible(plain, device="cpu", dtype=torch.float32)
