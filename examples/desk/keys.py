"""The demonstration's API keys: derived from the account's label, worth nothing anywhere."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client signs with; `password` is the passphrase of venues that want one."""

    api_key: str
    secret: str
    password: str


def credentials(venue: str, account: str) -> Credentials:
    """Return the keys that the local exchange gives an account; the same on every call."""
    return Credentials(
        api_key=f"demo-{account}",
        secret=_derived(venue, account, "secret"),
        password=_derived(venue, account, "passphrase")[:16],
    )


def _derived(venue: str, account: str, purpose: str) -> str:
    message = f"{venue}/{account}/{purpose}".encode()
    return hmac.new(b"fortuna demonstration desk", message, hashlib.sha256).hexdigest()
