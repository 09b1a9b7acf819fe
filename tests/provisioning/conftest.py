"""The boards as they are committed."""

from __future__ import annotations

import time
from typing import Any

import pytest

from fortuna_otel import provisioning
from tests.provisioning.boards import committed


@pytest.fixture(scope="session")
def board() -> dict[str, Any]:
    """The desk's board. Where both are held to a rule, a module has a fixture of this name."""
    return committed("fortuna")


@pytest.fixture(scope="session")
def pipeline_board() -> dict[str, Any]:
    """The platform team's board."""
    return committed("fortuna-pipeline")


# For each test: kept longer, it would be that of the board that another module asked for.
@pytest.fixture
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
        "bar": "60",
    }
