"""A project with a sound adapter and a good report, for whoever asks the gate about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine.evaluate.gate_lines as lines_module
from engine.evaluate.gate import Gate, judge
from engine.evaluate.gate_line import GateLine
from engine.files import atomic_write, sha256_of
from engine.licences.verdict import Verdict
from engine.project import Project, create_project
from engine.spec import DataSpec
from tests.tiny_model import safetensors_bytes

RUN = "train-1"


def figure(base: float, tuned: float, low: float, high: float) -> dict[str, Any]:
    return {
        "base": {"value": base, "low": base, "high": base},
        "tuned": {"value": tuned, "low": tuned, "high": tuned},
        "difference": {"value": tuned - base, "low": low, "high": high},
    }


def sided(base: float, tuned: float, low: float, high: float) -> dict[str, Any]:
    found = figure(base, tuned, low, high)
    return {**found, "grown": {"value": abs(tuned) - abs(base), "low": low, "high": high}}


def toxic(hits: int, texts: int = 40) -> dict[str, Any]:
    return {"hits": hits, "texts": texts, "share": hits / texts, "low": 0.0, "high": 1.0, "words": {}}


def good_report() -> dict[str, Any]:
    return {
        "run": RUN,
        "holdout_rows": 40,
        "quality": {"rows": 40, "loss": figure(2.3, 1.5, -0.9, -0.7)},
        "stops": {"share": 0.99, "answers": 100, "why": ""},
        "general": {"change": 0.014, "loss": figure(2.84, 2.88, 0.01, 0.06)},
        "memorisation": {
            "recited_rows": [],
            "rows_tested": 200,
            "extracted_canaries": 0,
            "exposure": {},
            "membership_auc": 0.62,
            "membership_interval": [0.55, 0.7],
        },
        "leaks": {"hits": [], "generations": 214, "hidden_values": 3981, "to_look_at": []},
        "bias": {
            "pairs": [
                {
                    "name": "women and men",
                    "first": "women",
                    "second": "men",
                    "likelihood": figure(0.0, 0.1, 0.0, 0.2),
                    "belief": sided(0.02, 0.03, -0.01, 0.03),
                    "praise": sided(0.0, 0.01, -0.02, 0.03),
                    "spread": sided(0.1, 0.15, 0.0, 0.2),
                    "sentiment": sided(-0.1, 0.1, -0.2, 0.2),
                }
            ]
        },
        "toxicity": {
            "data": toxic(0),
            "base": toxic(0),
            "tuned": toxic(0),
            "provoked": {"base": toxic(0, 8), "tuned": toxic(0, 8)},
        },
        "sound": {"finite": True, "changed": True, "norm": 3.1, "problem": ""},
    }


def sound_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with a sound adapter, whose privacy, content and licence are fine."""
    project, spec = create_project(tmp_path / "voice")
    adapter = project.run_folder(RUN) / "adapter"
    adapter.mkdir(parents=True)
    weights = {"x.lora_B.weight": np.full((4, 4), 0.5, np.float32)}
    (adapter / "adapter_model.safetensors").write_bytes(safetensors_bytes(weights))
    (adapter / "adapter_config.json").write_text("{}")
    spec.run = RUN
    spec.data = DataSpec(path="rows.jsonl")
    project.save(spec)
    monkeypatch.setattr(lines_module, "check_privacy", lambda project, spec: None)
    monkeypatch.setattr(lines_module, "check_content", lambda project, spec: None)
    monkeypatch.setattr(lines_module, "_sample_words", lambda facts: "nothing left over")
    monkeypatch.setattr(
        "engine.licences.check.project_verdict", lambda project, spec: verdict_of("allowed", "apache-2.0")
    )
    return project


def verdict_of(verdict: Any, licence: str) -> Verdict:
    return Verdict(verdict=verdict, licence=licence, reasons=("because",), obligations=())


def save(project: Project, report: dict[str, Any], **measured_on: Any) -> None:
    spec = project.load()
    adapter = sha256_of(project.run_folder(RUN) / "adapter" / "adapter_model.safetensors")
    on = {"adapter": adapter, "redacted": spec.redaction.sha256, "left_out": [], **measured_on}
    atomic_write(project.evaluation_file(RUN), json.dumps({**report, "measured_on": on}))


def judged(project: Project, report: dict[str, Any] | None = None) -> Gate:
    if report is not None:
        save(project, report)
    return judge(project, project.load())


def line(gate: Gate, name: str) -> GateLine:
    return next(line for line in gate.lines if line.id == name)
