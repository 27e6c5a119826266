"""In which number format to compute: decided by the hardware, not by habit."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Precision:
    """Device and number format of a run."""

    device: str
    """`cuda`, `mps` or `cpu`."""
    dtype: torch.dtype
    """What matrices are multiplied in. The adapter itself is always float32."""
    reason: str


def choose_precision() -> Precision:
    """The device and compute dtype for this machine.

    CUDA cards from Ampere on multiply bfloat16 at full speed; older ones float16. On a CPU float32 is taken:
    without AVX512-BF16 or AMX, bfloat16 runs at a quarter of its speed, and with them the many small
    conversions around 4-bit weights eat the gain.
    """
    if torch.cuda.is_available():
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return Precision("cuda", torch.bfloat16, "this card multiplies bfloat16 natively")
        return Precision("cuda", torch.float16, "this card has no native bfloat16")
    if torch.backends.mps.is_available():
        return Precision("mps", torch.float32, "float32 is the safe format on Apple GPUs")
    return Precision("cpu", torch.float32, "float32 is the fastest exact format of this processor")


def dtype_name(dtype: torch.dtype) -> str:
    """`bfloat16` for `torch.bfloat16`."""
    return str(dtype).removeprefix("torch.")
