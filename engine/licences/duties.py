"""What the product itself does about a licence's terms when something leaves the machine.

The name begins as the terms ask, the card says the true licence and the words to show, and beside it lie the licence
texts and a NOTICE. What only the creator can do (terms of their own service, an age check) stays in the verdict's list.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import RefusedError
from engine.licences.chain import Chain
from engine.licences.check import check_allowed, project_chain, project_verdict
from engine.licences.match import match_text, words
from engine.licences.terms import TEXTS, UNKNOWN, Terms, load_terms
from engine.licences.verdict import Verdict
from engine.project import Project
from engine.spec import ProjectSpec

_MAX_FILE = 1_000_000
"""Bytes; no licence is longer, and what is longer under that name is something else."""


@dataclass(frozen=True)
class Duties:
    """What goes out with a tuned model.

    Args:
        licence: The one that decides; `unknown` where nobody can say.
        front: What the card's front matter says about it; nothing where it is unknown.
        prefix: What the name begins with; empty where nothing is asked.
        show: Words and sentences to show; `{name}` stands for the model's name.
        lines: The card's section on the licence, as lines of Markdown.
        files: Texts to ship, by file name.
    """

    licence: str
    front: dict[str, Any] = field(default_factory=dict)
    prefix: str = ""
    show: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    files: dict[str, bytes] = field(default_factory=dict)

    def name(self, name: str) -> str:
        """`name` as the terms ask: with the prefix in front unless it stands there already."""
        if not self.prefix or words(name)[: len(words(self.prefix))] == words(self.prefix):
            return name
        return f"{self.prefix.replace(' ', '-')}-{name}"


def duties_of(project: Project, spec: ProjectSpec) -> Duties:
    """What has to go along with a model that was tuned in this project.

    Raises:
        RefusedError: The terms do not allow the project's use at all.
        ModelError: No model is chosen, or it is gone.
    """
    verdict = project_verdict(project, spec)
    check_allowed(verdict)
    return duties_for(verdict, project_chain(spec))


def duties_for(verdict: Verdict, chain: Chain) -> Duties:
    """The same for a verdict and the chain it was made from."""
    if verdict.verdict == "refused":
        raise RefusedError("The licence does not allow this use.", "\n".join(verdict.reasons[:3]), code="licence")
    applies = [load_terms()[one] for one in verdict.applies if one in load_terms()]
    prefixes = [terms.attribution.name_prefix for terms in applies if terms.attribution.name_prefix]
    show = [words for terms in applies for words in (terms.attribution.display, terms.attribution.statement) if words]
    return Duties(
        licence=verdict.licence,
        front=_front(verdict.licence),
        prefix=max(prefixes, key=len, default=""),
        show=tuple(dict.fromkeys(show)),
        lines=tuple(_lines(verdict, chain, applies)),
        files=_files(chain, applies),
    )


def _front(licence: str) -> dict[str, Any]:
    """`license` as the hub knows it; `other` with name and link where the hub has no id for it."""
    terms = load_terms().get(licence)
    if terms is None:
        return {}
    if terms.hub:
        return {"license": terms.id}
    return {"license": "other", "license_name": terms.id, "license_link": terms.link}


def _lines(verdict: Verdict, chain: Chain, applies: list[Terms]) -> list[str]:
    if verdict.licence == UNKNOWN:
        why = next((link.why_unknown for link in chain.links if link.licence == UNKNOWN), "")
        lines = ["- Licence: unknown. Find out before you share this." + (f" ({why})" if why else "")]
    else:
        terms = load_terms()[verdict.licence]
        lines = [
            f"- Licence: {terms.id} ([{terms.name}]({terms.link})). It is the base model's, and binds this adapter."
        ]
    for terms in applies:
        if terms.id != verdict.licence:
            lines.append(f"- The terms of {terms.name} ({terms.link}) hold too.")
        if terms.attribution.credit:
            lines.append(f"- Credit: what this was made from is under {terms.name}, {terms.link}; it was changed.")
        if terms.attribution.pass_on:
            lines.append(f"- Whoever gets this is bound by the use restrictions of {terms.name}: {terms.link}")
    if verdict.data_licence in load_terms():
        held = load_terms()[verdict.data_licence]
        lines.append(f"- The data it was trained on is under {held.name}: {held.link}")
    return lines


def _files(chain: Chain, applies: list[Terms]) -> dict[str, bytes]:
    """The texts beside the models of the chain, and ours of those licences whose text was not among them."""
    files: dict[str, bytes] = {}
    held: set[str] = set()
    notices = [terms.attribution.notice for terms in applies if terms.attribution.notice]
    for path in chain.files:
        if not path.is_file() or path.stat().st_size > _MAX_FILE:
            continue
        content = path.read_bytes()
        if path.name.lower().startswith("notice"):
            notices.append(content.decode("utf-8", "replace").strip())
            continue
        held.add(match_text(content.decode("utf-8", "replace")).licence)
        files[_free(files, path.name, content)] = content
    for terms in applies:
        if terms.attribution.copy_ and terms.text and terms.id not in held:
            content = (TEXTS / terms.text).read_bytes()
            files[_free(files, f"LICENSE-{terms.id}.txt" if len(applies) > 1 else "LICENSE.txt", content)] = content
        if terms.use_policy and not any("polic" in name.lower() for name in files):
            files["USE_POLICY.md"] = (TEXTS / terms.use_policy).read_bytes()
    if notices:
        changed = "This is a changed version: an adapter was trained for the model above."
        files["NOTICE"] = ("\n\n".join([*_distinct(notices), changed]) + "\n").encode()
    return files


def _distinct(notices: list[str]) -> list[str]:
    """Each notice once, also where a longer one holds it."""
    plain = [" ".join(words(notice)) for notice in notices]
    return [
        notice
        for place, notice in enumerate(notices)
        if not any(
            plain[place] in other and (plain[place] != other or before < place)
            for before, other in enumerate(plain)
            if before != place
        )
    ]


def _free(files: dict[str, bytes], name: str, content: bytes) -> str:
    """A name for a text in the package: plain, and not that of another text."""
    plain = re.sub(r"[^\w.+-]+", "-", Path(name).name).strip("-") or "LICENSE"
    number = 1
    while plain in files and files[plain] != content:
        number += 1
        plain = f"{number}-{plain.lstrip('0123456789-')}"
    return plain
