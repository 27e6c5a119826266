"""Make `changes.safetensors`: what tuning changes about the model Rampart.

Low-rank matrices beside all weights and the embeddings of words (LoRA, arXiv 2106.09685), all biases and norms, the
classifier, three labels that the model did not have, and an embedding that says how a word is written, where the model
read all letters as small ones. The goal of
a word with a label is the summed probability of that label's family; of any other word, that it is no name, while what
the model said about everything else is kept (Kullback-Leibler divergence to the model as published).

    python -m presets.redaction.names_model.make_changes [--corpora FOLDER] [--start FILE] [--minutes 66] [--out FILE]

`FOLDER` holds `NAME.train.jsonl` of the corpora in README.md, as `corpora.py` writes them. An hour on two cores.
With `--start` it goes on from changes that were made before.
"""

from __future__ import annotations

import argparse
import itertools
import math
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import BertConfig, BertForTokenClassification

from engine.privacy.recognisers.integers import unfolded
from engine.privacy.recognisers.rampart import MODEL_FILE, model_folder, model_labels
from engine.privacy.recognisers.tuned import CASES, FILE, LEARNT, letter_cases
from presets.redaction.names_model.rows import Names, Row, corpus, drawn, is_held_out, marked_rows, recased, shuffled

HERE = Path(__file__).resolve().parent
SEED, RANK, WORD_RANK, PEAK_RATE, WARM_UP = 0, 40, 24, 7e-4, 40
TOKENS, ROWS, LONGEST = 2048, 3000, 400
"""Tokens of a step, rows that are sorted by length together, tokens of a row."""
NAME_WEIGHT = 1.5
SHARES = {
    "crossner": 0.4, "ewt_email": 1.2, "fr_litbank": 0.3, "germeval14": 0.3, "gum_spoken": 0.8, "gum_written": 0.5,
    "litbank": 0.7, "meddocan": 0.4, "multidogo": 0.25, "nlu_home": 0.5, "sgd": 0.3, "slurp": 0.5, "tweebank": 1.4,
    "uner_de_pud": 0.5, "uner_en_pud": 0.6, "uner_pt_bosque": 0.2, "wikigold": 0.7, "wnut17": 1.4,
}  # fmt: skip
"""How often a corpus is drawn from, next to its size."""
NUMBERS = ("TAX_ID", "BANK_ACCOUNT", "ROUTING_NUMBER", "GOVERNMENT_ID", "PASSPORT", "DRIVERS_LICENSE")
WORDS = "word_embeddings"
STREET = ("BUILDING_NUMBER", "STREET_NAME", "SECONDARY_ADDRESS", "CITY", "STATE", "ZIP_CODE")
FAMILIES: dict[str, tuple[str, ...]] = {
    "PERSON": ("GIVEN_NAME", "SURNAME"), "ADDRESS": STREET, "EMAIL": ("EMAIL",),
    "PHONE": ("PHONE",), "ID": NUMBERS, "SSN": ("TAX_ID", "GOVERNMENT_ID"), "IBAN": ("BANK_ACCOUNT", "ROUTING_NUMBER"),
    "USERNAME": ("USERNAME",), "SECRET": ("SECRET",), "DOB": ("DATE_OF_BIRTH",),
}  # fmt: skip
"""By the label of a row, the labels of the model that say it."""
NOTHING, NOT_ASKED, NO_WORD = 0, -1, -2


class Columns:
    """The columns of the model's output that belong to each family."""

    def __init__(self, labels: Sequence[str]) -> None:
        self.of = {
            family: [number for number, label in enumerate(labels) if label in members]
            for family, members in FAMILIES.items()
        }
        soft = {"O", "URL", "CITY", "STATE", "ZIP_CODE"}
        self.hidden = [number for number, label in enumerate(labels) if label not in soft]
        """What a complete row marks wherever it stands; towns and links it may leave unmarked."""
        self.published = len(labels) - len(LEARNT)


def loss_of(
    logits: torch.Tensor, before: torch.Tensor | None, wanted: torch.Tensor, complete: torch.Tensor, columns: Columns
) -> torch.Tensor:
    """The mean loss of the tokens of a batch.

    Args:
        logits: [rows, tokens, labels] of the model that is tuned.
        before: [rows, tokens, published labels] of the model as published; None to leave that part out.
        wanted: [rows, tokens] 1 + the place of a family in `FAMILIES`, or NOTHING, NOT_ASKED, NO_WORD.
        complete: [rows, 1] whether the row marks every kind.
        columns: Which outputs belong to what.
    """
    log = functional.log_softmax(logits.float(), -1)
    whole = complete.expand_as(wanted)
    names, hidden = columns.of["PERSON"], columns.hidden
    total = torch.zeros_like(log[..., 0])
    for place, (family, own) in enumerate(columns.of.items(), 1):
        weight = NAME_WEIGHT if family == "PERSON" else 1.0
        total = total - weight * (wanted == place) * torch.logsumexp(log[..., own], -1)
    none, partly = (wanted == NOTHING) & whole, (wanted == NOTHING) & ~whole
    total = total - partly * _log_without(log, names) - none * _log_without(log, hidden)
    if before is not None:
        old = functional.log_softmax(before.float(), -1)
        new = log[..., : columns.published]
        total = total + partly * _kept(old, new, names) + none * _kept(old, new, hidden)
        total = total + (wanted == NOT_ASKED) * _kept(old, new, [])
    return total.sum() / (wanted > NO_WORD).sum()


def _log_without(log: torch.Tensor, columns: list[int]) -> torch.Tensor:
    """log(1 - the summed probability of some columns)."""
    return torch.log1p(-torch.logsumexp(log[..., columns], -1).exp().clamp(max=1 - 1e-6))


def _kept(old: torch.Tensor, new: torch.Tensor, without: list[int]) -> torch.Tensor:
    """Kullback-Leibler divergence of the other columns, each distribution made whole again."""
    rest = [number for number in range(old.shape[-1]) if number not in without]
    was = old[..., rest] - torch.logsumexp(old[..., rest], -1, keepdim=True)
    now = new[..., rest] - torch.logsumexp(new[..., rest], -1, keepdim=True)
    return (was.exp() * (was - now)).sum(-1)


def published_model() -> BertForTokenClassification:
    """The model as a torch module, its weights unfolded from 4 bits; it reads every word as small letters."""
    folder = model_folder()
    weights = {name: torch.tensor(array) for name, array in unfolded((folder / MODEL_FILE).read_bytes()).items()}
    table = "bert.embeddings.token_type_embeddings.weight"
    weights[table] = weights[table][:1].repeat(CASES, 1)
    configuration = BertConfig.from_pretrained(folder, type_vocab_size=CASES)
    model = BertForTokenClassification(configuration)
    model.load_state_dict(weights)
    return model


def with_changes(model: BertForTokenClassification) -> list[torch.nn.Parameter]:
    """Put what is trained beside the weights; the classifier gets its new labels.

    Returns:
        What is trained; all else stays as it is.
    """
    from peft import LoraConfig, inject_adapter_in_model

    old = model.classifier
    model.classifier = torch.nn.Linear(old.in_features, old.out_features + len(LEARNT))
    with torch.no_grad():
        model.classifier.weight[: old.out_features], model.classifier.bias[: old.out_features] = old.weight, old.bias
        model.classifier.weight[old.out_features :] = old.weight[1] / 2
        model.classifier.bias[old.out_features :] = -4.0
    low_rank = LoraConfig(
        r=RANK,
        lora_alpha=2 * RANK,
        target_modules=["query", "key", "value", "dense", WORDS],
        rank_pattern={WORDS: WORD_RANK},
        alpha_pattern={WORDS: WORD_RANK},
    )
    inject_adapter_in_model(low_rank, model)
    table = model.bert.embeddings.token_type_embeddings.weight
    table.requires_grad_(True)
    model.classifier.requires_grad_(True)
    for _, parameter in small_ones(model):
        parameter.requires_grad_(True)
    # Small letters are what the model knows; only the other three rows learn.
    table.register_hook(lambda gradient: gradient * (torch.arange(len(gradient)) > 0)[:, None])
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def small_ones(model: BertForTokenClassification) -> list[tuple[str, torch.nn.Parameter]]:
    """Biases and norms below the classifier, by the names they have in the model as published."""
    return [
        (name.replace(".base_layer", ""), parameter)
        for name, parameter in model.bert.named_parameters(prefix="bert")
        if name.endswith(".bias") or ".LayerNorm." in name
    ]


def encoded(tokenizer: Tokenizer, row: Row) -> tuple[list[int], list[int], list[int], bool]:
    """Token ids, how each is written, what is wanted of it, and whether the row is complete."""
    encoding = tokenizer.encode(row.text)
    wanted = [NOTHING if end > start else NO_WORD for start, end in encoding.offsets]
    places = {family: place for place, family in enumerate(FAMILIES, 1)}
    for begin, finish, label in row.spans:
        for token, (start, end) in enumerate(encoding.offsets):
            if end > start and start < finish and begin < end:
                wanted[token] = places.get(label, NOT_ASKED)
    cases = letter_cases(row.text, encoding.offsets)
    return encoding.ids[:LONGEST], cases[:LONGEST], wanted[:LONGEST], row.complete


def batches(rows: Sequence[Any], chance: random.Random) -> Iterator[list[torch.Tensor]]:
    """Ids, mask, writing, wanted and complete of rows of like length, padded."""
    order = sorted(range(len(rows)), key=lambda number: (len(rows[number][0]) // 8, chance.random()))
    groups: list[list[int]] = []
    for number in order:
        if not groups or len(rows[number][0]) * (len(groups[-1]) + 1) > TOKENS:
            groups.append([])
        groups[-1].append(number)
    chance.shuffle(groups)
    for group in groups:
        longest = max(len(rows[number][0]) for number in group)
        ids, mask, cases = (torch.zeros(len(group), longest, dtype=torch.long) for _ in range(3))
        wanted = torch.full_like(ids, NO_WORD)
        for line, number in enumerate(group):
            count = len(rows[number][0])
            for tensor, values in zip((ids, cases, wanted), rows[number][:3], strict=True):
                tensor[line, :count] = torch.tensor(values)
            mask[line, :count] = 1
        yield [ids, mask, cases, wanted, torch.tensor([[rows[number][3]] for number in group])]


def chunks(rows: Path, corpora: Path | None, chance: random.Random) -> Iterator[list[Row]]:
    """Rows without end, `ROWS` at a time: half are marked ones, half from corpora; many get other names."""
    own = shuffled([row for row in marked_rows(rows) if not is_held_out(row)], chance)
    files = sorted(corpora.glob("*.train.jsonl")) if corpora else []
    found = {file.name.removesuffix(".train.jsonl"): corpus(file) for file in files}
    others = drawn(found, lambda name: SHARES.get(name, 1.0), chance) if found else own
    names = Names()
    while True:
        chunk = []
        for source, kept in ((own, 0.4), (others, 0.5)):
            for row in itertools.islice(source, ROWS // 2):
                chunk.append(recased(row if chance.random() < kept else names.swapped(row, chance), chance))
        yield chunk


class Tuning:
    """The model that is tuned, the one it is compared with, and what changes it.

    Args:
        start: Changes to go on from; None: from the model as published.
    """

    def __init__(self, start: Path | None = None) -> None:
        self.columns = Columns(model_labels())
        self.published, self.model = published_model().eval(), published_model().train()
        self.trained = with_changes(self.model)
        if start is not None:
            go_on_from(self.model, self.published, load_file(start))
        full = {id(parameter) for _, parameter in small_ones(self.model)}
        full |= {
            id(parameter) for name, parameter in self.model.named_parameters() if "classifier" in name or WORDS in name
        }
        groups = [
            {"params": [one for one in self.trained if id(one) not in full], "share": 1.0},
            {"params": [one for one in self.trained if id(one) in full], "share": 1 / 3},
        ]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
        self.steps = 0

    def step(self, batch: Sequence[torch.Tensor], share: float) -> float:
        """One step of the optimizer; `share` of the time is over. Returns the loss."""
        ids, mask, cases, wanted, complete = batch
        rate = PEAK_RATE * min(1, self.steps / WARM_UP) * (0.03 + 0.97 * (1 + math.cos(math.pi * share)) / 2)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["share"]
        with torch.autocast("cpu", torch.bfloat16):
            # What was known before is kept well enough by every second step.
            before = _logits(self.published, ids, mask, torch.zeros_like(ids)) if self.steps % 2 == 0 else None
            logits = self.model(input_ids=ids, attention_mask=mask, token_type_ids=cases).logits
        loss = loss_of(logits, before, wanted, complete, self.columns)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.steps += 1
        return float(loss.detach())


def tune(rows: Path, corpora: Path | None, start: Path | None, seconds: float) -> dict[str, np.ndarray[Any, Any]]:
    """Train for a time, print the mean loss of every fifty steps, and return the changes."""
    torch.manual_seed(SEED)
    chance = random.Random(SEED)
    tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tuning = Tuning(start)
    began, losses = time.monotonic(), []
    for chunk in chunks(rows, corpora, chance):
        for batch in batches([encoded(tokenizer, row) for row in chunk], chance):
            share = (time.monotonic() - began) / seconds
            if share >= 1:
                return changes_of(tuning)
            losses.append(tuning.step(batch, share))
            if tuning.steps % 50 == 0:
                print(f"step {tuning.steps}, {share:.0%} of the time, loss {sum(losses[-50:]) / 50:.4f}", flush=True)
    return changes_of(tuning)


@torch.no_grad()
def go_on_from(
    model: BertForTokenClassification, published: BertForTokenClassification, saved: dict[str, np.ndarray[Any, Any]]
) -> None:
    """Put changes that were saved into what is trained: the opposite of `changes_of`."""
    for name, (down, up, scaling) in low_rank_of(model).items():
        if f"{name}.down" in saved:
            before = len(saved[f"{name}.down"])
            down[:before] = torch.tensor(saved[f"{name}.down"]).float()
            up[:, :before] = torch.tensor(saved[f"{name}.up"]).float() / scaling
    for name, parameter in small_ones(model):
        if name in saved:
            parameter.copy_(torch.tensor(saved[name]))
    change = torch.tensor(saved["classifier.change"]).float()
    change[: len(published.classifier.weight)] += published.classifier.weight
    model.classifier.weight.copy_(change)
    model.classifier.bias.copy_(torch.tensor(saved["classifier.bias"]))
    model.bert.embeddings.token_type_embeddings.weight.copy_(torch.tensor(saved["kinds"]))


def low_rank_of(model: BertForTokenClassification) -> dict[str, tuple[torch.Tensor, torch.Tensor, float]]:
    """By layer the two matrices, [rank, inputs] and [outputs, rank], and what their product is multiplied with."""
    found = {}
    for name, module in model.named_modules():
        if getattr(module, "lora_embedding_A", None):
            pair = module.lora_embedding_A["default"], module.lora_embedding_B["default"]
        elif getattr(module, "lora_A", None):
            pair = module.lora_A["default"].weight, module.lora_B["default"].weight
        else:
            continue
        found[name] = (pair[0].detach(), pair[1].detach(), module.scaling["default"])
    return found


@torch.no_grad()
def _logits(model: BertForTokenClassification, ids: torch.Tensor, mask: torch.Tensor, cases: torch.Tensor) -> Any:
    return model(input_ids=ids, attention_mask=mask, token_type_ids=cases).logits


def changes_of(tuning: Tuning) -> dict[str, np.ndarray[Any, Any]]:
    """What is saved: by layer two matrices of half floats whose product is added to the weights, and what is small."""
    model, published = tuning.model, tuning.published.classifier.weight
    out: dict[str, np.ndarray[Any, Any]] = {}
    for name, (down, up, scaling) in low_rank_of(model).items():
        # The same size for both, so that half floats keep as much of one as of the other.
        ratio = (up.abs().mean() * scaling / down.abs().mean()).sqrt().clamp(1e-3, 1e3)
        out[f"{name}.down"] = (down * ratio).numpy().astype(np.float16)
        out[f"{name}.up"] = (up * scaling / ratio).numpy().astype(np.float16)
    for name, parameter in small_ones(model):
        out[name] = parameter.detach().numpy().astype(np.float32)
    change = model.classifier.weight.detach().clone()
    change[: len(published)] -= published.detach()
    out["classifier.change"] = change.numpy().astype(np.float16)
    out["classifier.bias"] = model.classifier.bias.detach().numpy().astype(np.float32)
    out["kinds"] = model.bert.embeddings.token_type_embeddings.weight.detach().numpy().astype(np.float32)
    return out


def main() -> None:
    """Read the options, tune, save."""
    parser = argparse.ArgumentParser(description="Make changes.safetensors.")
    parser.add_argument(
        "--corpora", type=Path, help="folder with the corpora of README.md; without it the rows of this folder alone"
    )
    parser.add_argument("--start", type=Path, help="changes to go on from")
    parser.add_argument("--minutes", type=float, default=66.0)
    parser.add_argument("--out", type=Path, default=FILE)
    given = parser.parse_args()
    save_file(tune(HERE / "marked", given.corpora, given.start, given.minutes * 60), given.out)


if __name__ == "__main__":
    main()
