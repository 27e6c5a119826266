"""What was typed as a model: a folder, a GGUF file or a hub id. Decided without opening weights or a network.

Pickle weights are turned away here already, before anything could open them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, NamedTuple

from engine.errors import ModelError
from engine.machine import PRESETS

SourceKind = Literal["folder", "gguf", "hub"]

DEMO = "demo"
"""The word that means the bundled demo model."""

PICKLE_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
_PICKLE_NAMES = re.compile(r"(pytorch_model|model|consolidated|adapter_model)[\w.-]*\.(bin|pt|pth|ckpt|pkl|pickle)$")
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_HUB_URL = re.compile(r"https?://(?:www\.)?(?:huggingface\.co|hf\.co)/([^/\s?#]+/[^/\s?#]+)")


class Source(NamedTuple):
    """A model source: its kind, and the local folder or .gguf file (None for a hub id)."""

    kind: SourceKind
    path: Path | None


def classify(source: str) -> Source:
    """Tell what `source` means.

    Args:
        source: `demo`, a folder, a .gguf file (or a folder with one and no safetensors), or a hub id `org/name`.

    Raises:
        ModelError: `missing_model`: nothing is there and it is no hub id; `pickle`: weights that could run a program.
    """
    typed = source.strip()
    if typed == DEMO:
        return Source("folder", PRESETS / "demo" / "model")
    path = Path(typed).expanduser() if typed else Path()
    if typed and path.exists():
        return _local(path.resolve())
    if hub_id(typed) is not None:
        return Source("hub", None)
    raise _missing(typed, path)


def hub_id(source: str) -> str | None:
    """The hub id `org/name` that `source` is or links to; None when it is none."""
    typed = source.strip()
    if link := _HUB_URL.match(typed):
        typed = link.group(1)
    unsafe = ".." in typed or "--" in typed or typed.endswith((".git", ".gguf", ".safetensors"))
    if unsafe or typed.endswith(PICKLE_SUFFIXES):
        return None
    return typed if _HUB_ID.fullmatch(typed) else None


def pickle_weights(names: list[str]) -> list[str]:
    """Those of the file names that hold weights as a pickle."""
    return [name for name in names if _PICKLE_NAMES.match(name.rpartition("/")[2])]


def pickle_error(where: str, names: list[str]) -> ModelError:
    """The refusal of pickle weights, with the reason and the mend."""
    shown = ", ".join(sorted(names)[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return ModelError(
        "These weights are pickle files, which tunesmith does not open.",
        f"{where} holds {shown} and no safetensors. A pickle can run any program on this machine when it is opened.",
        "Take a version of the model with `.safetensors` files; most models on the hub have one. Or convert it on a "
        "machine you can afford to lose.",
        code="pickle",
    )


def _local(path: Path) -> Source:
    if path.is_dir():
        names = [entry.name for entry in path.iterdir() if entry.is_file()]
        ggufs = [name for name in names if name.lower().endswith(".gguf")]
        safetensors = any(name.endswith(".safetensors") for name in names)
        if len(ggufs) == 1 and not safetensors:
            return Source("gguf", path / ggufs[0])
        if len(ggufs) > 1 and not safetensors:
            raise ModelError(
                "Which of these GGUF files?",
                f"{path} holds {', '.join(sorted(ggufs)[:6])}.",
                "Give the path of one of them.",
                code="which_gguf",
            )
        if not safetensors and (pickles := pickle_weights(names)):
            raise pickle_error(str(path), pickles)
        return Source("folder", path)
    name = path.name.lower()
    if name.endswith(".gguf"):
        return Source("gguf", path)
    if name.endswith(PICKLE_SUFFIXES):
        raise pickle_error(str(path.parent), [path.name])
    hint = "Give the folder that holds config.json, the weights and the tokenizer, or a .gguf file."
    raise ModelError("This file is not a model.", f"{path}", hint, code="not_a_model")


def _missing(typed: str, path: Path) -> ModelError:
    if not typed:
        what = "No model was named."
    elif "/" in typed or "\\" in typed or typed.startswith("~"):
        what = f"Looked for a folder or a .gguf file at {path.absolute()}; there is none, and it is no hub id either."
    else:
        what = f"Looked for a folder or a .gguf file `{typed}` in {Path.cwd()}; there is none."
    return ModelError(
        "There is no such model.",
        what,
        "Give a folder, a .gguf file, `demo`, or a hub id such as HuggingFaceTB/SmolLM2-135M-Instruct.",
        code="missing_model",
    )
