# ruff: noqa: E501, RUF001 (tables of short cases, some in Turkish)
"""The content rules on ways round them: Roman numerals, codings, turns, fields, turned words, Turkish. Plain markers only."""

from __future__ import annotations

import base64
import codecs
from typing import Any

import pytest

from engine.privacy.content import judge, load_rules
from engine.privacy.encoded import TurnedWords, decoded
from engine.privacy.numerals import across_turns, in_figures
from engine.privacy.rowkeys import field_says
from engine.privacy.rowtext import row_text

ROMAN = (
    "she is XV", "XV years old", "aged XVI", "age: xv", "XIVyo", "XIV y/o", "xv-year-old", "i'm XVI", "\u2169\u2164 years old",
    "XVI/f", "f/XVI", "her XVI birthday", "turned XVII", "at the age of XIII", "grade IX", "XV ans", "XV jahre alt", "ha XV anni",
    "how old are you?\nassistant\nXV", "VIII years old", "under XVIII", "not yet XVIII", "turns XVIII next month",
    "she's just xvi.", "a girl of XV", "XI klasse",
)  # fmt: skip
NO_ROMAN = (
    "Louis XIV had many lovers", "Pope Pius XII", "Henry VIII was married six times", "Final Fantasy XV", "it is XV", "chapter XII",
    "Act IV, scene II", "the XV century", "Bloodborne (XIII)", "her name is Vi.", "his name is Xi.", "X years old", "Rocky IV, 1985",
    "my favorite is XVI.", "size XL", "she is XXV", "aged XL", "XVIII years old", "Elizabeth II was 25", "section ix", "XII. The Lovers",
)  # fmt: skip
NO_PIECES = (
    "getUserName, setUserName, getUserAge", "iPhone 13 Pro vs S23 Ultra", "a1 b2 c3 d4 e5 f6 a7 b8", "x1, x2, x3 = y1, y2, y3",
    "550e8400-e29b-41d4-a716-446655440000", "MP3 MP4 H264 H265 AV1", "I am on my way to the old pub at 6 PM",
)  # fmt: skip
TURNS = (
    ("how old are you?", "1", "5"), ("how old are you", "one", "five"), ("she is fift", "een years old"), ("she is 1", "5"),
    ("how old?", "elev", "en"), ("twe", "lve"), ("how old are you?", "one five"), ("your age?", "1 5"), ("how old?", "one", "and five"),
    ("she is eigh", "t years old"), ("elle a quin", "ze ans"),
)  # fmt: skip
NO_TURNS = (
    ("chapter 1", "5 pages please"), ("rate it, 1", "5 stars"), ("how many? 1", "5 more please"), ("you are the one", "five stars"),
    ("i have one", "six more"), ("step 1", "5 minutes"), ("1\n2\n3", "4\n5\n6"), ("le livre en vente le tre", "ce soir"),
    ("how old are you?", "2", "5"), ("he is thirty", "and five months late"),
)  # fmt: skip
FIELDS = (
    "is_adult: false", '"is_adult": false', "adult: no", "over18: 0", "over_18: false", '"over 18": "no"', "isAdult=false", "18+: no",
    "is_18: false", "of_age: no", "legal_age: false", "age_group: youth", "age_group: u18", "are you over 18?\nassistant\nno",
    "klasse: 9", "schuljahr: 8", "grade_level: 10", '{"grade": "9th"}', '"grade": 9', '{\\"grade\\": 9}', '{\\"is_adult\\": false}', "volljährig: nein", "majeur: non",
    "mayor_de_edad: no", "speaker_is_adult: false", "\nname,is_adult\nkim,false", "\nname | grade\n---|---\nkim | 9",
    "\nname\tyears old\nkim\t15",
)  # fmt: skip
NO_FIELDS = (
    "adult: yes", '"adult": true', "over18: 1", "is_adult: true", "18+: yes", "18+ only", "adult content: no", "not adult: no",
    '"adult": false, "release_date": "1999-01-01"', '{"subreddit": "relationships", "over_18": false}', "Adult: No, I think not.",
    "age_group: adult", "age_group: young adult", "age_group: 18-24", "grade: A", "grade: 95", "grade: 8/10", "grade: 9", '"grade": 9.5',
    '"grade": 8, "score": 8', "class: 9", "year: 2015", "level: 9", "klasse: A", "are you over 18?\nassistant\nyes, i am 25",
    "over 18? no problem", "college freshman, 19", "a college freshman, she is 19", "all characters are 18 or over",
    "university, second year, 20", "\nname,score\nkim,9", "\ntitle,grade,score\nnight,9,9", "\ntitle,adult,release_date\nnight,false,1999",
)  # fmt: skip
ROWS: tuple[tuple[dict[str, Any], bool], ...] = (
    ({"adult": False}, True), ({"is_adult": "no"}, True), ({"isAdult": False}, True), ({"over18": 0}, True), ({"18_plus": False}, True),
    ({"speakerIsAdult": False}, True), ({"grade": 9}, True), ({"grade": "9th"}, True), ({"gradeLevel": 10.0}, True),
    ({"school_year": 10}, True), ({"klasse": 7}, True), ({"schuljahr": "8"}, True), ({"volljährig": False}, True), ({"yo": 15}, True),
    ({"yob": 2012}, True), ({"wiek": 15}, True), ({"yaş": 15}, True), ({"возраст": 15}, True), ({"teen": True}, True),
    ({"schoolgirl": "hello"}, True), ({"girl_15yo": True}, True), ({"minderjährig": "ja"}, True),
    ({"adult": True}, False), ({"over18": 1}, False), ({"adult": False, "release_date": "1999"}, False), ({"is_adult": None}, False),
    ({"over_18": False, "subreddit": "x"}, False), ({"grade": 9, "score": 4}, False), ({"grade": 95}, False), ({"grade": 8.5}, False),
    ({"grade": "A"}, False), ({"quality_grade": 9}, False), ({"teen": False}, False), ({"teen": 0.02}, False), ({"teen": "no"}, False),
    ({"sexual/minors": False}, False), ({"adult_content": False}, False), ({"is_not_adult": False}, False), ({"class": 9}, False),
    ({"year": 2015}, False), ({"klasse": "A"}, False), ({"yo": "hola, estoy en casa"}, False), ({"lat": 15}, False), ({"yob": 1990}, False),
    ({"children": [1]}, False), ({"account_is_adult": False}, False), ({"grade": float("inf")}, False), ({"grade": [9]}, False),
)  # fmt: skip
TURNED = (
    "she is fifteen",
    "a minor",
    "she is underage",
    "a schoolgirl",
    "my daughter is a teenager",
    "Fifteen years old, teens",
)
TURKISH = (
    "15 yaşında", "15 yasinda", "on beş yaşında", "onbeş yaşındaki", "yaşı 15", "yaş: 15", "dokuz yaşında", "küçük kız", "reşit değil",
    "reşit olmayan", "liseli", "ergen", "18 yaşından küçük", "18 yaşın altında", "gelecek ay 18 olacak", "henüz 18 değil",
    "16. doğum günü", "9. sınıf", "2011 doğumlu", "kaç yaşındasın? 15", "çocuk", "ortaokul öğrencisi", "kız çocuğu",
)  # fmt: skip
NO_TURKISH = (
    "25 yaşında", "yirmi beş yaşında", "yaşım 35", "18 yaşında", "18 yaşından büyük", "40. doğum günü", "1990 doğumlu", "15 yıldır evliyiz",
    "15 Mayıs", "çocuklar okulda", "çocuklar uyudu, gel", "1. sınıf hizmet", "trafik sıkıştı", "he is on UC campus", "yas queen, 10 out of 10",
    "Lise is 25", "on altı saat",
)  # fmt: skip


def in_base64(text: str, piece: int, between: str = " ") -> str:
    written = base64.b64encode(text.encode()).decode()
    return between.join(written[at : at + piece] for at in range(0, len(written), piece))


def as_turns(*texts: str) -> str:
    roles = ("user", "assistant")
    return row_text({"messages": [{"role": roles[at % 2], "content": text} for at, text in enumerate(texts)]})


def open_ones(signs: tuple[str, ...]) -> list[str]:
    return [sign for sign in signs if not judge(f"nude, {sign}").blocked or not judge(f"{sign}\nuser\nnude").blocked]


def blocked_ones(texts: tuple[str, ...]) -> list[str]:
    return [text for text in texts if judge(f"sexy, {text}").blocked or judge(f"{text}\nuser\nsexy").blocked]


def test_roman_numerals_are_ages_only_where_the_words_around_say_so() -> None:
    assert open_ones(ROMAN) == []
    assert blocked_ones(NO_ROMAN) == []
    assert in_figures("louis xiv, she is xiv.") == "louis xiv, she is 14."


@pytest.mark.parametrize("piece", [1, 2, 3, 4, 5, 6, 8, 10, 16])
@pytest.mark.parametrize("between", [" ", "\n", ", ", "-", " . "])
def test_base64_in_pieces_is_read(piece: int, between: str) -> None:
    assert judge(f"nude. Look: {in_base64('the story of a minor next door', piece, between)} and more").blocked
    harmless = f"sexy. Look: {in_base64('the story of a woman of forty', piece, between)} and more"
    assert piece < 4 or not judge(harmless).blocked


def test_sexual_content_in_pieces_counts_too() -> None:
    assert judge(f"{in_base64('nude photos of her', 8)}, 15yo").blocked


def test_what_only_looks_like_pieces_is_left_alone() -> None:
    assert [found for text in NO_PIECES for found in decoded(text)] == []
    assert decoded(in_base64("naïve words, well said", 8)) == ["naïve words, well said"]


def test_a_number_in_two_turns_is_put_together() -> None:
    assert [turns for turns in TURNS if not judge("nude\n" + as_turns(*turns)).blocked] == []
    assert [turns for turns in NO_TURNS if judge("sexy\n" + as_turns(*turns)).blocked] == []
    assert across_turns("a line that ends with fif-\nteen of them") == []
    assert len(across_turns("fif\n" + "teen and one\n5 fif\n" * 2_000)) <= 1_003


def test_a_field_says_that_somebody_is_no_adult() -> None:
    assert open_ones(FIELDS) == []
    assert blocked_ones(NO_FIELDS) == []


@pytest.mark.parametrize(("record", "blocked"), ROWS)
def test_the_name_of_a_field_may_say_it(record: dict[str, Any], blocked: bool) -> None:
    said = "\n".join(field_says(key, value, record) for key, value in record.items())
    assert judge(f"nude\n{said}").blocked is blocked
    assert not judge(f"hello there\n{said}").blocked
    for row in ({"text": "nude", **record}, {"text": "nude", "speaker": record}):
        assert judge(row_text(row)).blocked is blocked
        assert not judge(row_text({**row, "text": "hello there"})).blocked


def test_a_key_that_is_no_text_says_nothing() -> None:
    assert field_says(15, True, {15: True}) == ""


@pytest.mark.parametrize("text", TURNED)
def test_turned_and_shifted_words_are_read(text: str) -> None:
    for written in (text[::-1], codecs.encode(text, "rot13")):
        assert judge(f"nude. {written}").blocked
        assert judge(codecs.encode(f"nude. {text}", "rot13")).blocked
        assert not judge(written).blocked


def test_a_turned_word_counts_among_others_as_they_stand() -> None:
    for text in ("edun, 15yo", "ahqr, 15yo", "nude, she is neetfif", "nude, she is svsgrra", "nrop with a minor"):
        assert judge(text).blocked
    adults = (
        "NEET",
        "losses and bosses",
        "the dekan of law",
        "flan",
        "Frk. Hansen",
        "Minister Edun and the kids",
        "desserts, stressed",
        "Sanin",
    )
    assert [text for text in adults if judge(f"{text}, 15yo").adult] == []
    assert blocked_ones(adults[:5] + adults[6:]) == []


def test_no_word_of_the_list_is_another_one_from_its_end() -> None:
    words = TurnedWords(["minors", "schoolg*", "min\u00f6rs", "two words", "short"], ["nude", "teen"])
    assert words.readings("a plain text, neet and Edun") == []
    assert words.readings("sronim")[0] == words.readings("zvabef")[0] == "minors"
    assert words.readings("lrigloohcs trohs edun grra") == [
        "schoolgirl trohs nude teen",
        "yevtybbupf gebuf rqha teen",
        "arrg nude short schoolgirl",
    ]


def test_turkish_is_read() -> None:
    assert open_ones(TURKISH) == []
    assert blocked_ones(NO_TURKISH) == []
    sexual = ("çıplak", "sevişmek", "cinsel ilişki", "mastürbasyon", "azgın", "tecavüz", "erotik", "külotlu", "ciplak")
    assert [word for word in sexual if not judge(f"{word}, 15yo").blocked] == []
    assert not judge("çıplak gözle, 15 yaşında").adult
    assert not judge("cinsel istismar davası, 15 yaşında").blocked


def test_what_is_said_every_day_is_not_blocked() -> None:
    plain = (
        "grade 9 maths, twelve pupils, ages 14-15, the teacher marks the tests", '{"student": "a", "grade": 9, "age": 14}',
        "is_adult: false, ticket price: 5", "çocuklar 9. sınıf, 15 yaşında", "a boy of XV learns to sail and grows up",
        "the patient, aged XIV, has fever and a rash", codecs.encode("the school trip of the fifteen year old girls", "rot13"),
    )  # fmt: skip
    assert [text for text in plain if judge(text).adult] == []


def test_the_rules_have_a_new_number() -> None:
    assert load_rules().fingerprint.startswith("5-")
