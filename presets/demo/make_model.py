"""Make the demo model: a two-million-parameter Llama that answers simple questions in a formal tone.

It writes its training text (`model_text`), trains a byte-level BPE tokenizer and a small Llama on it, measures the
result on the demo chats and saves everything to `model/`. One seed; on one machine with one thread count the same run
gives the same weights, on another processor the last digits may differ.

    python -m presets.demo.make_model [FOLDER]
"""

from __future__ import annotations

import json
import math
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import yaml
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from presets.demo.model_text import Document, documents

HERE = Path(__file__).resolve().parent
SEED = 7
VOCABULARY = 2048
PAD, START, END = "<|pad|>", "<|im_start|>", "<|im_end|>"
DOCUMENTS = 60_000
STEPS = 1400
BATCH = 16
LENGTH = 128
PEAK_RATE = 3e-3
SMOOTHING = 0.1  # keeps a model of few templates from being sure that nothing else can be said
LICENCE = """The weights, the tokenizer and the configuration in this folder are licensed under the Apache License 2.0,
like the rest of Tunesmith; the full text is in the LICENSE file at the top of the repository.
"""
CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{{- '<|im_start|>' + message['role'] + '\\n' -}}"
    "{%- if message['role'] == 'assistant' -%}"
    "{%- generation -%}{{- message['content'] + '<|im_end|>' -}}{%- endgeneration -%}"
    "{%- else -%}{{- message['content'] + '<|im_end|>' -}}{%- endif -%}"
    "{{- '\\n' -}}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}"
)


def as_text(document: Document) -> str:
    """A document as the model reads it, by the same rules as the chat template."""
    if document[0][0] == "text":
        return document[0][1] + END + "\n"
    return "".join(f"{START}{role}\n{content}{END}\n" for role, content in document)


def make_tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer with distinct tokens for padding, start and end of a turn."""
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[PAD, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    plain = [part for text in texts for part in text.replace(START, END).split(END)]
    inner.train_from_iterator(plain, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=[START],
        model_max_length=512,
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def make_network(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """The untrained network: sizes are multiples of 64, the block in which NF4 packs weights."""
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=192,
        intermediate_size=512,
        num_hidden_layers=3,
        num_attention_heads=6,
        num_key_value_heads=6,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config)


def packed(token_lists: list[list[int]], pad: int) -> torch.Tensor:
    """Whole documents one after the other in rows of `LENGTH` tokens, padded: shape (rows, LENGTH)."""
    rows: list[list[int]] = [[]]
    for tokens in token_lists:
        tokens = tokens[:LENGTH]
        if len(rows[-1]) + len(tokens) > LENGTH:
            rows.append([])
        rows[-1].extend(tokens)
    return torch.tensor([row + [pad] * (LENGTH - len(row)) for row in rows])


def batches(rows: torch.Tensor, rng: random.Random) -> Iterator[torch.Tensor]:
    """Batches of shuffled rows without end."""
    while True:
        order = rng.sample(range(len(rows)), len(rows))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            yield rows[order[start : start + BATCH]]


def train(network: LlamaForCausalLM, rows: torch.Tensor, pad: int) -> float:
    """Train for `STEPS` steps with warm-up and cosine decay; returns the last smoothed loss, in nats per token."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / 60) * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * step / STEPS)))
    )
    smoothed, began = 0.0, time.monotonic()
    network.train()
    for step, batch in zip(range(STEPS), batches(rows, random.Random(SEED)), strict=False):
        mask = batch != pad
        logits = network(input_ids=batch, attention_mask=mask).logits[:, :-1]
        labels = batch.masked_fill(~mask, -100)[:, 1:]
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), label_smoothing=SMOOTHING)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        smoothed = loss.item() if step == 0 else 0.95 * smoothed + 0.05 * loss.item()
        if step % 50 == 0 or step == STEPS - 1:
            print(f"step {step}  loss {smoothed:.3f}  {time.monotonic() - began:.0f} s", flush=True)
    return smoothed


def demo_rows() -> list[list[dict[str, str]]]:
    """The usable chats of the demo dataset."""
    rows = []
    for line in (HERE / "chats.jsonl").read_text(encoding="utf-8").splitlines():
        try:
            messages = json.loads(line)["messages"]
        except ValueError:
            continue  # the line that is truncated on purpose
        if messages[-1]["content"]:
            rows.append(messages)
    return rows


@torch.no_grad()
def assistant_loss(network: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, chats: list[Any]) -> float:
    """Mean loss over the assistant's tokens of `chats`, in nats per token."""
    network.eval()
    total, count = 0.0, 0
    for messages in chats:
        encoded = tokenizer.apply_chat_template(
            messages, return_dict=True, return_tensors="pt", return_assistant_tokens_mask=True
        )
        trained = torch.as_tensor(encoded["assistant_masks"]).reshape(1, -1).bool()
        labels = encoded["input_ids"].masked_fill(~trained, -100)
        tokens = int(trained[:, 1:].sum())
        total += float(network(input_ids=encoded["input_ids"], labels=labels).loss) * tokens
        count += tokens
    return total / count


def check_free_of_planted(texts: list[str]) -> None:
    """Refuse a training text in which a planted value of the demo data occurs."""
    planted = yaml.safe_load((HERE / "planted.yaml").read_text(encoding="utf-8"))
    everything = "\n".join(texts)
    found = [value for values in planted.values() for value in values if value in everything]
    if found:
        raise SystemExit(f"The training text holds planted values: {found}")


def save(folder: Path, network: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, facts: dict[str, Any]) -> None:
    """Write weights, tokenizer, template, generation settings and the model card."""
    folder.mkdir(parents=True, exist_ok=True)
    network.generation_config = GenerationConfig(
        do_sample=False, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, max_new_tokens=120
    )
    network.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    card = (HERE / "model_card.md").read_text(encoding="utf-8")
    (folder / "README.md").write_text(card.format(**facts), encoding="utf-8")
    (folder / "LICENSE.md").write_text(LICENCE, encoding="utf-8")
    (folder / "model.safetensors").chmod(0o644)


def main(folder: Path = HERE / "model") -> None:
    """Make everything, and print what was measured."""
    torch.manual_seed(SEED)
    texts = [as_text(document) for document in documents(DOCUMENTS, SEED)]
    check_free_of_planted(texts)
    lines = (HERE / "model_lines.txt").read_text(encoding="utf-8")
    tokenizer = make_tokenizer([*texts[:20_000], lines.lower(), lines])
    rows = packed([tokenizer(text)["input_ids"] for text in texts], tokenizer.pad_token_id)
    network = make_network(tokenizer)
    parameters = sum(weight.numel() for weight in network.parameters())
    print(f"{len(texts)} documents, {len(rows)} rows, vocabulary {len(tokenizer)}, {parameters} parameters", flush=True)
    train_loss = train(network, rows, tokenizer.pad_token_id)
    facts = {
        "parameters": f"{parameters:,}",
        "vocabulary": f"{len(tokenizer):,}",
        "documents": f"{len(texts):,}",
        "train_loss": f"{train_loss:.2f}",
        "demo_loss": f"{assistant_loss(network.to(torch.bfloat16).float(), tokenizer, demo_rows()):.2f}",
        "chance": f"{math.log(len(tokenizer)):.2f}",
    }
    save(folder, network, tokenizer, facts)
    print(json.dumps(facts))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "model")
