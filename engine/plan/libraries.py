"""Getting the libraries that a plan needs into memory sooner.

bitsandbytes hands four functions to `torch.compile` while it is imported, which loads PyTorch's whole compiler; a plan
calls none of them. They are compiled here when they are called first, as they would have been there. transformers loads
SciPy, an eighth of all modules, for the losses of models that see; in a process that plans it is told there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from typing import Any

from engine.loading import nothing_collected


def load_libraries() -> None:
    """Import `engine.plan.compute`, bitsandbytes without the compiler and transformers without SciPy."""
    with nothing_collected():
        torch: Any = import_module("torch")
        with replaced(torch, "compile", compiled_when_called(torch.compile)):
            import_module("bitsandbytes")
        with replaced(import_module("transformers.utils"), "is_scipy_available", lambda: False):
            import_module("transformers.loss.loss_utils")
        import_module("engine.plan.compute")


@contextmanager
def replaced(module: Any, name: str, value: Any) -> Iterator[None]:
    """Let a name of a module mean something else for a while."""
    original = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, original)


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
