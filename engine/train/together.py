"""The processes of one run, as each of them sees the others: counting together, agreeing, waiting for each other.

With one process every function returns at once what it was given. What is agreed on goes over gloo, in main memory,
also where gradients go over NCCL: asking costs no wait for the GPU.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TypeVar, cast

import psutil
import torch
import torch.distributed as dist
from torch._C._distributed_c10d import FileStore, Store, TCPStore

T = TypeVar("T")
ANSWER_WITHIN = timedelta(minutes=10)
"""How long a process waits for the others in one exchange. One that ends is noticed at once; this is for one that
hangs. Loading a large model and writing a checkpoint stay well below it."""
MEETING = "TUNESMITH_MEETING"
"""Names the file in which the processes of one machine find each other; several machines use MASTER_ADDR and _PORT."""


def world() -> int:
    """How many processes there are."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """The number of this one; 0 tells, saves and decides."""
    return dist.get_rank() if dist.is_available() and dist.is_initialized() else 0


def total(*values: float) -> tuple[float, ...]:
    """The sums over all processes, in float64; the same in each of them."""
    if world() == 1:
        return tuple(float(value) for value in values)
    sums = torch.tensor(values, dtype=torch.float64)
    dist.all_reduce(sums)
    return tuple(sums.tolist())


def meet() -> None:
    """Wait until all processes are here."""
    total(0.0)


def share(value: T | None) -> T:
    """The first process's value, in all of them."""
    if world() > 1:
        box = [value]
        dist.broadcast_object_list(box, src=0, device=torch.device("cpu"))
        value = box[0]
    return cast(T, value)


def own_seed(seed: int) -> int:
    """A seed of this process's own: the places that dropout takes are to be others in each of them."""
    return seed + rank()


def join(wait: timedelta, *, on_cuda: bool) -> None:
    """Meet the others, by what the environment says, and be one of them until `leave`.

    On one machine they find each other in a file and talk over loopback only: no port is open to anybody else.

    Raises:
        DistStoreError: Not all came in time.
    """
    number, count = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    place = os.environ.get(MEETING)
    store: Store
    if place:
        os.environ["GLOO_SOCKET_IFNAME"] = os.environ["NCCL_SOCKET_IFNAME"] = loopback()
        store = FileStore(place, count)
    else:
        address, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
        store = TCPStore(address, port, count, is_master=number == 0, timeout=wait)
    store.set(f"here-{number}", "yes")
    store.wait([f"here-{other}" for other in range(count)], wait)
    if on_cuda:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    else:
        torch.set_num_threads(threads_of(int(os.environ["LOCAL_WORLD_SIZE"])))
    backend = "cpu:gloo,cuda:nccl" if on_cuda else "gloo"
    dist.init_process_group(backend, store=store, rank=number, world_size=count, timeout=ANSWER_WITHIN)


def leave() -> None:
    """Be alone again."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()


def threads_of(processes: int) -> int:
    """Threads for each of so many processes on this machine; at most as many as are set from outside."""
    cores = psutil.cpu_count(logical=False) or 1
    given = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(cores // processes, int(given) if given.isdigit() and int(given) else cores))


def loopback() -> str:
    """The name of this machine's loopback interface."""
    found = (name for name, all_ in psutil.net_if_addrs().items() if any(one.address == "127.0.0.1" for one in all_))
    return next(found, "lo")


def meeting_file(folder: Path) -> Path:
    """Where the processes of a job find each other."""
    return folder / "control" / "meeting"
