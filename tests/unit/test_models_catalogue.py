"""Every entry of the catalogue is sound, and a wrong file says where."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import SpecError
from engine.models.architectures import native_causal_models
from engine.models.catalogue import CatalogueModel, load_catalogue
from engine.plan.shapes import weights_of

MODELS = load_catalogue()
_COUNT = """
import json, sys, torch
from transformers import AutoConfig, AutoModelForCausalLM
counted = {}
for name, config in json.load(sys.stdin).items():
    kind = config.pop("model_type")
    config.pop("architectures")
    built = AutoConfig.for_model(kind, **config, pad_token_id=None, bos_token_id=None, eos_token_id=None)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(built)
    counted[name] = sum(parameter.numel() for parameter in model.parameters())
print(json.dumps(counted))
"""


def test_the_range_that_people_train() -> None:
    assert len(MODELS) >= 40
    assert min(model.parameters for model in MODELS) < 200e6
    assert max(model.parameters for model in MODELS) > 600e9
    makers = {model.id.partition("/")[0] for model in MODELS}
    assert makers >= {
        "meta-llama", "mistralai", "Qwen", "deepseek-ai", "google", "microsoft", "HuggingFaceTB", "allenai",
        "ibm-granite", "openai", "tiiuae", "01-ai",
    }  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_entry(model: CatalogueModel) -> None:
    about = {fact.about for fact in model.facts}
    assert "licence" in about
    assert model.revision or any("revision" in text for text in model.not_verified)
    assert model.gated is not None or any("consent" in text for text in model.not_verified)
    assert ("chat template" in about) == (model.chat_template is not None)
    if model.figures is None:
        assert any("figures" in text for text in model.not_verified)
        return
    assert about >= {"figures and context", "parameters"}
    if model.figures.extra or model.model_type.startswith("qwen3_5"):
        return
    assert model.model_type in native_causal_models()
    # The figures must give the stated size: biases and the norms of some families are all that may be missing.
    counted = sum(weight.elements for weight in weights_of(model.as_facts()))
    assert counted == pytest.approx(model.parameters, rel=1e-3)


@pytest.mark.slow
def test_the_figures_build_models_of_the_stated_size() -> None:
    """Without weights, by transformers itself, experts and all."""
    configs = {model.id: model.as_config() for model in MODELS if model.figures}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _COUNT],
        input=json.dumps(configs),
        capture_output=True,
        text=True,
        check=True,
    )
    counted = json.loads(done.stdout.splitlines()[-1])
    stated = {model.id: model.parameters for model in MODELS if model.figures}
    assert counted == stated


def test_wrong_entries_name_the_place(tmp_path: Path) -> None:
    entry = (
        "models:\n  - id: a/b\n    name: B\n    parameters: 5\n    context: 8\n    architecture: LlamaForCausalLM\n"
        "    model_type: llama\n"
        "    licence: mit\n    facts: [{about: licence, source: x, date: 2026-01-01}]\n"
    )
    file = tmp_path / "mine.yaml"
    file.write_text(entry + "    licens: mit\n")
    with pytest.raises(SpecError, match="licens"):
        load_catalogue.__wrapped__(tmp_path)
    file.write_text(entry + "    revision: main\n")
    with pytest.raises(SpecError, match="revision"):
        load_catalogue.__wrapped__(tmp_path)
    file.write_text(entry)
    (tmp_path / "more.yaml").write_text(entry)
    with pytest.raises(SpecError, match="twice"):
        load_catalogue.__wrapped__(tmp_path)
