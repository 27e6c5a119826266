"""What cannot be used: one clear message with the place, the right exit code, and nothing half-made left behind."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.cli import DEMO, Here, Machine, Said

ROW = {"messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "hi there"}]}
PAIR = {"prompt": "hello", "completion": "hi there"}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Here(tmp_path)


def lines(*rows: object) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def write(machine: Machine, content: bytes, name: str = "rows.jsonl") -> Path:
    file = machine.folder / name
    file.write_bytes(content)
    return file


def new(machine: Machine, project: str = "voice", **options: object) -> Said:
    given = {"data": write(machine, lines(ROW), "good.jsonl"), "model": "demo", **options}
    words = [word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", value)]
    return machine.run("new", project, *words, "--json")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["empty"]),
        (b"\n\n  \n", []),
        (b"[]", []),
        (lines({"nothing": 1}, {"known": 2}), ["`nothing`"]),
        (b"\x00\x01\x02" * 4000, ["rows.jsonl"]),
        (b'{"messages": [{"role": "user"', ["rows.jsonl"]),
    ],
    ids=["0 bytes", "blank lines", "empty list", "unknown columns", "garbage", "cut off"],
)
def test_data_without_a_usable_row(machine: Machine, content: bytes, words: list[str]) -> None:
    file = write(machine, content)
    said = new(machine, data=file)
    assert said.code == 2, said.stderr
    for word in words:
        assert word in said.error["title"] + said.error["what"]
    assert said.error["hint"]
    assert said.stderr.count(said.error["title"]) == 1
    assert not (machine.folder / "voice").exists()


def test_a_bare_file_without_a_usable_row(machine: Machine) -> None:
    said = machine.run("data", write(machine, b"[]"), "--json")
    assert said.code == 2
    assert said.error["hint"]
    assert machine.run("jobs", "--json").json == []
    assert list((machine.folder / "state" / "scans").iterdir()) == []


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    ],
    ids=["UTF-8 BOM", "UTF-16 LE", "UTF-16 BE"],
)
def test_other_encodings_are_read(machine: Machine, encode: Callable[[str], bytes]) -> None:
    row = {"prompt": "Grüße, Łukasz", "completion": "🦊 ja"}
    file = write(machine, encode(json.dumps(row, ensure_ascii=False) + "\n"))
    said = machine.run("data", file, "--json")
    assert (said.code, said.json["usable"]) == (0, 1), said.stderr
    assert said.json["samples"][0][0]["content"] == "Grüße, Łukasz"


def test_a_row_of_5_mb_is_a_row(machine: Machine) -> None:
    file = write(machine, lines(PAIR, {"prompt": "long", "completion": "word " * 1_000_000}, PAIR | {"prompt": "x"}))
    said = machine.run("data", file, "--json")
    assert (said.code, said.json["usable"], said.json["chars"]["longest_line"]) == (0, 3, 2), said.stderr
    assert len(said.stdout) < 100_000


@pytest.mark.parametrize(
    ("folder", "word"),
    [("/proc/voice", "/proc/voice"), ("file/voice", "file/voice"), ("file", "file"), ("photos", "photos")],
)
def test_a_folder_that_cannot_be_made(machine: Machine, folder: str, word: str) -> None:
    write(machine, b"mine", "file")
    (machine.folder / "photos").mkdir()
    write(machine, b"mine", "photos/cat.jpg")
    said = new(machine, folder)
    assert said.code == 2, said.stderr
    assert word in said.error["what"]
    assert (machine.folder / "file").read_bytes() == b"mine"
    assert (machine.folder / "photos" / "cat.jpg").read_bytes() == b"mine"


def test_a_project_whose_folder_became_a_file_is_told(machine: Machine) -> None:
    """What a read-only folder is to others: permission bits do not bind root, a file in the way does."""
    assert new(machine).code == 0
    jobs = machine.folder / "voice" / "jobs"
    shutil.rmtree(jobs)
    jobs.write_bytes(b"")
    before = (machine.folder / "voice" / "project.yaml").read_bytes()
    said = machine.run("data", "voice", "--json")
    assert said.code == 2, said.stderr
    assert str(jobs) in said.error["what"]
    assert (machine.folder / "voice" / "project.yaml").read_bytes() == before


def test_an_existing_empty_folder_stays_when_the_rest_fails(machine: Machine) -> None:
    (machine.folder / "voice").mkdir()
    assert new(machine, data=write(machine, b"")).code == 2
    assert list((machine.folder / "voice").iterdir()) == []
    assert new(machine).code == 0


def test_a_model_that_is_missing(machine: Machine) -> None:
    said = new(machine, model=machine.folder / "nowhere" / "model")
    assert (said.code, said.error["code"]) == (2, "missing_model")
    assert not (machine.folder / "voice").exists()


def test_a_model_with_a_file_missing(machine: Machine) -> None:
    model = shutil.copytree(DEMO / "model", machine.folder / "model")
    (model / "model.safetensors").unlink()
    said = new(machine, model=model)
    assert (said.code, said.error["code"]) == (2, "missing_weights")
    assert not (machine.folder / "voice").exists()


def test_a_template_that_the_tokenizer_lacks(machine: Machine) -> None:
    model = shutil.copytree(DEMO / "model", machine.folder / "model")
    (model / "chat_template.jinja").unlink()
    assert new(machine, model=model).code == 0
    said = machine.run("train", "voice", "--json")
    assert (said.code, said.error["code"]) == (2, "no_chat_template")
    assert "chatml" in said.error["hint"]
    other = new(machine, "other", model=model, chat_template="chatml")
    assert other.code == 0, other.stderr
    assert machine.run("train", "other", "--json").code == 3, "usable now, so the privacy gate speaks"


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"set": "recipe.rnk=3"}, "recipe.rank"),
        ({"preset": "balancd"}, "balanced"),
        ({"shape": "chats"}, "messages"),
        ({"map": "prompt"}, "--map prompt=question"),
        ({"map": "prompt=nothing"}, ""),
    ],
)
def test_an_option_that_does_not_fit(machine: Machine, options: dict[str, str], word: str) -> None:
    said = new(machine, **options)
    assert said.code == 2, said.stderr
    assert word in said.error["hint"]
    assert not (machine.folder / "voice").exists()


def test_a_misspelt_key_in_project_yaml(machine: Machine) -> None:
    assert new(machine).code == 0
    file = machine.folder / "voice" / "project.yaml"
    file.write_text(file.read_text().replace("  rank:", "  rnak:"))
    said = machine.run("train", "voice", "--json")
    assert said.code == 2
    assert f"{file}:" in said.error["what"]
    assert said.error["hint"] == "Did you mean `recipe.rank`?"


def test_a_policy_that_does_not_fit(machine: Machine) -> None:
    assert new(machine).code == 0
    policy = write(machine, b"kep: [Berlin]\n", "policy.yaml")
    said = machine.run("review", "voice", "--policy", policy, "--json")
    assert said.code == 2
    assert f"{policy}:1" in said.error["what"]
