"""Profiles made by hand, for tests of what is chosen: 8 billion weights, a megabyte a token, no torch."""

from __future__ import annotations

from engine.plan.profile import Moment, Profile, Terms, Work
from engine.plan.variants import Variant

_BYTES = {"nf4": 5e9, "int8": 9e9, "none": 16e9}


def profile_of(variant: Variant) -> Profile:
    """A profile that grows with the batch, less where activations are computed again, more with all logits."""
    token = 2.5e5 if variant.checkpointing else 1e6
    terms: Terms = {
        ("weights", (0, 0, 0, 0, 0)): _BYTES[variant.quantization],
        ("adapter", (0, 0, 0, 0, 1)): 1e7,
        ("gradients", (0, 0, 0, 0, 1)): 1e7,
        ("optimizer", (0, 0, 0, 0, 1)): 5e6,
        ("activations", (1, 1, 0, 0, 0)): token + (2e6 if variant.loss == "nll" else 0.0),
    }
    return Profile((Moment("backward", terms),), 100, 2_500_000, 0, Work(8 * 10**9, 10**8, 32 * 4096))
