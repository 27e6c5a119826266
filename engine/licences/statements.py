"""What a model's card, and the metadata of a GGUF file that says the same, state about the licence. Nothing is decided.

A name that nobody knows stays one: neither a link to an open licence beside it nor a second name makes it open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import yaml

from engine.licences.parents import hub_name
from engine.licences.terms import UNKNOWN, Terms, family_of, find_terms, load_terms, says_nothing
from engine.models.gguf_header import GgufHeader

_MAX_BASES = 40
_REPO = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_ALL_OF = re.compile(r"\s*[,;&+/]\s*|\s+and\s+", re.IGNORECASE)
_ONE_OF = re.compile(r"\s+or\s+", re.IGNORECASE)
_EXCEPTION = re.compile(r"\s+with\s+[\w.-]*exception[\w.-]*", re.IGNORECASE)
"""SPDX's `GPL-2.0-only WITH Classpath-exception-2.0`: an exception only ever allows more than the licence."""
_HEAD = re.compile(r"\ufeff?\s*---[ \t]*\r?\n(.*?\r?\n)??---[ \t]*(\r?\n|$)", re.DOTALL)
_KEY = re.compile(r"^[\"']?([A-Za-z_]+)[\"']?[ \t]*:", re.MULTILINE)


@dataclass(frozen=True)
class Statement:
    """Somebody's word on the licence of one model.

    Args:
        licence: Our id for it; `unknown` where we do not know it.
        said: As it was written.
        where: The file, and the field in it.
        weak: Whether it only names a licence, so that a whole text goes before it.
        like: For a text that was changed: the licence it reads like.
    """

    licence: str
    said: str
    where: str
    weak: bool = True
    like: str = ""


def front_matter(text: str) -> dict[str, Any]:
    """The YAML between the two `---` lines at the head of a card; empty when there is none.

    Raises:
        yaml.YAMLError: It is there, but cannot be read.
    """
    head = _HEAD.match(text)
    if head is None:
        if re.match(r"\ufeff?\s*---[ \t]*\r?\n", text):
            raise yaml.YAMLError("it has no second line of three dashes to end it")
        return {}
    block = head[1] or ""
    keys = [key.lower() for key in _KEY.findall(block)]
    for key in (("license", "licence"), ("license_name",), ("license_link",), ("base_model",)):
        # YAML's reader would keep the last one without a word; the hub takes such a block for broken.
        if sum(map(keys.count, key)) > 1:
            raise yaml.YAMLError(f"`{key[0]}` stands there twice")
    content = yaml.safe_load(block)
    if not isinstance(content, dict):
        return {}
    plain = {key.strip().lower() if isinstance(key, str) else str(key): value for key, value in content.items()}
    return {"license": plain["licence"], **plain} if "licence" in plain else plain


def gguf_card(header: GgufHeader) -> dict[str, Any]:
    """What a GGUF file's metadata says, as a card's front matter would say it."""
    keys = {
        "license": "general.license",
        "license_name": "general.license.name",
        "license_link": "general.license.link",
    }
    card: dict[str, Any] = {name: text for name, key in keys.items() if (text := header.text(key))}
    bases = []
    for number in range(_MAX_BASES):
        key = f"general.base_model.{number}"
        link = re.match(r"https?://[^/]+/([^/]+/[^/?#]+)", header.text(f"{key}.repo_url"))
        owner, name = header.text(f"{key}.organization"), header.text(f"{key}.name")
        bases.append(link[1] if link else f"{owner}/{name}".replace(" ", "-") if owner and name else name)
    # What it was converted from is a base like any other.
    for key in ("general.source.huggingface.repository", "general.source.repo_url"):
        name = hub_name(header.text(key))
        bases += [name] if _REPO.fullmatch(name) and name not in bases else []
    return {**card, **({"base_model": [base for base in bases if base]} if any(bases) else {})}


def card_statements(card: dict[str, Any], where: str = "README.md") -> list[Statement]:
    """What a card's front matter says: `license`, where that says nothing `license_name`, and `license_link`.

    A list of licences gives a statement each.
    """
    listed = card.get("license")
    values = [value for value in (listed if isinstance(listed, list) else [listed]) if isinstance(value, str)]
    said = _together([one for value in values for one in _stated(value, f"{where}: license", len(values) > 1)])
    name, link = card.get("license_name"), card.get("license_link")
    if isinstance(name, str):
        # Beside a licence that is known, a name counts only if it is that of another one.
        held = {one.licence for one in said}
        named = _stated(name, f"{where}: license_name")
        said += [one for one in named if not held or one.licence not in (*held, UNKNOWN)]
    if isinstance(link, str) and (terms := _linked(link)) and all(one.licence != terms.id for one in said):
        linked = Statement(terms.id, link, f"{where}: license_link: {link}")
        if terms.kind == "open":
            return _together([*said, linked])
        # The terms of a maker go by many names; where the link leads is telling, and stricter than the name.
        return [*(one for one in said if one.licence != UNKNOWN), linked]
    return said


def _together(said: list[Statement]) -> list[Statement]:
    """Of licences that hold together one that nobody knows is not outdone by one that is known."""
    if all(one.licence == UNKNOWN for one in said):
        return said
    return [replace(one, weak=False) if one.licence == UNKNOWN else one for one in said]


def _stated(value: str, where: str, listed: bool = False) -> list[Statement]:
    """What a written licence says: one statement, or one for each of several that hold together.

    `other` alone says nothing; in a list of licences it says that there are further terms.
    """
    if says_nothing(value):
        return [Statement(UNKNOWN, value, f"{where}: {value}")] if listed and value.strip() else []
    value = _EXCEPTION.sub("", value)
    terms = find_terms(value) or _linked(value)
    parts = [part for part in _ALL_OF.split(value) if part.strip()]
    if terms is None and len(parts) > 1 and any(find_terms(part) for part in parts):
        return _together([one for part in parts for one in _stated(part, where, listed=True)])
    choices = [find_terms(part.strip(" ()")) for part in _ONE_OF.split(value)]
    if terms is None and len(choices) > 1 and all(choices):
        # Whoever may choose takes the one that asks least.
        terms = min((one for one in choices if one), key=lambda one: one.strictness)
    # Other versions of a Creative Commons licence are not ours word for word, but alike in what they are about.
    kind = _CREATIVE_COMMONS.match(value.strip().lower()) if terms is None else None
    found = find_terms(f"cc-{kind[1].replace(' ', '-')}-4.0") if kind else None
    like = found.id if found else ""
    return [Statement(terms.id if terms else UNKNOWN, value, f"{where}: {value}", like=like)]


def _linked(link: str) -> Terms | None:
    """The licence whose own page a link is, or that of the maker's model whose licence file it is."""
    wanted = _address(link)
    if found := next((terms for terms in load_terms().values() if _address(terms.link) == wanted), None):
        return found
    if page := _PAGE.fullmatch(wanted):
        return find_terms(f"cc-{page['cc']}" if page["cc"] else page["id"])
    file = re.fullmatch(r"huggingface\.co/([^/]+/[^/]+)/(?:blob|raw|resolve)/[^/]+/[^/]*licen[cs]e[^/]*", wanted)
    family = family_of(file[1]) if file else None
    theirs = file and family and file[1].partition("/")[0] in family.owners
    return load_terms()[family.licence] if family and theirs else None


_CREATIVE_COMMONS = re.compile(r"cc[- ](by(?:[- ]nc)?(?:[- ](?:sa|nd))?)(?![\w])")
_PAGE = re.compile(
    r"creativecommons\.org/licenses/(?P<cc>by[a-z-]*/\d\.\d)(/.*)?|"
    r"(?:opensource\.org/licenses?|spdx\.org/licenses|choosealicense\.com/licenses)/(?P<id>[\w.+-]+)"
)
"""Pages about one licence: of Creative Commons, and of those who list licences by their SPDX ids."""


def _address(link: str) -> str:
    plain = re.sub(r"^https?://(www\.)?", "", link.strip().lower()).rstrip("/")
    return re.sub(r"\.(html?|txt|md)$", "", plain.split("#")[0])
