"""Licences in a project: the command, accepting, refusing, and what goes out with a tuned model."""

from __future__ import annotations

import json
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from engine import audit
from engine.actions import choose_model, new_project
from engine.begin import before_training
from engine.cli.entry import main
from engine.errors import ModelError, RefusedError, UsageError
from engine.jobs.events import FailedEvent
from engine.licences.chain import cards_folder, trace
from engine.licences.check import accept, acceptance, found_data, project_verdict, set_use, verdict_for
from engine.licences.duties import Duties, duties_for, duties_of
from engine.licences.terms import TEXTS
from engine.licences.verdict import ADVICE
from engine.project import Project, create_project
from engine.ship.card import write_card
from engine.ship.package import pack
from engine.spec import DataSpec, ModelSpec, ProjectSpec, UseSpec
from tests.engine.hub_server import Repo, running_hub
from tests.projects import run_job
from tests.tiny_model import make_tiny_model, safetensors_bytes

LLAMA = (TEXTS / "llama3.1.txt").read_text(encoding="utf-8")


def _run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, dict[str, Any], str]:
    code = main(["license", *argv, "--json"])
    out, err = capsys.readouterr()
    return code, json.loads(out), err


def _model(folder: Path, card: str = "license: apache-2.0", **files: str) -> Path:
    model = make_tiny_model(folder)
    (model / "README.md").write_text(f"---\n{card}\n---\n", encoding="utf-8")
    for name, content in files.items():
        (model / name.replace("_", ".")).write_text(content, encoding="utf-8")
    return model


def _project(tmp_path: Path, card: str = "license: apache-2.0", **files: str) -> Project:
    project, _ = create_project(tmp_path / "my voice")
    rows = tmp_path / "rows"
    rows.mkdir()
    (rows / "chats.jsonl").write_text('{"messages": []}\n')
    model = str(_model(tmp_path / "base", card, **files))
    chosen = ModelSpec(source=model, kind="folder", path=model)
    data = DataSpec(path=str(rows / "chats.jsonl"))
    project.update(lambda spec: spec.model_copy(update={"model": chosen, "data": data}))
    return project


# -- the command ----------------------------------------------------------------------------------------------------


def test_the_command_answers_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--use", "commercial", "--monthly-users", "800000000", "--region", "EU", "--adult"]
    code, answer, prose = _run(capsys, "meta-llama/Llama-3.1-8B-Instruct", *options)
    assert code == 3
    assert (answer["verdict"], answer["license"]) == ("refused", "llama3.1")
    for key in ("reasons", "obligations", "sources"):
        assert answer[key], key
        assert all(isinstance(line, str) for line in answer[key])
    assert "800,000,000" in answer["reasons"][0]
    assert prose.count("not legal advice") == 1
    assert answer["advice"] == ADVICE


@pytest.mark.parametrize(
    ("argv", "code", "verdict"),
    [
        (["demo", "--use", "commercial", "--adult"], 0, "allowed"),
        (["Qwen2.5 7B", "--use", "commercial"], 0, "allowed"),
        (["Qwen/Qwen2.5-3B-Instruct", "--use", "commercial"], 3, "refused"),
        (["google/gemma-2-9b-it", "--no-adult"], 0, "conditions"),
        (["nobody/knows-7b"], 0, "unknown"),
        (["Qwen/Qwen2.5-7B-Instruct", "--use", "commercial", "--data-license", "cc-by-nc-4.0"], 3, "refused"),
        (["meta-llama/Llama-3.1-8B-Instruct", "--monthly-users", "800M"], 3, "refused"),
    ],
)
def test_the_command(capsys: pytest.CaptureFixture[str], argv: list[str], code: int, verdict: str) -> None:
    answered, answer, _ = _run(capsys, *argv)
    assert (answered, answer["verdict"]) == (code, verdict)


@pytest.mark.parametrize(
    "argv",
    [
        ["./nowhere"],
        ["demo", "--region", "Europe"],
        ["demo", "--monthly-users", "many"],
        ["demo", "--use", "fun"],
        ["demo", "--accept"],
    ],
)
def test_what_cannot_be_understood(capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    code, answer, _ = _run(capsys, *argv)
    assert code == 2
    assert answer["error"]["hint"]


def test_prose_without_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["license", str(_model(tmp_path / "m", "license: gemma"))]) == 0
    out = capsys.readouterr().out
    assert "Allowed under conditions. Licence: gemma." in out
    assert "What it takes" in out
    assert out.count(ADVICE) == 1


# -- a project ------------------------------------------------------------------------------------------------------


def test_a_verdict_is_accepted_and_goes_stale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = _project(tmp_path, "license: llama3.1", LICENSE=LLAMA)
    code, answer, _ = _run(capsys, str(project.root), "--use", "commercial", "--data-license", "own", "--accept")
    assert (code, answer["verdict"], answer["accepted"]) == (0, "conditions", "current")
    spec = project.load()
    assert spec.licence.use.use == "commercial"
    accepted = spec.licence.accepted
    assert accepted is not None
    assert (accepted.verdict, accepted.licence, accepted.data_licence) == ("conditions", "llama3.1", "own")
    assert {name.partition(": ")[2] for name in accepted.texts} == {"README.md", "LICENSE"}
    assert accepted.obligations
    assert [entry.action for entry in audit.entries(project)] == ["use", "licence_accepted"]
    assert acceptance(spec, project_verdict(project, spec)) == "current"

    other = set_use(project, UseSpec(use="commercial", adult=True))
    assert acceptance(other, project_verdict(project, other)) == "stale"
    set_use(project, spec.licence.use)
    text = tmp_path / "base" / "LICENSE"
    text.write_text(LLAMA + "\nOne more rule: you shall not sing.")
    assert acceptance(project.load(), project_verdict(project)) == "stale"


def test_a_project_without_options_uses_its_own_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = _project(tmp_path, "license: cc-by-nc-4.0")
    set_use(project, UseSpec(use="commercial"))
    assert _run(capsys, str(project.root))[0] == 3
    code, answer, _ = _run(capsys, str(project.root), "--use", "personal")
    assert (code, answer["accepted"]) == (0, "none")
    assert project.load().licence.use.use == "commercial", "asking changes nothing"


def test_what_is_refused_cannot_be_accepted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = _project(tmp_path, "license: gemma")
    set_use(project, UseSpec(adult=True))
    with pytest.raises(RefusedError):
        accept(project)
    assert _run(capsys, str(project.root), "--accept")[0] == 3
    assert _run(capsys, str(project.root), "--accept", "--use", "commercial")[0] == 3
    kept = project.load().licence
    assert kept.accepted is None
    assert kept.use == UseSpec(adult=True), "a use that is refused is not kept either, as it says"


def test_licence_of_the_data_is_looked_for(tmp_path: Path) -> None:
    project = _project(tmp_path)
    assert project_verdict(project).data_licence == ""
    (tmp_path / "rows" / "README.md").write_text("---\nlicense: cc-by-nc-sa-4.0\n---\n")
    set_use(project, UseSpec(use="commercial"))
    verdict = project_verdict(project)
    assert (verdict.verdict, verdict.data_licence) == ("refused", "cc-by-nc-sa-4.0")
    assert "chats.jsonl: README.md" in verdict.texts
    set_use(project, UseSpec(use="commercial"), "own")
    assert project_verdict(project).verdict == "allowed"
    with pytest.raises(UsageError, match="no such licence"):
        set_use(project, UseSpec(), "acme-7")
    assert found_data(DataSpec(path=str(tmp_path / "gone" / "x.jsonl"))).licence == ""


def test_training_is_refused_where_the_terms_refuse_it(tmp_path: Path) -> None:
    project, _ = new_project(
        tmp_path / "p", data=_chats(tmp_path), model=str(_model(tmp_path / "base", "license: gemma"))
    )
    set_use(project, UseSpec(adult=True))
    with pytest.raises(RefusedError) as caught:
        before_training(project, project.load())
    assert (caught.value.error_code, caught.value.exit_code) == ("licence", 3)
    assert "exually explicit" in caught.value.what
    set_use(project, UseSpec())
    with pytest.raises(RefusedError) as caught:
        before_training(project, project.load())
    assert caught.value.error_code != "licence", "conditions do not keep anybody from training"


def test_a_hub_model_shows_its_licence_before_it_is_here(tmp_path: Path) -> None:
    project, _ = create_project(tmp_path / "p")
    spec = choose_model(project, "Qwen/Qwen2.5-3B-Instruct")
    assert spec.model is not None
    assert spec.model.licence == "qwen-research"
    with pytest.raises(ModelError):
        project_verdict(project, spec.model_copy(update={"model": None}))


def _chats(tmp_path: Path) -> Path:
    file = tmp_path / "chats.jsonl"
    file.write_text('{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]}\n')
    return file


# -- what goes out --------------------------------------------------------------------------------------------------


def _duties(tmp_path: Path, card: str, **files: str) -> tuple[Project, Duties]:
    project = _project(tmp_path, card, **files)
    set_use(project, UseSpec(use="commercial"), "own")
    return project, duties_of(project, project.load())


def test_a_llama_goes_out_as_its_terms_ask(tmp_path: Path) -> None:
    project, duties = _duties(tmp_path, "license: mit\nbase_model: meta-llama/Llama-3.1-8B")
    name = duties.name("my voice")
    assert name == "Llama-my voice"
    card = write_card(project, project.load(), "run-1", duties, 12, name)
    front = yaml.safe_load(card.split("---")[1])
    assert front["license"] == "llama3.1"
    assert "# Llama-my voice" in card
    assert "Built with Llama" in card
    assert {"NOTICE", "USE_POLICY.md"} <= set(duties.files)
    assert b"Llama 3.1 is licensed under the Llama 3.1 Community License" in duties.files["NOTICE"]
    assert LLAMA.encode() in duties.files.values()

    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_model.safetensors").write_bytes(b"x")
    pack(tmp_path / "out.tar", adapter, card, {"r": 8}, None, lambda done, total: None, duties.files)
    with tarfile.open(tmp_path / "out.tar") as tar:
        names = {member.name.removeprefix("adapter/") for member in tar}
    assert names == {"README.md", "adapter_config.json", "adapter_model.safetensors", *duties.files}


@pytest.mark.parametrize(
    ("card", "config", "named"),
    [
        ("license: mit\nbase_model: someone/rp-merge", {}, "someone/rp-merge"),
        ("license: mit\nbase_model: https://huggingface.co/Qwen/Qwen2.5-0.5B/tree/main", {}, "Qwen/Qwen2.5-0.5B"),
        ("license: mit\nbase_model: [a/one, b/two]", {}, ["a/one", "b/two"]),
        ("license: mit", {"_name_or_path": "Qwen/Qwen2.5-0.5B-Instruct"}, "Qwen/Qwen2.5-0.5B-Instruct"),
        ("license: mit", {"_name_or_path": "someone/base"}, "someone/base"),
        ("license: mit", {"_name_or_path": "anna/private-chats"}, None),
        ("license: mit\nbase_model: /home/anna/models/llama", {}, None),
        ("license: mit\nbase_model: models/llama", {"_name_or_path": "/home/anna/base"}, None),
        ("license: mit", {}, None),
    ],
)
def test_the_card_names_the_base_of_a_folder_and_never_a_path(
    tmp_path: Path, card: str, config: dict[str, str], named: str | list[str] | None
) -> None:
    base = tmp_path / "base"
    base.mkdir()
    (base / "README.md").write_text(f"---\n{card}\n---\n")
    (base / "config.json").write_text(json.dumps(config))
    model = ModelSpec(source=str(base), kind="folder", path=str(base))
    spec = ProjectSpec(name="voice", created=datetime.now(UTC), model=model)
    text = write_card(Project(tmp_path), spec, "run-1", Duties("mit"), 12)
    assert yaml.safe_load(text.split("---")[1]).get("base_model") == named
    assert ("or was made from" in text) is (named is not None)
    assert "anna" not in text


def test_texts_beside_the_model_go_along_as_they_are(tmp_path: Path) -> None:
    notice = "Copyright 2024 The Makers\nThis product includes weights of The Makers."
    _, duties = _duties(tmp_path, "license: apache-2.0", LICENSE=(TEXTS / "apache-2.0.txt").read_text(), NOTICE=notice)
    assert duties.files["LICENSE"] == (TEXTS / "apache-2.0.txt").read_bytes()
    assert notice.encode() in duties.files["NOTICE"]
    assert b"changed" in duties.files["NOTICE"]
    assert duties.name("my voice") == "my voice"
    assert (duties.front, duties.show) == ({"license": "apache-2.0"}, ())


def test_a_licence_that_the_hub_has_no_id_for(tmp_path: Path) -> None:
    project = _project(tmp_path, "license: other\nlicense_name: qwen-research")
    duties = duties_of(project, project.load())
    assert duties.front["license"] == "other"
    assert duties.front["license_name"] == "qwen-research"
    assert duties.front["license_link"].startswith("https://huggingface.co/Qwen/")
    assert "Built with Qwen" in duties.show


def test_unknown_is_never_called_open(tmp_path: Path) -> None:
    project, duties = _duties(tmp_path, "language: en", LICENSE="You may look at it on Tuesdays.")
    assert (duties.licence, duties.front) == ("unknown", {})
    card = write_card(project, project.load(), "run-1", duties, 12)
    assert "license" not in yaml.safe_load(card.split("---")[1])
    assert "Licence: unknown" in card
    assert duties.files["LICENSE"] == b"You may look at it on Tuesdays.", "what is there goes along, read or not"


def test_nothing_goes_out_against_the_terms(tmp_path: Path) -> None:
    project = _project(tmp_path, "license: cc-by-nc-4.0")
    set_use(project, UseSpec(use="commercial"))
    with pytest.raises(RefusedError) as caught:
        duties_of(project, project.load())
    assert caught.value.exit_code == 3
    with pytest.raises(RefusedError):
        duties_for(project_verdict(project), trace(tmp_path / "base"))


def test_names_begin_as_the_terms_ask() -> None:
    duties = Duties("llama3", prefix="Llama 3")
    assert duties.name("voice") == "Llama-3-voice"
    for name in ("Llama 3 voice", "llama-3-voice", "LLAMA_3 voice"):
        assert duties.name(name) == name
    assert duties.name("Llama-voice") == "Llama-3-Llama-voice"


def test_the_ship_job_refuses_too(tmp_path: Path) -> None:
    project = _project(tmp_path, "license: gemma")
    set_use(project, UseSpec(adult=True))
    adapter = project.run_folder("run-1") / "adapter"
    adapter.mkdir(parents=True)
    (adapter / "adapter_config.json").write_text("{}")
    weights = safetensors_bytes({"x.lora_B.weight": np.ones((2, 2), np.float32)})
    (adapter / "adapter_model.safetensors").write_bytes(weights)
    project.update(lambda spec: spec.model_copy(update={"run": "run-1"}))
    job = run_job(project, "ship", encrypt=False)
    assert isinstance(job.snapshot.end, FailedEvent)
    assert (job.snapshot.end.code, job.snapshot.end.exit_code) == ("licence", 3)
    assert not project.ship_folder.exists()


# -- the hub --------------------------------------------------------------------------------------------------------


def test_fetch_reads_cards_and_follows_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repos = {
        "some/adapter": Repo(
            {
                "README.md": b"---\nlicense: mit\n---\n",
                "adapter_config.json": b'{"base_model_name_or_path": "some/base"}',
                "adapter_model.safetensors": b"weights",
            }
        ),
        "some/base": Repo({"README.md": b"---\nlicense: cc-by-nc-4.0\n---\n", "model.safetensors": b"weights"}),
    }
    assert _run(capsys, "some/adapter", "--use", "commercial")[1]["verdict"] == "unknown"
    with running_hub(repos) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        code, answer, prose = _run(capsys, "some/adapter", "--use", "commercial", "--fetch")
        assert not [name for name in hub.fetched() if name.endswith(".safetensors")]
    assert (code, answer["verdict"], answer["license"]) == (3, "refused", "cc-by-nc-4.0")
    assert "Got the card of some/base." in prose
    assert (cards_folder("some/base") / "README.md").is_file()
    assert verdict_for("some/adapter", UseSpec(use="commercial")).verdict == "refused", "known without the hub now"


def test_fetch_says_why_it_cannot(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    repos = {"some/gated": Repo({"README.md": b"---\nlicense: mit\n---\n"}, gated=True)}
    with running_hub(repos) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        for model, code in (("some/gated", "gated"), ("some/nothing", "not_found")):
            answered, answer, _ = _run(capsys, model, "--fetch")
            assert (answered, answer["error"]["code"]) == (2, code)
    assert not cards_folder("some/gated").exists()
