"""`tunesmith demo` without a terminal, and the doctor: what a person types first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.cli import Machine


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_demo_goes_all_the_way(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    said = machine.run("demo", "--json", timeout=1100)
    assert said.code == 0, said.stderr
    result = said.json
    assert (result["rows"], result["bad"]) == (240, 3)
    assert result["tuned_loss"] < result["base_loss"]
    assert result["planted_found"] == 0
    assert result["by_entity"]["EMAIL_ADDRESS"] > 0
    assert (Path(result["adapter_dir"]) / "adapter_model.safetensors").is_file()
    assert result["gate"]["open"], result["gate"]
    assert result["gate"]["red"] == 0
    assert Path(result["exported"]).is_file()
    for word in ("rows in", "redacted", "holdout loss", "leaks", "adapter"):
        assert word in said.stderr
    again = machine.run("locate", "--json").json
    assert again["projects"] == [result["project"]]


@pytest.mark.slow
def test_the_doctor_finds_this_machine_ready(tmp_path: Path) -> None:
    said = Machine(tmp_path).run("doctor", "--json")
    assert said.code == 0, said.stdout
    checks = {check["name"]: check["state"] for check in said.json["checks"]}
    assert checks["libraries"] == checks["privacy models"] == checks["state folder"] == "ok"
