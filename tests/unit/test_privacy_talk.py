"""Names by the form of what is written down: speakers of a log, fields of a record, and "somebody's mom"."""

from __future__ import annotations

import pytest

from engine.privacy.doubts import believable
from engine.privacy.hits import Hit
from engine.privacy.merge import merge_hits
from engine.privacy.parts import tells
from engine.privacy.recognisers.names import name_recogniser
from engine.privacy.rowscan import NameList
from engine.privacy.surrogate.people import name_tokens
from engine.privacy.sweep import Sweeper, Wanted
from engine.privacy.titles import without_relation

NAMES = name_recogniser()


def found(text: str) -> set[str]:
    return {text[hit.start : hit.end] for hit in NAMES.analyze(text, [])}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("zerline: on my way\nfotis: ok zerline\nzerline: two stops", {"zerline", "fotis"}),
        ("9:14 <mirka> push it\n9:15 <jarda> pushed, mirka", {"mirka", "jarda"}),
        ("[12/03/2024, 18:42] Ottoline: did it land?", {"Ottoline"}),
        ("grace: no\nme: why\ngrace: because", {"grace"}),
        ('{"sender": "Ngozika", "to": ["Obinze", "Uju"]}', {"Ngozika"}),
        ('{"participants": ["Brezovic", "Tarn Oyelade"]}', {"Brezovic", "Tarn Oyelade"}),
    ],
)
def test_the_form_gives_names_away(text: str, names: set[str]) -> None:
    assert names <= found(text)


@pytest.mark.parametrize(
    "text",
    [
        "user: hello\nassistant: hello there\nuser: what is rust",
        "serif: Garamond\nmono: Hack",
        "replicas: 3\nreplicas: 2",
        '{"name": "blue widget", "from": "the shop", "owner": "us"}',
        '{"author": "System", "sender": "Support Team"}',
        "note: buy milk\nnote: and bread",
    ],
)
def test_what_only_looks_like_a_log_names_nobody(text: str) -> None:
    assert found(text) == set()


@pytest.mark.parametrize(
    ("text", "name", "whole"),
    [
        ("then Xiaoyu's mom called", "Xiaoyu", "Xiaoyu's mom"),
        ("then Xiaoyu's mother-in-law called", "Xiaoyu", "Xiaoyu's mother-in-law"),
        ("then Xiaoyu's uncle Teo called", "Xiaoyu", "Xiaoyu"),
        ("then Xiaoyu's momentum", "Xiaoyu", "Xiaoyu"),
    ],
)
def test_a_relation_belongs_to_the_name(text: str, name: str, whole: str) -> None:
    start = text.index(name)
    (hit,) = merge_hits(text, [Hit(start, start + len(name), "PERSON", 0.9, "RampartRecognizer")])
    assert text[hit.start : hit.end] == whole


def test_a_relation_is_no_part_of_who_is_meant() -> None:
    assert without_relation("Xiaoyu's mom") == "Xiaoyu"
    assert without_relation("Xiaoyu") == "Xiaoyu"
    assert [token.text for token in name_tokens("Xiaoyu's mom")] == ["Xiaoyu"]
    names = NameList()
    names.learn("Xiaoyu's mom", [Hit(0, 12, "PERSON", 0.9, "RampartRecognizer")])
    assert [one.value for one in names.wanted([])] == ["Xiaoyu"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("is max staying tonight", "max"),
        ("so we met at hart's, then home", "hart"),
        ("joy cried at the advert", "joy"),
        ("come on max, hurry", "max"),
        ("omw to beths", "beths"),
        ("thats duke's turn", "duke"),
        ("the maryams dog barks at sarahs cat", "sarahs"),
        ("suggest a gift for a boy called river", "river"),
        ("we called him Thimble", "Thimble"),
        ("M.K. and S.T. agreed", "S.T."),
        ("Hopkins, the caretaker, let us in", "Hopkins"),
        ("the plumber Ozgur came", "Ozgur"),
        ("room 4: Feng, He Qiang and Lan", "He Qiang"),
        ("then Little Ma came", "Ma"),
        ("Vice Principal Luo spoke", "Vice Principal Luo"),
        ("unlike the Vandersteen novel", "Vandersteen"),
        ("a film starring Zwerinka", "Zwerinka"),
        ("Pan thinks it is a myth", "Pan"),
        ("#TeamHarper all the way", "Harper"),
        ("one vegan (Pip)", "Pip"),
    ],
)
def test_a_place_in_the_sentence_gives_names_away(text: str, name: str) -> None:
    assert any(name in one for one in found(text))


@pytest.mark.parametrize(
    "text",
    [
        "mark my words, the bill will come",
        "grace is a gift, hope was lost",
        "we met at today's match and at the baker's",
        "the Supreme Court case and the Prius and the bus",
        "he lives in the U.K. and works for the E.U. there",
        "max speed is 90, max need is 4",
        "he called her out, a man called back",
    ],
)
def test_words_in_such_a_place_name_nobody(text: str) -> None:
    assert found(text) == set()


@pytest.mark.parametrize(
    ("text", "name", "stays"),
    [
        ("a can of Dr Pepper please", "Dr Pepper", False),
        ("a can of Dr Pepper please", "Pepper", False),
        ("so the Mona Lisa is small", "Mona Lisa", False),
        ("ask Roomba Okafor about it", "Roomba Okafor", True),
        ("then Maya came", "Maya", True),
    ],
)
def test_what_everybody_knows_is_nobody(text: str, name: str, stays: bool) -> None:
    start = text.index(name)
    hit = Hit(start, start + len(name), "PERSON", 0.9, "RampartRecognizer")
    assert believable(text, [hit]) == ([hit] if stays else [])


def test_a_first_name_is_not_searched_in_other_words() -> None:
    sweeper = Sweeper([Wanted("Don", "PERSON")])
    assert [match.start for match in sweeper.find("Don't. Don came, Don's late")] == [7, 17]
    assert not tells("Thu")
