"""A routing file with everything that one can have."""

from __future__ import annotations

from pathlib import Path

import pytest

from fortuna_otel.alerts import Routing, loads

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ROOT / "alerting" / "routing.yaml"

EVERYTHING = """\
evaluator: ruler
teams:
  desk:
    page: {slack: slack-webhook-url, pagerduty: pagerduty-routing-key}
    ticket: {slack: slack-tickets-webhook-url}
  platform:
    page: {slack: slack-webhook-url, pagerduty: pagerduty-platform-routing-key}
    ticket: {slack: slack-tickets-webhook-url, webhook: platform-webhook-url}
    hours: {days: monday-friday, from: "09:00", to: "18:00", zone: Europe/London}
  client-manager:
    ticket: {slack: slack-clients-webhook-url}
fallback: desk
clients:
  acme:
    hears: client-manager
    ticket: {slack: slack-acme-webhook-url}
    hours: {days: [monday, tuesday], from: "00:00", to: "24:00", zone: Asia/Singapore}
escalation: {alerts: [KillSwitchFired, MarginLow], pagerduty: pagerduty-escalation-routing-key}
log: webhook-url
heartbeat: {webhook: heartbeat-url, every: 30s}
grouping:
  default: [client, venue, asset, job]
  alerts:
    TransfersHalted: [venue]
repeat: {page: 2h, ticket: 24h}
maintenance:
  - name: okx-weekly
    why: OKX upgrades its engine
    match: {venue: okx}
    days: wednesday
    from: "06:00"
    to: "06:30"
    zone: UTC
    since: 2026-12-30
    until: 2027-02-10
  - name: everywhere
    why: we upgrade
    match: {job: [desk/a, desk/b]}
    alerts: [ServiceSilent, ServiceMissing]
    days: sunday
    from: "06:00"
    to: "08:00"
    zone: UTC
    since: 2026-12-01
    until: 2026-12-31
  - name: binance
    why: Binance upgrades
    match: {venue: binance}
    days: sunday
    from: "06:00"
    to: "08:00"
    zone: UTC
    since: 2026-12-01
    until: 2026-12-31
"""


@pytest.fixture
def routing() -> Routing:
    """What it says."""
    return loads(EVERYTHING)
