"""The findings store: paging, decisions, undo, re-scan, two processes, and speed with 100,000 findings."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import ProjectError, SpecError, UsageError
from engine.privacy.counts import recount_all
from engine.privacy.export import export_findings
from engine.privacy.findings import NewFinding
from engine.privacy.intake import Intake, add_late
from engine.privacy.policy import Policy, accept_all, apply_policy, load_policy
from engine.privacy.schema import VERSION
from engine.privacy.store import FindingsStore


def found(
    row: int, value: str, entity: str = "PERSON", score: float = 0.8, text: str = "t", start: int = 4
) -> NewFinding:
    return NewFinding(
        row,
        "text",
        start,
        start + len(value),
        entity,
        value,
        score,
        "Test",
        "hey ",
        value,
        " bye",
        "user",
        f"{text}{row}",
    )


def fill(store: FindingsStore, findings: list[NewFinding], scan_id: str = "one") -> None:
    intake = Intake(store)
    intake.begin()
    intake.add(findings)
    intake.finish({"scan_id": scan_id, "source_sha256": "abc"})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FindingsStore]:
    with FindingsStore(tmp_path / "privacy" / "findings.sqlite") as made:
        fill(
            made,
            [
                *(found(row, "Maya Lindqvist") for row in range(5)),
                found(7, "May", score=0.42),
                found(8, "Uppsala", "LOCATION", 0.64),
                found(9, "Tulip63$", "SECRET", 0.99),
                found(10, "4111111111111111", "CREDIT_CARD", 1.0),
            ],
        )
        yield made


def ids(store: FindingsStore) -> dict[str, int]:
    return {row.value: row.id for row in store.values(0, 100)}


def test_is_readable_by_the_owner_only(store: FindingsStore) -> None:
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700


def test_summary_and_lists(store: FindingsStore) -> None:
    summary = store.summary()
    assert (summary.findings, summary.values, summary.rows_with_findings) == (9, 5, 9)
    assert summary.by_entity["PERSON"] == 6
    assert summary.decided_values == 1  # the card: its checksum decides
    order = [row.value for row in store.values(0, 10)]
    assert order[0] == "May"
    assert order[-1] == "Uppsala"
    assert store.values(0, 2, order="count")[0].value == "Maya Lindqvist"
    assert [row.value for row in store.values(0, 10, search="maya")] == ["Maya Lindqvist"]
    assert store.count_values(undecided_only=True) == 4


def test_secrets_are_masked_but_found(store: FindingsStore) -> None:
    secret = store.values(0, 10, search="tulip")[0]
    assert "63" not in secret.shown
    assert secret.value == "Tulip63$"


def test_a_search_for_a_wildcard_is_literal(store: FindingsStore) -> None:
    assert store.values(0, 10, search="%") == []
    assert store.values(0, 10, search="_") == store.values(0, 10, search="CREDIT_")


def test_places_carry_their_context(store: FindingsStore) -> None:
    places = store.places(ids(store)["Maya Lindqvist"], 1, 2)
    assert [place.row for place in places] == [1, 2]
    assert (places[0].context_before, places[0].match, places[0].context_after) == ("hey ", "Maya Lindqvist", " bye")
    assert places[0].role == "user"


def test_a_place_beats_its_value_and_nobody_means_hide(store: FindingsStore) -> None:
    maya = ids(store)["Maya Lindqvist"]
    assert {finding.action for finding in store.findings()} == {"hide"}
    store.decide_values([maya], "keep", "person")
    first = store.places(maya)[0]
    store.decide_place(first.id, "hide", "person")
    actions = {finding.row: finding.action for finding in store.findings() if finding.value == "Maya Lindqvist"}
    assert actions == {0: "hide", 1: "keep", 2: "keep", 3: "keep", 4: "keep"}
    assert store.effective(store.places(maya)[0]) == "hide"
    assert store.counts_by_decider() == {"default": 3, "person": 5, "rule": 1}


def test_undo_has_no_limit(store: FindingsStore) -> None:
    before = store.fingerprint()
    known = ids(store)
    store.decide_values([known["May"]], "keep", "person")
    store.decide_values(list(known.values()), "hide", "person")
    store.decide_place(store.places(known["Uppsala"])[0].id, "keep", "person")
    assert store.undo() == "keep Uppsala in row 9 only"
    assert store.undo() == "hide 5 values"
    assert store.values(0, 9, search="May")[0].decision is None or store.undo() == "keep May"
    assert store.undo() in ("keep May", None)
    assert store.undo() is None
    assert store.fingerprint() == before
    assert store.summary().decided_values == 1


def test_the_fingerprint_follows_the_outcome(store: FindingsStore) -> None:
    before = store.fingerprint()
    may = ids(store)["May"]
    store.decide_values([may], "hide", "person")
    assert store.fingerprint() == before, "hiding what was hidden anyway changes nothing"
    store.decide_values([may], "keep", "person")
    assert store.fingerprint() != before


def test_a_new_scan_keeps_decisions(store: FindingsStore) -> None:
    known = ids(store)
    store.decide_values([known["May"]], "keep", "person")
    place = store.places(known["Maya Lindqvist"])[1]
    store.decide_place(place.id, "keep", "person")
    moved = found(1, "Maya Lindqvist")
    fill(store, [found(40, "May", score=0.5), moved, found(50, "New Person")], "two")
    values = {row.value: row for row in store.values(0, 10)}
    assert set(values) == {"May", "Maya Lindqvist", "New Person"}
    assert (values["May"].id, values["May"].decision) == (known["May"], "keep")
    assert {finding.row: finding.action for finding in store.findings()} == {1: "keep", 40: "keep", 50: "hide"}


def test_an_interrupted_scan_changes_nothing(store: FindingsStore) -> None:
    intake = Intake(store)
    intake.begin()
    intake.add([found(1, "Somebody Else")])
    assert store.summary().findings == 9
    fill(store, [found(2, "Third Person")], "two")
    assert [row.value for row in store.values(0, 9)] == ["Third Person"]


def test_late_findings_join_the_others(store: FindingsStore) -> None:
    assert add_late(store, [found(3, "Somebody Else", start=40), found(0, "Maya Lindqvist")]) == 1
    assert store.summary().findings == 10


def test_the_same_text_of_two_types_differs(store: FindingsStore) -> None:
    fill(store, [found(1, "Hope"), found(2, "Hope", "LOCATION"), found(3, "Anna")], "two")
    assert {row.value: row.differs for row in store.values(0, 9)} == {"Hope": True, "Anna": False}


def test_export_writes_one_object_a_finding(store: FindingsStore, tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    assert export_findings(store, target) == 9
    lines = [json.loads(line) for line in target.read_text().splitlines()]
    assert lines[0] == {
        "row": 0, "field": "text", "start": 4, "end": 18, "entity": "PERSON", "score": 0.8, "recogniser": "Test",
    }  # fmt: skip
    assert [line["row"] for line in lines] == sorted(line["row"] for line in lines)


def test_a_file_of_something_else_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "findings.sqlite"
    path.write_bytes(b"not a database at all, " * 100)
    with pytest.raises(ProjectError) as caught:
        FindingsStore(path)
    assert caught.value.error_code == "findings_broken"


def test_a_file_of_a_newer_tunesmith_stays_as_it_is(store: FindingsStore) -> None:
    store.connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(ProjectError) as caught:
        FindingsStore(store.path)
    assert caught.value.error_code == "findings_newer"
    assert store.query("PRAGMA user_version") == [(VERSION + 1,)]


def test_decisions_for_a_place_that_is_gone_are_refused(store: FindingsStore) -> None:
    with pytest.raises(UsageError):
        store.decide_place(999, "hide", "person")


def test_a_policy_decides_in_its_order(store: FindingsStore, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(
        "default: hide\nkeep: ['/^upp/']\nhide: [maya lindqvist]\ntypes: {PERSON: keep}\nbelow: {SECRET: 1.0 -> keep}\n"
    )
    assert apply_policy(store, load_policy(path)) == {"hide": 2, "keep": 3}
    assert {row.value: row.decision for row in store.values(0, 9)} == {
        "May": "keep", "Maya Lindqvist": "hide", "Uppsala": "keep", "Tulip63$": "keep", "4111111111111111": "hide",
    }  # fmt: skip


def test_a_policy_leaves_a_person_alone(store: FindingsStore) -> None:
    store.decide_values([ids(store)["May"]], "keep", "person")
    apply_policy(store, Policy())
    assert store.values(0, 1, search="May")[0].decision == "keep"


def test_accept_all_hides_what_is_left(store: FindingsStore) -> None:
    store.decide_values([ids(store)["May"]], "keep", "person")
    assert accept_all(store) == 3
    assert store.count_values(undecided_only=True) == 0
    assert store.value(ids(store)["May"]) is not None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("defualt: hide", "default"),
        ("types: {PERSON: maybe}", "types.PERSON"),
        ("keep: ['/([/']", "pattern"),
        ("below: {PERSON: 4}", "below.PERSON"),
    ],
)
def test_a_policy_with_an_error_is_explained(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    with pytest.raises(SpecError) as caught:
        load_policy(path)
    assert said in str(caught.value)
    assert "policy.yaml" in str(caught.value)


def test_an_unscanned_store_has_nothing_to_review(tmp_path: Path) -> None:
    with FindingsStore(tmp_path / "f.sqlite") as empty, pytest.raises(UsageError):
        accept_all(empty)


def test_a_hundred_thousand_findings_are_paged(tmp_path: Path) -> None:
    path = tmp_path / "f.sqlite"
    with FindingsStore(path) as made:
        intake = Intake(made)
        intake.begin()
        intake.add(
            found(number // 3, f"Person {number % 40_000}", score=(number % 97) / 100) for number in range(100_000)
        )
        intake.finish({"scan_id": "big"})
    with FindingsStore(path) as made:
        page = made.values(0, 50)
        assert len(page) == 50
        assert made.summary().findings == 100_000
        assert len(made.values(20_000, 50)) == 50
        made.decide_values([page[3].id], "keep", "person")
        assert page[3].id not in [row.id for row in made.values(0, 50, undecided_only=True)]
        assert made.undo()
        assert page[3].id in [row.id for row in made.values(0, 50, undecided_only=True)]


def test_a_second_process_reads_while_one_writes(store: FindingsStore) -> None:
    code = (
        "import sys; from pathlib import Path; from engine.privacy.store import FindingsStore\n"
        "import engine.privacy.policy, engine.privacy.gate, engine.privacy.profiles, engine.privacy.export\n"
        "with FindingsStore(Path(sys.argv[1])) as s: print(s.summary().findings)\n"
        "assert not {'spacy', 'presidio_analyzer', 'torch', 'pyarrow'} & set(sys.modules)"
    )
    with store.lock:
        store.connection.execute("BEGIN IMMEDIATE")
        store.connection.execute("DELETE FROM findings")
        done = subprocess.run(
            [sys.executable, "-c", code, str(store.path)], capture_output=True, text=True, check=False
        )
        store.connection.execute("ROLLBACK")
    assert done.stdout.strip() == "9", done.stderr


def test_opening_twice_in_one_process_loses_no_decision_to_another(store: FindingsStore) -> None:
    asks = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM log').fetchone()[0])"
    with FindingsStore(store.path) as second:
        assert second.scanned()
    # The other process is not the last one to close the file, though this one closed it once.
    for number, value in enumerate(store.values(0, 2), 1):
        store.decide_values([value.id], "keep", "person")
        told = subprocess.run([sys.executable, "-c", asks, store.path], capture_output=True, text=True, check=True)
        assert int(told.stdout) == number
    assert store.path.with_name(f"{store.path.name}-wal").exists()


def test_counting_again_writes_nothing_that_stays(store: FindingsStore) -> None:
    recount_all(store.connection)
    values, writes = "SELECT * FROM vals ORDER BY id", store.connection.total_changes
    before = store.connection.execute(values).fetchall()
    recount_all(store.connection)
    assert store.connection.execute(values).fetchall() == before
    assert store.connection.total_changes - writes == 1, "the totals"
