"""Venues, connections and logins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fortuna_otel import Credential, Venue
    from fortuna_otel.testing import Capture


@pytest.fixture
def venue(desk: Capture) -> Venue:
    """Give the meter of a venue."""
    return desk.telemetry.venue("okx")


@pytest.fixture
def credential(desk: Capture) -> Credential:
    """Give the meter of a login."""
    return desk.telemetry.credential(venue="okx", account="acme-mm")


def test_an_unknown_state_is_dropped(desk: Capture, venue: Venue) -> None:
    """The last state stands."""
    venue.status("ok")
    venue.status("on fire")
    assert desk.value("fortuna.venue.status", status="ok") == 1.0
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0


def test_a_feed_is_alive_and_counts_its_faults(desk: Capture) -> None:
    """Rare events cost no series until they happen; an unknown kind of error counts as other."""
    feed = desk.telemetry.feed(venue="binance", stream="book")
    feed.alive()
    assert desk.value("fortuna.feed.alive.timestamp") == pytest.approx(desk.clock.now)
    assert desk.values("fortuna.feed.gaps") == {}
    feed.gap()
    feed.reconnect()
    feed.error("timeout")
    feed.error("ENOSPC")
    assert desk.value("fortuna.feed.gaps") == 1.0
    assert desk.value("fortuna.feed.reconnects") == 1.0
    assert desk.value("fortuna.feed.errors", kind="timeout") == 1.0
    assert desk.value("fortuna.feed.errors", kind="other") == 1.0


def test_a_venues_clock(desk: Capture, venue: Venue) -> None:
    """The offset is theirs - ours; a venue that tells no time has none."""
    venue.clock_offset(-0.2)
    assert desk.value("fortuna.venue.clock.offset", venue="okx") == -0.2
    venue.clock_offset(None)
    assert desk.value("fortuna.venue.clock.offset") is None


def test_what_can_be_moved_is_told_by_direction(desk: Capture, venue: Venue) -> None:
    """1 while open, 0 while not, absent where the venue does not say."""
    venue.transfers("BTC", deposit=True, withdrawal=False)
    venue.transfers("ETH", deposit=None, withdrawal=True)
    assert desk.value("fortuna.asset.transfer", asset="BTC", direction="deposit") == 1.0
    assert desk.value("fortuna.asset.transfer", asset="BTC", direction="withdrawal") == 0.0
    assert desk.value("fortuna.asset.transfer", asset="ETH", direction="deposit") is None
    venue.transfers("BTC", deposit=None, withdrawal=None)
    assert desk.values("fortuna.asset.transfer", asset="BTC") == {}


def test_a_login_tells_its_limits_its_switch_and_its_end(
    desk: Capture, credential: Credential
) -> None:
    """By venue and account, whoever it trades for."""
    credential.ratelimit("request_weight", 0.4)
    credential.ratelimit("orders_10s", 1.5)
    credential.deadman(armed=False)
    credential.expires(1_800_000_000)
    assert desk.value("fortuna.ratelimit.used", limit="request_weight") == 0.4
    assert desk.value("fortuna.ratelimit.used", limit="orders_10s") == 1.5
    assert desk.value("fortuna.orders.deadman.armed", account="acme-mm") == 0.0
    assert desk.value("fortuna.credential.expiry.timestamp", venue="okx") == 1.8e9


def test_what_is_not_known_any_more_is_absent(desk: Capture, credential: Credential) -> None:
    """None ends a number, and is no mistake."""
    for used, armed, at in ((0.4, True, 1.8e9), (None, None, None)):
        credential.ratelimit("request_weight", used)
        credential.deadman(armed)
        credential.expires(at)
        desk.export()
    assert desk.values("fortuna.ratelimit.used") == {}
    assert desk.values("fortuna.orders.deadman.armed") == {}
    assert desk.values("fortuna.credential.expiry.timestamp") == {}
    assert desk.dropped() == []


@pytest.mark.parametrize("wrong", ["false", float("nan"), "0.5"])
def test_a_wrong_number_ends_the_one_before(
    desk: Capture, venue: Venue, credential: Credential, wrong: Any
) -> None:
    """An old share of a limit, or a dead man's switch of yesterday, must not reassure anybody."""
    for number in (1.0, wrong):
        venue.clock_offset(number)
        credential.ratelimit("request_weight", number)
        credential.expires(number)
    credential.deadman(armed=True)
    credential.deadman("true")  # type: ignore[arg-type]
    names = ("venue.clock.offset", "ratelimit.used", "credential.expiry.timestamp")
    assert [desk.value(f"fortuna.{name}") for name in names] == [None] * 3
    assert desk.value("fortuna.orders.deadman.armed") is None
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 4.0
