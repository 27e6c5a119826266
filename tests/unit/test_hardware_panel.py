"""The hardware panel as lines: it fits, whatever the machine has."""

from __future__ import annotations

import pytest

from engine.hardware.host import HostReading
from engine.hardware.nvml import GpuReading
from tui.charset import ASCII, UNICODE, Glyphs
from tui.widgets.hardware import panel_lines

GIB = 1024**3
HOST = HostReading("box", 14.0, 9 * GIB, 31 * GIB, 212 * 10**9, (0.0, 1.0))
GOOD = GpuReading(0, "RTX 4090", int(13.6 * GIB), 24 * GIB, 97, 71, 402.0, 450.0, int(13.2 * GIB))
LOST = GpuReading(1, "RTX 4090", trouble="lost: the driver cannot reach it any more")


def lines(
    gpus: list[GpuReading] | None, width: int = 18, height: int = 14, why: str = "", chosen: Glyphs = UNICODE
) -> list[str]:
    shown = panel_lines(gpus, why, HOST, width, height, chosen, job_bytes=3 * GIB)
    return [line.plain for line in shown]


@pytest.mark.parametrize("chosen", [UNICODE, ASCII])
@pytest.mark.parametrize("width", [18, 32])
@pytest.mark.parametrize("height", [3, 9, 14, 30])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 8])
def test_any_machine_fits_the_panel(count: int, height: int, width: int, chosen: Glyphs) -> None:
    gpus = [GpuReading(index, "A100") for index in range(count)]
    for readings in (gpus, [GOOD, LOST][:count], None):
        drawn = lines(readings, width, height, "No NVIDIA driver on this machine.", chosen)
        assert len(drawn) <= height
        assert max((len(line) for line in drawn), default=0) <= width
        if chosen is ASCII:
            assert all(line.isascii() for line in drawn)


def test_values_stand_at_the_right_edge() -> None:
    drawn = lines([GOOD])
    assert drawn[:2] == ["GPU 0  RTX 4090   ", "memory   13.6/24.0"]
    assert "busy          97 %" in drawn
    assert "ours      13.2 GiB" in drawn


def test_the_memory_bar_has_its_line_until_it_is_crossed() -> None:
    assert UNICODE.limit in lines([GOOD])[2]
    full = GpuReading(0, "RTX 4090", 23 * GIB, 24 * GIB)
    assert lines([full])[2].endswith(UNICODE.stale)


def test_what_is_not_known_is_a_dash_and_a_lost_gpu_is_said() -> None:
    drawn = "\n".join(lines([LOST], height=20))
    assert f"{UNICODE.dash}/{UNICODE.dash}" in drawn
    assert f"{UNICODE.dash} %" in drawn
    assert "✗ lost" in drawn


def test_no_driver_is_a_sentence_and_the_processor_takes_its_place() -> None:
    drawn = lines(None, why="No NVIDIA driver on this machine.")
    words = " ".join(" ".join(drawn).split())
    assert words.startswith("No NVIDIA driver on this machine: training runs on the CPU.")
    assert "ours       3.0 GiB" in drawn
    assert "disk   212 GB free" in drawn
