"""The plan against the truth: within 3 % of real steps on a CPU, and near what others published for GPUs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.plan_truth import DEMO, Case, against, measured, planned, published

_SHAPES = ((1, 120, 119), (3, 300, 100))


@pytest.fixture(scope="session")
def profiles_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where profiles are kept for all tests of the plan: each is worked out once."""
    return tmp_path_factory.getbasetemp() / "profiles"


@pytest.fixture(autouse=True)
def _shared(state: Path, profiles_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNESMITH_STATE", str(profiles_folder))


_DROPPED = {"dropout": 0.05, "rank": 64}


@pytest.mark.parametrize(
    ("shape", "knobs"),
    [
        (_SHAPES[0], {"dropout": 0.0}),
        (_SHAPES[1], {"gradient_checkpointing": True, "loss": "nll", "rank": 4, "dropout": 0.0}),
    ],
)
def test_the_demo_model(shape: tuple[int, int, int], knobs: dict[str, Any]) -> None:
    case = Case(*shape, knobs)
    assert planned(DEMO, case).allocated == pytest.approx(measured(DEMO, case), rel=0.03)


def test_products_of_bfloat16() -> None:
    case = Case(*_SHAPES[0], {"dropout": 0.0}, products="bfloat16")
    plan = planned(DEMO, case).allocated
    assert plan == pytest.approx(measured(DEMO, case), rel=0.03)
    assert plan < 0.95 * planned(DEMO, Case(*_SHAPES[0], {"dropout": 0.0})).allocated


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shape", "knobs"),
    [
        (_SHAPES[1], {"dropout": 0.0}),
        (_SHAPES[0], {**_DROPPED, "loss": "nll"}),
        (_SHAPES[1], {**_DROPPED, "loss": "nll"}),
        (_SHAPES[0], {"gradient_checkpointing": True, "dropout": 0.1, "targets": ["q_proj", "v_proj"]}),
        ((2, 200, 150), {"quantization": "none"}),
        ((2, 200, 150), {"dora": True}),
        ((2, 200, 150), {"quantization": "int8"}),
        ((2, 200, 150), {"attention": "eager"}),
    ],
)
def test_other_ways_to_train_the_demo_model(shape: tuple[int, int, int], knobs: dict[str, Any]) -> None:
    case = Case(*shape, knobs)
    assert planned(DEMO, case).allocated == pytest.approx(measured(DEMO, case), rel=0.03)


_TESTED = [entry for entry in published() if entry["within"] is not None]


@pytest.mark.slow
@pytest.mark.parametrize("entry", _TESTED, ids=lambda entry: str(entry["name"]))
def test_what_others_published(entry: dict[str, Any]) -> None:
    for length, size, plan, difference in against(entry):
        assert abs(difference) <= entry["within"], (length, size, plan)
