"""Which alerts mute which, each rule in both directions, in the real Alertmanager."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.alerting.conftest import words

if TYPE_CHECKING:
    from tests.alerting.conftest import Alerting


def market(alert: str, client: str, venue: str = "okx", symbol: str = "BTC/USDT") -> dict[str, str]:
    """The labels of an obligation's alert."""
    return {"alertname": alert, "client": client, "venue": venue, "symbol": symbol}


def process(alert: str, name: str, host: str = "", **more: str) -> dict[str, str]:
    """The labels of a process's alert."""
    own = {"alertname": alert, "job": f"desk/{name}", "instance": f"h/{name}/0", **more}
    return {**own, "host_name": host} if host else own


PATH = ("ServiceSilent", "FeedStale", "QuotesUnconfirmed", "OrdersUnconfirmed", "BookInvalid")
SYMPTOMS = ("FeedStale", "QuotesUnconfirmed", "OrdersUnconfirmed", "BalancesUnconfirmed")
AT_A_VENUE = (
    *("SpreadTooWide", "NotQuoting", "QuotesOneSided", "DepthBelowMandate", "OrderRejects"),
    *("OrderOutcomeUnknown", "OrderLatencyHigh", "RateLimitNear", "MarketHalted", "FeedGaps"),
    *("BookInvalid", *SYMPTOMS),
)
OF_A_MARKET = ("SpreadTooWide", "QuotesOneSided", "DepthBelowMandate")

INHIBITIONS: list[tuple[dict[str, str], dict[str, str], dict[str, str]]] = [
    # cause, symptom that it mutes, symptom that it must leave alone
    *(
        (
            {"alertname": "PipelineBehind", "host_name": f"path-{alert}"},
            process(alert, "a", f"path-{alert}"),
            process(alert, "b", f"other-{alert}"),
        )
        for alert in (*PATH, "BalancesUnconfirmed", "CollectorDown")
    ),
    (
        # Without host names there is one path.
        {"alertname": "PipelineBehind"},
        process("ServiceSilent", "one-path"),
        process("ServiceSilent", "named", "some-host"),
    ),
    *(
        (
            # All paths at once: there is no host to agree on.
            {"alertname": "PipelineBehind", "scope": "desk"},
            process(alert, "all", f"all-{alert}"),
            process("ServiceMissing", "other", f"all-{alert}"),
        )
        for alert in (*PATH, "BalancesUnconfirmed", "CollectorDown")
    ),
    *(
        (
            process("ServiceSilent", f"silent-{alert}", "h6"),
            process(alert, f"silent-{alert}", venue="binance"),
            process(alert, f"silent-{alert}", venue="binance") | {"instance": "h/other/1"},
        )
        for alert in (*SYMPTOMS, "BookInvalid")
    ),
    (
        process("ServiceSilent", "gone", "h7"),
        {"alertname": "ServiceMissing", "job": "desk/gone"},
        {"alertname": "ServiceMissing", "job": "desk/not-gone"},
    ),
    *(
        (
            {"alertname": "VenueDown", "venue": f"down-{alert}"},
            market(alert, "v", f"down-{alert}"),
            market(alert, "v", f"up-{alert}"),
        )
        for alert in AT_A_VENUE
    ),
    *(
        (
            {"alertname": "MarketHalted", "venue": "halting", "symbol": f"{alert}/USDT"},
            market(alert, "w", "halting", f"{alert}/USDT"),
            market(alert, "w", "halting", f"{alert}/USDC"),
        )
        for alert in (*OF_A_MARKET, "NotQuoting")
    ),
    (
        process("FeedStale", "dead", venue="binance"),
        process("BookInvalid", "dead", venue="binance"),
        process("BookInvalid", "dead", venue="bybit"),
    ),
    *(
        (
            market("NotQuoting", f"absent-{alert}"),
            market(alert, f"absent-{alert}"),
            market(alert, f"absent-{alert}", symbol="ETH/USDT"),
        )
        for alert in (*OF_A_MARKET, "UptimeAtRisk")
    ),
    (
        market("QuotesOneSided", "one-sided"),
        market("DepthBelowMandate", "one-sided"),
        market("DepthBelowMandate", "one-sided", venue="bybit"),
    ),
    *(
        (
            process("QuotesUnconfirmed", "blind") | market("QuotesUnconfirmed", f"blind-{alert}"),
            market(alert, f"blind-{alert}"),
            market(alert, f"blind-{alert}", symbol="ETH/USDT"),
        )
        for alert in ("DepthBelowMandate", "SpreadTooWide")
    ),
    *(
        (
            market("KillSwitchFired", f"killed-{alert}"),
            market(alert, f"killed-{alert}"),
            market(alert, f"alive-{alert}"),
        )
        for alert in (*OF_A_MARKET, "NotQuoting")
    ),
    (
        {"alertname": "InventoryDrift", "client": "j", "asset": "BTC", "capital": "client"},
        {
            "alertname": "InventoryDrift",
            "client": "j",
            "asset": "BTC",
            "capital": "client",
            "severity": "ticket",
        },
        {
            "alertname": "InventoryDrift",
            "client": "j",
            "asset": "ETH",
            "capital": "client",
            "severity": "ticket",
        },
    ),
    # What nothing may mute.
    *(
        ({"alertname": cause, "venue": "any"}, market("NotQuoting", "x", "any"), unmuted)
        for cause, unmuted in (
            ("VenueDown", market("MarginLow", "x", "any")),
            ("VenueDown", market("SelfTrade", "x", "any")),
            ("VenueDown", market("KillSwitchFired", "x", "any")),
            ("VenueDown", {"alertname": "InventoryDrift", "client": "x", "asset": "BTC"}),
        )
    ),
]


@pytest.mark.parametrize(
    ("cause", "muted", "heard"),
    INHIBITIONS,
    ids=[f"{one[0]['alertname']} mutes {one[1]['alertname']}" for one in INHIBITIONS],
)
def test_causes_mute_their_symptoms_and_no_others(
    alerting: Alerting, cause: dict[str, str], muted: dict[str, str], heard: dict[str, str]
) -> None:
    """Both ways: the symptom of this cause is muted, the same symptom elsewhere is not."""
    usual = {"severity": "page", "owner": "desk"}
    for labels in (cause, muted, heard):
        name = labels["alertname"]
        alerting.alert({**usual, **labels}, words(f"{name} {labels}", name))
    try:
        alerting.wait(lambda: alerting.suppressed(**muted), f"{muted} to be muted")
        assert not alerting.suppressed(**heard)
    finally:
        for labels in (cause, muted, heard):
            alerting.alert({**usual, **labels}, {}, ends=True)
        alerting.wait(lambda: not alerting.suppressed(**muted), f"{muted} to be over")


def test_a_dead_exporter_mutes_missing_mandates_and_a_dead_engine_does_not(
    alerting: Alerting,
) -> None:
    """One page for the exporter; an engine's death says nothing about the mandates."""
    missing = {"alertname": "MandatesMissing", "severity": "page", "owner": "platform"}
    engine = {
        "alertname": "ServiceSilent",
        "severity": "page",
        "owner": "desk",
        "job": "desk/k",
    }
    exporter = {**engine, "job": "desk/mandates"}
    alerting.alert(engine, words("k", "ServiceSilent"))
    alerting.alert(missing, words("mandates gone", "MandatesMissing"))
    alerting.page("slack", "firing", "mandates gone")
    assert not alerting.suppressed(**missing)
    alerting.alert(exporter, words("exporter", "ServiceSilent"))
    alerting.wait(lambda: alerting.suppressed(**missing), "MandatesMissing to be muted")


def test_a_test_alert_mutes_nothing(alerting: Alerting) -> None:
    """A test of the second trader's phone must not hide that nobody quotes."""
    place = {"client": "tested", "venue": "okx", "symbol": "BTC/USDT"}
    usual = {"severity": "page", "owner": "desk", **place}
    test = {**usual, "alertname": "KillSwitchFired", "test": "true"}
    alerting.alert(test, words("TEST", "KillSwitchFired"))
    alerting.alert({**usual, "alertname": "NotQuoting"}, words("tested is away", "NotQuoting"))
    alerting.page("slack", "firing", "TEST: KillSwitchFired: TEST")
    alerting.page("slack", "firing", "tested is away")
    assert not alerting.suppressed(**place, alertname="NotQuoting")
