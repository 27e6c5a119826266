"""Some bad runs of the library made anew: the live watch catches them while they go."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.jobs.events import EndEvent
from engine.jobs.reader import read_events
from tests.engine.live import open_gates, plain_project, train_here
from tests.engine.run_library import BAD

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning", "ignore::DeprecationWarning"),
]


@pytest.mark.parametrize("name", ["inert_adapter", "eos_masked", "disk_full", "rate_zero"])
def test_a_bad_run_is_caught_while_it_goes(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_gates(monkeypatch)
    run = BAD[name]
    job = train_here(plain_project(tmp_path, 40, **run.recipe), fault=run.fault, rows=run.rows, **run.spec)
    caught = [alert for alert in job.snapshot.alerts if alert.rule == run.rule]
    assert caught, (job.snapshot.end, [alert.rule for alert in job.snapshot.alerts])
    assert isinstance(read_events(job.folder.events_file)[-1], EndEvent)
    assert all(alert.severity == run.severity for alert in caught)
    assert all((alert.step or 0) <= run.by_step for alert in caught)
