"""Over what a run is spread: chosen, refused, and written down. No process is started here."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from engine.data.render import Rendered
from engine.errors import SpecError
from engine.recipe_rules import accumulation, planned_steps, rows_at_once
from engine.spec import RecipeSpec
from engine.spec_recipe import ComputeSpec
from engine.train.hosts import accelerate_config
from engine.train.packing import Collator, StepSampler, blank_feature
from engine.train.spread import Spread, check_spread, choose_strategy, deepspeed_config, trainer_settings

TWO_CARDS = Spread("ddp", 2, on_cuda=True)


@pytest.mark.parametrize(
    ("compute", "gpus", "fits", "strategy", "world"),
    [
        ({}, 0, None, "single", 1),
        ({}, 1, False, "single", 1),
        ({}, 2, True, "ddp", 2),
        ({}, 2, None, "ddp", 2),
        ({}, 4, False, "fsdp", 4),
        ({"processes": 2}, 0, False, "ddp", 2),
        ({"processes": 1}, 4, True, "single", 1),
        ({"strategy": "single"}, 4, True, "single", 1),
        ({"strategy": "ddp"}, 1, True, "single", 1),
        ({"strategy": "zero3"}, 2, True, "zero3", 2),
        ({"hosts": ["a", "b"]}, 2, True, "ddp", 4),
        ({"hosts": ["a", "b"]}, 1, False, "fsdp", 2),
    ],
)
def test_choice(compute: dict[str, object], gpus: int, fits: bool | None, strategy: str, world: int) -> None:
    spread = choose_strategy(ComputeSpec.model_validate(compute), gpus=gpus, fits_on_one=fits)
    assert (spread.strategy, spread.world) == (strategy, world)


@pytest.mark.parametrize(
    ("compute", "gpus", "named"),
    [
        ({"processes": 4}, 2, "compute.processes"),
        ({"strategy": "single", "processes": 2}, 2, "compute.strategy"),
        ({"strategy": "single", "hosts": ["a", "b"]}, 1, "compute.hosts"),
        ({"strategy": "fsdp"}, 1, "compute.strategy"),
    ],
)
def test_what_cannot_be_had_is_refused_by_name(compute: dict[str, object], gpus: int, named: str) -> None:
    with pytest.raises(SpecError) as refused:
        choose_strategy(ComputeSpec.model_validate(compute), gpus=gpus, fits_on_one=None)
    assert named in refused.value.what


@pytest.mark.parametrize(
    ("recipe", "spread", "installed", "named"),
    [
        ({"dp_epsilon": 8.0}, TWO_CARDS, True, "recipe.dp_epsilon"),
        ({"effective_batch": 1}, TWO_CARDS, True, "recipe.effective_batch"),
        ({"effective_batch": 10, "micro_batch": 4}, TWO_CARDS, True, "recipe.effective_batch"),
        ({}, Spread("zero2", 2, on_cuda=True), False, "deepspeed"),
        ({}, Spread("zero3", 2), True, "GPU"),
        ({"quantization": "none"}, Spread("fsdp", 2), True, "GPU"),
        ({"quantization": "int8"}, Spread("fsdp", 2, on_cuda=True), True, "recipe.quantization"),
        ({"adapter": "adalora"}, Spread("zero3", 2, on_cuda=True), True, "recipe.adapter"),
        ({"sample_steps": 5}, Spread("fsdp", 2, on_cuda=True), True, "recipe.sample_steps"),
    ],
)
def test_knobs_that_do_not_go_with_it(recipe: dict[str, object], spread: Spread, installed: bool, named: str) -> None:
    with pytest.raises(SpecError) as refused:
        check_spread(RecipeSpec.model_validate(recipe), spread, deepspeed_installed=installed)
    assert named in refused.value.what
    check_spread(RecipeSpec.model_validate(recipe), Spread(), deepspeed_installed=False)


def test_the_missing_package_comes_with_the_line_that_installs_it() -> None:
    with pytest.raises(SpecError) as refused:
        check_spread(RecipeSpec(), Spread("zero2", 2, on_cuda=True), deepspeed_installed=False)
    assert "pip install 'tunesmith[deepspeed]'" in refused.value.hint


@pytest.mark.parametrize("processes", [1, 2, 4, 8])
def test_the_effective_batch_stays_the_same(processes: int) -> None:
    recipe = RecipeSpec(micro_batch=8, effective_batch=16, epochs=2)
    at_once = rows_at_once(recipe, processes)
    assert at_once * processes * accumulation(recipe, processes=processes) == 16
    assert planned_steps(recipe, 100, processes=processes) == planned_steps(recipe, 100) == 14


@pytest.mark.parametrize("rows", [16, 21, 3, 1])
def test_ranks_take_disjoint_rows_of_the_same_steps(rows: int) -> None:
    """As accelerate deals them out: every second micro-batch to each of two ranks."""
    from accelerate.data_loader import BatchSamplerShard
    from torch.utils.data import BatchSampler

    lengths = [10 + (place * 7) % 13 for place in range(rows)]
    alone = StepSampler(lengths, 8, seed=3)
    alone.set_epoch(1)
    order = list(alone)
    shards = []
    for rank in range(2):
        sampler = StepSampler(lengths, 8, seed=3, fill_to=4)
        sampler.set_epoch(1)
        assert len(sampler) % 4 == 0
        shards.append(list(BatchSamplerShard(BatchSampler(sampler, 2, False), 2, rank)))
    assert len(shards[0]) == len(shards[1])
    for step in range(-(-rows // 8)):
        here = [place for shard in shards for batch in shard[step * 2 : step * 2 + 2] for place in batch]
        assert sorted(place for place in here if place < rows) == sorted(order[step * 8 : step * 8 + 8])


def test_a_blank_row_teaches_nothing() -> None:
    batch = Collator(pad_token_id=0)([blank_feature(0, packed=False)])
    assert batch["labels"].tolist() == [[-100]]
    assert batch["attention_mask"].tolist() == [[1]]
    assert Collator(pad_token_id=0)([blank_feature(0, packed=True)])["position_ids"].tolist() == [[0]]
    assert Rendered([1, 2], [False, True], (), True, 0).supervised == 1


def test_settings_are_those_transformers_takes(tmp_path: Path) -> None:
    assert trainer_settings(Spread()) == {}
    assert trainer_settings(Spread("ddp", 2))["ddp_backend"] == "gloo"
    fsdp = trainer_settings(Spread("fsdp", 2, on_cuda=True), checkpointing=True)
    assert fsdp["fsdp"] is True
    # FSDP recomputes by itself; both would do it twice.
    assert fsdp["activation_checkpointing"] is False
    assert fsdp["fsdp_config"]["activation_checkpointing"] is True
    assert trainer_settings(Spread("zero3", 2, on_cuda=True))["deepspeed"] == deepspeed_config(3)
    assert deepspeed_config(2)["zero_optimization"]["stage"] == 2


@pytest.mark.parametrize(
    ("strategy", "kind"), [("ddp", "MULTI_GPU"), ("fsdp", "FSDP"), ("zero2", "DEEPSPEED"), ("zero3", "DEEPSPEED")]
)
def test_accelerate_reads_the_settings_of_a_machine(tmp_path: Path, strategy: str, kind: str) -> None:
    from accelerate.commands.config.config_args import load_config_from_file

    compute = ComputeSpec.model_validate({"strategy": strategy, "hosts": ["one", "two"], "port": 29511})
    spread = choose_strategy(compute, gpus=2, fits_on_one=None)
    file = tmp_path / "host-1.yaml"
    file.write_text(yaml.safe_dump(accelerate_config(spread, 1)))
    read = load_config_from_file(str(file))
    assert (read.distributed_type.value, read.num_processes, read.machine_rank) == (kind, 4, 1)
    assert (read.main_process_ip, read.main_process_port) == ("one", 29511)
