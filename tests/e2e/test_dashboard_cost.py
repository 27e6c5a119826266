"""The dashboard keeps its promise to the line and to the processor, measured over a pty."""

from __future__ import annotations

import pytest

from tests.bench.dashboard_bandwidth import MOST_BYTES_PER_S, MOST_CPU_SHARE, measure


@pytest.mark.slow
def test_the_dashboard_writes_little_and_costs_little() -> None:
    measured = measure(15.0)
    assert 0 < measured.bytes_per_s < MOST_BYTES_PER_S
    assert measured.cpu_share < MOST_CPU_SHARE
