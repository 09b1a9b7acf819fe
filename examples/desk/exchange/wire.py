"""What both dialects share on the wire: exact decimals as text, keys, replies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping

USER_AGENT = "User-Agent"


@dataclass(frozen=True, slots=True)
class Key:
    """An API key of an account; `passphrase` where the venue wants one."""

    account: str
    secret: str
    passphrase: str = ""


def text(value: Decimal) -> str:
    """Return a decimal as venues write it: never with an exponent."""
    return format(value, "f")


def _default(value: object) -> str:
    if isinstance(value, Decimal):
        return text(value)
    raise TypeError(f"{type(value).__name__} has no place in a venue's answer")


def reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return a JSON response; decimals become text."""
    body = json.dumps(value, default=_default, separators=(",", ":")).encode()
    return web.Response(body=body, status=status, content_type="application/json", headers=headers)


def decimal(value: object) -> Decimal | None:
    """Return a finite decimal from a request's text, None where it is not one."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
