"""Writing the dataset again without what is to be hidden, and proving that it is gone.

The original is only read. Every hidden value is replaced where it was found and wherever else it stands. The new
text is scanned again: what that second look finds is hidden too, since nobody decided to keep it, and is added to
the findings so that it can be reviewed. Three passes at most; then the finished file is read once more for the
proof, and only then takes the place of the last one.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.data.read import detect_format
from engine.errors import JobFailedError, UsageError, from_os_error
from engine.files import atomic_stream, atomic_write, sha256_of
from engine.jobs.context import JobContext
from engine.privacy.blind import sample_facts
from engine.privacy.gate import data_path
from engine.privacy.intake import add_late
from engine.privacy.jobs import must_be_current
from engine.privacy.lazy import LazyDetector
from engine.privacy.ledger import Ledger
from engine.privacy.profiles import load_profile
from engine.privacy.proof import Proof, prove
from engine.privacy.remains import Hidden, Remains, hidden_values
from engine.privacy.replacing import Replacing, prepare_replacing, table_file
from engine.privacy.rewrite import LATE, Written, rewrite
from engine.privacy.rowscan import Memory
from engine.privacy.store import FindingsStore
from engine.privacy.sweep import Sweeper
from engine.project import Project
from engine.spec import DataSpec, ProjectSpec
from engine.steps import take_step

PASSES = 3
LANGUAGES = (
    "English fully; German, French, Spanish, Italian, Portuguese and Dutch by patterns and by a model that was not"
    " trained for them alone. Names in other languages are found only by the words around them."
)


def redact_project(ctx: JobContext) -> dict[str, Any]:
    """Redact the project's dataset; see `engine.privacy.jobs.run_redact`."""
    spec = ctx.project.load()
    if spec.data is None:
        raise UsageError("No data was chosen yet.", str(ctx.project.file), "Choose a dataset first.")
    data = spec.data.model_copy(update={"path": str(data_path(ctx.project, spec.data.path))})
    with FindingsStore(ctx.project.findings_file) as store:
        ctx.phase("compare", "comparing the data with the scan")
        source = _hash(Path(data.path))
        root = ctx.project.root
        must_be_current(store, source, spec.redaction.profile, spec.redaction.known_values, root, spec.redaction.own)
        detector = LazyDetector(load_profile(spec.redaction.profile), ctx, spec.redaction.own)
        memory = Memory(store, detector.version, detector.detect, detector.profile.entities)
        suffix = Path(data.path).suffix or f".{detect_format(Path(data.path), data.format).format}"
        target = root / "privacy" / f"redacted{suffix}"
        candidate = target.with_name(f".candidate{suffix}")
        candidate.unlink(missing_ok=True)
        _clear_away(candidate, ctx.project.proof_file, table_file(ctx.project))
        try:
            replacing = prepare_replacing(ctx, spec, data)
            report = _write_and_prove(ctx, data, candidate, memory, replacing, sweeps=detector.profile.sweep)
            _put_in_place(ctx, candidate, target)
        finally:
            candidate.unlink(missing_ok=True)
        report = _facts(ctx.project, spec, store, data, source, target, detector.version) | report
        report["redacted"]["rows"] = report.pop("rows")
        fingerprint = store.fingerprint()
    atomic_write(ctx.project.proof_file, json.dumps(report, ensure_ascii=False, indent=1), "saving the proof")
    _record(ctx.project, report, target, source, fingerprint, replacing)
    return {
        "rows": report["redacted"]["rows"],
        "replaced": sum(report["replaced"].values()),
        "left_out": report["left_out"],
        "numbers_as_text": report["numbers_as_text"],
        "residual": report["residual"]["count"],
        "literal_hits": 0,
        "possible_remains": report["possible_remains"]["count"],
        "passes": report["passes"],
        "level": report["replacement"]["level"],
        "meaning": report["replacement"]["meaning"],
        "by_entity": report["replaced"],
        "path": str(target),
        "proof": str(ctx.project.proof_file),
    }


def _clear_away(*files: Path) -> None:
    """Remove what a redaction that was killed left half written beside these files of the project."""
    for file in files:
        for left in file.parent.glob(f".{file.name}.*"):
            left.unlink(missing_ok=True)


def _write_and_prove(
    ctx: JobContext, data: DataSpec, candidate: Path, memory: Memory, replacing: Replacing, *, sweeps: bool
) -> dict[str, Any]:
    """Passes until the second look finds nothing new, then the proof.

    Raises:
        JobFailedError: A hidden value is still there.
        UsageError: Every row would be left out.
    """
    store = memory.store
    with contextlib.ExitStack() as stack:
        for number in range(1, PASSES + 1):
            ctx.phase(
                f"redact_{number}", "hiding personal data" if number == 1 else "hiding what the second look found"
            )
            hidden = hidden_values(store, parts=sweeps)
            sweeper = Sweeper(hidden.searched)
            replacer, ledger = replacing.replacer(store), stack.enter_context(Ledger(candidate.parent))
            written = rewrite(ctx, data, candidate, memory, sweeper, replacer, ledger)
            if not written.sources:
                raise _nothing_left(ctx, written)
            if not written.late or number == PASSES:
                break
            add_late(store, written.late)
        ctx.phase("proof", "searching the new file for every hidden value")
        again = data.model_copy(update={"path": str(candidate)})
        proof = prove(ctx, again, written.sources, memory, sweeper, Remains(hidden.doubtful), ledger)
    if proof.literal_hits:
        raise _still_there(proof)
    # Of all that was found so, and not only now: a redaction that was killed says the same when it is run again.
    late = store.query("SELECT count(*) FROM findings WHERE recogniser = ?", (LATE,))[0][0]
    report = _report(written, proof, number, late, hidden)
    return report | {"replacement": replacing.settle(ctx.project, replacer)}


def _report(written: Written, proof: Proof, passes: int, late: int, hidden: Hidden) -> dict[str, Any]:
    return {
        "rows": proof.rows,
        "passes": passes,
        "found_by_second_look": late,
        "replaced": dict(sorted(written.replaced.items(), key=lambda item: -item[1])),
        "left_out": {
            "unreadable": written.unreadable,
            "duplicates": written.duplicates,
            **({"personal": written.personal} if written.personal else {}),
            **written.content.left_out(),
        },
        "numbers_as_text": written.numbers_as_text,
        "content": written.content.as_dict(),
        "literal_search": {"values": len(hidden.searched), "hits": proof.literal_hits},
        "possible_remains": proof.remains.as_dict(),
        "residual": {"count": proof.residual, "listed": proof.residual_list},
    }


def _facts(
    project: Project, spec: ProjectSpec, store: FindingsStore, data: DataSpec, source: str, target: Path, version: str
) -> dict[str, Any]:
    summary = store.summary()
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "profile": spec.redaction.profile,
        "detectors": version,
        "languages": LANGUAGES,
        "original": {"path": data.path, "sha256": source, "rows": int(store.meta("rows") or 0)},
        "redacted": {"path": str(target.relative_to(project.root)), "sha256": sha256_of(target)},
        "findings": {
            "total": summary.findings,
            "values": summary.values,
            "rows": summary.rows_with_findings,
            "by_entity": summary.by_entity,
        },
        "sample": sample.as_dict() if (sample := sample_facts(store)) else None,
        "decisions": {"findings_by": store.counts_by_decider(), "values_decided": summary.decided_values},
    }


def _put_in_place(ctx: JobContext, candidate: Path, target: Path) -> None:
    try:
        os.replace(candidate, target)
        if out := ctx.spec.get("out"):
            path = Path(str(out)).expanduser().resolve()
            with target.open("rb") as source, atomic_stream(path, "putting the copy in place") as copy:
                shutil.copyfileobj(source, copy)
    except OSError as error:
        raise from_os_error(error, "putting the redacted file in place") from error


def _record(
    project: Project, report: dict[str, Any], target: Path, source: str, fingerprint: str, replacing: Replacing
) -> None:
    def change(spec: ProjectSpec) -> ProjectSpec:
        redaction = spec.redaction.model_copy(
            update={
                "path": str(target.relative_to(project.root)),
                "sha256": report["redacted"]["sha256"],
                "source_sha256": source,
                "decisions": fingerprint,
                "made_with": replacing.operators.fingerprint(),
                "key": replacing.name if replacing.operators.needs_key and not replacing.forget else None,
                "residual": report["residual"]["count"],
            }
        )
        return take_step("privacy", spec.model_copy(update={"redaction": redaction}))

    project.update(change)


def _still_there(proof: Proof) -> JobFailedError:
    first = proof.literal_list[0]
    return JobFailedError(
        "Hidden values are still in the new file, so it was thrown away.",
        f"{proof.literal_hits} places; the first is a {first['entity']} in row {first['row']}, field {first['field']}.",
        "Scan again, then redact; if it comes back, decide `hide` for that value by hand and report the row's shape.",
        code="literal_hit",
    )


def _nothing_left(ctx: JobContext, written: Written) -> UsageError:
    reasons = {
        "hold what is hidden by leaving out its row": written.personal,
        "cannot be read": written.unreadable,
        "are blocked by the content rules": written.content.blocked_count,
        "wait for a consent": written.content.needs_consent_count,
    }
    told = ", ".join(f"{number:,} {why}" for why, number in reasons.items() if number)
    drops = f"Choose another operator: tunesmith redact {ctx.project.root} --operator surrogate."
    return UsageError(
        "No row would be left, so nothing was written.",
        f"Rows of the data: {told}." if told else "The data holds no row.",
        drops if written.personal else "Choose other data, or record what the rows wait for: `tunesmith state --help`.",
        code="nothing_left",
    )


def _hash(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise from_os_error(error, "reading the data") from error
