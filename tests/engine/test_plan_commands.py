"""`tunesmith plan` and the planning job: what they print, refuse and leave behind; the fit; the probe."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from engine.cli.entry import main
from engine.errors import EXIT_DONE, EXIT_REFUSED, EXIT_USAGE
from engine.plan.architecture import checked
from engine.plan.compute import profiles_of
from engine.plan.correction import correction_for
from engine.plan.fit import Planner, fit, largest_that_fits
from engine.plan.memory import Rows, memory_of, rows_of_length
from engine.plan.probe import Meter, probe
from engine.plan.report import Machine, is_stale, make_report, read_plan, rows_of, write_plan
from engine.plan.variants import NotPlannedYetError, profiles_kept
from engine.project import create_project
from engine.spec import ModelSpec, RecipeSpec
from tests.plan_truth import DEMO
from tests.tiny_model import CONFIG

GIB = 2**30
SMALL = {**CONFIG, "num_hidden_layers": 8, "hidden_size": 512, "intermediate_size": 1536, "vocab_size": 32000}
KINDS = {"weights", "adapter", "gradients", "optimizer", "activations", "logits", "other"}


@pytest.fixture(scope="session")
def profiles_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where profiles are kept for all tests of the plan: each is worked out once."""
    return tmp_path_factory.getbasetemp() / "profiles"


@pytest.fixture(autouse=True)
def _shared(state: Path, profiles_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNESMITH_STATE", str(profiles_folder))


def run(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code = main([*arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_the_promised_fields(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(SMALL))
    arguments = ["plan", "--model", str(file), "--gpu-memory", "24GiB", "--price", "0.42"]
    arguments += ["--set", "recipe.max_length=2048", "--set", "recipe.micro_batch=2", "--set", "recipe.max_steps=10"]
    code, plan = run(arguments, capsys)
    assert code == EXIT_DONE
    peak = plan["peak_bytes"]
    assert set(plan["breakdown"]) == KINDS
    assert sum(plan["breakdown"].values()) == peak["allocated"]
    assert peak["allocated"] < peak["reserved"][0] < peak["reserved"][1] < peak["driver"][1]
    assert plan["fits"] is True
    assert plan["largest_that_fits"]["max_length"] >= 2048 or plan["largest_that_fits"]["max_length"] == 512
    assert plan["largest_that_fits"]["micro_batch"] > 2
    assert 0 < plan["seconds_per_step"][0] < plan["seconds_per_step"][1]
    assert 0 < plan["cost"]["low"] < plan["cost"]["high"]
    assert "max_steps" in {one["knob"] for one in plan["advice"]}, "ten steps teach hardly anything"
    code, small = run([*arguments, "--gpu-memory", "1GiB"], capsys)
    assert code == EXIT_REFUSED
    assert small["fits"] is False
    assert small["suggestion"]


def test_a_bad_config_is_unusable_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps({key: value for key, value in SMALL.items() if key != "hidden_size"}))
    assert main(["plan", "--model", str(file), "--gpu-memory", "8GiB"]) == EXIT_USAGE
    assert "hidden_size" in capsys.readouterr().err
    assert main(["plan"]) == EXIT_USAGE


@pytest.fixture(scope="module")
def planner(profiles_folder: Path) -> Planner:
    """A small model on a card of 24 GiB; profiles are worked out once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUNESMITH_STATE", str(profiles_folder))
        architecture = checked(SMALL, "small", "test")
        known: dict[Any, Any] = {}
        compute = profiles_of(architecture)

        def profiles(variant: Any) -> Any:
            if variant not in known:
                known[variant] = compute(variant)
            return known[variant]

        return Planner(architecture, rows_of_length(2048), profiles, 24 * GIB, on_cuda=True)


def test_memory_grows_with_everything_that_costs(planner: Planner) -> None:
    recipe = RecipeSpec(max_length=1024, effective_batch=16)
    base = planner.plan(recipe).allocated
    for change in ({"rank": 64}, {"micro_batch": 4}, {"max_length": 2048}, {"gradient_checkpointing": False}):
        assert planner.plan(recipe.model_copy(update=change)).allocated > base, change
    assert planner.plan(recipe.model_copy(update={"quantization": "none"})).breakdown["weights"] > 0


def test_what_cannot_fit_says_what_would(planner: Planner) -> None:
    from dataclasses import replace

    found = fit(replace(planner, memory=GIB), RecipeSpec(max_length=2048))
    assert not found.fits
    assert found.nearest
    assert largest_that_fits(replace(planner, memory=GIB), RecipeSpec()) == {"max_length": 0, "micro_batch": 0}


def test_the_largest_length_is_the_largest(planner: Planner) -> None:
    from dataclasses import replace

    card = replace(
        planner, memory=int(1.6 * GIB), architecture=checked({**SMALL, "max_position_embeddings": 1 << 17}, "s", "t")
    )
    recipe = RecipeSpec(max_length=2048)
    most = largest_that_fits(card, recipe)["max_length"]
    assert most > 0
    rows = Rows(1 << 24, 1 << 24, varied=False)
    for length, fits in ((most, True), (most + 8, False)):
        found = replace(card, rows=rows).plan(recipe.model_copy(update={"max_length": length}))
        assert found.fits(card.memory) is fits


def test_a_plan_is_kept_and_goes_stale(tmp_path: Path) -> None:
    project, _ = create_project(tmp_path / "project", "p")
    spec = project.update(
        lambda old: old.model_copy(update={"model": ModelSpec(source=str(DEMO), kind="folder", path=str(DEMO))})
    )
    assert read_plan(project) is None
    architecture = checked(json.loads((DEMO / "config.json").read_text()), "demo", "demo")
    with pytest.raises(NotPlannedYetError):
        make_report(
            architecture, spec.recipe, rows_of(project, spec.recipe), profiles_kept(architecture), Machine(None, True)
        )
    from engine.plan.report import basis_of

    report = make_report(
        architecture,
        spec.recipe,
        rows_of(project, spec.recipe),
        profiles_of(architecture),
        Machine(8 * GIB, on_cuda=False, free_ram=4 * GIB),
        basis=basis_of(project, spec),
    )
    write_plan(project, report)
    kept = read_plan(project)
    assert kept is not None
    assert kept.as_dict()["peak_bytes"]["allocated"] == report.allocated
    assert not is_stale(project, spec, kept)
    changed = spec.model_copy(update={"recipe": spec.recipe.model_copy(update={"rank": 64})})
    assert is_stale(project, changed, kept)


def test_a_probe_step_corrects_the_plan_and_leaves_no_gradient() -> None:
    layer = torch.nn.Linear(8, 8)
    architecture = checked(SMALL, "small", "test")
    planned = memory_of(architecture, RecipeSpec(), rows_of_length(256), profiles_of(architecture), on_cuda=True)
    moving = planned.breakdown["activations"] + planned.breakdown["logits"]
    seen = planned.allocated - planned.breakdown["optimizer"] + moving // 4
    meter = Meter(lambda: None, lambda: seen)
    factor = probe(layer, lambda: layer(torch.ones(1, 8)).sum(), planned, "GPU of a test", meter)
    assert factor == pytest.approx(1.25, rel=1e-3)
    assert correction_for("GPU of a test") == pytest.approx(1.25, rel=1e-3)
    assert layer.weight.grad is None


@pytest.mark.slow
def test_a_model_whose_layers_belong_together_is_counted_whole() -> None:
    """Gemma 4: a table with a part for every layer, layers without keys of their own, layers of another width."""
    config = {
        **{"model_type": "gemma4_text", "hidden_size": 256, "num_hidden_layers": 10, "intermediate_size": 512},
        **{"num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 64, "global_head_dim": 128},
        **{"hidden_size_per_layer_input": 32, "vocab_size": 4096, "vocab_size_per_layer_input": 4096},
        **{"num_kv_shared_layers": 4, "use_double_wide_mlp": True, "tie_word_embeddings": True},
        "layer_types": (["sliding_attention"] * 2 + ["full_attention"]) * 3 + ["full_attention"],
    }
    architecture, recipe = checked(config, "small", "test"), RecipeSpec(quantization="none", rank=4)
    planned = memory_of(architecture, recipe, rows_of_length(256), profiles_of(architecture), on_cuda=True)
    whole = {key: value for key, value in config.items() if key != "model_type"}
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model("gemma4_text", **whole), dtype=torch.bfloat16)
        stored = sum(weight.nbytes for weight in model.parameters())
    assert planned.breakdown["weights"] == pytest.approx(stored, rel=0.01)
    layers = [one for name, one in model.named_modules() if isinstance(one, torch.nn.Linear) and name != "lm_head"]
    assert planned.trained_parameters == sum(4 * (one.in_features + one.out_features) for one in layers)


def test_a_plan_that_is_known_loads_nothing_heavy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.json").write_text(json.dumps(SMALL))
    arguments = ["plan", "--model", str(tmp_path / "config.json"), "--gpu-memory", "24GiB", "--json"]
    assert main(arguments) == EXIT_DONE
    first = json.loads(capsys.readouterr().out)
    code = (
        "import sys; from engine.cli.entry import main; main(sys.argv[1:]); "
        "print([name for name in ('torch', 'transformers', 'peft', 'trl', 'bitsandbytes') if name in sys.modules])"
    )
    again = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    plan, loaded = again.stdout.strip().rsplit("\n", 1)
    assert json.loads(plan) == first
    assert loaded == "[]"


def test_rows_beyond_what_the_model_was_made_for_are_told() -> None:
    architecture = checked({**SMALL, "max_position_embeddings": 512}, "small", "config.json")

    def note(length: int, **knobs: Any) -> str:
        recipe = RecipeSpec(max_length=length, **knobs)
        machine = Machine(24 * GIB, on_cuda=True)
        return make_report(architecture, recipe, rows_of_length(length), profiles_of(architecture), machine).note

    assert "made for 512 tokens, and the longest row has 1,024" in note(1024)
    assert "made for" not in note(512)


def test_scores_that_old_layers_hand_on_are_there_once() -> None:
    # Falcon's layers return their scores; when layers are recomputed, only the last one's are there still
    falcon = {"model_type": "falcon", "hidden_size": 64, "num_attention_heads": 8, "vocab_size": 2048}
    recipe = RecipeSpec(quantization="none", attention="eager", gradient_checkpointing=True, max_length=512)
    taken = []
    for layers in (8, 12):
        architecture = checked({**falcon, "num_hidden_layers": layers}, "falcon", "config.json")
        memory = memory_of(architecture, recipe, rows_of_length(512), profiles_of(architecture), on_cuda=False)
        taken.append(memory.breakdown["activations"])
    assert taken[1] - taken[0] < 4 * 2 * 512 * 64 * 4, "layers keep their inputs, and not 8 x 512 x 512 scores"
