"""What tuning changed about the name model: that it is applied, and that the rows it was made from are sound."""

from __future__ import annotations

import random
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from engine.errors import TunesmithError
from engine.files import sha256_of
from engine.privacy.recognisers import tuned
from engine.privacy.recognisers.integers import unfolded
from engine.privacy.recognisers.rampart import MODEL_FILE, RampartRecognizer, model_folder
from engine.privacy.recognisers.tuned import changes, letter_cases
from presets.redaction.names_model.between import between
from presets.redaction.names_model.make_changes import Tuning, batches, changes_of, encoded
from presets.redaction.names_model.rows import Names, Row, is_held_out, marked_row, marked_rows, recased

ROWS = Path(tuned.FILE).parent / "marked"
MUST = set(re.findall(r"\w+", "PERSON EMAIL PHONE ADDRESS CREDIT_CARD IBAN SSN ID IP USERNAME SECRET DOB CRYPTO"))
SOFT = {"LOCATION", "DATE", "ORG", "AGE", "URL"}


@pytest.mark.parametrize(
    ("text", "cases"),
    [
        ("will Will WILL McKay I 4b", [0, 1, 2, 3, 1, 0, 0]),
        ("all small, 3 of them", [0] * 5),
        ("Élodie ÜBER straße", [1, 2, 0]),
    ],
)
def test_how_words_are_written(text: str, cases: list[int]) -> None:
    offsets: list[tuple[int, int]] = []
    at = 0
    for word in re.findall(r"[^\W\d]+|\d+", text):
        at = text.index(word, at)
        offsets.append((at, at + len(word)))
        at += len(word)
    assert letter_cases(text, offsets) == cases


def test_special_tokens_stand_for_nothing() -> None:
    assert letter_cases("Anna", [(0, 0), (0, 4), (0, 0)]) == [0, 1, 0]


@given(st.text(max_size=40))
def test_every_text_has_its_cases(text: str) -> None:
    offsets = [(at, at + 1) for at in range(len(text))]
    assert all(0 <= case <= 3 for case in letter_cases(text, offsets))


def test_other_changes_than_the_pinned_ones_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "changes.safetensors"
    file.write_bytes(tuned.FILE.read_bytes()[:-1] + b"x")
    monkeypatch.setattr(tuned, "FILE", file)
    with pytest.raises(TunesmithError) as caught:
        changes()
    assert str(file) in caught.value.what
    file.unlink()
    with pytest.raises(TunesmithError):
        changes()


@pytest.fixture(scope="module")
def recogniser() -> RampartRecognizer:
    return RampartRecognizer()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("2) Will will book the room.", ["Will"]),
        ("joy has the parcel, come by whenever", ["joy"]),
        ("so much joy in this house today", []),
        ("ok but did bo tell u they're engaged??", ["bo"]),
        ("hi its mo again, can u change my order", ["mo"]),
        ("mark the wall before you drill", []),
    ],
)
def test_a_name_is_known_by_its_place(recogniser: RampartRecognizer, text: str, names: list[str]) -> None:
    found = recogniser.analyze(text, ["PERSON"])
    assert [text[one.start : one.end] for one in found if one.entity_type == "PERSON" and one.score >= 0.5] == names


def test_a_marked_row_says_where_its_values_are() -> None:
    row = marked_row(r"hey [[PERSON|bo]]\nits [[EMAIL|a@b.example]]!")
    assert row.text == "hey bo\nits a@b.example!"
    values = [(row.text[start:end], label) for start, end, label in row.spans]
    assert values == [("bo", "PERSON"), ("a@b.example", "EMAIL")]


def test_all_rows_are_marked_as_they_should_be() -> None:
    rows = marked_rows(ROWS)
    assert len(rows) > 5000
    assert {label for row in rows for _, _, label in row.spans} <= MUST | SOFT
    assert not [row.text for row in rows if "[[" in row.text or "]]" in row.text]
    assert all(row.text[start:end].strip() == row.text[start:end] != "" for row in rows for start, end, _ in row.spans)
    assert 0.05 < sum(map(is_held_out, rows)) / len(rows) < 0.15


@given(st.integers(0, 10_000))
def test_other_names_leave_the_rest_of_a_row_alone(seed: int) -> None:
    chance = random.Random(seed)
    row = marked_row("[[PERSON|Anna Smith]] met [[PERSON|anna]] at [[ADDRESS|4 Mill Lane]], said [[PERSON|SMITH]].")
    other = NAMES.swapped(row, chance)
    values = [other.text[start:end] for start, end, _ in other.spans]
    first, last = values[0].split(" ")
    assert values[1] == first.casefold()
    assert values[2] == "4 Mill Lane"
    assert values[3] == last.upper()
    assert first[0].isupper()
    assert other.text.replace(values[0], "").endswith(f" at 4 Mill Lane, said {values[3]}.")


NAMES = Names()


@given(st.integers(0, 10_000))
def test_other_letters_keep_the_places(seed: int) -> None:
    row = Row("Maß, Anna, İstanbul", ((0, 3, "PERSON"), (5, 9, "PERSON")))
    other = recased(row, random.Random(seed))
    assert len(other.text) == len(row.text)
    assert other.text[5:9].casefold() == "anna"


def test_changes_between_two_others_are_on_the_way() -> None:
    end = load_file(tuned.FILE)
    start = {name: array for name, array in end.items() if "word_embeddings" not in name and ".LayerNorm." not in name}
    start = {name: array * np.array(2, array.dtype) if name.endswith(".up") else array for name, array in start.items()}
    half = between(start, end, 0.5)
    assert half.keys() == end.keys()
    assert all(half[name].shape == array.shape and half[name].dtype == array.dtype for name, array in end.items())
    layer = "bert.encoder.layer.0.attention.self.query"
    mean, once = (
        one[f"{layer}.up"].astype(np.float32) @ one[f"{layer}.down"].astype(np.float32) for one in (half, end)
    )
    assert np.abs(mean - 1.5 * once).max() < 0.01 * np.abs(once).max(), "of twice and once the same"
    words = "bert.embeddings.word_embeddings"
    mean, once = (
        one[f"{words}.up"].astype(np.float32) @ one[f"{words}.down"].astype(np.float32) for one in (half, end)
    )
    assert np.abs(mean - once / 2).max() < 0.01 * np.abs(once).max(), "the start has none"
    norm = "bert.embeddings.LayerNorm.weight"
    published = unfolded((model_folder() / MODEL_FILE).read_bytes())[norm]
    assert half[norm] == pytest.approx((end[norm] + published) / 2, abs=1e-6)


@pytest.mark.slow
def test_tuning_goes_on_from_what_was_saved() -> None:
    saved, again = load_file(tuned.FILE), changes_of(Tuning(tuned.FILE))
    assert saved.keys() == again.keys()
    for name, array in saved.items():
        if name.endswith(".down"):
            up = name.removesuffix("down") + "up"
            assert np.abs(again[up] @ again[name] - saved[up] @ array).max() < 0.02
        elif not name.endswith(".up"):
            assert np.abs(again[name] - array).max() < 0.002


@pytest.mark.slow
def test_tuning_learns_and_what_it_learnt_is_what_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(3)
    rows = [row for row in marked_rows(ROWS) if len(row.text) < 70 and is_held_out(row)][:60]
    tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
    (batch, *_) = batches([encoded(tokenizer, row) for row in rows[:30]], chance)
    tuning = Tuning()
    losses = [tuning.step(batch, 0.5) for _ in range(45)]
    assert min(losses[-3:]) < losses[0] / 2
    file = tmp_path / "changes.safetensors"
    save_file(changes_of(tuning), file)
    monkeypatch.setattr(tuned, "FILE", file)
    monkeypatch.setattr(tuned, "HASH", sha256_of(file))
    ids, mask, cases, *_ = batch
    tuning.model.eval()
    with torch.no_grad():
        floats = tuning.model(input_ids=ids, attention_mask=mask, token_type_ids=cases).logits.softmax(-1)[..., 0]
    session = RampartRecognizer().session
    given_ = {"input_ids": ids.numpy(), "attention_mask": mask.numpy(), "token_type_ids": cases.numpy()}
    integers = torch.tensor(session.run(None, given_)[0]).softmax(-1)[..., 0]
    apart = (floats - integers).abs()[mask.bool()]
    assert float(apart.mean()) < 0.03, "the file, in integers, says what the tuned model says"
