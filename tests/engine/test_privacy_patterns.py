"""Rules whose pattern would run for years: a message, and nothing is lost."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.privacy import rules
from engine.privacy.rules import make_rule
from engine.privacy.store import FindingsStore
from tests.tui.findings import place, private_project, scan

LONG = "a" * 60 + "!"


@pytest.fixture
def store(tmp_path: Path) -> FindingsStore:
    project = private_project(tmp_path / "p", scanned=False)
    texts = ["see Maya today", f"key {LONG} here"]
    found = [place(0, 0, texts[0], 4, 8, "PERSON", 0.9), place(1, 0, texts[1], 4, 4 + len(LONG), "ID", 0.9)]
    scan(project, found)
    return FindingsStore(project.findings_file)


def decisions(store: FindingsStore) -> list[tuple[str, str | None]]:
    return [(row.value, row.decision) for row in store.values(0, 10)]


@pytest.mark.parametrize("pattern", ["(a|aa)+$", "^(a|aa|aaa)+b"])
def test_a_pattern_that_runs_for_ever_is_given_up(store: FindingsStore, pattern: str) -> None:
    good = make_rule(kind="pattern", action="keep", text="^May")
    assert rules.add_rule(store, good) == 1
    before = decisions(store)
    slow = make_rule(kind="pattern", action="hide", text=pattern)
    began = time.monotonic()
    for ask in (rules.preview, rules.add_rule):
        with pytest.raises(UsageError) as caught:
            ask(store, slow)
        assert caught.value.error_code == "slow_pattern"
        assert pattern in caught.value.what
    assert time.monotonic() - began < 20
    assert decisions(store) == before
    assert [kept.rule for kept in rules.rules_of(store)] == [good]
    store.close()


def test_all_values_together_have_a_limit(store: FindingsStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_ALL_SECONDS", 0.0)
    with pytest.raises(UsageError, match="takes too long"):
        rules.preview(store, make_rule(kind="pattern", action="hide", text="Maya"))
    store.close()


def test_patterns_mean_what_they_meant(store: FindingsStore) -> None:
    for pattern in (r"^\w{4}$", "(?i)MAYA", r"y\D$"):
        rule = make_rule(kind="pattern", action="keep", text=pattern)
        assert rules.preview(store, rule).examples == ("Maya",)
    for broken in ("(a", "[", "*", "a{2,1}"):
        with pytest.raises(UsageError):
            make_rule(kind="pattern", action="keep", text=broken)
    store.close()
