"""What transformers takes for figures that the language part of a larger model's config leaves out.

Such a part is published as its differences from the defaults of its class (Gemma 3 names neither heads nor vocabulary).
Importing the class costs seconds, so its text is read instead.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any


@cache
def config_defaults(model_type: str) -> dict[str, Any]:
    """Numbers, texts and truth values that a config class sets by itself; empty where there is no such class."""
    for file in _files(model_type):
        text = file.read_text(encoding="utf-8")
        if f'model_type = "{model_type}"' not in text:
            continue
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef) and _type_of(node) == model_type:
                return dict(_values(node))
    return {}


def _files(model_type: str) -> Iterator[Path]:
    """The files that may hold the class, those of the folder with the like name first."""
    spec = find_spec("transformers")
    if spec is None or not spec.submodule_search_locations:
        return
    files = (Path(next(iter(spec.submodule_search_locations))) / "models").glob("*/configuration_*.py")
    yield from sorted(files, key=lambda file: (not model_type.startswith(file.parent.name), file.parent.name))


def _type_of(node: ast.ClassDef) -> str:
    for line in node.body:
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant):
            names = [target.id for target in line.targets if isinstance(target, ast.Name)]
            if names == ["model_type"]:
                return str(line.value.value)
    return ""


def _values(node: ast.ClassDef) -> Iterator[tuple[str, Any]]:
    for line in node.body:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            value = line.value
            if isinstance(value, ast.Constant) and isinstance(value.value, int | float | str):
                yield line.target.id, value.value
