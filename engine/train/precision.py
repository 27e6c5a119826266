"""In which number format to compute: decided by the hardware, not by habit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class Precision:
    """Device and number format of a run."""

    device: str
    """`cuda`, `mps` or `cpu`."""
    dtype: torch.dtype
    """What matrices are multiplied in. The adapter itself is always float32."""
    reason: str
    products: torch.dtype | None = None
    """What the large products of a training step are computed in, where that is another format than `dtype`; what
    goes in and comes out of them stays in `dtype`."""


def choose_precision() -> Precision:
    """The device and compute dtype for this machine.

    CUDA cards from Ampere on multiply bfloat16 at full speed; older ones float16. On a CPU float32 is taken:
    without AVX512-BF16 or AMX, bfloat16 runs at a quarter of its speed. Processors with AMX multiply it six times as
    fast as float32, those with AVX512-BF16 alone twice (400 x 576 x 1536, two cores), so there the products of training
    are made of it, summed in float32, as a GPU does; all else stays float32.
    """
    if torch.cuda.is_available():
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return Precision("cuda", torch.bfloat16, "this card multiplies bfloat16 natively")
        return Precision("cuda", torch.float16, "this card has no native bfloat16")
    if torch.backends.mps.is_available():
        return Precision("mps", torch.float32, "float32 is the safe format on Apple GPUs")
    if multiplies_bfloat16():
        return Precision(
            "cpu",
            torch.float32,
            "float32, with products of bfloat16, which this processor multiplies faster",
            torch.bfloat16,
        )
    return Precision("cpu", torch.float32, "float32 is the fastest exact format of this processor")


def multiplies_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 itself (AMX, AVX512-BF16), and PyTorch was built to use that."""
    mkldnn: Any = torch.backends.mkldnn
    cpu: Any = torch.cpu
    return bool(mkldnn.is_available() and (cpu._is_amx_tile_supported() or cpu._is_avx512_bf16_supported()))


def dtype_name(dtype: torch.dtype) -> str:
    """`bfloat16` for `torch.bfloat16`."""
    return str(dtype).removeprefix("torch.")
