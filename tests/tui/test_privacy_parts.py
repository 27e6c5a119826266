"""Parts of the review: the context of a place, lines by cells, short names, pages of the list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.privacy import blind
from engine.privacy.findings import ValueRow
from engine.privacy.hits import Hit
from engine.privacy.intake import Intake
from engine.privacy.rules import add_rule, make_rule, preview
from engine.privacy.store import FindingsStore, Order
from engine.privacy.texts import new_finding
from tests.tui.findings import findings, place, private_project, scan
from tests.tui.privacy_pages import opened, screen_of
from tui.entities import short_name
from tui.screens.privacy_parts import ReviewHead
from tui.screens.privacy_review import ReviewPage
from tui.widgets.places import context
from tui.widgets.wrap import wrap_cells


@pytest.mark.parametrize("width", [12, 20, 40])
def test_the_context_keeps_the_value_in_sight(width: int, tmp_path: Path) -> None:
    from tui.charset import UNICODE

    project = private_project(tmp_path / "p")
    with FindingsStore(project.findings_file) as store:
        for row in store.values(0, 100):
            for place in store.places(row.id, 0, 10):
                lines = context(place, row.entity, width, 2, UNICODE)
                assert len(lines) <= 2
                assert all(line.cell_length <= width + 1 for line in lines)
                assert UNICODE.mark_left in "".join(line.plain for line in lines)


def test_wide_signs_are_wrapped_by_cells() -> None:
    assert wrap_cells("日本語の文章です", 6) == ["日本語", "の文章", "です"]
    assert wrap_cells("a bb ccc", 4) == ["a bb", "ccc"]


def test_every_short_name_fits() -> None:
    for entity in ("PERSON", "US_PASSPORT", "SOMETHING_VERY_LONG", "DATE_OF_BIRTH"):
        assert 0 < len(short_name(entity)) <= 8


async def test_the_head_and_list_read_pages_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[int] = []
    values = FindingsStore.values

    def counted(self: FindingsStore, offset: int, limit: int, *rest: Any, **more: Any) -> list[ValueRow]:
        limits.append(limit)
        return values(self, offset, limit, *rest, **more)

    monkeypatch.setattr(FindingsStore, "values", counted)
    project = private_project(tmp_path / "p")
    async with opened(project) as pilot:
        assert screen_of(pilot).query_one(ReviewHead)
        assert screen_of(pilot).query_one(ReviewPage).undecided == 7
    assert limits
    assert max(limits) <= 64


def test_the_place_of_a_value_is_its_place_in_the_list(tmp_path: Path) -> None:
    project = private_project(tmp_path / "p")
    orders: tuple[Order, ...] = ("risk", "count", "value")
    with FindingsStore(project.findings_file) as store:
        for order in orders:
            for only, search in ((False, ""), (True, ""), (False, "ma")):
                listed = [row.id for row in store.values(0, 100, order, only, search)]
                assert [store.position(one, order, only, search) for one in listed] == list(range(len(listed)))
                assert store.count_values(only, search) == len(listed)
        assert store.summary().decided_values == 2


ODD = (
    "Maya",
    "maya ",
    "MAYA\n",
    "\u017ftra\u00dfe",
    "strasse",
    "Kelvin",
    "\u212aelvin",
    "\u00c9milie",
    "\u00e9milie",
    "a_b",
    "a%b",
)


@pytest.mark.parametrize("text", ["maya", "STRASSE", "kelvin", "\u00e9milie", "a_b", "nobody"])
def test_the_preview_of_a_rule_speaks_of_every_value_it_decides(text: str, tmp_path: Path) -> None:
    project = private_project(tmp_path / "p", scanned=False)
    scan(project, [place(row, 0, value, 0, len(value), "PERSON", 0.9) for row, value in enumerate(ODD)])
    rule = make_rule(kind="value", action="keep", text=text, entity="PERSON")
    wanted = [value for value in ODD if value.casefold().strip() == text.casefold()]
    with FindingsStore(project.findings_file) as store:
        assert preview(store, rule).values == len(wanted)
        assert add_rule(store, rule) == len(wanted)
        below = make_rule(kind="below", action="hide", entity="PERSON", score=0.95)
        assert preview(store, below).values == len(ODD)


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("well, CALL ME Al", "says a name"),
        ("my street is long", "says a place"),
        ("write to a (AT) b", "an @"),
        ("12-34 56 7", "many digits"),
        ("see fjord.IO now", "a link"),
        ("HTTPS://x", "a link"),
        ("the Pin Code", "a word like password"),
        ("so Maya said", "capitals inside"),
    ],
)
def test_a_row_tells_why_it_looks_suspicious(text: str, sign: str) -> None:
    assert sign in blind.signs_of(text)[0]
    assert blind.signs_of("12 of them. Good.") == ([], 0)


def test_suspicious_rows_are_told_while_the_others_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blind, "_TELL_SECONDS", -1.0)
    project = private_project(tmp_path / "p", scanned=False)
    scan(project, [one for one in findings() if one.row in (0, 2)])
    data = project.load().data
    assert data is not None
    told: list[list[int]] = []
    with FindingsStore(project.findings_file) as store:
        survey = blind.look(store, data, on_found=lambda rows: told.append([row.row for row in rows]))
        assert [len(rows) for rows in told] == [1, 2, 3, 4]
        assert told[-1] == [row.row for row in blind.suspicious_rows(store)]
        assert survey.suspicious == 4


def test_what_else_is_hidden_is_underlined(tmp_path: Path) -> None:
    from tui.charset import UNICODE

    text = "so Maya Lindqvist wrote\nto Tomasz Brennan and his dog, pw tulip-Wren-77"
    store = FindingsStore(tmp_path / "findings.sqlite")
    intake = Intake(store)
    intake.begin()
    hits = [Hit(text.index(name), text.index(name) + len(name), "PERSON", 0.9, "Fake") for name in
            ("Maya Lindqvist", "Tomasz Brennan", "dog")]  # fmt: skip
    hits.append(Hit(text.index("tulip"), len(text), "SECRET", 0.9, "Fake"))
    intake.add([new_finding(0, "text", text, hit, "text", "x") for hit in hits])
    intake.finish({})
    by_value = {row.value: row for row in store.values(0, 10)}
    store.decide_values([by_value["dog"].id], "keep", "person")

    def underlined(value: str, width: int) -> list[str]:
        row = by_value[value]
        [place] = store.places(row.id)
        lines = context(place, row.entity, width, 4, UNICODE)
        assert "\ue002" not in "".join(line.plain for line in lines)
        return [line.plain[span.start : span.end] for line in lines for span in line.spans if span.style == "underline"]

    assert underlined("Maya Lindqvist", 80) == ["Tomasz Brennan", "tu···········"], "not what is kept"
    assert underlined("Tomasz Brennan", 80) == ["Maya Lindqvist", "tu···········"]
    assert underlined("tulip-Wren-77", 80)[-1] == "Tomasz Brennan"
    assert "".join(underlined("Maya Lindqvist", 16)) == "TomaszBrennan", "over a line break too"
    store.close()
