"""The recognisers that are made of rules, one family at a time, for tests that say a text and what is found in it."""

from __future__ import annotations

from engine.privacy.recognisers.addresses import address_recogniser
from engine.privacy.recognisers.births import birth_recogniser
from engine.privacy.recognisers.contacts import email_recogniser, phone_recogniser, wallet_recogniser
from engine.privacy.recognisers.handles import handle_recogniser
from engine.privacy.recognisers.names import name_recogniser
from engine.privacy.recognisers.numbers import number_recogniser
from engine.privacy.recognisers.rules import RuleRecognizer
from engine.privacy.recognisers.secrets import secret_recogniser

FAMILIES: dict[str, RuleRecognizer] = {
    "handle": handle_recogniser(),
    "secret": secret_recogniser(),
    "address": address_recogniser(),
    "phone": phone_recogniser(),
    "email": email_recogniser(),
    "wallet": wallet_recogniser(),
    "birth": birth_recogniser(),
    "number": number_recogniser(),
    "name": name_recogniser(),
}


def found(family: str, text: str) -> set[str]:
    """The values that one family finds in a text."""
    return {text[hit.start : hit.end] for hit in FAMILIES[family].analyze(text, [])}
