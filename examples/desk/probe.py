"""Ask Prometheus what the board asks, to know when there is something to look at."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

from fortuna_otel.provisioning.interpolate import panels, queries

if TYPE_CHECKING:
    from pathlib import Path

    from fortuna_otel.mandates import Mandates

TIMEOUT_SECONDS = 2.0
ANY = ".+"


def answers(url: str) -> bool:
    """Return whether a URL answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310 - ours
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


class Probe:
    """The open panels of the board, asked of one Prometheus with everything selected.

    A panel has data as soon as one of its queries answers with a sample: some of its columns,
    such as own fills, wait for something to happen.

    Args:
        prometheus: base URL, without a path.
        board: the dashboard's JSON file.
        mandates: whose books the board shows; its first one is the one with a ladder.
    """

    def __init__(self, prometheus: str, board: Path, mandates: Mandates) -> None:
        self._url = f"{prometheus}/api/v1/query"
        dashboard = json.loads(board.read_text(encoding="utf-8"))
        # A collapsed row asks nothing until it is opened.
        opened = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
        self.total = sum(1 for _ in panels({"panels": opened}))
        self._waiting: dict[str, list[str]] = {}
        for query in queries({"panels": opened}, _everything(mandates)):
            self._waiting.setdefault(query.panel, []).append(query.expr)

    def answered(self) -> int:
        """Return how many panels have had data by now."""
        self._waiting = {
            panel: expressions
            for panel, expressions in self._waiting.items()
            if not any(self._has_data(expression) for expression in expressions)
        }
        return self.total - len(self._waiting)

    def missing(self) -> list[str]:
        """Return the titles of the panels that never had data."""
        return list(self._waiting)

    def _has_data(self, expression: str) -> bool:
        url = f"{self._url}?{urllib.parse.urlencode({'query': expression})}"
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
                answer: Any = json.load(response)
        except (OSError, ValueError):
            return False
        return bool(answer["data"]["result"])


def _everything(mandates: Mandates) -> dict[str, str]:
    first = min(
        (book for book in mandates.books if book.mandate),
        key=lambda book: (book.client, book.venue, book.symbol, book.account, book.tag),
    )
    selected = dict.fromkeys(("client", "exchange", "symbol", "account", "tag", "asset"), ANY)
    return selected | {
        "reference": "USD",
        "interval": "15s",
        "one_client": first.client,
        "one_exchange": first.venue,
        "one_symbol": first.symbol,
        "one_account": first.account,
        "one_tag": first.tag,
        "today": str(max(60, int(time.time() % 86400))),
    }
