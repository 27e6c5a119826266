"""What spares work in a scan costs no finding: cheap tests before rules, and texts that no model is asked about."""

from __future__ import annotations

import pytest

from engine.privacy.quiet import says_nothing, worth_reading
from engine.privacy.recognisers.patterns import begins_like, both, contains, has_digits, has_long_run
from engine.privacy.recognisers.rules import RuleRecognizer
from engine.privacy.recognisers.table import make_recogniser


@pytest.mark.parametrize(
    "text",
    [
        "good morning gorgeous <3",
        "I loved the second half, will there be a replay? <33",
        "The broth is unreal, you should try that place near the station",
        "My flight got delayed so I have time to talk xx",
    ],
)
def test_small_words_and_hearts_say_nothing(text: str) -> None:
    assert says_nothing(text)


@pytest.mark.parametrize(
    "text",
    [
        "ask crystal about it",  # A word of the dictionary where nobody uses capitals may be somebody.
        "Ask for Petunia when you get here",
        "I saw grace there",
        "the flat is 3",
        "meet me <34 minutes from here",
        "I live on park road",
        "Write to me at home dot com",
        "hey luka, thanks",
    ],
)
def test_what_may_be_a_name_or_a_place_is_read(text: str) -> None:
    assert not says_nothing(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("yes please", ""),
        ("ask Odile about it", "ask Odile about it"),
        ("it rained the whole way home. ask Odile! the second half was even better", "ask Odile! "),
        ("Petunia called.\nand then we stayed in and cooked for everybody\nSasha too", "Petunia called.\n|Sasha too"),
        ("I loved the second half of it. who was that with you? Petunia", "who was that with you? Petunia"),
        ("oh. hi Petunia. yes", "oh. hi Petunia. yes"),  # So little is not worth a cut.
        ("thanks for the quick answer, you made my week..... Petunia says so", "Petunia says so"),
    ],
)  # fmt: skip
def test_sentences_of_small_words_are_left_out(text: str, read: str) -> None:
    assert "|".join(text[start:end] for start, end in worth_reading(text)) == read


def test_a_cheap_test_holds_wherever_its_words_begin() -> None:
    on_an_app = begins_like(r"insta(?:gram)?|only ?fans|ko-?fi|gamer ?tag")
    assert all(on_an_app(text) for text in ("Instagram: maya", "(insta) me", "my onlyfans", "KOFI.com", "a gamer tag"))
    assert not any(on_an_app(text) for text in ("reinstated", "commonly", "", "tofi"))
    with pytest.raises(ValueError, match="letter"):
        begins_like("insta|(?:my )?snap")


def test_cheap_tests_know_letters_in_any_case() -> None:
    assert contains("Straße")("in der STRASSE")
    assert both(has_digits(2), contains("pin"))("PIN 12")
    assert not both(has_digits(3), contains("pin"))("PIN 12")
    assert has_long_run("key-0123456789abcdef")
    assert not has_long_run("no key in here at all")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("secret", "Passwort: Tulpe63$x"),
        ("secret", "my api_key='q8Zr41kPz0'"),
        ("secret", "the door code for the back is 4471"),
        ("secret", "curl --user anna:secret77 there"),
        ("secret", "xoxb-0123456789"),
        ("wallet", "0x" + "ab12" * 10),
        ("spelt_email", "write to anna (at) example (dot) com"),
        ("spelt_email", "maya.lind at gmail.com"),
        ("birth_date", "nacida el 3 de mayo de 1990"),
        ("birth_date", "12/03/1991 is my b-day"),
        ("handle", "insta: maya_lind"),
        ("handle", "snap? maya.l77"),
        ("handle", "my user name is velvetfern"),
        ("address", "PSC 473, Box 20"),
        ("name_context", "me llamo Odile"),
        ("name_context", "it's nora, nice to meet you"),
    ],
)
def test_the_cheap_tests_let_through_what_the_rules_find(name: str, text: str) -> None:
    recogniser = make_recogniser(name)
    assert isinstance(recogniser, RuleRecognizer)
    for rule in recogniser.rules:
        for match in rule.pattern.finditer(text):
            if rule.check is None or rule.check(match):
                assert rule.needs is None or rule.needs(text), (rule.name, match.group())
    assert recogniser.analyze(text, recogniser.supported_entities)
