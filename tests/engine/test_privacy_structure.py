# ruff: noqa: E501 (rows as they stand in files)
"""Personal data beside the texts: numbers and keys; and all that is no personal data, which stays to the letter."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.privacy.jobs import run_redact, run_scan
from engine.privacy.restore import restore_file
from engine.privacy.store import FindingsStore
from engine.project import Project, create_project
from engine.spec import DataSpec, Operator
from tests.engine.patterns import find_by
from tests.engine.test_privacy_replacing import choose, job

FOUND = {
    "EMAIL_ADDRESS": re.compile(r"[\w.]+@[\w.]+\w"),
    "PERSON": re.compile(r"\b(?:Tabitha Crane|Omar Haddad|Tabitha|Omar)\b"),
    "PHONE_NUMBER": re.compile(r"\+44 7700 900\d{3}"),
    "ID": re.compile(r"(?<![\w.])\d{9,19}(?![\w.])"),
}
CHAT = '"messages": [{"role": "user", "content": "%s"}, {"role": "assistant", "content": "fine"}]'


@pytest.fixture(autouse=True)
def detector(monkeypatch: pytest.MonkeyPatch) -> None:
    find_by(monkeypatch, FOUND)


def project_of(folder: Path, name: str, content: bytes) -> Project:
    data = folder / name
    data.write_bytes(content)
    project, _ = create_project(folder / "project")
    project.update(lambda spec: spec.model_copy(update={"data": DataSpec(path=str(data))}))
    job(project, "scan", run_scan)
    return project


def output(project: Project) -> bytes:
    return (project.root / str(project.load().redaction.path)).read_bytes()


def redacted(folder: Path, name: str, content: bytes, **choice: Any) -> bytes:
    project = project_of(folder, name, content)
    if choice:
        choose(project, **choice)
    result = job(project, "redact", run_redact)
    assert (result["residual"], result["literal_hits"]) == (0, 0)
    assert bool(result["numbers_as_text"]) is (b'phone": 49' in content and choice.get("operator") in TEXTS_ONLY)
    return output(project)


NUMBERS = {
    "user_id": 918273645,
    "phone": 491701234567,
    "zip": 10115,
    "card": 4111111111111111,
    "dob": 19900512,
    "phones": [442079460123, {"mobile": -5}],
    "lat": 52.520008,
    "fax": 491701234567.0,
    "n": 4917012345678,
}
TEXTS_ONLY = ("placeholder", "mask", "hash", "aes")
PLAIN = {"id": 7918273645, "created_at": 1700000000, "tokens": 12345678, "score": 0.91827364, "n": 12, "ok": True}


@pytest.mark.parametrize("operator", get_args(Operator))
def test_numbers_are_hidden_and_stay_numbers(tmp_path: Path, operator: Operator) -> None:
    row = {"messages": [{"role": "user", "content": "hi 918273645"}], "who": NUMBERS, "plain": PLAIN}
    made = redacted(
        tmp_path,
        "rows.jsonl",
        json.dumps(row).encode() + b"\n{}\n" + json.dumps({"text": "x"}).encode(),
        operator=operator,
    )
    lines = [json.loads(line) for line in made.splitlines()]
    if operator == "drop_row":
        assert lines == [{"text": "x"}]
        return
    new = lines[0]
    assert new["plain"] == PLAIN
    flat_old = [*(value for value in NUMBERS.values() if not isinstance(value, list)), 442079460123, -5]
    who = new["who"]
    flat_new = [
        *(value for value in who.values() if not isinstance(value, list)),
        who["phones"][0],
        who["phones"][1]["mobile"],
    ]
    for old, made_up in zip(flat_old, flat_new, strict=True):
        assert made_up != old
        assert isinstance(made_up, type(old) if operator == "surrogate" else str)
        assert operator != "surrogate" or len(str(made_up)) == len(str(old))
    assert "918273645" not in new["messages"][0]["content"]
    if operator == "surrogate":
        assert str(who["user_id"]) == str(who["user_id"]).lstrip("0")
        assert str(who["card"])[:6] in ("411111", "424242", "400000")


KEYED = {
    "messages": [{"role": "user", "content": "hello"}],
    "by": {
        "a": 1,
        "tabitha.crane@web.de": {"+44 7700 900345": [1, {"Omar Haddad": "x"}]},
        "b.c": 2,
        "Omar Haddad": None,
    },
    "TABITHA.crane@web.de": "2",
    "roles": {"user": 1},
    "z": 1,
}


@pytest.mark.parametrize("operator", ["surrogate", "placeholder", "mask", "hash", "aes"])
def test_keys_are_hidden_in_their_order(tmp_path: Path, operator: Operator) -> None:
    text = json.dumps(KEYED).encode() + b"\n" + json.dumps({"text": "Omar Haddad writes"}).encode()
    first, second = (
        json.loads(line) for line in redacted(tmp_path, "rows.jsonl", text, operator=operator).splitlines()
    )
    assert list(first)[:2] == ["messages", "by"]
    assert list(first)[3:] == ["roles", "z"]
    keys = list(first["by"])
    assert (keys[0], keys[2]) == ("a", "b.c")
    whole = json.dumps(first).casefold()
    # Whole words: a made-up name may hold the letters of another ("Palomar").
    assert not re.search(r"(?<![a-z\d])(?:tabitha|omar|900345)(?![a-z\d])", whole)
    inner = first["by"][keys[1]]
    assert next(iter(inner.values()))[0] == 1
    if operator in ("surrogate", "placeholder", "hash"):
        assert keys[3] == next(iter(next(iter(inner.values()))[1])), "one person is one name"
        assert second["text"] == f"{keys[3]} writes"


def test_keys_that_become_the_same_stay_apart(tmp_path: Path) -> None:
    row = {"text": "x", "of": {"Tabitha Crane": 1, "TABITHA CRANE": 2, "Tabitha  Crane": 3, "<PERSON_1>": 4}}
    project = project_of(tmp_path, "rows.jsonl", json.dumps(row).encode())
    choose(project, operator="placeholder")
    job(project, "redact", run_redact)
    made = json.loads(output(project))["of"]
    assert sorted(made.values()) == [1, 2, 3, 4]
    assert not any("crane" in key.casefold() for key in made)


HOSTILE = [
    '{"text": "say hi", "a":1e400,"b":-0,"c":1.0,"d":1E5, "e":[ ],"f":{ }}\r\n',
    '\n{"z":1,  "text":"caf\\u00e9 \\ud83d\\ude00 mail %s \\ud83d \\/ end","a":[1.10,-0.0,10e-2]}\n',
    '{"text": "tab\\there", "q": "\\"", "num": 123456789012345678901234567890}\n',
    '  {"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}},{"type":"text","text":"%s?"}]}]}  \n',
    '{"conversations": [{"from": "human", "value": "I am %s"}, {"from": "gpt", "value": "ok"}]}\n',
    '{"text": "' + "long " * 2000 + '%s"}',
]
MAIL = "tabitha.crane@web.de"


def test_what_is_not_hidden_stays_to_the_letter(tmp_path: Path) -> None:
    rows = [row.replace("%s", MAIL) for row in HOSTILE]
    made = redacted(tmp_path, "rows.jsonl", ("\ufeff" + "".join(rows)).encode("utf-8", "surrogatepass")).decode()
    pattern = "".join(re.escape(row.lstrip("\n")).replace(re.escape(MAIL), r"[\w.]+@example\.com") for row in rows)
    assert re.fullmatch("\ufeff" + pattern, made)


def test_a_key_that_stands_twice_hides_nothing(tmp_path: Path) -> None:
    text = '{"text": "from Omar Haddad", "x": {"a": "Omar", "b": 2, "a": 3}, "text" : "hello"}\n{"text": "a\x01b\tc"}\n'
    made = redacted(tmp_path, "rows.jsonl", text.encode()).decode()
    assert made == '{"x": {"b": 2, "a": 3}, "text" : "hello"}\n{"text": "a\\u0001b\\tc"}\n'


def test_a_list_of_rows_keeps_its_layout(tmp_path: Path) -> None:
    rows = [{"text": f"mail {MAIL}", "n": 1}, {"text": "é", "n": [1, 2]}]
    text = json.dumps(rows, indent=2).replace('"n": 1', '"n": 1.00') + "\n"
    made = redacted(tmp_path, "rows.json", text.encode()).decode()
    assert re.fullmatch(re.escape(text).replace(re.escape(MAIL), r"[\w.]+@example\.com"), made)


CSV = (
    'id;"text";Omar Haddad;phone\r\n'
    '1;"say ""hi"" to\r\nTabitha Crane;";  a ;491701234567\r\n'
    "2;plain; 'x';\r\n"
    '3;"";"";0\r\n'
)


def test_a_table_keeps_its_cells(tmp_path: Path) -> None:
    made = redacted(tmp_path, "rows.csv", CSV.encode()).decode()
    name = r"[A-Z]\w+ [A-Z]\w+"
    shown = (
        rf'id;"text";({name});phone\r\n1;"say ""hi"" to\r\n{name};";  a ;(\d{{12}})\r\n'
        r"2;plain; 'x';\r\n3;\"\";\"\";0\r\n"
    )
    found = re.fullmatch(shown, made)
    assert found
    assert found[1] != "Omar Haddad"
    assert found[2] != "491701234567"


def test_columns_keep_one_name_where_pseudonyms_change(tmp_path: Path) -> None:
    made = redacted(tmp_path, "rows.csv", b"text,Omar Haddad\na,x\nb,y\n", scope="row").decode().splitlines()
    assert len(made) == 3
    assert made[1:] == ["a,x", "b,y"]


def test_lines_of_text_keep_their_places(tmp_path: Path) -> None:
    text = f"  first by {MAIL}\r\nand more\r\n\r\n \r\nsecond\r\n\r\n\r\nTabitha\r\nCrane and {MAIL}"
    made = redacted(tmp_path, "rows.txt", text.encode()).decode()
    assert re.fullmatch(
        r"  first by \S+@example\.com\r\nand more\r\n\r\n \r\nsecond\r\n\r\n\r\n\w+\r\nCrane and \S+@example\.com", made
    )


def test_a_parquet_file_keeps_its_types(tmp_path: Path) -> None:
    schema = pa.schema(
        [
            ("text", pa.dictionary(pa.int32(), pa.string())),
            ("phone", pa.int64()),
            ("zip", pa.int16()),
            ("user_id", pa.int32()),
            ("Omar Haddad", pa.list_(pa.list_(pa.string()))),
            ("extra", pa.struct([("mail", pa.string()), ("n", pa.int8())])),
            ("pairs", pa.map_(pa.string(), pa.string())),
            ("raw", pa.binary()),
            ("when", pa.timestamp("us", tz="UTC")),
            ("small", pa.float32()),
        ]
    )
    row = {"text": "by Omar Haddad", "phone": 491701234567, "zip": 10115, "user_id": 2147483000, "Omar Haddad": [["Omar"], []],
           "extra": {"mail": MAIL, "n": 1}, "pairs": [("a", "Tabitha Crane")], "raw": b"Tabitha", "when": None, "small": 0.1}  # fmt: skip
    source = tmp_path / "source.parquet"
    nothing = dict.fromkeys(schema.names)
    pq.write_table(pa.Table.from_pylist([row, {**nothing, "text": "x"}], schema=schema), source)
    project = project_of(tmp_path, "rows.parquet", source.read_bytes())
    choose(project, operator="placeholder")
    job(project, "redact", run_redact)
    made = pq.read_table(project.root / str(project.load().redaction.path))
    assert [one.type for one in made.schema] == [one.type for one in schema]
    assert made.schema.names[4] == "<PERSON_1>"
    first, second = made.to_pylist()
    assert first["text"] == "by <PERSON_1>"
    assert first["phone"] not in (491701234567, None)
    assert len(str(first["phone"])) == 12
    assert first["zip"] != 10115
    assert first["user_id"] != 2147483000
    assert first["extra"] == {"mail": "<EMAIL_ADDRESS_1>", "n": 1}
    assert first["pairs"] == [("a", "<PERSON_3>")]
    assert first["raw"] == b"<PERSON_4>"
    assert [value for key, value in second.items() if key != "text"] == [None] * 9


def test_numbers_and_keys_are_turned_back(tmp_path: Path) -> None:
    text = json.dumps({"text": "x", "of": {"Omar Haddad": 491701234567, "phone": 491701234567, "zip": 10115}}) + "\n"
    for number, operator in enumerate(("surrogate", "placeholder")):
        folder = tmp_path / str(number)
        folder.mkdir()
        project = project_of(folder, "rows.jsonl", text.encode())
        choose(project, operator=operator, table="encrypt")
        job(project, "redact", run_redact)
        restore_file(project, project.root / str(project.load().redaction.path), folder / "back.jsonl")
        assert (folder / "back.jsonl").read_text() == text


def test_findings_of_numbers_and_keys_say_where_they_stand(tmp_path: Path) -> None:
    row = {"text": "x", "phone": 491701234567, "of": {MAIL: 1}}
    project = project_of(tmp_path, "rows.jsonl", json.dumps(row).encode())
    with FindingsStore(project.findings_file) as store:
        found = {(one.field, one.entity, one.value) for one in store.findings()}
    assert found == {
        ("phone", "PHONE_NUMBER", "491701234567"),
        ("\\key of.tabitha\\.crane@web\\.de", "EMAIL_ADDRESS", MAIL),
    }


def test_a_mapped_column_keeps_its_name(tmp_path: Path) -> None:
    data = tmp_path / "rows.csv"
    data.write_text("Tabitha Crane,Omar Haddad\nhi Omar,hello\n")
    project, _ = create_project(tmp_path / "project")
    mapping = {"prompt": "Tabitha Crane", "completion": "Omar Haddad"}
    project.update(
        lambda spec: spec.model_copy(
            update={"data": DataSpec(path=str(data), shape="prompt_completion", mapping=mapping)}
        )
    )
    job(project, "scan", run_scan)
    job(project, "redact", run_redact)
    assert output(project).startswith(b"Tabitha Crane,Omar Haddad\nhi ")
    assert b"hi Omar" not in output(project)
