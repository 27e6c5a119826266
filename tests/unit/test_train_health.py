"""The health rules on streams made for them: each speaks when it should, and not a step before."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.errors import SpecError
from engine.jobs.events import (
    AlertEvent,
    CheckpointEvent,
    EvaluationEvent,
    Event,
    FailedEvent,
    FinishedEvent,
    GpuFacts,
    MachineEvent,
    PreflightEvent,
    StepEvent,
    WarningEvent,
)
from engine.train.health import judge, load_rules
from engine.train.health_history import level_of
from engine.train.remedies import REMEDIES

RULES = load_rules()
GIB = 1 << 30


def step(number: int, loss: float = 2.0, **changed: Any) -> StepEvent:
    values: dict[str, Any] = {
        "step": number,
        "steps": 200,
        "epoch": number / 100,
        "epochs": 2,
        "loss": loss,
        "learning_rate": 2e-4,
        "grad_norm": 0.8,
        "grad_norm_max": 0.8,
        "adapter_norm": 0.1 * number,
        "tokens_per_second": 5000.0,
        "tokens": number * 1000,
        "t": float(number),
    }
    return StepEvent(**{**values, **changed})


def falling(count: int, **changed: Any) -> list[StepEvent]:
    return [step(number, 3.0 - 1.5 * number / count, **changed) for number in range(1, count + 1)]


def preflight(**changed: Any) -> PreflightEvent:
    values: dict[str, Any] = {
        "rows": 2000,
        "holdout_rows": 200,
        "tokens": 400_000,
        "supervised_tokens": 150_000,
        "eos_supervised_share": 0.99,
        "truncated_rows": 0,
        "dropped_rows": 0,
        "max_length": 1024,
        "trainable_parameters": 1000,
        "compute_dtype": "float32",
        "device": "cpu",
        "epochs": 3.0,
    }
    return PreflightEvent(**{**values, **changed})


def machine(at: float, **changed: Any) -> MachineEvent:
    return MachineEvent(**{"disk_free_bytes": 100 * GIB, "checkpoint_bytes": GIB, "t": at, **changed})


def gpu(**facts: Any) -> list[GpuFacts]:
    return [GpuFacts(**{"index": 0, "memory_used": 10 * GIB, "memory_total": 24 * GIB, **facts})]


def rules_of(events: list[Event]) -> list[str]:
    return [alert.rule for alert in judge(RULES, events)]


def evaluation(at: int, loss: float) -> EvaluationEvent:
    return EvaluationEvent(step=at, loss=loss, perplexity=math.exp(loss), t=float(at))


HEALTHY: list[Event] = [preflight(), evaluation(0, 3.2), *falling(60), evaluation(60, 2.6)]

CASES: list[tuple[str, list[Event]]] = [
    ("nothing_supervised", [preflight(supervised_tokens=0)]),
    ("nothing_supervised", [FailedEvent(code="nothing_to_learn", title="There is nothing to learn")]),
    ("eos_masked", [preflight(eos_supervised_share=0.0)]),
    ("eos_rare", [preflight(eos_supervised_share=0.5)]),
    ("holdout_in_training", [preflight(holdout_overlap=0.5)]),
    ("holdout_in_training", [preflight(holdout_rows=1, holdout_overlap=1.0)]),
    ("duplicates", [preflight(most_repeated=500)]),
    ("duplicates", [preflight(duplicate_share=0.3)]),
    ("tiny_dataset", [preflight(rows=40, epochs=50.0)]),
    ("loss_not_finite", [step(5, math.nan)]),
    ("loss_not_finite", [step(5, math.inf)]),
    ("loss_not_finite", [step(5, 2.0, grad_norm=math.nan)]),
    ("loss_not_finite", [step(5, 2.0, adapter_norm=math.nan)]),
    ("loss_not_finite", [EvaluationEvent(step=50, loss=math.nan, perplexity=math.nan)]),
    ("loss_zero", [step(5, 0.0)]),
    ("loss_rises", [*falling(20), *(step(20 + n, 4.0) for n in range(1, 6))]),
    ("loss_falls", [*(step(n, 2.0 + 0.05 * (n % 3)) for n in range(1, 31)), *(step(30 + n, 0.3) for n in range(1, 9))]),
    ("loss_rises", [*(step(n, 0.3) for n in range(1, 41)), *(step(40 + n, 0.9) for n in range(1, 6))]),
    ("loss_rises", [evaluation(0, 2.4), *(step(n, 2.4 + 0.5 * min(n - 1, 3) + 0.3 * (n % 3)) for n in range(1, 12))]),
    ("loss_stuck", [step(n, 3.0 + 0.01 * (n % 5)) for n in range(1, 40)]),
    ("rate_too_high", [step(n, 3.0 + 0.01 * (n % 5), learning_rate=1e-2) for n in range(1, 40)]),
    ("worse_than_base", [evaluation(0, 2.4), *(step(n, 2.4 + 0.1 * n) for n in range(1, 6)), evaluation(10, 2.9)]),
    ("holdout_rises", [evaluation(n, loss) for n, loss in ((10, 2.6), (20, 2.5), (30, 2.56), (40, 2.6))]),
    ("perplexity_low", [evaluation(10, 1.2)]),
    ("perplexity_unusual", [step(150), evaluation(150, 5.0)]),
    ("bleu_high", [FinishedEvent.model_validate({"bleu": 0.9})]),
    ("bleu_high", [FinishedEvent.model_validate({"bleu": 90.0})]),
    ("bleu_low", [FinishedEvent.model_validate({"bleu": 0.1})]),
    ("gradient_spike", [*falling(20), step(21, 1.5, grad_norm=9.1, grad_norm_max=9.1)]),
    ("overshoots", [evaluation(0, 5.2), step(1, 5.1), step(2, 5.2), step(4, 7.1, grad_norm_max=29.3)]),
    ("adapter_inert", [step(4, adapter_norm=0.0)]),
    ("adapter_inert", [FailedEvent(code="inert", title="Nothing was learnt.")]),
    ("rate_zero", [step(50, learning_rate=0.0)]),
    ("gpu_memory", [machine(t, gpus=gpu(memory_used=23 * GIB)) for t in (1.0, 2.0)]),
    ("too_hot", [machine(t, gpus=gpu(throttled="slowed down: too hot", temperature=93)) for t in (1.0, 2.0)]),
    ("power_held", [machine(float(t), gpus=gpu(throttled="held by its power limit")) for t in range(4)]),
    ("slow", [*falling(40), *(step(40 + n, 1.5, tokens_per_second=900.0) for n in range(1, 15))]),
    ("disk_full", [machine(1.0, disk_free_bytes=GIB)]),
    ("disk_full", [FailedEvent(code="disk_full", title="The disk is full")]),
    ("out_of_memory", [WarningEvent(code="out_of_memory", title="8 rows did not fit")]),
    ("out_of_memory", [FailedEvent(code="out_of_memory", title="Out of memory.")]),
]


@pytest.mark.parametrize(("rule", "events"), CASES, ids=[f"{rule}-{n}" for n, (rule, _) in enumerate(CASES)])
def test_a_rule_speaks_when_it_should(rule: str, events: list[Event]) -> None:
    assert rule in rules_of(events)


@pytest.mark.parametrize(("rule", "events"), CASES, ids=[f"{rule}-{n}" for n, (rule, _) in enumerate(CASES)])
def test_and_not_before_the_last_of_its_signs(rule: str, events: list[Event]) -> None:
    spoke = next(place for place in range(1, len(events) + 1) if rule in rules_of(events[:place]))
    assert rule not in rules_of(events[: spoke - 1])
    if rule not in ("loss_stuck", "rate_too_high"):
        assert spoke >= len(events) - 8


def test_every_rule_but_two_has_a_case() -> None:
    # `died` is not seen in events, `gradient_spikes` has a test of its own.
    assert {rule.id for rule in RULES} - {rule for rule, _ in CASES} == {"died", "gradient_spikes"}


def test_what_never_learned_is_not_said_to_memorise() -> None:
    def losses(now: float) -> list[Event]:
        steps = [step(n, now) for n in range(2, 12)]
        return [evaluation(0, 2.4), step(1, 2.4), *steps, evaluation(10, 2.6), evaluation(20, 2.6)]

    assert rules_of(losses(2.4)) == []
    assert rules_of(losses(1.2)) == ["holdout_rises"]
    # Far above the base model while the training loss falls: it knows the rows by heart, the rate may be right.
    assert rules_of([*losses(1.2), evaluation(30, 3.0)]) == ["holdout_rises"]


def test_a_healthy_run_is_left_in_peace() -> None:
    assert rules_of(HEALTHY) == []


def noisy(count: int, level: Callable[[int], float], scatter: float, seed: int = 3, **changed: Any) -> list[Event]:
    """Steps whose losses scatter as those of small batches do; the same ones each time."""
    chance = random.Random(seed)
    return [step(n, level(n) * abs(1 + chance.gauss(0, scatter)), **changed) for n in range(1, count + 1)]


PEACEFUL: dict[str, list[Event]] = {
    "few rows, single-row batches": noisy(400, lambda n: 1.2 + 1.2 * math.exp(-n / 60), 0.35),
    "low loss that scatters": [evaluation(0, 2.3), *noisy(400, lambda n: 0.6 + 0.6 * math.exp(-n / 60), 0.4)],
    "warm-up of forty steps": [
        step(n, 2.4 - max(0, n - 40) * 0.01, learning_rate=5e-6 * min(n, 40)) for n in range(1, 90)
    ],
    "a schedule with restarts": [
        step(n, 1.6 - 0.002 * n + 0.1 * math.cos(n / 16), learning_rate=2e-4 if n % 100 else 0.0) for n in range(1, 190)
    ],
    "rows of many lengths": [
        step(n, 3.0 - 0.01 * n, tokens_per_second=(700.0, 1500.0, 2500.0, 3000.0)[n * 7919 % 1013 % 4])
        for n in range(1, 190)
    ],
}


@pytest.mark.parametrize("name", PEACEFUL)
def test_noise_is_left_in_peace(name: str) -> None:
    assert rules_of([preflight(), *PEACEFUL[name]]) == []


def test_a_fall_or_a_rise_is_seen_through_the_noise() -> None:
    def level(n: int) -> float:
        return 2.0 if n < 100 else 0.3 if n < 200 else 4.0

    spoken = {alert.rule: alert.step or 0 for alert in judge(RULES, noisy(260, level, 0.2))}
    assert 100 <= spoken["loss_falls"] <= 106
    assert 200 <= spoken["loss_rises"] <= 206


RISING = tuple(rule for rule in RULES if rule.id == "loss_rises")


@pytest.mark.parametrize("seed", range(4))
def test_a_slow_rise_under_much_noise_is_seen_and_no_rise_is_not(seed: int) -> None:
    def rising(n: int) -> float:
        return 1.2 + 1.2 * math.exp(-n / 60) + 1.25 * min(1.0, max(0.0, (n - 200) / 100))

    spoken = [alert.step or 0 for alert in judge(RISING, noisy(360, rising, 0.3, seed))]
    assert len(spoken) == 1
    assert 200 < spoken[0] <= 340
    assert judge(RISING, noisy(360, lambda n: 1.2 + 1.2 * math.exp(-n / 60), 0.4, seed)) == []


def test_the_level_of_losses_is_moved_by_no_single_one() -> None:
    calm = level_of([2.0 + 0.1 * (n % 3) for n in range(40)])
    spiked = level_of([2.0 + 0.1 * (n % 3) if n != 20 else 1e6 for n in range(40)])
    assert spiked.value == pytest.approx(calm.value, abs=0.05)
    assert level_of([1.0] * 40).errors_above(level_of([1.0] * 40)) == 0.0
    assert level_of([2.0] * 40).errors_above(level_of([1.0] * 40)) == math.inf


def test_jumps_again_and_again_are_another_matter() -> None:
    jumps = [step(20 + n, 1.5, grad_norm_max=9.1 if n % 6 == 0 else 0.8) for n in range(40)]
    assert "gradient_spikes" in rules_of([*falling(19), *jumps])


def test_a_rule_speaks_once_and_again_only_after_its_time() -> None:
    events: list[Event] = [step(n, math.nan) for n in range(1, 30)]
    assert rules_of(events).count("loss_not_finite") == 1
    later = step(31, math.nan, t=2000.0)
    assert rules_of([*events, later]).count("loss_not_finite") == 2
    assert rules_of([preflight(most_repeated=500), preflight(most_repeated=500, t=1e6)]).count("duplicates") == 1


def test_warm_up_and_the_end_of_the_schedule_may_have_no_rate() -> None:
    assert rules_of([step(1, learning_rate=0.0), step(200, learning_rate=0.0), step(199, learning_rate=0.0)]) == []


def test_a_resumed_run_is_not_stuck_because_it_begins_at_its_level() -> None:
    assert rules_of([step(100 + n, 1.5 + 0.01 * (n % 5)) for n in range(60)]) == []


def test_after_going_back_the_old_losses_do_not_count() -> None:
    back = WarningEvent.model_validate({"code": "went_back", "title": "It goes back to step 10.", "step": 10})
    events = [*falling(40), back, *(step(10 + n, 2.9) for n in range(8))]
    assert "loss_rises" not in rules_of(events)
    assert "loss_not_finite" in rules_of(events)


def test_the_room_that_vanishes_counts_before_it_is_gone() -> None:
    saves = [CheckpointEvent(step=n, path="", seconds=1, t=100.0 * n) for n in (1, 2)]
    going = [machine(200.0 + 15 * n, disk_free_bytes=(6 - n) * GIB) for n in range(5)]
    assert "disk_full" in rules_of([*saves, *going])
    assert "disk_full" not in rules_of([*saves, *(machine(200.0 + 15 * n, disk_free_bytes=5 * GIB) for n in range(5))])


def test_an_alert_about_an_evaluation_names_its_step() -> None:
    [alert] = [one for one in judge(RULES, [step(38), evaluation(40, 1.2)]) if one.rule == "perplexity_low"]
    assert alert.step == 40


def test_an_alert_says_what_was_seen_what_it_means_and_what_to_do() -> None:
    [alert] = judge(RULES, [preflight(), step(7, math.nan)])
    assert isinstance(alert, AlertEvent)
    assert (alert.step, alert.severity, alert.remedy, alert.t) == (7, "red", "lower_rate", 7.0)
    assert alert.seen == "The loss is NaN at step 7."
    assert alert.means
    assert alert.todo


def test_recorded_alerts_are_not_judged_again() -> None:
    recorded = AlertEvent(rule="slow", severity="amber", seen="")
    assert rules_of([recorded, *HEALTHY]) == []


def test_judging_is_linear_and_pure() -> None:
    events = [*HEALTHY, step(61, math.nan)]
    assert judge(RULES, events) == judge(RULES, events)


def test_every_remedy_of_the_file_exists() -> None:
    assert {rule.remedy for rule in RULES} - {""} <= set(REMEDIES)


def test_a_clock_that_is_set_back_neither_silences_nor_alarms() -> None:
    rising = [evaluation(0, 2.4), *(step(n, 2.4 + 0.5 * min(n - 1, 3), t=10_000.0 + n) for n in range(1, 12))]
    # An hour back, and the rise goes on.
    later = [step(12 + n, 5.0, t=6_400.0 + n) for n in range(10)]
    assert [alert.rule for alert in judge(RULES, [*rising, *later])].count("loss_rises") == 2

    # Set forward by an hour, and back again: room goes slowly, and the next checkpoint is due in seconds.
    saved = [CheckpointEvent(step=n, path="", seconds=1.0, t=9_000.0 + 10 * n) for n in (1, 2)]
    times = (5_450.0, 9_030.0, 9_045.0, 9_060.0, 5_465.0, 5_480.0)
    room = [machine(t, disk_free_bytes=8 * GIB - 10_000_000 * n) for n, t in enumerate(times)]
    assert rules_of([*saved, *room]) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense: {severity: red, means: a, todo: b}", "no health rule"),
        ("loss_zero: {severity: red, means: a, todo: b}", "below"),
        ("loss_zero: {severity: red, means: a, todo: b, below: 1, belwo: 2}", "belwo"),
        ("loss_zero: {severity: purple, means: a, todo: b, below: 1}", "severity"),
        ("loss_zero: {severity: red, means: a, todo: b, below: often}", "below is 'often', and should be a number"),
        ("loss_zero: {severity: red, means: a, todo: b, below: .nan}", "should be a number"),
        ("too_hot: {severity: red, means: a, todo: b, readings: 2, words: 3}", "should be words"),
        ("loss_zero: {severity: red, means: a, todo: b, below: 1}", "Some health rules are missing"),
        ("- a list", "no rules"),
        ("a: [", "YAML"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "health.yaml"
    file.write_text(text)
    with pytest.raises(SpecError) as raised:
        load_rules(file)
    assert words in f"{raised.value} {raised.value.what}"
