"""The dashboard keeps its promise to the line, measured over a pty. What it costs the processor is a benchmark."""

from __future__ import annotations

import pytest

from tests.bench.dashboard_bandwidth import MOST_BYTES_PER_S, measure


@pytest.mark.slow
def test_the_dashboard_writes_little() -> None:
    measured = measure(15.0)
    assert 0 < measured.bytes_per_s < MOST_BYTES_PER_S
