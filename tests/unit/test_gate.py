"""The lines of the gate, one by one, from reports; and what a reason can do."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine.evaluate.gate_lines as lines_module
from engine import audit
from engine.cli.entry import main
from engine.errors import PrivacyRefusedError, RefusedError, UsageError
from engine.evaluate.gate import check_gate, give_reason, judge
from engine.evaluate.remedy import mix_general_rows_in
from engine.files import atomic_write
from engine.project import Project
from tests.gate_project import RUN, figure, good_report, judged, line, save, sided, sound_project, toxic, verdict_of
from tests.tiny_model import safetensors_bytes


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    return sound_project(tmp_path, monkeypatch)


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
