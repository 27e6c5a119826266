"""The terms of licences as data: `presets/licences/*.yaml`, read strictly, one file a licence.

The summaries are in our words; the text at `link` decides. What nobody could verify stands in `not_verified`. Beside
the files lie the texts themselves (`texts/`), because most licences ask that a copy goes along, and because a licence
file is recognised by comparing it with them.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import SpecError
from engine.machine import PRESETS
from engine.preset_files import read_preset, text_of
from engine.spec_text import load_yaml, parse_yaml_as

UNKNOWN = "unknown"
"""What nobody said, or nobody can read. It never becomes anything else by default."""
FOLDER = PRESETS / "licences"
TEXTS = FOLDER / "texts"

Answer = Literal["yes", "conditions", "no"]
Kind = Literal["open", "attribution", "share-alike", "responsible-use", "community", "non-commercial", "research"]
_STRICTNESS: dict[str, int] = {
    "open": 0,
    "attribution": 1,
    "share-alike": 2,
    "responsible-use": 3,
    "community": 4,
    "non-commercial": 5,
    "research": 6,
}
_NOTHING = ("", "unknown", "none", "other", "null", "na", "n/a", "tbd", "?")


_SHARED = {
    "the",
    "license",
    "licence",
    "agreement",
    "terms",
    "community",
    "version",
    "international",
    "universal",
    "gnu",
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Said(_Strict):
    """Something the text says, in our words, and where it stands."""

    says: str = Field(min_length=3)
    where: str = ""

    def __str__(self) -> str:
        return f"{self.says.rstrip('.')} ({self.where})" if self.where else self.says


class Uses(_Strict):
    """Whether each kind of use is allowed."""

    personal: Answer
    research: Answer
    commercial: Answer


class UserCap(_Strict):
    """Above so many users a month a separate licence is needed."""

    limit: Annotated[int, Field(gt=0)]
    counted: str
    commercial_only: bool
    where: str


class Exclusion(_Strict):
    """Who gets no rights, by region."""

    regions: list[str]
    """Two letters of a country, or `EU` for all its members."""
    models: Literal["all", "multimodal"]
    says: str
    where: str


class Attribution(_Strict):
    """What whoever passes the model on has to show and to ship."""

    display: str | None = None
    """Words to show on a page, in the product or its documentation."""
    statement: str | None = None
    """A sentence for public statements; `{name}` stands for the model's name."""
    name_prefix: str | None = None
    """What the name of a model made from it has to begin with."""
    notice: str | None = None
    """The content of a text file called Notice."""
    copy_: bool = Field(default=False, alias="copy")
    """A copy of the licence goes along."""
    keep_notices: bool = False
    changes: bool = False
    """Say that it was changed."""
    credit: bool = False
    """Name the makers and link to the licence."""
    pass_on: bool = False
    """The use restrictions have to bind those who get it."""
    where: str = ""


class Adult(_Strict):
    """What the terms mean for sexual content between adults.

    `silent`: no rule. `conditions`: allowed within the notes. `unclear`: the text does not decide it. `prohibited`.
    """

    stance: Literal["silent", "conditions", "unclear", "prohibited"]
    notes: list[Said] = Field(default_factory=list)


class Source(_Strict):
    """Where the text lives, how it was read for this file, and when."""

    where: str
    read: str
    date: date


class Terms(_Strict):
    """One licence."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9.+-]+$")]
    """As the hub writes it, in lower case."""
    aliases: list[str] = Field(default_factory=list)
    spdx: str | None = None
    hub: bool = True
    """Whether the hub has this id; if not, a card says `license: other` and gives the id as `license_name`."""
    name: str
    family: str = ""
    version: str = ""
    link: str
    kind: Kind
    covers: Literal["both", "model", "data"] = "both"
    summary: str
    uses: Uses
    use_notes: list[Said] = Field(default_factory=list)
    user_cap: UserCap | None = None
    excluded: list[Exclusion] = Field(default_factory=list)
    share_changed: bool = True
    """Whether changed versions may be shared at all."""
    attribution: Attribution
    acceptable_use: list[Said] = Field(default_factory=list)
    adult: Adult
    outputs: Said | None = None
    improve_others: bool = True
    """Whether output may be used to make other language models better."""
    copyleft: Said | None = None
    ends: Said | None = None
    titles: list[str] = Field(default_factory=list)
    """Words, as `engine.licences.match.words` gives them, by which its text is known even if it was not compared."""
    text: str | None = None
    """The file in `texts/`; None where we have no whole text."""
    text_end: str | None = None
    """What follows these words may be left out of a copy."""
    use_policy: str | None = None
    """The file in `texts/` of the use policy that belongs to it."""
    sources: Annotated[list[Source], Field(min_length=1)]
    not_verified: list[str] = Field(default_factory=list)

    @property
    def strictness(self) -> int:
        """How much it asks compared with others: 0 (open) to 6 (research only), then single demands."""
        demands = (self.user_cap, self.excluded, not self.improve_others, self.adult.stance == "prohibited")
        return 10 * _STRICTNESS[self.kind] + sum(map(bool, demands))


class Family(_Strict):
    """Models of a maker, known by their name on the hub."""

    name: str
    owners: list[str]
    licence: str
    base: str | None = None
    multimodal: bool = False
    basis: str = ""
    not_verified: bool = False


class Architecture(_Strict):
    """A `model_type` that only one maker's models have."""

    model_type: str
    licence: str
    multimodal: bool = False


class Tokenizer(_Strict):
    """A vocabulary that points to a family of licences, not to one."""

    model_type: str
    vocabulary: int
    tokens: list[str]
    """Special tokens that only these have, all of them together."""
    rope: str = ""
    """How only these stretch positions (`rope_type` of config.json)."""
    means: str
    licences: list[str]


class Families(_Strict):
    """`families/known.yaml`."""

    families: list[Family]
    architectures: list[Architecture]
    tokenizers: list[Tokenizer]


@cache
def load_terms(folder: Path = FOLDER) -> dict[str, Terms]:
    """All licences by id.

    Raises:
        SpecError: A file says something we cannot use, or a name stands for two licences; names file:line and key.
    """
    found: dict[str, Terms] = {}
    names: dict[str, str] = {}
    for file in sorted(folder.glob("*.yaml")):
        terms = _read(file)
        for name in {_plain(name) for name in (terms.id, *terms.aliases, terms.spdx or terms.id)}:
            other = names.setdefault(name, terms.id)
            if other != terms.id:
                raise SpecError(f"`{name}` stands for {other} and for {terms.id}.", str(file), "Rename one of them.")
        for text in (terms.text, terms.use_policy):
            if text and not (folder / "texts" / text).is_file():
                raise SpecError(f"The text `{text}` is missing.", str(file), "Put it into `texts/`.")
        found[terms.id] = terms
    return found


@cache
def load_families(folder: Path = FOLDER) -> Families:
    """What is known of models by their names.

    Raises:
        SpecError: The file says something we cannot use, or names a licence that has no file.
    """
    file = folder / "families" / "known.yaml"
    families = read_preset(Families, file)
    known = load_terms(folder)
    named = {entry.licence for entry in families.families} | {entry.licence for entry in families.architectures}
    if missing := sorted(named - set(known)):
        raise SpecError(f"There is no licence {', '.join(missing)}.", str(file), "Add its file, or correct the name.")
    return families


def _read(file: Path) -> Terms:
    """One file."""
    text = text_of(file)
    try:
        return Terms.model_validate(load_yaml(text))
    except (yaml.YAMLError, ValidationError):
        # The slow way knows the lines, so the message can name them.
        return parse_yaml_as(Terms, text, file)


def find_terms(name: str) -> Terms | None:
    """The licence that an id, an alias, an SPDX id or a name stands for; None where we know none of that name."""
    wanted = _plain(name)
    if wanted in _NOTHING:
        return None
    names = _names()
    return (
        names.get(wanted) or names.get(_short(wanted)) or names.get(_bare(wanted)) or names.get(_bare(_short(wanted)))
    )


def says_nothing(name: str) -> bool:
    """Whether a card that gives this as its licence says nothing."""
    return _plain(name) in _NOTHING


@cache
def _names() -> dict[str, Terms]:
    names: dict[str, Terms] = {}
    for terms in load_terms().values():
        for name in (terms.id, *terms.aliases, terms.spdx or "", terms.name):
            if name:
                names.setdefault(_plain(name), terms)
    short: dict[str, set[str]] = {}
    for name, terms in names.items():
        for other in (_short(name), _bare(name), _bare(_short(name))):
            short.setdefault(other, set()).add(terms.id)
    # Only where the words that were left out do not tell one licence from another.
    return {name: load_terms()[next(iter(ids))] for name, ids in short.items() if name and len(ids) == 1} | names


def _short(plain: str) -> str:
    """A plain name without the words that all licences share: `llama-3.1-community` is `llama-3.1`."""
    words = [re.sub(r"^v(?=\d)", "", word) for word in plain.split("-") if word not in _SHARED]
    return "-".join(dict.fromkeys(words))


def _bare(plain: str) -> str:
    """A plain name without signs between its letters: `apache2.0`, `llama-3-1` and `cc-by4.0` are written like that."""
    return re.sub(r"[^a-z0-9]+", "", plain)


def _plain(name: str) -> str:
    """As names are compared: `Apache License, Version 2.0` and `apache-license-version-2.0` are one."""
    return re.sub(r"[\s_,/()-]+", "-", name.strip().lower()).strip("-")


def family_of(name: str) -> Family | None:
    """The known family that a hub id, or the part behind its slash, belongs to."""
    short = re.sub(r"[\s_]+", "-", name.rpartition("/")[2].lower())
    for family in load_families().families:
        # A name alone never makes a licence open: that takes the makers' own page.
        counts = owner_of(name) in family.owners or load_terms()[family.licence].kind != "open" or family.base
        if counts and re.search(family.name, short):
            return family
    return None


def owner_of(name: str) -> str:
    """Whose a hub id is, in lower case; empty for a name without an owner."""
    return name.partition("/")[0].lower() if "/" in name else ""
