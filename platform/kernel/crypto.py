"""Encryption of secrets at rest, with keys that rotate and never lie in the database."""

from __future__ import annotations

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from kernel.errors import N_, PlatformError


class KeyLost(PlatformError):
    """A stored secret was encrypted with a key that is no longer configured."""

    code = "crypto.key_lost"
    template = N_("A stored secret can't be decrypted: its key is missing from JIEPAI_ENCRYPTION_KEYS.")


@lru_cache(maxsize=4)
def box(keys: str) -> MultiFernet:
    """The cipher for a comma-separated list of Fernet keys: the first encrypts, all decrypt."""
    return MultiFernet([Fernet(key.strip()) for key in keys.split(",")])


def encrypt(text: str, *, keys: str) -> str:
    return box(keys).encrypt(text.encode()).decode("ascii")


def decrypt(token: str, *, keys: str) -> str:
    """Raises KeyLost when none of the keys fits."""
    try:
        return box(keys).decrypt(token.encode("ascii")).decode()
    except InvalidToken:
        raise KeyLost from None


def rotate(token: str, *, keys: str) -> str:
    """Encrypt again under the first key. Raises KeyLost when none of the keys fits."""
    try:
        return box(keys).rotate(token.encode("ascii")).decode("ascii")
    except InvalidToken:
        raise KeyLost from None
