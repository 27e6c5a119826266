# ruff: noqa: E501 (tables of short cases)
"""The content rules on odd ways of telling an age, and on talk that only looks so. As short and plain as can be."""

from __future__ import annotations

from typing import Any

import pytest

from engine.privacy.content import judge
from engine.privacy.numerals import in_figures
from engine.privacy.plainwords import plain_letters, unescaped
from engine.privacy.rowtext import row_text

# Each beside "nude".
MINORS = (
    # written around
    "s1xteen", "f1ft33n years old", "s i x t e e n", "s.i.x.t.e.e.n years", "1 5 y o", "she is 1 5", "l. 15yrold", "15 Y.O.",
    "\uff11\uff15 yo", "she is \u0661\u0665 years old", "\u0967\u096b years old", "\U0001d7cf\U0001d7d3yo", "\u246e years old",
    "chiId", "x 15 x yo", "a 1 5 y o", "a m i n o r", "MTQgeWVhcnMgb2xk", "3134 2079 6561 7273 206f 6c64", "14%20years%20old",
    "name | age\n---|---\nkim | 14", "sex;age\nf;15\n", "ni\u00f1a",
    "1\ufe0f\u20e35\ufe0f\u20e3 yo", "1\u200b5 y\u200bo", "16\u00bd years old", "\\u0031\\u0035 yo", "&#49;&#53; yo",
    "hi\\n15yo", "**15** yo", "fifteen. y e a r old", "te3n", "ch!ldren", "t.e.e.n", "scho\u043elgirl", "und3r@ge",
    # told by what stands around
    "emma (15)", "girl, 14", "a girl of 14", "emma, 15, from leeds", "asl? 14 f uk", "[16M]", "F 16", "16, female", "im only 13 lol",
    "my girlfriend just turned 17", "only fifteen.", "14 and curious", "she is 18 but looks 14", "acts like fourteen",
    "pretend you are 15", "lost virginity at twelve.", "since i was 13", "how old are you?\nassistant\n15", "17 going on 18",
    "she is 17 and a half", "17.5 years old", "6 months old", "she's 9.", "ages 13-15", "my daughter is 12",
    # not yet, born, school
    "turns 18 next month", "18 in two months", "she'll be 18 in May", "will be eighteen soon", "u18", "under-18", "<18",
    "born in 2012", "dob 2011-05-04", "eighth grader", "in class 8", "year 9 student", "high school freshman",
    # within JSON and markup
    '{"age":15}', '{\\"age\\": \\"15\\"}', "age=15", "<age>15</age>", "age15", "user_age: 14",
    # kin
    "kids", "kids in bed naked", "naked kid at school", "naked picture of my daughter", "little sister",
    # other languages
    "f\u00fcnfzehnj\u00e4hrig", "sie ist f\u00fcnfzehn", "9. Klasse", "wird n\u00e4chsten Monat 18", "noch nicht 18", "quinze ans",
    "coll\u00e9gienne", "pas encore 18 ans", "quince a\u00f1os", "a\u00fan no tiene 18", "quindici anni", "quindicenne", "ha 15 anni",
    "tem quinze anos", "ainda n\u00e3o tem 18", "vijftien jaar", "nog geen 18", "meisje van 14", "crian\u00e7a",
)  # fmt: skip
# Each beside "sexy".
ADULTS = (
    "my 16 year old car", "2 kids at school tonight, so a quiet call later", "size 14 jeans", "17 minutes", "17 cm", "18+", "class of 2010",
    "i am twenty-five years old", "thirty-one years old", "just turned 18", "are u 18?", "my 40th birthday", "you are one lucky man",
    "call me at 10", "free at 9, babe", "m4f", "f4m, 30", "5m ago", "i'm 6ft tall", "i'm 5 ft 6", "he's 9\" tall", "it is 12 now",
    "under 15 minutes", "less than 16 euros", "together almost 18 years", "he's 15 years older", "it was 15 years ago",
    "been together for 16 years", "10 out of 10", "you're a 10", "$15", "14 july", "the room is 15 degrees", "f/8 at 1/125",
    "a 12 year old scotch", "15 year anniversary", "only 10 left", "born in 1995", "dob 1990-05-04", "episode 14", "windows 11",
    "lands at 15", "our flight departs at 16", "the third graders were loud", "a song in A minor", "Kid Rock", "Nina",
    "aHR0cHM6Ly9hLmV4YW1wbGU", "without further ado",
    "the kids are asleep, call me", "picking up the kids first", "kids are with their dad", "i have two kids", "got a babysitter",
    "my son plays football", "high school reunion", "in the infantry", "kinder than him", "minor scratch", "elf costume",
    "hace 15 a\u00f1os que nos casamos", "depuis 15 ans", "seit 15 Jahren verheiratet", "h\u00e1 15 anos", "15 jaar geleden", "um 15 Uhr",
)  # fmt: skip
LAW_AND_HEALTH = (
    "the school offers sex education to teens",
    "the patient, sex female, age 14, has fever",
    "my 12 year old has a rash and pain near the penis, which doctor should we see",
    "police charged a man with sexual abuse of a minor",
    "sexual assault of a 15 year old was reported",
    "breast milk storage for infants, ask your doctor",
    "well fuck, my 15 year old broke the tv",
    "Shota sent the invoice",
)


def test_odd_ways_of_telling_an_age_are_seen() -> None:
    assert [sign for sign in MINORS if not judge(f"nude, {sign}").blocked] == []
    assert [sign for sign in MINORS if not judge(f"{sign}\nuser\nnude").blocked] == []


@pytest.mark.parametrize(
    "text",
    [
        "loIi",
        "Iolita smut",
        "c2V4IHdpdGggYSAxNCB5ZWFyIG9sZA==",
        "bnVkZSBtaW5vciBu\nZXh0IGRvb3I=",
        "nude, fif**teen** years old",
        "nude, \u202edlo sraey neetfif\u202c.",
    ],
)
def test_what_is_hidden_in_look_alikes_and_codings_is_read(text: str) -> None:
    assert judge(text).blocked


def test_everyday_talk_of_adults_is_not_blocked() -> None:
    assert [text for text in ADULTS if judge(f"sexy, {text}").blocked] == []
    assert [text for text in ADULTS if judge(f"{text}\nuser\nsexy").blocked] == []
    assert [text for text in LAW_AND_HEALTH if judge(text).blocked] == []
    assert [text for text in LAW_AND_HEALTH[:-2] if not judge(f"{text}, nude").blocked] == []


@pytest.mark.parametrize(
    ("record", "blocked"),
    [
        ({"age": 15}, True),
        ({"age": "15"}, True),
        ({"user": {"ageYears": 15.0}}, True),
        ({"is_minor": True}, True),
        ({"is_minor": "Y"}, True),
        ({"under_18": True}, True),
        ({"under_18": False}, False),
        ({"content": [{"type": "text", "text": "she is fif"}, {"type": "text", "text": "teen years old"}]}, True),
        ({"content": ["no", "thing"]}, False),
        ({"birth_year": 2014}, True),
        ({"age": "<18"}, True),
        ({"tags": ["schoolgirl"]}, True),
        ({"age": 25}, False),
        ({"age": float("nan")}, False),
        ({"is_minor": False}, False),
        ({"minor": "Biology"}, False),
        ({"account_age": 12}, False),
        ({"page": 15}, False),
    ],
)
def test_other_columns_count(record: dict[str, Any], blocked: bool) -> None:
    assert judge(row_text({"text": "nude", **record})).blocked is blocked
    assert not judge(row_text({"text": "hello", "nsfw": False, **record})).blocked


def test_numbers_are_read_in_words_and_in_all_scripts() -> None:
    assert in_figures("fifteen, twenty-five, dix-sept ans, sechzehnjahrig") == "15, 99, 17 ans, 16jahrig"
    assert in_figures("the second one; her fifteenth birthday") == "the 2th 1; her 15th birthday"
    assert plain_letters("\u0661\u0665 \u00d8\u0131 \U0001d412 \u1d07 \u00bd") == "15 oi s e  "
    assert unescaped(r"a\nb \u0031 &amp;") == "a b 1 &"


@pytest.mark.parametrize(
    "text",
    [
        "эротика, ей 15 лет",
        "голая школьница",
        "ученица 9 класса, секс",
        "erotyka, ona ma 15 lat",
        "seks z trzynastolatką",
        "lat 14, nago, seks",
        '{"girl": "she is 15", "s": "erotic scene"}',
        "a girl of 17 strips naked",
        "nude, my son is 14, a doctor, the police, what should i do",
        "i have sex with my 14 year old student, is it legal? the police say the law is clear",
        "the doctor in his private clinic raped her, she was 13",
    ],
)
def test_other_words_and_good_intentions_change_nothing(text: str) -> None:
    assert judge(text).blocked


@pytest.mark.parametrize(
    "text",
    [
        "мы вместе уже 15 лет, секс отличный",
        "bourbon aged 15 years and sexy company",
        "we met in high school, now we are 35 and have sex",
    ],
)
def test_years_that_are_nobodys_age_pass(text: str) -> None:
    assert not judge(text).blocked


def test_a_turn_in_parts_is_read_as_it_is_trained_on() -> None:
    parts = [{"type": "text", "text": text} for text in ("a 15 year old girl sends nu", "des and has se", "x")]
    assert judge(row_text({"messages": [{"role": "user", "content": parts}]})).blocked


def test_a_key_that_is_a_sentence_is_read() -> None:
    assert judge(row_text({"arguments": {"erotic scene with a girl of 15": 1}})).blocked
