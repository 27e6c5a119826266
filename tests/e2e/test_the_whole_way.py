"""From a dataset to a measured adapter by commands only, with the promises of `--json` and of the exit codes."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.files import PRIVATE_UMASK
from engine.project import Project
from tests.e2e.cli import DEMO, Here, Machine, Said
from tests.projects import run_here

# Eleven commands and six jobs come before the first test: a minute, but many where others want the cores as well.
pytestmark = pytest.mark.timeout(1800)
FINDING = {"row": int, "field": str, "start": int, "end": int, "entity": str, "score": float, "recogniser": str}


@dataclass(frozen=True)
class Way:
    """The answers of all commands of one way, by command; what is asked about it later is asked in this process."""

    machine: Here
    data: Path
    project: Path
    said: dict[str, Said]

    def json(self, command: str) -> Any:
        return self.said[command].json


def some_chats(target: Path) -> Path:
    """Rows of the demo: good ones, the truncated line, and everything of the row with the card number."""
    lines = (DEMO / "chats.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    chosen = [*lines[:24], lines[57], *lines[60:72]]
    target.write_text("".join(chosen), encoding="utf-8")
    return target


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Way:
    """Walk the whole way once."""
    folder = tmp_path_factory.mktemp("way")
    machine, said = Machine(folder), {}
    data = some_chats(folder / "chats.jsonl")
    short = ["recipe.max_steps=4", "recipe.eval_steps=2", "recipe.max_length=128"]
    # Every section of the evaluation, with few questions: what they find has tests of its own.
    short += ["evaluation.leak_prompts=12", "evaluation.memorisation_asked=4"]
    steps = [word for setting in short for word in ("--set", setting)]
    said["new"] = machine.run("new", "voice", "--data", data, "--model", "demo", "--preset", "demo", *steps, "--json")
    said["data"] = machine.run("data", "voice", "--json")
    said["too-early"] = machine.run("train", "voice", "--json")
    said["review-early"] = machine.run("review", "voice", "--json")
    said["scan"] = machine.run("scan", "voice", "--findings", "found.jsonl", "--json")
    said["not-redacted"] = machine.run("train", "voice", "--json")
    said["look"] = machine.run("review", "voice", "--json")
    said["review"] = machine.run("review", "voice", "--accept-all", "--json")
    said["redact"] = machine.run("redact", "voice", "--out", "clean.jsonl", "--json")
    said["preview"] = machine.run("preview", "voice", "--json")
    said["train"] = machine.run("train", "voice", "--json")
    said["evaluate"] = machine.run("evaluate", "voice", "--json")
    return Way(Here(folder), data, folder / "voice", said)


def test_every_command_is_done(way: Way) -> None:
    refused = {"too-early": 3, "not-redacted": 3, "review-early": 2}
    assert {name: said.code for name, said in way.said.items()} == {name: refused.get(name, 0) for name in way.said}, {
        name: said.stderr for name, said in way.said.items()
    }


def test_new_says_what_it_found_and_what_is_next(way: Way) -> None:
    said = way.json("new")
    assert said["project"] == str(way.project)
    assert said["data"]["shape"] == "messages"
    assert (said["data"]["rows"], said["data"]["usable"], said["data"]["bad_rows"]) == (37, 36, 1)
    assert said["model"]["architecture"] == "LlamaForCausalLM"
    assert said["model"]["has_chat_template"] is True
    assert said["next"] == "tunesmith scan voice"


def test_data_names_the_bad_row(way: Way) -> None:
    [bad] = way.json("data")["bad"]
    assert (bad["index"], bad["line"]) == (24, 25)
    assert bad["reason"]
    assert bad["fate"]
    prose = way.machine.run("data", "voice").stdout
    assert f"{way.data}:25:" in prose


def test_training_is_refused_until_the_data_is_safe(way: Way) -> None:
    assert way.said["too-early"].error["hint"] == f"Run `tunesmith scan {way.project}`."
    assert way.said["not-redacted"].error["code"] == "never_redacted"
    assert way.said["review-early"].error["code"] == "not_scanned"


def test_findings_point_at_the_original_text(way: Way) -> None:
    rows = way.data.read_text(encoding="utf-8").splitlines()
    planted = yaml.safe_load((DEMO / "planted.yaml").read_text(encoding="utf-8"))
    values = {str(value) for kind in planted.values() for value in kind}
    findings = [json.loads(line) for line in (way.machine.folder / "found.jsonl").read_text().splitlines()]
    assert len(findings) == way.json("scan")["findings"] > 0
    matched = set()
    for finding in findings:
        assert {name: type(value) for name, value in finding.items()} == FINDING
        content: Any = json.loads(rows[finding["row"]])
        for part in finding["field"].split("."):
            content = content[int(part)] if part.isdigit() else content[part]
        matched.add(content[finding["start"] : finding["end"]])
    assert len(matched & values) >= 5


def test_review_without_a_decision_only_looks(way: Way) -> None:
    look, review = way.json("look"), way.json("review")
    assert look["decided"] == {}
    assert look["decisions"] == review["decisions"], "hiding what would be hidden anyway changes nothing"
    assert all(kind["undecided"] == 0 for kind in review["types"])


def test_no_planted_value_is_left_in_the_redacted_file(way: Way) -> None:
    redacted = Path(way.json("redact")["path"])
    original, clean = way.data.read_text(encoding="utf-8"), redacted.read_text(encoding="utf-8")
    assert (way.machine.folder / "clean.jsonl").read_text(encoding="utf-8") == clean
    planted = yaml.safe_load((DEMO / "planted.yaml").read_text(encoding="utf-8"))
    values = [str(value) for kind in planted.values() for value in kind]
    # An invented name may be that of somebody in the rows of the demo that this project does not have.
    there = [value for value in values if value in original]
    assert len(there) > 10
    assert [value for value in there if value in clean] == []
    assert way.data.read_text(encoding="utf-8") == some_chats(way.machine.folder / "again.jsonl").read_text()


def test_preview_marks_what_is_learned(way: Way) -> None:
    said = way.json("preview")
    assert said["eos_supervised_share"] > 0
    row = said["preview"][0]
    assert any(learned for _, learned in row["pieces"])
    assert not all(learned for _, learned in row["pieces"])
    prose = way.machine.run("preview", "voice", "--row", row["index"])
    assert prose.code == 0
    assert "«" in prose.stdout
    assert way.machine.run("preview", "voice", "--row", 9999, "--json").error["code"] == "no_row"


def test_train_prints_every_event_and_ends_with_the_result(way: Way) -> None:
    events = way.said["train"].events
    assert [event["seq"] for event in events] == list(range(len(events)))
    assert {"started", "preflight", "step", "evaluation", "checkpoint", "memory"} <= {event["kind"] for event in events}
    end = events[-1]
    assert end["kind"] == "finished"
    for name in ("adapter_dir", "train_loss", "eval_loss", "tokens_per_second", "supervised_tokens", "peak_bytes"):
        assert end[name], name
    adapter = Path(end["adapter_dir"])
    assert (adapter / "adapter_model.safetensors").is_file()
    assert not list(adapter.glob("*.bin"))
    assert "trained tokens" in way.said["train"].stderr


def test_evaluate_compares_on_the_rows_kept_apart(way: Way) -> None:
    said = way.json("evaluate")
    assert said["tuned_loss"] < said["base_loss"]
    assert said["tuned_perplexity"] < said["base_perplexity"]
    assert {"prompt", "base", "tuned"} <= said["answers"][0].keys()
    assert json.loads(Path(said["report"]).read_text())["run"] == said["run"]


def test_the_trail_tells_all_of_it(way: Way) -> None:
    assert way.machine.run("audit", "verify", "voice", "--json").json["ok"] is True
    actions = [entry["action"] for entry in way.machine.run("audit", "show", "voice", "--json").json]
    assert actions[0] == "created"
    assert {"model", "data", "recipe", "decisions", "confirmed", "train"} <= set(actions)


def test_jobs_and_places_are_listed(way: Way) -> None:
    jobs = way.machine.run("jobs", "--json").json
    assert [job["kind"] for job in jobs][:3] == ["check", "check", "scan"]
    assert {job["state"] for job in jobs} == {"finished"}
    places = way.machine.run("locate", "voice", "--json").json
    assert places["adapter"] == way.said["train"].events[-1]["adapter_dir"]
    assert all(Path(places[name]).exists() for name in ("redacted", "findings", "evaluation", "check"))


def test_nobody_else_can_read_any_of_it(way: Way) -> None:
    for path in (way.project, *way.project.rglob("*")):
        assert path.stat().st_mode & PRIVATE_UMASK == 0, path


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning", "ignore::DeprecationWarning")
def test_rows_of_which_nothing_would_be_learned_are_refused(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job in this process, which has the libraries already; then what the command that waits for it says."""
    set_recipe(way.project, max_length=8, max_steps=2)
    for name, value in way.machine.environment().items():
        monkeypatch.setenv(name, value)
    job = run_here(Project(way.project), "train")
    said = way.machine.run("attach", job.folder.id, "--json")
    assert (said.code, said.error["code"]) == (2, "nothing_to_learn"), said.stderr
    assert said.error["title"]
    assert said.error["hint"]


def test_changed_data_closes_the_gate_again(way: Way) -> None:
    before = way.data.read_bytes()
    way.data.write_bytes(before + before.splitlines(keepends=True)[0])
    said = way.machine.run("train", "voice", "--json")
    way.data.write_bytes(before)
    assert (said.code, said.error["code"]) == (3, "original_changed")


def test_a_model_that_is_gone_is_told_before_the_gate(way: Way) -> None:
    copy = way.machine.folder / "model-copy"
    shutil.copytree(DEMO / "model", copy)
    assert way.machine.run("new", "other", "--data", way.data, "--model", copy).code == 0
    shutil.rmtree(copy)
    said = way.machine.run("train", "other", "--json")
    assert said.code == 2
    assert str(copy) in said.error["what"]


def set_recipe(project: Path, **knobs: int) -> None:
    """Change knobs in project.yaml by hand, as a person would."""
    content = yaml.safe_load((project / "project.yaml").read_text())
    content["recipe"].update(knobs)
    (project / "project.yaml").write_text(yaml.safe_dump(content))
