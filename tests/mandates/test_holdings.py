"""What a client may hold, lose and borrow, and how its accounts may be treated."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from fortuna_otel import mandates
from fortuna_otel.mandates.desk import (
    AggregateDepth,
    Contact,
    HedgeLimit,
    Limits,
    Loan,
    MarketAlerts,
    UnexplainedLimit,
)
from fortuna_otel.mandates.terms import AlertFigure

if TYPE_CHECKING:
    from collections.abc import Callable

    Problems = Callable[[str], list[str]]

MORE = """\
    zone: Europe/Berlin
    hedge: {BTC: 2 BTC}
    loss: {week: 500 USD}
    unexplained: 50 USD
    aggregate: {BTC: {depth: {2 %: 100000 USD, 5 %: {bid: 200000 USD}}}}
    alerts: {SpreadOutOfBand: {page: {patience: 3 s}}}
    limits: {reject: 20 %, ack: 500 ms, ratelimit: 90 %}
    loans:
      - {lender: acme, principal: 500 BTC, rate: 0 %, expiry: 2027-06-30, strike: 90000 USD}
      - {lender: bank, principal: 9 BTC, rate: 4.5 %, from: 2026-01-01, expiry: 2026-12-31}
    contacts:
      - {role: client manager, name: Jane Doe, email: jane@example.com}
      - {role: treasury, chat: acme-treasury}
    accounts:
      binance/acme-mm:
        mismatch: {BTC: 0.001 BTC}
        limits: {margin: 60 %, gas: 20, reject: 10 %}
    books:
      - {venue: okx, symbol: BTC/USDT:USDT, account: hedge, tag: h, position: {max: 3 BTC}}
"""


def test_everything_a_client_may_have(good: str) -> None:
    """Each figure of the file becomes a field."""
    desk = mandates.loads(good + MORE, at=datetime(2026, 11, 1, tzinfo=UTC))
    assert desk.hedges == (HedgeLimit("acme", "BTC", 2.0),)
    assert desk.unexplained == (UnexplainedLimit("acme", 50.0, "USD"),)
    assert desk.aggregates == (
        AggregateDepth("acme", "BTC", "2", "bid", 100_000.0, "USD"),
        AggregateDepth("acme", "BTC", "2", "ask", 100_000.0, "USD"),
        AggregateDepth("acme", "BTC", "5", "bid", 200_000.0, "USD"),
    )
    assert desk.loans == (
        Loan(
            *("acme", "BTC", "acme", 500.0, 0.0),
            expiry=datetime(2027, 6, 30, 22, tzinfo=UTC),
            strike=90_000.0,
            currency="USD",
        ),
        Loan(
            *("acme", "BTC", "bank", 9.0, 0.045),
            expiry=datetime(2026, 12, 31, 23, tzinfo=UTC),
            start=datetime(2025, 12, 31, 23, tzinfo=UTC),
        ),
    )
    assert desk.clients[0].contacts == (
        Contact("client manager", "Jane Doe", "jane@example.com"),
        Contact("treasury", chat="acme-treasury"),
    )
    first, second = desk.accounts
    assert first.limits == Limits(0.1, 0.5, 0.9, 0.6, 20)
    assert first.mismatches == (("BTC", 0.001),)
    assert second.limits == Limits(0.2, 0.5, 0.9)
    assert desk.books[-1].position == 3.0


def test_alerts_reach_books_without_an_obligation(good: str) -> None:
    """A client's figures hold on its other markets too; where it has a promise, that one says."""
    desk = mandates.loads(good + MORE)
    figures = (AlertFigure("SpreadOutOfBand", "page", patience=3.0),)
    assert desk.markets == (MarketAlerts("acme", "okx", "BTC/USDT:USDT", figures),)
    assert desk.obligations[0].alerts == figures
    same = good + MORE.replace("okx, symbol: BTC/USDT:USDT", "binance, symbol: BTC/USDT")
    assert mandates.loads(same).markets == ()


def test_the_reference_currency_is_the_desks(good: str, problems: Problems) -> None:
    """One word under `defaults`, and all amounts of value are in it."""
    euros = good + MORE.replace(" USD", " EUR")
    assert mandates.loads(f"defaults: {{reference: EUR}}\n{euros}").reference == "EUR"
    assert [line.partition(";")[0].rpartition(": ")[2] for line in problems(euros)] == [
        f"`{amount} EUR` is not in USD, the reference currency"
        for amount in (500, 50, 100000, 200000, 90000)
    ]


@pytest.mark.parametrize(
    ("part", "by", "message"),
    [
        (
            "week: 500 USD",
            "week: 500 USDT",
            (
                "19: clients.acme.loss.week: `500 USDT` is not in USD, the reference currency;"
                " write the amount in USD, or `reference: USDT` under `defaults`"
            ),
        ),
        (
            "hedge: {BTC: 2 BTC}",
            "hedge: {BTC: 2 ETH}",
            "18: clients.acme.hedge.BTC: `2 ETH` is not in BTC; write the amount in BTC instead",
        ),
        (
            "200000 USD",
            "20000 USD",
            (
                "21: clients.acme.aggregate.BTC.depth.5 %.bid: asks for less within 5 % than within"
                " 2 %, although depth is counted from mid outwards;"
                " write at least as much, or remove the band"
            ),
        ),
        (
            "5 %: {bid: 200000 USD}",
            "200 bp: {bid: 100000 USD}",
            "21: clients.acme.aggregate.BTC.depth.200 bp: is the band of 2 % again; write it once",
        ),
        (
            "lender: bank",
            "lender: acme",
            (
                "26: clients.acme.loans[1]: is a second loan of BTC by acme, which would be one"
                " series with it; write their sum, or give each lender a label of its own, such as"
                " `acme-2`"
            ),
        ),
        (
            "expiry: 2026-12-31",
            "expiry: 2025-12-31",
            "26: clients.acme.loans[1].expiry: is not after its `from`; write when it ends",
        ),
        (
            "rate: 4.5 %",
            "rate: 0.045",
            (
                "26: clients.acme.loans[1].rate: `0.045` has no unit;"
                " write `4.5 %` or `450 bp` instead"
            ),
        ),
        (
            "rate: 4.5 %",
            "rate: 450 %",
            (
                "26: clients.acme.loans[1].rate: `450 %` is above 100 %;"
                " write such a rate a year instead"
            ),
        ),
        (
            ", expiry: 2026-12-31",
            "",
            "26: clients.acme.loans[1].expiry: is missing; write `expiry: 2027-06-30`",
        ),
        (
            ", chat: acme-treasury",
            "",
            ("29: clients.acme.contacts[1]: cannot be reached; write `email`, `phone` or `chat`"),
        ),
        (
            "mismatch: {BTC: 0.001 BTC}",
            "mismatch: {BTC: 0.001 ETH}",
            (
                "32: clients.acme.accounts.binance/acme-mm.mismatch.BTC: `0.001 ETH` is not in BTC;"
                " write the amount in BTC instead"
            ),
        ),
        (
            "gas: 20",
            "gas: 20 tx",
            (
                "33: clients.acme.accounts.binance/acme-mm.limits.gas: `20 tx` is not a whole"
                " number from 1 to 1000; write `3` instead"
            ),
        ),
        (
            "max: 3 BTC",
            "max: 3 USDT",
            (
                "35: clients.acme.books[0].position.max: `3 USDT` is not in BTC, the base of"
                " BTC/USDT:USDT; write the amount in BTC instead"
            ),
        ),
        (
            "lender: bank",
            "lender: The Bank",
            (
                "26: clients.acme.loans[1].lender: `The Bank` is not a label of up to 64 letters,"
                " digits, `-`, `_` and `.`; write `The-Bank` instead"
            ),
        ),
    ],
)
def test_what_does_not_fit_is_told(
    good: str, problems: Problems, part: str, by: str, message: str
) -> None:
    """Each mistake has its line, what is wrong, and what to write instead."""
    assert MORE.count(part) == 1
    assert problems(good + MORE.replace(part, by)) == [f"desk.yaml:{message}"]
