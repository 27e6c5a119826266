"""Several machines: the command for each of them, accelerate's settings in its own format, and the ranks of one.

Nothing is started on another machine from here: the person who may log in there types the command. The first machine
runs the job; each other one runs its ranks until the job ends.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from engine.errors import JobFailedError, UsageError
from engine.files import atomic_write, make_private_folder
from engine.hardware.nvml import NvmlSampler
from engine.plan.report import basis_of, read_plan
from engine.project import Project
from engine.spec import ProjectSpec
from engine.train.spread import Spread, choose_strategy, deepspeed_config, fsdp_config

FOLDER = "hosts"
_GPU_WAIT_S = 3.0
_LOOK_S = 0.2


@dataclass(frozen=True)
class HostCommand:
    """What to do on one machine."""

    host: str
    rank: int
    command: str
    config: Path


def several_hosts(spec: ProjectSpec) -> bool:
    """Whether a project's run is spread over machines."""
    return len(spec.compute.hosts) > 1


def spread_of(project: Project, spec: ProjectSpec, gpus: int) -> Spread:
    """What a project's run is spread over on machines with so many NVIDIA cards; its plan says whether one is enough.

    Raises:
        SpecError: `compute` cannot be had here.
    """
    plan = read_plan(project)
    known = plan is not None and plan.on_cuda and plan.basis == basis_of(project, spec)
    return choose_strategy(spec.compute, gpus=gpus, fits_on_one=plan.fits_on_one if plan and known else None)


def gpu_count() -> int:
    """NVIDIA cards of this machine; 0 where no driver answers."""
    with NvmlSampler(interval_s=_LOOK_S) as sampler:
        deadline = time.monotonic() + _GPU_WAIT_S
        while sampler.latest() is None and not sampler.why_not and time.monotonic() < deadline:
            time.sleep(0.02)
        return len(sampler.latest() or ())


def write_hosts(project: Project, spread: Spread) -> list[HostCommand]:
    """Write `hosts/commands.txt` and `hosts/host-K.yaml` into the project.

    Returns:
        One for each machine, in their order.

    Raises:
        DiskFullError, ProjectError: They cannot be written.
    """
    folder = project.root / FOLDER
    make_private_folder(folder)
    commands = []
    for rank, host in enumerate(spread.hosts):
        config = folder / f"host-{rank}.yaml"
        text = yaml.safe_dump(accelerate_config(spread, rank), sort_keys=False)
        atomic_write(config, text, "writing the settings of the machines")
        commands.append(HostCommand(host, rank, f"tunesmith train {project.root} --node-rank {rank}", config))
    lines = [
        "# The project folder and the model must be at the same paths on every machine (a shared disk), and tunesmith",
        f"# must be the same version. Port {spread.port} of {spread.hosts[0]} must be open to the others.",
        "# Gradients travel between the machines without encryption: use a network of your own.",
        *(f"\n# on {one.host}\n{one.command}" for one in commands),
    ]
    atomic_write(folder / "commands.txt", "\n".join(lines) + "\n", "writing the commands of the machines")
    return commands


def accelerate_config(spread: Spread, rank: int) -> dict[str, Any]:
    """One machine's settings as `accelerate config` would write them."""
    kinds = {"ddp": "MULTI_GPU" if spread.on_cuda else "MULTI_CPU", "fsdp": "FSDP"}
    config: dict[str, Any] = {
        "compute_environment": "LOCAL_MACHINE",
        "distributed_type": kinds.get(spread.strategy, "DEEPSPEED"),
        "num_machines": spread.machines,
        "num_processes": spread.world,
        "machine_rank": rank,
        "main_process_ip": spread.hosts[0],
        "main_process_port": spread.port,
        "rdzv_backend": "static",
        "same_network": True,
        "use_cpu": not spread.on_cuda,
        "main_training_function": "main",
    }
    if spread.strategy == "fsdp":
        config["fsdp_config"] = {f"fsdp_{name}": value for name, value in fsdp_config(checkpointing=True).items()}
    if spread.strategy in ("zero2", "zero3"):
        zero = deepspeed_config(2 if spread.strategy == "zero2" else 3)["zero_optimization"]
        config["deepspeed_config"] = {"zero_stage": zero["stage"], "zero3_save_16bit_model": zero["stage"] == 3}
    return config


def run_node(project: Project, spread: Spread, node: int) -> None:
    """Run the ranks of one of the other machines until the job on the first one ends.

    Their logs are `hosts/log.rank-N.txt`.

    Raises:
        UsageError: There is no such machine.
        JobFailedError: A rank ended with an error; the others of this machine were ended.
    """
    from engine.train.ranks import died, rank_variables, start_rank

    if not 0 < node < spread.machines:
        raise UsageError(
            f"There is no machine {node}.",
            f"compute.hosts names {spread.machines}: 0 to {spread.machines - 1}.",
            "The first one, 0, runs the job.",
        )
    folder = project.root / FOLDER
    make_private_folder(folder)
    first = node * spread.processes
    children = [
        start_rank(folder, first + local, rank_variables(spread, first + local, local, None))
        for local in range(spread.processes)
    ]
    try:
        while any(child.process.poll() is None for child in children):
            if dead := next((child for child in children if child.process.poll()), None):
                raise died(dead)
            time.sleep(_LOOK_S)
        if dead := next((child for child in children if child.process.returncode), None):
            raise died(dead)
    except KeyboardInterrupt as error:
        raise JobFailedError(
            "The ranks of this machine were ended.", "", "Stop the job on the first machine to save it."
        ) from error
    finally:
        for child in children:
            if child.process.poll() is None:
                child.process.kill()
            child.process.wait()
