"""Rendered rows are kept between jobs, and taken only for the settings they were made with."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from engine.data import prepare as module
from engine.data.prepare import Prepared, prepare
from engine.project import Project
from engine.spec import ProjectSpec
from tests.engine.test_data_prepare import CHATS, chat, set_up
from tests.engine.test_data_prepare import project as project
from tests.tokenizers_of_ours import CHATML, GEMMA, make_tokenizer

LINES = [*CHATS, "no json", chat("a long one", "word " * 200)]


def rendered_anew(project: Project, spec: ProjectSpec, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> bool:
    """Whether `prepare` reads and renders the rows, instead of taking what is kept."""
    calls: list[int] = []
    real = module._render

    def counted(*args: Any) -> Prepared:
        calls.append(1)
        return real(*args)

    monkeypatch.setattr(module, "_render", counted)
    prepare(project, spec, settings.get("tokenizer") or make_tokenizer(CHATML))
    monkeypatch.undo()
    return bool(calls)


def test_the_second_time_everything_is_as_the_first(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = set_up(project, LINES, max_length=64)
    first = prepare(project, spec, make_tokenizer(CHATML))
    assert first.truncated == 1
    assert first.dropped == 1
    monkeypatch.setattr(module, "_render", lambda *_: pytest.fail("rendered again"))
    second = prepare(project, spec, make_tokenizer(CHATML))
    for field in fields(Prepared):
        assert getattr(second, field.name) == getattr(first, field.name), field.name
    kept = next((project.root / "cache").iterdir())
    assert kept.stat().st_mode & 0o777 == 0o600


def test_other_settings_are_rendered_anew(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = set_up(project, LINES, max_length=64)
    assert rendered_anew(project, spec, monkeypatch)
    assert not rendered_anew(project, spec, monkeypatch)
    assert spec.data
    changes: list[dict[str, Any]] = [
        {"recipe": spec.recipe.model_copy(update={"max_length": 65})},
        {"recipe": spec.recipe.model_copy(update={"long_rows": "drop"})},
        {"data": spec.data.model_copy(update={"holdout": 0.3})},
    ]
    for change in changes:
        assert rendered_anew(project, spec.model_copy(update=change), monkeypatch), change
    assert rendered_anew(project, spec, monkeypatch, tokenizer=make_tokenizer(GEMMA))
    assert len(list((project.root / "cache").iterdir())) == 2
    changed = set_up(project, [*LINES, chat("one more", "yes")], max_length=64)
    assert rendered_anew(project, changed, monkeypatch)


def test_a_spoilt_file_is_rendered_over(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = set_up(project, CHATS)
    first = prepare(project, spec, make_tokenizer(CHATML))
    kept = next((project.root / "cache").iterdir())
    for content in (b"", b"PK\x03\x04 cut", kept.read_bytes()[:-200]):
        kept.write_bytes(content)
        assert prepare(project, spec, make_tokenizer(CHATML)).train == first.train
    assert not rendered_anew(project, spec, monkeypatch)
