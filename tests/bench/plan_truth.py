"""The plan against real steps on this machine and against published figures: prints both tables.

python -m tests.bench.plan_truth [--model FOLDER]
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path

from tests.plan_truth import DEMO, Case, against, measured, planned, published


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=DEMO)
    folder = parser.parse_args().model
    print(f"Real steps of {folder.name} on this CPU, MB at the peak:")
    shapes = ((1, 128, 127), (1, 400, 100), (4, 128, 127))
    for checkpointing, loss, dropout, rank in product((False, True), ("nll", "chunked_nll"), (0.0, 0.05), (8, 64)):
        knobs = {"gradient_checkpointing": checkpointing, "loss": loss, "dropout": dropout, "rank": rank}
        for rows, length, learned in shapes:
            case = Case(rows, length, learned, knobs)
            real, plan = measured(folder, case), planned(folder, case).allocated
            named = f"{loss}, {'recomputed' if checkpointing else 'kept'}, dropout {dropout}, r {rank}"
            print(f"  {rows} x {length:4} {named:46} {real / 1e6:9.2f} {plan / 1e6:9.2f} {plan / real - 1:+7.2%}")
    for entry in published():
        print(f"\n{entry['name']} ({entry['figure']}, GB of {entry['gb']:,} bytes)")
        for length, size, memory, difference in against(entry):
            low, high = memory.driver
            print(
                f"  {length:6,} tokens: published {size / 1e9:5.1f}, allocated {memory.allocated / 1e9:5.2f}, "
                f"driver {low / 1e9:.1f} to {high / 1e9:.1f} ({difference:+.1%})"
            )


if __name__ == "__main__":
    main()
