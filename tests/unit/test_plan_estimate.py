"""The plan's arithmetic: monotonic, banded, honest about what it does not know."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.jobs.emit import EventWriter
from engine.jobs.events import FinishedEvent, PreflightEvent
from engine.jobs.folder import new_job
from engine.machine import hostname
from engine.models.catalogue import load_catalogue
from engine.models.facts import ModelFacts, group_weights
from engine.plan.estimate import Plan, estimate
from engine.plan.history import past_speed
from engine.plan.report import Machine
from engine.plan.shapes import module_name, weights_of
from engine.project import create_project
from engine.spec import RecipeSpec

PREFLIGHT = PreflightEvent(
    rows=9, holdout_rows=1, tokens=90, supervised_tokens=50, eos_supervised_share=1.0, truncated_rows=0, dropped_rows=0,
    max_length=64, trainable_parameters=10, compute_dtype="float32", device="cpu",
)  # fmt: skip
LLAMA_8B = next(model for model in load_catalogue() if model.id == "meta-llama/Llama-3.1-8B-Instruct").as_facts()


def _plan(longest: int = 1024, memory: int | None = None, on_cuda: bool = True, **knobs: object) -> Plan:
    recipe = RecipeSpec.model_validate({"max_length": 65536, "dropout": 0.0, **knobs})
    plan = estimate(LLAMA_8B, recipe, longest, memory, on_cuda=on_cuda)
    assert plan is not None
    return plan


def _middle(plan: Plan) -> int:
    return sum(plan.breakdown.values())


def test_slope_meets_the_published_line() -> None:
    # Llama-3.1-8B, rank 32, checkpointing, FlashAttention 2, full logits: 2.471 MB a token.
    few, many = (_plan(tokens, rank=32, loss="nll") for tokens in (932, 28454))
    slope = (_middle(many) - _middle(few)) / (28454 - 932)
    assert slope == pytest.approx(2.471e6, rel=0.07)


def test_quantised_weights_of_8b() -> None:
    # 6.98 billion weights in linear layers at 4.127 bits, 1.05 billion in 16 bits.
    linear, rest = 6_979_321_856, 8_030_261_248 - 6_979_321_856
    exact = linear * (0.5 + 1 / 64 + 4 / 64 / 256) + rest * 2 + 224 * 1092
    assert _plan().breakdown["weights"] == exact
    assert _plan(quantization="int8").breakdown["weights"] > 1.2 * exact
    assert _plan(quantization="none").breakdown["weights"] == 2 * 8_030_261_248


@pytest.mark.parametrize(
    "more",
    [
        {"longest": 2048},
        {"micro_batch": 4},
        {"rank": 64},
        {"quantization": "none"},
        {"loss": "nll"},
        {"gradient_checkpointing": False},
        {"optimizer": "adamw_torch"},
        {"on_cuda": False},
    ],
)
def test_what_costs_more_is_told_to_cost_more(more: dict[str, object]) -> None:
    assert _middle(_plan(**more)) > _middle(_plan())  # type: ignore[arg-type]


def test_rows_are_cut_to_the_limit() -> None:
    assert _plan(10_000, max_length=512).tokens == 512
    assert _middle(_plan(10_000, max_length=512)) == _middle(_plan(512))


def test_fits_is_yes_no_or_open() -> None:
    assert _plan().fits is None
    assert _plan(memory=80 * 2**30).fits is True
    assert _plan(memory=6 * 2**30).fits is False
    plan = _plan(memory=6 * 2**30)
    edge = _plan(memory=int((plan.total_low + plan.total_high) / 2 / 0.9))
    assert edge.fits is None
    assert "may or may not" in edge.note
    assert "90 %" in edge.note
    assert plan.figure == "allocated"
    assert plan.as_dict()["exact"] == ("weights", "adapter", "gradients", "optimizer")


def test_no_figures_no_plan() -> None:
    facts = ModelFacts(kind="folder", path="", architecture="X", model_type="x")
    assert estimate(facts, RecipeSpec(), 100) is None
    assert weights_of(facts) == ()


def test_gguf_names_are_known_as_targets() -> None:
    (weight,) = group_weights([("blk.0.attn_q.weight", (8, 8))])
    assert module_name(weight) == "q_proj"


def test_time_comes_from_history_only(tmp_path: Path) -> None:
    project, _ = create_project(tmp_path / "project")
    here = Machine(None, on_cuda=False)
    assert past_speed(project, here) is None
    for speed in (100.0, 200.0):
        folder = new_job(project.root, "train", {})
        folder.write(folder.read().model_copy(update={"host": hostname(), "pid": 1}))
        writer = EventWriter(folder.events_file)
        writer.emit(PREFLIGHT)
        writer.emit(FinishedEvent(tokens_per_second=speed))
        writer.close()
    assert past_speed(project, here) == (100.0, 200.0)
    # What this processor did says nothing about a card, here or only typed in.
    assert past_speed(project, Machine(24 * 2**30, on_cuda=True, gpu="NVIDIA A10")) is None
    assert past_speed(project, Machine(24 * 2**30, on_cuda=True)) is None


@pytest.mark.parametrize(
    ("dropout", "checkpointing", "counted"),
    [(0.0, False, 852.5e6), (0.05, False, 963.8e6), (0.05, True, 706.5e6)],
)
def test_meets_what_was_counted_in_real_steps(dropout: float, checkpointing: bool, counted: float) -> None:
    # SmolLM2-135M, float32 on a CPU, rank 16 on all linear layers, full logits, one row of 128 tokens: the peak of
    # live storages, seen by a dispatch mode.
    facts = next(model for model in load_catalogue() if "135M" in model.id).as_facts()
    recipe = RecipeSpec(
        quantization="none", dropout=dropout, loss="nll", gradient_checkpointing=checkpointing, max_length=128
    )
    plan = estimate(facts, recipe, 128, on_cuda=False)
    assert plan is not None
    assert plan.total_low < counted < plan.total_high
    assert _middle(plan) == pytest.approx(counted, rel=0.03)


@pytest.mark.parametrize(
    ("model", "tokens", "exact"),
    [
        ("granite-3.3-8b", 1024, 7.91),
        ("granite-3.3-8b", 8, 5.35),
        ("Qwen3-4B", 1024, 5.36),
        ("Llama-3.2-1B", 1024, 2.22),
    ],
)
def test_a_cpu_that_recomputes_stays_below_the_upper_end(model: str, tokens: int, exact: float) -> None:
    # GiB by the real step under fake tensors, NF4, rank 16: what is called a smaller model that fits must fit
    facts = next(one for one in load_catalogue() if model in one.id).as_facts()
    plan = estimate(facts, RecipeSpec(gradient_checkpointing=True, max_length=tokens), tokens, on_cuda=False)
    assert plan is not None
    assert plan.total_low < exact * 2**30 <= plan.total_high < 1.35 * exact * 2**30
