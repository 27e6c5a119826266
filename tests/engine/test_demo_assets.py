"""The bundled demo: the data is reproducible and holds what it says, the model is whole, small and untouched by it."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from transformers import AutoModelForCausalLM, AutoTokenizer

from presets.demo import make_data, make_model
from presets.demo.model_text import documents

DEMO = Path(make_data.__file__).parent
MODEL = DEMO / "model"


@pytest.fixture(scope="module")
def planted() -> dict[str, list[str]]:
    content: dict[str, list[str]] = yaml.safe_load((DEMO / "planted.yaml").read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(MODEL, local_files_only=True)


@pytest.fixture(scope="module")
def network() -> Any:
    return AutoModelForCausalLM.from_pretrained(MODEL, local_files_only=True, dtype=torch.float32)


def lines() -> list[str]:
    return (DEMO / "chats.jsonl").read_text(encoding="utf-8").splitlines()


def luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def test_the_script_reproduces_both_files_byte_for_byte(tmp_path: Path) -> None:
    make_data.main(tmp_path)
    for name in ("chats.jsonl", "planted.yaml"):
        assert (tmp_path / name).read_bytes() == (DEMO / name).read_bytes()


def test_every_planted_value_occurs_and_two_rows_in_five_hold_one(planted: dict[str, list[str]]) -> None:
    text = "\n".join(lines())
    values = [value for kind in planted.values() for value in kind]
    assert [value for value in values if value not in text] == []
    assert set(planted) == {"ADDRESS", "CREDIT_CARD", "DATE_OF_BIRTH", "EMAIL", "PERSON", "PHONE", "SECRET", "USERNAME"}
    touched = sum(any(value in line for value in values) for line in lines())
    assert 0.35 <= touched / len(lines()) <= 0.45


def test_values_come_from_ranges_kept_for_examples(planted: dict[str, list[str]]) -> None:
    assert all(re.search(r"(\.example|@example\.(com|net|org))$", email) for email in planted["EMAIL"])
    assert all(re.search(r"555-01\d\d$|^\+44 7700 900\d{3}$", phone) for phone in planted["PHONE"])
    (card,) = planted["CREDIT_CARD"]
    assert luhn(card.replace(" ", ""))
    assert "\n".join(lines()).count(card) == 1


def test_details_that_look_like_planted_ones_are_listed(planted: dict[str, list[str]]) -> None:
    text = "\n".join(lines())
    assert set(re.findall(r"[\w.]+@[\w.]+\w", text)) == set(planted["EMAIL"])
    assert {handle.rstrip(".") for handle in re.findall(r"(?<!\w)@[\w.]+", text)} == set(planted["USERNAME"])


def test_three_lines_are_bad_on_purpose() -> None:
    rows = lines()
    assert len(rows) == 240
    broken = []
    for number, line in enumerate(rows, 1):
        try:
            json.loads(line)
        except json.JSONDecodeError:
            broken.append(number)
    assert broken == [make_data.TRUNCATED_LINE]
    empty = [number for number, line in enumerate(rows, 1) if '"role": "assistant", "content": ""' in line]
    assert empty == [make_data.EMPTY_LINE]
    twice = [number for number, line in enumerate(rows, 1) if line in rows[: number - 1]]
    assert twice == [make_data.DUPLICATE_LINE]
    assert rows[make_data.DUPLICATE_LINE - 1] == rows[make_data.DUPLICATED_LINE - 1]


def test_the_model_folder_is_whole_and_small() -> None:
    names = {path.name for path in MODEL.iterdir()}
    assert names == {
        "LICENSE.md",
        "README.md",
        "chat_template.jinja",
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    assert (MODEL / "model.safetensors").stat().st_size <= 4 * 1024**2
    assert sum(path.stat().st_size for path in MODEL.iterdir()) <= 5 * 1024**2
    card = (MODEL / "README.md").read_text(encoding="utf-8")
    assert yaml.safe_load(card.split("---")[1])["license"] == "apache-2.0"


def test_special_tokens_are_distinct_and_agree_with_the_config(tokenizer: Any, network: Any) -> None:
    assert tokenizer.eos_token_id != tokenizer.pad_token_id
    assert network.config.eos_token_id == tokenizer.eos_token_id == network.generation_config.eos_token_id
    assert network.config.pad_token_id == tokenizer.pad_token_id == network.generation_config.pad_token_id
    assert network.config.vocab_size == len(tokenizer)
    assert network.config.hidden_size % 64 == network.config.intermediate_size % 64 == 0


def test_the_template_marks_exactly_the_answers_and_their_end(tokenizer: Any) -> None:
    chat = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Good day."},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "Thank you."},
        {"role": "assistant", "content": "You are welcome."},
    ]
    assert "{%- generation -%}" in tokenizer.chat_template
    encoded = tokenizer.apply_chat_template(chat, return_dict=True, return_assistant_tokens_mask=True)
    marked = [token for token, mask in zip(encoded["input_ids"], encoded["assistant_masks"], strict=True) if mask]
    assert tokenizer.decode(marked) == "Hello.<|im_end|>You are welcome.<|im_end|>"


def test_any_text_survives_the_tokenizer(tokenizer: Any) -> None:
    text = "Ünïcode, 日本, emoji 🎨, tabs\tand\nlines  with  spaces."
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_the_base_loss_on_the_demo_answers_is_well_below_chance(tokenizer: Any, network: Any) -> None:
    loss = make_model.assistant_loss(network, tokenizer, make_model.demo_rows()[::6])
    assert loss < math.log(len(tokenizer)) - 2


@pytest.mark.parametrize(
    ("question", "part"),
    [("Hello. How are you?", "I am well"), ("What is the capital of France?", "Paris"), ("Thank you!", "welcome")],
)
def test_the_base_model_answers_and_stops(question: str, part: str, tokenizer: Any, network: Any) -> None:
    chat = [{"role": "user", "content": question}]
    encoded = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=True, return_tensors="pt")
    output = network.generate(**encoded)[0][encoded["input_ids"].shape[1] :]
    assert output[-1] == tokenizer.eos_token_id
    assert part in tokenizer.decode(output, skip_special_tokens=True)


def test_no_planted_value_was_in_the_training_text_or_the_tokenizer(
    tokenizer: Any, planted: dict[str, list[str]]
) -> None:
    texts = [make_model.as_text(document) for document in documents(3000, make_model.SEED)]
    texts.append((DEMO / "model_lines.txt").read_text(encoding="utf-8"))
    make_model.check_free_of_planted(texts)
    vocabulary = {tokenizer.decode([token]).strip() for token in range(len(tokenizer))}
    assert vocabulary.isdisjoint(value for kind in planted.values() for value in kind)


def test_a_planted_value_in_the_training_text_is_refused(planted: dict[str, list[str]]) -> None:
    with pytest.raises(SystemExit, match="planted"):
        make_model.check_free_of_planted([f"Good day, {planted['PERSON'][0]}."])
