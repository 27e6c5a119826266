"""Names made whole: what stands beside a name, names in lists, short links, and what two models say together."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.privacy.doubts import believable
from engine.privacy.hits import Hit
from engine.privacy.merge import merge_hits
from engine.privacy.naming import whole_names
from engine.privacy.recognisers.births import birth_recogniser
from engine.privacy.recognisers.contacts import phone_recogniser
from engine.privacy.recognisers.handles import handle_recogniser
from engine.privacy.recognisers.links import in_short_link
from engine.privacy.recognisers.names import name_recogniser
from engine.privacy.recognisers.patterns import digit_runs
from engine.privacy.recognisers.table import make_recogniser
from engine.privacy.rowscan import NameList

NAMES = name_recogniser()
MODELS = ("RampartRecognizer", "SpacyRecognizer")


def person(text: str, name: str, by: str = MODELS[0], score: float = 0.9) -> Hit:
    start = text.index(name)
    return Hit(start, start + len(name), "PERSON", score, by)


def whole(text: str, *names: str) -> set[str]:
    return {text[hit.start : hit.end] for hit in whole_names(text, [person(text, name) for name in names])}


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        ("so Childish Gambino was there", "Gambino", "Childish Gambino"),
        ("that was Amber Le Bon again", "Amber", "Amber Le Bon"),
        ("they saw Mackail-Smith", "Mackail", "Mackail-Smith"),
        ("a word with Mayor Adams", "Adams", "Mayor Adams"),
        ("with nana and grandad Bert", "Bert", "grandad Bert"),
        ("Thanks Anna", "Anna", "Anna"),
        ("I saw Anna Monday", "Anna", "Anna"),
        ("Call Anna", "Anna", "Anna"),
        ("see Anna. Quartz is a stone", "Anna", "Anna"),
        ("anna quartz", "anna", "anna"),
        ("TOLD ANNA QUARTZ", "ANNA", "ANNA"),
    ],
)
def test_what_stands_beside_a_name_belongs_to_it(text: str, known: str, expected: str) -> None:
    assert whole(text, known) == {expected}


def test_a_quoted_name_joins_the_two_parts_around_it() -> None:
    assert whole('then Khalen "KK" Robinson scored', "Khalen", "Robinson") == {'Khalen "KK" Robinson'}


@pytest.mark.parametrize(
    ("text", "known", "found"),
    [
        ("with Souter, Ginsburg, and Breyer", ("Souter", "Ginsburg"), "Breyer"),
        ("Hughes, Rea, Colunga and March play", ("Hughes", "Rea", "Colunga"), None),
        ("Hughes, Rea, Quartz and Colunga play", ("Hughes", "Rea", "Colunga"), "Quartz"),
        ("Anna and Zwerinka came", ("Anna",), "Zwerinka"),
        ("Anna and Quartz came", ("Anna",), None),
        ("Leeds, Porto, Anna and Utrecht", ("Anna",), None),
        ("Anna and Monday", ("Anna",), None),
    ],
)
def test_a_list_of_names_has_no_gap(text: str, known: tuple[str, ...], found: str | None) -> None:
    assert whole(text, *known) - set(known) == ({found} if found else set())


@settings(max_examples=40)
@given(st.text(st.sampled_from("AnaBo bí,.-\n'\"@1& and"), max_size=60), st.data())
def test_a_name_only_grows_and_stays_in_the_text(text: str, data: st.DataObject) -> None:
    letters = [at for at, letter in enumerate(text) if letter.isalpha()]
    if not letters:
        return
    start = data.draw(st.sampled_from(letters))
    hit = Hit(start, start + 1, "PERSON", 0.9, MODELS[0])
    grown = whole_names(text, [hit])
    assert grown[0].start <= hit.start
    assert hit.end <= grown[0].end <= len(text)
    assert all(0 <= one.start < one.end <= len(text) for one in grown)
    assert merge_hits(text, merge_hits(text, [hit])) == merge_hits(text, [hit])


@pytest.mark.parametrize(
    ("text", "name", "by", "kept"),
    [
        ("that was rick again. Good one.", "rick", MODELS, True),
        ("that was rick again. Good one.", "rick", MODELS[:1], False),
        ("that was stone again. Good one.", "stone", MODELS, False),
        ("thats what Rose told me yesterday ok so whatever you want", "Rose", MODELS[:1], True),
        ("Dolly takes the lead here", "Dolly", MODELS[:1], True),
        ("Dessert takes the lead here", "Dessert", MODELS[:1], False),
        ("see https://t.co/R52d7y4UNB", "R52d7y4UNB", MODELS, False),
    ],
)
def test_two_models_or_a_capital_outweigh_the_dictionary(text: str, name: str, by: tuple[str, ...], kept: bool) -> None:
    assert bool(believable(text, [person(text, name, one, 0.6 if name == "Dessert" else 0.8) for one in by])) is kept


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("call me if you have time.\nM", set()),
        ("call me\n-M", {"M"}),
        ("do you need it? Thx\ndp\nDebra", {"dp"}),
        ("see below.\nAC\nSanjeev,", {"AC"}),
        ("talk soon\nOK", set()),
        ("so Trump won and trump left", {"Trump", "trump"}),
        ("nothing will trump that, my trump card", set()),
    ],
)
def test_initials_below_a_letter_and_a_name_that_is_a_word(text: str, found: set[str]) -> None:
    names = {"initials below a letter", "initials after a line", "family name that is a word"}
    hits = [hit for hit in NAMES.analyze(text, []) if hit.analysis_explanation.pattern_name in names]
    assert {text[hit.start : hit.end] for hit in hits} == found


@pytest.mark.parametrize(
    ("text", "part", "short"),
    [
        ("see http://bit.ly/b1mqom now", "b1mqom", True),
        ("https://fb.me/xLeN7MAe", "xLeN7MAe", True),
        ("https://fb.me/maya.lind", "maya", False),
        ("https://fb.me/mayalind", "mayalind", False),
        ("https://example.com/b1mqom", "b1mqom", False),
        ("b1mqom", "b1mqom", False),
    ],
)
def test_the_path_of_a_short_link_is_nobodys_name(text: str, part: str, short: bool) -> None:
    start = text.index(part)
    assert in_short_link(text, start, start + len(part)) is short
    assert not (short and handle_recogniser().analyze(text, []))


def test_the_head_of_a_letter_holds_no_phone_and_no_birth_date() -> None:
    text = "Maya Lind\n03/28/2001 05:09 PM\nHello"
    assert not phone_recogniser().analyze(text, [])
    assert not birth_recogniser().analyze(text, [])
    assert birth_recogniser().analyze("Maya Lind, 03/28/2001, Leeds", [])


@pytest.mark.parametrize(
    "text", ["text me on (555) 0145-1234", "01.02.03.04.05 et 020 7946 0958", "+49 30 901820, or 212-555-0188 ok"]
)
def test_every_run_of_digits_is_a_phone_number_of_the_rules_or_of_presidio(text: str) -> None:
    hits = make_recogniser("phone").analyze(text, ["PHONE_NUMBER"])
    assert digit_runs(text)
    assert all(any(hit.start <= at < hit.end for hit in hits) for at, sign in enumerate(text) if sign.isdigit())


def test_digits_after_a_letter_are_no_run() -> None:
    assert digit_runs("order YC1234567") == []
    assert digit_runs("12 34 567") == [(0, 9)]


def test_a_title_is_not_searched_in_other_rows_but_the_name_is() -> None:
    text = "then Sgt. Kowalski and u/quiet_fox came"
    names = NameList()
    names.learn(text, [person(text, "Sgt. Kowalski"), Hit(23, 34, "USERNAME", 0.9, "HandleRecognizer")])
    wanted = {one.value for one in names.wanted([])}
    assert {"Kowalski", "quiet_fox"} <= wanted
    assert "Sgt" not in wanted
