"""A stand-in for the models that find personal details: patterns, for tests of what becomes of a finding."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pytest

from engine.privacy.lazy import LazyDetector
from engine.privacy.merge import Hit


def find_by(monkeypatch: pytest.MonkeyPatch, patterns: Mapping[str, re.Pattern[str]]) -> None:
    """From now on a scan of this process finds what these patterns match, by kind, and nothing else."""

    def detect(_: LazyDetector, texts: Sequence[str]) -> list[list[Hit]]:
        return [
            [
                Hit(found.start(), found.end(), entity, 0.9, "Fake")
                for entity, pattern in patterns.items()
                for found in pattern.finditer(text)
            ]
            for text in texts
        ]

    monkeypatch.setattr(LazyDetector, "detect", detect)
