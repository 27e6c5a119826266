"""Rendered rows kept from one job to the next: training, evaluation and preview read the same rows again and again.

One file for each combination of rows, tokenizer, chat template, limits and the code that reads and renders; a change of
any of them gives another name. It holds token ids of the redacted rows, so it lives in the project beside them and is
as private. A file that cannot be read is no error: the rows are rendered again.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from array import array
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.data.render import Rendered
from engine.data.rows import BadRow
from engine.errors import TunesmithError
from engine.files import atomic_write, sha256_of
from engine.spec import ProjectSpec

if TYPE_CHECKING:
    from engine.data.prepare import Prepared

KEPT = 2
"""So many files stay in a project: the present settings, and the ones before."""
_PARTS = ("train", "holdout")
_COUNTS = ("truncated", "dropped", "tokens", "supervised_tokens", "eos_supervised_share", "refused", "template")


def cache_file(folder: Path, rows: Path, spec: ProjectSpec, tokenizer: Any) -> Path:
    """Where the rendered rows of these settings are kept, whether they are there or not.

    Args:
        folder: Of the project.
        rows: The redacted file.
        spec: How it is read, split and cut.
        tokenizer: Of the base model.
    """
    assert spec.data
    facts = {
        "code": _code(),
        "rows": sha256_of(rows),
        "data": spec.data.model_dump(mode="json", exclude={"path"}),
        "max_length": spec.recipe.max_length,
        "long_rows": spec.recipe.long_rows,
        "template": spec.model.chat_template if spec.model else "model",
        "own_template": tokenizer.chat_template,
        "special": [tokenizer.bos_token, tokenizer.eos_token],
        "tokenizer": hashlib.sha256(tokenizer.backend_tokenizer.to_str().encode()).hexdigest(),
    }
    name = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:20]
    return folder / "cache" / f"rows-{name}.npz"


@cache
def _code() -> str:
    """Of the code that reads and renders: another version may render otherwise."""
    whole = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        whole.update(file.read_bytes())
    return whole.hexdigest()


def load(path: Path) -> dict[str, Any] | None:
    """The fields of a `Prepared`, or None where there is no usable file."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            facts = json.loads(str(stored["facts"]))
            found: dict[str, Any] = {name: facts[name] for name in (*_COUNTS, "max_length")}
            for part in _PARTS:
                found[part] = _rows(stored, part)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    found["notes"] = [BadRow(**note) for note in facts["notes"]]
    found["reasons"] = Counter(facts["reasons"])
    return found


def store(path: Path, prepared: Prepared) -> None:
    """Keep rendered rows; older files beyond `KEPT` go. Without room for it nothing is kept."""
    facts = {name: getattr(prepared, name) for name in (*_COUNTS, "max_length")}
    facts["notes"] = [note.as_dict() for note in prepared.notes]
    facts["reasons"] = dict(prepared.reasons)
    columns: dict[str, Any] = {"facts": np.array(json.dumps(facts))}
    for part in _PARTS:
        columns |= _columns(part, getattr(prepared, part))
    content = io.BytesIO()
    np.savez_compressed(content, **columns)
    try:
        atomic_write(path, content.getvalue(), "keeping the rendered rows")
    except TunesmithError:
        return
    files = sorted(path.parent.glob("rows-*.npz"), key=lambda file: file.stat().st_mtime, reverse=True)
    for old in files[KEPT:]:
        old.unlink(missing_ok=True)


def _columns(part: str, rows: list[Rendered]) -> dict[str, Any]:
    ids = array("i")
    for row in rows:
        ids.extend(row.input_ids)
    trained = np.fromiter((flag for row in rows for flag in row.trained), dtype=bool, count=len(ids))
    columns: dict[str, Any] = {"ids": np.frombuffer(ids, dtype=np.int32), "trained": np.packbits(trained)}
    columns["lengths"] = np.array([len(row.input_ids) for row in rows], dtype=np.int64)
    for name in ("eos_trained", "cut_tokens", "index", "line"):
        columns[name] = np.array([getattr(row, name) for row in rows], dtype=np.int64)
    return {f"{part}_{name}": value for name, value in columns.items()}


def _rows(stored: Any, part: str) -> list[Rendered]:
    ids = stored[f"{part}_ids"]
    trained = np.unpackbits(stored[f"{part}_trained"], count=len(ids)).astype(bool)
    lengths = stored[f"{part}_lengths"]
    if int(lengths.sum()) != len(ids):
        raise ValueError("rows and their lengths differ")
    # One shared int object per token: 8 bytes an id instead of 36.
    shared = list(range(int(ids.max()) + 1 if len(ids) else 0))
    facts = [stored[f"{part}_{name}"].tolist() for name in ("eos_trained", "cut_tokens", "index", "line")]
    rows, start = [], 0
    for length, eos, cut, index, line in zip(lengths.tolist(), *facts, strict=True):
        piece = ids[start : start + length].tolist()
        rows.append(
            Rendered(
                input_ids=[shared[token] for token in piece],
                trained=trained[start : start + length].tolist(),
                text_pieces=(),
                eos_trained=bool(eos),
                cut_tokens=cut,
                index=index,
                line=line,
            )
        )
        start += length
    return rows
