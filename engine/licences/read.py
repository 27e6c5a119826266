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

from engine.errors import ModelError
from engine.licences.match import match_text, policy_of, words
from engine.licences.parents import MERGE_FILE, card_bases, card_kind, hub_name, merged, merges_in, names_in
from engine.licences.statements import Statement, card_statements, front_matter, gguf_card
from engine.licences.terms import UNKNOWN, load_families, load_terms, says_nothing
from engine.models.gguf_header import GgufArray, GgufHeader, read_gguf_header

_MAX_TEXT = 400_000
"""Bytes of a text that are looked at."""
_MAX_FILES = 40
_MAX_GGUF = 8
"""Of one folder; they are the same model in several sizes."""
_PART = re.compile(r"(.+)-(\d{5})(-of-\d{5}\.gguf)", re.IGNORECASE)
"""A GGUF file that was cut up; only the first part says what the model is."""
_TERMS_FILE = re.compile(r"(model[-_.]?)?(licen[cs]es?|copying)([-_. ].*)?", re.IGNORECASE)
_TERMS_TOO = re.compile(r"(terms|eula|legal)([-_ ][\w -]*)?(\.txt|\.md|\.text)?", re.IGNORECASE)
_POLICY_FILE = re.compile(
    r"(use|usage|acceptable|prohibited)[-_ ].*polic(y|ies).*|use[-_]?restrictions.*", re.IGNORECASE
)
_NOTICE_FILE = re.compile(r"(third[-_]party[-_])?notices?([-_. ].*)?", re.IGNORECASE)
_FOR_CODE = re.compile(r"licen[cs]e[-_. ]?code|code[-_. ]?licen[cs]e", re.IGNORECASE)
_TEXTS_FOLDER = re.compile(r"licen[cs]es", re.IGNORECASE)
"""Where REUSE wants the texts of all licences that hold for something in a repository."""
_NO_TERMS = (".py", ".json", ".jsonl", ".csv", ".js", ".sh", ".yaml", ".yml", ".png", ".jpg", ".safetensors", ".bin")
"""What is called after a licence and is none: programs, settings, pictures."""


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
        tokens: Special tokens that its tokenizer's settings name.
        rope: How its config.json stretches positions.
        multimodal: Whether it reads pictures or sound too; None: not said.
        kind: What sort of thing it is: `model`, `adapter`, `merge`, `quantized`, `gguf`.
        came: What config.json says it was loaded from: a hub id, or a path of the machine it was saved on.
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
    tokens: frozenset[str] = frozenset()
    rope: str = ""
    multimodal: bool | None = None
    kind: str = "model"
    came: str = ""

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
        reader = _Reader(path.parent, path.stem)
        reader.gguf(read_gguf_header(path), path)
        if (first := _first_part(path)) != path and first.is_file():
            reader.gguf(read_gguf_header(first), first)
        return reader.subject(alone=True)
    return _Reader(path, path.name).subject()


def read_beside(file: Path) -> Subject:
    """What the folder of a dataset says about it: front matter of its README, and licence texts.

    A dataset of the hub keeps its rows in a folder below its card, so a card one folder above counts too, with the
    texts beside it; a README without front matter there is that of something else.
    """
    folder = file if file.is_dir() else file.parent
    beside = _Reader(folder, file.name).subject(data=True)
    above = folder.absolute().parent
    if above == folder.absolute() or not _has_card(above) or (above / "config.json").exists():
        return beside
    over = _Reader(above, file.name).subject(data=True)
    return replace(
        beside,
        statements=(*beside.statements, *(replace(one, where=f"../{one.where}") for one in over.statements)),
        notes=(*beside.notes, *(f"../{note}" for note in over.notes)),
        texts={**beside.texts, **{f"../{name}": digest for name, digest in over.texts.items()}},
    )


def _has_card(folder: Path) -> bool:
    """Whether a README with front matter lies there, readable or not."""
    try:
        card = next((entry for entry in folder.iterdir() if entry.name.lower() == "readme.md"), None)
        if card is None or not card.is_file():
            return False
        with card.open("rb") as stream:
            return _decoded(stream.read(64)).lstrip("\ufeff \t\r\n").startswith("---")
    except OSError:
        return False


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
        self.tokens: frozenset[str] = frozenset()
        self.rope, self.came = "", ""
        self.multimodal: bool | None = None
        self.unsaid: list[Statement] = []
        """What the card gives as its licence and is none: `other`, `unknown`."""

    def subject(self, *, alone: bool = False, data: bool = False) -> Subject:
        """Read the folder; `alone`: only the texts beside a single file, `data`: beside a dataset."""
        listed = sorted(self.folder.iterdir())
        entries = [entry for entry in listed if entry.is_file()]
        card = next((entry for entry in entries if entry.name.lower() == "readme.md"), None)
        if card is not None:
            self._card(card)
        for entry in entries[:10_000]:
            if len(self.files) < _MAX_FILES:
                self._text(entry, data=data)
        for folder in (entry for entry in listed if _TEXTS_FOLDER.fullmatch(entry.name) and entry.is_dir()):
            for entry in sorted(folder.iterdir())[:_MAX_FILES]:
                if entry.is_file():
                    self._licence(entry)
        if data and not self.statements:
            # Beside somebody's own rows nothing need stand; but where a card speaks of other terms, there are some.
            self.statements += self.unsaid
        if not (alone or data):
            self._ggufs(entries)
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
            tokens=self.tokens,
            rope=self.rope,
            multimodal=self.multimodal,
            kind=self.kind,
            came=self.came,
        )

    def gguf(self, header: GgufHeader, file: Path) -> None:
        """Add what a GGUF file's metadata says."""
        kind, sort = header.text("general.architecture"), header.text("general.type")
        if sort in ("", "model"):
            self.model_type = kind
            known = load_families().architectures
            self.multimodal = bool(self.multimodal) or any(one.model_type == kind and one.multimodal for one in known)
        elif sort == "mmproj":
            self.multimodal = True
        if sort == "adapter" or header.text("adapter.type"):
            self.kind = "adapter"
        elif self.kind == "model":
            self.kind = "gguf"
        tokens = header.metadata.get("tokenizer.ggml.tokens")
        counted = tokens.count if isinstance(tokens, GgufArray) else None
        self.vocabulary = header.number(f"{kind}.vocab_size") or counted or self.vocabulary
        card = gguf_card(header)
        digest = hashlib.sha256(json.dumps(card, sort_keys=True).encode()).hexdigest()
        if digest not in self.texts.values():
            self.parents += card.get("base_model", [])
            self.statements += card_statements(card, file.name)
        self.names += [name for key in ("general.name", "general.basename") if (name := header.text(key))]
        self.texts[f"{file.name} (metadata)"] = digest

    def _ggufs(self, entries: list[Path]) -> None:
        """What the GGUF files of a folder say: each of a few, of one that was cut up its first part."""
        files = [entry for entry in entries if entry.suffix.lower() == ".gguf" and _first_part(entry) == entry]
        for file in files[:_MAX_GGUF]:
            try:
                self.gguf(read_gguf_header(file), file)
            except ModelError:
                self.notes.append(f"{file.name} is not whole or no GGUF file, so it says nothing")

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
        if config:
            inner = config.get("text_config")
            self.model_type = str(config.get("model_type") or _of_class(config.get("architectures")))
            parts = [part for part in (config, inner) if isinstance(part, dict)]
            sizes = [part.get("vocab_size") for part in parts]
            self.vocabulary = next((size for size in sizes if isinstance(size, int)), None)
            self.rope = next(filter(None, map(_stretching, parts)), "")
            self.multimodal = any(f"{part}_config" in config for part in ("vision", "audio", "speech", "image"))
        came = config.get("_name_or_path")
        if isinstance(came, str) and came:
            self.came = hub_name(came)
            self.names.append(came.rstrip("/").rpartition("/")[2])
        if "tokenizer_config.json" in names:
            self.tokens = _tokens_of(self._json("tokenizer_config.json"))
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
        self.texts[file.relative_to(self.folder).as_posix()] = digest.hexdigest()
        return _decoded(head[:_MAX_TEXT])


def _decoded(content: bytes) -> str:
    """The text in the bytes of a file: UTF-16 where its mark stands there, else UTF-8 with what is broken replaced."""
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    return content.decode("utf-16" if wide else "utf-8", "replace")


def _first_part(file: Path) -> Path:
    """Of a GGUF file that was cut up the first part, which alone says what it is; else the file itself."""
    found = _PART.fullmatch(file.name)
    return file.with_name(f"{found[1]}-00001{found[3]}") if found else file


def _stretching(config: dict[str, Any]) -> str:
    """How a config stretches positions: `llama3`, `yarn`; empty where it does not say it."""
    settings = config.get("rope_scaling") or config.get("rope_parameters")
    return str(settings.get("rope_type") or settings.get("type") or "") if isinstance(settings, dict) else ""


def _tokens_of(config: dict[str, Any]) -> frozenset[str]:
    """The special tokens of a tokenizer_config.json."""
    added = config.get("added_tokens_decoder")
    entries = list(added.values()) if isinstance(added, dict) else []
    entries += [config.get("bos_token"), config.get("eos_token")]
    texts = [entry.get("content") if isinstance(entry, dict) else entry for entry in entries]
    return frozenset(text for text in texts if isinstance(text, str))


def _of_class(classes: Any) -> str:
    """`gemma2` from `["Gemma2ForCausalLM"]`: what config.json calls the architecture where `model_type` is missing."""
    first = classes[0] if isinstance(classes, list) and classes else ""
    found = re.match(r"([A-Za-z0-9]+?)(For[A-Z]|LMHead|Model)", first) if isinstance(first, str) else None
    return found[1].lower() if found else ""
