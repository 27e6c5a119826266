"""Packing and unpacking: whole, private, locked; and every way it can be refused."""

from __future__ import annotations

import io
import json
import os
import struct
import tarfile
import threading
from pathlib import Path

import numpy as np
import pytest
import yaml

from engine import audit
from engine.errors import ModelError, TunesmithError, UsageError
from engine.evaluate.gate import Gate
from engine.files import sha256_of
from engine.jobs.context import JobContext
from engine.jobs.emit import EventWriter
from engine.jobs.events import FailedEvent, FinishedEvent
from engine.jobs.folder import new_job
from engine.jobs.launch import launch
from engine.jobs.process import identity
from engine.jobs.state import JobView, view
from engine.project import Project, create_project
from engine.ship import jobs as jobs_module
from engine.ship.adapter import check_adapter
from engine.ship.locked import MAGIC, LockedReader, LockedWriter
from engine.ship.package import decrypt, pack
from engine.ship.passphrase import read_passphrase
from engine.spec import ModelSpec
from engine.steps import step_statuses
from tests.conftest import wait_until
from tests.tiny_model import make_tiny_model, safetensors_bytes

WORDS = "correct horse battery staple"


def _adapter(folder: Path, b: float = 0.5) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        "base_model.model.x.lora_A.weight": np.ones((4, 8), np.float32),
        "base_model.model.x.lora_B.weight": np.full((8, 4), b, np.float32),
    }
    (folder / "adapter_model.safetensors").write_bytes(safetensors_bytes(weights))
    (folder / "adapter_config.json").write_text(
        json.dumps({"r": 4, "base_model_name_or_path": "/home/jane/secret/base"})
    )
    (folder / "README.md").write_text("the library's own card, license: apache-2.0")
    (folder / "training_args.bin").write_bytes(b"pickle")
    return folder


def _code(error: pytest.ExceptionInfo[TunesmithError]) -> str:
    return error.value.error_code


def _locked(content: bytes, words: str = WORDS) -> bytes:
    target = io.BytesIO()
    with LockedWriter(target, words, cost=2**10) as writer:
        writer.write(content)
    return target.getvalue()


@pytest.mark.parametrize("size", [0, 1, 1024 * 1024, 1024 * 1024 + 1, 3 * 1024 * 1024 + 77])
def test_locked_stream_gives_back_what_went_in(size: int) -> None:
    content = np.random.default_rng(1).bytes(size)
    locked = _locked(content)
    assert content[:64] not in locked or size == 0 or size == 1
    reader = LockedReader(io.BytesIO(locked), WORDS, "x")
    assert reader.read(10) + reader.read() == content


def test_wrong_passphrase_and_every_change_is_told() -> None:
    content = b"abc" * 1_000_000
    locked = _locked(content)
    with pytest.raises(UsageError) as caught:
        LockedReader(io.BytesIO(locked), WORDS + "!", "x.tsmith")
    assert _code(caught) == "wrong_passphrase"
    chunk = 1024 * 1024 + 16
    head = len(locked) - (2 * chunk + len(content) - 2 * 1024 * 1024 + 16)
    swapped = locked[:head] + locked[head + chunk : head + 2 * chunk] + locked[head : head + chunk]
    changes = {
        "one bit": locked[:-50] + bytes([locked[-50] ^ 1]) + locked[-49:],
        "cut inside": locked[:-10],
        "cut between": locked[: head + chunk],
        "swapped": swapped + locked[head + 2 * chunk :],
        "longer": locked + b"x",
    }
    for changed in changes.values():
        with pytest.raises(UsageError) as caught:
            LockedReader(io.BytesIO(changed), WORDS, "x.tsmith").read()
        assert _code(caught) == "changed"


def test_header_is_guarded() -> None:
    locked = _locked(b"abc")
    for broken, code in (
        (b"PK\x03\x04" + locked, "not_locked"),
        (b"", "not_locked"),
        (b"TSMITH99" + locked[8:], "newer_version"),
        (MAGIC + struct.pack(">I", 10**9) + b"{}", "changed"),
        (locked.replace(b'"n": 1024', b'"n": 1023'), "changed"),
        (locked.replace(b'"r": 8', b'"r": 9'), "wrong_passphrase"),
        (locked.replace(b'"scrypt"', b'"argon2"'), "newer_version"),
        (locked.replace(b"AES-256-GCM", b"AES-512-GCM"), "newer_version"),
        (MAGIC + struct.pack(">I", 4000) + b"[" * 4000, "changed"),
    ):
        with pytest.raises(UsageError) as caught:
            LockedReader(io.BytesIO(broken), WORDS, "x").read()
        assert _code(caught) == code


def test_a_header_that_asks_for_too_much_memory_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    locked = _locked(b"abc")

    def no_room(*_: object) -> tuple[bytes, str]:
        raise MemoryError

    monkeypatch.setattr("engine.ship.locked._derive", no_room)
    with pytest.raises(UsageError) as caught:
        LockedReader(io.BytesIO(locked), WORDS, "x")
    assert _code(caught) == "memory"


def _pack(tmp_path: Path) -> Path:
    target = tmp_path / "out.tsmith"
    pack(target, _adapter(tmp_path / "adapter"), "# card", {"r": 4}, WORDS, lambda done, total: None)
    return target


def test_package_and_back(tmp_path: Path) -> None:
    target = _pack(tmp_path)
    assert target.stat().st_mode & 0o777 == 0o600
    files = decrypt(target, WORDS, tmp_path / "new")
    assert sorted(path.name for path in files) == ["README.md", "adapter_config.json", "adapter_model.safetensors"]
    assert (tmp_path / "new" / "README.md").read_text() == "# card"
    weights = "adapter_model.safetensors"
    assert (tmp_path / "new" / weights).read_bytes() == (tmp_path / "adapter" / weights).read_bytes()


def test_nothing_appears_when_unpacking_fails(tmp_path: Path) -> None:
    target = _pack(tmp_path)
    content = target.read_bytes()
    target.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    for words, code in ((WORDS, "changed"), ("another passphrase", "wrong_passphrase")):
        with pytest.raises(UsageError) as caught:
            decrypt(target, words, tmp_path / "new")
        assert _code(caught) == code
    assert sorted(path.name for path in tmp_path.iterdir()) == ["adapter", "out.tsmith"]
    with pytest.raises(UsageError) as caught:
        decrypt(target, WORDS, tmp_path / "adapter")
    assert _code(caught) == "not_empty"


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "adapter/../evil", "adapter/a/b"])
def test_hostile_members_are_refused(tmp_path: Path, name: str) -> None:
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = 3
        tar.addfile(entry, io.BytesIO(b"bad"))
    target = tmp_path / "evil.tsmith"
    target.write_bytes(_locked(inner.getvalue()))
    with pytest.raises(UsageError) as caught:
        decrypt(target, WORDS, tmp_path / "new")
    assert _code(caught) == "unsafe"
    assert [path.name for path in tmp_path.iterdir()] == ["evil.tsmith"]


def test_links_are_refused(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w") as tar:
        entry = tarfile.TarInfo("adapter/link")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(entry)
    target = tmp_path / "evil.tsmith"
    target.write_bytes(_locked(inner.getvalue()))
    with pytest.raises(UsageError) as caught:
        decrypt(target, WORDS, tmp_path / "new")
    assert _code(caught) == "unsafe"


def test_unsound_adapters(tmp_path: Path) -> None:
    assert check_adapter(_adapter(tmp_path / "good")) == 64
    for name, b, code in (
        ("inert", 0.0, "inert"),
        ("nan", float("nan"), "not_finite"),
        ("inf", float("inf"), "not_finite"),
    ):
        with pytest.raises(ModelError) as caught:
            check_adapter(_adapter(tmp_path / name, b))
        assert _code(caught) == code
    with pytest.raises(UsageError) as missing:
        check_adapter(tmp_path / "none")
    assert _code(missing) == "no_adapter"


def test_bfloat16_adapter(tmp_path: Path) -> None:
    for bits, sound in ((0x3F80, True), (0x7F80, False)):
        header = json.dumps({"x.lora_B.weight": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}).encode()
        folder = _adapter(tmp_path / str(bits))
        raw = struct.pack("<Q", len(header)) + header + struct.pack("<HH", bits, 0)
        (folder / "adapter_model.safetensors").write_bytes(raw)
        if sound:
            assert check_adapter(folder) == 2
        else:
            with pytest.raises(ModelError):
                check_adapter(folder)


def test_passphrase_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "words"
    file.write_text(WORDS + "\nsecond line\n")
    file.chmod(0o644)
    with pytest.raises(UsageError) as caught:
        read_passphrase(str(file), None)
    assert _code(caught) == "passphrase_file"
    assert "chmod 600" in caught.value.hint
    file.chmod(0o600)
    assert read_passphrase(str(file), None) == WORDS
    file.write_text(WORDS, encoding="utf-8-sig")
    assert read_passphrase(str(file), None) == WORDS, "a mark of the encoding is no part of it"
    os.mkfifo(tmp_path / "pipe", 0o600)
    writer = os.open(tmp_path / "pipe", os.O_RDWR)
    with pytest.raises(UsageError, match="not a plain file"):
        read_passphrase(str(tmp_path / "pipe"), None)
    os.close(writer)
    monkeypatch.setenv("NO_TEXT", "correct horse \udce9")
    with pytest.raises(UsageError, match="not UTF-8"):
        read_passphrase(None, "NO_TEXT")
    monkeypatch.setenv("MY_WORDS", "short")
    for arguments, code in (
        ((None, "MY_WORDS"), "short_passphrase"),
        ((None, "NOT_SET_AT_ALL"), "no_passphrase"),
        ((None, None), "no_passphrase"),
        ((str(tmp_path / "gone"), None), "passphrase_file"),
    ):
        with pytest.raises(UsageError) as caught:
            read_passphrase(*arguments)
        assert _code(caught) == code


def _project(tmp_path: Path, licence: str = "apache-2.0") -> Project:
    project, spec = create_project(tmp_path / "my voice")
    model = make_tiny_model(tmp_path / "base")
    (model / "README.md").write_text(f"---\nlicense: {licence}\n---\n" if licence else "nothing")
    spec.model = ModelSpec(source=str(model), kind="folder", path=str(model))
    spec.run = "run-1"
    project.save(spec)
    _adapter(project.run_folder("run-1") / "adapter")
    project.evaluation_file("run-1").parent.mkdir()
    report = {"holdout_rows": 20, "base": {"loss": 3.0, "perplexity": 20.1}, "tuned": {"loss": 2.0, "perplexity": 7.39}}
    project.evaluation_file("run-1").write_text(json.dumps(report))
    return project


@pytest.fixture
def open_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate lets everything pass; it has tests of its own."""
    monkeypatch.setattr(jobs_module, "check_gate", lambda project, spec, run: Gate(run, ()))


def _ship(project: Project, **spec: object) -> JobView:
    """Run the job in this process, and end it as the runner would."""
    folder = new_job(project.root, "ship", spec)
    folder.write(folder.read().model_copy(update=identity()))
    context = JobContext(folder, project, spec, EventWriter(folder.events_file))
    try:
        context.emit(FinishedEvent(**jobs_module.run_ship(context)))
    except TunesmithError as error:
        context.emit(FailedEvent(code=error.error_code, title=error.title, exit_code=error.exit_code))
    context.writer.close()
    return view(folder)


def test_a_closed_gate_keeps_it_here(tmp_path: Path) -> None:
    """The real job in its own process: this project was never scanned, and nothing was measured of this adapter."""
    project = _project(tmp_path)
    folder = launch(project.root, "ship", {"encrypt": False})
    wait_until(lambda: not view(folder).active, "the ship job ends")
    end = view(folder).snapshot.end
    assert end is not None
    assert (end.model_dump()["code"], end.model_dump()["exit_code"]) == ("gate_red", 3)
    assert not project.ship_folder.exists()


@pytest.mark.usefixtures("open_gate")
def test_job_ships_with_the_true_licence(tmp_path: Path) -> None:
    project = _project(tmp_path)
    words = tmp_path / "words"
    words.write_text(WORDS)
    words.chmod(0o600)
    job = _ship(project, passphrase_file=str(words))
    assert job.state == "finished", job.folder.log_tail()
    file = Path(job.snapshot.result["file"])
    assert file == project.ship_folder / "my-voice.tsmith"
    decrypt(file, WORDS, tmp_path / "new")
    card = (tmp_path / "new" / "README.md").read_text()
    front = yaml.safe_load(card.split("---")[1])
    assert front["license"] == "apache-2.0"
    assert "2" in card
    assert "| loss | 3 | 2 |" in card
    config = json.loads((tmp_path / "new" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "base"
    everything = b"".join(path.read_bytes() for path in (tmp_path / "new").iterdir())
    assert str(tmp_path).encode() not in everything
    assert b"jane" not in everything
    assert WORDS.encode() not in b"".join(path.read_bytes() for path in project.root.rglob("*") if path.is_file())
    assert [entry.action for entry in audit.entries(project)] == ["shipped"]
    assert audit.verify(project).ok
    assert next(status for status in step_statuses(project.load()) if status.step == "ship").state == "done"


@pytest.mark.usefixtures("open_gate")
def test_unknown_licence_stays_unknown(tmp_path: Path) -> None:
    job = _ship(_project(tmp_path, licence=""), encrypt=False)
    assert job.state == "finished", job.folder.log_tail()
    assert [warning.code for warning in job.snapshot.warnings] == ["licence_unknown"]
    with tarfile.open(job.snapshot.result["file"]) as tar:
        member = tar.extractfile("adapter/README.md")
        assert member is not None
        card = member.read().decode()
    assert "license" not in yaml.safe_load(card.split("---")[1])
    assert "Licence: unknown" in card


@pytest.mark.usefixtures("open_gate")
def test_nothing_leaves_that_could_not_be_recorded(tmp_path: Path) -> None:
    project = _project(tmp_path)
    project.audit_file.write_bytes(b"torn")
    job = _ship(project, encrypt=False)
    assert job.snapshot.end is not None
    assert job.snapshot.end.model_dump()["code"] == "audit_damaged"
    assert list(project.ship_folder.iterdir()) == []


def test_an_adapter_that_was_replaced_after_the_gate_stays_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = _project(tmp_path)

    def gate_and_replace(project: Project, spec: object, run: str) -> Gate:
        _adapter(project.run_folder(run) / "adapter", b=0.7)
        return Gate(run, ())

    monkeypatch.setattr(jobs_module, "check_gate", gate_and_replace)
    job = _ship(project, encrypt=False)
    assert job.snapshot.end is not None
    assert job.snapshot.end.model_dump()["code"] == "changed_meanwhile"
    assert list(project.ship_folder.iterdir()) == []
    assert audit.entries(project) == []


@pytest.mark.usefixtures("open_gate")
def test_the_record_names_the_package_as_it_is(tmp_path: Path) -> None:
    project = _project(tmp_path)
    job = _ship(project, encrypt=False)
    file = Path(job.snapshot.result["file"])
    [entry] = audit.entries(project)
    assert entry.details["sha256"] == job.snapshot.result["sha256"] == sha256_of(file)
    assert entry.details["bytes"] == file.stat().st_size


def test_job_needs_a_run_and_a_passphrase(tmp_path: Path) -> None:
    project = _project(tmp_path)
    for spec, code in (({}, "no_passphrase"), ({"run": "../x", "encrypt": False}, "no_run")):
        job = _ship(project, **spec)
        assert job.snapshot.end is not None
        assert job.snapshot.end.model_dump()["code"] == code
    assert not project.ship_folder.exists()


def test_writer_threads_do_not_share(tmp_path: Path) -> None:
    """Two packages of the same content have nothing in common: salt and nonces are fresh."""
    results: list[bytes] = []
    threads = [threading.Thread(target=lambda: results.append(_locked(b"same" * 100))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, second = results
    assert first[-100:] != second[-100:]
