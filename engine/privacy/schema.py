"""The SQLite file behind the findings: its tables, how it is opened, and what its errors mean to a person.

SQLite in WAL mode, because the review screen reads while a job writes, and because a `kill -9` must lose nothing
that was decided. The file holds personal data in clear, so it is 0600 before the first byte is written.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from engine.errors import DiskFullError, ProjectError, TunesmithError, from_os_error
from engine.files import make_private_folder

VERSION = 4
"""Later versions only add tables and indexes; an older file gets them when it is opened."""
_BUSY_MS = 20_000
_AT_ONCE = 500
"""Values of one query; SQLite takes 999 at least."""
_Asked = TypeVar("_Asked")

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- What the detectors said about one text, by the hash of the text and the version of the detectors: a second scan
-- looks only at texts that it has not seen.
CREATE TABLE IF NOT EXISTS seen (
  text_hash TEXT NOT NULL, version TEXT NOT NULL, found TEXT NOT NULL, PRIMARY KEY (text_hash, version)
) WITHOUT ROWID;

-- Whole rows of the last scan by the hash of the row as it stands in the file: the names it tells and its findings
-- (JSON; NULL: none), and what was searched in every row then. See `engine.privacy.knownrows`.
CREATE TABLE IF NOT EXISTS known_rows (id INTEGER PRIMARY KEY, name BLOB NOT NULL, told TEXT, found TEXT);
CREATE INDEX IF NOT EXISTS known_rows_by_name ON known_rows (name);
CREATE TABLE IF NOT EXISTS swept (
  entity TEXT NOT NULL, value TEXT NOT NULL, score REAL NOT NULL, source TEXT NOT NULL, PRIMARY KEY (entity, value)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS vals (
  id INTEGER PRIMARY KEY,
  entity TEXT NOT NULL,
  value TEXT NOT NULL,
  count INTEGER NOT NULL DEFAULT 0,
  max_score REAL NOT NULL DEFAULT 0,
  min_score REAL NOT NULL DEFAULT 0,
  risk REAL NOT NULL DEFAULT 0,
  differs INTEGER NOT NULL DEFAULT 0,
  decision TEXT,
  decided_by TEXT,
  UNIQUE (entity, value)
);
CREATE INDEX IF NOT EXISTS vals_by_risk ON vals (risk DESC, id) WHERE count > 0;
CREATE INDEX IF NOT EXISTS vals_by_count ON vals (count DESC, id) WHERE count > 0;
CREATE INDEX IF NOT EXISTS vals_undecided ON vals (risk DESC, id) WHERE count > 0 AND decision IS NULL;
CREATE INDEX IF NOT EXISTS vals_by_text ON vals (lower(value));
CREATE INDEX IF NOT EXISTS vals_by_type ON vals (entity, decision, count) WHERE count > 0;
CREATE INDEX IF NOT EXISTS vals_kept ON vals (id) WHERE decision = 'keep';

CREATE TABLE IF NOT EXISTS findings (
  id INTEGER PRIMARY KEY,
  value_id INTEGER NOT NULL,
  row INTEGER NOT NULL,
  field TEXT NOT NULL,
  start INTEGER NOT NULL,
  end INTEGER NOT NULL,
  score REAL NOT NULL,
  recogniser TEXT NOT NULL,
  before TEXT NOT NULL,
  match TEXT NOT NULL,
  after TEXT NOT NULL,
  role TEXT NOT NULL,
  text_hash TEXT NOT NULL,
  decision TEXT,
  decided_by TEXT
);
CREATE INDEX IF NOT EXISTS findings_by_value ON findings (value_id, id);
CREATE INDEX IF NOT EXISTS findings_by_row ON findings (row, field, start);
CREATE INDEX IF NOT EXISTS findings_decided ON findings (id) WHERE decision IS NOT NULL;

CREATE TABLE IF NOT EXISTS log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  by TEXT NOT NULL,
  action TEXT NOT NULL,
  description TEXT NOT NULL,
  undone INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS log_values (log_id INTEGER, value_id INTEGER, old_action TEXT, old_by TEXT);
CREATE INDEX IF NOT EXISTS log_values_by_log ON log_values (log_id);
CREATE TABLE IF NOT EXISTS log_places (
  log_id INTEGER, value_id INTEGER, text_hash TEXT, field TEXT, row INTEGER, start INTEGER, end INTEGER,
  old_action TEXT, old_by TEXT
);
CREATE INDEX IF NOT EXISTS log_places_by_log ON log_places (log_id);

-- Corrections of what was found, by the entry of the log that made them; they count while it is not undone. The
-- findings as they were before stand in log_findings, findings that were added in log_added.
CREATE TABLE IF NOT EXISTS edits (log_id INTEGER PRIMARY KEY, kind TEXT NOT NULL, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS log_findings (
  log_id INTEGER, finding_id INTEGER, entity TEXT, value TEXT, start INTEGER, end INTEGER, before TEXT, match TEXT,
  after TEXT
);
CREATE INDEX IF NOT EXISTS log_findings_by_log ON log_findings (log_id);
CREATE TABLE IF NOT EXISTS log_added (log_id INTEGER, finding_id INTEGER);
CREATE INDEX IF NOT EXISTS log_added_by_log ON log_added (log_id);

-- Rules of the person, by the entry that made them; `removed_by` is the entry that took them off the list.
CREATE TABLE IF NOT EXISTS rules (log_id INTEGER PRIMARY KEY, content TEXT NOT NULL, removed_by INTEGER);

-- Rows without findings: those that look suspicious, and the random samples that were drawn of them.
CREATE TABLE IF NOT EXISTS blind_rows (row INTEGER PRIMARY KEY, weight INTEGER, signs TEXT, texts TEXT);
CREATE TABLE IF NOT EXISTS blind_sample (
  draw INTEGER, position INTEGER, row INTEGER, texts TEXT, verdict TEXT, PRIMARY KEY (draw, position)
);
CREATE TABLE IF NOT EXISTS log_sample (log_id INTEGER, draw INTEGER, position INTEGER, old TEXT);
CREATE INDEX IF NOT EXISTS log_sample_by_log ON log_sample (log_id);
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open (and where needed make) a findings file, readable by the owner only.

    Raises:
        ProjectError: Not a findings file, or it cannot be opened.
        DiskFullError: No room to make it.
    """
    try:
        make_private_folder(path.parent)
        _make(path)
        os.chmod(path, 0o600)
    except OSError as error:
        raise from_os_error(error, "opening the findings") from error
    connection = sqlite3.connect(path, timeout=_BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
    try:
        with explained(path):
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            if version > VERSION:
                raise ProjectError(
                    "A newer tunesmith made these findings.",
                    f"{path} has version {version}; this tunesmith knows {VERSION}.",
                    "Update tunesmith, or use the one that made them.",
                    code="findings_newer",
                )
            if version != VERSION:
                connection.executescript(_TABLES)
                connection.execute(f"PRAGMA user_version = {VERSION}")
    except TunesmithError:
        connection.close()
        raise
    return connection


def _make(path: Path) -> None:
    """An empty file for the owner only, where there is none.

    One that is there is not opened here: closing it would take away the locks that SQLite holds on it for other
    connections of this process (POSIX gives them back with the first close of any of them). Another process would then
    take itself for the last one, remove the write-ahead log, and what is decided afterwards would be lost.

    Raises:
        OSError: It cannot be made, or may not be read and written.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path)) from None


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[sqlite3.Connection]:
    """All of the block or nothing of it."""
    with explained(path):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into messages a person can act on."""
    try:
        yield
    except sqlite3.Error as error:
        text = str(error)
        if "disk is full" in text or "disk I/O" in text:
            raise DiskFullError(
                "The disk is full: the findings were not saved.",
                f"{path}: {text}. What was saved before is still there.",
                "Free some space, then run the same step again.",
            ) from error
        if "locked" in text or "busy" in text:
            raise ProjectError(
                "The findings are in use by another program.",
                f"{path} stayed locked for {_BUSY_MS // 1000} seconds.",
                "Wait for the other scan or redaction to end, then try again.",
                code="findings_locked",
            ) from error
        if "readonly" in text or "unable to open" in text:
            raise ProjectError(
                "The findings cannot be written.",
                f"{path}: {text}.",
                "Check whom the file and its folder belong to, and that they may be written.",
                code="findings_readonly",
            ) from error
        raise ProjectError(
            "The findings cannot be read.",
            f"{path}: {text}.",
            "Put a copy of it back if you have one. Else move it out of the project and run `tunesmith scan PROJECT`;"
            " what was decided in it must be decided again.",
            code="findings_broken",
        ) from error


def in_parts(asked: Sequence[_Asked]) -> Iterator[Sequence[_Asked]]:
    """Values in as many parts as it takes for each to be asked for in one query."""
    return (asked[start : start + _AT_ONCE] for start in range(0, len(asked), _AT_ONCE))
