"""Rows of a Parquet file. pyarrow is imported when the first one is read, not before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from engine.data.rows import BadRow, RawRow
from engine.errors import DataError

if TYPE_CHECKING:
    from engine.data.read import Progress

_BATCH_ROWS = 256


def read_parquet(path: Path, on_progress: Progress | None = None) -> Iterator[RawRow | BadRow]:
    """The rows of a Parquet file; their line is their 1-based number.

    Raises:
        DataError: The file is damaged or has no rows.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    from engine.data.formats import empty_file
    from engine.data.read import object_row

    try:
        with pq.ParquetFile(path) as file:
            total = file.metadata.num_rows
            if total == 0:
                raise empty_file(path)
            index = 0
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                for record in batch.to_pylist():
                    yield object_row(record, index, index + 1)
                    index += 1
                if on_progress:
                    on_progress(index, total, "rows")
    except (pa.ArrowException, OSError) as error:
        first = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        raise DataError(
            "This Parquet file is damaged.", f"{path}: {first}", "Copy or download it again.", code="damaged"
        ) from error


def _named_like(schema: Any, records: list[dict[str, Any]]) -> Any:
    """The schema with its columns named as in the records, which have them in the same order.

    What other programs noted about the columns tells the old names, so it goes when one of them changes.
    """
    names = list(records[0]) if records else schema.names
    if names == schema.names or len(names) != len(schema.names):
        return schema
    import pyarrow as pa

    return pa.schema([column.with_name(name) for column, name in zip(schema, names, strict=True)])


class ParquetSink:
    """Writes rows with the column types of the original, in groups so that memory stays bounded."""

    def __init__(self, stream: BinaryIO, source: Path | None) -> None:
        self._stream = stream
        self._source = source
        self._waiting: list[dict[str, Any]] = []
        self._writer: Any = None
        self._schema: Any = None

    def add(self, record: Mapping[str, Any]) -> None:
        """Keep a row, and write a group of them now and then."""
        self._waiting.append(dict(record))
        if len(self._waiting) >= 8 * _BATCH_ROWS:
            self._write()

    def source_of(self, row: RawRow, changes: Any, renamed: Any) -> None:
        """A row of a Parquet file has no text of its own."""

    def end(self) -> None:
        """Write the rest and the footer."""
        self._write()
        self._writer.close()

    def _write(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self._schema is None and self._source is not None and self._source.is_file():
            self._schema = _named_like(pq.read_schema(self._source), self._waiting)
        table = pa.Table.from_pylist(self._waiting, schema=self._schema)
        if self._writer is None:
            self._schema = table.schema
            self._writer = pq.ParquetWriter(self._stream, table.schema)
        if self._waiting:
            self._writer.write_table(table)
        self._waiting = []
