"""Attribute values: what may become a label, and what may not."""

from __future__ import annotations

from functools import lru_cache

MAX_LENGTH = 128


def flaw(value: object) -> str | None:
    """Return what is wrong with an attribute value, or None if it is fine.

    A value is printable text of at most 128 characters without quotes: Grafana puts it between
    quotes into every query of a board, most versions as it is, so that one such name would end
    all of them. The empty string is fine here (`settle` of a spot market); who needs text asks
    for it with `require`.
    """
    if isinstance(value, str):
        return _flaw_of(value)
    return f"is {type(value).__name__}, not str"


@lru_cache(maxsize=4096)
def _flaw_of(text: str) -> str | None:
    """Return what is wrong with a text; the same few name thousands of series."""
    if len(text) > MAX_LENGTH:
        return f"has {len(text)} characters, at most {MAX_LENGTH} are allowed"
    if not text.isprintable():
        return "contains control characters"
    if "'" in text or '"' in text:
        return "contains a quote"
    return None


def require(**values: object) -> None:
    """Check the attributes of a declaration.

    Raises:
        ValueError: if a value is no text, is empty, too long, not printable or has a quote.
    """
    for name, value in values.items():
        problem = "is empty" if value == "" else flaw(value)
        if problem:
            raise ValueError(
                f"{name}={value!r:.60} {problem}: give a short printable label, "
                f"for example {name}={_EXAMPLES.get(name, 'main')!r}"
            )


_EXAMPLES = {
    "account": "acme-mm",
    "asset": "BTC",
    "capital": "client",
    "client": "acme",
    "currency": "USD",
    "mandate": "acme-btc-binance",
    "provider": "desk",
    "stream": "book",
    "tag": "core",
    "venue": "binance",
}
