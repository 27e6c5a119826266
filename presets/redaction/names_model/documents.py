# ruff: noqa: RUF001 (quotation marks as people type them)
"""Readers of novels, of GUM and of case reports: corpora that mark mentions of persons, not names alone.

A reader goes from a checkout and the name of a part to the documents of that part. What may or may not be the name of a
person is marked as `OTHER`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from presets.redaction.names_model.rows import Row, Span
from presets.redaction.names_model.sentences import (
    LOWER,
    OTHER,
    PERSON,
    UPPER,
    Document,
    cut,
    is_role,
    name_runs,
    named,
    part,
    placed,
    tagged_sentence,
)


def litbank(repository: Path, _: str) -> Iterator[Document]:
    """Pieces of English novels; of the persons mentioned only those with a proper name are marked."""
    for file in sorted((repository / "coref/tsv").glob("*.txt")):
        sentences = [line.split() for line in file.read_text(encoding="utf-8").splitlines()]
        mentions: dict[int, list[tuple[int, int]]] = {}
        for line in file.with_suffix(".ann").read_text(encoding="utf-8").splitlines():
            cells = line.split("\t")
            if cells[0] == "MENTION" and cells[7:9] == ["PER", "PROP"] and cells[2] == cells[4]:
                mentions.setdefault(int(cells[2]), []).append((int(cells[3]), int(cells[5])))
        yield [_litbank_sentence(words, mentions.get(number, [])) for number, words in enumerate(sentences)]


def _litbank_sentence(words: list[str], mentions: list[tuple[int, int]]) -> Row:
    row = tagged_sentence([word.strip("_") or "_" for word in words], ["O"] * len(words), set(), set())
    starts = placed(row.text, [word.strip("_") for word in words])
    spans: list[Span] = []
    for first, last in sorted(mentions, key=lambda mention: mention[0] - mention[1]):
        start, end = starts[first], starts[last] + len(words[last].strip("_"))
        runs = list(name_runs(row.text, start, end))
        spans += [(*run, OTHER if is_role(row.text[slice(*run)]) else PERSON) for run in runs[:1]]
    return Row(row.text, named(row.text, spans), False)


def french_litbank(repository: Path, _: str) -> Iterator[Document]:
    """Pieces of French novels; their mentions of persons are of all kinds, so names are told by their capitals."""
    files = sorted((repository / "brat/entities").glob("*.txt"))
    texts = {file: file.read_text(encoding="utf-8") for file in files}
    words = Counter(word for text in texts.values() for word in re.findall(r"[^\W\d_]+", text))
    common = {word for word, count in words.items() if word.islower() and count >= words[word.capitalize()] / 4}
    for file, text in texts.items():
        lines = file.with_suffix(".ann").read_text(encoding="utf-8").splitlines()
        found = [match for line in lines if (match := re.match(r"T\d+\t(\w+) (\d+) (\d+)\t", line))]
        mentions = sorted(
            {(int(match[2]), int(match[3]), match[1]) for match in found}, key=lambda one: one[1] - one[0]
        )
        row = Row(text, named(text, _french_names(text, mentions, common)), False)
        for start, end in ((match.start(), match.end()) for match in re.finditer(r"[^\n]+(?:\n[^\n]+)*", text)):
            paragraph = part(row, start, end)
            paragraph = Row(paragraph.text.replace("\n", " "), paragraph.spans, False)
            yield [one for one in cut(paragraph) if not _has_strange_capital(one, common)]


def _french_names(text: str, mentions: list[Span], common: set[str]) -> Iterator[Span]:
    """Capitals in mentions whose smallest mention is a person; of a people or a firm it is not asked."""
    seen: set[tuple[int, int]] = set()
    for start, end, kind in mentions:
        for run in name_runs(text, start, end):
            if any(begin < run[1] and run[0] < finish for begin, finish in seen):
                continue
            begins = re.search(r"(?:^|[\n.!?…:;(«»\"“—–-])[^\S\n]*$", text[max(0, run[0] - 3) : run[0]])
            word = text[slice(*run)]
            if begins and word.split()[0].lower() in common:
                continue
            seen.add(run)
            many = re.match(r"(?:un|une|des|les|ces|deux|cet|cette|quelques)\s", text[start:end], re.IGNORECASE)
            yield (*run, PERSON if kind == "PER" and not many and not is_role(word) else OTHER)


def _has_strange_capital(row: Row, common: set[str]) -> bool:
    """Whether a word with a capital is marked as nothing and is no word of the language: a name passed over."""
    return any(
        match[0].lower() not in common and not any(start <= match.start() < end for start, end, _ in row.spans)
        for match in re.finditer(rf"\b[{UPPER}][{LOWER}]+", row.text)
    )


SPOKEN, WRITTEN = ("interview", "court", "speech", "vlog"), ("news", "bio", "textbook", "voyage", "academic")
"""Genres of GUM; the others are for non-commercial use or without derivatives."""
_NOT_FREE = re.compile(r"santa-barbara-corpus|oertx\.highered")
"""Sources in those genres that are under other terms, or of which the terms are not known."""


def gum(genres: tuple[str, ...], repository: Path, which: str) -> Iterator[Document]:
    """Documents of GUM; marked is the proper name in the head of a mention of a person."""
    splits = re.split(r"^## (\w+)", (repository / "splits.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    listed = {name: set(re.findall(r"GUM_\w+", text)) for name, text in zip(splits[1::2], splits[2::2], strict=True)}
    for file in sorted((repository / "dep").glob("GUM_*.conllu")):
        text = file.read_text(encoding="utf-8")
        source = "".join(re.findall(r"# meta::sourceURL = (.*)", text))
        if file.stem in listed[which] and file.stem.split("_")[1] in genres and not _NOT_FREE.search(source):
            yield [_gum_sentence(block) for block in text.split("\n\n") if "# text = " in block]


def _gum_sentence(block: str) -> Row:
    text = re.findall(r"# text = (.*)", block)[0]
    cells = [line.split("\t") for line in block.splitlines() if re.match(r"\d+\t", line)]
    starts = placed(text, [line[1] for line in cells])
    inner: list[tuple[int, int]] = []
    spans: list[Span] = []
    for first, last, kind, heads in sorted(_gum_mentions(cells), key=lambda one: one[1] - one[0]):
        if kind != "person":
            inner.append((first, last))
            continue
        usable = [
            _is_proper(cells, number) and not any(a <= number <= b for a, b in inner)
            for number in range(first, last + 1)
        ]
        places = [head for head in heads if head < len(usable) and usable[head]]
        if not places:
            continue
        begin = finish = places[0]
        while begin and usable[begin - 1]:
            begin -= 1
        while finish + 1 < len(usable) and usable[finish + 1]:
            finish += 1
        start, end = starts[first + begin], starts[first + finish] + len(cells[first + finish][1])
        unsure = cells[first + finish][4] == "NNPS" or is_role(text[start:end])
        spans.append((start, end, OTHER if unsure else PERSON))
    return Row(text, named(text, spans, loosely=True), False)


def _is_proper(cells: list[list[str]], number: int) -> bool:
    """Whether a word is a proper noun, or the hyphen within one."""
    is_hyphen = cells[number][1] == "-" and 0 < number < len(cells) - 1
    around = (number - 1, number + 1) if is_hyphen else (number,)
    return all(cells[one][3] == "PROPN" for one in around)


def _gum_mentions(cells: list[list[str]]) -> Iterator[tuple[int, int, str, list[int]]]:
    """First and last word, kind, and the places of the head's words in each mention of a sentence."""
    waiting: list[tuple[str, int, str, list[int]]] = []
    for number, line in enumerate(cells):
        entity = re.search(r"Entity=([^|]+)", line[9])
        for match in re.finditer(r"\(([^()]+)(\)?)|([^()]+)\)", entity[1] if entity else ""):
            if match[1]:
                fields = match[1].split("-")
                heads = [int(one) - 1 for one in re.findall(r"\d+", fields[5] if len(fields) > 5 else "")]
                waiting.append((fields[0], number, fields[1], heads))
            if match[2] or match[3]:
                name = match[3] or waiting[-1][0]
                place = next((at for at in reversed(range(len(waiting))) if waiting[at][0] == name), None)
                if place is not None:
                    _, first, kind, heads = waiting.pop(place)
                    yield first, number, kind, heads


_MEDICAL = {
    "NOMBRE_SUJETO_ASISTENCIA": PERSON, "NOMBRE_PERSONAL_SANITARIO": PERSON, "CALLE": "ADDRESS",
    "CORREO_ELECTRONICO": "EMAIL", "NUMERO_TELEFONO": "PHONE", "NUMERO_FAX": "PHONE", "ID_SUJETO_ASISTENCIA": "ID",
    "ID_ASEGURAMIENTO": "ID", "ID_CONTACTO_ASISTENCIAL": "ID", "ID_TITULACION_PERSONAL_SANITARIO": "ID",
    "TERRITORIO": OTHER, "FECHAS": OTHER, "HOSPITAL": OTHER, "INSTITUCION": OTHER, "CENTRO_SALUD": OTHER,
}  # fmt: skip


def meddocan(repository: Path, which: str) -> Iterator[Document]:
    """Spanish case reports with invented patients; of the long middle without names only a part is read."""
    for file in sorted((repository / "corpus" / which / "brat").glob("*.txt")):
        text = file.read_text(encoding="utf-8")
        lines = file.with_suffix(".ann").read_text(encoding="utf-8").splitlines()
        found = [match for line in lines if (match := re.match(r"T\d+\t(\w+) (\d+) (\d+)\t", line))]
        spans = [(int(match[2]), int(match[3]), _MEDICAL[match[1]]) for match in found if match[1] in _MEDICAL]
        row = Row(text, named(text, spans), False)
        paragraphs = [part(row, match.start(), match.end()) for match in re.finditer(r"[^\n]+", text)]
        sentences = [sentence for paragraph in paragraphs for sentence in cut(paragraph)]
        yield [one for number, one in enumerate(sentences) if one.spans or number % 6 == 0]
