"""SIGTERM and SIGHUP end a command in order: what it was about to make is taken back, as by Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

from engine.errors import EXIT_STOPPED

ENDING = (signal.SIGTERM, signal.SIGHUP)
"""Somebody ends the command; its terminal has gone. Under `nohup` the second is ignored, and stays so."""


class Ended(SystemExit):
    """A signal ends the command. No `Exception`: nothing but cleaning up happens on its way out."""

    def __init__(self, number: int) -> None:
        super().__init__(EXIT_STOPPED)
        self.name = signal.Signals(number).name


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Within the block, SIGTERM and SIGHUP raise `Ended`; once: while it cleans up, more of them change nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = [number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN]

    def end(number: int, _: object) -> None:
        for one in heard:
            signal.signal(one, signal.SIG_IGN)
        raise Ended(number)

    before = {number: signal.signal(number, end) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
