"""TRL's `SFTTrainer` with the four things this product does otherwise, each where a reader finds it."""

from __future__ import annotations

import json
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
from engine.train.batches import holdout_loss, supervised_nll
from engine.train.callback import Meter
from engine.train.checkpoints import FACTS_FILE, save_whole


class RecipeTrainer(SFTTrainer):  # type: ignore[misc]
    """The trainer of a run.

    Args:
        context: The job.
        meter: Counts the tokens that are trained on.
        holdout: Rows for the evaluation; measured per token (TRL measures per batch).
        full_logits: Compute the loss from all logits at once (`recipe.loss: nll`) instead of in chunks.
        keep: How many checkpoints remain.
        fingerprint: Of everything a run depends on; kept in each checkpoint, so that a resume can be refused.
        **kwargs: Of `SFTTrainer`.
    """

    def __init__(
        self,
        *,
        context: JobContext,
        meter: Meter,
        holdout: Sequence[Rendered],
        full_logits: bool,
        keep: int,
        fingerprint: str,
        **kwargs: Any,
    ) -> None:
        self.control: TrainerControl
        self._staging = ""
        super().__init__(**kwargs)
        self._context = context
        self._meter = meter
        self._holdout = holdout
        self._full_logits = full_logits
        self._keep = keep
        self._fingerprint = fingerprint
        # TRL turns the adapter of a quantised model to bfloat16 (its 8 bits of precision swallow small updates, and
        # a CPU computes it slowly). The optimizer is not built yet, so the parameters can still be replaced.
        for parameter in self.model.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.data.float()

    def training_step(self, model: Any, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> torch.Tensor:
        """One micro-batch; counts its tokens without padding."""
        mask = inputs.get("attention_mask")
        tokens = int(mask.sum()) if mask is not None else int(inputs["input_ids"].numel())
        self._meter.tokens += tokens
        self._meter.run_tokens += tokens
        result: torch.Tensor = super().training_step(model, inputs, *args, **kwargs)
        return result

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Mean negative log-likelihood of the supervised tokens, over the whole effective batch."""
        if not self._full_logits:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        nll, count = supervised_nll(model, inputs)
        return nll / (num_items_in_batch if num_items_in_batch is not None else max(count, 1))

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Measure the holdout."""
        loss = holdout_loss(
            self.model,
            self._holdout,
            pad_token_id=self.processing_class.pad_token_id,
            device=str(self.args.device),
        )
        metrics = {"eval_loss": loss}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """None inside checkpoints: the card is written when the adapter is shipped, with the true licence."""

    def _get_output_dir(self, trial: Any) -> str:
        return self._staging or str(super()._get_output_dir(trial))

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        began = time.perf_counter()

        def write(folder: Path) -> None:
            self._staging = str(folder)
            try:
                super(RecipeTrainer, self)._save_checkpoint(model, trial)
                facts = {"tokens": self._meter.tokens, "fingerprint": self._fingerprint}
                (folder / f"checkpoint-{self.state.global_step}" / FACTS_FILE).write_text(json.dumps(facts))
            finally:
                self._staging = ""

        final = save_whole(Path(self.args.output_dir), self.state.global_step, write, self._keep)
        self._context.emit(
            CheckpointEvent(step=self.state.global_step, path=str(final), seconds=round(time.perf_counter() - began, 3))
        )
