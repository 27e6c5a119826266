"""Corrections, rules and the blind-spot sample in the findings store: what they change, undo, and the next scan."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.privacy import blind, edits, pointed, rules
from engine.privacy.findings import ValueRow
from engine.privacy.store import FindingsStore
from engine.project import Project
from engine.spec import DataSpec
from tests.tui.findings import CHATS, findings, private_project, scan


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return private_project(tmp_path / "p")


def data_of(project: Project) -> DataSpec:
    data = project.load().data
    assert data is not None
    return data


def row(store: FindingsStore, value: str, entity: str | None = None) -> ValueRow:
    return next(one for one in store.values(0, 100) if one.value == value and entity in (None, one.entity))


def state(store: FindingsStore) -> list[tuple[object, ...]]:
    """Everything that undo must give back."""
    places = store.query(
        "SELECT f.id, v.entity, v.value, f.start, f.end, f.before, f.match, f.after, f.decision, f.decided_by"
        " FROM findings f JOIN vals v ON v.id = f.value_id ORDER BY f.id"
    )
    values = store.query(
        "SELECT entity, value, count, max_score, risk, differs, decision, decided_by FROM vals"
        " WHERE count > 0 ORDER BY 1, 2"
    )
    return [*places, *values, (store.meta("totals"),)]


def find(store: FindingsStore, project: Project, value: str, entity: str) -> edits.Change:
    return edits.add_own(store, value, entity, pointed.places(data_of(project), [(value, entity)]))


def test_a_type_is_changed_and_the_decision_goes_with_it(project: Project) -> None:
    with FindingsStore(project.findings_file) as store:
        before, mark = state(store), store.fingerprint()
        old = row(store, "Uppsala")
        change = edits.retype(store, old.id, "ORGANIZATION")
        assert change.places == old.count
        assert row(store, "Uppsala").entity == "ORGANIZATION"
        assert store.summary().by_entity.get("LOCATION") is None
        assert store.fingerprint() != mark
        store.decide_values([change.value_id], "keep", "person")
        back = edits.retype(store, change.value_id, "LOCATION")
        assert row(store, "Uppsala").decision == "keep"
        assert back.places == old.count
        for _ in range(3):
            assert store.undo()
        assert state(store) == before
        assert store.fingerprint() == mark
        assert store.undo() is None


def test_the_same_type_is_no_correction(project: Project) -> None:
    with FindingsStore(project.findings_file) as store:
        assert edits.retype(store, row(store, "Uppsala").id, "LOCATION").places == 0
        assert store.undo() is None
        with pytest.raises(UsageError):
            edits.retype(store, 10_000, "PERSON")


def test_ends_move_where_the_text_is_the_same(project: Project) -> None:
    with FindingsStore(project.findings_file) as store:
        before = state(store)
        maya = row(store, "Maya Lindqvist")
        first = store.places(maya.id, 0, 1)[0]
        longer = edits.ends_of(first.context_before, first.match, first.context_after, 4, 0)
        assert longer is not None
        assert longer.value == "hey Maya Lindqvist"
        assert edits.alike(store, maya.id, longer) == 1
        assert edits.move_ends(store, maya.id, longer).places == 1
        assert row(store, "Maya Lindqvist").count == maya.count - 1
        moved = store.places(row(store, "hey Maya Lindqvist").id)[0]
        assert (moved.start, moved.match) == (0, "hey Maya Lindqvist")
        assert moved.context_before == ""
        shorter = edits.ends_of("", "Maya Lindqvist", "", 0, -10)
        assert shorter is not None
        assert edits.move_ends(store, maya.id, shorter).places == maya.count - 1
        assert row(store, "Maya").count == maya.count - 1
        assert store.undo()
        assert store.undo()
        assert state(store) == before


def test_ends_must_leave_something(project: Project) -> None:
    assert edits.ends_of("a ", "May", "!", 0, -3) is None
    assert edits.ends_of("a ", "May", "!", 3, 0) is None
    assert edits.ends_of("a ", "May", "!", -3, 1) is None


def test_an_own_finding_is_found_in_all_rows(project: Project) -> None:
    with FindingsStore(project.findings_file) as store:
        before, mark = state(store), store.fingerprint()
        change = find(store, project, "custom one", "SECRET")
        assert change.places == 1
        found = store.value(change.value_id)
        assert found is not None
        assert (found.decision, found.by) == ("hide", "person")
        assert find(store, project, "see  YOU", "PERSON").places == 2
        assert store.fingerprint() != mark
        assert store.undo()
        assert store.undo()
        assert state(store) == before


def test_what_json_writes_in_another_way_is_found_all_the_same(tmp_path: Path) -> None:
    texts = ["ask Zo\\u00eb\\nBerg", "ask zo\u00eb  berg", "ask Zoe Berg", "Berg and Zo\u00eb", "1e3 zo\u00eb berg"]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(f'{{"text": "{text}"}}\n' for text in texts) + '{"text": "no", "number": 4.2e3}\n')
    data = DataSpec(path=str(file))
    assert [one.row for one in pointed.places(data, [("Zo\u00eb Berg", "PERSON")])] == [0, 1, 4]
    assert [one.row for one in pointed.places(data, [("4200", "ID"), ("no", "ID")])] == [5]
    assert pointed.texts_of_row(data, 2) == [("text", "ask Zoe Berg")]


def test_what_a_finding_covers_is_not_found_again(project: Project) -> None:
    with FindingsStore(project.findings_file) as store:
        assert find(store, project, "Lindqvist", "PERSON").places == 0
        assert store.undo() is None
        with pytest.raises(UsageError):
            find(store, project, "...", "PERSON")


def test_a_new_scan_applies_everything_again_and_undo_still_works(project: Project) -> None:
    def scan_again(store: FindingsStore) -> None:
        from engine.privacy.intake import Intake

        facts = {key: store.meta(key) or "" for key in ("source_sha256", "profile", "known", "scan_id")}
        intake = Intake(store)
        intake.begin()
        intake.add(findings())
        intake.finish(facts, own=pointed.places(data_of(project), edits.own_values(store)))

    def texts(store: FindingsStore) -> list[tuple[object, ...]]:
        """The same without numbers, which a scan gives anew."""
        query = "SELECT v.entity, v.value, f.row, f.field, f.start, f.end, f.before, f.match, f.after, f.decision"
        query += " FROM findings f JOIN vals v ON v.id = f.value_id ORDER BY 3, 4, 5, 1"
        return store.query(query)

    with FindingsStore(project.findings_file) as store:
        maya = row(store, "Maya Lindqvist")
        ends = edits.ends_of("", "Maya Lindqvist", "", 0, -10)
        assert ends is not None
        start = texts(store)
        edits.move_ends(store, maya.id, ends)
        edits.retype(store, row(store, "Maya").id, "USERNAME")
        place = store.places(row(store, "Maya", "USERNAME").id)[0]
        store.decide_place(place.id, "keep", "person")
        find(store, project, "sticker", "PERSON")
        find(store, project, "custom one", "SECRET")
        after = texts(store)
        scan_again(store)
        assert texts(store) == after
        for _ in range(4):
            assert store.undo()
        if store.undo():
            assert store.undo() is None
        assert texts(store) == start
        # An own finding was taken back after a scan: the gate must ask for a scan.
        assert store.meta("known") == "own findings taken back"


def test_rules_decide_what_nobody_decided_and_go_when_removed(project: Project) -> None:
    with FindingsStore(project.findings_file) as store:
        before = state(store)
        store.decide_values([row(store, "Uppsala").id], "hide", "person")
        below = rules.make_rule(kind="below", action="keep", entity="PERSON", score=0.9)
        assert rules.preview(store, below).values == 1
        assert rules.add_rule(store, below) == 1
        assert (row(store, "May").decision, row(store, "May").by) == ("keep", "rule")
        pattern = rules.make_rule(kind="pattern", action="keep", text="^Upp")
        assert rules.preview(store, pattern).stays == 1
        assert rules.add_rule(store, pattern) == 0
        assert row(store, "Uppsala").decision == "hide"
        value = rules.make_rule(kind="value", action="keep", text="uppsala")
        assert rules.add_rule(store, value) == 1
        assert (row(store, "Uppsala").decision, row(store, "Uppsala").by) == ("keep", "rule")
        assert store.counts_by_decider()["rule"] == 7  # May 3, Uppsala 2, and what is certain by its form
        assert [kept.rule for kept in rules.rules_of(store)] == [below, pattern, value]
        assert rules.remove_rule(store, rules.rules_of(store)[0].id) == 1
        assert row(store, "May").decision is None
        assert len(rules.rules_of(store)) == 2
        assert store.undo()
        assert row(store, "May").decision == "keep"
        for _ in range(4):
            assert store.undo()
        assert state(store) == before
        assert rules.rules_of(store) == []


def test_hiding_wins_and_a_rule_about_a_field_yields_to_a_person(project: Project) -> None:
    with FindingsStore(project.findings_file) as store:
        rules.add_rule(store, rules.make_rule(kind="pattern", action="hide", text="maya"))
        field = rules.make_rule(kind="field", action="keep", text="messages.*.content", role="assistant")
        shown = rules.preview(store, field)
        changed = rules.add_rule(store, field)
        assert changed == shown.places > 0
        kept = {finding.value for finding in store.findings() if finding.action == "keep"}
        assert "Maya Lindqvist" not in kept
        assert "14 Rosewood Ct" in kept
        store.decide_values([row(store, "14 Rosewood Ct").id], "hide", "person")
        assert not [f for f in store.findings() if f.value == "14 Rosewood Ct" and f.action == "keep"]
        assert store.undo()
        assert [f for f in store.findings() if f.value == "14 Rosewood Ct" and f.action == "keep"]


def test_rules_are_applied_to_the_next_scan(project: Project) -> None:
    with FindingsStore(project.findings_file) as store:
        rules.add_rule(store, rules.make_rule(kind="value", action="keep", text="Uppsala"))
    scan(project, [one for one in findings() if one.value != "May"])
    with FindingsStore(project.findings_file) as store:
        assert (row(store, "Uppsala").decision, row(store, "Uppsala").by) == ("keep", "rule")


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "pattern", "action": "keep", "text": "("},
        {"kind": "pattern", "action": "keep", "text": "x*"},
        {"kind": "value", "action": "keep", "text": " "},
        {"kind": "below", "action": "keep", "entity": "PERSON"},
        {"kind": "below", "action": "keep", "entity": "PERSON", "score": 2},
        {"kind": "value", "action": "burn", "text": "a"},
        {"kind": "value", "action": "keep", "text": "a", "more": 1},
    ],
)
def test_a_bad_rule_is_refused(content: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        rules.make_rule(**content)


def test_patterns_are_offered() -> None:
    assert rules.pattern_for("fan@example.org", "EMAIL_ADDRESS") == r"@example\.org$"
    assert rules.pattern_for("AB-12 3", "GOVERNMENT_ID") == r"^AB\-\d+ \d+$"
    assert rules.pattern_for("Tulip63", "SECRET") == "^Tu.+$"
    assert rules.field_key("messages.12.content") == "messages.*.content"


def test_the_bound_is_exact() -> None:
    assert blind.upper_bound(0, 300) == pytest.approx(1 - 0.05 ** (1 / 300))
    assert blind.upper_bound(0, 300) < 0.01
    assert blind.upper_bound(0, 0) == 1.0
    assert blind.upper_bound(5, 5) == 1.0
    for leaks, count in ((1, 300), (3, 50), (17, 120)):
        bound = blind.upper_bound(leaks, count)
        below = sum(math.comb(count, k) * bound**k * (1 - bound) ** (count - k) for k in range(leaks + 1))
        assert below == pytest.approx(0.05, rel=1e-6)


def test_suspicious_rows_and_the_sample(project: Project) -> None:
    scan(project, [one for one in findings() if one.row in (0, 2)])
    with FindingsStore(project.findings_file) as store:
        survey = blind.look(store, data_of(project), 3)
        assert (survey.clean_rows, survey.size) == (len(CHATS) - 2, 3)
        listed = blind.suspicious_rows(store)
        assert survey.suspicious == len(listed)
        assert any("many digits" in one.signs for one in listed)
        sample = blind.sample_rows(store)
        assert len({one.row for one in sample}) == 3
        assert blind.sample_facts(store) is None
        blind.judge(store, 0, "clean")
        blind.judge(store, 1, "leak")
        facts = blind.sample_facts(store)
        assert facts is not None
        assert (facts.looked_at, facts.leaks) == (2, 1)
        assert facts.as_dict()["at_most"] == pytest.approx(blind.upper_bound(1, 2), abs=1e-6)
        assert store.undo() == f"row {sample[1].row + 1} of the sample is leak"
        facts = blind.sample_facts(store)
        assert facts is not None
        assert facts.leaks == 0
        again = blind.look(store, data_of(project), 10)
        assert (again.draw, again.size) == (2, len(CHATS) - 2)
        for one in blind.sample_rows(store):
            blind.judge(store, one.position, "clean")
        facts = blind.sample_facts(store)
        assert facts is not None
        assert facts.bound == 0.0  # every row was read
        find(store, project, "live at", "PERSON")
        assert len(blind.suspicious_rows(store)) < len(listed)
        assert blind.count_suspicious(store, again) == len(blind.suspicious_rows(store))


def test_where_a_row_looks_suspicious() -> None:
    texts = [("a", "the blue scarf please, my friend Zuzka asked"), ("b", "nothing here")]
    assert blind.first_sign(texts) == ("a", texts[0][1].index("Zuzka"))
    assert blind.first_sign([("a", "hello"), ("b", "write me at 070 123 45 67")]) == ("b", 12)
    assert blind.first_sign([("a", "hello")]) == ("a", 0)
    assert blind.first_sign([]) == ("", 0)
