"""Terms as engines get them."""

from __future__ import annotations

import fortuna_otel
from fortuna_otel import DepthTerm, mandates
from fortuna_otel.mandates import Service
from fortuna_otel.testing import capture


def test_terms_are_what_an_engine_judges_by(good: str) -> None:
    """Spread, depth and the staleness of quotes become the SDK's own obligation."""
    (obligation,) = mandates.loads(good).obligations
    assert obligation.terms() == fortuna_otel.Obligation(
        mandate="acme-btc",
        client="acme",
        venue="binance",
        symbol="BTC/USDT",
        spread_max=0.004,
        depth=(
            DepthTerm(side="bid", band="0.5", amount=20_000.0),
            DepthTerm(side="ask", band="0.5", amount=20_000.0),
            DepthTerm(side="bid", band="2", amount=50_000.0),
            DepthTerm(side="ask", band="2", amount=40_000.0),
        ),
        staleness=10.0,
    )


def test_a_books_fields_declare_it_to_the_telemetry(good: str) -> None:
    """What the file says of a book is what `telemetry.book` and `obligation` take."""
    desk = mandates.loads(good)
    (book,) = desk.books
    (obligation,) = desk.obligations
    with capture("mm-majors", namespace="desk") as captured:
        declared = captured.telemetry.book(
            client=book.client,
            venue=book.venue,
            symbol=book.symbol,
            account=book.account,
            tag=book.tag,
            role=book.role,
            capital=book.capital,
        )
        captured.telemetry.obligation(obligation.terms()).attach(declared)
        assert captured.value("fortuna.book.info", client="acme") == 1.0


def test_a_service_has_the_two_names_prometheus_makes_one_of() -> None:
    """`job` is namespace/name, or the name alone."""
    service = Service("desk/mm-majors", ("quote",), ("acme",))
    assert (service.namespace, service.name) == ("desk", "mm-majors")
    alone = Service("mm-majors", ("quote",), ("acme",))
    assert (alone.namespace, alone.name) == ("", "mm-majors")
