"""Every entry of the catalogue is sound, and a wrong file says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import SpecError
from engine.models.architectures import native_causal_models
from engine.models.catalogue import CatalogueModel, load_catalogue
from engine.plan.estimate import estimate
from engine.plan.shapes import weights_of
from engine.spec import RecipeSpec

MODELS = load_catalogue()


def test_a_dozen_at_least() -> None:
    assert len(MODELS) >= 12
    assert min(model.parameters for model in MODELS) < 200e6
    assert max(model.parameters for model in MODELS) > 10e9


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_entry(model: CatalogueModel) -> None:
    assert model.architecture in native_causal_models().values()
    assert {fact.about for fact in model.facts} >= {"figures and context", "parameters", "licence"}
    assert model.revision or any("revision" in text for text in model.not_verified)
    assert model.gated is not None or any("consent" in text for text in model.not_verified)
    # The figures must give the stated size: biases and the norms of some families are all that may be missing.
    counted = sum(weight.elements for weight in weights_of(model.as_facts()))
    assert counted == pytest.approx(model.parameters, rel=1e-3)
    plan = estimate(model.as_facts(), RecipeSpec(), 1024, 24 * 2**30)
    assert plan is not None
    assert plan.fits


def test_wrong_entries_name_the_place(tmp_path: Path) -> None:
    entry = (
        "models:\n  - id: a/b\n    name: B\n    parameters: 5\n    context: 8\n    architecture: LlamaForCausalLM\n"
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
