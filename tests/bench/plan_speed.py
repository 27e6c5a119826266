"""How long a plan takes: the first time for a model, and again with another knob.

python -m tests.bench.plan_speed
"""

from __future__ import annotations

import os
import tempfile
import time

from engine.plan.architecture import architecture_of, checked
from engine.plan.memory import memory_of, rows_of_length
from engine.plan.variants import profiles_kept
from engine.spec import RecipeSpec

_LLAMA = {"model_type": "llama", "num_key_value_heads": 8, "vocab_size": 128256, "tie_word_embeddings": False}
_SIZES = {
    "8B": {"hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32},
    "70B": {"hidden_size": 8192, "intermediate_size": 28672, "num_hidden_layers": 80, "num_attention_heads": 64},
}
_OF_SEVERAL_KINDS = ("google/gemma-4-E2B-it", "google/gemma-3-27b-it", "Qwen/Qwen3.5-9B", "Qwen/Qwen3.5-35B-A3B")
"""Models with layers of several kinds, which take the longest."""
_GOAL_FIRST_S, _GOAL_AGAIN_S = 3.0, 0.05


def main() -> None:
    """Print the times; the processor's own seconds beside them, since a busy machine says little by the clock."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TUNESMITH_STATE"] = folder
        began = time.perf_counter()
        from engine.plan.libraries import load_libraries

        load_libraries()
        from engine.plan.compute import profiles_of

        print(f"importing the libraries    {time.perf_counter() - began:6.2f} s")
        models = {name: checked({**_LLAMA, **sizes}, name, name) for name, sizes in _SIZES.items()}
        models |= {name.rpartition("/")[2]: architecture_of(name) for name in _OF_SEVERAL_KINDS}
        for name, architecture in models.items():
            clock, used = time.perf_counter(), time.process_time()
            memory_of(architecture, RecipeSpec(), rows_of_length(1024), profiles_of(architecture), on_cuda=True)
            clock, used = time.perf_counter() - clock, time.process_time() - used
            print(f"{name:14} first           {clock:6.2f} s, {used:.2f} s of processor (goal {_GOAL_FIRST_S})")
            clock = time.perf_counter()
            changed = RecipeSpec(rank=64, max_length=4096)
            memory_of(architecture, changed, rows_of_length(4096), profiles_kept(architecture), on_cuda=True)
            print(f"{name:14} with other knobs {time.perf_counter() - clock:7.4f} s (goal {_GOAL_AGAIN_S})")


if __name__ == "__main__":
    main()
