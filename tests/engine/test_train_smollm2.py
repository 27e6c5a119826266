"""A real model, the real way: SmolLM2-135M-Instruct from its GGUF, NF4, a few steps on the CPU."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import copy_of, demo_rows, run_job, session_project, set_recipe
from tests.smollm2 import smollm2_gguf


@pytest.mark.slow
def test_smollm2_learns_in_four_bits(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    redacted = session_project(tmp_path_factory, demo_rows(40), [])
    project = copy_of(redacted, tmp_path)
    fetched = run_job(project, "fetch", source=str(smollm2_gguf()))
    assert fetched.state == "finished", fetched.folder.log_tail()
    set_recipe(project, max_steps=8, micro_batch=1, effective_batch=4, max_length=256, learning_rate=5e-4, eval_steps=8)
    job = run_job(project, "train", timeout=900)
    assert job.state == "finished", (job.snapshot.end, job.folder.log_tail())
    result = job.snapshot.result
    assert job.snapshot.preflight is not None
    assert job.snapshot.preflight.eos_supervised_share == 1.0
    assert result["eval_loss"] < result["base_eval_loss"] - 0.2
    losses = [loss for _, loss in job.snapshot.losses]
    assert losses[-1] < losses[0]
