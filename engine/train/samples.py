"""Samples while training: the same prompts answered every so many steps, so that one sees the manner change.

The base model's answers are made once, before the first step. Asking must not change the training: the random numbers
are put back, the model returns to training mode, and the time does not count as training.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from engine.data.prepare import Prepared
from engine.data.render import Renderer
from engine.data.shapes import Message
from engine.evaluate.answers import Prompt, prompts_for
from engine.evaluate.generate import generate
from engine.jobs.context import JobContext
from engine.jobs.events import SampleEvent
from engine.spec import ProjectSpec
from engine.train.callback import EventCallback

PROMPTS = 3
MOST_TOKENS = 64


def sample_prompts(context: JobContext, spec: ProjectSpec, tokenizer: Any, prepared: Prepared) -> list[Prompt]:
    """What is asked: the creator's own prompts, else three of the holdout; of the training rows where there is none.

    Raises:
        ModelError: The chat template refuses a prompt.
    """
    own = spec.recipe.sample_prompts
    if not own:
        unseen, seen = ([row.index for row in rows] for rows in (prepared.holdout, prepared.train))
        return prompts_for(context.project, spec, tokenizer, unseen, [] if unseen else seen, PROMPTS)
    renderer = Renderer(tokenizer, spec.model.chat_template if spec.model else "model")
    return [Prompt(_ids(text, renderer), text, "") for text in own]


def _ids(text: str, renderer: Renderer) -> list[int]:
    if renderer.has_template:
        return renderer.prompt_ids([Message("user", text)])
    return list(renderer.tokenizer(text, verbose=False)["input_ids"])


class SampleCallback(TrainerCallback):  # type: ignore[misc]
    """Answers the prompts before the first step and after every `every` steps."""

    def __init__(
        self, context: JobContext, tokenizer: Any, prompts: Sequence[Prompt], every: int, clock: EventCallback
    ) -> None:
        """Args: the job, the model's tokenizer, what is asked, how often, and whose clock stands still meanwhile."""
        self._context, self._tokenizer, self._prompts, self._every = context, tokenizer, prompts, every
        self._clock = clock
        self._base: list[str] = []

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **has: Any) -> None:
        """The base model's answers."""
        if self._prompts and not self._base and state.is_world_process_zero:
            with Untouched(has["model"]), has["model"].disable_adapter():
                self._base = self._answers(has["model"], args)
            if not state.global_step:
                self._tell(self._base, 0)
            self._clock.pause()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **has: Any) -> None:
        """The answers of now, when it is time."""
        if not self._base or self._context.stop.is_set():
            return
        if state.global_step % self._every == 0 or state.global_step == state.max_steps:
            with Untouched(has["model"]):
                self._tell(self._answers(has["model"], args), state.global_step)
            self._clock.pause()

    def _answers(self, model: Any, args: TrainingArguments) -> list[str]:
        found = generate(
            model,
            self._tokenizer,
            [prompt.input_ids for prompt in self._prompts],
            max_new_tokens=MOST_TOKENS,
            device=str(args.device),
            stop=self._context.stop.is_set,
        )
        return [answer.text.strip() for answer in found]

    def _tell(self, answers: list[str], step: int) -> None:
        for prompt, base, now in zip(self._prompts, self._base, answers, strict=True):
            event = SampleEvent(prompt=prompt.shown, base=base, tuned=now, reference=prompt.reference, step=step)
            self._context.emit(event)


@dataclass
class Untouched:
    """What is done inside leaves the random numbers and the model's mode as they were."""

    model: Any

    def __enter__(self) -> None:
        self._python, self._numpy, self._torch = random.getstate(), np.random.get_state(), torch.get_rng_state()
        self._cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else None
        self._training = self.model.training

    def __exit__(self, *_: object) -> None:
        random.setstate(self._python)
        np.random.set_state(self._numpy)
        torch.set_rng_state(self._torch)
        if self._cuda is not None:
            torch.cuda.set_rng_state_all(self._cuda)
        self.model.train(self._training)
