"""The mandates file as it is written, first part: what was promised on a market."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from fortuna_otel.mandates import fields as f


class Entry(BaseModel):
    """A mapping of the file: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Spread(Entry):
    """(own best ask - own best bid) / mid, over all books of the obligation together."""

    min: f.Ratio | None = Field(
        None, description="Tighter than this is a mistake: it pages at once."
    )
    target: f.Ratio | None = Field(None, description="What the engine aims at.")
    max: f.Ratio | None = Field(None, description="The widest the client accepts.")
    denominator: f.Denominator | None = Field(
        None, description="What it is a share of: `mid` unless set, or the own best `bid` or `ask`."
    )


class Sides(Entry):
    """Minimum depth on each side; a side left out promises nothing."""

    bid: f.Positive | None = Field(None, description="Resting bids within the band.")
    ask: f.Positive | None = Field(None, description="Resting asks within the band.")


def _both_sides(value: object) -> object:
    return {"bid": value, "ask": value} if isinstance(value, str) else value


Depth = dict[
    f.Band,
    Annotated[
        Sides,
        BeforeValidator(_both_sides, json_schema_input_type=f.Positive | Sides),
    ],
]


class Levels(Entry):
    """How many price levels must be there on each promised side, and what counts as one."""

    count: f.Count | None = Field(None, description="Least number of levels; 1 unless set.")
    size: f.Positive | None = Field(
        None, description="Least worth of a level, in quote units.", examples=["500 USDT"]
    )
    rest: f.Duration | None = Field(
        None, description="How long a price must have stood to count.", examples=["2 s"]
    )


class Sampling(Entry):
    """Uptime is counted by samples, each of which stands for its interval."""

    interval: f.Duration = Field(description="Time between samples.", examples=["1 min"])
    source: f.View = Field("engine", description="Whose view counts: the `engine`'s or `venue`'s.")


class Uptime(Entry):
    """The share of the scheduled time in which terms must hold, and over which window."""

    all: f.Ratio | None = Field(None, description="All terms at once.")
    each: f.Ratio | None = Field(
        None, description="Every promised term by itself; replaces an inherited `all`."
    )
    presence: f.Ratio | None = Field(None, description="Live orders on every promised side.")
    spread: f.Ratio | None = Field(None, description="Spread within its maximum.")
    depth: f.Ratio | None = Field(None, description="Every minimum of depth met.")
    levels: f.Ratio | None = Field(None, description="Levels enough, of their size.")
    window: f.Window | None = Field(
        None, description="`day` or `month` in the zone, or rolling, as `1 d`, the default."
    )
    outage: f.Duration | None = Field(
        None, description="Longest single outage that is allowed.", examples=["30 min"]
    )
    sampling: Sampling | None = Field(None, description="Count by samples; by time unless set.")


def _all_terms(value: object) -> object:
    return {"all": value} if isinstance(value, str) else value


UptimeField = Annotated[
    Uptime, BeforeValidator(_all_terms, json_schema_input_type=f.Ratio | Uptime)
]


class Widening(Entry):
    """Leave to quote wider while the market moves."""

    factor: f.Multiple = Field(description="Times the maximum spread, above 100 %.")
    move: f.Ratio = Field(
        description="(highest - lowest mid) / lowest within the window that gives the leave.",
        examples=["3 %"],
    )
    window: f.Duration = Field(description="In which the mid must have moved.", examples=["5 min"])
    cap: f.Duration | None = Field(
        None, description="Most of a UTC day it may be used; the whole day unless set."
    )


class Volume(Entry):
    """Own traded value over a window, in quote units."""

    min: f.Positive | None = Field(None, description="Least that is promised.")
    max: f.Positive | None = Field(None, description="Most that is allowed.")


class Staleness(Entry):
    """How old the last confirmation may be before a value no longer counts."""

    market: f.Duration | None = Field(None, description="Market data, per consuming process.")
    quotes: f.Duration | None = Field(None, description="Own quotes; beyond it no uptime.")
    orders: f.Duration | None = Field(None, description="The view of own open orders.")
    lag: f.Duration | None = Field(None, description="A market message when it arrives.")


class AccountsStaleness(Staleness):
    """Staleness where accounts are known too."""

    balances: f.Duration | None = Field(None, description="Account balances.")


class Figure(Entry):
    """When an alert tells somebody, at one severity."""

    patience: f.Duration | None = Field(None, description="How long its condition may last.")
    tolerance: f.Multiple | None = Field(None, description="How far its value may be off.")


class Figures(Entry):
    """When an alert pages, and when it opens a ticket."""

    page: Figure | None = Field(None, description="Wakes somebody.")
    ticket: Figure | None = Field(None, description="Read in working hours.")


class Terms(Entry):
    """What an obligation has or inherits: desk → client → venue → obligation, amendments first."""

    tier: f.Tier | None = Field(None, description="Liquidity tier: sets what is not set here.")
    version: f.Version | None = Field(None, description="Of the terms; change it with them.")
    mid: f.Mid | None = Field(None, description="Which mid spread and depth are measured from.")
    presence: f.Presence | None = Field(None, description="Sides that must be there: `both`.")
    spread: Spread | None = Field(None, description="Merged key by key with what is inherited.")
    depth: Depth | None = Field(
        None, description="Minimum by band, cumulative from mid; replaces what is inherited."
    )
    levels: Levels | None = Field(None, description="Merged key by key.")
    uptime: UptimeField | None = Field(None, description="Merged key by key; a share alone is all.")
    widening: Widening | None = Field(None, description="Replaces what is inherited.")
    volume: dict[f.Period, Volume] = Field(
        default_factory=dict, description="By window; merged window by window."
    )
    staleness: Staleness | None = Field(None, description="Merged key by key; by tier unless set.")
    alerts: dict[f.AlertKey, Figures] = Field(
        default_factory=dict, description="By alert and severity; merged figure by figure."
    )
    reporting: f.Cadence | None = Field(None, description="How often the client is reported to.")


class Amendment(Terms):
    """Terms that replace those beside them from a day or instant on."""

    start: f.Moment = Field(alias="from", description="First day, in the zone, or instant.")
    reason: f.Text | None = Field(None, description="Why, or where it was agreed.")


class Maintenance(Entry):
    """An announced window in which an obligation does not count. It always ends."""

    start: f.Time = Field(alias="from", description="First instant, with time zone.")
    end: f.Time = Field(alias="to", description="Last instant, with time zone.")
    reason: f.Text = Field(description="Why, for the page that is not sent.")


class Exclusion(Maintenance):
    """A window that the client agreed not to count, and how that can be shown."""

    approver: f.Text = Field(description="Who agreed for the client.", examples=["J. Doe, COO"])
    evidence: f.Text = Field(
        description="Where it is written: a link or document.", examples=["mail of 2026-11-20"]
    )


class Limits(Entry):
    """How an account may be treated by its venue."""

    reject: f.Ratio | None = Field(None, description="Share of order actions refused; pages.")
    ack: f.Duration | None = Field(
        None, description="95th percentile of the time to confirm; ticket."
    )
    ratelimit: f.Ratio | None = Field(None, description="Share of a request limit used; pages.")
    margin: f.Ratio | None = Field(None, description="Maintenance margin / equity; pages.")
    gas: f.Count | None = Field(None, description="Transactions the gas must pay for; pages.")


class Shared(Terms):
    """Terms, and what runs to keep them."""

    capital: f.Capital | None = Field(None, description="Whose money is quoted with.")
    parties: Annotated[list[f.Text], Field(min_length=1)] | None = Field(
        None, description="Who agreed it, as in the contract.", examples=["[Acme Ltd, Desk Ltd]"]
    )
    service: f.Job | None = Field(None, description="The engine that holds the books.")
    watcher: f.Job | None = Field(
        None, description="An independent watcher that sees all books; needed across engines."
    )
    zone: f.Zone | None = Field(None, description="Of days and months: `UTC` unless set.")
    limits: Limits | None = Field(None, description="Of every account; merged key by key.")
    maintenance: list[Maintenance] = Field(
        default_factory=list, description="Announced windows; added to those inherited."
    )
    exclusions: list[Exclusion] = Field(
        default_factory=list, description="Agreed windows; added to those inherited."
    )
