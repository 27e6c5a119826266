"""What every measurement gets: the job, the model as base or tuned, its tokenizer and the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.data.prepare import Prepared
from engine.data.render import Rendered, Renderer
from engine.evaluate.generate import Generation, generate
from engine.evaluate.likelihood import Reading, read_back, reading_as, speaking_as
from engine.jobs.context import JobContext
from engine.spec import ProjectSpec

Who = Literal["base", "tuned"]


@dataclass(frozen=True)
class Subject:
    """A model under measurement.

    Args:
        context: The job: progress and stop.
        spec: The project's settings.
        model: The PEFT model; before training the bare base model.
        tokenizer: Of the model.
        renderer: Turns chats into tokens as training does.
        prepared: The rows; None where none may be read yet.
        device: Where the model is.
    """

    context: JobContext
    spec: ProjectSpec
    model: Any
    tokenizer: Any
    renderer: Renderer
    prepared: Prepared | None
    device: str

    def read(self, who: Who, rows: Sequence[Rendered]) -> list[Reading]:
        """How well each token of the rows is foreseen. Raises StoppedError on request."""
        with reading_as(self.model, who):
            return read_back(
                self.model,
                rows,
                pad_token_id=self.tokenizer.pad_token_id or 0,
                device=self.device,
                on_done=lambda done: self._tick(done, len(rows), "rows"),
            )

    def ask(
        self,
        who: Who,
        prompts: Sequence[Sequence[int]],
        max_new_tokens: int,
        *,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> list[Generation]:
        """Answer prompts. Raises StoppedError on request."""
        with speaking_as(self.model, who):
            answers = generate(
                self.model,
                self.tokenizer,
                prompts,
                max_new_tokens=max_new_tokens,
                device=self.device,
                temperature=temperature,
                seed=seed,
                on_done=lambda done: self.context.progress(done, len(prompts), "answers"),
                stop=self.context.stop.is_set,
            )
        self.context.check_stop()
        return answers

    def _tick(self, done: int, total: int, unit: str) -> None:
        self.context.progress(done, total, unit)
        self.context.check_stop()
