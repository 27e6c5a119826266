"""Batched generation against the library's own, one prompt at a time: same answers, whatever the batches are."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, DynamicCache
from transformers.cache_utils import DynamicLayer

from engine.data.render import Rendered
from engine.evaluate import generate as generate_module
from engine.evaluate import likelihood as likelihood_module
from engine.evaluate.dequantised import (
    merge_where_possible,
    pack_where_possible,
    tile_where_possible,
    unpack_where_possible,
)
from engine.evaluate.generate import Generation, end_ids, generate
from engine.evaluate.lanes import in_lanes, shared_out
from engine.evaluate.likelihood import read_back, reading_as, speaking_as
from engine.evaluate.packed import PackedLayer, can_pack
from engine.models.load import load_model, load_tokenizer, quantized_modules, quietly
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


def test_what_prompts_begin_with_alike_is_read_once_and_changes_nothing(
    model: Any, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three beginnings, one of them of a single prompt, and prompts that come again."""
    one, other = [256, *range(20, 50)], [256, *range(70, 90)]
    prompts = [[*one, token, 7] for token in range(30, 38)] + [[*other, token] for token in range(8)]
    prompts += [[256, 65], prompts[3], prompts[12], [*one, 5, 4, 3, 2, 1], prompts[3]]
    read: list[int] = []
    forward = model.model.forward

    def counted(*args: Any, **kwargs: Any) -> Any:
        if kwargs["input_ids"].shape[1] > 1:
            read.append(kwargs["input_ids"].numel())
        return forward(*args, **kwargs)

    alone = generate(model, tokenizer, prompts, max_new_tokens=6, device="cpu", tokens_per_batch=1)
    monkeypatch.setattr(model.model, "forward", functools.wraps(forward)(counted))
    assert generate(model, tokenizer, prompts, max_new_tokens=6, device="cpu") == alone
    assert 0 < sum(read) < 0.4 * sum(map(len, prompts))
    rows = [Rendered(prompt, [place > 24 for place in range(len(prompt))], (), False, 0) for prompt in prompts[:8]]
    read.clear()
    together = read_back(model, rows, pad_token_id=258, device="cpu")
    assert 0 < sum(read) < 0.5 * sum(len(row.input_ids) for row in rows)
    for row, reading in zip(rows, together, strict=True):
        [by_itself] = read_back(model, [row], pad_token_id=258, device="cpu")
        assert (reading.places, reading.right) == (by_itself.places, by_itself.right)
        assert reading.losses == pytest.approx(by_itself.losses, abs=1e-5)


def test_an_adapter_added_to_its_weights_says_the_same_and_leaves_the_base_as_it_was(tiny: ModelSpec) -> None:
    plain = load_model(tiny, quantization="none", compute_dtype=torch.float32, device="cpu")
    torch.manual_seed(3)
    with quietly():
        tuned: Any = get_peft_model(plain, LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False))
    tuned.eval()
    ids = torch.tensor([PROMPTS[2]])

    def said(who: str) -> torch.Tensor:
        with speaking_as(tuned, who), torch.inference_mode():
            return torch.as_tensor(tuned(ids).logits)

    apart = {who: said(who) for who in ("base", "tuned")}
    assert not merge_where_possible(tuned, device="cuda")
    assert merge_where_possible(tuned, device="cpu")
    for _ in range(2):
        torch.testing.assert_close(said("tuned"), apart["tuned"], rtol=1e-4, atol=1e-5)
        assert torch.equal(said("base"), apart["base"])
    assert float((apart["tuned"] - apart["base"]).abs().max()) > 0.01


def test_packed_weights_say_the_same_and_nothing_of_them_is_left(tiny: ModelSpec) -> None:
    plain = load_model(tiny, quantization="none", compute_dtype=torch.float32, device="cpu").eval()
    ids = torch.tensor([PROMPTS[2], PROMPTS[2][::-1]])

    def said(one: Any, who: str) -> torch.Tensor:
        with speaking_as(one, who), torch.inference_mode():
            return torch.as_tensor(one(ids).logits)

    before = said(plain, "base")
    assert not pack_where_possible(plain, device="cuda")
    # Where this PyTorch packs nothing for this processor, everything below holds for the plain weights.
    packs = can_pack(torch.float32)
    assert pack_where_possible(plain, device="cpu") == packs
    with speaking_as(plain, "base"):
        assert isinstance(vars(plain.lm_head).get("forward"), PackedLayer) == packs
    torch.testing.assert_close(said(plain, "base"), before, rtol=1e-5, atol=1e-5)
    torch.manual_seed(3)
    with quietly():
        tuned: Any = get_peft_model(plain, LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False))
    tuned.eval()
    with torch.inference_mode():
        beside = tuned(ids).logits
    assert merge_where_possible(tuned, device="cpu")
    for _ in range(2):
        torch.testing.assert_close(said(tuned, "tuned"), beside, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(said(tuned, "base"), before, rtol=1e-5, atol=1e-5)
        with torch.inference_mode():
            assert torch.equal(tuned(ids).logits, beside)
    assert not any("forward" in vars(module) for module in tuned.modules())


def test_answers_and_readings_are_the_same_in_two_lanes(
    model: Any, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts = [[*prompt, number] for number in range(30, 40) for prompt in PROMPTS]
    rows = [Rendered(prompt, [place > 0 for place in range(len(prompt))], (), False, 0) for prompt in prompts]

    def both() -> tuple[list[Generation], list[Any]]:
        heats = [0.0, 1.0] * 25
        answers = generate(
            model, tokenizer, prompts, max_new_tokens=8, device="cpu", temperature=heats, on_done=told.append
        )
        return answers, read_back(model, rows, pad_token_id=258, device="cpu", on_done=told.append)

    told: list[int] = []
    alone, one_by_one_read = both()
    threads: set[str] = set()
    forward = model.model.forward

    def seen(*args: Any, **kwargs: Any) -> Any:
        threads.add(threading.current_thread().name)
        return forward(*args, **kwargs)

    monkeypatch.setattr(model.model, "forward", functools.wraps(forward)(seen))
    for module in (generate_module, likelihood_module):
        monkeypatch.setattr(module, "lanes_for", lambda *_: 2)
    told.clear()
    answers, read = both()
    assert threads == {"lane-0", "lane-1"}
    assert told[-1] == len(rows)
    assert answers == alone
    for one, other in zip(read, one_by_one_read, strict=True):
        assert one.losses == pytest.approx(other.losses, abs=1e-5)


@pytest.mark.parametrize("lanes", [1, 2])
def test_what_goes_wrong_in_a_lane_is_raised_and_ends_the_others(lanes: int) -> None:
    done: list[int] = []

    def work(batch: int) -> Iterator[int]:
        if batch == 3:
            raise ValueError("the fourth")
        yield batch

    def failing(count: int) -> None:
        raise KeyError(count)

    threads = torch.get_num_threads()
    with pytest.raises(ValueError, match="the fourth"):
        in_lanes(range(1000), work, lanes, done.append)
    assert len(done) < 1000
    with pytest.raises(KeyError):
        in_lanes(range(1000), work, lanes, failing)
    assert torch.get_num_threads() == threads
    assert not [one for one in threading.enumerate() if one.name.startswith("lane-")]


@pytest.mark.parametrize(
    ("sizes", "limit", "lanes", "batches"),
    [
        ([10] * 8, 1000, 2, 1),  # too few rows to be worth two lanes
        ([10] * 48, 1000, 2, 2),
        ([10] * 26, 100, 2, 4),
        ([10] * 26, 100, 1, 3),
        ([50, 9, 9], 5, 2, 3),  # larger than the limit: each alone
        ([], 5, 2, 0),
    ],
)
def test_batches_are_of_like_size_and_within_their_limit(
    sizes: list[int], limit: int, lanes: int, batches: int
) -> None:
    found = shared_out(sizes, int, limit, lanes)
    assert [size for batch in found for size in batch] == sizes
    assert len(found) == batches
    assert all(len(batch) == 1 or max(batch) * len(batch) <= limit for batch in found)
    if sizes and min(sizes) == max(sizes):
        assert max(map(len, found)) - min(map(len, found)) <= 2


def test_rows_are_read_by_the_products_of_training_and_answers_are_not(tiny: ModelSpec) -> None:
    plain = load_model(tiny, quantization="none", compute_dtype=torch.float32, device="cpu")
    assert not tile_where_possible(plain, device="cpu", products=None)
    assert not tile_where_possible(plain, device="cuda", products=torch.bfloat16)
    assert tile_where_possible(plain, device="cpu", products=torch.bfloat16)
    torch.manual_seed(3)
    with quietly():
        tuned: Any = get_peft_model(plain, LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False))
    tuned.eval()
    assert merge_where_possible(tuned, device="cpu")
    ids = torch.tensor([PROMPTS[2]])

    def seen(how: Callable[[Any, str], AbstractContextManager[Any]], who: str) -> torch.Tensor:
        with how(tuned, who), torch.inference_mode():
            return torch.as_tensor(tuned(ids).logits)

    said = {who: seen(speaking_as, who) for who in ("base", "tuned")}
    for who, logits in said.items():
        read = seen(reading_as, who)
        assert not torch.equal(read, logits)
        torch.testing.assert_close(read, logits, rtol=0.05, atol=0.05)
        assert torch.equal(seen(speaking_as, who), logits), "nothing of it is left afterwards"
    change, by_reading = said["tuned"] - said["base"], seen(reading_as, "tuned") - seen(reading_as, "base")
    assert float((by_reading - change).norm() / change.norm()) < 0.05
