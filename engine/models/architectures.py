"""Which architectures the installed transformers knows by itself, found without importing it.

A model that brings its own code is only of use when transformers has that architecture natively, since code from a
model folder is never run. Importing transformers costs seconds; its table is read as text instead.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_TABLE = re.compile(r"^MODEL_FOR_CAUSAL_LM_MAPPING_NAMES = OrderedDict\((.*?)^\)", re.DOTALL | re.MULTILINE)
_ENTRY = re.compile(r'\(\s*"([\w.-]+)",\s*"(\w+)"')


@cache
def native_causal_models() -> dict[str, str]:
    """`model_type` → class, of the models that write text; empty when transformers' table cannot be found."""
    spec = find_spec("transformers")
    if spec is None or not spec.submodule_search_locations:
        return {}
    table = Path(next(iter(spec.submodule_search_locations))) / "models" / "auto" / "modeling_auto.py"
    try:
        found = _TABLE.search(table.read_text(encoding="utf-8"))
    except OSError:
        return {}
    return dict(_ENTRY.findall(found.group(1))) if found else {}
