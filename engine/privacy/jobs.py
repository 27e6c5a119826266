"""The jobs of this room: scan a dataset for personal data, and write it again without."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import audit
from engine.actions import read_json
from engine.data.read import detect_format
from engine.data.rows import BadRow, RawRow
from engine.errors import PrivacyRefusedError, ProjectError, UsageError, from_os_error
from engine.files import sha256_of
from engine.jobs.context import JobContext
from engine.privacy.changednames import ChangedNames, searched
from engine.privacy.content_gate import content_seal
from engine.privacy.edits import own_values
from engine.privacy.gate import data_path
from engine.privacy.gathering import Gathering
from engine.privacy.intake import Intake
from engine.privacy.knownrows import KnownRows, fingerprint_of
from engine.privacy.lazy import LazyDetector
from engine.privacy.pointed import places
from engine.privacy.profiles import Profile, known_fingerprint, load_profile
from engine.privacy.rowscan import Memory, NameList, scanned_fields
from engine.privacy.store import FindingsStore
from engine.privacy.survey import PLACEHOLDER, Survey, rows_of, survey
from engine.privacy.sweep import Sweeper, Wanted
from engine.spec import DataSpec, OwnSpec

if TYPE_CHECKING:
    from engine.privacy.cluster import Cluster

_BATCH_TEXTS, _BATCH_CHARACTERS = 512, 200_000
_RAY_TEXTS = 20_000
"""Texts that go to Ray at a time: bounds memory, and is enough work for many machines."""


@dataclass(frozen=True)
class ScanInput:
    """What a scan reads and where it writes."""

    data: DataSpec
    profile: Profile
    known: list[str]
    own: list[OwnSpec]
    findings_file: Path


def uses_ray(ctx: JobContext) -> bool:
    """Whether Ray's workers do the looking, to which a scan talks over loopback."""
    return ctx.spec.get("engine") == "ray"


def run_scan(ctx: JobContext) -> dict[str, Any]:
    """Look for personal data in every row and put the findings into the store.

    With `{"file": path}` in the job's spec a file outside any project is scanned, and the findings go to
    `findings.sqlite` in the job's folder. With `{"engine": "ray"}` Ray's workers do the looking; the findings are the
    same.

    Returns:
        rows, unreadable (rows that nobody could look at; they are left out of the redacted file too), findings,
        values, rows_with_findings, by_entity, findings_file.

    Raises:
        DataError, ProjectError, TunesmithError: The data, the store or a detector cannot be used.
        StoppedError: On request; what was looked at is remembered.
    """
    given = _scan_input(ctx)
    with FindingsStore(given.findings_file) as store, closing(LazyDetector(given.profile, ctx, given.own)) as detector:
        memory = Memory(store, detector.version, detector.detect, given.profile.entities)
        ctx.phase("count", "counting the rows")
        source = sha256_of(Path(given.data.path))
        known = KnownRows(store, fingerprint_of(detector.version, given.data))
        counted = survey(given.data, known, ctx.check_stop)
        detector.expect(counted.new_texts, memory.texts_known() if counted.new_texts else 0)
        if uses_ray(ctx) and not counted.all_known:
            _look_with_ray(ctx, given, memory, counted)
        ctx.phase("scan", "looking for personal data")
        _look(ctx, given, memory, counted)
        ctx.phase("sweep", "searching every row for the names found")
        wanted = searched((counted.names if given.profile.sweep else NameList()).wanted(given.known))
        _gather(ctx, given, memory, known, counted, wanted)
        memory.forget_others()
        pointed_at = list(places(given.data, own_values(store), lambda _: ctx.check_stop()))
        facts = _facts(given, source, detector.version, counted)
        Intake(store).finish(facts, own=pointed_at, also=lambda connection: known.settle(connection, wanted))
        summary = store.summary()
    return {
        "rows": counted.rows,
        "unreadable": counted.unreadable,
        "findings": summary.findings,
        "values": summary.values,
        "rows_with_findings": summary.rows_with_findings,
        "by_entity": summary.by_entity,
        "findings_file": str(given.findings_file),
    }


def _look(ctx: JobContext, given: ScanInput, memory: Memory, counted: Survey) -> None:
    """Look at every text that nobody looked at; what is found is remembered as it comes, and the names noted."""
    rows, total = 0, counted.rows
    if not counted.all_known:
        for batch in _batches(ctx, given.data, counted):
            texts = [text for _, fields in batch for _, text in fields]
            for text, hits in zip(texts, memory.findings_of(texts), strict=True):
                counted.names.learn(text, hits)
                if "<" in text:
                    counted.taken.update(PLACEHOLDER.findall(text))
            rows += len(batch)
            ctx.progress(counted.known_rows + rows + counted.unreadable, total, "rows")
    counted.complete(rows, given.data)


def _gather(
    ctx: JobContext, given: ScanInput, memory: Memory, known: KnownRows, counted: Survey, wanted: Sequence[Wanted]
) -> None:
    """Put what every row came to into the side table of the store."""

    def told(rows: int) -> None:
        ctx.check_stop()
        ctx.progress(rows, counted.rows, "rows")

    as_json = detect_format(Path(given.data.path).expanduser(), given.data.format).format in ("jsonl", "json")
    changed = ChangedNames(known.swept(), wanted, as_json=as_json)
    gathering = Gathering(memory, known, counted, Sweeper(wanted), changed, told)
    try:
        for row in rows_of(given.data, gathering.wants):
            if isinstance(row, RawRow):
                gathering.add(row)
    except OSError as error:
        raise from_os_error(error, "reading the data") from error
    gathering.write()


def _facts(given: ScanInput, source: str, version: str, counted: Survey) -> dict[str, str]:
    """What the store keeps about a scan."""
    known = known_fingerprint(given.known, given.own)
    return {
        "source_sha256": source,
        "version": version,
        "profile": given.profile.name,
        "known": known,
        "scan_id": f"{source}-{version}-{known}",
        "rows": str(counted.rows),
        "taken": " ".join(sorted(counted.taken)),
    }


def run_redact(ctx: JobContext) -> dict[str, Any]:
    """Write the dataset again with every hidden value replaced, and prove it.

    Returns:
        The content of `proof.json`, with its path.

    Raises:
        UsageError: Never scanned, or scanned with other data or settings.
        JobFailedError: A hidden value is still in the output; nothing is recorded as redacted.
        StoppedError: On request; the redacted file of before is untouched.
    """
    from engine.privacy.redact import redact_project

    proof = redact_project(ctx)
    made = ctx.project.load().redaction
    content = content_seal(read_json(ctx.project.proof_file).get("content", {}))
    audit.append(ctx.project, "redacted", {"sha256": made.sha256, "residual": made.residual, "content": content})
    return proof


def _look_with_ray(ctx: JobContext, given: ScanInput, memory: Memory, counted: Survey) -> None:
    """Let Ray's workers look at every text that nobody looked at; what they find is remembered as it comes."""
    from engine.privacy.cluster import Cluster

    ctx.phase("cluster", "looking for personal data with Ray")
    with Cluster(ctx, given.profile, given.own) as cluster:
        total = counted.rows
        rows, waiting_rows = counted.known_rows, 0
        waiting: dict[str, None] = {}
        for batch in _batches(ctx, given.data, counted):
            waiting.update(dict.fromkeys(memory.unknown([text for _, fields in batch for _, text in fields])))
            waiting_rows += len(batch)
            if len(waiting) >= _RAY_TEXTS:
                _look_at(ctx, cluster, memory, list(waiting), (rows, waiting_rows, total))
                rows, waiting_rows, waiting = rows + waiting_rows, 0, {}
        _look_at(ctx, cluster, memory, list(waiting), (rows, waiting_rows, total))


def _look_at(
    ctx: JobContext, cluster: Cluster, memory: Memory, texts: list[str], progress: tuple[int, int, int]
) -> None:
    before, here, total = progress
    done = 0
    for numbers, found in cluster.detect(texts) if texts else ():
        memory.keep([texts[number] for number in numbers], found)
        done += len(numbers)
        ctx.progress(before + here * done // len(texts), total, "rows")


def _scan_input(ctx: JobContext) -> ScanInput:
    if named := ctx.spec.get("file"):
        path = Path(str(named)).expanduser().resolve()
        profile = load_profile(str(ctx.spec.get("profile") or "thorough"))
        known = [str(value) for value in ctx.spec.get("known_values") or []]
        return ScanInput(DataSpec(path=str(path)), profile, known, [], ctx.folder.root / "findings.sqlite")
    spec = ctx.project.load()
    if spec.data is None:
        raise UsageError(
            "No data was chosen yet.", str(ctx.project.file), "Choose a dataset first: step Data, or `tunesmith new`."
        )
    data = spec.data.model_copy(update={"path": str(data_path(ctx.project, spec.data.path))})
    redaction = spec.redaction
    profile = load_profile(redaction.profile)
    return ScanInput(data, profile, redaction.known_values, redaction.own, ctx.project.findings_file)


def _batches(ctx: JobContext, data: DataSpec, counted: Survey) -> Iterator[list[tuple[RawRow, list[tuple[str, str]]]]]:
    """New rows with their texts, in groups that bound memory and the time until a stop is heard."""
    batch: list[tuple[RawRow, list[tuple[str, str]]]] = []
    texts = characters = counted.unreadable = 0
    try:
        for row in rows_of(data, counted.is_new):
            if isinstance(row, BadRow):
                counted.note_bad(row)
                continue
            fields = scanned_fields(row)
            batch.append((row, fields))
            texts += len(fields)
            characters += sum(len(text) for _, text in fields)
            if texts >= _BATCH_TEXTS or characters >= _BATCH_CHARACTERS:
                ctx.check_stop()
                yield batch
                batch, texts, characters = [], 0, 0
    except OSError as error:
        raise from_os_error(error, "reading the data") from error
    ctx.check_stop()
    if batch:
        yield batch


def must_be_current(
    store: FindingsStore, source: str, spec_profile: str, known: list[str], root: Path, own: Sequence[OwnSpec] = ()
) -> None:
    """Refuse to redact on findings of other data or other settings.

    Raises:
        ProjectError: Never scanned; names the command that mends it.
        PrivacyRefusedError: Of other data or settings; names it too. Exit code 3.
    """
    again = f"Run `tunesmith scan {root}` first."
    if not store.scanned():
        raise ProjectError(
            "The data was never scanned for personal details.", str(store.path), again, code="not_scanned"
        )
    if store.meta("source_sha256") != source:
        what = "The file is not the one that was scanned, so its findings say nothing about it."
        raise PrivacyRefusedError("The data changed since it was scanned.", what, again, code="original_changed")
    if store.meta("profile") != spec_profile or store.meta("known") != known_fingerprint(known, own):
        what = "The redaction profile, your known values or your recognisers are others than at the last scan."
        raise PrivacyRefusedError("What to look for changed since the scan.", what, again, code="profile_changed")
