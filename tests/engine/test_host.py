"""The readings of the machine itself."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

from engine.hardware.host import HostSampler, read_host
from engine.machine import hostname


def test_a_reading_has_everything_but_the_load(tmp_path: Path) -> None:
    reading = read_host(tmp_path)
    assert reading.hostname == hostname()
    assert 0 < reading.ram_used < reading.ram_total
    assert reading.disk_free is not None
    assert reading.cpu_percent is None


def test_the_load_is_that_of_the_time_between(tmp_path: Path) -> None:
    now = read_host(tmp_path)
    idle = replace(now, cpu_times=(now.cpu_times[0], now.cpu_times[1] - 10))
    busy = replace(now, cpu_times=(now.cpu_times[0] - 10, now.cpu_times[1] - 10))
    low, high = read_host(tmp_path, idle).cpu_percent, read_host(tmp_path, busy).cpu_percent
    assert low is not None
    assert high is not None
    assert 0 <= low < high <= 100


def test_a_folder_that_is_not_there_yet_counts_by_its_parent(tmp_path: Path) -> None:
    assert read_host(tmp_path / "a" / "b").disk_free is not None


def test_the_sampler_reads_and_ends(tmp_path: Path) -> None:
    sampler = HostSampler(tmp_path, interval_s=0.01)
    assert sampler.latest() is None
    sampler.start()
    waiting = threading.Event()
    while (reading := sampler.latest()) is None or reading.cpu_percent is None:
        waiting.wait(0.005)
    assert sampler.close(5.0)
