"""Which model on the hub a base on this disk is or was made from, for the card of what was trained on it.

A folder or a GGUF file has no name outside this machine, but its card, its metadata or its config.json often tell
one. Only what reads as a hub id is taken, never a path: those tell how somebody's disk is ordered, and help nobody.
"""

from __future__ import annotations

import re
from pathlib import Path

from engine.errors import ModelError
from engine.licences.parents import hub_name
from engine.licences.read import Subject, read_subject
from engine.licences.terms import family_of, owner_of
from engine.models.catalogue import load_catalogue
from engine.models.source import DEMO, hub_id
from engine.spec import ModelSpec

_FOLDERS = re.compile(
    r"(models?|checkpoints?|ckpts?|outputs?|out|runs?|results?|exports?|saves?|saved|trained|finetuned|tuned|merged|"
    r"adapters?|loras?|weights|data|datasets?|cache|tmp|temp|home|users?|root|mnt|media|opt|var|content|kaggle|"
    r"workspace|work|projects?|src|local|llms?|base)([_-]?\d*)",
    re.IGNORECASE,
)
"""What people call folders; `models/my-model` reads like a hub id and is none."""


def base_models(model: ModelSpec) -> list[str]:
    """Hub ids for `base_model` of a card: the model itself where it came from the hub, else what its files name.

    Empty where nothing does. A name in config.json counts only if its owner is a known maker or the folder is still
    called like it: it may also be the folder somebody trained in.
    """
    if model.kind == "hub":
        return [model.source]
    path = Path(model.source).expanduser()
    path = path if path.exists() else Path(model.path or "")
    if model.source == DEMO or not path.exists():
        return []
    if (cached := hub_name(str(path))) != str(path):
        return [cached]
    try:
        subject = read_subject(path)
    except (ModelError, OSError):
        return []
    named = [name for name in map(_public, subject.parents) if name]
    return named or ([subject.came] if _is_itself(subject, path) else [])


def _public(name: str) -> str | None:
    """A name that others can look up on the hub; None for a path."""
    found = hub_id(hub_name(name))
    return found if found and not _FOLDERS.fullmatch(found.partition("/")[0]) else None


def _is_itself(subject: Subject, path: Path) -> bool:
    if _public(subject.came) is None:
        return False
    family = family_of(subject.came)
    makers = family is not None and owner_of(subject.came) in family.owners
    listed = any(entry.id.lower() == subject.came.lower() for entry in load_catalogue())
    return makers or listed or subject.came.partition("/")[2].lower() == path.name.lower()
