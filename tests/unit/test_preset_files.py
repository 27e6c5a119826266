"""Preset files are edited by people: what is wrong with one is said with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import SpecError
from engine.machine import PRESETS
from engine.recipes import load_recipes, recipe_from

BALANCED = (PRESETS / "recipes" / "balanced.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("  rank:", "  rnak:"), ("balanced.yaml:8", "knobs.rnak", "knobs.rank")),
        (("  rank: 16", "  rank: many"), ("balanced.yaml:8", "knobs.rank", "many")),
        (("  rank: 16", "  targets: []\n  rank: 16"), ("balanced.yaml", "targets")),
        (("knobs:", "knobs:\n  rank: 64"), ("balanced.yaml:9", "`rank`", "twice")),
        (("  rank: 16", "  rank: 16\n  optimizer: adamwx"), ("balanced.yaml:9", "knobs.optimizer", "did you mean")),
        (("summary: a", "summary: \udce9"), ("balanced.yaml", "UTF-8")),
    ],
)
def test_a_wrong_recipe_names_its_place(tmp_path: Path, change: tuple[str, str], said: tuple[str, ...]) -> None:
    file = tmp_path / "balanced.yaml"
    file.write_bytes(BALANCED.replace(*change, 1).encode(errors="surrogateescape"))
    with pytest.raises(SpecError) as caught:
        load_recipes(tmp_path)
    words = f"{caught.value.title} {caught.value.what} {caught.value.hint}"
    assert all(part in words for part in said), words
    assert caught.value.hint


def test_a_recipe_that_some_editor_saved_is_read(tmp_path: Path) -> None:
    (tmp_path / "balanced.yaml").write_bytes(b"\xef\xbb\xbf" + BALANCED.replace("\n", "\r\n").encode())
    assert load_recipes(tmp_path)[0].knobs == recipe_from("balanced")
