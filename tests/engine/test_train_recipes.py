"""Every knob of a recipe, on the demo model in this process: what it changes, and what comes out of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel

from engine.errors import SpecError
from engine.jobs.context import JobContext
from engine.jobs.events import Event
from engine.models.load import load_tokenizer
from engine.recipes import load_recipes
from engine.spec import ModelSpec, RecipeSpec
from engine.train.adapters import export_adapter
from engine.train.callback import Meter
from engine.train.precision import Precision
from engine.train.recipe import build_trainer, check_here, planned_steps
from engine.train.trainer import RecipeTrainer
from tests.engine.test_train_model import DEMO, demo_model, rows

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")
CPU = Precision("cpu", torch.float32, "for the test")
MODEL = ModelSpec(source="demo", kind="folder", path=str(DEMO))
ROWS = rows([40, 13, 25, 60, 9, 33, 21, 48] * 2)


class Collected:
    """Takes events as a job's writer does."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        self.events.append(event)


def trainer_for(recipe: RecipeSpec, folder: Path, model: ModelSpec = MODEL, **settings: Any) -> RecipeTrainer:
    torch.manual_seed(recipe.seed)
    context = JobContext(folder=None, project=None, spec={}, writer=Collected())  # type: ignore[arg-type]
    given: dict[str, Any] = {"train": ROWS, "holdout": ROWS[:2], "precision": CPU, **settings}
    return build_trainer(
        context,
        model,
        recipe,
        tokenizer=load_tokenizer(MODEL),
        checkpoints=folder,
        meter=Meter(),
        fingerprint="",
        **given,
    )


def losses(trainer: RecipeTrainer) -> list[float]:
    trainer.train()
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


def knobs(**changes: Any) -> RecipeSpec:
    plain = {"max_steps": 3, "effective_batch": 8, "dropout": 0.0, "learning_rate": 2e-3, "save_steps": 10**6}
    return RecipeSpec(**{**plain, "rank": 4, "alpha": 8, "quantization": "none", **changes})


def logits_of(model: Any) -> torch.Tensor:
    was = model.training
    model.eval()
    with torch.no_grad():
        found: torch.Tensor = model(input_ids=torch.tensor([ROWS[0].input_ids])).logits
    model.train(was)
    return found


def exported(trainer: RecipeTrainer, folder: Path) -> torch.Tensor:
    """Logits of the unchanged base with the adapter as it is saved."""
    export_adapter(trainer.model, folder, trainer.start)
    return logits_of(PeftModel.from_pretrained(demo_model("none"), str(folder)))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"init": "pissa", "quantization": "nf4"}, ("recipe.init", "recipe.quantization")),
        ({"init": "pissa", "dora": True}, ("recipe.init", "recipe.dora")),
        ({"adapter": "adalora", "dora": True}, ("recipe.adapter", "recipe.dora")),
        ({"adapter": "adalora", "rslora": True}, ("recipe.adapter", "recipe.rslora")),
        ({"adapter": "adalora", "init": "pissa"}, ("recipe.adapter", "recipe.init")),
        ({"optimizer": "adamm"}, ("recipe.optimizer",)),
        ({"optimizer": "paged_adamw_8bit"}, ("recipe.optimizer",)),
        ({"liger": True}, ("recipe.liger",)),
    ],
)
def test_what_cannot_work_is_refused_before_loading(
    changes: dict[str, Any], named: tuple[str, ...], tmp_path: Path
) -> None:
    nowhere = ModelSpec(source="x", kind="folder", path=str(tmp_path / "nothing"))
    with pytest.raises(SpecError) as refused:
        trainer_for(knobs().model_copy(update=changes), tmp_path, nowhere)
    assert all(name in refused.value.what for name in named)


def test_early_stopping_needs_a_holdout() -> None:
    check_here(knobs(early_stopping=2), CPU, has_holdout=True)
    with pytest.raises(SpecError, match="cannot run here"):
        check_here(knobs(early_stopping=2), CPU, has_holdout=False)


def test_one_row_at_a_time_equals_all_at_once(tmp_path: Path) -> None:
    single = losses(trainer_for(knobs(micro_batch=1), tmp_path))
    together = losses(trainer_for(knobs(micro_batch=8), tmp_path))
    plain = losses(trainer_for(knobs(micro_batch=4, loss="nll"), tmp_path))
    assert single == pytest.approx(together, abs=1e-4)
    assert single == pytest.approx(plain, abs=1e-4)
    assert single[-1] < single[0]


def test_packed_training_sees_the_same_rows(tmp_path: Path) -> None:
    everything = {"effective_batch": 16, "max_steps": 1, "max_length": 64}
    packed = trainer_for(knobs(packing=True, **everything), tmp_path)
    assert packed.args.gradient_accumulation_steps == len(packed.train_dataset)
    assert losses(packed) == pytest.approx(losses(trainer_for(knobs(**everything), tmp_path)), abs=1e-4)
    assert packed.args.max_length == 64
    assert planned_steps(knobs(max_steps=None, epochs=2, effective_batch=4), 16, 8) == 8


def test_pissa_is_saved_for_the_unchanged_base(tmp_path: Path) -> None:
    for rslora in (False, True):
        trainer = trainer_for(knobs(init="pissa", rslora=rslora, learning_rate=1e-4), tmp_path)
        base = logits_of(demo_model("none"))
        assert torch.allclose(logits_of(trainer.model), base, atol=1e-3)
        trainer.train()
        trained = logits_of(trainer.model)
        assert float((trained - base).abs().max()) > 1e-2
        assert torch.allclose(exported(trainer, tmp_path / f"out-{rslora}"), trained, atol=1e-3)


@pytest.mark.slow
def test_dora_learns_and_is_saved(tmp_path: Path) -> None:
    trainer = trainer_for(knobs(dora=True, rslora=True, effective_batch=16), tmp_path)
    assert trainer.fused == 0
    found = losses(trainer)
    assert found[-1] < found[0]
    assert torch.allclose(exported(trainer, tmp_path / "out"), logits_of(trainer.model), atol=1e-4)


@pytest.mark.slow
def test_adalora_gives_up_ranks_and_is_saved_as_plain_lora(tmp_path: Path) -> None:
    trainer = trainer_for(knobs(adapter="adalora", max_steps=12, learning_rate=1e-2), tmp_path)
    trainer.train()
    values = [value for name, value in trainer.model.named_parameters() if "lora_E" in name]
    kept = sum(int((value != 0).sum()) for value in values)
    assert kept == 4 * len(values)
    assert sum(value.numel() for value in values) == 6 * len(values)
    assert torch.allclose(exported(trainer, tmp_path / "out"), logits_of(trainer.model), atol=1e-4)


@pytest.mark.slow
def test_adalora_goes_on_from_a_checkpoint_as_if_nothing_had_been(tmp_path: Path) -> None:
    recipe = knobs(
        adapter="adalora", max_steps=10, learning_rate=1e-2, save_steps=5, effective_batch=4, keep_checkpoints=20
    )
    whole = losses(trainer_for(recipe, tmp_path))
    again = trainer_for(recipe, tmp_path)
    again.train(resume_from_checkpoint=str(tmp_path / "checkpoint-5"))
    resumed = [entry["loss"] for entry in again.state.log_history if "loss" in entry]
    assert resumed == pytest.approx(whole, abs=1e-4)


def test_lora_plus_gives_b_a_rate_of_its_own(tmp_path: Path) -> None:
    trainer = trainer_for(knobs(lora_plus_ratio=8, scheduler="constant", warmup_ratio=0.0), tmp_path)
    trainer.train()
    rates = {group["lr"]: sum(map(torch.Tensor.numel, group["params"])) for group in trainer.optimizer.param_groups}
    parts = {"lora_A": 0, "lora_B": 0}
    for name, parameter in trainer.model.named_parameters():
        for part in parts:
            parts[part] += parameter.numel() if part in name else 0
    assert rates == pytest.approx({2e-3: parts["lora_A"], 1.6e-2: parts["lora_B"]})


def test_neftune_adds_noise_while_training_only(tmp_path: Path) -> None:
    still, noisy = (
        trainer_for(knobs(max_steps=1), tmp_path),
        trainer_for(knobs(max_steps=1, neftune_alpha=15), tmp_path),
    )
    plain = losses(still)[0]
    with_noise = losses(noisy)[0]
    assert abs(plain - with_noise) > 1e-3
    measured = [
        next(entry["eval_loss"] for entry in one.state.log_history if "eval_loss" in entry) for one in (still, noisy)
    ]
    assert measured[0] == pytest.approx(measured[1])


def test_the_knobs_reach_the_trainer(tmp_path: Path) -> None:
    recipe = knobs(
        targets=["q_proj", "v_proj"], weight_decay=0.02, max_grad_norm=0.3, scheduler="linear", warmup_ratio=0.5,
        max_steps=4, eval_steps=3, save_steps=7, max_length=99, gradient_checkpointing=True, optimizer="adafactor",
        rslora=True, alpha=6,
    )  # fmt: skip
    trainer = trainer_for(recipe, tmp_path)
    args = trainer.args
    assert (args.weight_decay, args.max_grad_norm, args.warmup_steps) == (0.02, 0.3, 2)
    assert (args.eval_steps, args.save_steps, args.max_length, args.optim) == (3, 7, 99, "adafactor")
    adapted = {name.split(".")[-4] for name, one in trainer.model.named_parameters() if one.requires_grad}
    assert adapted == {"q_proj", "v_proj"}
    layer = next(one for one in trainer.model.modules() if isinstance(getattr(one, "scaling", None), dict))
    assert layer.scaling["default"] == pytest.approx(6 / 2)
    losses(trainer)
    assert trainer.model.is_activation_checkpointing
    assert args.output_dir == str(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", [preset.name for preset in load_recipes()])
def test_every_preset_trains(name: str, tmp_path: Path) -> None:
    preset = next(one for one in load_recipes() if one.name == name)
    # A private step draws its rows by chance: of sixteen at one in two hardly ever none.
    rows_a_step = 4 if preset.knobs.dp_epsilon is None else 8
    recipe = preset.knobs.model_copy(update={"max_steps": 2, "effective_batch": rows_a_step, "save_steps": 2})
    trainer = trainer_for(recipe, tmp_path)
    assert trainer.args.max_length == recipe.max_length
    found = losses(trainer)
    assert len(found) == 2
    assert all(0 < loss < 20 for loss in found)
    export_adapter(trainer.model, tmp_path / "out", trainer.start)
    PeftModel.from_pretrained(demo_model("none"), str(tmp_path / "out"))
