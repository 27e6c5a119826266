"""The plan against the truth: within 3 % of real steps on a CPU, and near what others published for GPUs."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from engine.models.convert import convert_gguf
from tests.plan_truth import DEMO, Case, against, measured, planned, published
from tests.smollm2 import smollm2_gguf

_SHAPES = ((1, 120, 119), (3, 300, 100))


@pytest.fixture(scope="module")
def profiles_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the profiles of this file's tests are kept: each is worked out once."""
    return tmp_path_factory.mktemp("profiles")


@pytest.fixture(autouse=True)
def _shared(state: Path, profiles_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNESMITH_STATE", str(profiles_folder))


@pytest.mark.parametrize(
    "knobs",
    [
        {"dropout": 0.0},
        {"dropout": 0.05, "rank": 64, "loss": "nll"},
        {"gradient_checkpointing": True, "loss": "nll", "rank": 4},
        {"gradient_checkpointing": True, "dropout": 0.1, "targets": ["q_proj", "v_proj"]},
    ],
)
@pytest.mark.parametrize(("rows", "length", "learned"), _SHAPES)
def test_the_demo_model(rows: int, length: int, learned: int, knobs: dict[str, Any]) -> None:
    case = Case(rows, length, learned, knobs)
    assert planned(DEMO, case).allocated == pytest.approx(measured(DEMO, case), rel=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("knobs", [{"quantization": "none"}, {"dora": True}])
def test_other_ways_to_train_the_demo_model(knobs: dict[str, Any]) -> None:
    case = Case(2, 200, 150, knobs)
    assert planned(DEMO, case).allocated == pytest.approx(measured(DEMO, case), rel=0.03)


@pytest.fixture(scope="module")
def smollm2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The converted model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUNESMITH_MODELS", str(tmp_path_factory.mktemp("models")))
        return convert_gguf(smollm2_gguf(), "f" * 64, lambda *_: None, lambda: None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("checkpointing", "loss", "dropout"),
    [*product((False, True), ("nll", "chunked_nll"), (0.0,)), (False, "nll", 0.05)],
)
def test_smollm2(smollm2: Path, checkpointing: bool, loss: str, dropout: float) -> None:
    knobs = {"gradient_checkpointing": checkpointing, "loss": loss, "dropout": dropout, "rank": 16}
    for rows, length, learned in ((1, 128, 127), (2, 96, 40)):
        case = Case(rows, length, learned, knobs)
        assert planned(smollm2, case).allocated == pytest.approx(measured(smollm2, case), rel=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("entry", published(), ids=lambda entry: str(entry["name"]))
def test_what_others_published(entry: dict[str, Any]) -> None:
    for length, size, plan, difference in against(entry):
        assert abs(difference) <= entry["within"], (length, size, plan)
        if entry["figure"] == "driver":
            assert plan.driver[0] <= size * 1.05
            assert plan.driver[1] >= size * 0.95
