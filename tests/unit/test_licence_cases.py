"""Real-world cases of licences, written as data: `tests/data/licence_cases.yaml` says what each key means."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.licences.chain import trace
from engine.licences.check import found_data, stated_data
from engine.licences.terms import TEXTS
from engine.licences.verdict import DataLicence, judge
from engine.machine import models_folder
from engine.spec import DataSpec, UseSpec
from tests.tiny_gguf import gguf_bytes

_FILE = Path(__file__).parent.parent / "data" / "licence_cases.yaml"
CASES: list[dict[str, Any]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
_KEYS = {
    "name",
    "folder",
    "files",
    "gguf",
    "with",
    "ask",
    "hub",
    "beside",
    "machine",
    "data",
    "data_files",
    "use",
    "expect",
}


def test_there_are_enough_cases_and_each_has_its_name() -> None:
    names = [case["name"] for case in CASES]
    assert len(names) == len(set(names)) >= 60
    for case in CASES:
        assert set(case) <= _KEYS, case["name"]
        assert len({"files", "gguf", "hub"} & set(case)) == 1, case["name"]
    assert {case["expect"]["verdict"] for case in CASES} == {"allowed", "conditions", "refused", "unknown"}


@pytest.mark.parametrize("case", CASES, ids=[case["name"].replace(" ", "-") for case in CASES])
def test_case(case: dict[str, Any], tmp_path: Path) -> None:
    expected = case["expect"]
    verdict = judge(trace(_model_of(case, tmp_path)), UseSpec(**case.get("use", {})), _data_of(case, tmp_path))
    assert verdict.verdict == expected["verdict"], verdict.reasons
    if "licence" in expected:
        assert verdict.licence == expected["licence"], verdict.reasons
    if "data" in expected:
        assert verdict.data_licence == expected["data"]
    for key, lines in (("reason", verdict.reasons), ("obligation", verdict.obligations), ("source", verdict.sources)):
        if key in expected:
            assert any(expected[key] in line for line in lines), (key, lines)
    assert verdict.reasons, "a verdict always has a reason"


def test_of_a_gguf_file_in_parts_the_first_speaks(tmp_path: Path) -> None:
    first = {"general.architecture": "llama", "general.license": "llama3.1", "split.count": 2}
    (tmp_path / "m-00001-of-00002.gguf").write_bytes(gguf_bytes(first, {}))
    second = tmp_path / "m-00002-of-00002.gguf"
    second.write_bytes(gguf_bytes({"split.count": 2}, {"token_embd.weight": (4, 4)}))
    for model in (tmp_path, second):
        assert trace(model).licence == "llama3.1", model
    (tmp_path / "m-00001-of-00002.gguf").unlink()
    assert trace(second).licence == "unknown"


def _model_of(case: dict[str, Any], folder: Path) -> str:
    for name, files in case.get("beside", {}).items():
        _write(folder / name, files)
    for name, files in case.get("machine", {}).items():
        _write(models_folder() / f"{name.replace('/', '--')}-0123456789ab", files)
    if "hub" in case:
        return str(case["hub"])
    model = folder / str(case.get("folder", "model"))
    if "gguf" in case:
        _write(model, case.get("with", {}))
        (model / "some-model.gguf").write_bytes(gguf_bytes(case["gguf"], {"token_embd.weight": (4, 4)}))
        return str(model if case.get("ask") == "folder" else model / "some-model.gguf")
    _write(model, case["files"])
    return str(model)


def _data_of(case: dict[str, Any], folder: Path) -> DataLicence | None:
    if "data" in case:
        return stated_data(case["data"])
    if "data_files" not in case:
        return None
    _write(folder / "set" / "rows", {**case["data_files"], "chats.jsonl": "{}\n"})
    return found_data(DataSpec(path=str(folder / "set" / "rows" / "chats.jsonl")))


def _write(folder: Path, files: dict[str, Any]) -> None:
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        encoding = content.get("encoding", "utf-8") if isinstance(content, dict) else "utf-8"
        (folder / name).write_text(_text(content), encoding=encoding, newline="")


def _text(content: str | dict[str, Any]) -> str:
    if isinstance(content, str):
        return content
    text = str(content.get("line", "")) * int(content.get("times", 1))
    for key in ("text", "after_text"):
        if key in content:
            text += ("\n\n" if text else "") + (TEXTS / f"{content[key]}.txt").read_text(encoding="utf-8")
    if "replace" in content:
        old, new = content["replace"]
        text, count = re.subn(r"\s+".join(map(re.escape, old.split())), new, text)
        assert count, f"`{old}` does not stand in it"
    text = text[: content.get("first", len(text))]
    return str(content.get("before", "")) + text + str(content.get("after", ""))
