"""TRL's `SFTTrainer` with the things this product does otherwise, each where a reader finds it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerControl
from trl import SFTTrainer

from engine.data.render import Rendered
from engine.jobs.context import JobContext
from engine.jobs.events import CheckpointEvent
from engine.train import together
from engine.train.adapters import Start, is_adalora, load_ranks, orthogonality, save_ranks, start_of
from engine.train.batches import holdout_loss, supervised_nll
from engine.train.callback import Meter
from engine.train.checkpoints import FACTS_FILE, STAGING, save_whole
from engine.train.fused import fuse_adapters
from engine.train.loss import head_of, targets_of, teach_loss
from engine.train.packing import BLANK_TOKENS, StepSampler
from engine.train.recover import Parts, run_in_parts
from engine.train.reference import reference_loss
from engine.train.spread import SINGLE, Spread


class RecipeTrainer(SFTTrainer):  # type: ignore[misc]
    """The trainer of a run.

    Args:
        context: The job.
        meter: Counts the tokens that are trained on.
        holdout: Rows for the evaluation; measured per token (TRL measures per batch).
        reference: Take steps as the usual script does (`recipe.loss: nll`; see `engine.train.reference`).
        keep: How many checkpoints remain.
        fingerprint: Of everything a run depends on; kept in each checkpoint, so that a resume can be refused.
        lengths: Tokens of each training row (or pack of rows), to put rows of like length together.
        lora_plus_ratio: Learning rate of the B matrices over that of all else.
        fuse: Compute LoRA layers in one step each, where that is possible.
        products: What large products are made of where that is another format than the model's.
        spread: The processes that share the work.
        **kwargs: Of `SFTTrainer`.
    """

    def __init__(
        self,
        *,
        context: JobContext,
        meter: Meter,
        holdout: Sequence[Rendered],
        reference: bool,
        keep: int,
        fingerprint: str,
        lengths: Sequence[int],
        lora_plus_ratio: float | None = None,
        fuse: bool = True,
        products: torch.dtype | None = None,
        spread: Spread = SINGLE,
        **kwargs: Any,
    ) -> None:
        self.spread = spread
        self._sampler: StepSampler | None = None
        self.control: TrainerControl
        self.model_accepts_loss_kwargs: bool
        self.optimizer: Any
        self._staging = ""
        super().__init__(**kwargs)
        self._lengths = lengths
        self._lora_plus_ratio = lora_plus_ratio
        self._context = context
        self._meter = meter
        self._holdout = holdout
        self._reference = reference
        self._outputs: Any = None
        self._keep = keep
        self._fingerprint = fingerprint
        self.facts: dict[str, Any] = {}
        """Further facts that each checkpoint keeps."""
        self.parts = Parts(on_split=self._say_split)
        # TRL turns the adapter of a quantised model to bfloat16 (its 8 bits of precision swallow small updates, and
        # a CPU computes it slowly). The optimizer is not built yet, so the parameters can still be replaced.
        for parameter in self.model.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.data.float()
        self.start: Start | None = start_of(self.model)
        """A PiSSA adapter's first weights; needed to save it for the unchanged base."""
        causal = self.model.get_base_model()
        # ZeRO-3 puts a layer's weights together only for the layer's own call, so the head cannot be used apart.
        self._own_loss = not reference and spread.strategy != "zero3" and head_of(causal) is not None
        if self._own_loss:
            teach_loss(causal, products)
        self.fused = fuse_adapters(self.model, products) if fuse else 0
        """How many layers compute in one step."""
        self._takes_items = bool(self.model_accepts_loss_kwargs)
        # The loss below divides by the tokens of the whole step, whatever the model's own forward takes.
        self.model_accepts_loss_kwargs = True

    def _get_train_sampler(self, train_dataset: Any = None) -> StepSampler:
        step_rows = self.args.train_batch_size * self.args.gradient_accumulation_steps * self.args.world_size
        fill_to = self.args.train_batch_size * self.args.world_size if self.args.world_size > 1 else 1
        self._sampler = StepSampler(self._lengths, step_rows, self.args.data_seed or self.args.seed, fill_to)
        return self._sampler

    def _run_epoch(self, *args: Any, **kwargs: Any) -> None:
        # accelerate tells the epoch to a sampler it knows by its wrapping; that of a resumed run with several
        # processes it does not find.
        if self._sampler is not None:
            self._sampler.set_epoch(int(kwargs["epoch"]))
        super()._run_epoch(*args, **kwargs)

    def create_optimizer(self, *args: Any, **kwargs: Any) -> Any:
        """With LoRA+ (arXiv 2402.12354) the B matrices get a rate of their own; the schedule scales both."""
        if self._lora_plus_ratio is None or self.optimizer is not None:
            return super().create_optimizer(*args, **kwargs)
        groups: dict[bool, list[torch.nn.Parameter]] = {False: [], True: []}
        for name, parameter in self.model.named_parameters():
            if parameter.requires_grad:
                groups["lora_B" in name].append(parameter)
        kind, settings = self.get_optimizer_cls_and_kwargs(self.args, self.model)
        rates = {False: self.args.learning_rate, True: self.args.learning_rate * self._lora_plus_ratio}
        self.optimizer = kind(
            [{"params": found, "lr": rates[is_b]} for is_b, found in groups.items() if found],
            **{"weight_decay": self.args.weight_decay, **settings},
        )
        return self.optimizer

    def training_step(self, model: Any, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> torch.Tensor:
        """One micro-batch; counts its tokens without padding."""
        self._meter.add(int(inputs["length"][inputs["length"] > BLANK_TOKENS].sum()))
        step = super().training_step

        def whole(rows: dict[str, Any]) -> torch.Tensor:
            try:
                result: torch.Tensor = step(model, rows, *args, **kwargs)
            finally:
                self._outputs = None
            return result

        return run_in_parts(
            self.parts,
            whole,
            inputs,
            number=self.state.global_step,
            zero_grad=model.zero_grad,
            splits=self.args.world_size == 1,
        )

    def _say_split(self, rows: int, fewer: int) -> None:
        title = f"{rows} rows at once did not fit in memory: the step was done again with {fewer} at a time."
        print(title, flush=True)
        self._context.warn(
            "out_of_memory",
            title,
            "The result is the same; each step takes somewhat longer. It is remembered for the steps that follow.",
            f"recipe.micro_batch={fewer} spares the next run the detour.",
        )

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Mean negative log-likelihood of the supervised tokens, over the whole effective batch."""
        inputs = {name: value for name, value in inputs.items() if name != "length"}
        if self._own_loss and not return_outputs:
            places, tokens = targets_of(inputs.pop("labels"))
            nll, count = model(**inputs, places=places, tokens=tokens), len(tokens)
        elif self._reference and is_adalora(self.model):
            # PEFT adds AdaLoRA's regulariser to every loss it sees; here it is added once a step, below
            nll, count = supervised_nll(model, inputs)
        elif self._reference and not return_outputs:
            loss, self._outputs = reference_loss(model, inputs, num_items_in_batch, takes_items=self._takes_items)
            return self._over_processes(loss, num_items_in_batch)
        else:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        loss = nll / (num_items_in_batch if num_items_in_batch is not None else max(count, 1))
        loss = self._over_processes(loss, num_items_in_batch)
        if is_adalora(self.model) and self.model.training:
            # its regulariser shapes the gradient, once a step; the loss that is shown stays the likelihood
            extra = orthogonality(self.model) / self.current_gradient_accumulation_steps
            loss = loss + (extra - extra.detach())
        return loss

    def _over_processes(self, loss: torch.Tensor, items: Any) -> torch.Tensor:
        """Where the tokens of all processes were counted: DDP takes the mean of their gradients."""
        if items is None or not self.args.average_tokens_across_devices:
            return loss
        over_all: torch.Tensor = loss * self.accelerator.num_processes
        return over_all

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Measure the holdout: each process its part of the rows, or all of them where the model is in pieces."""
        if self.spread.sharded:
            loss = together.share(self._loss_on(self._holdout))
        else:
            own = self._holdout[together.rank() :: together.world()]
            tokens = sum(sum(row.trained[1:]) for row in own)
            # Every learned token counts the same, in whichever process it was.
            summed, count = together.total(self._loss_on(own) * tokens if tokens else 0.0, tokens)
            loss = summed / count if count else math.nan
        metrics = {"eval_loss": loss}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    @property
    def has_holdout(self) -> bool:
        """Whether there are rows to measure on."""
        return bool(self._holdout)

    def _loss_on(self, rows: Sequence[Rendered]) -> float:
        with self.accelerator.autocast():
            return holdout_loss(
                self.model, rows, pad_token_id=self.processing_class.pad_token_id, device=str(self.args.device)
            )

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """None inside checkpoints: the card is written when the adapter is shipped, with the true licence."""

    def _get_output_dir(self, trial: Any) -> str:
        return self._staging or str(super()._get_output_dir(trial))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        super()._load_from_checkpoint(resume_from_checkpoint, model)
        if is_adalora(self.model):
            load_ranks(self.model, Path(resume_from_checkpoint))

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        began = time.perf_counter()
        if together.rank():
            self._save_along(model, trial)
            return

        def write(folder: Path) -> None:
            self._staging = str(folder)
            try:
                together.meet()
                self._save_parts(model, trial, folder)
                together.meet()
                facts = {**self.facts, "tokens": self._meter.tokens, "fingerprint": self._fingerprint}
                (folder / f"checkpoint-{self.state.global_step}" / FACTS_FILE).write_text(json.dumps(facts))
            finally:
                self._staging = ""

        best = self.state.best_global_step
        final = save_whole(Path(self.args.output_dir), self.state.global_step, write, self._keep, protect=(best,))
        together.meet()
        self._context.emit(
            CheckpointEvent(
                step=self.state.global_step,
                path=str(final),
                seconds=round(time.perf_counter() - began, 3),
                best=best == self.state.global_step,
            )
        )

    def _save_along(self, model: Any, trial: Any) -> None:
        """What a process other than the first does meanwhile: its own random state goes into the same checkpoint."""
        folder = Path(self.args.output_dir) / STAGING
        self._staging = str(folder)
        together.meet()  # the folder is there
        self._save_parts(model, trial, folder)
        together.meet()  # everything is written
        self._staging = ""
        together.meet()  # it has its name

    def _save_parts(self, model: Any, trial: Any, folder: Path) -> None:
        """What transformers saves. An AdaLoRA adapter with all its ranks: only so can the run go on from it."""
        if not is_adalora(self.model):
            super()._save_checkpoint(model, trial)
            return
        config = self.model.peft_config["default"]
        pattern, config.rank_pattern = config.rank_pattern, None
        super()._save_checkpoint(model, trial)
        config.rank_pattern = pattern
        if together.rank():
            return
        save_ranks(self.model, folder / f"checkpoint-{self.state.global_step}")
