"""What stands for each hidden value of a dataset: the operators applied, row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from engine.data.leaves import Unquoted, is_number
from engine.errors import DataError
from engine.privacy.ciphered import hashed, seal
from engine.privacy.keys import subkey
from engine.privacy.operators import Operators
from engine.privacy.replace import Placeholders, normalised
from engine.privacy.surrogate.keyed import Keyed
from engine.privacy.surrogate.surrogates import Surrogates
from engine.privacy.table import Pair


@dataclass
class Replacer:
    """Applies the operators. One for each pass over the data.

    Args:
        operators: What to write for which type.
        key: The project's key; 32 bytes.
        taken: Placeholders that the original holds already.
        occurs: Whether a text occurs in the original.
        hidden: All hidden values.
        names: The whole names among them: who is in the file.
    """

    operators: Operators
    key: bytes
    taken: frozenset[str] = frozenset()
    occurs: Callable[[str], bool] = lambda text: False
    hidden: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()
    pairs: dict[Pair, None] = field(default_factory=dict)
    """What stands for what, gathered when the table is kept."""

    def __post_init__(self) -> None:
        self._small = frozenset(value.casefold() for value in self.hidden if len(value) > 2)
        self._salt = b""
        self._row = -1
        self._start_afresh()

    def begin_row(self, digest: bytes, row: int, names: Iterable[str]) -> None:
        """A row starts.

        Args:
            digest: Names the row by its content; with `scope: row` its pseudonyms depend on it.
            row: Its index in the original, for the table.
            names: The names that are hidden in it, in order.
        """
        if self.operators.scope == "row":
            self._salt, self._row = digest, row
            self._start_afresh()
        self._surrogates.begin_row(names)

    def drops(self, entity: str) -> bool:
        """Whether a row with a hidden value of this type is left out."""
        return self.operators.of(entity) == "drop_row"

    def of(self, entity: str, value: str, written: str = "") -> str:
        """What stands for a value.

        Args:
            entity: Its type.
            value: As it was found first.
            written: As it is written here.
        """
        written = written or value
        new = self._new(entity, value, written)
        if new is None or new == written:
            new = self._placeholders.of(entity, value)
        return self._noted(entity, written, new)

    def written(self, entity: str, value: str, text: Unquoted, *, typed: bool) -> str:
        """What stands for a value that is no text: a `Unquoted`, or a text where the operator gives only texts.

        Args:
            entity: Its type.
            value: As it was found first.
            text: As it is written.
            typed: Only a value of the same type may stand there, as in a column of a Parquet file: a surrogate then,
                whatever the operator.

        Raises:
            DataError: Neither is possible.
        """
        operator = self.operators.of(entity)
        if operator == "surrogate" or typed:
            made = self._surrogates.of_written(entity, text, not_above=typed)
            if made is not None:
                return Unquoted(self._noted(entity, text, made, typed=True), text.name)
            if typed:
                raise DataError(
                    "A value could not be hidden.",
                    f"The field {text.name} holds a {entity} of a type for which nothing else could be made up.",
                    "Take that column out of the file, or choose the operator drop_row for this type.",
                    code="cannot_hide",
                )
        new = None if operator == "surrogate" else self._new(entity, value, text)
        return self._noted(entity, text, new or self._placeholders.of(entity, value), typed=True)

    def plain(self, entity: str, value: str) -> str:
        """The placeholder of a value, for places where its replacement would make a hidden value again."""
        return self._noted(entity, value, self._placeholders.of(entity, value))

    def _new(self, entity: str, value: str, written: str) -> str | None:
        operator = self.operators.of(entity)
        if operator == "surrogate":
            made = self._surrogates.of(entity, written)
            # A number in a cell of a table, or in JSON that stands in a text, stays one: no leading zero.
            if is_number(written) and (made is None or not is_number(made)):
                return self._surrogates.of_written(entity, written) or made
            return made
        if operator == "mask":
            made = masked_shape(written)
            return None if made.casefold() in self._small else made
        if operator == "hash":
            return hashed(entity, normalised(value), subkey(self.key, "hash"), self._salt)
        if operator == "aes":
            return seal(entity, written, subkey(self.key, "aes"), self._salt)
        return None

    def _noted(self, entity: str, written: str, new: str, *, typed: bool = False) -> str:
        if self.operators.table == "encrypt":
            self.pairs[Pair(entity, str(written), new, self._row, typed)] = None
        return new

    def _start_afresh(self) -> None:
        key = Keyed(subkey(self.key, "surrogate")).digest("row", self._salt.hex())
        self._placeholders = Placeholders(self.taken)
        self._surrogates = Surrogates(key, self.occurs, self._small)
        if self.operators.scope == "file" and "surrogate" in self.operators.used:
            self._surrogates.settle(self.names)


def masked_shape(text: str) -> str:
    """The same shape without content: letters become x or X, digits 0; signs and spaces stay."""
    return "".join(
        "0" if letter.isdecimal() else ("X" if letter.isupper() else "x") if letter.isalnum() else letter
        for letter in text
    )
