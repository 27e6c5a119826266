"""The lines of the gate, one by one, from reports; and what a reason can do."""

from __future__ import annotations

import copy
import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import engine.evaluate.gate as gate_module
import engine.evaluate.gate_lines as lines_module
from engine import audit
from engine.cli.entry import main
from engine.errors import PrivacyRefusedError, RefusedError, SpecError, UsageError
from engine.evaluate.gate import Gate, check_gate, give_reason, judge
from engine.evaluate.gate_limits import FILE as THRESHOLDS
from engine.evaluate.gate_limits import SHIPPED, load_thresholds, looser_than_shipped
from engine.evaluate.gate_line import GateLine
from engine.evaluate.remedy import mix_general_rows_in
from engine.files import atomic_write, sha256_of
from engine.jobs.emit import EventWriter
from engine.jobs.events import StoppedEvent
from engine.jobs.folder import new_job
from engine.jobs.process import identity
from engine.licences.verdict import Verdict
from engine.project import Project, create_project
from engine.runs_made import rows_key
from engine.spec import DataSpec, GateReasonSpec, ModelSpec
from engine.train.run import keep_recipe
from tests.tiny_model import safetensors_bytes

RUN = "train-1"


def figure(base: float, tuned: float, low: float, high: float) -> dict[str, Any]:
    return {
        "base": {"value": base, "low": base, "high": base},
        "tuned": {"value": tuned, "low": tuned, "high": tuned},
        "difference": {"value": tuned - base, "low": low, "high": high},
    }


def sided(base: float, tuned: float, low: float, high: float) -> dict[str, Any]:
    found = figure(base, tuned, low, high)
    return {**found, "grown": {"value": abs(tuned) - abs(base), "low": low, "high": high}}


def toxic(hits: int, texts: int = 40) -> dict[str, Any]:
    return {"hits": hits, "texts": texts, "share": hits / texts, "low": 0.0, "high": 1.0, "words": {}}


def good_report() -> dict[str, Any]:
    return {
        "run": RUN,
        "holdout_rows": 40,
        "quality": {"rows": 40, "loss": figure(2.3, 1.5, -0.9, -0.7)},
        "stops": {"share": 0.99, "answers": 100, "why": ""},
        "general": {"change": 0.014, "loss": figure(2.84, 2.88, 0.01, 0.06)},
        "memorisation": {
            "recited_rows": [],
            "rows_tested": 200,
            "extracted_canaries": 0,
            "exposure": {},
            "membership_auc": 0.62,
            "membership_interval": [0.55, 0.7],
        },
        "leaks": {"hits": [], "generations": 214, "hidden_values": 3981, "to_look_at": []},
        "bias": {
            "pairs": [
                {
                    "name": "women and men",
                    "first": "women",
                    "second": "men",
                    "likelihood": figure(0.0, 0.1, 0.0, 0.2),
                    "belief": sided(0.02, 0.03, -0.01, 0.03),
                    "praise": sided(0.0, 0.01, -0.02, 0.03),
                    "spread": sided(0.1, 0.15, 0.0, 0.2),
                    "sentiment": sided(-0.1, 0.1, -0.2, 0.2),
                }
            ]
        },
        "toxicity": {
            "data": toxic(0),
            "base": toxic(0),
            "tuned": toxic(0),
            "provoked": {"base": toxic(0, 8), "tuned": toxic(0, 8)},
        },
        "sound": {"finite": True, "changed": True, "norm": 3.1, "problem": ""},
    }


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with a sound adapter, whose privacy, content and licence are fine."""
    project, spec = create_project(tmp_path / "voice")
    adapter = project.run_folder(RUN) / "adapter"
    adapter.mkdir(parents=True)
    weights = {"x.lora_B.weight": np.full((4, 4), 0.5, np.float32)}
    (adapter / "adapter_model.safetensors").write_bytes(safetensors_bytes(weights))
    (adapter / "adapter_config.json").write_text("{}")
    spec.run = RUN
    spec.data = DataSpec(path="rows.jsonl")
    project.save(spec)
    monkeypatch.setattr(lines_module, "check_privacy", lambda project, spec: None)
    monkeypatch.setattr(lines_module, "check_content", lambda project, spec: None)
    monkeypatch.setattr(lines_module, "_sample_words", lambda facts: "nothing left over")
    monkeypatch.setattr(
        "engine.licences.check.project_verdict", lambda project, spec: verdict_of("allowed", "apache-2.0")
    )
    return project


def verdict_of(verdict: Any, licence: str) -> Verdict:
    return Verdict(verdict=verdict, licence=licence, reasons=("because",), obligations=())


def save(project: Project, report: dict[str, Any], **measured_on: Any) -> None:
    spec = project.load()
    adapter = sha256_of(project.run_folder(RUN) / "adapter" / "adapter_model.safetensors")
    on = {"adapter": adapter, "redacted": spec.redaction.sha256, "left_out": [], **measured_on}
    atomic_write(project.evaluation_file(RUN), json.dumps({**report, "measured_on": on}))


def judged(project: Project, report: dict[str, Any] | None = None) -> Gate:
    if report is not None:
        save(project, report)
    return judge(project, project.load())


def line(gate: Gate, name: str) -> GateLine:
    return next(line for line in gate.lines if line.id == name)


def test_a_good_run_opens_the_gate(project: Project) -> None:
    gate = judged(project, good_report())
    assert {one.state for one in gate.lines} == {"green"}
    assert gate.open
    assert check_gate(project, project.load()) == gate
    assert line(gate, "learned").figure == "holdout loss 1.50, base 2.30 (-35 %, ±4)"
    assert line(gate, "still_can").figure == "general loss 2.88, base 2.84 (+1.4 %, ±1)"


def test_what_was_not_measured_is_amber(project: Project) -> None:
    gate = judged(project)
    amber = {one.id for one in gate.amber}
    assert amber == {
        "learned", "stops", "still_can", "recites", "membership", "leaks", "one_sided", "polite", "sound",
    }  # fmt: skip
    assert all("run evaluate" in one.why for one in gate.amber)
    assert not gate.open
    with pytest.raises(RefusedError) as caught:
        check_gate(project, project.load())
    assert (caught.value.error_code, caught.value.exit_code) == ("gate_amber", 3)


HIT = {"row": 12, "by_base": False}
CASES: list[tuple[str, str, str, Any]] = [
    ("learned", "red", "quality", {"rows": 40, "loss": figure(2.3, 2.6, 0.1, 0.5)}),
    ("learned", "amber", "quality", {"rows": 9, "loss": figure(2.3, 2.2, -0.3, 0.1)}),
    ("learned", "amber", "quality", {"rows": 1, "loss": figure(2.3, 1.2, -1.1, -1.1)}),
    ("learned", "amber", "quality", {"own_question": {"rows": 40, "value": 0.01, "low": -0.02, "high": 0.04}}),
    ("learned", "red", "quality", {"rows": 40, "loss": {**figure(2.3, 2.6, 0.1, 0.5), "tuned": {"value": None}}}),
    ("stops", "amber", "stops", {"share": 0.94, "answers": 50, "why": "cut"}),
    ("stops", "red", "stops", {"share": 0.2, "answers": 50, "why": "cut"}),
    ("stops", "amber", "stops", {"share": 0.6, "answers": 5, "low": 0.23, "high": 0.88, "why": "cut"}),
    ("still_can", "amber", "general", {"change": 0.3, "loss": figure(2.0, 2.6, 0.4, 0.8)}),
    ("still_can", "red", "general", {"change": 1.5, "loss": figure(2.0, 5.0, 2.5, 3.5)}),
    ("still_can", "green", "general", {"change": 0.3, "loss": figure(2.0, 2.6, -0.1, 0.8)}),
    ("still_can", "green", "general", {"change": 0.3, "loss": figure(6.0, 7.8, 0.4, 2.8)}),
    ("recites", "red", "memorisation", {"recited_rows": [{"row": 3}]}),
    ("recites", "red", "memorisation", {"extracted_canaries": 2}),
    ("recites", "amber", "memorisation", {"exposure": {"1": 12.0, "16": 14.0}}),
    ("recites", "green", "memorisation", {"exposure": {"1": 2.0, "16": 14.0}}),
    ("membership", "amber", "memorisation", {"membership_auc": 0.95, "membership_interval": [0.9, 0.99]}),
    ("membership", "green", "memorisation", {"membership_auc": 0.85, "membership_interval": [0.6, 0.99]}),
    ("leaks", "red", "leaks", {"hits": [HIT]}),
    ("leaks", "green", "leaks", {"hits": [{**HIT, "by_base": True}]}),
    ("leaks", "amber", "leaks", {"to_look_at": [{"entity": "EMAIL_ADDRESS", "text": "ab@cd.ef", "in_original": True}]}),
    ("leaks", "green", "leaks", {"to_look_at": [{"entity": "PERSON", "text": "Ahoy", "in_original": True}]}),
    ("leaks", "amber", "leaks", {"to_look_at": [{"entity": "PERSON", "text": "Maya Lind", "in_original": True}]}),
    ("leaks", "green", "leaks", {"to_look_at": [{"entity": "ADDRESS", "text": "8", "in_original": True}]}),
    ("leaks", "green", "leaks", {"to_look_at": [{"entity": "IBAN", "text": "DE12 34", "in_original": False}]}),
    ("leaks", "amber", "leaks", {"generations": 40}),
    ("polite", "amber", "toxicity", {"tuned": toxic(8)}),
    ("polite", "amber", "toxicity", {"tuned": toxic(8), "data": toxic(9)}),
    ("polite", "green", "toxicity", {"tuned": toxic(8), "base": toxic(7)}),
    ("polite", "green", "toxicity", {"tuned": toxic(1, 4)}),
    ("polite", "amber", "toxicity", {"provoked": {"base": toxic(0, 8), "tuned": toxic(4, 8)}}),
    ("sound", "red", "sound", {"changed": False}),
    ("sound", "red", "sound", {"finite": False, "norm": None}),
]


@pytest.mark.parametrize(("name", "state", "section", "change"), CASES)
def test_each_line_has_its_thresholds(project: Project, name: str, state: str, section: str, change: Any) -> None:
    report = good_report()
    report[section] = {**report[section], **change}
    gate = judged(project, report)
    assert line(gate, name).state == state, line(gate, name)
    assert {one.id for one in gate.lines if one.state != "green"} <= {name}
    assert bool(line(gate, name).why) == (state != "green")


@pytest.mark.parametrize(
    ("figure_name", "found", "state"),
    [
        ("belief", sided(0.02, 0.32, 0.2, 0.4), "amber"),
        ("belief", sided(0.02, 0.32, -0.01, 0.6), "green"),
        ("praise", sided(0.0, -0.3, 0.2, 0.4), "amber"),
        ("spread", sided(0.1, 0.6, 0.3, 0.7), "amber"),
        ("sentiment", sided(0.1, -0.9, 0.5, 1.1), "amber"),
        ("belief", sided(0.6, 0.1, -0.6, -0.4), "green"),
    ],
)
def test_what_training_added_to_one_sidedness_is_amber_where_it_is_sure(
    project: Project, figure_name: str, found: dict[str, Any], state: str
) -> None:
    report = good_report()
    report["bias"]["pairs"][0][figure_name] = found
    assert line(judged(project, report), "one_sided").state == state
    assert not judged(project).red


def test_one_sidedness_is_not_judged_by_old_figures_or_none(project: Project) -> None:
    report = good_report()
    [pair] = report["bias"]["pairs"]
    report["bias"]["pairs"] = [{name: pair[name] for name in ("name", "first", "second", "likelihood", "spread")}]
    assert line(judged(project, report), "one_sided").figure == "not measured"
    nothing = sided(0.0, 0.0, 0.0, 0.0)
    nothing["grown"]["value"] = None
    report["bias"]["pairs"] = [{**pair, **dict.fromkeys(("belief", "praise", "spread", "sentiment"), nothing)}]
    assert line(judged(project, report), "one_sided").figure == "its figures are not numbers"


@pytest.mark.parametrize(("empty", "base", "state"), [(20, "Yes.", "amber"), (5, "Yes.", "green"), (20, "", "green")])
def test_answers_without_a_word_are_no_answers(project: Project, empty: int, base: str, state: str) -> None:
    pairs = [{"prompt": "?", "base": base, "tuned": "" if number < empty else "No."} for number in range(30)]
    found = line(judged(project, {**good_report(), "blind_pairs": pairs}), "stops")
    assert (found.state, "20 of 30 looked at are empty" in found.figure) == (state, state == "amber")


def test_rows_whose_answer_is_the_question_are_doubtful(project: Project) -> None:
    """Measured on the bundled model: learned so, the loss fell by 30 % and every line was green."""

    def shown(echoes: int) -> list[dict[str, str]]:
        own = [{"prompt": "Mine", "reference": "", "base": "a", "tuned": "b"}]
        rows = [{"prompt": f"Which {n}?", "reference": f"which  {n}? " if n < echoes else "This."} for n in range(5)]
        return [{"base": "a", "tuned": "b", **row} for row in rows] + own

    found = line(judged(project, {**good_report(), "answers": shown(3)}), "learned")
    assert (found.state, "3 of 5 answers in your rows are the question itself" in found.why) == ("amber", True)
    assert line(judged(project, {**good_report(), "answers": shown(1)}), "learned").state == "green"


def test_no_holdout_is_said(project: Project) -> None:
    report = {**good_report(), "holdout_rows": 0, "quality": {"rows": 0}}
    found = line(judged(project, report), "learned")
    assert (found.state, found.figure) == ("amber", "no rows were kept apart")


def test_a_red_line_refuses_whatever_is_said(project: Project) -> None:
    report = good_report()
    report["leaks"]["hits"] = [HIT]
    gate = judged(project, report)
    assert "see row 12 of" in line(gate, "leaks").why
    with pytest.raises(RefusedError) as caught:
        check_gate(project, project.load())
    assert (caught.value.error_code, caught.value.exit_code) == ("gate_red", 3)
    with pytest.raises(RefusedError):
        give_reason(project, "it is only me", ["leaks"])
    assert not project.load().evaluation.reasons


def test_an_amber_line_passes_with_a_reason_on_the_record(project: Project) -> None:
    report = good_report()
    report["stops"] = {"share": 0.9, "answers": 20, "why": "cut"}
    save(project, report)
    for reason, lines in (("  ", None), ("..", None), ("a good reason", ["no_such"]), ("a good reason", ["learned"])):
        with pytest.raises(UsageError):
            give_reason(project, reason, lines)
    gate = give_reason(project, "only for   short questions")
    assert gate.open
    assert line(gate, "stops").reason == "only for short questions"
    said = project.load().evaluation.reasons
    assert [(one.run, one.line, one.reason) for one in said] == [(RUN, "stops", "only for short questions")]
    [entry] = audit.entries(project)
    assert (entry.action, entry.details["line"]) == ("gate_reason", "stops")
    assert check_gate(project, project.load()).for_record()["not_green"]["stops"]["reason"]
    # Another run needs a reason of its own.
    other = project.run_folder("train-2")
    other.mkdir()
    (project.run_folder(RUN) / "adapter").rename(other / "adapter")
    assert not judge(project, project.load(), "train-2").open


def test_a_report_of_another_adapter_does_not_count(project: Project) -> None:
    save(project, good_report(), adapter="0" * 64)
    gate = judged(project)
    assert line(gate, "learned").figure == "not measured"
    assert not gate.open


@pytest.mark.parametrize("changed", [{"redacted": "0" * 64}, {"left_out": ["ab"]}])
def test_changed_rows_turn_green_into_amber_and_leave_red(project: Project, changed: dict[str, Any]) -> None:
    report = good_report()
    report["memorisation"]["recited_rows"] = [{"row": 3}]
    save(project, report, **changed)
    gate = judged(project)
    assert line(gate, "recites").state == "red"
    assert line(gate, "learned").state == "amber"
    assert "since" in line(gate, "learned").why


def test_rows_taken_out_that_came_back_are_amber(project: Project) -> None:
    found = line(judged(project, {**good_report(), "left_out_gone": 2}), "recites")
    assert found.state == "amber"
    assert "2 rows that you took out" in found.why


@pytest.mark.parametrize(
    ("verdict", "state"), [("allowed", "green"), ("conditions", "green"), ("unknown", "amber"), ("refused", "red")]
)
def test_the_licence_has_its_line(project: Project, monkeypatch: pytest.MonkeyPatch, verdict: str, state: str) -> None:
    monkeypatch.setattr("engine.licences.check.project_verdict", lambda project, spec: verdict_of(verdict, "llama3.1"))
    assert line(judged(project, good_report()), "licence").state == state


def test_privacy_and_content_have_their_lines(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    save(project, good_report())

    def changed(residual: int) -> None:
        def apply(spec: Any) -> Any:
            return spec.model_copy(update={"redaction": spec.redaction.model_copy(update={"residual": residual})})

        project.update(apply)

    changed(2)
    assert line(judged(project), "privacy").state == "amber"
    changed(0)

    def refuse(project: Project, spec: Any) -> None:
        raise RefusedError("A consent is no longer recorded.", "", "Redact again.")

    monkeypatch.setattr(lines_module, "check_content", refuse)
    assert line(judged(project), "content").state == "red"

    def never(project: Project, spec: Any) -> None:
        raise PrivacyRefusedError("Never scanned.", "", "Scan.")

    monkeypatch.setattr(lines_module, "check_privacy", never)
    gate = judged(project)
    assert (line(gate, "privacy").state, line(gate, "content").state) == ("red", "amber")


@pytest.mark.parametrize("number", [0.0, float("nan")])
def test_an_adapter_that_is_not_sound_is_red_whatever_was_measured(project: Project, number: float) -> None:
    file = project.run_folder(RUN) / "adapter" / "adapter_model.safetensors"
    file.write_bytes(safetensors_bytes({"x.lora_B.weight": np.full((4, 4), number, np.float32)}))
    assert line(judged(project, good_report()), "sound").state == "red"


def test_damaged_reports_and_missing_runs_are_told(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    stops = {"share": "x", "answers": 1}
    for damage in ({"stops": stops}, {"memorisation": {"x": 1}}, {"leaks": {"hits": 3}}, {"sound": "x"}):
        with pytest.raises(UsageError) as caught:
            judged(project, {**copy.deepcopy(good_report()), **damage})
        assert caught.value.error_code == "damaged"
    save(project, good_report())
    report, proof = project.evaluation_file(RUN), project.proof_file
    for file, content in ((report, report.read_text()[:-9]), (proof, '{"literal_search": {"hits": "x"}}')):
        atomic_write(file, content)
        assert main(["gate", str(project.root), "--json"]) == 2
        said = capsys.readouterr()
        assert str(file) in json.loads(said.out)["error"]["what"]
        save(project, good_report())
    project.update(lambda spec: spec.model_copy(update={"run": None}))
    with pytest.raises(UsageError) as caught:
        judge(project, project.load())
    assert caught.value.error_code == "no_run"


def test_the_command_says_the_same_and_its_code_is_the_gate(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    report = good_report()
    report["stops"] = {"share": 0.9, "answers": 20, "why": "cut"}
    save(project, report)
    assert main(["gate", str(project.root), "--json"]) == 3
    said = json.loads(capsys.readouterr().out)
    assert (said["open"], said["run"], said["red"], said["amber"], said["green"]) == (False, RUN, 0, 1, 11)
    assert {"id", "title", "state", "figure", "threshold", "why"} <= set(said["lines"][0])
    assert main(["gate", str(project.root), "--reason", "stops"]) == 2
    assert main(["gate", str(project.root), "--reason", "stops=short questions only"]) == 0
    assert "your reason: short questions only" in capsys.readouterr().out


def test_mixing_in_grows_with_every_time(project: Project) -> None:
    shares = [mix_general_rows_in(project).recipe.mix_in for _ in range(4)]
    assert shares == [0.1, 0.2, 0.4, 0.4]


@pytest.mark.parametrize(("share", "near", "state"), [(0.0, 6, "amber"), (1 / 40, 5, "green"), (2 / 40, 0, "red")])
def test_a_holdout_that_was_trained_on_says_nothing(project: Project, share: float, near: int, state: str) -> None:
    found = line(judged(project, {**good_report(), "holdout_overlap": share, "holdout_near": near}), "learned")
    assert found.state == state
    assert ("were trained on" in found.figure) == (state == "red")
    more = line(judged(project, {**good_report(), "holdout_near": 50}), "learned")
    assert "40 of 40 rows kept apart nearly stand in training" in more.why


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        ("red_below", "red_bellow", "stops.red_bellow, stops.red_below"),
        ("  amber_below: 0.95", "  amber_below: often", "stops.amber_below of the gate is not a number"),
        ("membership:", "members:", "members, membership"),
        ("learned:", "learned: [", "YAML"),
        ("  red_from: 1", "  red_from: .inf", "recites.red_from of the gate is not a number"),
        ("  amber_below: 0.95", "  amber_below: .nan", "stops.amber_below of the gate is not a number"),
        ("one_word_is_chance: [PERSON", "one_word_is_chance: [[PERSON]", "is not a list of words"),
    ],
)
def test_a_wrong_file_of_thresholds_says_what_is_wrong(tmp_path: Path, was: str, now: str, words: str) -> None:
    file = tmp_path / "gate.yaml"
    file.write_text(THRESHOLDS.read_text().replace(was, now))
    with pytest.raises(SpecError, match=re.escape(words)) as raised:
        load_thresholds(file)
    assert "gate" in f"{raised.value} {raised.value.what}"


def test_the_shipped_thresholds_are_those_of_the_file() -> None:
    content = yaml.safe_load(THRESHOLDS.read_text())
    plain = {
        line: {name: list(one.value) if isinstance(one.value, tuple) else one.value for name, one in limits.items()}
        for line, limits in SHIPPED.items()
    }
    assert content == plain
    assert looser_than_shipped(load_thresholds()) == {}
    with pytest.raises(SpecError, match="gone"):
        load_thresholds(THRESHOLDS.with_name("no-gate.yaml"))


@pytest.mark.parametrize(
    ("name", "threshold", "value"),
    [
        ("recites", "red_from", 10**9),
        ("stops", "amber_below", 0),
        ("learned", "red_when_surely_worse", False),
        ("still_can", "base_knows_below", 0.5),
        ("leaks", "one_word_is_chance", ["PERSON", "EMAIL_ADDRESS"]),
        ("privacy", "amber_residual_from", 50),
    ],
)
def test_a_looser_threshold_needs_a_reason_and_is_on_the_record(
    project: Project, monkeypatch: pytest.MonkeyPatch, name: str, threshold: str, value: Any
) -> None:
    thresholds = {one: dict(limits) for one, limits in load_thresholds().items()}
    thresholds[name][threshold] = value
    monkeypatch.setattr(gate_module, "load_thresholds", lambda: thresholds)
    gate = judged(project, good_report())
    assert [one.id for one in gate.unexplained] == [name]
    assert threshold in line(gate, name).why
    assert threshold in str(gate.for_record()["looser"][name])
    assert give_reason(project, "my rows are meant to be said").open
    report = good_report()
    report["quality"]["loss"] = figure(2.3, 2.6, 0.1, 0.5)
    if name != "learned":
        assert line(judged(project, report), "learned").state == "red"


def test_a_reason_counts_for_the_figure_it_was_typed_for(project: Project) -> None:
    report = good_report()
    report["stops"] = {"share": 0.9, "answers": 20, "why": "cut"}
    save(project, report)
    assert give_reason(project, "only for short questions").open
    report["stops"] = {"share": 0.75, "answers": 20, "why": "cut"}
    gate = judged(project, report)
    assert [one.id for one in gate.unexplained] == ["stops"]
    assert "Your reason was for: 90 % of 20 answers" in line(gate, "stops").why
    with pytest.raises(RefusedError, match="needs a reason"):
        check_gate(project, project.load())


def test_a_reason_that_was_written_into_the_project_by_hand_is_none(project: Project) -> None:
    report = good_report()
    report["stops"] = {"share": 0.9, "answers": 20, "why": "cut"}
    save(project, report)
    by_hand = GateReasonSpec(run=RUN, line="stops", reason="trust me", at=datetime.now(UTC))

    def apply(spec: Any) -> Any:
        return spec.model_copy(update={"evaluation": spec.evaluation.model_copy(update={"reasons": [by_hand]})})

    project.update(apply)
    gate = judged(project)
    assert [one.id for one in gate.unexplained] == ["stops"]
    assert "not on the record" in line(gate, "stops").why


def _with_base(project: Project, folder: Path, content: bytes) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "model.safetensors").write_bytes(content)
    model = ModelSpec(source=str(folder), kind="folder", path=str(folder))
    project.update(lambda spec: spec.model_copy(update={"model": model}))


def test_an_adapter_of_another_base_model_stays_here(project: Project, tmp_path: Path) -> None:
    _with_base(project, tmp_path / "first", b"1" * 5000)
    keep_recipe(project.run_folder(RUN), project.load())
    assert line(judged(project, good_report()), "sound").state == "green"
    # Renamed: the same weights under another name are the same model.
    (tmp_path / "first").rename(tmp_path / "renamed")
    _with_base(project, tmp_path / "renamed", b"1" * 5000)
    assert line(judged(project), "sound").state == "green"
    _with_base(project, tmp_path / "second", b"2" * 5000)
    found = line(judged(project), "sound")
    assert (found.state, found.figure) == ("red", f"trained on another base model: {tmp_path / 'first'} as it was then")
    _with_base(project, tmp_path / "first", b"1" * 5000)
    config = project.run_folder(RUN) / "adapter" / "adapter_config.json"
    config.write_text('{"base_model_name_or_path": "/home/jane/Llama-3"}')
    assert line(judged(project), "sound").figure == "trained on another base model: /home/jane/Llama-3"
    config.write_text('{"base_model_name_or_path": "FIRST"}')
    assert line(judged(project), "sound").state == "green"


def _hold_out(project: Project, share: float) -> None:
    def apply(spec: Any) -> Any:
        return spec.model_copy(update={"data": spec.data.model_copy(update={"holdout": share})})

    project.update(apply)


def test_rows_kept_apart_that_were_not_kept_apart_then_say_nothing(project: Project, tmp_path: Path) -> None:
    _with_base(project, tmp_path / "base", b"1" * 5000)
    keep_recipe(project.run_folder(RUN), project.load())
    as_trained = rows_key(project.load())
    _hold_out(project, 0.4)
    # Measured before that was changed: the figures stand.
    save(project, good_report(), rows=as_trained)
    assert judged(project).open
    save(project, good_report(), rows=rows_key(project.load()))
    found = line(judged(project), "learned")
    assert found.state == "amber"
    assert "may be among those it learned; train again." in found.why
    _hold_out(project, 0.1)
    assert "read was changed since. Evaluate again." in line(judged(project), "learned").why
    model = project.load().model
    assert model is not None
    other = model.model_copy(update={"chat_template": "chatml"})
    project.update(lambda spec: spec.model_copy(update={"model": other}))
    save(project, good_report(), rows=rows_key(project.load()))
    assert "another template than it was trained with" in line(judged(project), "learned").why
    project.update(lambda spec: spec.model_copy(update={"model": model}))
    save(project, good_report(), rows=as_trained)
    recipe = project.run_folder(RUN) / "recipe.json"
    recipe.write_text(json.dumps({**json.loads(recipe.read_text()), "rows": "0" * 64}))
    assert "an earlier redaction" in line(judged(project), "learned").why


def test_lines_say_that_an_evaluation_is_at_it_or_ended_too_early(project: Project) -> None:
    report = good_report()
    del report["leaks"]
    save(project, report)
    folder = new_job(project.root, "evaluate", {})
    folder.write(folder.read().model_copy(update={**identity(), "created": time.time()}))
    writer = EventWriter(folder.events_file)
    found = line(judged(project), "leaks")
    assert (found.state, found.figure) == ("amber", "not measured")
    assert f"wait for it (`tunesmith attach {folder.id}`)" in found.why
    assert line(judged(project), "learned").state == "green"
    writer.emit(StoppedEvent(by="request"))
    writer.close()
    assert "stopped before it came to this" in line(judged(project), "leaks").why
