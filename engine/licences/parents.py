"""What a model says it was made from, in all the ways people write that down.

A base that is written in an odd way is still a base: overlooking it would let an open card stand for a model that is
bound by other terms. So every text at the places where bases stand is taken as the name of one, links and cache
folders are turned into hub ids, and where an adapter or a merge names none at all, that is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

_MAX_NAMES = 200
"""Names that are taken from one place; more are a list of something else."""
_MAX_NODES = 5_000
_IN_ENTRY = ("base_model", "model", "name", "id", "path", "repo", "repo_id", "model_id", "model_name")
"""Keys that hold a name where a base is written as a mapping."""
_LINK = re.compile(r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co|hf-mirror\.com)/(?:models/)?([^/\s]+/[^/?#\s]+)")
_CACHED = re.compile(r"models--([\w.-]+?)--([\w.-]+)(?:[/\\]|$)")
_OF_TAG = re.compile(r"base_model:(?:[a-z]+:)?([^:\s]+/[^:\s]+)")
_SEVERAL = re.compile(r"[,;\n+]")
_PATH = re.compile(r"[/~.]|[A-Za-z]:\\")
_BLOCK = re.compile(r"^```ya?ml[ \t]*\r?\n(.*?)^```", re.DOTALL | re.MULTILINE)
MERGE_FILE = re.compile(r"merge[\w.-]*\.ya?ml", re.IGNORECASE)
"""mergekit's settings, as it and its users call them."""


def hub_name(typed: str) -> str:
    """A hub id out of a link or a cache folder; anything else as it stands.

    `https://huggingface.co/a/b/tree/main` and `.../models--a--b/snapshots/0123` are both `a/b`.
    """
    plain = typed.strip().strip("`\"'<>")
    if found := _LINK.match(plain):
        return found[1]
    if found := _CACHED.search(plain):
        return f"{found[1]}/{found[2]}"
    return plain


def names_in(value: Any) -> list[str]:
    """The models that the value of `base_model` names: a text, a list, mappings, or these within each other."""
    names: list[str] = []
    for text in _texts(value):
        # mergekit writes an adapter on a model as model+adapter. A path is one name, whatever is in it.
        parts = [text] if _PATH.match(text.strip()) else _SEVERAL.split(text)
        names += [hub_name(part) for part in parts]
    return list(dict.fromkeys(name for name in names if name))[:_MAX_NAMES]


def card_bases(card: dict[str, Any]) -> list[str]:
    """The bases that a card's front matter names, also those among its tags (`base_model:adapter:a/b`)."""
    names = [name for key in ("base_model", "base_models", "base_model_name") for name in names_in(card.get(key))]
    tags = card.get("tags")
    listed = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    names += [found[1] for tag in listed if (found := _OF_TAG.fullmatch(tag.strip()))]
    return list(dict.fromkeys(names))


def card_kind(card: dict[str, Any]) -> str:
    """`adapter`, `merge` or `quantized` where the card says so; else empty."""
    relation = str(card.get("base_model_relation", "")).lower()
    if relation in ("adapter", "merge", "quantized"):
        return relation
    tags = card.get("tags")
    said = {tag.strip().lower() for tag in tags if isinstance(tag, str)} if isinstance(tags, list) else set()
    if said & {"merge", "mergekit"}:
        return "merge"
    return "adapter" if str(card.get("library_name", "")).lower() in ("peft", "adapter-transformers") else ""


def merged(content: Any) -> list[str]:
    """The models that mergekit's settings name, wherever they stand in it."""
    names: list[str] = []
    for node in _nodes(content):
        if isinstance(node, dict):
            names += [name for key in ("model", "base_model", "source_model") for name in names_in(node.get(key))]
    return list(dict.fromkeys(names))[:_MAX_NAMES]


def merges_in(text: str) -> list[str]:
    """The models in those YAML blocks of a card that are mergekit's settings."""
    names: list[str] = []
    for block in _BLOCK.findall(text):
        if "merge_method" in block or "source_model" in block:
            try:
                names += merged(yaml.safe_load(block))
            except (yaml.YAMLError, ValueError, RecursionError):
                continue
    return list(dict.fromkeys(names))


def _texts(value: Any) -> Iterator[str]:
    """Every text of a value that may be the name of a model."""
    for node in _nodes(value, _IN_ENTRY):
        if isinstance(node, str):
            yield node


def _nodes(value: Any, keys: tuple[str, ...] | None = None) -> Iterator[Any]:
    """A value and everything in it, each once: a few lines of YAML can stand for millions of entries.

    Of mappings only what stands under `keys` is followed where those are given.
    """
    waiting, seen, count = [value], set(), 0
    while waiting and count < _MAX_NODES:
        node = waiting.pop(0)
        count += 1
        yield node
        if not isinstance(node, list | dict) or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, list):
            waiting += node
        else:
            waiting += [part for key, part in node.items() if keys is None or key in keys]
