"""What held when: amendments, validity, and the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fortuna_otel import mandates
from fortuna_otel.mandates.desk import HedgeLimit, LossLimit
from fortuna_otel.mandates.times import ALWAYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortuna_otel.mandates import Mandates, Obligation

    Problems = Callable[[str], list[str]]

SECOND = timedelta(seconds=1)
DESK = """\
defaults:
  zone: Europe/Berlin
  alerts: {VenueDown: {page: {tolerance: 30 %}}}
  amendments:
    - {from: 2026-10-26, tier: thin, alerts: {VenueDown: {page: {tolerance: 40 %}}}}
services:
  desk/mm: {loops: [quote]}
clients:
  acme:
    service: desk/mm
    spread: {min: 1 bp, max: 40 bp}
    exposure: {BTC: {target: 4 BTC, limit: 1 BTC}}
    loss: {day: 100 USD}
    amendments:
      - {from: 2026-12-01, spread: {max: 20 bp}, loss: {day: 50 USD, week: 90 USD}}
      - {from: 2026-03-29, spread: {max: 30 bp}, hedge: {BTC: 2 BTC}, reason: renewal}
    obligations:
      old:
        venue: okx
        symbol: BTC/USDT
        valid: {to: 2026-03-28}
        books: [{account: a, tag: t}]
      new:
        venue: okx
        symbol: BTC/USDT
        valid: {from: 2026-03-29, to: 2026-12-31T12:00:00Z}
        amendments: [{from: 2026-06-01T12:00:00+02:00, version: v2, spread: {min: 2 bp}}]
        books: [{account: a, tag: t}]
      other:
        venue: binance
        symbol: BTC/USDT
        books: [{account: b, tag: t}]
    loans:
      - {lender: lend, principal: 5 BTC, rate: 0 %, from: 2026-02-01, expiry: 2027-01-31}
"""
# Midnight of 29 March in Berlin, the day on which its clocks go forward.
SPRING = datetime(2026, 3, 28, 23, tzinfo=UTC)
AUTUMN = datetime(2026, 10, 25, 23, tzinfo=UTC)


@pytest.fixture
def desk() -> Mandates:
    """Return the desk above, as of some time."""
    return mandates.loads(DESK, at=SPRING)


def promised(desk: Mandates, instant: datetime) -> dict[str, Obligation]:
    """Return the obligations of an instant by id."""
    return {each.mandate: each for each in desk.at(instant).obligations}


def test_an_amendment_begins_at_midnight_of_its_zone(desk: Mandates) -> None:
    """Terms change with the first second of the day, not with that of UTC; and once more later."""
    spreads = {
        instant: promised(desk, instant)["other"].spread.max
        for instant in (
            ALWAYS,
            SPRING - SECOND,
            SPRING,
            datetime(2026, 11, 30, 22, 59, 59, tzinfo=UTC),
            datetime(2026, 11, 30, 23, tzinfo=UTC),
        )
    }
    assert list(spreads.values()) == [0.004, 0.004, 0.003, 0.003, 0.002]


def test_what_an_amendment_does_not_say_stays(desk: Mandates) -> None:
    """The last one is heard first, then those before it, then the entry, key by key."""
    late = promised(desk, datetime(2026, 12, 15, tzinfo=UTC))["new"]
    assert (late.spread.min, late.spread.max) == (0.0002, 0.002)
    assert (late.version, late.tier) == ("v2", "thin")
    early = promised(desk, datetime(2026, 6, 1, 9, 59, 59, tzinfo=UTC))["new"]
    assert (early.spread.min, early.spread.max) == (0.0001, 0.003)
    assert (early.version, early.tier) == ("1", "liquid")


def test_one_promise_follows_another(desk: Mandates) -> None:
    """`to` includes its day, `from` begins it: on one market, the same book serves both in turn."""
    assert set(promised(desk, SPRING - SECOND)) == {"old", "other"}
    assert set(promised(desk, SPRING)) == {"new", "other"}
    assert set(promised(desk, datetime(2026, 12, 31, 12, tzinfo=UTC))) == {"other"}
    assert not promised(desk, SPRING)["new"].scheduled(SPRING - SECOND)


def test_books_accounts_and_services_follow_their_promises(desk: Mandates) -> None:
    """What only an obligation needs is not expected before or after it."""
    after = desk.at(datetime(2027, 1, 1, tzinfo=UTC))
    assert [book.venue for book in after.books] == ["binance"]
    assert [account.venue for account in after.accounts] == ["binance"]
    assert [account.venue for account in desk.at(SPRING).accounts] == ["okx", "binance"]
    assert after.services[0].clients == ("acme",)


def test_an_account_is_judged_by_the_tier_of_its_time(desk: Mandates) -> None:
    """A tier that is amended changes how fresh balances must be."""
    before, after = desk.at(AUTUMN - SECOND), desk.at(AUTUMN)
    assert {account.staleness for account in before.accounts} == {120.0}
    assert {account.staleness for account in after.accounts} == {300.0}


def test_limits_of_a_client_are_amended_by_asset_and_window(desk: Mandates) -> None:
    """What an amendment names replaces its like; a new one is added; the rest stays."""
    early, late = desk.at(SPRING - SECOND), desk.at(datetime(2026, 12, 2, tzinfo=UTC))
    assert (early.hedges, early.losses) == ((), (LossLimit("acme", "day", 100.0, "USD"),))
    assert late.hedges == (HedgeLimit("acme", "BTC", 2.0),)
    assert late.losses == (
        LossLimit("acme", "day", 50.0, "USD"),
        LossLimit("acme", "week", 90.0, "USD"),
    )
    assert late.exposures == early.exposures


def test_figures_of_the_desk_are_amended(desk: Mandates) -> None:
    """Alerts about more than one obligation wait as the desk says at the time."""
    assert [figure.tolerance for figure in desk.at(AUTUMN - SECOND).alerts] == [0.3]
    assert [figure.tolerance for figure in desk.at(AUTUMN).alerts] == [0.4]


def test_a_loan_begins(desk: Mandates) -> None:
    """What is not lent yet is not owed; what should have been paid back still is."""
    assert desk.at(datetime(2026, 1, 31, 22, 59, tzinfo=UTC)).loans == ()
    (loan,) = desk.at(datetime(2030, 1, 1, tzinfo=UTC)).loans
    assert loan.expiry == datetime(2027, 1, 31, 23, tzinfo=UTC)


def test_mandates_know_when_they_change(desk: Mandates) -> None:
    """`since` and `until` bound what holds; within them nothing is resolved anew."""
    summer = datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert (desk.since, desk.until) == (SPRING, summer)
    assert desk.at(SPRING) is desk
    assert desk.at(summer - SECOND) is desk
    later = desk.at(summer)
    assert later is not desk
    assert later.since == summer
    assert later.at(SPRING) == desk
    assert desk.at(ALWAYS).since is None
    assert desk.at(datetime(2100, 1, 1, tzinfo=UTC)).until is None


def test_a_file_is_resolved_now_unless_said(good: str, desk: Mandates) -> None:
    """`load` means what holds when it is called."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    text = good.replace("venue: binance", f"venue: binance\n        valid: {{from: '{tomorrow}'}}")
    now = mandates.loads(text)
    assert now.obligations == ()
    assert len(now.at(datetime.now(UTC) + timedelta(days=2)).obligations) == 1
    assert mandates.Mandates().at(SPRING) == mandates.Mandates()
    assert mandates.Mandates().changes == ()


@pytest.mark.parametrize(
    ("part", "by", "message"),
    [
        (
            "{from: 2026-12-01, spread",
            "{from: 2026-03-29, spread",
            (
                "desk.yaml:16: clients.acme.amendments[1].from: is when the amendment on line 15"
                " begins; write both into one amendment, or another day"
            ),
        ),
        (
            "{from: 2026-12-01, spread: {max: 20 bp}",
            "{from: 2026-12-01, spread: {max: 1 bp}",
            (
                "desk.yaml:27: clients.acme.obligations.new.amendments[0].spread.min:"
                " min 2 bp is wider than max 1 bp; write min ≤ target ≤ max"
            ),
        ),
        (
            "spread: {min: 2 bp}",
            "spread: {min: 25 bp}",
            (
                "desk.yaml:27: clients.acme.obligations.new.amendments[0].spread.min:"
                " min 25 bp is wider than max 20 bp; write min ≤ target ≤ max"
            ),
        ),
        (
            "valid: {to: 2026-03-28}",
            "valid: {from: 2026-03-28, to: 2026-03-27}",
            (
                "desk.yaml:21: clients.acme.obligations.old.valid.to: is not after its `from`;"
                " write when it ends"
            ),
        ),
        (
            "hedge: {BTC: 2 BTC}",
            "hedge: {BTC: 2 ETH}",
            (
                "desk.yaml:16: clients.acme.amendments[1].hedge.BTC: `2 ETH` is not in BTC;"
                " write the amount in BTC instead"
            ),
        ),
        (
            "{from: 2026-03-29, spread: {max: 30 bp}, ",
            "{spread: {max: 30 bp}, ",
            ("desk.yaml:16: clients.acme.amendments[1].from: is missing; write `from: 2026-12-01`"),
        ),
        (
            "from: 2026-10-26, tier",
            "from: 2026-10-26, zone: UTC, tier",
            (
                "desk.yaml:5: defaults.amendments[0].zone: is not a known key; write one of"
                " `tier`, `version`, `mid`, `presence`, `spread`, `depth`, `levels`, `uptime`,"
                " `widening`, `volume`, `staleness`, `alerts`, `reporting`, `from`, `reason`"
                " instead"
            ),
        ),
    ],
)
def test_what_is_wrong_at_another_time_is_told_now(
    problems: Problems, part: str, by: str, message: str
) -> None:
    """Checks see the file at every instant at which something changes."""
    assert DESK.count(part) == 1
    assert problems(DESK.replace(part, by)) == [message]


DAYS = st.dates(date(2025, 12, 1), date(2027, 2, 1))


@st.composite
def amended(draw: st.DrawFn) -> tuple[str, dict[str, dict[date, int]]]:
    """Draw a file whose widest spread is amended on three levels, and what each says when."""
    levels = {
        level: draw(st.dictionaries(DAYS, st.integers(1, 500), max_size=4))
        for level in ("desk", "client", "obligation")
    }
    written = {
        level: [{"from": str(day), "spread": {"max": f"{bp} bp"}} for day, bp in days.items()]
        for level, days in levels.items()
    }
    obligation: dict[str, Any] = {
        "venue": "okx",
        "symbol": "BTC/USDT",
        "books": [{"account": "a", "tag": "t", "service": "desk/mm"}],
        "amendments": written["obligation"],
    }
    file = {
        "defaults": {
            "zone": draw(st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"])),
            "spread": {"max": "1000 bp"},
            "amendments": written["desk"],
        },
        "services": {"desk/mm": {"loops": ["quote"]}},
        "clients": {"acme": {"amendments": written["client"], "obligations": {"o": obligation}}},
    }
    return yaml.safe_dump(file), levels


@settings(deadline=None)
@given(amended(), DAYS)
def test_the_nearest_level_is_heard_and_its_last_amendment(
    drawn: tuple[str, dict[str, dict[date, int]]], today: date
) -> None:
    """At noon of any day holds what the latest amendment of the nearest level says."""
    text, levels = drawn
    noon = datetime(today.year, today.month, today.day, 15, tzinfo=UTC)
    (obligation,) = mandates.loads(text, at=noon).obligations
    expected = 1000
    for level in ("desk", "client", "obligation"):
        begun = [day for day in levels[level] if day <= today]
        expected = levels[level][max(begun)] if begun else expected
    assert obligation.spread.max == pytest.approx(expected / 10_000)


@settings(deadline=None)
@given(amended())
def test_time_is_told_in_pieces_that_differ(
    drawn: tuple[str, dict[str, dict[date, int]]],
) -> None:
    """Each instant belongs to one piece, at every edge of which something really changes."""
    desk = mandates.loads(drawn[0])
    pieces = [desk.at(instant) for instant in (ALWAYS, *desk.changes)]
    assert [piece.since for piece in pieces] == [None, *desk.changes]
    assert [piece.until for piece in pieces] == [*desk.changes, None]
    for before, after in pairwise(pieces):
        assert before != after
        assert after.since is not None
        assert desk.at(after.since - SECOND) == before
        assert desk.at(after.since + SECOND) == after
