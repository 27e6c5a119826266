"""Reading the preset files that people edit: text in UTF-8, and then as strictly as `project.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from engine.errors import SpecError
from engine.spec_text import parse_yaml_as

M = TypeVar("M", bound=BaseModel)


def read_preset(model: type[M], file: Path) -> M:
    """One file as a strict pydantic model.

    Raises:
        SpecError: It cannot be used; names file:line and key.
    """
    return parse_yaml_as(model, text_of(file), file)


def text_of(file: Path) -> str:
    """The text of a file.

    Raises:
        SpecError: It is not UTF-8, or cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError(f"{file.name} is not text in UTF-8.", str(file), "Save it as UTF-8, or restore it.") from error
    except OSError as error:
        why = f"{file}: {error.strerror}"
        raise SpecError(f"{file.name} cannot be read.", why, "Restore it, or install tunesmith again.") from error
