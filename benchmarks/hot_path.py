# ruff: noqa: INP001  # a script, no package
"""What telemetry costs a trading thread, beside the stock OpenTelemetry SDK.

Run with `python benchmarks/hot_path.py`. Each figure is the best of interleaved rounds, so that a
busy machine disturbs both sides alike; the ratio is what to look at.
"""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING, Any

from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from fortuna_otel._log import Throttle
from fortuna_otel.export.registry import Registry
from fortuna_otel.export.render import Renderer
from fortuna_otel.signals import market
from fortuna_otel.testing import FakeClock, capture

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 9
SERIES = 10_000
SECOND = 1_000_000_000
M = {"symbol": "BTC/USDT", "base": "BTC", "quote": "USDT", "settle": ""}
BOOK = {"client": "acme", "account": "acme-mm", "tag": "core", "venue": "binance", **M}
LADDER = [(64_000.0 * (1.0 - 0.0002 * n), 0.3) for n in range(1, 11)]
ASKS = [(64_000.0 * (1.0 + 0.0002 * n), 0.3) for n in range(1, 11)]


def best(calls: int, *sides: Callable[[], Any]) -> list[float]:
    """Return the least nanoseconds a call of each side takes."""
    found = [float("inf")] * len(sides)
    for _ in range(ROUNDS):
        for index, side in enumerate(sides):
            started = time.perf_counter_ns()
            for _ in range(calls):
                side()
            found[index] = min(found[index], (time.perf_counter_ns() - started) / calls)
    return found


def show(what: str, ours: float, stock: float) -> None:
    """Print one comparison."""
    print(f"{what:<44}{ours / 1e3:>12.3f} us{stock / 1e3:>14.3f} us{stock / ours:>9.0f} x")


def setting_one() -> None:
    """Compare one gauge that is set."""
    registry = Registry(Throttle(FakeClock()))
    cell = registry.gauge(market.BID, venue="binance", **M)
    gauge = MeterProvider([InMemoryMetricReader()]).get_meter("stock").create_gauge("bid")
    labels = {"venue": "binance", **M}
    show(
        "set one gauge",
        *best(20_000, lambda: cell.set(64_000.0), lambda: gauge.set(64_000.0, labels)),
    )


def quoting() -> None:
    """Compare one new ladder of ten levels a side: 62 series of the board."""
    with capture() as desk:
        book = desk.telemetry.book(
            client="acme", venue="binance", symbol="BTC/USDT", account="acme-mm", tag="core"
        )
        gauge = MeterProvider([InMemoryMetricReader()]).get_meter("stock").create_gauge("quote")
        labels = [{**BOOK, "side": "bid", "level": str(n)} for n in range(62)]

        def stock() -> None:
            for series in labels:
                gauge.set(1.0, series)

        show(
            "tell a ladder of 10 levels a side",
            *best(300, lambda: book.quotes.update(bids=LADDER, asks=ASKS, mid=64_000.0), stock),
        )


def exporting() -> None:
    """Compare one export, from values to bytes."""
    registry = Registry(Throttle(FakeClock()))
    renderer = Renderer({"service.name": "mm"}, "fortuna_otel", "")
    reader = InMemoryMetricReader()
    gauge = MeterProvider([reader]).get_meter("stock").create_gauge("last")
    for number in range(SERIES):
        venue = f"v{number}"
        registry.gauge(market.LAST, venue=venue, **M).set(float(number))
        if number < 2000:  # beyond this the stock SDK folds series into one
            gauge.set(float(number), {"venue": venue, **M})
    ticks = iter(range(1, 10_000))

    def ours() -> None:
        now = next(ticks) * SECOND
        for request in renderer.requests(registry.families.values(), now, SECOND, 0):
            request.accepted()

    def stock() -> None:
        data = reader.get_metrics_data()
        assert data is not None  # noqa: S101
        encode_metrics(data).SerializeToString()

    ours()
    gc.collect()
    mine, theirs = best(1, ours, stock)
    show("export one series", mine / SERIES, theirs / 2000)


def main() -> None:
    """Print the table."""
    print(f"{'':<44}{'fortuna-otel':>15}{'stock SDK':>17}{'ratio':>11}")
    setting_one()
    quoting()
    exporting()


if __name__ == "__main__":
    main()
