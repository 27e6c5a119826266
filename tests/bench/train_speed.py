"""Training against the usual script, paired: `python -m tests.bench.train_speed [STEPS] [--mixed] [--plain] ...`.

The same model (SmolLM2-135M-Instruct, NF4, LoRA rank 16 on all linear layers, dropout 0.05), the same rows, the same
rows per step (16), rate and seed, on this machine's processor. The usual script: TRL's `SFTTrainer` as people write it,
batch 4 x 4, padding, gradient checkpointing on, its default loss. Ours: `build_trainer` as the job calls it. Each runs
in a process of its own; steps take turns (one waits while the other works), so that a neighbour who takes a core now
slows both. The rows are the bundled chats, up to N (8) of them put together to a conversation: 60 to 700 tokens, about
64 % of them learned.

`--chats N` makes shorter rows (1) or longer ones, `--model FOLDER` takes another model: ours is to be no slower
with any. `--micro N` is how many rows ours computes together: 1 as a recipe says by itself, more as the plan finds.
`--mixed` leaves the usual script TRL's own default of bfloat16 autocast; else it computes in float32, as most people
set it without a GPU. `--plain` takes from both sides what only some processors have: tiles for bfloat16 (AMX).

Prints tokens (without padding) a second of the clock and of processor time, the peak of resident memory of training,
and the holdout loss after it. Exits with 1 when ours is below 3 x the speed, above half of the memory, or more than
1 % away in holdout loss.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

RATE, ROWS_A_STEP, HOLDOUT = 5e-4, 16, 16


def main() -> int:
    """Run both sides and compare them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("steps", type=int, nargs="?", default=4)
    parser.add_argument("--chats", type=int, default=8)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--micro", type=int, default=1)
    parser.add_argument("--mixed", action="store_true")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--side", choices=("usual", "ours"))
    parser.add_argument("--folder")
    given = parser.parse_args()
    if given.side:
        _side(given, Path(given.folder))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return _compare(Path(folder), given)


def _compare(folder: Path, given: argparse.Namespace) -> int:
    _write_rows(folder, given.steps, given.chats, given.model or _smollm2())
    flags = [f"--{flag}" for flag in ("mixed", "plain") if getattr(given, flag)]
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive", "TOKENIZERS_PARALLELISM": "false"}
    if given.plain:
        environment["ONEDNN_MAX_CPU_ISA"] = "AVX512_CORE"
    command = [sys.executable, "-m", "tests.bench.train_speed", str(given.steps), "--folder", str(folder), *flags]
    command += ["--micro", str(given.micro)]
    sides = {
        name: subprocess.Popen(
            [*command, "--side", name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )
        for name in ("usual", "ours")
    }  # fmt: skip
    found: dict[str, dict[str, Any]] = {}
    waiting = dict(sides)
    for name, side in sides.items():
        _hear(name, side, found)  # it is loaded
    while waiting:
        for name, side in list(waiting.items()):
            assert side.stdin
            side.stdin.write("go\n")
            side.stdin.flush()
            if _hear(name, side, found):
                del waiting[name]
    return _report(found)


def _hear(name: str, side: subprocess.Popen[str], found: dict[str, dict[str, Any]]) -> bool:
    """Wait until a side says that it waits, or what it measured; true at its end."""
    assert side.stdout
    for line in side.stdout:
        if line.startswith("result "):
            found[name] = json.loads(line.removeprefix("result "))
            return True
        if line.startswith("waiting"):
            return False
        sys.stderr.write(f"{name}: {line}")
    raise SystemExit(f"{name} ended without a result")


def _report(found: dict[str, dict[str, Any]]) -> int:
    for name, figures in found.items():
        print(
            f"{name:6} {figures['tokens']:,} tokens  {figures['per_second']:7.1f} tokens/s  "
            f"{figures['per_cpu_second']:7.1f} tokens/s of processor  peak {figures['peak'] / 1e9:.2f} GB  "
            f"holdout {figures['holdout']:.4f} (before: {figures['before']:.4f})"
        )
    usual, ours = found["usual"], found["ours"]
    faster = ours["per_second"] / usual["per_second"]
    cheaper = ours["per_cpu_second"] / usual["per_cpu_second"]
    memory = ours["peak"] / usual["peak"]
    apart = abs(ours["holdout"] / usual["holdout"] - 1)
    print(f"{faster:.2f} x by the clock (goal 3), {cheaper:.2f} x by processor time")
    print(f"{memory:.2f} of the memory (goal 0.5)")
    print(f"holdout loss {apart:.2%} apart (goal 1 %)")
    return int(faster < 3 or memory > 0.5 or apart > 0.01)


def _smollm2() -> Path:
    from engine.models.convert import convert_gguf
    from tests.smollm2 import smollm2_gguf

    file = smollm2_gguf()
    os.environ["TUNESMITH_MODELS"] = str(file.parent / "models")  # converted once a machine
    return convert_gguf(file, hashlib.sha256(file.read_bytes()).hexdigest(), lambda *_: None, lambda: None)


def _write_rows(folder: Path, steps: int, most: int, model: Path) -> None:
    """The model as a folder, and rows as token ids with labels: `rows.json`, `model.txt`."""
    from transformers import AutoTokenizer

    from engine.machine import PRESETS

    tokenizer = AutoTokenizer.from_pretrained(str(model))
    chats = []
    for line in (PRESETS / "demo" / "chats.jsonl").read_text(encoding="utf-8").splitlines():
        try:
            turns = json.loads(line)["messages"]
        except ValueError:
            continue
        if turns[-1]["content"]:
            chats.append([turn for turn in turns if turn["role"] != "system"])
    dice = random.Random(5)
    rows = []
    for _ in range(steps * ROWS_A_STEP + HOLDOUT):
        turns = [turn for chat in dice.sample(chats, dice.randint(1, most)) for turn in chat]
        ids: list[int] = []
        trained: list[bool] = []
        for turn in turns:
            head = tokenizer.encode(f"<|im_start|>{turn['role']}\n", add_special_tokens=False)
            body = tokenizer.encode(f"{turn['content']}<|im_end|>\n", add_special_tokens=False)
            ids += head + body
            trained += [False] * len(head) + [turn["role"] == "assistant"] * len(body)
        rows.append({"input_ids": ids, "trained": trained})
    (folder / "rows.json").write_text(json.dumps(rows))
    (folder / "model.txt").write_text(str(model))


def _side(given: argparse.Namespace, folder: Path) -> None:
    import torch

    from engine.data.render import Rendered
    from engine.train.batches import holdout_loss

    rows = [
        Rendered(row["input_ids"], row["trained"], (), True, 0)
        for row in json.loads((folder / "rows.json").read_text())
    ]
    cut = given.steps * ROWS_A_STEP
    train, holdout = rows[:cut], rows[cut:]
    torch.manual_seed(1)
    trainer = _usual(folder, train, mixed=given.mixed) if given.side == "usual" else _ours(folder, train, given)
    pad = trainer.processing_class.pad_token_id
    clock = _Clock()
    trainer.add_callback(clock.callback())
    clock.wait()
    trainer.train()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    after = holdout_loss(trainer.model, holdout, pad_token_id=pad, device="cpu")
    with trainer.model.disable_adapter():
        before = holdout_loss(trainer.model, holdout, pad_token_id=pad, device="cpu")
    tokens = sum(len(row.input_ids) for row in train)
    figures = {
        "tokens": tokens,
        "per_second": tokens / clock.seconds,
        "per_cpu_second": tokens / clock.cpu_seconds,
        "peak": peak,
        "holdout": after,
        "before": before,
    }
    print(f"result {json.dumps(figures)}", flush=True)


class _Clock:
    """Counts the time of steps, and waits for the word before each of them."""

    def __init__(self) -> None:
        self.seconds = self.cpu_seconds = 0.0
        self._began = (0.0, 0.0)

    def wait(self) -> None:
        print("waiting", flush=True)
        sys.stdin.readline()
        self._began = (time.perf_counter(), time.process_time())

    def stop(self) -> None:
        self.seconds += time.perf_counter() - self._began[0]
        self.cpu_seconds += time.process_time() - self._began[1]

    def callback(self) -> Any:
        from transformers import TrainerCallback

        clock = self

        class Turns(TrainerCallback):  # type: ignore[misc]
            def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
                clock.stop()
                if state.global_step < state.max_steps:
                    clock.wait()

        return Turns()


def _usual(folder: Path, train: list[Any], *, mixed: bool) -> Any:
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
    from trl import SFTConfig, SFTTrainer

    from engine.train.batches import to_feature

    model = (folder / "model.txt").read_text()
    four_bits = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.float32,
    )  # fmt: skip
    arguments = SFTConfig(
        output_dir=str(folder / "usual"), per_device_train_batch_size=4, gradient_accumulation_steps=4,
        gradient_checkpointing=True, num_train_epochs=1, learning_rate=RATE, lr_scheduler_type="constant",
        max_length=1024, use_cpu=True, bf16=mixed, report_to="none", save_strategy="no", disable_tqdm=True,
        dataset_kwargs={"skip_prepare_dataset": True},
    )  # fmt: skip
    return SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(model, quantization_config=four_bits, dtype=torch.float32),
        args=arguments,
        train_dataset=Dataset.from_list([to_feature(row) for row in train]),
        processing_class=AutoTokenizer.from_pretrained(model),
        peft_config=LoraConfig(
            r=16, lora_alpha=32, lora_dropout=0.05, target_modules="all-linear", task_type="CAUSAL_LM"
        ),
    )


def _ours(folder: Path, train: list[Any], given: argparse.Namespace) -> Any:
    from dataclasses import replace

    from engine.jobs.context import JobContext
    from engine.models.load import load_tokenizer
    from engine.spec import ModelSpec, RecipeSpec
    from engine.train.callback import Meter
    from engine.train.precision import choose_precision
    from engine.train.recipe import build_trainer

    class Unheard:
        def emit(self, event: Any) -> None:
            pass

    precision = choose_precision()
    if given.plain:
        precision = replace(precision, products=None)
    path = (folder / "model.txt").read_text()
    model = ModelSpec(source=path, kind="folder", path=path)
    recipe = RecipeSpec(
        epochs=1, learning_rate=RATE, scheduler="constant", effective_batch=ROWS_A_STEP, micro_batch=given.micro
    )
    context: Any = JobContext(folder=None, project=None, spec={}, writer=Unheard())  # type: ignore[arg-type]
    return build_trainer(
        context, model, recipe, tokenizer=load_tokenizer(model), train=train, holdout=[],
        checkpoints=folder / "ours", precision=precision, meter=Meter(), fingerprint="",
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
