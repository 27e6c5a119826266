"""The catalogue narrowed down: words, memory, terms, and that what cannot be said stays on the list."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.cli.entry import main
from engine.errors import EXIT_DONE, EXIT_USAGE
from engine.licences.verdict import Outcome
from engine.models.catalogue import load_catalogue
from engine.plan.architecture import checked
from engine.plan.memory import memory_of, rows_of_length
from engine.plan.profile import Moment, Profile, Work
from engine.plan.report import Machine
from engine.plan.shortlist import LEAN, fits_of, shortlist
from engine.plan.variants import Variant, keep_profile
from engine.spec import UseSpec

GIB = 2**30


def model(part: str) -> Any:
    return next(entry for entry in load_catalogue() if part in entry.id)


def card(gib: float) -> Machine:
    return Machine(int(gib * GIB), on_cuda=True)


def test_all_words_must_be_there() -> None:
    found = [choice.model.id for choice in shortlist(load_catalogue(), search="SmolLM2 135m")]
    assert found
    assert all("SmolLM2-135M" in name for name in found)
    assert not list(shortlist(load_catalogue(), search="smollm2 nonsense"))


def test_what_certainly_does_not_fit_is_left_out() -> None:
    choices = list(shortlist(load_catalogue(), machine=card(8)))
    names = {choice.model.id for choice in choices}
    assert all(choice.fits in ("yes", "unknown") for choice in choices)
    assert all(choice.model.parameters * 0.5 <= 0.9 * 8 * GIB for choice in choices)
    assert model("SmolLM2-135M").id in names
    assert {choice.model.id for choice in shortlist(load_catalogue(), machine=card(80))} > names


def test_what_nobody_can_say_is_marked_and_stays() -> None:
    mixture = next(entry for entry in load_catalogue() if entry.model_type == "mixtral")
    assert fits_of(mixture, Machine(None, on_cuda=True)) == ("unknown", None)
    assert fits_of(mixture, card(24)) == ("no", None)
    assert fits_of(mixture, card(400)) == ("unknown", None)


def test_a_kept_profile_answers_before_the_formula(state: object) -> None:
    small = model("SmolLM2-135M")
    config = small.as_config()
    architecture = checked(config, small.id, "catalogue")
    asked: list[Variant] = []
    profile = Profile((Moment("loss", {("weights", (0, 0, 0, 0, 0)): 5e9}),), 100, 1, 1, Work(1, 1, 1))

    def note(variant: Variant) -> Profile:
        asked.append(variant)
        return profile

    memory_of(architecture, LEAN, rows_of_length(1024), note, on_cuda=True)
    keep_profile(architecture, asked[0], profile)
    assert fits_of(small, card(24)) == ("yes", 5_000_000_000)
    assert fits_of(small, card(5)) == ("no", 5_000_000_000)


def test_what_the_terms_refuse_is_left_out_and_the_rest_is_marked() -> None:
    outcomes: dict[str, Outcome] = {model("SmolLM2-135M").id: "refused", model("SmolLM2-360M").id: "unknown"}
    found = list(
        shortlist(
            load_catalogue(),
            search="smollm2",
            use=UseSpec(use="commercial"),
            verdicts=lambda name, use: outcomes.get(name, "allowed"),
        )
    )
    assert model("SmolLM2-135M").id not in {choice.model.id for choice in found}
    assert "unknown" in {choice.verdict for choice in found}


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--search", "llama-3.1-8b", "--fits", "24GiB", "--use", "commercial", "--json"]) == EXIT_DONE
    found = json.loads(capsys.readouterr().out)
    assert found
    for entry in found:
        assert entry["fits"] in ("yes", "unknown")
        assert entry["verdict"] in ("allowed", "conditions", "unknown")
        assert "llama" in entry["id"].lower()
    assert main(["models", "--fits", "24GiB", "--region", "eu", "--search", "smollm2"]) == EXIT_DONE
    assert "your use" in capsys.readouterr().out
    assert main(["models", "--fits", "much"]) == EXIT_USAGE
