"""`scan`, `review`, `redact`: finding personal data, deciding about it, and hiding it."""

from __future__ import annotations

import argparse
import shutil
import textwrap
from pathlib import Path
from typing import Any

from engine import actions
from engine.audit import must_be_writable
from engine.cli.content import say_content, say_left_out
from engine.cli.follow import LeftRunning, run_job
from engine.cli.out import Out, count
from engine.cli.projects import data_spec
from engine.cli.scratch import scratch_project
from engine.data.formats import EXTENSIONS
from engine.errors import EXIT_DONE, TunesmithError, UsageError, from_os_error
from engine.privacy.cluster import must_have_ray
from engine.privacy.export import export_findings
from engine.privacy.policy import accept_all, apply_policy, load_policy
from engine.privacy.profiles import load_profile
from engine.privacy.review import TypeTotals, type_totals
from engine.privacy.store import FindingsStore
from engine.privacy.targets import must_be_free
from engine.project import Project, open_project
from engine.spec import Operator, ProjectSpec, RedactionSpec


def scan(args: argparse.Namespace, out: Out) -> int:
    """Look for personal data in the rows of a project, or of a bare file."""
    if args.profile:
        load_profile(args.profile)
    if args.engine == "ray":
        must_have_ray()
    target = Path(args.target).expanduser()
    findings = Path(args.findings).expanduser() if args.findings else None
    if target.is_dir():
        _must_be_a_project(target)
        project, _ = open_project(target)
        if findings:
            must_be_free(findings, "--findings", project)
        if args.profile:
            project.update(lambda spec: _with_profile(spec, args.profile))
        _scan(project, args, out)
        say_content(actions.read_json(project.check_file), out)
        out.say()
        out.say(f"Next: tunesmith review {args.target}")
    else:
        if findings:
            must_be_free(findings, "--findings", others=[target])
        redaction = RedactionSpec(profile=args.profile) if args.profile else RedactionSpec()
        with scratch_project(data_spec(args.target, args.format), redaction) as project:
            _scan(project, args, out)
    return EXIT_DONE


def _must_be_a_project(folder: Path) -> None:
    """Raises UsageError: a folder of datasets; one of them has to be named."""
    if Project(folder).file.exists():
        return
    files = sorted(one for one in folder.glob("*") if one.suffix.lower() in EXTENSIONS)
    if files:
        raise UsageError(
            "This is a folder of files, not a project.",
            f"{folder} holds {count(len(files), 'file')} that may be a dataset.",
            f"Name one of them: tunesmith scan {files[0]}",
            code="folder",
        )


def _with_profile(spec: ProjectSpec, profile: str) -> ProjectSpec:
    return spec.model_copy(update={"redaction": spec.redaction.model_copy(update={"profile": profile})})


def _scan(project: Project, args: argparse.Namespace, out: Out) -> None:
    how = {"engine": args.engine} if args.engine != "local" else {}
    result = run_job(project.root, "scan", how, out, force=args.force)
    target = Path(args.findings).expanduser().resolve() if args.findings else None
    counts = findings_summary(project)
    if target is not None:
        with FindingsStore(project.findings_file) as store:
            export_findings(store, target)
    content = actions.read_json(project.check_file).get("content")
    unreadable = int(result.get("unreadable") or 0)
    file = str(target) if target else None
    facts = {"rows": result["rows"], "unreadable": unreadable, **counts, "content": content, "findings_file": file}
    out.result(facts)
    if unreadable:
        out.say()
        out.say(f"{count(unreadable, 'row')} could not be read, so nobody looked at what is in there.")
    say_findings(counts, out)
    if target is not None:
        out.say(f"Each of them is a line of {target}")


def findings_summary(project: Project) -> dict[str, Any]:
    """Totals of a project's findings, ready for JSON."""
    with FindingsStore(project.findings_file) as store:
        summary = store.summary()
    return {
        "findings": summary.findings,
        "values": summary.values,
        "rows_with_findings": summary.rows_with_findings,
        "by_entity": summary.by_entity,
    }


def say_findings(counts: dict[str, Any], out: Out) -> None:
    """The totals of a scan in words."""
    out.say()
    if not counts["findings"]:
        out.say("Nothing personal was found. Look at some rows yourself: no scan finds everything.")
        return
    out.say(f"{count(counts['findings'], 'finding')} of {count(counts['values'], 'value')}"
            f" in {count(counts['rows_with_findings'], 'row')}:")  # fmt: skip
    kinds = sorted(counts["by_entity"].items(), key=lambda item: -item[1])
    out.table(("  type", "findings"), [(f"  {entity}", f"{number:,}") for entity, number in kinds], right=(1,))


def review(args: argparse.Namespace, out: Out) -> int:
    """Decide by a policy, or hide everything; without either, say how things stand."""
    project, _ = open_project(Path(args.project))
    policy = load_policy(Path(args.policy).expanduser()) if args.policy else None
    decided = {}
    if policy is not None or args.accept_all:
        must_be_writable(project)
    with open_findings(project) as store:
        if policy is not None:
            decided = apply_policy(store, policy)
        elif args.accept_all:
            decided = {"hide": accept_all(store)}
        totals = type_totals(store)
        fingerprint = store.fingerprint()
    if decided:
        actions.record(project, "decisions", {"by": args.policy or "accept-all", **decided})
    out.result(
        {
            "decided": decided,
            "decisions": fingerprint,
            "types": [
                {
                    "entity": kind.entity,
                    "values": kind.values,
                    "hidden": kind.hidden,
                    "kept": kind.kept,
                    "undecided": kind.undecided,
                    "findings": kind.places,
                }
                for kind in totals
            ],
        }
    )
    _say_review(totals, out)
    out.say()
    out.say(f"Next: tunesmith redact {args.project}")
    return EXIT_DONE


def _say_review(totals: list[TypeTotals], out: Out) -> None:
    if not totals:
        out.say("There is nothing to decide: nothing personal was found.")
        return
    rows = [
        (kind.entity, f"{kind.values:,}", f"{kind.hidden:,}", f"{kind.kept:,}", f"{kind.undecided:,}")
        for kind in totals
    ]
    out.table(("type", "values", "hide", "keep", "not decided"), rows, right=(1, 2, 3, 4))
    kept, undecided = sum(kind.kept for kind in totals), sum(kind.undecided for kind in totals)
    out.say()
    if undecided:
        out.say(f"{count(undecided, 'value')} not decided: they stay hidden.")
    out.say(f"{count(kept, 'value')} will be kept." if kept else "Everything that was found will be hidden.")


def open_findings(project: Project) -> FindingsStore:
    """The findings of a project that was scanned.

    Raises:
        UsageError: It was not.
    """
    if project.findings_file.is_file():
        store = FindingsStore(project.findings_file)
        if store.scanned():
            return store
        store.close()
    raise UsageError(
        "The data was not scanned yet.",
        f"{project.findings_file} holds no finished scan.",
        f"Run `tunesmith scan {project.root}` first.",
        code="not_scanned",
    )


def redact(args: argparse.Namespace, out: Out) -> int:
    """Write the redacted copy and prove it by a second scan."""
    project, _ = open_project(Path(args.project))
    open_findings(project).close()
    if args.out:
        must_be_free(Path(args.out).expanduser(), "--out", project)
    before = project.load().redaction.operator
    if args.operator:
        project.update(lambda spec: _with_operator(spec, args.operator))
    try:
        result = redact_project(project, out, force=args.force, forget_key=args.forget_key)
    except TunesmithError as error:
        # What was not done must not make the redaction of before look stale.
        if args.operator and not isinstance(error, LeftRunning):
            project.update(lambda spec: _with_operator(spec, before))
        raise
    if args.out:
        result["copy"] = str(_copy(Path(result["path"]), Path(args.out).expanduser()))
    out.result(result)
    say_redacted(result, out)
    out.say()
    out.say(f"Next: tunesmith preview {args.project}")
    return EXIT_DONE


def _with_operator(spec: ProjectSpec, operator: Operator | None) -> ProjectSpec:
    return spec.model_copy(update={"redaction": spec.redaction.model_copy(update={"operator": operator})})


def redact_project(project: Project, out: Out, *, force: bool = False, forget_key: bool = False) -> dict[str, Any]:
    """Run the redaction and return what it did, with the file's absolute path."""
    result = run_job(project.root, "redact", {"forget_key": True} if forget_key else {}, out, force=force)
    made = project.load().redaction
    content = actions.read_json(project.proof_file).get("content", {})
    return {**result, "content": content, "path": str(project.root / str(made.path)), "residual": made.residual}


def say_redacted(result: dict[str, Any], out: Out) -> None:
    """What a redaction did, in words."""
    out.say()
    say_left_out(result.get("content", {}), out)
    out.say(f"Written  {result['path']}")
    out.say(f"         {count(result['rows'], 'row')}, {count(result['replaced'], 'place')} replaced")
    if as_text := int(result.get("numbers_as_text") or 0):
        out.say(f"         {count(as_text, 'number')} became text, since this operator writes no numbers.")
    residual = result["residual"] or 0
    if residual:
        out.say(f"         The second scan still found {count(residual, 'value')} that may be personal.")
    else:
        out.say("         The second scan found nothing but replacements.")
    if possible := int(result.get("possible_remains") or 0):
        places = "1 place holds" if possible == 1 else f"{possible:,} places hold"
        out.say(
            f"         {places} a word that is part of a hidden name and an everyday word too; the proof lists them."
        )
    if meaning := result.get("meaning"):
        for line in textwrap.wrap(meaning, 100):
            out.say(f"         {line}")


def _copy(source: Path, target: Path) -> Path:
    try:
        shutil.copyfile(source, target)
        target.chmod(0o600)
    except OSError as error:
        error.filename = str(target)
        raise from_os_error(error, "copying the redacted file") from error
    return target.resolve()
