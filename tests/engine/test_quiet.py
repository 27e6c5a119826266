"""Libraries that would tell somebody what they run are told not to, before they are loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

LOAD = "from engine.privacy.recognisers.rampart import RampartRecognizer; RampartRecognizer()"


def test_the_name_model_leaves_no_trace_of_telemetry(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH")}
    home = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-B", "-c", LOAD], env={**kept, **home}, cwd=Path.cwd(), check=True)
    assert not list(tmp_path.iterdir()), "onnxruntime writes a session and a device id there when it means to send"
