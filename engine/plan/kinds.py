"""What memory is held for: the names of the plan's breakdown."""

from __future__ import annotations

from typing import Literal

Kind = Literal["weights", "adapter", "gradients", "optimizer", "activations", "logits", "other"]
