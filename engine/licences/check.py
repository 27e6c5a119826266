"""The front of the room: the verdict for a model, or for a project with its data and its use, and accepting it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, cast

from engine import audit
from engine.errors import ModelError, RefusedError, UsageError, from_os_error
from engine.licences.chain import Chain, own_link, trace
from engine.licences.read import Subject, read_beside
from engine.licences.statements import card_statements
from engine.licences.terms import UNKNOWN
from engine.licences.verdict import OWN, DataLicence, Verdict, judge
from engine.project import Project
from engine.spec import AcceptedSpec, DataSpec, ProjectSpec, UseSpec

Acceptance = Literal["none", "current", "stale"]


def verdict_for(model: str | Path, use: UseSpec, data_licence: str | None = None, data: Path | None = None) -> Verdict:
    """The verdict for a model and a use.

    Args:
        model: A folder, a .gguf file, `demo`, a hub id, or the name of a model of the catalogue.
        use: What the tuned model is for.
        data_licence: Of the dataset: an id, `own` or `unknown`; None: as `data` says.
        data: The dataset, beside which its licence is looked for; None leaves the data out of it.

    Raises:
        ModelError: The model is not there, or damaged.
        UsageError: The dataset is not there.
    """
    if data_licence:
        return judge(_traced(model), use, stated_data(data_licence))
    if data is not None and not data.exists():
        raise UsageError("The dataset is not there.", str(data), "Give the path of its file or folder.")
    return judge(_traced(model), use, found_data(DataSpec(path=str(data))) if data else None)


def project_verdict(project: Project, spec: ProjectSpec | None = None) -> Verdict:
    """The verdict for the model, the data and the use of a project.

    Raises:
        ModelError: No model is chosen, or it is not there any more.
    """
    spec = spec or project.load()
    if spec.model is None:
        raise ModelError("No model is chosen.", str(project.file), "Choose one in the wizard: `tunesmith PROJECT`.")
    return judge(project_chain(spec), spec.licence.use, project_data(spec))


def marked_verdict(project: Project, spec: ProjectSpec, source: str) -> Verdict:
    """The verdict for any model with the use and the data of a project; for its own model that of the project.

    Raises:
        ModelError: The model is not there, or damaged.
    """
    if spec.model is not None and spec.model.source == source:
        return project_verdict(project, spec)
    return judge(_traced(source), spec.licence.use, project_data(spec))


def project_chain(spec: ProjectSpec) -> Chain:
    """The chain of a project's model: from its files where it is on this machine, else by its id."""
    model = spec.model
    if model is None:
        return Chain(())
    here = model.kind != "hub" and model.source != "demo" and Path(model.source).exists()
    if not here and model.path and Path(model.path).exists():
        return _traced(model.path, called=model.source if model.kind == "hub" else "")
    return _traced(model.source)


def project_data(spec: ProjectSpec) -> DataLicence | None:
    """The licence of a project's data: as stated, else as found beside the file; None while no data is chosen."""
    if spec.licence.data_licence:
        return stated_data(spec.licence.data_licence)
    return found_data(spec.data) if spec.data else None


def stated_data(said: str) -> DataLicence:
    """A licence that the creator states for the data."""
    if said.strip().lower() in (OWN, "mine", "self"):
        return DataLicence(OWN, "as you state")
    statements = tuple(card_statements({"license": said}, "as you state"))
    link = own_link(Subject("the data", Path(), statements), "the data")
    return DataLicence(link.licence, f"{said}, as you state", link.also)


def found_data(data: DataSpec) -> DataLicence:
    """What stands beside a dataset: a README's front matter, a licence text. Empty where nothing does."""
    file = Path(data.path)
    try:
        subject = read_beside(file)
    except OSError:
        return DataLicence()
    if not subject.statements:
        # A card that cannot be read may give terms; nobody can say that there are none.
        return DataLicence(UNKNOWN, subject.notes[0]) if subject.notes else DataLicence()
    link = own_link(subject, file.name)
    texts = {f"{file.name}: {name}": digest for name, digest in subject.texts.items()}
    where = link.why_unknown if link.licence == UNKNOWN else "; ".join(link.sources)
    return DataLicence(link.licence, where, link.also, texts)


def accept(project: Project) -> ProjectSpec:
    """Record that the creator read the verdict of now and accepts it, with the hashes of the texts it rests on.

    Raises:
        RefusedError: The verdict is refused; there is nothing to accept.
        ModelError: As `project_verdict`.
    """
    verdict = project_verdict(project)
    check_allowed(verdict)
    accepted = AcceptedSpec(
        at=datetime.now(UTC).replace(microsecond=0),
        verdict=cast("Literal['allowed', 'conditions', 'unknown']", verdict.verdict),
        licence=verdict.licence,
        data_licence=verdict.data_licence or UNKNOWN,
        reasons=list(verdict.reasons),
        obligations=list(verdict.obligations),
        texts=verdict.texts,
        rests_on=verdict.rests_on,
    )

    def apply(spec: ProjectSpec) -> ProjectSpec:
        return spec.model_copy(update={"licence": spec.licence.model_copy(update={"accepted": accepted})})

    spec = project.update(apply)
    details = {"verdict": accepted.verdict, "licence": accepted.licence, "texts": accepted.texts}
    audit.append(project, "licence_accepted", {**details, "use": spec.licence.use.model_dump(mode="json")})
    return spec


def set_use(project: Project, use: UseSpec, data_licence: str | None = None) -> ProjectSpec:
    """Record what the tuned model is for, and whose the data is if that is given.

    Raises:
        UsageError: `data_licence` is none that we know.
    """
    if data_licence:
        check_data_licence(data_licence)

    def apply(spec: ProjectSpec) -> ProjectSpec:
        changed = {"use": use, **({"data_licence": data_licence.strip().lower()} if data_licence else {})}
        return spec.model_copy(update={"licence": spec.licence.model_copy(update=changed)})

    spec = project.update(apply)
    audit.append(project, "use", spec.licence.model_dump(mode="json", include={"use", "data_licence"}))
    return spec


def check_data_licence(said: str) -> None:
    """Whether a licence that is stated for the data is one we know.

    Raises:
        UsageError: It is not.
    """
    if stated_data(said).licence == UNKNOWN and said.strip().lower() != UNKNOWN:
        hint = "Give `own`, `unknown`, or an id such as cc-by-4.0."
        raise UsageError("There is no such licence.", said, hint, code="no_licence")


def acceptance(spec: ProjectSpec, verdict: Verdict) -> Acceptance:
    """Whether the verdict of now is the one that was accepted."""
    accepted = spec.licence.accepted
    if accepted is None:
        return "none"
    return "current" if accepted.rests_on == verdict.rests_on else "stale"


def check_allowed(verdict: Verdict) -> None:
    """Let nothing through that the terms refuse.

    Raises:
        RefusedError: The verdict is refused (exit 3).
    """
    if verdict.verdict == "refused":
        raise RefusedError(
            "The licence does not allow this use.",
            "\n".join(verdict.reasons[:3]),
            "Choose another model, change what it is for (`tunesmith license PROJECT --use ... --accept`, or l on the "
            "model page), or get a licence from the makers.",
            code="licence",
        )


def _traced(model: str | Path, called: str = "") -> Chain:
    try:
        return trace(model, called)
    except OSError as error:
        error.filename = error.filename or str(model)
        raise from_os_error(error, "reading the licence") from error
