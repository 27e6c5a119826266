"""The one door to Presidio and spaCy, with their traps removed. Everything in this room imports them from here.

- `tldextract`, which Presidio asks about every e-mail address, uses its bundled list of domains. Left alone it
  fetches one from publicsuffix.org, and hangs where a firewall swallows the packets.
- torch and transformers stay out. Both libraries load them when they find them, for parts that are not used here;
  that costs several seconds and about 300 MB before the first text is read.
- spaCy's command line stays out too, with the web clients that it brings.
- Presidio's log lines about every recogniser it loads are silenced; errors are not.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from types import ModuleType

_UNUSED = ("torch", "transformers", "stanza", "gliner", "tensorflow", "cupy")


@contextlib.contextmanager
def _without(names: tuple[str, ...]) -> Iterator[None]:
    """While the block runs, importing one of `names` fails as if it were not installed; what is loaded stays."""
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in hidden:
            if sys.modules.get(name, name) is None:
                del sys.modules[name]


@contextlib.contextmanager
def _without_commands() -> Iterator[None]:
    """While the block runs, spaCy finds an empty module in place of its command line.

    It imports that for one function, and with it the clients of the web: a fifth of all that is loaded here.
    """
    names = [name for name in ("spacy.cli", "spacy.cli.info") if name not in sys.modules and "spacy" not in sys.modules]
    for name in names:
        sys.modules[name] = ModuleType(name)
        sys.modules[name].__dict__.update(info=None, __path__=[])
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


os.environ.setdefault("PRESIDIO_DEVICE", "cpu")
with _without(_UNUSED), _without_commands():
    import presidio_analyzer
    import spacy
    import tldextract
    import tldextract.tldextract
    from presidio_analyzer import (
        AnalysisExplanation,
        AnalyzerEngine,
        EntityRecognizer,
        LocalRecognizer,
        RecognizerRegistry,
        RecognizerResult,
    )
    from presidio_analyzer import predefined_recognizers as predefined
    from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
    from presidio_analyzer.nlp_engine import NerModelConfiguration, NlpArtifacts, SpacyNlpEngine
    from spacy.language import Language
    from spacy.tokens import Doc, Span

tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
logging.getLogger("tldextract").setLevel(logging.ERROR)

__all__ = [
    "AnalysisExplanation",
    "AnalyzerEngine",
    "Doc",
    "EntityRecognizer",
    "Language",
    "LemmaContextAwareEnhancer",
    "LocalRecognizer",
    "NerModelConfiguration",
    "NlpArtifacts",
    "RecognizerRegistry",
    "RecognizerResult",
    "SpacyNlpEngine",
    "Span",
    "predefined",
    "presidio_analyzer",
    "spacy",
]
