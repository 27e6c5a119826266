"""Copying text out of the wizard: over SSH there is no clipboard here, only the one of the terminal in front of us.

The terminal is asked by OSC 52, which most terminals take. tmux drops it as it comes from a program, but hands on what
`tmux load-buffer -w` gives it, and keeps it for its own paste too. Nothing is copied unless the person asks for it.
"""

from __future__ import annotations

import ipaddress
import shlex
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.errors import UsageError

_PATIENCE_S = 3.0
_BY_HAND = "Hold shift and drag the mouse over it: the terminal copies by itself then."
ASKED = "Sent to your terminal's clipboard. If it takes nothing, hold shift and drag the mouse over the text."
IN_TMUX = "Sent to your terminal's clipboard, and kept by tmux: its key, then ], pastes it."


@dataclass(frozen=True)
class Copyable:
    """Something on a page that can be copied.

    Args:
        key: Unique on its page.
        words: What it is.
        text: What is copied.
    """

    key: str
    words: str
    text: str


def copy_text(text: str, environment: Mapping[str, str], ask_terminal: Callable[[str], None]) -> str:
    """Give a text to the clipboard of the terminal. Waits for tmux: call it in a thread.

    Args:
        text: What to copy.
        environment: `TMUX` says that tmux stands between us and the terminal.
        ask_terminal: Sends OSC 52.

    Returns:
        Where it went, in words. Nobody tells whether a terminal took it.

    Raises:
        UsageError: tmux did not take it.
    """
    if not environment.get("TMUX"):
        ask_terminal(text)
        return ASKED
    command = ["tmux", "load-buffer", "-w", "-"]
    try:
        done = subprocess.run(
            command, input=text.encode(), capture_output=True, timeout=_PATIENCE_S, env=dict(environment), check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError("tmux could not be asked to copy.", str(error), _BY_HAND, code="no_copy") from error
    if done.returncode:
        what = done.stderr.decode(errors="replace").strip()
        raise UsageError("tmux did not copy it; it does since 3.2.", what, _BY_HAND, code="no_copy")
    return IN_TMUX


def fetch_command(file: str, environment: Mapping[str, str]) -> str:
    """What fetches a file of this machine, typed on the person's own computer; empty where they sit at this machine.

    The address is the one they came in by, unless it is one of a network behind a router.
    """
    parts = environment.get("SSH_CONNECTION", "").split()
    if len(parts) != 4:
        return ""
    address, port = parts[2], parts[3]
    try:
        known = ipaddress.ip_address(address).is_global
    except ValueError:
        known = False
    user = environment.get("USER") or environment.get("LOGNAME") or ""
    bracketed = f"[{address}]" if ":" in address else address
    host = f"{user}@{bracketed}" if known and user else "HOST"
    by = f"-P {port} " if port != "22" and known else ""
    return f"scp {by}{host}:{shlex.quote(file)} ."
