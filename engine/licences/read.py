"""What the small files of a model say about its licence and about the models it was made from. Nothing is decided here.

Read are the card's front matter, licence, notice and use-policy texts, config.json, adapter_config.json, mergekit's
settings and a GGUF file's metadata. Never weights, never the network. A file that cannot be read is reported as such;
it does not count as saying anything.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from engine.licences.match import match_text, policy_of, words
from engine.licences.parents import MERGE_FILE, card_bases, card_kind, hub_name, merged, merges_in, names_in
from engine.licences.terms import UNKNOWN, Terms, family_of, find_terms, load_families, load_terms, says_nothing
from engine.models.gguf_header import GgufArray, GgufHeader, read_gguf_header

_MAX_TEXT = 400_000
"""Bytes of a text that are looked at."""
_MAX_FILES = 40
_TERMS_FILE = re.compile(r"(model[-_.]?)?(licen[cs]es?|copying)([-_. ].*)?", re.IGNORECASE)
_TERMS_TOO = re.compile(r"(terms|eula|legal)([-_ ][\w -]*)?(\.txt|\.md|\.text)?", re.IGNORECASE)
_POLICY_FILE = re.compile(
    r"(use|usage|acceptable|prohibited)[-_ ].*polic(y|ies).*|use[-_]?restrictions.*", re.IGNORECASE
)
_NOTICE_FILE = re.compile(r"(third[-_]party[-_])?notices?([-_. ].*)?", re.IGNORECASE)
_REPO = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_ALL_OF = re.compile(r"\s*[,;&+]\s*|\s+and\s+", re.IGNORECASE)
_FOR_CODE = re.compile(r"licen[cs]e[-_. ]?code|code[-_. ]?licen[cs]e", re.IGNORECASE)
_NO_TERMS = (".py", ".json", ".jsonl", ".csv", ".js", ".sh", ".yaml", ".yml", ".png", ".jpg", ".safetensors", ".bin")
"""What is called after a licence and is none: programs, settings, pictures."""


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


@dataclass(frozen=True)
class Subject:
    """What the files of one model say.

    Args:
        name: Of the folder or file.
        statements: Words on its own licence.
        parents: Models it says it was made from: hub ids or paths.
        names: Further names it goes by, which may tell a family.
        notes: What could not be read, or reads strangely.
        texts: sha256 of every text looked at, by file name.
        files: The texts that have to go along with a copy: licence, notice, policy.
        model_type: Of config.json or the GGUF file.
        vocabulary: Its size in tokens.
        multimodal: Whether it reads pictures or sound too; None: not said.
        kind: What sort of thing it is: `model`, `adapter`, `merge`, `quantized`, `gguf`.
    """

    name: str
    where: Path
    statements: tuple[Statement, ...] = ()
    parents: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    model_type: str = ""
    vocabulary: int | None = None
    multimodal: bool | None = None
    kind: str = "model"

    @property
    def nameless(self) -> bool:
        """Whether it was made from other models and does not say from which."""
        return self.kind in ("adapter", "merge") and not self.parents


def read_subject(path: Path) -> Subject:
    """Everything the small files of a model folder, or a GGUF file and the files beside it, say.

    Raises:
        ModelError: The GGUF file is damaged.
        OSError: The folder cannot be listed.
    """
    if path.is_file():
        return _Reader(path.parent, path.stem).with_gguf(read_gguf_header(path), path).subject(alone=True)
    return _Reader(path, path.name).subject()


def read_beside(file: Path) -> Subject:
    """What the folder of a dataset says about it: front matter of its README, and licence texts."""
    return _Reader(file.parent, file.name).subject(data=True)


def front_matter(text: str) -> dict[str, Any]:
    """The YAML between the two `---` lines at the head of a card; empty when there is none.

    Raises:
        yaml.YAMLError: It is there, but cannot be read.
    """
    found = re.match(r"\ufeff?\s*---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(\r?\n|$)", text, re.DOTALL)
    if found is None:
        return {}
    for key in ("license", "base_model"):
        # YAML's reader would keep the last one without a word; the hub takes such a block for broken.
        if len(re.findall(rf"^{key}[ \t]*:", found.group(1), re.MULTILINE)) > 1:
            raise yaml.YAMLError(f"`{key}` stands there twice")
    content = yaml.safe_load(found.group(1))
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
    for number in range(min(int(header.number("general.base_model.count") or 0), _MAX_FILES)):
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
        said = [one for one in said if one.licence != UNKNOWN]
        said.append(Statement(terms.id, link, f"{where}: license_link: {link}"))
    return said


class _Reader:
    """Gathers what one folder says."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.statements: list[Statement] = []
        self.parents: list[str] = []
        self.names: list[str] = [name]
        self.notes: list[str] = []
        self.texts: dict[str, str] = {}
        self.files: list[Path] = []
        self.model_type, self.kind = "", "model"
        self.vocabulary: int | None = None
        self.multimodal: bool | None = None
        self.unsaid: list[Statement] = []
        """What the card gives as its licence and is none: `other`, `unknown`."""

    def subject(self, *, alone: bool = False, data: bool = False) -> Subject:
        """Read the folder; `alone`: only the texts beside a single file, `data`: beside a dataset."""
        entries = sorted(entry for entry in self.folder.iterdir() if entry.is_file())
        card = next((entry for entry in entries if entry.name.lower() == "readme.md"), None)
        if card is not None:
            self._card(card)
        for entry in entries[:10_000]:
            if len(self.files) < _MAX_FILES:
                self._text(entry, data=data)
        if data and not self.statements:
            # Beside somebody's own rows nothing need stand; but where a card speaks of other terms, there are some.
            self.statements += self.unsaid
        if not (alone or data):
            self._settings({entry.name for entry in entries})
        return Subject(
            name=self.name,
            where=self.folder,
            statements=tuple(self.statements),
            parents=tuple(dict.fromkeys(self.parents)),
            names=tuple(dict.fromkeys(self.names)),
            notes=tuple(self.notes),
            texts=self.texts,
            files=tuple(self.files),
            model_type=self.model_type,
            vocabulary=self.vocabulary,
            multimodal=self.multimodal,
            kind=self.kind,
        )

    def with_gguf(self, header: GgufHeader, file: Path) -> _Reader:
        """Add what a GGUF file's metadata says."""
        self.kind, self.model_type = "gguf", header.text("general.architecture")
        self.multimodal = any(
            one.model_type == self.model_type and one.multimodal for one in load_families().architectures
        )
        tokens = header.metadata.get("tokenizer.ggml.tokens")
        counted = tokens.count if isinstance(tokens, GgufArray) else None
        self.vocabulary = header.number(f"{self.model_type}.vocab_size") or counted
        card = gguf_card(header)
        self.parents += card.get("base_model", [])
        self.statements += card_statements(card, file.name)
        said = json.dumps(card, sort_keys=True)
        self.texts[f"{file.name} (metadata)"] = hashlib.sha256(said.encode()).hexdigest()
        self.names += [name for key in ("general.name", "general.basename") if (name := header.text(key))]
        return self

    def _card(self, file: Path) -> None:
        text = self._take(file)
        try:
            card = front_matter(text)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            line = f":{mark.line + 2}" if mark else ""
            self.notes.append(f"{file.name}{line}: the block at its head is not valid YAML, so it says nothing")
            return
        self.statements += card_statements(card, file.name)
        said = card.get("license")
        if isinstance(said, str) and said.strip() and says_nothing(said):
            self.unsaid.append(Statement(UNKNOWN, said, f"{file.name}: license: {said}"))
        self.kind = card_kind(card) or self.kind
        self.parents += card_bases(card) + merges_in(text)

    def _text(self, file: Path, *, data: bool) -> None:
        name = file.name
        if _FOR_CODE.search(name):
            self.notes.append(f"{name} is for the code, so it does not count for the model")
        elif _NOTICE_FILE.fullmatch(name):
            self.files.append(file)
            plain = " ".join(words(self._take(file)))
            for terms in load_terms().values():
                notice = terms.attribution.notice
                if notice and " ".join(words(notice)) in plain:
                    self.statements.append(Statement(terms.id, notice, f"{name}: the notice of the {terms.name}"))
        elif _POLICY_FILE.fullmatch(name):
            self.files.append(file)
            if found := policy_of(self._take(file)):
                self.statements.append(Statement(found.id, name, f"{name}: the use policy of the {found.name}"))
        elif _TERMS_FILE.fullmatch(name) or (_TERMS_TOO.fullmatch(name) and not data):
            self._licence(file)

    def _licence(self, file: Path) -> None:
        if file.suffix.lower() in _NO_TERMS:
            return
        self.files.append(file)
        text = self._take(file)
        if "\x00" in text[:2000]:
            why = f"{file.name}: it is not a plain text"
            self.statements.append(Statement(UNKNOWN, UNKNOWN, why, weak=False))
            return
        found = match_text(text)
        self.notes += [f"{file.name} {found.note}"] if found.how == "changed" else []
        where = f"{file.name}: {found.note}"
        like = found.like if found.how == "changed" else ""
        self.statements.append(Statement(found.licence, found.licence, where, weak=found.how == "name", like=like))
        self.statements += [
            Statement(other, other, f"{file.name}: the text of {other} stands in it too", weak=False)
            for other in found.others
        ]

    def _settings(self, names: set[str]) -> None:
        config = self._json("config.json") if "config.json" in names else {}
        inner = config.get("text_config")
        self.model_type = str(config.get("model_type") or _of_class(config.get("architectures")))
        sizes = [part.get("vocab_size") for part in (config, inner) if isinstance(part, dict)]
        self.vocabulary = next((size for size in sizes if isinstance(size, int)), None)
        if config:
            self.multimodal = any(f"{part}_config" in config for part in ("vision", "audio", "speech", "image"))
        came = config.get("_name_or_path")
        if isinstance(came, str) and came:
            self.names.append(came.rstrip("/").rpartition("/")[2])
        if "adapter_config.json" in names:
            base = self._json("adapter_config.json").get("base_model_name_or_path")
            self.kind = "adapter"
            self.parents += names_in(base)
        for name in sorted(filter(MERGE_FILE.fullmatch, names)):
            self.kind = "merge"
            try:
                self.parents += merged(yaml.safe_load(self._take(self.folder / name)))
            except (yaml.YAMLError, ValueError, RecursionError):
                self.notes.append(f"{name} is not valid YAML, so what was merged is not known")

    def _json(self, name: str) -> dict[str, Any]:
        try:
            content = json.loads((self.folder / name).read_bytes())
        except (ValueError, RecursionError):
            self.notes.append(f"{name} cannot be read")
            return {}
        return content if isinstance(content, dict) else {}

    def _take(self, file: Path) -> str:
        """The text of a file, up to a limit, and the hash of all of it noted."""
        digest, head = hashlib.sha256(), b""
        with file.open("rb") as stream:
            while block := stream.read(1024 * 1024):
                digest.update(block)
                head = head if len(head) >= _MAX_TEXT else head + block
        self.texts[file.name] = digest.hexdigest()
        wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
        return head[:_MAX_TEXT].decode("utf-16" if wide else "utf-8", "replace")


def _of_class(classes: Any) -> str:
    """`gemma2` from `["Gemma2ForCausalLM"]`: what config.json calls the architecture where `model_type` is missing."""
    first = classes[0] if isinstance(classes, list) and classes else ""
    found = re.match(r"([A-Za-z0-9]+?)(For[A-Z]|LMHead|Model)", first) if isinstance(first, str) else None
    return found[1].lower() if found else ""


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
    terms = find_terms(value) or _linked(value)
    parts = [part for part in _ALL_OF.split(value) if part.strip()]
    if terms is None and len(parts) > 1 and any(find_terms(part) for part in parts):
        return _together([one for part in parts for one in _stated(part, where, listed=True)])
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
