"""Everything that can find personal data, as Presidio recognisers in one table.

A profile names the ones that run. Presidio's own are kept where a checksum or a strict form backs them; those that
cost time are asked only about texts that can hold what they look for.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.errors import SpecError
from engine.privacy.presidio import EntityRecognizer, LocalRecognizer, NlpArtifacts, RecognizerResult, predefined
from engine.privacy.recognisers.addresses import address_recogniser
from engine.privacy.recognisers.births import birth_recogniser
from engine.privacy.recognisers.contacts import email_recogniser, phone_recogniser, wallet_recogniser
from engine.privacy.recognisers.handles import handle_recogniser
from engine.privacy.recognisers.names import name_recogniser
from engine.privacy.recognisers.numbers import number_recogniser
from engine.privacy.recognisers.patterns import contains, digit_runs, has_digit_run, has_digits, matches
from engine.privacy.recognisers.secrets import secret_recogniser

_OF_ANY_MACHINE = re.compile(
    r"127(?:\.\d{1,3}){3}|0\.0\.0\.0|255(?:\.(?:255|254|252|248|240|224|192|128|0)){3}"
    r"|::1?|1\.1\.1\.1|8\.8\.8\.8|8\.8\.4\.4"
)
_REGIONS = ("US", "GB", "DE", "FR", "IN", "BR", "AU", "ES", "IT", "SE", "PL")


class Gated(LocalRecognizer):  # type: ignore[misc]
    """A recogniser that is only asked about texts that pass a cheap test.

    Presidio's phone and address patterns take most of the time on texts that hold neither digits nor dots.
    """

    def __init__(self, inner: EntityRecognizer, needs: Callable[[str], bool]) -> None:
        self.inner, self.needs = inner, needs
        super().__init__(
            supported_entities=inner.supported_entities,
            name=inner.name,
            supported_language=inner.supported_language,
            context=inner.context,
        )
        # Presidio finds the recogniser of a result by this id when it looks for context words.
        self._id = inner.id

    def load(self) -> None:
        """The inner one is loaded already."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """What the inner recogniser finds, or nothing where it cannot find anything."""
        if not self.needs(text):
            return []
        found: list[RecognizerResult] = self.inner.analyze(text, entities, nlp_artifacts) or []
        return found


class Phones(Gated):
    """Presidio's phone numbers of many regions, asked only where our own rules leave a run of digits.

    Each region reads the text anew, which takes a sixth of the time of all rules; most numbers have a form that the
    rules know.
    """

    def __init__(self) -> None:
        self.rules = phone_recogniser()
        super().__init__(predefined.PhoneRecognizer(supported_regions=_REGIONS), has_digit_run)

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """What the rules find where that is every run of digits, else what Presidio finds."""
        if not self.needs(text):
            return []
        found: list[RecognizerResult] = self.rules.analyze(text, entities, nlp_artifacts)
        if all(any(one.start <= start and end <= one.end for one in found) for start, end in digit_runs(text)):
            return found
        return super().analyze(text, entities, nlp_artifacts)


class Addresses(Gated):
    """Presidio's addresses of the net, without those of every machine: 127.0.0.1, 0.0.0.0, ::1, masks."""

    def __init__(self) -> None:
        super().__init__(predefined.IpRecognizer(), matches(r"\d\.\d|:[0-9A-Fa-f]{0,4}:"))

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """What Presidio finds that says something about a machine."""
        found = super().analyze(text, entities, nlp_artifacts)
        return [one for one in found if _OF_ANY_MACHINE.fullmatch(text, one.start, one.end) is None]


_TABLE: dict[str, Callable[[], EntityRecognizer]] = {
    # Presidio's own, with checksums or strict forms
    "card": lambda: Gated(predefined.CreditCardRecognizer(), has_digits(12)),
    "iban": lambda: Gated(predefined.IbanRecognizer(), has_digits(8)),
    "us_ssn": lambda: Gated(predefined.UsSsnRecognizer(), has_digits(9)),
    "us_itin": lambda: Gated(predefined.UsItinRecognizer(), has_digits(9)),
    "us_bank": lambda: Gated(predefined.UsBankRecognizer(), has_digits(8)),
    "us_licence": lambda: Gated(predefined.UsLicenseRecognizer(), has_digits(4)),
    "us_passport": lambda: Gated(predefined.UsPassportRecognizer(), has_digits(8)),
    "medical_licence": lambda: Gated(predefined.MedicalLicenseRecognizer(), has_digits(7)),
    "uk_nhs": lambda: Gated(predefined.NhsRecognizer(), has_digits(10)),
    "uk_nino": lambda: Gated(predefined.UkNinoRecognizer(), has_digits(6)),
    "es_nif": lambda: Gated(predefined.EsNifRecognizer(supported_language="en"), has_digits(7)),
    "es_nie": lambda: Gated(predefined.EsNieRecognizer(supported_language="en"), has_digits(7)),
    "it_fiscal": lambda: Gated(predefined.ItFiscalCodeRecognizer(supported_language="en"), has_digits(6)),
    "pl_pesel": lambda: Gated(predefined.PlPeselRecognizer(supported_language="en"), has_digits(11)),
    "ip": Addresses,
    "mac": lambda: Gated(predefined.MacAddressRecognizer(), matches(r"[0-9A-Fa-f]{2}[:.\-][0-9A-Fa-f]{2}")),
    "email": lambda: Gated(predefined.EmailRecognizer(), contains("@")),
    "bitcoin": lambda: Gated(predefined.CryptoRecognizer(), has_digits(2)),
    "phone": Phones,
    "url": lambda: Gated(predefined.UrlRecognizer(), contains(".")),
    # our own
    "handle": handle_recogniser,
    "secret": secret_recogniser,
    "address": address_recogniser,
    "local_phone": phone_recogniser,
    "spelt_email": email_recogniser,
    "wallet": wallet_recogniser,
    "birth_date": birth_recogniser,
    "number": number_recogniser,
    "name_context": name_recogniser,
}


def recogniser_names() -> list[str]:
    """Every name a profile may list."""
    return list(_TABLE)


def make_recogniser(name: str) -> EntityRecognizer:
    """The recogniser of that name.

    Raises:
        SpecError: No such recogniser.
    """
    if name not in _TABLE:
        raise SpecError(
            f"There is no recogniser `{name}`.", "A redaction profile names it.", f"Known are: {', '.join(_TABLE)}."
        )
    return _TABLE[name]()
