"""The probe step before a run: the trainer's own step, measured by a meter of the test, and what it leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from engine.data.prepare import Prepared
from engine.plan.correction import correction_for
from engine.plan.probe import Meter, probe
from engine.spec import ModelSpec, ProjectSpec, RecipeSpec
from engine.train import probing
from tests.engine.test_train_recipes import ROWS, knobs, trainer_for

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")
GIB = 2**30


def project(recipe: RecipeSpec) -> ProjectSpec:
    from datetime import UTC, datetime

    from tests.plan_truth import DEMO

    return ProjectSpec(
        name="p",
        created=datetime.now(UTC),
        model=ModelSpec(source="demo", kind="folder", path=str(DEMO)),
        recipe=recipe,
    )


def measured(tmp_path: Path, loss: str, peak: Any, memory: int = 8 * GIB) -> tuple[Any, Any, float | None]:
    recipe = knobs(micro_batch=2, dropout=0.1, loss=loss)
    trainer = trainer_for(recipe, tmp_path)
    factor = probing.measure(
        trainer._context,
        trainer,
        project(recipe),
        recipe,
        Prepared(train=list(ROWS), holdout=list(ROWS[:2])),
        gpu="GPU of a test",
        memory=memory,
        meter=Meter(lambda: None, peak),
    )
    return trainer, trainer._context.writer, factor


@pytest.mark.parametrize("loss", ["chunked_nll", "nll"])
def test_the_longest_rows_are_taken_and_nothing_is_left_behind(tmp_path: Path, loss: str) -> None:
    recipe = knobs(micro_batch=2, dropout=0.1, loss=loss)
    trainer = trainer_for(recipe, tmp_path)
    before = {
        name: weight.detach().clone() for name, weight in trainer.model.named_parameters() if weight.requires_grad
    }
    drawn = torch.random.get_rng_state()
    seen = []
    trainer.model.register_forward_pre_hook(
        lambda _m, _a, given: seen.append(given["input_ids"].shape), with_kwargs=True
    )
    step = probing.largest_step(trainer, recipe)
    with torch.random.fork_rng(devices=[]):
        step().backward()  # type: ignore[no-untyped-call]
    trainer.model.zero_grad(set_to_none=True)
    assert seen == [(2, 60)]
    assert torch.equal(torch.random.get_rng_state(), drawn)
    for name, weight in trainer.model.named_parameters():
        if weight.requires_grad:
            assert torch.equal(weight, before[name])
            assert weight.grad is None


def test_what_was_measured_corrects_the_plans_of_this_card(tmp_path: Path) -> None:
    found: list[int] = []

    def spy(model: Any, step: Any, planned: Any, gpu: str, meter: Meter) -> float:
        moving = planned.breakdown["activations"] + planned.breakdown["logits"]
        found.append(planned.allocated - planned.breakdown["optimizer"] + moving // 2)
        return probe(model, step, planned, gpu, meter)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(probing, "probe", spy)
        trainer, writer, factor = measured(tmp_path, "chunked_nll", lambda: found[-1])
    assert factor == pytest.approx(1.5, rel=1e-3)
    assert correction_for("GPU of a test") == pytest.approx(1.5, rel=1e-3)
    assert not [event for event in writer.events if getattr(event, "code", "") == "memory"]
    assert all(weight.grad is None for weight in trainer.model.parameters())


def test_a_step_that_runs_out_of_memory_is_told_and_teaches_nothing(tmp_path: Path) -> None:
    def peak() -> int:
        raise torch.OutOfMemoryError("CUDA out of memory")

    _, writer, factor = measured(tmp_path, "chunked_nll", peak, memory=GIB)
    assert factor is None
    assert correction_for("GPU of a test") == 1.0
    assert [event.code for event in writer.events if getattr(event, "code", "")] == ["memory"]


def test_nothing_happens_on_a_processor(tmp_path: Path) -> None:
    recipe = knobs()
    trainer = trainer_for(recipe, tmp_path)
    prepared = Prepared(train=list(ROWS))
    assert probing.probe_run(trainer._context, trainer, project(recipe), recipe, prepared, "float32") is None
