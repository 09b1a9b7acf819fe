"""The series of a file, exactly."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

from fortuna_otel import mandates
from fortuna_otel.mandates.series import series
from fortuna_otel.signals import BY_NAME
from fortuna_otel.signals import mandates as signals

NOW = datetime(2026, 12, 1, 10, 30, tzinfo=UTC)

MORE = """\
    loss: {day: 1000 USD}
    hedge: {BTC: 2 BTC}
    unexplained: 50 USD
    aggregate: {BTC: {depth: {2 %: {bid: 9000 USD}}}}
    alerts: {SpreadOutOfBand: {page: {patience: 3 s}}}
    loans: [{lender: lend, principal: 5 BTC, rate: 4 %, expiry: 2026-12-31, strike: 9 USD}]
    books: [{venue: okx, symbol: A/USDT, account: hedge, tag: h, position: {max: 3 A}}]
    accounts:
      binance/acme-mm:
        mismatch: {BTC: 0.001 BTC}
        limits: {reject: 20 %, ack: 500 ms, ratelimit: 90 %, margin: 60 %, gas: 20}
        float:
          BTC: {min: 1 BTC, max: 9 BTC}
          USDT: {min: 100 USDT}
"""

MARKET = 'venue="binance",symbol="BTC/USDT",base="BTC",quote="USDT",settle=""'
OWN = 'venue="okx",symbol="A/USDT",base="A",quote="USDT",settle=""'
ALERT = 'alert="SpreadOutOfBand",severity="page"'
TOGETHER = 'client="acme",asset="BTC",side="bid",band="2"'
DEFAULTS = "defaults: {alerts: {VenueDown: {page: {patience: 9 s, tolerance: 40 %}}}}\n"
PROMISE = f'mandate="acme-btc",client="acme",{MARKET}'

EXPECTED = f"""\
fortuna.mandate.info{{{PROMISE},tier="liquid",capital="client",version="1"}} 1.0
fortuna.mandate.scheduled{{{PROMISE}}} 1.0
fortuna.mandate.presence{{{PROMISE},side="bid"}} 1.0
fortuna.mandate.presence{{{PROMISE},side="ask"}} 1.0
fortuna.mandate.spread.min{{{PROMISE}}} 0.0001
fortuna.mandate.spread.target{{{PROMISE}}} 0.002
fortuna.mandate.spread.max{{{PROMISE}}} 0.004
fortuna.mandate.depth.min{{{PROMISE},side="bid",band="0.5"}} 20000.0
fortuna.mandate.depth.min{{{PROMISE},side="ask",band="0.5"}} 20000.0
fortuna.mandate.depth.min{{{PROMISE},side="bid",band="2"}} 50000.0
fortuna.mandate.depth.min{{{PROMISE},side="ask",band="2"}} 40000.0
fortuna.mandate.uptime.min{{{PROMISE},term="all"}} 0.95
fortuna.mandate.uptime.window{{{PROMISE},term="all"}} 86400.0
fortuna.mandate.staleness.max{{{PROMISE},feed="market"}} 5.0
fortuna.mandate.staleness.max{{{PROMISE},feed="quotes"}} 10.0
fortuna.mandate.staleness.max{{{PROMISE},feed="orders"}} 30.0
fortuna.mandate.staleness.max{{{PROMISE},feed="lag"}} 2.0
fortuna.mandate.patience{{{PROMISE},{ALERT}}} 3.0
fortuna.mandate.book{{client="acme",account="acme-mm",tag="core",{MARKET},role="quote"}} 1.0
fortuna.mandate.book{{client="acme",account="hedge",tag="h",{OWN},role="hedge"}} 1.0
fortuna.mandate.position.max{{client="acme",account="hedge",tag="h",{OWN}}} 3.0
fortuna.mandate.balances.staleness.max{{client="acme",venue="binance",account="acme-mm"}} 120.0
fortuna.mandate.float.min{{client="acme",venue="binance",account="acme-mm",asset="BTC"}} 1.0
fortuna.mandate.float.max{{client="acme",venue="binance",account="acme-mm",asset="BTC"}} 9.0
fortuna.mandate.float.min{{client="acme",venue="binance",account="acme-mm",asset="USDT"}} 100.0
fortuna.mandate.mismatch.max{{client="acme",venue="binance",account="acme-mm",asset="BTC"}} 0.001
fortuna.mandate.reject.max{{client="acme",venue="binance",account="acme-mm"}} 0.2
fortuna.mandate.ack.max{{client="acme",venue="binance",account="acme-mm"}} 0.5
fortuna.mandate.ratelimit.max{{client="acme",venue="binance",account="acme-mm"}} 0.9
fortuna.mandate.margin.max{{client="acme",venue="binance",account="acme-mm"}} 0.6
fortuna.mandate.gas.min{{client="acme",venue="binance",account="acme-mm"}} 20.0
fortuna.mandate.balances.staleness.max{{client="acme",venue="okx",account="hedge"}} 120.0
fortuna.mandate.patience{{mandate="",client="acme",{OWN},{ALERT}}} 3.0
fortuna.mandate.desk.patience{{alert="VenueDown",severity="page"}} 9.0
fortuna.mandate.desk.tolerance{{alert="VenueDown",severity="page"}} 0.4
fortuna.mandate.exposure.target{{client="acme",asset="BTC"}} 4.0
fortuna.mandate.exposure.limit{{client="acme",asset="BTC"}} 1.0
fortuna.mandate.exposure.tolerance{{client="acme",asset="BTC"}} 0.5
fortuna.mandate.hedge.limit{{client="acme",asset="BTC"}} 2.0
fortuna.mandate.loss.limit{{client="acme",window="day",currency="USD"}} 1000.0
fortuna.mandate.unexplained.max{{client="acme",currency="USD"}} 50.0
fortuna.mandate.aggregate.depth.min{{{TOGETHER},currency="USD"}} 9000.0
fortuna.loan.principal{{client="acme",asset="BTC",lender="lend"}} 5.0
fortuna.loan.rate{{client="acme",asset="BTC",lender="lend"}} 0.04
fortuna.loan.expiry.timestamp{{client="acme",asset="BTC",lender="lend"}} 1798761600.0
fortuna.loan.strike{{client="acme",asset="BTC",lender="lend",currency="USD"}} 9.0
fortuna.mandate.service{{service="desk/mm-majors",loop="quote",client="acme"}} 1.0
"""


def lines(text: str) -> list[str]:
    """Return the series of a file as text, in their order."""
    return [
        f"{key.name}{{"
        + ",".join(
            f'{name}="{value}"'
            for name, value in zip(BY_NAME[key.name].attributes, key.attributes, strict=True)
        )
        + f"}} {value}"
        for key, value in series(mandates.loads(text), NOW).items()
    ]


def test_a_file_becomes_exactly_these_series(good: str) -> None:
    """Every figure of the file is one series, with the attributes of its signal."""
    assert lines(DEFAULTS + good + MORE) == EXPECTED.splitlines()


WHOLE_ONLY = f"""\
fortuna.mandate.outage.max{{{PROMISE}}} 1800.0
fortuna.mandate.uptime.min{{{PROMISE},term="presence"}} 0.95
fortuna.mandate.uptime.window{{{PROMISE},term="presence"}} 2678400.0
fortuna.mandate.uptime.min{{{PROMISE},term="spread"}} 0.95
fortuna.mandate.uptime.window{{{PROMISE},term="spread"}} 2678400.0
fortuna.mandate.uptime.min{{{PROMISE},term="depth"}} 0.95
fortuna.mandate.uptime.window{{{PROMISE},term="depth"}} 2678400.0
fortuna.mandate.uptime.min{{{PROMISE},term="levels"}} 0.9
fortuna.mandate.uptime.window{{{PROMISE},term="levels"}} 2678400.0
fortuna.mandate.uptime.start.timestamp{{{PROMISE}}} 1796079600.0
fortuna.mandate.volume.min{{{PROMISE},window="day"}} 1000000.0
fortuna.mandate.volume.max{{{PROMISE},window="day"}} 9000000.0
fortuna.mandate.volume.min{{{PROMISE},window="month"}} 5000.0
fortuna.mandate.patience{{{PROMISE},alert="SpreadTooWide",severity="page"}} 120.0
fortuna.mandate.patience{{{PROMISE},alert="DepthBelowMandate",severity="page"}} 90.0
fortuna.mandate.tolerance{{{PROMISE},alert="DepthBelowMandate",severity="page"}} 0.7
fortuna.mandate.tolerance{{{PROMISE},alert="DepthBelowMandate",severity="ticket"}} 1.5
"""


def test_everything_that_may_be_promised_has_its_series(whole: str) -> None:
    """Outage, windows of the calendar, volumes and figures of alerts; December has 31 days."""
    kinds = ("outage", "uptime", "volume", "patience", "tolerance")
    told = [line for line in lines(whole) if line.split(".")[2].split("{")[0] in kinds]
    assert told == WHOLE_ONLY.splitlines()


def test_depth_is_exported_in_quote_units_alone(whole: str) -> None:
    """Depth in base units or another currency is worth what the engine says it is."""
    depths = [line for line in lines(whole) if "depth.min" in line]
    assert [line.partition("side=")[2] for line in depths] == [
        '"bid",band="0.5"} 20000.0',
        '"ask",band="0.5"} 20000.0',
    ]


def test_one_side_is_present_alone(good: str) -> None:
    """Where bids are promised, nobody waits for asks."""
    spread = "        spread: {min: 1 bp, target: 20 bp, max: 0.4 %}\n"
    text = good.replace(spread, "        presence: bid\n")
    told = [line for line in lines(text) if "presence" in line or "depth" in line]
    assert all('side="bid"' in line for line in told)
    assert len(told) == 3


def test_people_are_in_no_series(whole: str) -> None:
    """Parties, contacts, approvers and evidence stay in the file."""
    contact = "contacts: [{role: treasury, name: Jane Doe, email: jane@example.com}]"
    text = whole.replace("    zone:", f"    {contact}\n    zone:")
    for told in lines(text):
        for text in ("Jane", "example.com", "treasury", "J. Doe", "mail", "Fortuna Desk Ltd"):
            assert text not in told


def test_what_is_not_set_has_no_series(good: str) -> None:
    """A threshold that nobody agreed is absent, never 0."""
    text = good.replace("min: 1 bp, target: 20 bp, max: 0.4 %", "target: 20 bp").replace(
        "tolerance: 0.5 BTC, ", ""
    )
    names = {line.partition("{")[0] for line in lines(text)}
    assert "fortuna.mandate.spread.target" in names
    assert not names & {
        "fortuna.mandate.spread.min",
        "fortuna.mandate.spread.max",
        "fortuna.mandate.exposure.tolerance",
        "fortuna.mandate.float.min",
        "fortuna.mandate.loss.limit",
    }


def test_a_maintenance_window_begins_and_ends(good: str) -> None:
    """An obligation counts until the first instant of a window and from its last one on."""
    window = "{from: 2026-12-01T10:00:00Z, to: 2026-12-01T11:00:00+00:00, reason: listing}"
    text = good.replace("venue: binance", f"venue: binance\n        maintenance: [{window}]")
    (obligation,) = mandates.loads(text).obligations
    times = {
        datetime(2026, 12, 1, 9, 59, 59, tzinfo=UTC): True,
        datetime(2026, 12, 1, 10, tzinfo=UTC): False,
        datetime(2026, 12, 1, 10, 59, 59, tzinfo=UTC): False,
        datetime(2026, 12, 1, 11, tzinfo=UTC): True,
    }
    assert {time: obligation.scheduled(time) for time in times} == times
    (line,) = [line for line in lines(text) if "scheduled" in line]
    assert line.endswith(" 0.0")


def test_every_value_of_a_closed_set_is_one_of_it() -> None:
    """What the example exports uses no side, band, term, tier or feed the registry lacks."""
    example = Path(__file__).parents[2] / "examples" / "mandates.yaml"
    for key in series(mandates.load(example), NOW):
        signal = BY_NAME[key.name]
        for name, value in zip(signal.attributes, key.attributes, strict=True):
            allowed = signal.values(name)
            assert allowed is None or value in allowed, (key, name)


def test_the_choices_of_the_file_are_those_of_the_registry() -> None:
    """Tier, capital, role, term and window are spelt once, in `semconv/`."""
    from typing import get_args  # noqa: PLC0415

    from fortuna_otel.mandates import terms, thresholds, units  # noqa: PLC0415

    for signal, name, choices in (
        (signals.INFO, "tier", get_args(terms.Tier)),
        (signals.INFO, "capital", get_args(terms.Capital)),
        (signals.BOOK, "role", get_args(terms.Role)),
        (signals.UPTIME_MIN, "term", get_args(terms.Term)),
        (signals.VOLUME_MIN, "window", get_args(terms.Period)),
        (signals.STALENESS_MAX, "feed", [field.name for field in fields(terms.Staleness)]),
        (signals.PATIENCE, "severity", get_args(thresholds.Severity)),
        (signals.LOSS_LIMIT, "window", get_args(terms.Period)),
        (signals.DEPTH_MIN, "side", terms.SIDES),
        (signals.DEPTH_MIN, "band", units.BANDS),
    ):
        assert signal.values(name) == frozenset(choices)
