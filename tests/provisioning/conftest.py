"""The board as it is built, and as it is committed."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from fortuna_otel import provisioning

COMMITTED = Path(__file__).parents[2] / "grafana-provisioning" / "dashboards" / "fortuna.json"


@pytest.fixture(scope="session")
def board() -> dict[str, Any]:
    """The committed board."""
    loaded: dict[str, Any] = json.loads(COMMITTED.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="session")
def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    """Every panel, those in collapsed rows too."""
    return list(provisioning.panels(board))


@pytest.fixture(scope="session")
def several() -> dict[str, str | list[str]]:
    """A selection of several clients and markets."""
    return {
        "client": ["acme", "globex"],
        "exchange": ["binance", "okx"],
        "symbol": ["BTC/USDT", "ETH/USDT:USDT"],
        "account": ["mm-1", "mm-2"],
        "tag": ["core"],
        "reference": "USD",
        "asset": ["BTC", "USDT"],
        "interval": "15s",
        "one_client": "acme",
        "one_exchange": "binance",
        "one_symbol": "BTC/USDT",
        "one_account": "mm-1",
        "one_tag": "core",
        "today": str(int(time.time()) % 86400 or 60),
    }
