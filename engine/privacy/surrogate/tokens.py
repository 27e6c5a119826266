"""Made-up secrets and wallets: the vendor's prefix, the length and the kinds of signs stay; they open nothing."""

from __future__ import annotations

import re

from engine.privacy.surrogate.keyed import Draw, Keyed

_PREFIX = re.compile(
    r"(?:sk-(?:proj|ant|live|test|demo|or|svcacct)[-_](?:api\d\d-)?|sk-|[spr]k_(?:live|test)_|gh[pousr]_|github_pat_|glpat-|xox[abeprs]-"
    r"|AKIA|ASIA|AIza|hf_|npm_|pypi-|dop_v1_|SG\.|shp(?:at|ca|pa|ss)_|whsec_|ya29\.|eyJ|Bearer\s+)"
)
_LINES = re.compile(r"-----(?:BEGIN|END) [A-Z0-9 ]+-----")
_RUN = re.compile(r"[A-Za-z0-9]{7,}")
_HEX = re.compile(r"[0-9a-fA-F]+")
_WALLET = re.compile(r"0x|bc1[qp]?|ltc1q?|tb1q?|[13LMDrTX](?=[1-9A-HJ-NP-Za-km-z]{24,})|addr1|cosmos1|[48](?=\w{90,})")
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def secret(value: str, keyed: Keyed, attempt: int) -> str | None:
    """A password or key: every sign is drawn anew in its class, and EXAMPLE stands in the first run it fits into.

    Values of hexadecimal digits or of digits only keep to these and carry no EXAMPLE.
    """
    draw = keyed.draw("secret", value, attempt)
    found = _PREFIX.match(value)
    prefix, body = (found.group(), value[found.end() :]) if found else ("", value)
    if not body:
        return None
    if body in (body.lower(), body.upper()) and _HEX.fullmatch(body) and any(letter.isdecimal() for letter in body):
        return prefix + "".join(_hexadecimal(letter, draw) for letter in body)
    frame = [found.span() for found in _LINES.finditer(body)]
    made = "".join(
        letter if any(start <= at < end for start, end in frame) else draw.like(letter)
        for at, letter in enumerate(body)
    )
    for run in _RUN.finditer(made):
        if not any(start < run.end() and run.start() < end for start, end in frame):
            word = "example" if body == body.lower() else "EXAMPLE"
            return prefix + made[: run.start()] + word + made[run.start() + 7 :]
    return prefix + made


def _hexadecimal(letter: str, draw: Draw) -> str:
    if letter.isdecimal():
        return draw.pick("0123456789")
    return draw.pick("ABCDEF" if letter.isupper() else "abcdef") if letter.casefold() in "abcdef" else letter


def wallet(value: str, keyed: Keyed, attempt: int) -> str | None:
    """An address of the same chain and length. Its checksum is wrong, so that nothing can be sent there."""
    draw = keyed.draw("wallet", value, attempt)
    found = _WALLET.match(value)
    start = found.end() if found else 0
    if value.startswith("0x"):
        return "0x" + "".join(_hexadecimal(letter, draw) for letter in value[2:])
    alphabet = _BECH32 if found and found.group().startswith(("bc1", "ltc1", "tb1", "addr1", "cosmos1")) else _BASE58
    return value[:start] + "".join(draw.pick(alphabet) if letter.isalnum() else letter for letter in value[start:])
