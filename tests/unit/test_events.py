"""The event file: whole lines, no gaps in seq, readable while it is written and after a crash."""

from __future__ import annotations

import errno
import json
import os
import threading
from pathlib import Path

import pytest

from engine.jobs.emit import EventWriter
from engine.jobs.events import (
    FailedEvent,
    FinishedEvent,
    HeartbeatEvent,
    PhaseEvent,
    ProgressEvent,
    StepEvent,
    UnknownEvent,
    parse_line,
)
from engine.jobs.reader import EventTail, read_events

STEP = StepEvent(step=1, steps=9, epoch=0.1, epochs=1, loss=2.5, learning_rate=1e-4, tokens_per_second=80, tokens=100)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def written(file: Path, *texts: str) -> EventWriter:
    writer = EventWriter(file)
    for text in texts:
        writer.emit(PhaseEvent(name=text, text=text))
    return writer


def test_a_line_is_an_object_with_version_number_time_and_kind(file: Path) -> None:
    writer = EventWriter(file)
    writer.emit(STEP.model_copy())
    writer.close()
    line = json.loads(file.read_text())
    assert list(line)[:3] == ["v", "seq", "t"]
    assert (line["v"], line["seq"], line["kind"], line["loss"]) == (1, 0, "step", 2.5)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_none_survive(file: Path, value: float) -> None:
    writer = EventWriter(file)
    writer.emit(STEP.model_copy(update={"loss": value}))
    writer.close()
    [event] = read_events(file)
    assert isinstance(event, StepEvent)
    assert event.loss == pytest.approx(value, nan_ok=True)


@pytest.mark.parametrize("text", ["caf\udce9.jsonl", "half \ud83d"])
def test_half_a_character_keeps_no_end_from_being_told(file: Path, text: str) -> None:
    writer = EventWriter(file)
    writer.emit(PhaseEvent(name="reading", text=text))
    writer.emit_last(FailedEvent(code="data", title="Bad.", what=text))
    writer.close()
    first, last = read_events(file)
    assert isinstance(last, FailedEvent)
    assert (first.seq, last.seq, last.what) == (0, 1, text.encode("utf-8", "replace").decode())


def test_further_fields_of_the_end_are_the_result(file: Path) -> None:
    writer = EventWriter(file)
    writer.emit(FinishedEvent.model_validate({"adapter_dir": "/a", "train_loss": 1.5}))
    writer.close()
    [event] = read_events(file)
    assert event.model_extra == {"adapter_dir": "/a", "train_loss": 1.5}


def test_a_torn_last_line_waits_until_it_is_whole(file: Path) -> None:
    written(file, "one", "two").close()
    whole = file.read_bytes()
    file.write_bytes(whole[:-9])
    tail = EventTail(file)
    assert [event.seq for event in tail.read()] == [0]
    assert tail.read() == []
    file.write_bytes(whole)
    assert [event.seq for event in tail.read()] == [1]


def test_a_writer_goes_on_after_a_torn_line(file: Path) -> None:
    written(file, "one", "two").close()
    file.write_bytes(file.read_bytes()[:-9])
    written(file, "three", "four").close()
    assert [event.seq for event in read_events(file)] == [0, 1, 2]


def test_unknown_kinds_and_fields_are_kept_and_garbage_is_not(file: Path) -> None:
    lines = [
        '{"v":7,"seq":0,"t":1,"kind":"telepathy","thought":"hm"}',
        '{"v":1,"seq":1,"t":1,"kind":"phase","name":"a","text":"b","colour":"red"}',
        "not json",
        '["a list"]',
        '{"no":"kind"}',
        '{"kind":3}',
        '{"v":1,"seq":2,"t":1,"kind":"step","step":"not a number"}',
        "",
    ]
    file.write_text("\n".join(lines) + "\n")
    events = read_events(file)
    assert isinstance(events[0], UnknownEvent)
    assert events[0].model_extra == {"thought": "hm"}
    assert isinstance(events[1], PhaseEvent)
    assert isinstance(events[2], UnknownEvent), "a known kind of another shape is from another version"
    assert [event.seq for event in events] == [0, 1, 2]
    assert parse_line(b"\xff\xfe\x00") is None


def test_a_reader_starts_again_when_the_file_was_replaced(file: Path, tmp_path: Path) -> None:
    written(file, "one", "two", "three").close()
    tail = EventTail(file)
    assert len(tail.read()) == 3
    other = tmp_path / "other.jsonl"
    written(other, "new").close()
    os.replace(other, file)
    assert [event.seq for event in tail.read()] == [0]


def test_a_file_that_is_not_there_yet_is_empty(file: Path) -> None:
    tail = EventTail(file)
    assert tail.read() == []
    written(file, "one").close()
    assert len(tail.read()) == 1


def test_many_threads_leave_no_gap_and_no_mixture(file: Path) -> None:
    writer = EventWriter(file)

    def write() -> None:
        for number in range(100):
            writer.emit(ProgressEvent(done=number, unit="x" * 200))

    threads = [threading.Thread(target=write) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    lines = file.read_bytes().splitlines()
    assert [json.loads(line)["seq"] for line in lines] == list(range(1200))


def test_heartbeats_are_not_work(file: Path) -> None:
    writer = written(file, "one")
    before = writer.last_work
    writer.emit(HeartbeatEvent(quiet_s=0))
    assert writer.last_work == before
    writer.emit(PhaseEvent(name="a", text="a"))
    assert writer.last_work > before
    writer.close()


class FullDisk:
    """Stands in for `os.write`: writes while there is room, tears a line where it ends, then ENOSPC."""

    def __init__(self, room: int) -> None:
        self.room, self.write = room, os.write

    def __call__(self, descriptor: int, content: bytes) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = self.write(descriptor, content[: self.room])
        self.room -= written
        return written


def test_a_full_disk_loses_no_event(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = written(file, "one")
    disk = FullDisk(room=30)
    monkeypatch.setattr(os, "write", disk)
    for text in ("two", "three", "four"):
        writer.emit(PhaseEvent(name=text, text=text))
    assert not file.with_name(".reserve").exists(), "the reserve was given back"
    assert len(read_events(file)) == 1
    disk.room = 1_000_000
    writer.emit(FinishedEvent())
    writer.close()
    assert [event.seq for event in read_events(file)] == [0, 1, 2, 3, 4]


def test_other_errors_of_the_disk_are_not_hidden(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = written(file, "one")

    def broken(descriptor: int, content: bytes) -> int:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", broken)
        with pytest.raises(OSError, match="Input/output"):
            writer.emit(PhaseEvent(name="two", text="two"))
    writer.close()


def test_the_file_and_its_reserve_are_private(file: Path) -> None:
    before = os.umask(0o077)
    try:
        writer = written(file, "one")
        assert file.stat().st_mode & 0o777 == 0o600
        writer.close()
        assert not file.with_name(".reserve").exists()
    finally:
        os.umask(before)
