"""Getting the libraries that a plan needs into memory sooner.

bitsandbytes hands four functions to `torch.compile` while it is imported, which loads PyTorch's whole compiler; a plan
calls none of them. They are compiled here when they are called first, as they would have been there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any


def load_libraries() -> None:
    """Import bitsandbytes without the compiler; to be called before `engine.plan.compute` is imported."""
    torch: Any = import_module("torch")
    original = torch.compile
    torch.compile = compiled_when_called(original)
    try:
        import_module("bitsandbytes")
    finally:
        torch.compile = original


def compiled_when_called(compiler: Callable[..., Any]) -> Callable[..., Any]:
    """A stand-in for `torch.compile`, as function or as decorator with options."""

    def stand_in(function: Callable[..., Any] | None = None, **options: Any) -> Any:
        if function is None:
            return lambda given: stand_in(given, **options)
        compiled: list[Callable[..., Any]] = []

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if not compiled:
                compiled.append(compiler(function, **options))
            return compiled[0](*args, **kwargs)

        return call

    return stand_in
