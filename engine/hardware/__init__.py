"""What this machine is doing: GPUs by NVML, the rest by psutil."""
