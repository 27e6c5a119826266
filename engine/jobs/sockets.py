"""No sockets to other machines, held by the kernel: what a library does in C++ no Python hook can see.

onnxruntime, for one, sends telemetry from a thread of its own. A seccomp filter refuses every internet socket to this
process, to all its threads and to whatever it starts, and cannot be taken off again. Unix sockets and pipes stay. It
also refuses loopback, so a job whose processes talk to each other goes without.

The numbers are the kernel's: include/uapi/linux/{seccomp,filter,bpf_common,prctl,audit}.h and the tables of system
calls of the two architectures.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import socket
import sys
from dataclasses import dataclass

_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER, _SECCOMP_FILTER_FLAG_TSYNC = 1, 1
_LOAD_WORD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
"""Offsets in `struct seccomp_data`; of an argument the lower half, both architectures being little-endian."""


@dataclass(frozen=True)
class _Machine:
    """The kernel's numbers of one architecture."""

    audit: int
    socket: int
    seccomp: int
    io_uring_setup: int = 425


_MACHINES = {
    "x86_64": _Machine(audit=0xC000003E, socket=41, seccomp=317),
    "aarch64": _Machine(audit=0xC00000B7, socket=198, seccomp=277),
}


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction)))


def forbid_sockets() -> bool:
    """From now on no thread of this process, and nothing it starts, can open an internet socket.

    Opening one fails with EPERM (in Python: `PermissionError`), which also ends every look-up of a name.

    Returns:
        Whether the kernel holds it. False where it is not Linux, another architecture, or seccomp is switched off.
    """
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    instructions = _filter(machine)
    program = _Program(len(instructions), (_Instruction * len(instructions))(*instructions))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, *map(ctypes.c_ulong, (1, 0, 0, 0))):
        return False
    asked = map(ctypes.c_long, (machine.seccomp, _SECCOMP_SET_MODE_FILTER, _SECCOMP_FILTER_FLAG_TSYNC))
    return bool(libc.syscall(*asked, ctypes.byref(program)) == 0)


def _filter(machine: _Machine) -> list[_Instruction]:
    """The filter; jumps count the instructions to leave out. io_uring opens sockets by itself: it is "not there"."""
    return [
        _Instruction(_LOAD_WORD, 0, 0, _ARCHITECTURE),
        _Instruction(_JUMP_IF_EQUAL, 0, 6, machine.audit),
        _Instruction(_LOAD_WORD, 0, 0, _NUMBER),
        _Instruction(_JUMP_IF_EQUAL, 6, 0, machine.io_uring_setup),
        _Instruction(_JUMP_IF_EQUAL, 0, 3, machine.socket),
        _Instruction(_LOAD_WORD, 0, 0, _FIRST_ARGUMENT),
        _Instruction(_JUMP_IF_EQUAL, 2, 0, socket.AF_INET),
        _Instruction(_JUMP_IF_EQUAL, 1, 0, socket.AF_INET6),
        _Instruction(_RETURN, 0, 0, _ALLOW),
        _Instruction(_RETURN, 0, 0, _REFUSE | errno.EPERM),
        _Instruction(_RETURN, 0, 0, _REFUSE | errno.ENOSYS),
    ]
