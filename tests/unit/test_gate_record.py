"""What the gate holds a project to: its thresholds, the reasons on the record, and what the run was made with."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

import engine.evaluate.gate as gate_module
from engine.errors import RefusedError, SpecError
from engine.evaluate.gate import check_gate, give_reason
from engine.evaluate.gate_limits import FILE as THRESHOLDS
from engine.evaluate.gate_limits import SHIPPED, load_thresholds, looser_than_shipped
from engine.jobs.emit import EventWriter
from engine.jobs.events import StoppedEvent
from engine.jobs.folder import new_job
from engine.jobs.process import identity
from engine.project import Project
from engine.runs_made import rows_key
from engine.spec import GateReasonSpec, ModelSpec
from engine.train.run import keep_recipe
from tests.gate_project import RUN, figure, good_report, judged, line, save, sound_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    return sound_project(tmp_path, monkeypatch)


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
