"""Values that can be turned back or compared by whoever has the key: AES-SIV tokens, and keyed hashes.

AES-SIV (RFC 5297) with 256 bits for each of its two keys: it needs no random number, so the same value gives the same
token, and a token that was changed is refused. The type is authenticated with it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from engine.errors import UsageError

TOKEN = re.compile(r"<([A-Z][A-Z_]*):([A-Za-z0-9_-]{24,})>")
_SALT = 8
_HEX = 12
"""Letters of a hash: 48 bits, so two of a million values share one with a chance of 1 in 560."""


def seal(entity: str, value: str, key: bytes, salt: bytes = b"") -> str:
    """A token that holds the value.

    Args:
        entity: Its type, written before the token.
        value: What is hidden; kept to the letter.
        key: 64 bytes.
        salt: Makes tokens of different rows different; goes into the token. Empty: one token for one value.
    """
    padded = (salt + bytes(_SALT))[:_SALT]
    sealed = AESSIV(key).encrypt(value.encode("utf-8", "surrogatepass"), [entity.encode(), padded])
    return f"<{entity}:{base64.urlsafe_b64encode(padded + sealed).decode().rstrip('=')}>"


def unseal(text: str, key: bytes) -> str:
    """A text with every token turned back into its value.

    Raises:
        UsageError: A token was made with another key, or was changed.
    """

    def value(found: re.Match[str]) -> str:
        try:
            content = base64.urlsafe_b64decode(found[2] + "=" * (-len(found[2]) % 4))
            plain = AESSIV(key).decrypt(content[_SALT:], [found[1].encode(), content[:_SALT]])
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise UsageError(
                "A value cannot be turned back.",
                f"{found[0][:60]} was made with another key, or was changed.",
                "Use the project and the machine that made it.",
            ) from error
        return plain.decode("utf-8", "surrogatepass")

    return TOKEN.sub(value, text)


def hashed(entity: str, normal: str, key: bytes, salt: bytes = b"") -> str:
    """`<TYPE_hash>`: HMAC-SHA256 of type and normalised value, cut to 12 hexadecimal letters."""
    message = b"\x00".join([entity.encode(), salt, normal.encode("utf-8", "surrogatepass")])
    return f"<{entity}_{hmac.digest(key, message, 'sha256').hex()[:_HEX]}>"
