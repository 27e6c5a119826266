"""Redactions that are killed at any moment: the one that ends at last writes what one without a kill would have."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import traceback
from pathlib import Path
from typing import Any, get_args

import pytest

from engine.privacy.gate import check_privacy
from engine.privacy.jobs import run_redact, run_scan
from engine.privacy.keys import load_key, subkey
from engine.privacy.replacing import table_file
from engine.privacy.store import FindingsStore
from engine.privacy.table import read_table
from engine.project import Project, create_project
from engine.spec import DataSpec, Operator, ProjectSpec
from tests.engine.patterns import find_by
from tests.engine.test_privacy_replacing import choose, job

ROWS, KILLS = 2_000, 10
NAMES = ("Tabitha Crane", "Omar Haddad", "Ingrid Solberg", "Priya Raman", "Callum Brennan")
FOUND = {
    "PERSON": re.compile("|".join(NAMES)),
    "EMAIL_ADDRESS": re.compile(r"[\w.]+@[\w.]+\w"),
    "PHONE_NUMBER": re.compile(r"\+44 7700 900\d{3}"),
    "CREDIT_CARD": re.compile(r"4\d{15}\b"),
    "IP_ADDRESS": re.compile(r"198\.51\.100\.\d+"),
    "SECRET": re.compile(r"(?<=password is )\S+"),
    # Only the second look sees this one.
    "ID": re.compile(r"(?<=<PERSON>, )file \d{5}"),
}
OPERATORS: dict[str, Operator] = {
    "PERSON": "surrogate", "EMAIL_ADDRESS": "surrogate", "PHONE_NUMBER": "mask", "CREDIT_CARD": "hash",
    "IP_ADDRESS": "aes", "SECRET": "drop_row", "ID": "placeholder",
}  # fmt: skip


def write_rows(path: Path) -> None:
    dice = random.Random(11)
    with path.open("w", encoding="utf-8") as stream:
        for number in range(ROWS):
            name = dice.choice(NAMES)
            said = dice.choice((
                f"I am {name}, file {dice.randint(10_000, 99_999)}", f"{name.lower().replace(' ', '.')}@studio.se",
                f"call +44 7700 900{dice.randint(100, 999)}", f"card 4{dice.randint(10**14, 10**15 - 1)}",
                f"from 198.51.100.{dice.randint(1, 254)}", "nothing", f"my password is Mz!{dice.randint(10, 99)}xq",
            ))  # fmt: skip
            stream.write(json.dumps({"id": number, "text": f"{said}, row {number}", "n": [1, None]}) + "\n")


def redact_in_a_child(project: Project, name: str, seconds: float = 0) -> tuple[int, float]:
    """Redact in a process of its own, which the kernel kills after so much processor time; 0: never.

    By processor time and not by the clock, so that the moment does not depend on who else uses the machine. Nothing of
    ours runs at such a death: the signal is left to the kernel, as SIGKILL is.

    Returns:
        How it ended (`os.waitstatus_to_exitcode`), and its processor time in seconds.
    """
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.signal(signal.SIGPROF, signal.SIG_DFL)
            used = resource.getrusage(resource.RUSAGE_SELF)
            assert used.ru_utime < 0.5, "a child begins at nought"
            signal.setitimer(signal.ITIMER_PROF, seconds)
            job(project, name, run_redact)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status, usage = os.wait4(child, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime


def state_of(project: Project) -> dict[str, Any]:
    """All that a redaction leaves, but for when it was made and how often it had to look."""
    spec = project.load()
    proof = json.loads(project.proof_file.read_text(encoding="utf-8"))
    assert proof.pop("made")
    assert proof.pop("passes") in (1, 2)
    with FindingsStore(project.findings_file) as store:
        findings = [(one.row, one.field, one.start, one.end, one.entity, one.recogniser) for one in store.findings()]
    key = subkey(load_key(str(spec.redaction.key)), "table")[:32]
    files = (file.relative_to(project.root) for file in project.root.rglob("*") if file.is_file())
    return {
        "file": (project.root / str(spec.redaction.path)).read_bytes(),
        "proof": proof,
        "findings": findings,
        "table": list(read_table(table_file(project), key)),
        "spec": spec.redaction,
        "files": sorted(str(file) for file in files if file.parts[0] not in ("jobs", "audit.jsonl")),
    }


@pytest.mark.slow
def test_ten_kills_in_a_row_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find_by(monkeypatch, FOUND)
    assert set(OPERATORS.values()) == set(get_args(Operator))
    data = tmp_path / "rows.jsonl"
    write_rows(data)
    before = hashlib.sha256(data.read_bytes()).hexdigest()
    killed, _ = create_project(tmp_path / "killed")

    def describe(spec: ProjectSpec) -> ProjectSpec:
        return spec.model_copy(update={"data": DataSpec(path=str(data))})

    killed.update(describe)
    choose(killed, operators=OPERATORS, table="encrypt")
    job(killed, "scan", run_scan)
    shutil.copytree(killed.root, tmp_path / "whole")
    whole = Project(tmp_path / "whole")
    assert redact_in_a_child(whole, "first")[0] == 0
    wanted = state_of(whole)
    assert wanted["proof"]["found_by_second_look"] > ROWS // 10
    # The second look of one that is run again has less to do: what it takes is the shortest there is.
    code, seconds = redact_in_a_child(whole, "again")
    assert code == 0
    assert state_of(whole) == wanted
    dice, kills = random.Random(3), 0
    for number in range(3 * KILLS):
        share = (kills + dice.random()) / KILLS * 0.95
        code, _ = redact_in_a_child(killed, f"killed {number}", seconds * share)
        assert code in (0, -signal.SIGPROF)
        if code == 0:
            seconds *= 0.9  # A busy machine had made the one that was measured take longer: this one ended in time.
        kills += code != 0
        if kills == KILLS:
            break
    assert kills == KILLS
    assert redact_in_a_child(killed, "last")[0] == 0
    assert state_of(killed) == wanted
    check_privacy(killed, killed.load())
    assert hashlib.sha256(data.read_bytes()).hexdigest() == before
