"""Work off the event loop, for screens: reading files and asking the engine must never freeze a picture."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from textual.dom import DOMNode

from engine.errors import TunesmithError

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(node: DOMNode, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `work` in a thread and return its result to a worker of `node`.

    Raises:
        asyncio.CancelledError: The node was closed meanwhile; nothing is left to show a result or an error on.
    """
    try:
        result = await asyncio.to_thread(work, *args, **kwargs)
    except TunesmithError:
        if is_open(node):
            raise
        raise asyncio.CancelledError from None
    if not is_open(node):
        raise asyncio.CancelledError
    return result


def is_open(node: DOMNode) -> bool:
    """Whether the node is still on the screen stack of a running app (`display` is false while it is being closed)."""
    return node.app.is_running and node.display
