"""Batched generation against a loop of one prompt at a time, in pairs, on SmolLM2-135M-Instruct in four bits.

    OMP_NUM_THREADS=2 .venv/bin/python tests/bench/generate_speed.py [PAIRS]

The loop is the library's own `generate` on the four-bit model as training loads it. Ours answers the same prompts with
the same weights, once packed and once unpacked as the evaluation has them. Printed: tokens/s of each, the ratio of
every pair and the medians, and whether the greedy answers are the same. The goal is 3.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from typing import Any

import torch
from transformers.utils import logging

from engine.evaluate.dequantised import unpack_where_possible
from engine.evaluate.generate import Generation, generate
from engine.files import sha256_of
from engine.models.convert import convert_gguf
from engine.models.load import load_model, load_tokenizer
from engine.spec import ModelSpec
from tests.projects import demo_rows
from tests.smollm2 import smollm2_gguf

PROMPTS = 32
ALONE = 6
"""Prompts of each pair that the loop answers; others, from all over the lengths, in each pair."""
NEW_TOKENS = 64


def main(pairs: int) -> int:
    """Print the ratios; 0 when the goal is reached."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TUNESMITH_MODELS"] = folder
        file = smollm2_gguf()
        path = convert_gguf(file, sha256_of(file), lambda *_: None, lambda: None)
        spec = ModelSpec(source=str(path), kind="folder", path=str(path))
        tokenizer = load_tokenizer(spec)
        questions = [json.loads(line)["messages"][:1] for line in demo_rows(PROMPTS)]
        prompts = [tokenizer.apply_chat_template(one, add_generation_prompt=True)["input_ids"] for one in questions]
        packed, plain = (
            load_model(spec, quantization="nf4", compute_dtype=torch.float32, device="cpu").eval() for _ in range(2)
        )
        unpack_where_possible(plain, device="cpu", dtype=torch.float32)
        ratios: dict[str, list[float]] = {"packed": [], "unpacked": []}
        same = True
        for number in range(pairs):
            chosen = [(number + place * PROMPTS // ALONE) % PROMPTS for place in range(ALONE)]
            alone, alone_rate = _loop(packed, tokenizer, [prompts[place] for place in chosen])
            for name, model in (("packed", packed), ("unpacked", plain)):
                answers, rate = _batched(model, tokenizer, prompts)
                same = same and [list(answers[place].ids) for place in chosen] == alone
                ratios[name].append(rate / alone_rate)
                rates = f"{rate:6.1f} tokens/s, alone {alone_rate:5.1f}: {rate / alone_rate:.2f}"
                print(f"pair {number + 1}: {name:8} {rates}", flush=True)
        for name, found in ratios.items():
            print(f"median, {name}: {statistics.median(found):.2f}")
        print("the same answers" if same else "NOT the same answers")
        return 0 if same and statistics.median(ratios["unpacked"]) >= 3 else 1


def _loop(model: Any, tokenizer: Any, prompts: list[list[int]]) -> tuple[list[list[int]], float]:
    began, found, count = time.perf_counter(), [], 0
    for prompt in prompts:
        ids = torch.tensor([prompt])
        out = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=NEW_TOKENS,
            do_sample=False,
            pad_token_id=tokenizer.pad_token_id,
        )[0, len(prompt) :].tolist()
        count += len(out)
        found.append([token for token in out if token != tokenizer.eos_token_id])
    return found, count / (time.perf_counter() - began)


def _batched(model: Any, tokenizer: Any, prompts: list[list[int]]) -> tuple[list[Generation], float]:
    began = time.perf_counter()
    answers = generate(model, tokenizer, prompts, max_new_tokens=NEW_TOKENS, device="cpu")
    count = sum(len(answer.ids) + answer.ended for answer in answers)
    return answers, count / (time.perf_counter() - began)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
