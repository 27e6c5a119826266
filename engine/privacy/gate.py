"""The privacy gate: training is refused until what would be trained on is the redacted, unchanged, proven file.

Cheap enough to run before every training: the hash of a file is computed again only when its size or its time of
change is another than when it was last hashed.
"""

from __future__ import annotations

import json
from pathlib import Path

from engine.errors import PrivacyRefusedError, from_os_error
from engine.files import atomic_write, sha256_of
from engine.privacy.operators import operators_of
from engine.privacy.profiles import known_fingerprint, load_profile
from engine.privacy.store import FindingsStore
from engine.project import Project
from engine.spec import ProjectSpec


def check_privacy(project: Project, spec: ProjectSpec) -> None:
    """Pass, or say why training on this data is refused and which command mends it.

    Raises:
        PrivacyRefusedError: Never scanned or redacted, or the original, the decisions or the redacted file changed
            since. Exit code 3.
    """
    scan, redact = f"Run `tunesmith scan {project.root}`", f"run `tunesmith redact {project.root}`"
    if spec.data is None:
        raise PrivacyRefusedError(
            "No data was chosen yet.", str(project.file), f"Run `tunesmith new` with --data, or open {project.root}."
        )
    if not project.findings_file.is_file():
        raise _refused("never_scanned", "The data was never scanned for personal details.", spec.data.path, scan)
    with FindingsStore(project.findings_file) as store:
        if not store.scanned():
            raise _refused("never_scanned", "The scan for personal details never finished.", spec.data.path, scan)
        source, known, fingerprint = store.meta("source_sha256"), store.meta("known"), store.fingerprint()
        profile = store.meta("profile")
    cache = _HashCache(project.findings_file.with_name("hashes.json"))
    if cache.sha256(data_path(project, spec.data.path)) != source:
        what = f"{spec.data.path} is not the file that was scanned."
        raise _refused("original_changed", "The data changed since it was scanned.", what, f"{scan}, then {redact}")
    if profile != spec.redaction.profile or known != known_fingerprint(spec.redaction.known_values, spec.redaction.own):
        what = "The redaction profile, your known values or your recognisers are others than at the last scan."
        raise _refused("profile_changed", "What to look for changed since the scan.", what, f"{scan}, then {redact}")
    _check_redacted(project, spec, source or "", fingerprint, cache, f"R{redact[1:]}")


def _check_redacted(
    project: Project, spec: ProjectSpec, source: str, fingerprint: str, cache: _HashCache, redact: str
) -> None:
    made = spec.redaction
    if made.path is None or made.sha256 is None:
        what = f"{project.findings_file} holds findings that nothing was done about."
        raise _refused("never_redacted", "The personal details found are not hidden yet.", what, redact)
    path = project.root / made.path
    if not path.is_file():
        raise _refused("redacted_missing", "The redacted file is gone.", str(path), redact)
    if made.source_sha256 != source:
        what = f"{path} was made from another version of {spec.data.path if spec.data else 'the data'}."
        raise _refused("redaction_stale", "The redacted file belongs to older data.", what, redact)
    if made.decisions != fingerprint:
        what = f"{path} does not follow your present decisions."
        raise _refused("decisions_changed", "Your decisions changed since the redaction.", what, redact)
    if made.made_with != operators_of(made, load_profile(made.profile)).fingerprint():
        what = f"{path} was written with other settings of redaction.operator, operators, scope or table."
        raise _refused("operators_changed", "How values are replaced changed since the redaction.", what, redact)
    if cache.sha256(path) != made.sha256:
        what = f"{path} is not the file that the redaction wrote."
        raise _refused("redacted_changed", "The redacted file was changed by hand.", what, redact)


def data_path(project: Project, path: str) -> Path:
    """Where the dataset lies: an absolute path as it is, a relative one from the project folder."""
    return project.root / Path(path).expanduser()


def _refused(code: str, title: str, what: str, mend: str) -> PrivacyRefusedError:
    return PrivacyRefusedError(title, what, f"{mend}.", code=code)


class _HashCache:
    """SHA-256 of files, remembered by size, time of change and inode."""

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            content = json.loads(file.read_text())
        except (OSError, ValueError):
            content = {}
        self.known: dict[str, list[str]] = content if isinstance(content, dict) else {}

    def sha256(self, path: Path) -> str:
        try:
            facts = path.stat()
            stamp = f"{facts.st_size} {facts.st_mtime_ns} {facts.st_ctime_ns} {facts.st_ino}"
            known = self.known.get(str(path))
            if known and known[0] == stamp:
                return known[1]
            digest = sha256_of(path)
        except FileNotFoundError as error:
            raise PrivacyRefusedError(
                "The dataset is gone.", f"{path} does not exist.", "Put it back, or choose the data again.",
                code="original_missing",
            ) from error  # fmt: skip
        except OSError as error:
            raise from_os_error(error, "reading the data") from error
        self.known[str(path)] = [stamp, digest]
        if self.file.parent.is_dir():
            atomic_write(self.file, json.dumps(self.known))
        return digest
