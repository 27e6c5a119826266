"""Downloading from a hub, with the real client against a server of our own: the good case and every bad one."""

from __future__ import annotations

import os
import shutil
import threading
from collections import namedtuple
from pathlib import Path

import pytest

from engine.errors import BusyError, DiskFullError, ModelError, StoppedError
from engine.jobs.launch import launch
from engine.jobs.state import JobView, view
from engine.models import fetch
from engine.models.hub import look_up
from engine.models.inspect import inspect_model
from engine.project import create_project
from engine.steps import step_statuses
from tests.conftest import wait_until
from tests.engine.hub_server import COMMIT, Hub, Repo, running_hub
from tests.tiny_model import model_files, sharded_weights

ID = "maker/tiny"


def _hub_at(monkeypatch: pytest.MonkeyPatch, hub: Hub) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def _get(repo: str = ID, stop: threading.Event | None = None) -> tuple[Path, list[tuple[int, int]]]:
    seen: list[tuple[int, int]] = []
    folder = fetch.download(look_up(repo), lambda done, total: seen.append((done, total)), stop or threading.Event())
    return folder, seen


def _refusal(repo: str = ID) -> ModelError:
    with pytest.raises(ModelError) as caught:
        _get(repo)
    return caught.value


def test_takes_what_is_needed_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    extra = {
        "pytorch_model.bin": b"pickle",
        "consolidated.safetensors": b"twice the same weights",
        "modeling_tiny.py": b"raise SystemExit",
        "original/params.json": b"{}",
        "LICENSE": b"Apache License\nVersion 2.0",
    }
    with running_hub({ID: Repo({**model_files(), **extra})}) as hub:
        _hub_at(monkeypatch, hub)
        folder, seen = _get()
        assert sorted(hub.fetched()) == sorted([*model_files(), "LICENSE"])
        assert folder.name == f"maker--tiny-{COMMIT[:12]}"
        assert sorted(path.name for path in folder.iterdir()) == sorted([*model_files(), "LICENSE"])
        total = sum(path.stat().st_size for path in folder.iterdir())
        assert seen[-1] == (total, total)
        assert [done for done, _ in seen] == sorted(done for done, _ in seen)
        assert inspect_model(folder).licence == "apache-2.0"
        asked = len(hub.fetched())
        assert _get()[0] == folder
        assert len(hub.fetched()) == asked


def test_a_mirror_that_lists_names_only_is_asked_for_each_size(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_hub({ID: Repo(model_files(), terse=True)}) as hub:
        _hub_at(monkeypatch, hub)
        folder, seen = _get()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == model_files()
    assert seen[-1][0] == seen[-1][1] == sum(len(content) for content in model_files().values())


def test_takes_the_shards_the_index_names(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {**model_files(), **sharded_weights()}
    with running_hub({ID: Repo(files)}) as hub:
        _hub_at(monkeypatch, hub)
        folder, _ = _get()
        assert not (folder / "model.safetensors").exists()
        assert inspect_model(folder).parameters == inspect_model(_folder(folder.parent / "one")).parameters


def _folder(path: Path) -> Path:
    path.mkdir()
    for name, content in model_files().items():
        (path / name).write_bytes(content)
    return path


def test_gated_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_hub({ID: Repo(model_files(), gated=True)}) as hub:
        _hub_at(monkeypatch, hub)
        error = _refusal()
        assert error.error_code == "gated"
        assert f"{hub.url}/{ID}" in error.hint
        assert "hf auth login" in error.hint
        assert "HF_TOKEN" in error.hint


def test_missing_repo_and_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_hub({ID: Repo(model_files())}) as hub:
        _hub_at(monkeypatch, hub)
        assert _refusal("maker/nothing").error_code == "not_found"
        with pytest.raises(ModelError, match="no revision `v9`"):
            look_up(ID, "v9")


def test_pickle_only_is_refused_before_a_byte_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {name: content for name, content in model_files().items() if name != "model.safetensors"}
    with running_hub({ID: Repo({**files, "pytorch_model.bin": b"\x80\x04"})}) as hub:
        _hub_at(monkeypatch, hub)
        error = _refusal()
        assert error.error_code == "pickle"
        assert "can run any program" in error.what
        assert hub.fetched() == []


def test_gguf_page_and_empty_page(monkeypatch: pytest.MonkeyPatch) -> None:
    repos = {"a/gguf": Repo({"tiny.Q4_0.gguf": b"GGUF"}), "a/none": Repo({"README.md": b"hello"})}
    with running_hub(repos) as hub:
        _hub_at(monkeypatch, hub)
        assert _refusal("a/gguf").error_code == "which_gguf"
        assert _refusal("a/none").error_code == "missing_weights"


@pytest.mark.parametrize("reset", [False, True])
def test_cut_connection_goes_on_where_it_broke(monkeypatch: pytest.MonkeyPatch, reset: bool) -> None:
    files = model_files()
    repo = Repo(files, cuts={"model.safetensors": [100_000]}, reset=reset)
    with running_hub({ID: repo}) as hub:
        _hub_at(monkeypatch, hub)
        folder, _ = _get()
        assert (folder / "model.safetensors").read_bytes() == files["model.safetensors"]
        ranges = [asked for path, asked in hub.asked if path.endswith("/model.safetensors")]
        assert len(ranges) == 2
        if not reset:
            assert ranges == ["", "bytes=100000-"]


def test_stopped_then_started_again_fetches_only_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    files = model_files()
    with running_hub({ID: Repo(files)}) as hub:
        _hub_at(monkeypatch, hub)
        model = look_up(ID)
        stop = threading.Event()
        part = fetch.folder_of(model).with_name(fetch.folder_of(model).name + ".part")
        with pytest.raises(StoppedError):
            fetch.download(model, lambda done, total: stop.set(), stop)
        assert part.is_dir()
        # What an interrupted process leaves behind: the beginning of the weights.
        (part / "model.safetensors.partial").write_bytes(files["model.safetensors"][:70_000])
        folder, _ = _get()
        assert inspect_model(folder).parameters
        assert ("/maker/tiny/resolve/" + COMMIT + "/model.safetensors", "bytes=70000-") in hub.asked
        assert not part.exists()


def test_wrong_hash_is_told_and_fetched_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    repo = Repo(model_files(), lies=("model.safetensors",))
    with running_hub({ID: repo}) as hub:
        _hub_at(monkeypatch, hub)
        error = _refusal()
        assert error.error_code == "damaged"
        assert "model.safetensors" in error.what
        repo.lies = ()
        assert inspect_model(_get()[0]).parameters


def test_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    error = _refusal()
    assert error.error_code == "no_network"
    assert "127.0.0.1:9" in error.what


def test_hub_out_of_order(monkeypatch: pytest.MonkeyPatch) -> None:
    repos = {"a/busy": Repo({}, status=429), "a/down": Repo({}, status=500), "a/token": Repo({}, status=403)}
    with running_hub(repos) as hub:
        _hub_at(monkeypatch, hub)
        assert "pause" in _refusal("a/busy").title
        assert "500" in _refusal("a/down").what
        assert _refusal("a/token").error_code == "no_access"


def test_disk_too_small_is_found_before_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    with running_hub({ID: Repo(model_files())}) as hub:
        _hub_at(monkeypatch, hub)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 1000, 1000))
        with pytest.raises(DiskFullError) as caught:
            _get()
        assert "1,000 are free" in caught.value.what
        assert hub.fetched() == []


def test_two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_hub({ID: Repo(model_files())}) as hub:
        _hub_at(monkeypatch, hub)
        model = look_up(ID)
        errors: list[BaseException] = []

        def second(done: int, total: int) -> None:
            if not errors:
                with pytest.raises(BusyError) as caught:
                    fetch.download(model, lambda done, total: None, threading.Event())
                errors.append(caught.value)

        fetch.download(model, second, threading.Event())
        assert errors


def _run(project: Path, spec: dict[str, object]) -> JobView:
    folder = launch(project, "fetch", spec)
    wait_until(lambda: not view(folder).active, "the fetch job ends")
    return view(folder)


def test_job_pins_the_commit_and_takes_the_step(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    project, _ = create_project(tmp_path / "project")
    with running_hub({ID: Repo(model_files())}) as hub:
        _hub_at(monkeypatch, hub)
        job = _run(project.root, {"source": ID})
        assert job.state == "finished", job.folder.log_tail()
        spec = project.load()
        assert spec.model is not None
        assert spec.model.revision == COMMIT
        assert spec.model.licence == "apache-2.0"
        assert job.snapshot.result["path"] == spec.model.path
        assert job.snapshot.result["parameters"] == inspect_model(Path(spec.model.path or "")).parameters
        assert step_statuses(spec)[0].state == "done"
        assert os.stat(spec.model.path or "").st_mode & 0o777 == 0o700
        _run(project.root, {"source": ID})
        assert f"/api/models/{ID}/revision/{COMMIT}" in [path for path, _ in hub.asked]


def test_job_tells_why_it_failed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    project, _ = create_project(tmp_path / "project")
    with running_hub({ID: Repo(model_files(), gated=True)}) as hub:
        _hub_at(monkeypatch, hub)
        job = _run(project.root, {"source": ID})
    assert job.state == "failed"
    assert job.snapshot.end is not None
    assert job.snapshot.end.model_dump()["code"] == "gated"
    assert project.load().model is None
