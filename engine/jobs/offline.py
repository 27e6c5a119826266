"""No network, enforced: a job that needs none cannot reach one, whatever a library tries.

Settings such as `HF_HUB_OFFLINE` ask libraries to behave; an audit hook makes it impossible for Python code to
connect anywhere but this machine. It cannot be removed once set, so it is set in the job's process only. Libraries
in C++ pass both by: `engine.jobs.sockets` stops them in the kernel.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from typing import Any

OFFLINE_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
}
QUIET_ENVIRONMENT = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "WANDB_DISABLED": "true",
    # onnxruntime sends what it runs to Microsoft since 1.29, from C++, unless this is set before it is loaded.
    "ORT_DISABLE_TELEMETRY": "1",
    "TRL_EXPERIMENTAL_SILENCE": "1",
    "OMP_WAIT_POLICY": "passive",
    "PYTHONUNBUFFERED": "1",
}


_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy")
_ADDRESSED = ("socket.connect", "socket.sendto", "socket.sendmsg")
_NAMED = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")


def forbid_network() -> None:
    """From now on this process can connect to loopback and Unix sockets only.

    Connecting elsewhere, or looking up a name, raises `PermissionError` inside whatever tried it.
    """
    os.environ.update(OFFLINE_ENVIRONMENT)
    # A proxy on this machine would be allowed below, and carry anything anywhere.
    for name in [name for name in os.environ if name.lower() in _PROXIES]:
        del os.environ[name]
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _ADDRESSED and arguments[0].family in (socket.AF_INET, socket.AF_INET6):
        if arguments[1] is None:
            return  # to whom it is connected already
        host = str(arguments[1][0])
    elif event in _NAMED and arguments[0]:
        host = arguments[0].decode() if isinstance(arguments[0], bytes) else str(arguments[0])
    elif event == "socket.getnameinfo":
        host = str(arguments[0][0])
    else:
        return
    if not _is_local(host):
        raise PermissionError(f"this job runs without a network: a connection to {host!r} was refused")


def _is_local(host: str) -> bool:
    if host in ("localhost", "", socket.gethostname()):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
