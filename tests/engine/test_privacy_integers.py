"""The model in integers says what the model on disk says, and the same whatever else is computed beside a text."""

from __future__ import annotations

import onnxruntime  # type: ignore[import-untyped]
import pytest

from engine.privacy.recognisers.faint import counting
from engine.privacy.recognisers.rampart import RampartRecognizer, model_folder, spans_of
from tests.bench.scan_speed import rows


@pytest.fixture(scope="module")
def recogniser() -> RampartRecognizer:
    return RampartRecognizer()


def test_texts_do_not_influence_each_other(recogniser: RampartRecognizer) -> None:
    texts = sorted(rows(40), key=len)
    together = recogniser._run(texts)
    assert all(recogniser._run([text])[text] == together[text] for text in texts)


def test_integers_find_what_the_model_on_disk_finds(recogniser: RampartRecognizer) -> None:
    texts = rows(40)
    integers = recogniser._run(texts)
    recogniser.session, kept = (
        onnxruntime.InferenceSession(
            str(model_folder() / "onnx" / "model_q4.onnx"), providers=["CPUExecutionProvider"]
        ),
        recogniser.session,
    )
    exact = recogniser._run(texts)
    recogniser.session = kept
    places = [
        {(text, *span[:3]) for text in texts for span in spans_of(text, counting(text, found[text], 0.1))}
        for found in (integers, exact)
    ]
    assert len(places[1]) > 10
    assert len(places[0] & places[1]) >= 0.95 * len(places[0] | places[1])
