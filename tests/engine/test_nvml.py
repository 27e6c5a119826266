"""The sampler against a small driver library of our own, through the real pynvml, in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

GIB = 1024**3

READ = """
import dataclasses, json, sys, threading
from engine.hardware.nvml import NvmlSampler

wanted = int(sys.argv[1])
sampler = NvmlSampler(interval_s=0.01, pid=int(sys.argv[2]) or None)
assert "pynvml" not in sys.modules
sampler.start()
seen, out = None, []
waiting = threading.Event()
for _ in range(1000):
    latest = sampler.latest()
    if latest is not None and latest is not seen:
        seen = latest
        out.append([dataclasses.asdict(gpu) for gpu in latest])
    if len(out) >= wanted or sampler.why_not:
        break
    waiting.wait(0.005)
print(json.dumps({"readings": out, "why_not": sampler.why_not, "closed": sampler.close(5.0)}))
"""


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the fake `libnvidia-ml.so.1`."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    assert compiler, "the tests of the GPU panel need a C compiler (apt install gcc)"
    folder = tmp_path_factory.mktemp("nvml")
    source = Path(__file__).parent / "fake_nvml.c"
    library = folder / "libnvidia-ml.so.1"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
    return folder


def run(driver: Path, script: str = READ, readings: int = 3, pid: int = 0, **settings: str) -> dict[str, Any]:
    environment = {**os.environ, **{f"FAKE_NVML_{name}": value for name, value in settings.items()}}
    environment["LD_LIBRARY_PATH"] = str(driver)
    done = subprocess.run(
        [sys.executable, "-c", script, str(readings), str(pid)],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return dict(json.loads(done.stdout))


def test_two_gpus_are_read(driver: Path, tmp_path: Path) -> None:
    mark = tmp_path / "shut-down"
    told = run(driver, MARK=str(mark))
    first, second = told["readings"][0]
    assert first == {
        "index": 0,
        "name": "RTX 4090",
        "memory_used": 13 * GIB,
        "memory_total": 24 * GIB,
        "utilisation": 97,
        "temperature": 71,
        "power_w": 402.5,
        "power_limit_w": 450.0,
        "ours_bytes": None,
        "throttled": "",
        "trouble": "",
    }
    assert (second["index"], second["temperature"]) == (1, 72)
    assert told["why_not"] == ""
    assert told["closed"]
    assert mark.exists()


def test_a_gpu_that_is_lost_midway_shows_nothing_and_the_other_goes_on(driver: Path) -> None:
    readings = run(driver, readings=6, LOST="2")["readings"]
    assert [second["memory_used"] for _, second in readings][:2] == [14 * GIB, 14 * GIB]
    first, second = readings[-1]
    assert first["memory_used"] == 13 * GIB
    assert second["name"] == "RTX 4090"
    values = ("memory_used", "memory_total", "utilisation", "temperature", "power_w", "ours_bytes")
    assert [second[value] for value in values] == [None] * len(values)
    assert second["trouble"] == "lost: the driver cannot reach it any more"


def test_no_power_readings_is_no_trouble(driver: Path) -> None:
    first, _ = run(driver, NO_POWER="1")["readings"][0]
    assert first["power_w"] is None
    assert first["power_limit_w"] is None
    assert first["utilisation"] == 97
    assert first["trouble"] == ""


def test_a_driver_that_is_not_loaded_is_said(driver: Path) -> None:
    told = run(driver, NO_DRIVER="1")
    assert told["readings"] == []
    assert told["why_not"] == "The NVIDIA driver is installed but not loaded."
    assert told["closed"]


def test_no_driver_is_said(tmp_path: Path) -> None:
    # An empty file in its place keeps the loader from a driver that this machine may have.
    (tmp_path / "libnvidia-ml.so.1").touch()
    assert run(tmp_path)["why_not"] == "No NVIDIA driver on this machine."


def test_no_gpu_is_said(driver: Path) -> None:
    assert run(driver, COUNT="0")["why_not"] == "The NVIDIA driver is there, but it sees no GPU."


def test_a_name_that_is_no_text_costs_only_the_name(driver: Path) -> None:
    first, _ = run(driver, BAD_NAME="1")["readings"][0]
    assert first["name"] is None
    assert first["memory_used"] == 13 * GIB


@pytest.mark.parametrize(
    ("bits", "words"), [("1", ""), ("4", "held by its power limit"), ("36", "slowed down: too hot")]
)
def test_throttling_is_told_in_words(driver: Path, bits: str, words: str) -> None:
    assert run(driver, THROTTLE=bits)["readings"][0][0]["throttled"] == words


def test_ours_is_the_memory_of_the_jobs_process_group(driver: Path) -> None:
    job = subprocess.Popen(
        ["sh", "-c", "sleep 60 & echo $!; wait"], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert job.stdout is not None
        child = int(job.stdout.readline())
        listed = f"{job.pid}:1000,{child}:200,{os.getpid()}:40"
        told = run(driver, pid=job.pid, PIDS=listed, GRAPHICS=f"{child}:200,1:7")
        first, second = told["readings"][0]
        assert first["ours_bytes"] == 1200
        assert second["ours_bytes"] == 0
    finally:
        os.killpg(job.pid, 9)
        job.communicate()


def test_processes_of_another_pid_space_leave_ours_unknown(driver: Path) -> None:
    nobody = 2**22 + 5
    assert run(driver, pid=os.getpid(), PIDS=f"{nobody}:5")["readings"][0][0]["ours_bytes"] is None


HANG = """
import json, sys, threading
from engine.hardware import nvml

sampler = nvml.NvmlSampler(interval_s=0.01)
sampler.start()
waiting = threading.Event()
# On a machine with much to do the first reading may take longer than the patience of this test.
while int(sys.argv[1]) and not sampler.latest():
    waiting.wait(0.005)
nvml.SILENCE_S = 0.05
while not sampler.why_not:
    waiting.wait(0.005)
latest = sampler.latest()
print(json.dumps({
    "why_not": sampler.why_not,
    "values": latest and [[gpu.memory_used, gpu.name, gpu.trouble] for gpu in latest],
    "closed": sampler.close(0.05),
}))
"""


def test_a_call_that_hangs_leaves_dashes_and_the_program_ends(driver: Path) -> None:
    told = run(driver, HANG, 1, HANG="4")
    assert told["why_not"].startswith("The NVIDIA driver has not answered for")
    assert told["values"] == [[None, "RTX 4090", "does not answer"]] * 2
    assert not told["closed"]


def test_a_driver_that_hangs_from_the_start_is_said(driver: Path) -> None:
    told = run(driver, HANG, 0, HANG_INIT="1")
    assert told["why_not"].startswith("The NVIDIA driver has not answered for")
    assert told["values"] is None
