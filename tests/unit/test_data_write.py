"""What is written is read back as it was, in every format."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.data.formats import Format
from engine.data.read import detect_format, read_rows
from engine.data.rows import RawRow
from engine.data.write import RowWriter
from engine.spec import DataSpec

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
WORDS = st.text(st.sampled_from('ab é🙂",;\t|\r\n\0\\\u2028\x85'), max_size=8)
CODECS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"])
LEAVES = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | TEXT | WORDS
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
COMMON = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def round_trip(folder: Path, format: Format, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    path = folder / f"rows.{format.format}"
    with RowWriter(path, format) as writer:
        for record in records:
            writer.write(record)
    found = detect_format(path)
    assert found.format == format.format
    rows = list(read_rows(DataSpec(path=str(path))))
    assert all(isinstance(row, RawRow) for row in rows), rows
    return [row.record for row in rows if isinstance(row, RawRow)]


def spec_of(codec: str, name: Any, **more: Any) -> Format:
    return Format(name, codec, bom=codec != "utf-8", **more)


@COMMON
@given(records=st.lists(st.dictionaries(TEXT, VALUES, min_size=1, max_size=4), min_size=1, max_size=5), codec=CODECS)
def test_jsonl(tmp_path: Path, records: list[dict[str, Any]], codec: str) -> None:
    assert round_trip(tmp_path, spec_of(codec, "jsonl"), records) == records


@COMMON
@given(
    records=st.lists(st.dictionaries(TEXT, VALUES, min_size=1, max_size=4), min_size=1, max_size=5),
    codec=CODECS,
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_json(tmp_path: Path, records: list[dict[str, Any]], codec: str, newline: str) -> None:
    assert round_trip(tmp_path, spec_of(codec, "json", newline=newline), records) == records


@COMMON
@given(
    rows=st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=5),
    codec=CODECS,
    delimiter=st.sampled_from(",;\t|"),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_csv(tmp_path: Path, rows: list[tuple[str, str]], codec: str, delimiter: str, newline: str) -> None:
    format = spec_of(codec, "csv", delimiter=delimiter, newline=newline)
    path = tmp_path / "rows.csv"
    records = [{"prompt": first, "completion": second} for first, second in rows]
    with RowWriter(path, format) as writer:
        for record in records:
            writer.write(record)
    read = list(read_rows(DataSpec(path=str(path)), format))
    assert [row.record for row in read if isinstance(row, RawRow)] == records


def test_csv_keeps_turns_and_the_delimiter_is_found_again(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": 'say "é", please;\nnow'}]
    records = [{"messages": turns, "source": "a;b"}, {"messages": [*turns, *turns], "source": ""}]
    for delimiter in ",;\t":
        assert round_trip(tmp_path, Format("csv", delimiter=delimiter), records) == records


LINES = st.text(st.sampled_from("ab é🙂\t"), min_size=1, max_size=6).filter(str.strip)
PARAGRAPHS = st.lists(LINES, min_size=1, max_size=3).map("\n".join)


@COMMON
@given(texts=st.lists(PARAGRAPHS, min_size=2, max_size=5), codec=CODECS)
def test_paragraphs(tmp_path: Path, texts: list[str], codec: str) -> None:
    records = [{"text": text} for text in texts]
    assert round_trip(tmp_path, spec_of(codec, "txt", unit="paragraphs"), records) == records


@COMMON
@given(texts=st.lists(LINES, min_size=1, max_size=5), codec=CODECS)
def test_lines(tmp_path: Path, texts: list[str], codec: str) -> None:
    records = [{"text": text} for text in texts]
    assert round_trip(tmp_path, spec_of(codec, "txt", unit="lines"), records) == records


def test_text_never_becomes_more_rows(tmp_path: Path) -> None:
    one = [{"text": "a\n\nb"}]
    assert round_trip(tmp_path, Format("txt", unit="paragraphs"), one) == [{"text": "a b"}]
    assert round_trip(tmp_path, Format("txt", unit="lines"), one) == [{"text": "a b"}]
    two = [{"text": "a\n\nb"}, {"text": "c"}]
    assert round_trip(tmp_path, Format("txt", unit="paragraphs"), two) == [{"text": "a\nb"}, {"text": "c"}]


@COMMON
@given(rows=st.lists(st.tuples(TEXT, st.lists(TEXT, max_size=3)), min_size=1, max_size=5))
def test_parquet(tmp_path: Path, rows: list[tuple[str, list[str]]]) -> None:
    records = [{"system": first, "messages": [{"role": "user", "content": c} for c in inner]} for first, inner in rows]
    source = tmp_path / "source.parquet"
    turn = pa.struct([("role", pa.string()), ("content", pa.string())])
    schema = pa.schema([("system", pa.large_string()), ("messages", pa.list_(turn))])
    pq.write_table(pa.Table.from_pylist(records, schema=schema), source)
    assert round_trip(tmp_path, detect_format(source), records) == records
    assert pq.read_schema(tmp_path / "rows.parquet").equals(schema)


def test_many_parquet_rows(tmp_path: Path) -> None:
    records = [{"text": f"row {number}"} for number in range(5000)]
    assert round_trip(tmp_path, Format("parquet", ""), records) == records


def test_a_lone_surrogate_does_not_stop_the_writing(tmp_path: Path) -> None:
    assert round_trip(tmp_path, Format("jsonl"), [{"text": "a\ud83d"}]) == [{"text": "a\ufffd"}]


def write_half(path: Path, format: Format) -> None:
    with RowWriter(path, format) as writer:
        writer.write({"text": "new"})
        raise RuntimeError("broken")


@pytest.mark.parametrize("text", ['[{"a": "1"}]', '[\n {"a": "1"}\n]\n', '[{"a": "1"}]\r\n'])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le"])
def test_a_json_file_ends_as_it_did(tmp_path: Path, text: str, codec: str) -> None:
    source, target = tmp_path / "rows.json", tmp_path / "again.json"
    source.write_bytes(("" if codec == "utf-8" else "\ufeff").encode(codec) + text.encode(codec))
    format = detect_format(source)
    with RowWriter(target, format) as writer:
        for row in read_rows(DataSpec(path=str(source))):
            assert isinstance(row, RawRow)
            writer.write_row(row, [])
    assert target.read_bytes() == source.read_bytes()


@pytest.mark.parametrize("name", ["jsonl", "json", "csv", "txt", "parquet"])
def test_an_error_leaves_the_old_file(tmp_path: Path, name: Any) -> None:
    path = tmp_path / f"rows.{name}"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="broken"):
        write_half(path, Format(name))
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_the_file_is_private_and_rows_are_counted(tmp_path: Path) -> None:
    with RowWriter(tmp_path / "deep" / "rows.jsonl", Format("jsonl")) as writer:
        writer.write({"text": "a"})
        writer.write({"text": "b"})
    assert writer.rows == 2
    assert stat.S_IMODE((tmp_path / "deep" / "rows.jsonl").stat().st_mode) == 0o600
