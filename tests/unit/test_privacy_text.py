"""The pure parts: windows, merging, doubts, the sweep, and replacing."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.privacy.doubts import believable
from engine.privacy.merge import Hit, merge_hits
from engine.privacy.proof import outside
from engine.privacy.recognisers.rules import HINT
from engine.privacy.replace import (
    Edit,
    Placeholders,
    Stretch,
    apply,
    edit,
    in_new_text,
    stretches_to_hide,
    to_original,
)
from engine.privacy.sweep import Sweeper, Wanted, can_be_swept
from engine.privacy.windows import windows_of

NONE = Sweeper([])


def hit(text: str, value: str, entity: str = "PERSON", score: float = 0.8, by: str = "RampartRecognizer") -> Hit:
    start = text.index(value)
    return Hit(start, start + len(value), entity, score, by)


@given(st.text(max_size=600), st.integers(50, 200), st.integers(0, 40))
def test_windows_cover_everything(text: str, size: int, overlap: int) -> None:
    windows = windows_of(text, size, overlap)
    assert windows[0][0] == 0
    assert windows[-1][1] == len(text)
    assert all(end - start <= size for start, end in windows)
    assert all(after[0] <= before[1] for before, after in itertools.pairwise(windows))


def test_overlapping_hits_of_one_type_become_one() -> None:
    text = "hey Maya Lindqvist, hi"
    merged = merge_hits(text, [hit(text, "Maya Lindqvist,", score=0.5), hit(text, "Lindqvist", score=0.9)])
    assert [(text[one.start : one.end], one.score) for one in merged] == [("Maya Lindqvist", 0.9)]


def test_a_name_inside_an_address_of_mail_is_part_of_it() -> None:
    text = "mail maya@example.com"
    merged = merge_hits(text, [hit(text, "maya@example.com", "EMAIL_ADDRESS", 0.5), hit(text, "maya", score=0.9)])
    assert [one.entity for one in merged] == ["EMAIL_ADDRESS"]


def test_names_end_at_the_line_and_before_the_genitive() -> None:
    text = "Maya Lindqvist\nthanks; Anna's cat"
    merged = merge_hits(text, [hit(text, "Maya Lindqvist\nthanks"), hit(text, "Anna's")])
    assert [text[one.start : one.end] for one in merged] == ["Maya Lindqvist", "Anna"]


def test_a_dictionary_word_in_small_letters_is_no_name() -> None:
    text = "Oh hello, petal! The cat sleeps. Kettle on. Rose is here."
    hits = [hit(text, "petal", score=0.94), hit(text, "Kettle", score=0.6), hit(text, "Rose", score=0.6)]
    assert [text[one.start : one.end] for one in believable(text, hits)] == ["Rose"]


def test_a_name_that_was_announced_stays() -> None:
    text = "Well, my name is petal and I mean it."
    announced = hit(text, "petal", score=0.7, by="NameContextRecognizer")
    assert believable(text, [announced, hit(text, "petal", score=0.5)])


def test_small_letters_all_over_leave_names_alone() -> None:
    text = "hey juno what do you use"
    assert believable(text, [hit(text, "juno", score=0.97)])


def test_the_sweep_respects_words_and_case() -> None:
    sweeper = Sweeper([Wanted("Maya Lindqvist", "PERSON"), Wanted("Grace", "PERSON"), Wanted("王芳", "PERSON")])
    text = "MAYA\nLINDQVIST and grace; Grace; Mayas; 我叫王芳。"
    assert [text[one.start : one.end] for one in sweeper.find(text)] == ["MAYA\nLINDQVIST", "Grace", "王芳"]


def test_marks_at_the_ends_of_a_value_count() -> None:
    text = "ask @maya or maya, pay $5!x $5! now"
    assert [one.start for one in Sweeper([Wanted("@maya", "USERNAME")]).find(text)] == [4]
    assert Sweeper([Wanted("Tulip63$", "SECRET")]).find("tulip63$ Tulip63$ Tulip63")[0].start == 9


def test_short_values_are_not_searched() -> None:
    assert not can_be_swept("14", "ADDRESS")
    assert not can_be_swept("4821", "SECRET")
    assert not can_be_swept("love", "PERSON")
    assert can_be_swept("555-0149", "PHONE_NUMBER")
    assert can_be_swept("love", "KNOWN_VALUE")


def test_placeholders_are_one_for_each_value_and_never_taken_ones() -> None:
    holders = Placeholders(frozenset({"<PERSON_1>"}))
    assert holders.of("PERSON", "Maya  Lindqvist") == "<PERSON_2>"
    assert holders.of("PERSON", "maya lindqvist") == "<PERSON_2>"
    assert holders.of("PERSON", "Anna") == "<PERSON_3>"
    assert holders.of("USERNAME", "@anna") == holders.of("USERNAME", "anna") == "<USERNAME_1>"


def test_a_kept_place_is_left_and_an_overlap_is_hidden() -> None:
    text = "Paris Hilton in Paris"
    kept = [Stretch(16, 21, "LOCATION", "Paris")]
    hidden = stretches_to_hide(
        text, [Stretch(0, 12, "PERSON", "Paris Hilton")], kept, Sweeper([Wanted("Paris", "PERSON")])
    )
    assert edit(text, hidden, Placeholders())[0] == "<PERSON_1> in Paris"


WORDS = st.lists(
    st.sampled_from(["Maya", "Lindqvist", "ü", "😀", "\u202eabc", "e\u0301", "\x00", "\r\n", "14", "x" * 9]),
    max_size=25,
)


@given(WORDS, st.data())
def test_replacing_touches_nothing_else_and_leads_back(words: list[str], data: st.DataObject) -> None:
    text = " ".join(words)
    starts = sorted(data.draw(st.sets(st.integers(0, max(0, len(text) - 1)), max_size=4)))
    spans = [Stretch(at, min(at + 3, len(text)), "PERSON", text[at : at + 3]) for at in starts if text[at : at + 3]]
    hidden = stretches_to_hide(text, spans, [], NONE)
    new, edits = edit(text, hidden, Placeholders())
    assert apply(text, edits) == new
    left = [one for one in range(len(text)) if not any(span.start <= one < span.end for span in hidden)]
    pieces = to_original(edits, in_new_text(edits), 0, len(new))
    assert [number for start, end in pieces for number in range(start, end)] == left
    assert "".join(text[start:end] for start, end in pieces) == "".join(text[one] for one in left)


@given(
    st.lists(
        st.sampled_from(["Maya Lindqvist", "maya  lindqvist", "hello", "MAYA LINDQVIST", "Mayas", ",", "\n"]),
        max_size=20,
    )
)
def test_no_hidden_value_is_left(words: list[str]) -> None:
    text = " ".join(words)
    sweeper = Sweeper([Wanted("Maya Lindqvist", "PERSON")])
    new, _ = edit(text, stretches_to_hide(text, [], [], sweeper), Placeholders())
    assert not sweeper.find(new)
    assert "maya lindqvist" not in " ".join(new.casefold().split())


def test_what_lies_outside_replacements() -> None:
    text = "dear <PERSON> Smith, <USER> x"
    ours = [Edit(5, 13, "<PERSON>", "PERSON")]
    assert outside(text, 0, len(text), ours) == ["dear ", " Smith, <USER> x"]
    assert outside(text, 5, 13, ours) == []


def test_the_pipeline_is_as_sure_of_a_name_as_the_model() -> None:
    text = "Zonk Marisol, did Quill and Odile come?"
    models = [hit(text, "Zonk", score=0.45), hit(text, "Marisol", score=0.99), hit(text, "Quill", score=0.97)]
    said = [hit(text, name, score=0.85, by="SpacyRecognizer") for name in ("Zonk", "Marisol", "Quill", "Odile")]
    ruled = hit(text, "Odile", score=0.4, by="NameContextRecognizer")
    kept = believable(text, [*models, *said, ruled])
    scores = {text[one.start : one.end]: one.score for one in kept if one.recogniser == "SpacyRecognizer"}
    assert scores == {"Zonk": 0.45, "Marisol": 0.85, "Quill": 0.85, "Odile": 0.5}


@pytest.mark.parametrize(
    ("text", "model", "sees", "kept"),
    [
        ("the new Zelda trailer", True, False, False),
        ("the new Zelda trailer", True, True, True),
        ("the new Zelda trailer", False, False, True),
        ("это Соломія сказала", True, False, True),
    ],
)
def test_a_hint_counts_where_the_model_sees_something(text: str, model: bool, sees: bool, kept: bool) -> None:
    word = text.split(" ")[2] if "Zelda" in text else "Соломія"
    hits = [hit(text, word, score=0.5, by=f"NameContextRecognizer{HINT}")]
    if sees:
        hits.append(hit(text, word, score=0.2))
    found = {one.recogniser for one in believable(text, hits, model=model)}
    assert ("NameContextRecognizer" in found) is kept


def test_without_the_model_the_pipeline_is_believed() -> None:
    text = "Then Odile came."
    said = hit(text, "Odile", score=0.85, by="SpacyRecognizer")
    assert believable(text, [said], model=False) == [said]
    assert believable(text, [said]) == []


@pytest.mark.parametrize(
    ("text", "place", "kept"),
    [
        ("the tesla in bay 14 has its lights on", "bay 14", False),
        ("haircut, £14, tip 2", "£14", False),
        ("we moved to Leicester", "Leicester", True),
        ("somewhere in LS6 2AB, ask around", "LS6 2AB", True),
        ("he lives near 50667 now", "50667", True),
    ],
)
def test_a_figure_is_no_place_but_a_postal_code_is(text: str, place: str, kept: bool) -> None:
    assert bool(believable(text, [hit(text, place, "LOCATION", 0.8)])) is kept


def test_an_address_that_the_model_is_sure_of_needs_no_postal_code() -> None:
    text = "Khu 3, nhà số 8, thị trấn Sa Pa"
    assert believable(text, [hit(text, text, "LOCATION", 0.98)])


@pytest.mark.parametrize(
    ("text", "value", "kept"),
    [
        ("Fan: can i get ur number", "Fan", False),
        ("our fan Fan: a short portrait", "Fan", True),
        ("with love\nKram", "Kram", False),
        ("Mr Kram-Olsen came", "Kram-Olsen", True),
        ("Buongiorno, sono passato", "Buongiorno", False),
    ],
)
def test_roles_greetings_and_ends_of_letters_are_nobody(text: str, value: str, kept: bool) -> None:
    assert bool(believable(text, [hit(text, value, score=0.99)])) is kept


@pytest.mark.parametrize(("value", "kept"), [("2031-04-01", False), ("203104019", True)])
def test_a_date_is_no_passport(value: str, kept: bool) -> None:
    text = f"valid to {value}, category B"
    assert bool(believable(text, [hit(text, value, "PASSPORT", 0.99)])) is kept


def test_small_words_are_cut_off_before_a_name_is_doubted() -> None:
    text = "faith if u see this ur phone is off"
    assert believable(text, [hit(text, "faith if u", score=0.48)]) == [hit(text, "faith", score=0.48)]


def test_what_the_model_hardly_sees_backs_nobody() -> None:
    text = "Words like Wisdom are mistaken. Odile agrees."
    faint, said = hit(text, "Odile", score=0.06), hit(text, "Odile", score=0.85, by="SpacyRecognizer")
    assert believable(text, [faint, said]) == [faint]
    assert believable(text, [hit(text, "Wisdom", score=0.06)]) == []


def test_a_firm_is_somebody_where_the_model_is_sure() -> None:
    text = "Dinner at Didi's. Topics: visas"
    sure, unsure = hit(text, "Didi", score=0.96), hit(text, "Didi", score=0.8)
    assert believable(text, [sure]) == [sure]
    assert believable(text, [unsure]) == []


def test_a_word_in_the_place_of_a_name_is_one() -> None:
    text = "thanks. joy has it, and we hid the petal."
    sure, unsure = hit(text, "joy", score=0.9), hit(text, "petal", score=0.6)
    assert believable(text, [sure, unsure]) == [sure]


def test_what_the_english_pipeline_alone_takes_for_a_name_is_none() -> None:
    text = "Mit freundlichen Grüßen, Annegret Pfützner"
    alone = hit(text, "freundlichen Grüßen", score=0.85, by="SpacyRecognizer")
    both = [hit(text, "Annegret Pfützner", score=0.85, by=by) for by in ("SpacyRecognizer", "RampartRecognizer")]
    assert believable(text, [alone, *both]) == both
