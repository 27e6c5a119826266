"""What watching costs: tokens/s of the training job against the same recipe as a bare script, in pairs.

    .venv/bin/python tests/bench/supervision.py [PAIRS]

Both train the bundled model on the same rendered rows with the same arguments; the bare script has no events, no
heartbeat, no stop request and no evaluation. Printed: the ratio of every pair and their median. The goal is 0.98.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from engine.actions import new_project
from engine.jobs.launch import launch
from engine.machine import PRESETS
from engine.project import Project
from tests.projects import finished, run_job

STEPS = 150

BARE = """
import sys, json, time
from pathlib import Path
from datasets import Dataset
from transformers.utils import logging
from trl import SFTTrainer
from engine.data.prepare import prepare
from engine.models.load import load_model, load_tokenizer
from engine.project import Project
from engine.train.batches import to_feature
from engine.train.precision import choose_precision
from engine.train.recipe import adapter_config, training_arguments

logging.set_verbosity_error()
project = Project(Path(sys.argv[1]))
spec = project.load()
tokenizer = load_tokenizer(spec.model)
rows = prepare(project, spec, tokenizer).train
precision = choose_precision()
model = load_model(spec.model, quantization=spec.recipe.quantization, compute_dtype=precision.dtype,
                   device=precision.device, attention="auto")
arguments = training_arguments(spec.recipe, precision, Path(sys.argv[2]), rows=len(rows), has_holdout=False)
arguments.save_strategy = "no"
arguments.logging_steps = 500
trainer = SFTTrainer(model=model, args=arguments, processing_class=tokenizer, peft_config=adapter_config(spec.recipe),
                     train_dataset=Dataset.from_list([to_feature(row) for row in rows]))
for parameter in trainer.model.parameters():
    if parameter.requires_grad:
        parameter.data = parameter.data.float()
began = time.perf_counter()
trainer.train()
seconds = time.perf_counter() - began
print(json.dumps({"tokens": trainer._total_train_tokens, "seconds": seconds}))
"""


def bare(project: Project, folder: Path) -> float:
    """Tokens per second of the bare script."""
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive", "HF_HUB_OFFLINE": "1"}
    out = subprocess.run(
        [sys.executable, "-c", BARE, str(project.root), str(folder)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    figures = json.loads(out.stdout.splitlines()[-1])
    return float(figures["tokens"]) / float(figures["seconds"])


def watched(project: Project) -> float:
    """Tokens per second as the job reports them."""
    job = finished(launch(project.root, "train", {}), timeout=1200)
    if job.state != "finished":
        raise SystemExit(f"the job ended as {job.state}: {job.snapshot.end}")
    return float(job.snapshot.result["tokens_per_second"])


def main() -> None:
    """Measure and print."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["TUNESMITH_STATE"] = f"{temporary}/state"
        settings = [f"recipe.max_steps={STEPS}", "recipe.save_steps=1000", "recipe.eval_steps=75"]
        project, _ = new_project(
            Path(temporary) / "project",
            data=PRESETS / "demo" / "chats.jsonl",
            model="demo",
            preset="demo",
            settings=settings,
        )
        for kind in ("scan", "redact"):
            run_job(project, kind)
        ratios = []
        for pair in range(pairs):
            if pair % 2:
                job, script = watched(project), bare(project, Path(temporary) / f"bare-{pair}")
            else:
                script, job = bare(project, Path(temporary) / f"bare-{pair}"), watched(project)
            ratios.append(job / script)
            print(f"pair {pair + 1}: job {job:.0f} tokens/s, bare {script:.0f}, ratio {ratios[-1]:.3f}", flush=True)
        print(f"job / bare, median of {pairs}: {statistics.median(ratios):.3f} (goal: at least 0.98)")


if __name__ == "__main__":
    main()
