"""Reading rows: formats, encodings, bad rows, and files that are no dataset."""

from __future__ import annotations

import gzip
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.data import json_file, lines
from engine.data.read import detect_format, read_rows
from engine.data.rows import BadRow, RawRow
from engine.errors import DataError
from engine.spec import DataFormat, DataSpec

ROW = {"prompt": "Wie heißt du?", "completion": "Søren 🙂"}


def rows_of(path: Path, format: DataFormat = "auto") -> list[RawRow | BadRow]:
    return list(read_rows(DataSpec(path=str(path), format=format)))


def records_of(path: Path) -> list[dict[str, Any]]:
    return [row.record for row in rows_of(path) if isinstance(row, RawRow)]


def write(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def text_of(name: str) -> str:
    line = json.dumps(ROW, ensure_ascii=False)
    return {
        "rows.jsonl": f"{line}\n\n{line}\n",
        "rows.json": f"[\n{line},\n{line}\n]",
        "rows.csv": f"prompt,completion\n{ROW['prompt']},{ROW['completion']}\n{ROW['prompt']},{ROW['completion']}\n",
    }[name]


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.json", "rows.csv"])
@pytest.mark.parametrize("crlf", [False, True])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings(tmp_path: Path, name: str, codec: str, crlf: bool) -> None:
    text = text_of(name).replace("\n", "\r\n") if crlf else text_of(name)
    path = write(tmp_path, name, text.encode(codec))
    assert records_of(path) == [ROW, ROW]


def test_lines_and_indices(tmp_path: Path) -> None:
    good = json.dumps(ROW)
    path = write(tmp_path, "rows.jsonl", f"\n{good}\n{good[:20]}\n\n[1]\n{good}{good}\n{good}")
    found = [(row.index, row.line, row.kind if isinstance(row, BadRow) else "") for row in rows_of(path)]
    assert found == [(0, 2, ""), (1, 3, "truncated_json"), (2, 5, "not_object"), (3, 6, "not_json"), (4, 7, "")]


@pytest.mark.parametrize(
    ("line", "kind", "words"),
    [
        ('{"text": "cut', "truncated_json", "cut off"),
        ('{"text": "cut"', "truncated_json", "cut off"),
        ("{'text': 1}", "not_json", "column 2"),
        ('{"text": 1},', "not_json", "`,`"),
        ('"text"', "not_object", "is text"),
        ("17", "not_object", "a number"),
        ("{}", "empty_object", "empty"),
        ("\0" * 9000, "not_json", "column 1"),
        ("[" * 100_000, "too_deep", "nested"),
        ('{"a":' * 80 + "1" + "}" * 80, "too_deep", "nested"),
        ('{"n": ' + "9" * 5000 + "}", "not_json", "cannot be read"),
        ("\0\0\0", "not_json", "column 1"),
    ],
)
def test_bad_lines_are_told_apart(tmp_path: Path, line: str, kind: str, words: str) -> None:
    path = write(tmp_path, "rows.jsonl", '{"text": "a"}\n' * 50 + line + '\n{"text": "b"}\n')
    rows = rows_of(path, "jsonl")
    bad = [row for row in rows if isinstance(row, BadRow)]
    assert len(rows) == 52
    assert [(row.line, row.kind, row.fate) for row in bad] == [(51, kind, "left out")]
    assert words in bad[0].reason


def test_nul_and_control_characters_survive(tmp_path: Path) -> None:
    path = write(tmp_path, "rows.jsonl", '{"text": "a\\u0000b\tc\0d"}\n' + '{"text": "plain words"}\n' * 9)
    assert records_of(path)[0] == {"text": "a\0b\tc\0d"}
    path = write(tmp_path, "rows.csv", "text\n" + "plain words\n" * 20 + "a\0b\n")
    assert records_of(path)[-1] == {"text": "a\0b"}


def test_lone_surrogates_are_replaced_one_for_one_and_told(tmp_path: Path) -> None:
    path = write(tmp_path, "rows.jsonl", '{"text": "x\\ud83dy", "\\udc00": ["\\ud83d\\ude00"]}\n{"text": "fine"}\n')
    first, second = rows_of(path)
    assert isinstance(first, RawRow)
    assert first.record == {"text": "x\ufffdy", "\ufffd": ["😀"]}
    assert first.repaired
    assert isinstance(second, RawRow)
    assert not second.repaired
    wide = write(tmp_path, "wide.txt", "caf\ud83d one\ntwo\n".encode("utf-16", "surrogatepass"))
    assert records_of(wide) == [{"text": "caf\ufffd one"}, {"text": "two"}]


def test_a_stray_byte_costs_its_row_and_says_where(tmp_path: Path) -> None:
    good = b'{"text": "fine"}\n'
    path = write(tmp_path, "rows.jsonl", good * 60 + b'{"text": "caf\xe9"}\n' + good)
    bad = [row for row in rows_of(path) if isinstance(row, BadRow)]
    assert [(row.line, row.kind) for row in bad] == [(61, "not_text")]
    assert "byte 0xE9 at column 14" in bad[0].reason


def test_another_encoding_is_told_of_a_few_lines_too(tmp_path: Path) -> None:
    lines = "prompt,completion\nIch bin Jürgen,Grüße\nÄpfel,Öl\n"
    with pytest.raises(DataError) as caught:
        rows_of(write(tmp_path, "rows.csv", lines.encode("cp1252")))
    assert caught.value.error_code == "encoding"
    assert "iconv" in caught.value.hint


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.csv", "rows.txt", "rows.json"])
def test_another_encoding_names_byte_and_line(tmp_path: Path, name: str) -> None:
    lines = [json.dumps({"text": f"déjà vu {number}"}, ensure_ascii=False) for number in range(20)]
    text = "text\n" + "\n".join(lines) if name != "rows.json" else "[\n" + ",\n".join(lines) + "]"
    with pytest.raises(DataError) as caught:
        rows_of(write(tmp_path, name, text.encode("cp1252")))
    assert caught.value.error_code == "encoding"
    assert f"{name}:2: byte 0xE9 at column" in caught.value.what
    assert "`é`" in caught.value.what
    assert "iconv" in caught.value.hint


def test_json_forms(tmp_path: Path) -> None:
    row = json.dumps(ROW)
    assert records_of(write(tmp_path, "a.json", f'{{"version": 1, "data": [{row}]}}')) == [ROW]
    assert records_of(write(tmp_path, "b.json", f'{{"rows": [{row}, {row}]}}')) == [ROW, ROW]
    assert records_of(write(tmp_path, "c.json", json.dumps(ROW, indent=1))) == [ROW]
    chat = {"messages": [{"role": "user", "content": "a"}]}
    assert records_of(write(tmp_path, "d.json", json.dumps(chat, indent=1))) == [chat]
    assert records_of(write(tmp_path, "e.json", f"{row}\n{row}\n")) == [ROW, ROW]
    assert records_of(write(tmp_path, "f.jsonl", f"[{row}]")) == [ROW]


def test_json_rows_before_the_damage_are_kept(tmp_path: Path) -> None:
    row = json.dumps(ROW)
    first, second, third = rows_of(write(tmp_path, "a.json", f"[\n{row},\n7,\n{row[:30]}"))
    assert isinstance(first, RawRow)
    assert first.line == 2
    assert isinstance(second, BadRow)
    assert (second.line, second.kind) == (3, "not_object")
    assert isinstance(third, BadRow)
    assert (third.line, third.kind) == (4, "truncated_json")
    assert "whatever follows" in third.reason


def test_nothing_after_a_list_is_lost_silently(tmp_path: Path) -> None:
    row = json.dumps(ROW)
    rows = rows_of(write(tmp_path, "a.json", f"[{row}]\n{row}\n"))
    assert [row.kind if isinstance(row, BadRow) else "" for row in rows] == ["", "not_json"]
    rows = rows_of(write(tmp_path, "a.jsonl", f"[1]\n{row}\n"))
    assert [row.kind if isinstance(row, BadRow) else "" for row in rows] == ["not_object", ""]


def test_a_text_that_begins_with_a_bracket_is_text(tmp_path: Path) -> None:
    path = write(tmp_path, "notes.log", "[PERSON_1] wrote\nsomething")
    assert detect_format(path).format == "txt"
    assert records_of(path) == [{"text": "[PERSON_1] wrote"}, {"text": "something"}]


def test_a_json_file_cut_inside_a_character(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", json.dumps([ROW]).encode("utf-16")[:-1])
    with pytest.raises(DataError, match="breaks off"):
        rows_of(path)


def test_json_too_large_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_file, "SIZE_LIMIT", 100)
    with pytest.raises(DataError, match="too large") as caught:
        rows_of(write(tmp_path, "a.json", "[" + json.dumps(ROW) * 5 + "]"))
    assert "jq" in caught.value.hint


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_csv_delimiters_and_quotes(tmp_path: Path, mark: str) -> None:
    content = f'prompt{mark}completion\n"a{mark} ""b""\r\nc"{mark}d\n\ne{mark}f\n'
    path = write(tmp_path, "rows.csv", content)
    assert detect_format(path).delimiter == mark
    rows = rows_of(path)
    assert [row.record for row in rows if isinstance(row, RawRow)] == [
        {"prompt": f'a{mark} "b"\r\nc', "completion": "d"},
        {"prompt": "e", "completion": "f"},
    ]
    assert [row.line for row in rows] == [2, 5]


def test_csv_bad_rows(tmp_path: Path) -> None:
    path = write(tmp_path, "rows.csv", 'prompt,completion\na,b\nc\nd,e,f\n"g"h,i\nj,k\n"never,closed\nl,m\n')
    bad = {row.line: row.reason for row in rows_of(path) if isinstance(row, BadRow)}
    assert list(bad) == [3, 4, 5, 7]
    assert bad[3] == "the row has 1 cell where the first line names 2 columns"
    assert "closing quote" in bad[5]
    assert "never closed" in bad[7]


def test_csv_cells_with_turns_become_turns(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "ä, ö"}]
    path = write(tmp_path, "rows.csv", 'messages,n\n"' + json.dumps(turns).replace('"', '""') + '",1\n')
    assert records_of(path) == [{"messages": turns, "n": "1"}]


def test_csv_headers(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Two columns are called `a`"):
        rows_of(write(tmp_path, "rows.csv", "a,a\n1,2\n"))
    with pytest.raises(DataError, match="no rows"):
        rows_of(write(tmp_path, "only.csv", "a,b\n"))


def test_text_paragraphs_or_lines(tmp_path: Path) -> None:
    paragraphs = write(tmp_path, "p.txt", "\none\ntwo\n \n\nthree\n\n")
    assert [(row.line, row.record["text"]) for row in rows_of(paragraphs) if isinstance(row, RawRow)] == [
        (2, "one\ntwo"),
        (6, "three"),
    ]
    assert records_of(write(tmp_path, "l.txt", "one\ntwo\n\n")) == [{"text": "one"}, {"text": "two"}]


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    records = [{"messages": [{"role": "user", "content": "é"}]}] * 600
    pq.write_table(pa.Table.from_pylist(records), path)
    rows = rows_of(path)
    assert [row.record for row in rows if isinstance(row, RawRow)] == records
    assert (rows[599].index, rows[599].line) == (599, 600)
    damaged = write(tmp_path, "bad.parquet", path.read_bytes()[:-40])
    with pytest.raises(DataError, match="damaged"):
        rows_of(damaged)
    with pytest.raises(DataError, match="damaged"):
        rows_of(write(tmp_path, "no.parquet", "text\nhello"))


def zipped(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "title", "hint"),
    [
        ("rows.xlsx", zipped("xl/workbook.xml"), "an Excel file", "CSV"),
        ("rows.csv", zipped("xl/workbook.xml"), "an Excel file", "CSV"),
        ("rows.docx", zipped("word/document.xml"), "a Word file", ".txt"),
        ("rows.zip", zipped("rows.jsonl"), "a zip archive", "Unpack"),
        ("rows.jsonl.gz", gzip.compress(b"{}", mtime=0), "a gzip archive", "gunzip"),
        ("rows.pdf", b"%PDF-1.7 ...", "a PDF", ".txt"),
        ("rows.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "an old Microsoft Office file", "CSV"),
        ("rows.db", b"SQLite format 3\0" + b"\0" * 90, "an SQLite database", "Export"),
        ("rows.jsonl", b"\x89PNG\r\n\x1a\n" + b"\0" * 90, "a picture", "Choose"),
    ],
)
def test_other_files_are_named(tmp_path: Path, name: str, content: bytes, title: str, hint: str) -> None:
    with pytest.raises(DataError) as caught:
        detect_format(write(tmp_path, name, content))
    assert caught.value.title == f"This is {title}, not a dataset."
    assert hint in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"\n \r\n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_empty_files(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DataError) as caught:
        rows_of(write(tmp_path, "rows.jsonl", content))
    assert caught.value.error_code == "no_rows"


def test_missing_folder_and_pipe(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not there"):
        detect_format(tmp_path / "nothing.jsonl")
    with pytest.raises(DataError, match="a folder"):
        detect_format(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="ordinary file"):
        detect_format(tmp_path / "pipe")


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "rows.jsonl", "{}")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError) as caught:
        detect_format(path)
    assert "Permission denied" in caught.value.what
    assert "chmod" in caught.value.hint


def read_bytes_of_this_process() -> int:
    """Bytes this process asked the kernel for so far (`rchar`), cached or not."""
    return int(psutil.Process().io_counters().read_chars)


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.txt", "rows.csv", "rows.json", "rows"])
def test_two_gigabytes_of_garbage_are_refused_at_once(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name, os.urandom(1 << 20))
    os.truncate(path, 2 << 30)
    before = read_bytes_of_this_process()
    with pytest.raises(DataError) as caught:
        rows_of(path)
    assert read_bytes_of_this_process() - before < 512 << 20, "all of it was read"
    assert caught.value.error_code in ("not_text", "encoding")
    zeros = tmp_path / f"zeros-{name}"
    zeros.touch()
    os.truncate(zeros, 2 << 30)
    with pytest.raises(DataError, match="not text"):
        rows_of(zeros)


def test_a_line_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "GIVE_UP", 4 << 20)
    path = write(tmp_path, "rows.jsonl", b"a" * (8 << 20))
    with pytest.raises(DataError, match="not made of rows"):
        list(lines.read_lines(path, "utf-8", limit=1 << 20))


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le"])
def test_an_overlong_line_costs_only_its_row(tmp_path: Path, codec: str) -> None:
    path = write(tmp_path, "rows.jsonl", f"one\n{'x' * 5000}\nthree\n".encode(codec))
    found = [(line.number, line.text, line.problem) for line in lines.read_lines(path, codec, limit=1000)]
    assert found == [(1, "one", ""), (2, "", "too_long"), (3, "three", "")]


def test_a_row_of_five_megabytes_is_a_row(tmp_path: Path) -> None:
    big = "word " * 1_000_000
    for name, content in (
        ("rows.jsonl", json.dumps({"text": big})),
        ("rows.json", json.dumps([{"text": big}])),
        ("rows.csv", f'text\n"{big}"\n'),
        ("rows.txt", big),
    ):
        assert [len(record["text"].strip()) for record in records_of(write(tmp_path, name, content))] == [4_999_999]


def test_progress_ends_at_the_size(tmp_path: Path) -> None:
    path = write(tmp_path, "rows.jsonl", '{"text": "a"}\n' * 500)
    told: list[tuple[int, int, str]] = []
    list(read_rows(DataSpec(path=str(path)), on_progress=lambda *now: told.append(now)))
    assert told[-1] == (7000, 7000, "bytes")
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
