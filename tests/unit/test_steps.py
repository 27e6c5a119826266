"""Which steps are done, which are stale and why."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.spec import STEPS, DataSpec, ModelSpec, ProjectSpec, StepName
from engine.steps import TITLES, next_step, step_statuses, take_step


def all_taken() -> ProjectSpec:
    spec = ProjectSpec(
        name="voice",
        created=datetime(2026, 11, 22, tzinfo=UTC),
        model=ModelSpec(source="demo", kind="folder", path="/m"),
        data=DataSpec(path="/d.jsonl", sha256="1"),
        run="run-1",
    )
    spec.redaction.sha256 = "r1"
    for step in STEPS:
        spec = take_step(step, spec)
    return spec


def stale(spec: ProjectSpec) -> dict[StepName, str]:
    return {status.step: status.reason for status in step_statuses(spec) if status.state == "stale"}


def test_a_fresh_project_has_everything_before_it() -> None:
    spec = ProjectSpec(name="voice", created=datetime(2026, 11, 22, tzinfo=UTC))
    assert [status.state for status in step_statuses(spec)] == ["todo"] * len(STEPS)
    assert next_step(spec) == "model"


def test_taken_steps_are_done_and_the_last_is_where_to_go() -> None:
    spec = all_taken()
    assert [status.state for status in step_statuses(spec)] == ["done"] * len(STEPS)
    assert next_step(spec) == "ship"


@pytest.mark.parametrize(
    ("section", "change", "expected"),
    [
        ("model", {"path": "/other"}, {"model", "preview", "recipe", "train"}),
        ("data", {"sha256": "2"}, {"data", "privacy"}),
        ("redaction", {"sha256": "r2"}, {"privacy", "preview", "recipe", "train"}),
        ("recipe", {"rank": 8}, {"recipe", "train"}),
        ("recipe", {"max_length": 64}, {"preview", "recipe", "train"}),
    ],
)
def test_a_changed_input_makes_what_depends_on_it_stale(
    section: str, change: dict[str, object], expected: set[StepName]
) -> None:
    spec = all_taken()
    part = getattr(spec, section).model_copy(update=change)
    found = stale(spec.model_copy(update={section: part}))
    assert set(found) == expected
    assert all(found.values()), "every stale step says why"


def test_another_length_limit_that_leaves_every_row_whole_changes_nothing_in_the_preview() -> None:
    spec = take_step("preview", all_taken(), longest=120)
    for length, expected in ((4096, False), (120, False), (119, True)):
        found = stale(spec.model_copy(update={"recipe": spec.recipe.model_copy(update={"max_length": length})}))
        assert ("preview" in found) is expected
    assert "preview" in stale(spec.model_copy(update={"model": ModelSpec(source="x", kind="folder", path="/x")}))


def test_another_run_makes_its_evaluation_stale() -> None:
    found = stale(all_taken().model_copy(update={"run": "run-2"}))
    assert found == {"evaluate": "another run was made", "ship": "another run was made"}


def test_putting_a_value_back_makes_it_done_again() -> None:
    spec = all_taken()
    other = spec.model_copy(update={"recipe": spec.recipe.model_copy(update={"rank": 8})})
    assert stale(other)
    assert not stale(other.model_copy(update={"recipe": spec.recipe}))


def test_every_step_has_a_title() -> None:
    assert set(TITLES) == set(STEPS)


def test_a_step_is_taken_on_what_its_work_began_with() -> None:
    """A run of hours was not made with the recipe that was typed meanwhile."""
    before = all_taken()
    meanwhile = before.model_copy(update={"recipe": before.recipe.model_copy(update={"rank": 64})})
    assert "train" not in stale(take_step("train", meanwhile))
    assert stale(take_step("train", meanwhile, on=before))["train"] == "the recipe was changed"
