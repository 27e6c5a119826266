"""The chain of models behind a model: what it was made from, and the licence of each.

A model is bound by the terms of everything it was made from. A base is looked for beside the model, among the models
on this machine, in the catalogue, and at last by its name among those of known makers. What cannot be found stays
`unknown`; a name alone never makes it open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.licences.read import Subject, read_subject
from engine.licences.statements import Statement
from engine.licences.terms import UNKNOWN, Terms, Tokenizer, family_of, find_terms, load_families, load_terms, owner_of
from engine.machine import models_folder, state_folder
from engine.models.catalogue import load_catalogue
from engine.models.source import DEMO, classify, hub_id

_DEPTH = 8
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_UNREAD = (
    "the card of {name} was not read, because it is not on this machine. Get it with --fetch, or download the model"
)
_COUSINS = {"mllama": "llama", "mixtral": "mistral", "pixtral": "mistral", "ministral": "mistral", "paligemma": "gemma"}
"""Architectures that are called otherwise than their family."""


@dataclass(frozen=True)
class Link:
    """One model of the chain.

    Args:
        name: Hub id, or the name of its folder.
        licence: As far as known: an id of `presets/licences`, or `unknown`.
        also: Other licences that its files give, where they do not agree.
        sources: Where that was read.
        notes: What a person should know about it.
        why_unknown: Why the licence is unknown, as a sentence.
        multimodal: Whether it reads pictures too; None: not said.
    """

    name: str
    licence: str
    also: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    why_unknown: str = ""
    multimodal: bool | None = None
    own: bool = False
    """Whether it is the model that was asked about."""


@dataclass(frozen=True)
class Chain:
    """A model and everything it was made from; the model itself first."""

    links: tuple[Link, ...]
    texts: dict[str, str] = field(default_factory=dict)
    """sha256 of every text that was read, by `model: file`."""
    files: tuple[Path, ...] = ()
    """Licence, notice and policy files that were found on this machine."""

    @property
    def licence(self) -> str:
        """The strictest licence, whatever the use; `unknown` where one of the chain is."""
        if any(link.licence == UNKNOWN for link in self.links):
            return UNKNOWN
        return max((load_terms()[link.licence] for link in self.links), key=lambda terms: terms.strictness).id

    @property
    def source(self) -> str:
        """Where the licences were read, in one line."""
        found = [source for link in self.links for source in link.sources]
        return "; ".join(found) or "neither a model card nor a licence text says it"


def trace(model: str | Path, called: str = "") -> Chain:
    """Follow a model upwards.

    Args:
        model: A folder, a .gguf file, `demo`, a hub id, or the name of a model of the catalogue.
        called: The hub id of what lies in that folder.

    Raises:
        ModelError: It is not there, or a GGUF file is damaged.
    """
    typed = str(model).strip()
    entry = next((entry for entry in load_catalogue() if entry.name.lower() == typed.lower()), None)
    typed = entry.id if entry else typed
    path = Path(typed).expanduser()
    found = path.resolve() if typed not in ("", DEMO) and path.is_dir() else classify(typed).path
    walk = _Walk()
    if found is not None:
        walk.visit(found, called=called)
    else:
        walk.name(hub_id(typed) or typed, asked=True)
    return Chain(tuple(walk.links), walk.texts, tuple(walk.files))


class _Walk:
    """The way upwards: every model once."""

    def __init__(self) -> None:
        self.links: list[Link] = []
        self.texts: dict[str, str] = {}
        self.files: list[Path] = []
        self.seen: set[str] = set()

    def visit(self, path: Path, depth: int = 0, called: str = "") -> None:
        """A folder or a GGUF file on this machine."""
        if str(path) in self.seen:
            return
        self.seen.add(str(path))
        subject = read_subject(path)
        name = called or subject.name
        self.texts |= {f"{name}: {file}": digest for file, digest in subject.texts.items()}
        self.files += subject.files
        place = len(self.links)
        self.links.append(replace(own_link(subject, name), own=depth == 0))
        if depth < _DEPTH:
            for parent in subject.parents:
                if parent.lower() != name.lower() and not _is_itself(parent, path):
                    self.parent(parent, subject, depth + 1)
        if subject.nameless:
            what = {"adapter": "an adapter", "merge": "a merge of models"}[subject.kind]
            why = f"{name} is {what} and does not say what it was made from"
            self.links.append(Link(f"what {name} is made from", UNKNOWN, why_unknown=why))
        self.hints(subject, place)
        self.links[place] = _of_bases(self.links[place], self.links[place + 1 :])
        _bases_speak(self.links, place, subject)

    def parent(self, parent: str, child: Subject, depth: int) -> None:
        """A model that another names as what it was made from: beside it, on this machine, or by its name."""
        typed = Path(parent).expanduser()
        last = parent.rstrip("/").rpartition("/")[2]
        # Only a whole path is taken as one: the folder this program runs in has nothing to do with the model.
        places = [typed] if typed.is_absolute() else [child.where / parent, child.where.parent / parent]
        places += [child.where.parent / last]
        for place in places:
            if _is_model(place) and place.resolve() != child.where.resolve():
                return self.visit(place.resolve(), depth, parent if _HUB_ID.fullmatch(parent) else last)
        return self.name(parent if _HUB_ID.fullmatch(parent) else last, depth=depth)

    def name(self, name: str, *, asked: bool = False, depth: int = 0) -> None:
        """A model that is known by its name only."""
        if name.lower() in self.seen:
            return
        self.seen.add(name.lower())
        if (folder := on_machine(name)) is not None and depth < _DEPTH:
            return self.visit(folder, 0 if asked else depth, name)
        entry = next((entry for entry in load_catalogue() if entry.id.lower() == name.lower()), None)
        family = family_of(name)
        theirs = family is not None and owner_of(name) in family.owners
        if entry is not None and (find_terms(entry.licence) or not theirs):
            held = find_terms(entry.licence)
            licence = held.id if held else UNKNOWN
            facts = next((fact for fact in entry.facts if "licence" in fact.about), entry.facts[0])
            sources = (f"the catalogue: {name} is under {entry.licence} ({facts.source}, {facts.date})",)
            why = "" if licence != UNKNOWN else f"the catalogue does not know the licence of {name}"
        elif family is not None and (theirs or load_terms()[family.licence].kind != "open"):
            licence, why = family.licence, ""
            basis = family.basis or "not verified"
            sources = (f"{name} goes by its name under {family.licence} ({basis})",)
        else:
            licence, sources = UNKNOWN, ("",)
            why = _UNREAD.format(name=name)
        multimodal = family.multimodal if family else None
        link = Link(
            name, licence, sources=tuple(filter(None, sources)), why_unknown=why, multimodal=multimodal, own=asked
        )
        self.links.append(link)
        if asked and not theirs and entry is None and licence != UNKNOWN:
            # Somebody's own model that is called after a family: at least those terms hold, its own are not known.
            self.links[-1] = replace(link, name=f"what {name} is made from", own=False)
            unread = Link(name, UNKNOWN, why_unknown=_UNREAD.format(name=name), own=True)
            self.links.insert(len(self.links) - 1, unread)
        base = entry.base_model if entry else None
        if base := base or (family.base if family else None):
            self.name(base, depth=depth + 1)

    def hints(self, subject: Subject, place: int) -> None:
        """What names, architecture and tokenizer tell, where nothing else tells it."""
        families, held = load_families(), {link.licence for link in self.links[place:]}
        kinds = {load_terms()[licence].family for licence in held if licence in load_terms()}
        architecture = next((one for one in families.architectures if one.model_type == subject.model_type), None)
        if architecture is not None and load_terms()[architecture.licence].family not in kinds:
            said = f"config.json: the architecture {subject.model_type} is that of the {_name(architecture.licence)}"
            self._hint(architecture.licence, subject, said, architecture.multimodal)
            return
        for name in subject.names:
            family = family_of(name)
            family = family_of(family.base) if family and family.base else family
            if family is None or load_terms()[family.licence].kind == "open":
                continue
            kind = load_terms()[family.licence].family
            if kind not in kinds and _may_be(kind, subject.model_type):
                said = f"{name}: by its name it is made from a model under the {_name(family.licence)}"
                self._hint(family.licence, subject, said, family.multimodal)
                return
        for one in families.tokenizers:
            found = _has_tokenizer(subject, one)
            if found and not held & set(one.licences):
                why = f"{found} is that of {one.means}, and nothing says from which of them it was made"
                self.links.append(Link(one.means, UNKNOWN, why_unknown=why))

    def _hint(self, licence: str, subject: Subject, said: str, multimodal: bool) -> None:
        shown = subject.multimodal if subject.multimodal is not None else multimodal
        self.links.append(Link(f"what {subject.name} is made from", licence, sources=(said,), multimodal=shown))


def _has_tokenizer(subject: Subject, one: Tokenizer) -> str:
    """What of a model is as in that family: its vocabulary, how it stretches positions, or its special tokens."""
    if subject.model_type and subject.model_type != one.model_type:
        return ""
    if subject.model_type and one.vocabulary <= (subject.vocabulary or 0) < one.vocabulary + 256:
        return "its tokenizer"
    if subject.model_type and one.rope and subject.rope == one.rope:
        return "the way it stretches positions"
    unsized = subject.vocabulary is None and not subject.parents
    return "its tokenizer" if unsized and set(one.tokens) <= subject.tokens else ""


def own_link(subject: Subject, name: str) -> Link:
    """What a model's own files say, made into one licence.

    Where they do not agree the stricter one holds if it is of a stricter kind; two of one kind leave it unknown, unless
    both are open: who does what both ask is right whichever holds. A text we cannot read leaves it unknown, whatever
    the card says.
    """
    said = list(subject.statements)
    unread = [one for one in said if one.licence == UNKNOWN and (one.like or not one.weak)]
    # A changed text may say anything, but what a strict one asks it will hardly have dropped.
    like = [one.like for one in unread if one.like in load_terms() and load_terms()[one.like].kind != "open"]
    ids = list(dict.fromkeys([one.licence for one in said if one.licence != UNKNOWN] + like))
    notes = list(subject.notes)
    if len(ids) > 1:
        notes.append("its files do not agree: " + "; ".join(one.where for one in said))
    link = Link(name, UNKNOWN, also=tuple(ids), sources=tuple(one.where for one in said), multimodal=subject.multimodal)
    if unread:
        why = f"{unread[0].where}, so nobody can say what it allows but a person who reads it"
        if unread[0].weak:
            why = f"{unread[0].where} is a version of {unread[0].like} that we have not read"
        return replace(link, notes=tuple(notes), why_unknown=why)
    if not ids:
        return replace(link, notes=tuple(notes), why_unknown=_nothing_said(said, subject))
    ranked = sorted((load_terms()[one] for one in ids), key=_asks, reverse=True)
    if len(ranked) > 1 and ranked[0].kind != "open" and ranked[0].strictness // 10 == ranked[1].strictness // 10:
        why = f"its files give {' and '.join(ids)}, and neither is plainly the stricter one"
        return replace(link, notes=tuple(notes), why_unknown=why)
    return replace(
        link, licence=ranked[0].id, also=tuple(one for one in ids if one != ranked[0].id), notes=tuple(notes)
    )


def _asks(terms: Terms) -> tuple[int, int]:
    """How much a licence asks: its strictness, then how much has to be done for it."""
    return terms.strictness, sum(map(bool, terms.attribution.model_dump(exclude={"where"}).values()))


def on_machine(name: str) -> Path | None:
    """The folder of a downloaded hub model, the newest of several; else that of its card, if it was got."""
    if not _HUB_ID.fullmatch(name):
        return None
    pattern = f"{name.replace('/', '--')}-*"
    found = [entry for entry in models_folder().glob(pattern) if entry.is_dir() and not entry.name.endswith(".part")]
    if found:
        return max(found, key=lambda entry: entry.stat().st_mtime)
    return cards_folder(name) if cards_folder(name).is_dir() else None


def cards_folder(repo: str) -> Path:
    """Where the card of a hub model is kept when only that was got."""
    return state_folder() / "cards" / repo.replace("/", "--")


def _of_bases(own: Link, bases: list[Link]) -> Link:
    """Whether a model reads pictures, by what it was made from, where its own files do not say it."""
    family = family_of(own.name)
    # What a folder is called tells nothing; what a maker's own model is called does.
    theirs = family is not None and owner_of(own.name) in family.owners
    known = {base.multimodal for base in bases} | ({family.multimodal} if family and theirs else set())
    if own.multimodal is not None or not known or (None in known and True not in known):
        return own
    return replace(own, multimodal=True in known)


def _bases_speak(links: list[Link], place: int, subject: Subject) -> None:
    """Where a model says nothing of its own but names its bases, their licence is all there is to know of it."""
    own, bases = links[place], links[place + 1 :]
    silent = own.licence == UNKNOWN and not own.also and not subject.statements
    if not silent or not bases or any(base.licence == UNKNOWN for base in bases):
        return
    strictest = max((load_terms()[base.licence] for base in bases), key=lambda terms: terms.strictness)
    if strictest.kind == "open":
        # An open base lets its derivatives be under anything, so their silence stays silence.
        return
    note = f"{own.name} does not give a licence of its own; at least that of what it was made from holds"
    links[place] = replace(own, licence=strictest.id, notes=(*own.notes, note), why_unknown="")


def _nothing_said(said: list[Statement], subject: Subject) -> str:
    if said:
        return f"{said[0].where} is no licence that we know; read it yourself"
    if subject.notes:
        return subject.notes[0]
    return f"neither a card nor a licence text of {subject.name} gives one"


def _name(licence: str) -> str:
    return load_terms()[licence].name


def _may_be(family: str, model_type: str) -> bool:
    """Whether a model of this architecture can be of that family: a folder may be called anything."""
    kind = _COUSINS.get(model_type, model_type)
    return not kind or not family or kind.startswith(family)


def _is_itself(parent: str, path: Path) -> bool:
    plain = parent.strip("/").removeprefix("./")
    return plain.lower() in (path.name.lower(), ".")


def _is_model(path: Path) -> bool:
    if path.is_dir():
        return any((path / name).is_file() for name in ("config.json", "adapter_config.json", "README.md"))
    return path.is_file() and path.suffix.lower() == ".gguf"
