"""What the tests of the privacy pages share: the wizard opened there, and what stands on the screen and on disk."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from engine.files import sha256_of
from engine.privacy.findings import Action, ValueRow
from engine.privacy.operators import operators_of
from engine.privacy.profiles import load_profile
from engine.privacy.store import FindingsStore
from engine.project import Project
from engine.spec import ProjectSpec
from engine.steps import take_step
from tests.tui.conftest import until, wizard
from tui.screens.frame import SpeakLine
from tui.screens.privacy import PrivacyScreen
from tui.widgets.value_list import ValueList


@asynccontextmanager
async def opened(project: Project, size: tuple[int, int] = (80, 24), page: str = "review") -> AsyncIterator[Pilot[int]]:
    """The wizard on the privacy step, settled on a page."""
    app = wizard()
    async with app.run_test(size=size) as pilot:
        app.open_place(project, "privacy")
        await until(pilot, lambda: isinstance(app.screen, PrivacyScreen) and app.screen.is_mounted, "the screen")
        screen = screen_of(pilot)
        await until(pilot, lambda: screen.page == page, f"the page {page}")
        await until(pilot, lambda: not [one for one in screen.workers if one.group == "settle"], "the gate's answer")
        await pilot.pause()
        yield pilot


def screen_of(pilot: Pilot[Any]) -> PrivacyScreen:
    screen = next(one for one in pilot.app.screen_stack if isinstance(one, PrivacyScreen))
    return screen


def said(pilot: Pilot[Any]) -> str:
    return screen_of(pilot).query_one(SpeakLine).words


def marked(pilot: Pilot[Any]) -> ValueRow:
    row = screen_of(pilot).query_one(ValueList).current
    assert row is not None
    return row


def decision(project: Project, value: str) -> Action | None:
    with FindingsStore(project.findings_file) as store:
        return next(row for row in store.values(0, 100) if row.value == value).decision


def text_of(pilot: Pilot[Any]) -> str:
    """What stands on the screen, as text."""
    screen = pilot.app.screen
    lines = screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in lines)


def add_row(project: Project) -> None:
    """The creator goes on collecting."""
    data = project.load().data
    assert data is not None
    with Path(data.path).open("a") as file:
        file.write('{"messages": []}\n')


def redacted(project: Project, **report: Any) -> None:
    """The project as a redaction leaves it."""
    file = project.root / "privacy" / "redacted.jsonl"
    file.write_text('{"messages": []}\n')
    with FindingsStore(project.findings_file) as store:
        fingerprint, source = store.fingerprint(), store.meta("source_sha256")

    def record(spec: ProjectSpec) -> ProjectSpec:
        changed = {
            "path": "privacy/redacted.jsonl",
            "sha256": sha256_of(file),
            "source_sha256": source,
            "decisions": fingerprint,
            "made_with": operators_of(spec.redaction, load_profile(spec.redaction.profile)).fingerprint(),
            "residual": 0,
        }
        spec = spec.model_copy(update={"redaction": spec.redaction.model_copy(update=changed)})
        return take_step("privacy", spec)

    project.update(record)
    content = {
        "original": {"rows": 6},
        "redacted": {"rows": 6},
        "findings": {"total": 16, "rows": 6},
        "replaced": {"PERSON": 7, "EMAIL_ADDRESS": 1, "LOCATION": 2},
        "left_out": {"unreadable": 0, "duplicates": 1},
        "found_by_second_look": 2,
        "decisions": {"findings_by": {"person": 3, "rule": 2, "default": 11}},
        "literal_search": {"values": 9, "hits": 0},
        "residual": {"count": 0},
    }
    project.proof_file.write_text(json.dumps({**content, **report}))
