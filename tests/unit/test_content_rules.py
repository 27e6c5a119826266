"""The content rules: what is blocked, what needs consent, what stays. The strings are as short and plain as can be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.rows import text_fields
from engine.privacy.ages import sign_of_minor
from engine.privacy.content import (
    ContentTally,
    consents_of,
    first_names,
    full_names,
    judge,
    load_rules,
    person_key,
    verdict,
)
from engine.privacy.plainwords import WordList, hidden_words, plain_letters, words_of
from engine.privacy.rowtext import row_text
from engine.spec import ConsentSpec, ContentSpec
from tests.tui.conftest import CHATS

AGES = (
    "15yo", "15 yo", "15 y/o", "15y.o.", "15 yrs old", "15 years old", "15-year-old", "1 5 yo", "fifteen year old",
    "fifteen-year-old", "15 years of age", "aged 15", "age 15", "age: 15", "at the age of fifteen", "i'm 15", "i am 15",
    "she is 15", "she's only 15", "he was like 12", "turned 16", "turning seventeen", "when i was 15, he", "15/f",
    "f/15", "15f", "my 16th birthday", "her fifteenth birthday", "my 16th bday", "under 18", "under eighteen",
    "not 18 yet", "not yet 18", "isn't 18", "younger than 18", "almost 18", "9th grade", "ninth grader", "grade 7",
    "year 10 student", "15 jahre alt", "15 ans", "15 anni", "15 jaar",
)  # fmt: skip
SIGNS = (
    "a minor", "minors", "underage", "under age", "under-age", "teen", "teenager", "preteen", "pre-teen", "child",
    "children", "kids", "toddler", "schoolgirl", "school girl", "little boy", "high school", "highschool",
    "middle-school", "junior high", "kindergarten", "school uniform", "sweet sixteen", "sixth form",
    "minderj\u00e4hrig",
    "menor de edad", "mineure",
)  # fmt: skip
HIDDEN = (
    "s3x minor", "s e x minor", "s.e.x minor", "s*x minor", "seeexxx minor", "SEX MINOR", "\uff53\uff45\uff58 minor",
    "\u0455\u0435\u0445 minor", "s\u200be\u200bx minor", "s\u00e9x minor", "sex m1nor", "sex m i n o r",
    "sex m.i.n.o.r",
    "sex und3rage", "sex u n d e r a g e", "sex t33n", "sex ch1ld", "sex hi9h school", "$ex min0r", "sex m*nor",
    "sex \uff11\uff15yo",
)  # fmt: skip


@pytest.mark.parametrize("sign", [*AGES, *SIGNS])
def test_sexual_content_beside_a_sign_of_a_minor_is_blocked(sign: str) -> None:
    for text in (f"sexy {sign}", f"{sign}. Something else in between. naked"):
        assert judge(text).blocked, text
        assert verdict(text) == "blocked"
    assert verdict(f"{sign} draws horses") == "keep"


@pytest.mark.parametrize("text", HIDDEN)
def test_ways_of_writing_around_it_are_seen(text: str) -> None:
    assert judge(text).blocked


@pytest.mark.parametrize("text", ["jailbait", "l o l i c o n", "child pornography", "barely legal", "CSAM"])
def test_words_that_mean_both_are_blocked_alone(text: str) -> None:
    assert judge(text).blocked


@pytest.mark.parametrize("text", ["no minors here, sexy", "no sex with minors", "not underage, nude"])
def test_negations_are_not_read(text: str) -> None:
    assert judge(text).blocked


@pytest.mark.parametrize(
    "text",
    [
        *(answer for pair in CHATS for answer in pair),
        "my daughter is 12 and likes horses",
        "chicken breast for the kids, then into the oven",
        "a minor bug in the nude filter",
        "sexy and 25 years old",
        "i am 30 and horny",
        "sexy set of 15 photos",
        "nudes for only 15 dollars",
        "she is 16 inches away, sexy",
        "sexy, version 1.7 of 2.15",
        "underwear 15% off",
        "she is 17 minutes late for sex",
        "sexy at 21 years",
    ],
)
def test_what_has_no_sign_or_no_sexual_content_is_not_blocked(text: str) -> None:
    assert not judge(text).blocked


def test_one_doubtful_word_is_no_adult_row() -> None:
    assert not judge("well fuck, the printer is broken").adult
    assert not judge("chicken breast").adult
    assert judge("nudes").adult
    assert judge("stripped to her lingerie").adult


def test_law_and_health_are_no_adult_rows_but_stay_apart_from_minors() -> None:
    for text in ("race, color, religion, sex, or national origin", "same-sex sexual orientation", "sex: female"):
        assert not judge(text).adult
    assert not judge("sex education for children").blocked
    assert judge("sex education for children, nude").blocked
    assert judge("they had sex").adult


def test_a_named_person_needs_consent() -> None:
    agreed = consents_of(
        ContentSpec(consents=[ConsentSpec.model_validate({"person": "Zo\u00eb  Berg", "at": "2026-11-22"})])
    )
    assert verdict("sexy Maya Lindqvist", ["Maya Lindqvist"]) == "needs_consent"
    assert verdict("sexy Maya Lindqvist", ["Maya Lindqvist"], agreed) == "needs_consent"
    assert verdict("sexy zoe berg", ["zoe berg"], agreed) == "keep"
    assert verdict("sexy Zoe Berg, 15yo", ["Zoe Berg"], agreed) == "blocked"
    assert verdict("sexy Maya", ["Maya"]) == "keep"
    assert verdict("Maya Lindqvist paints", ["Maya Lindqvist"]) == "keep"
    firsts = first_names(["Zo\u00eb", "Zoe Berg", "ZOE BERG", "Maya Lindqvist", "Maya Holm"])
    assert firsts == {"zoe": "zoe berg"}
    assert verdict("sexy Zoe", ["Zoe"], firsts=firsts) == "needs_consent"
    assert verdict("sexy Zoe", ["Zoe"], agreed, firsts) == "keep"
    assert verdict("sexy Maya", ["Maya"], firsts=firsts) == "keep"
    assert full_names(["Maya", "Maya L", "Maya Lindqvist"]) == ["Maya Lindqvist"]
    assert person_key(" ZO\u00cb  Berg ") == "zoe berg"


def test_a_tally_holds_counts_and_lines_but_no_text() -> None:
    tally = ContentTally()
    agreed = frozenset({"zoe berg"})
    fates = [
        tally.take(1, "hello"),
        tally.take(2, "sexy 15yo"),
        tally.take(5, "sexy", ["Maya Lindqvist"], agreed),
        tally.take(6, "sexy", ["Zo\u00eb Berg"], agreed),
    ]
    assert fates == ["keep", "blocked", "needs_consent", "keep"]
    told = tally.as_dict()
    assert (told["rows"], told["adult_rows"], told["adult_share"], told["adult_kept"]) == (4, 3, 0.75, 1)
    assert (told["blocked"], told["needs_consent"]) == ({"count": 1, "lines": [2]}, {"count": 1, "lines": [5]})
    assert tally.left_out() == {"blocked": 1, "needs_consent": 1}
    assert not any(word in str(told).lower() for word in ("sexy", "maya", "berg"))


def test_all_text_of_a_row_counts() -> None:
    record = {"messages": [{"role": "user", "content": "sexy"}, {"role": "assistant", "content": "15yo"}], "n": 3}
    assert verdict(row_text(record)) == "blocked"
    assert row_text({}) == ""
    assert len(text_fields(record)) == 4


@given(st.text())
def test_any_text_can_be_judged(text: str) -> None:
    judged = judge(text)
    assert judged.adult or not judged.blocked


@given(st.text(), st.text())
def test_what_stands_around_never_unblocks(before: str, after: str) -> None:
    assert judge(f"{before}\nsexy minors, 15yo\n{after}").blocked


@given(st.text(max_size=20))
def test_plain_letters_are_plain_already(text: str) -> None:
    assert all(word == plain_letters(word) for word in words_of(plain_letters(text)))


def test_phrases_and_beginnings() -> None:
    words = WordList(["high school", "porn*", "sex"])
    assert words.find(words_of("my high-school days")) == {"high school"}
    assert words.find(words_of("pornography and sexton")) == {"pornography"}
    assert words.find([], hidden_words("h i g h s c h o o l")) == {"high school"}


def test_ages_need_no_word_list() -> None:
    assert sign_of_minor("15yo")
    assert not sign_of_minor("25yo")
    assert not sign_of_minor("115 years old")
    assert load_rules().fingerprint.startswith("5-")
