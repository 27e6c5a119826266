"""Measured parts on disk: each is kept as soon as it is there, and taken again while what it depends on is the same.

So a stopped evaluation goes on where it was, and what was measured of the base model before training is not measured
again after it. Light: no model is loaded for this.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.files import atomic_write


class Parts:
    """The parts measured of one model, in one file of the evaluation folder (private: it may hold answers)."""

    def __init__(self, file: Path, model: str) -> None:
        """`model` is the fingerprint of the model; parts of another one are dropped."""
        self.file, self.model = file, model
        try:
            content = json.loads(file.read_bytes())
        except (OSError, ValueError):
            content = {}
        same = isinstance(content, dict) and content.get("model") == model
        self._parts: dict[str, dict[str, Any]] = content["parts"] if same else {}

    def get(self, name: str, key: str) -> dict[str, Any] | None:
        """The result of a part, or None when it was not measured on this."""
        part = self._parts.get(name)
        return part["result"] if part is not None and part["key"] == key else None

    def at(self, name: str) -> str | None:
        """When a part was measured, ISO 8601; None when it was not."""
        return self._parts.get(name, {}).get("at")

    def take(self, name: str, key: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The result of a part: as kept, else measured now and kept.

        Raises:
            DiskFullError, ProjectError: It cannot be kept.
        """
        known = self.get(name, key)
        if known is not None:
            return known
        result = measure()
        at = datetime.now(UTC).isoformat(timespec="seconds")
        self._parts[name] = {"key": key, "at": at, "result": result}
        content = {"model": self.model, "parts": self._parts}
        atomic_write(self.file, json.dumps(content, ensure_ascii=False), "saving what was measured")
        return result


def fingerprint(content: object) -> str:
    """Sixteen hexadecimal digits that are equal for equal content (anything that JSON can hold)."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]
