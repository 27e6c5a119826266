"""Turning what stands for hidden values back into them, with the project's key and its table of replacements.

AES tokens hold their value, so the key alone reads them. Surrogates, placeholders, masks and hashes are turned back by
the encrypted table, where it was kept. One replacement can stand for several values: the placeholder of a name that was
written in two ways, or any replacement where pseudonyms reach one row only. Of several spellings the first is taken;
what would stand for different values is left as it is and counted, since a guess would put words into somebody's mouth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import regex

from engine.actions import read_json
from engine.data.leaves import Unquoted
from engine.data.read import detect_format, read_rows
from engine.data.rows import BadRow
from engine.data.splice import Change
from engine.data.write import RowWriter
from engine.errors import UsageError, from_os_error
from engine.files import sha256_of
from engine.privacy.ciphered import TOKEN, unseal
from engine.privacy.keys import key_name, load_key, subkey
from engine.privacy.operators import operators_of
from engine.privacy.profiles import load_profile
from engine.privacy.replace import normalised
from engine.privacy.replacing import table_file
from engine.privacy.table import Pair, read_table
from engine.privacy.targets import must_be_free
from engine.privacy.texts import searched_fields
from engine.project import Project
from engine.spec import DataSpec, ProjectSpec


@dataclass
class Restored:
    """What was turned back."""

    rows: int = 0
    unreadable: int = 0
    """Rows of the input that could not be read; they are not in the output."""
    by_entity: Counter[str] = field(default_factory=Counter)
    """Places turned back, by type."""
    ambiguous: int = 0
    """Places left as they are, because what stands there stands for several values."""

    @property
    def places(self) -> int:
        """All places turned back."""
        return sum(self.by_entity.values())


class _Table:
    """The way back of one set of pairs: in one file, or in one row of it."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        olds: dict[str, dict[str, Pair]] = {}
        for pair in pairs:
            if not TOKEN.fullmatch(pair.new):
                olds.setdefault(pair.new, {}).setdefault(normalised(pair.old), pair)
        self._known = {new: next(iter(meant.values())) for new, meant in olds.items() if len(meant) == 1}
        self._several = {new for new, meant in olds.items() if len(meant) > 1}
        self._typed = {pair.new for pair in pairs if pair.typed}
        self._only_typed = self._typed - {pair.new for pair in pairs if not pair.typed}
        # What begins and ends with a sign, such as `<PERSON_1>`, is found beside letters too; a replacement inside a
        # longer word is no replacement. A named list takes the longest that fits.
        signs = [new for new in olds if not (new[:1].isalnum() or new[-1:].isalnum())]
        words = [new for new in olds if new[:1].isalnum() or new[-1:].isalnum()]
        lists = {name: news for name, news in (("signs", signs), ("words", words)) if news}
        forms = {"signs": r"\L<signs>", "words": r"(?<!\w)\L<words>(?!\w)"}
        self._pattern: Any = regex.compile("|".join(forms[name] for name in lists) or r"(?!)", **lists)

    def back(self, text: str, made: Restored) -> str:
        """A text with every replacement turned back that stands for one value; a number that was one becomes one."""
        whole = isinstance(text, Unquoted)
        if text in (self._typed if whole else self._only_typed) and text in self._known:
            pair = self._known[text]
            made.by_entity[pair.entity] += 1
            return Unquoted(pair.old)
        if whole:
            made.ambiguous += text in self._typed
            return text

        def value(found: Any) -> str:
            new = str(found[0])
            if new in self._several:
                made.ambiguous += 1
                return new
            pair = self._known[new]
            made.by_entity[pair.entity] += 1
            return pair.old

        return str(self._pattern.sub(value, text))


@dataclass(frozen=True)
class _Way:
    """What leads back."""

    tokens: bytes | None
    """The key of AES tokens."""
    file: _Table | None
    rows: Mapping[int, _Table]

    def back(self, text: str, row: int, made: Restored) -> str:
        table = self.rows.get(row, self.file)
        if table is not None:
            text = table.back(text, made)
        if self.tokens is None or "<" not in text or isinstance(text, Unquoted):
            return text
        made.by_entity.update(found[1] for found in TOKEN.finditer(text))
        return unseal(text, self.tokens)


def restore_file(
    project: Project, source: Path, target: Path, on_row: Callable[[int], None] = lambda _: None
) -> Restored:
    """Write `source` again with the hidden values of the project in it. The result is personal data.

    Args:
        project: A project whose data was redacted.
        source: The redacted file, answers of the model, or anything else with replacements in it; any format that a
            dataset may have.
        target: The new file, in the same format, readable by its owner only. Appears when it is whole.
        on_row: Told the number of each row that was written.

    Raises:
        UsageError: Nothing leads back: no table was kept, and no value was encrypted; or a token is of another key.
        ProjectError: The key is not on this machine, or the table was changed.
        DataError, DiskFullError: The input cannot be read, the output not written.
    """
    spec = project.load()
    if not source.is_file():
        raise UsageError("A file is missing: there is nothing to turn back.", f"{source} does not exist.", "")
    must_be_free(target, "--out", project, [source])
    way = _way_back(project, spec, source)
    made = Restored()
    data = DataSpec(path=str(source))
    try:
        with RowWriter(target, detect_format(source, data.format)) as writer:
            for row in read_rows(data):
                if isinstance(row, BadRow):
                    made.unreadable += 1
                    continue
                turned = ((path, text, way.back(text, row.index, made)) for path, text in searched_fields(row))
                writer.write_row(row, [Change(path, new) for path, text, new in turned if new != text])
                made.rows += 1
                on_row(made.rows)
    except OSError as error:
        raise from_os_error(error, "turning the file back") from error
    return made


def _way_back(project: Project, spec: ProjectSpec, source: Path) -> _Way:
    table = table_file(project)
    encrypts = "aes" in _operators_applied(project, spec)
    if not table.is_file() and not encrypts:
        raise UsageError(
            "Nothing leads back from this project's replacements.",
            "The table that links old to new was not kept (redaction.table: delete), and no value was encrypted.",
            "Take the values from your own data file. For the next time: `redaction.table: encrypt`, then redact.",
            code="no_table",
        )
    key = load_key(key_name(spec))
    if not table.is_file():
        return _Way(subkey(key, "aes"), None, {})
    pairs = list(read_table(table, subkey(key, "table")[:32]))
    by_row: dict[int, list[Pair]] = {}
    if _is_the_redacted_file(project, spec, source):
        for pair in pairs:
            if pair.row >= 0:
                by_row.setdefault(pair.row, []).append(pair)
    return _Way(subkey(key, "aes"), _Table(pairs), {row: _Table(own) for row, own in by_row.items()})


def _operators_applied(project: Project, spec: ProjectSpec) -> set[str]:
    """The operators of the last redaction; before one, those of the settings."""
    applied = read_json(project.proof_file).get("replacement", {})
    now = operators_of(spec.redaction, load_profile(spec.redaction.profile)).used
    return {str(applied["operator"]), *map(str, applied["operators"].values())} if applied else {*map(str, now)}


def _is_the_redacted_file(project: Project, spec: ProjectSpec, source: Path) -> bool:
    """Whether `source` is the redacted file with all rows of the original, so that the numbers of rows agree."""
    proof = read_json(project.proof_file)
    whole = proof.get("original", {}).get("rows") == proof.get("redacted", {}).get("rows")
    unread = proof.get("left_out", {}).get("unreadable", 0)
    return whole and not unread and sha256_of(source) == spec.redaction.sha256
