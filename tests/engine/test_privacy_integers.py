"""The model in integers says what the model on disk says, and the same whatever else is computed beside a text."""

from __future__ import annotations

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
import pytest

from engine.privacy.recognisers import rampart
from engine.privacy.recognisers.integers import Changes, in_bytes, in_integers, unfolded
from engine.privacy.recognisers.rampart import MODEL_FILE, RampartRecognizer, model_folder
from tests.bench.scan_speed import rows


@pytest.fixture(scope="module")
def recogniser() -> RampartRecognizer:
    return RampartRecognizer()


def test_texts_do_not_influence_each_other(recogniser: RampartRecognizer) -> None:
    texts = sorted(rows(40), key=len)
    together = recogniser._run(texts)
    assert all(recogniser._run([text])[text] == together[text] for text in texts)


def test_integers_find_what_the_model_on_disk_finds(
    recogniser: RampartRecognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rampart, "letter_cases", lambda _, offsets: [0] * len(offsets))
    model = (model_folder() / MODEL_FILE).read_bytes()
    texts = rows(40)
    places = []
    for weights in (in_integers(model), model):
        session = onnxruntime.InferenceSession(weights, providers=["CPUExecutionProvider"])
        monkeypatch.setattr(recogniser, "session", session)
        found = recogniser._run(texts)
        places.append({(text, word.start, word.label) for text in texts for word in found[text]})
    assert len(places[1]) > 10
    assert len(places[0] & places[1]) >= 0.95 * len(places[0] | places[1])


def test_the_weights_as_floats_are_those_that_are_computed_with(recogniser: RampartRecognizer) -> None:
    floats = unfolded((model_folder() / MODEL_FILE).read_bytes())
    shapes = {name: array.shape for name, array in floats.items()}
    assert shapes["bert.embeddings.word_embeddings.weight"] == (19730, 384)
    assert shapes["bert.encoder.layer.5.intermediate.dense.weight"] == (1536, 384)
    assert shapes["classifier.weight"] == (35, 384)
    assert all(np.isfinite(array).all() for array in floats.values())
    assert 0.01 < float(np.std(floats["bert.encoder.layer.0.attention.self.query.weight"])) < 0.2


def test_a_change_of_what_the_model_does_not_have_is_refused() -> None:
    changes = Changes(weights={"/classifier/Other_output_0": np.zeros((35, 384), np.float32)})
    with pytest.raises(ValueError, match="/classifier/Other_output_0"):
        in_integers((model_folder() / MODEL_FILE).read_bytes(), changes)


def test_rows_that_a_layer_does_not_have_are_new_outputs() -> None:
    change = np.zeros((36, 384), np.float32)
    changes = Changes({"/classifier/MatMul_output_0": change}, {"classifier.bias": np.arange(36, dtype=np.float32)})
    model = in_integers((model_folder() / MODEL_FILE).read_bytes(), changes)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    ids = np.array([[2, 77, 3]])
    logits = session.run(
        None, {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
    )[0]
    assert logits.shape == (1, 3, 36)
    assert logits[0, :, 35] == pytest.approx(35.0)


def test_what_is_added_to_an_embedding_changes_what_is_computed() -> None:
    words = "bert.embeddings.word_embeddings.weight"
    before = unfolded((model_folder() / MODEL_FILE).read_bytes())[words]
    change = np.zeros_like(before)
    change[77, ::2] = 0.1
    logits = []
    for changes in (Changes(), Changes(tables={words: change})):
        model = in_integers((model_folder() / MODEL_FILE).read_bytes(), changes)
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        ids = np.array([[2, 77, 3], [2, 78, 3]])
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        logits.append(session.run(None, feed)[0])
    moved = np.abs(logits[1] - logits[0]).max(axis=(1, 2))
    assert moved[0] > 0.02
    assert moved[1] < moved[0] / 4, "other words are what they were, but for rounding"


def test_an_embedding_in_bytes_is_the_embedding() -> None:
    table = np.random.default_rng(0).normal(0, 0.05, (50, 8)).astype(np.float32)
    quantised, scale, zero = in_bytes(table)
    again = (quantised.astype(np.float32) - float(zero)) * scale
    assert np.abs(again - table).max() <= float(scale)
