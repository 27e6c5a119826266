"""Near duplicates: signatures, groups, and which rows of a group are kept."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.language import UNCLEAR, covered, language_of
from engine.data.minhash import SHINGLE, VALUES, Signatures, clusters, plain_text, repeats, signature

LETTERS = random.Random(1)
WORDS = ["".join(LETTERS.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(900)]


def text_of(chance: random.Random, words: int = 40) -> str:
    return " ".join(chance.choices(WORDS, k=words))


def table_of(texts: list[str]) -> np.typing.NDArray[np.uint16]:
    signatures = Signatures()
    for text in texts:
        signatures.add(plain_text(text))
    return signatures.table()


@given(st.text())
def test_case_punctuation_and_spaces_do_not_count(text: str) -> None:
    assert signature(f"  {text} !") == pytest.approx(signature(text))
    assert len(signature(text)) == VALUES


def test_half_a_character_is_compared_too() -> None:
    assert len(signature("broken \ud83d emoji")) == VALUES


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 25))
def test_the_estimate_is_near_the_true_overlap(seed: int, changed: int) -> None:
    chance = random.Random(seed)
    one = text_of(chance).split()
    other = list(one)
    for place in chance.sample(range(len(one)), changed):
        other[place] = chance.choice(WORDS)
    first, second = (shingles(" ".join(words)) for words in (one, other))
    true = len(first & second) / len(first | second)
    estimate = float(np.mean(signature(" ".join(one)) == signature(" ".join(other))))
    assert abs(true - estimate) < 0.22


def shingles(text: str) -> set[str]:
    plain = plain_text(text)
    return {plain[place : place + SHINGLE] for place in range(len(plain) - SHINGLE + 1)}


def test_near_duplicates_are_found_and_others_are_not() -> None:
    chance = random.Random(7)
    texts = [text_of(chance) for _ in range(400)]
    texts += [text.replace(text.split()[20], "changed", 1) for text in texts[:60]]
    found = clusters(table_of(texts), 0.8)
    assert sorted(tuple(map(int, group)) for group in found) == [(row, 400 + row) for row in range(60)]


def test_of_a_group_the_first_stays_and_unlike_ones_too() -> None:
    chance = random.Random(3)
    base = text_of(chance, 60).split()
    # Each differs a little from the one before, so that the ends of the chain are unlike.
    chain = [" ".join(base)]
    for step in range(30):
        base = [*base]
        base[step * 2] = f"new{step}word"
        chain.append(" ".join(base))
    table = table_of(chain)
    (group,) = clusters(table, 0.8)
    pairs = repeats(table, group, 0.8)
    dropped = {row for row, _ in pairs}
    kept = [row for row in range(len(chain)) if row not in dropped]
    assert kept[0] == 0
    assert len(kept) > 1
    assert all(np.mean(table[a] == table[b]) < 0.8 for a in kept for b in kept if a != b)


def test_many_equal_rows_make_one_group() -> None:
    found = clusters(table_of(["all of these rows say the same thing"] * 3000), 0.8)
    assert [len(group) for group in found] == [3000]


def test_no_rows_no_groups() -> None:
    assert clusters(table_of([]), 0.8) == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("the cat sat on the mat and it was happy with the dog", "English"),
        ("der Hund und die Katze sind nicht im Haus, aber ich bin noch da", "German"),
        ("hola que tal, yo estoy muy bien porque no hay nada para los dos", "Spanish"),
        ("oui je suis dans la maison avec vous et c'est très bien pour nous", "French"),
        ("sono molto contento che tu sia qui con me perché non ti ho visto ieri", "Italian"),
        ("eu não sei o que ele tem mas também já está muito bem para você", "Portuguese"),
        ("ik weet het niet maar de hond is nog niet in het huis van mijn oom", "Dutch"),
        ("\u041f\u0440\u0438\u0432\u0435\u0442 \u043a\u0430\u043a \u0434\u0435\u043b\u0430", "Cyrillic"),
        ("\u8fd9\u662f\u4e00\u4e2a\u6d4b\u8bd5\u53e5\u5b50", "Chinese"),
        ("\u3053\u308c\u306f\u6e2c\u8a66\u3067\u3059\u3088", "Japanese"),
        ("short words", UNCLEAR),
        ("Berlin Paris London Madrid Rome Lisbon Vienna Prague Warsaw", UNCLEAR),
        ("12345 67890 !!! ???", UNCLEAR),
        ("", UNCLEAR),
    ],
)  # fmt: skip
def test_languages_are_told_apart(text: str, language: str) -> None:
    assert language_of(text) == language


@given(st.text())
def test_any_text_has_a_covered_language_or_none(text: str) -> None:
    assert language_of(text) in {UNCLEAR, *covered()}
