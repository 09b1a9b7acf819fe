"""The mandates file as it is written: sections, fields, units. Its meaning is in `terms`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from fortuna_otel.mandates import units
from fortuna_otel.mandates.units import Amount

if TYPE_CHECKING:
    from pydantic_core import core_schema


def _text(parse: Any, pattern: str, *examples: str) -> tuple[BeforeValidator, WithJsonSchema]:
    """Return the annotations of a scalar that is parsed from its text."""

    def parsed(value: object) -> object:
        if not isinstance(value, str):
            shapes: dict[type, str] = {
                dict: "is a mapping, not one value",
                list: "is a list, not one value",
            }
            what = shapes.get(type(value), "has no value")
            raise units.WrongValueError(what, f"`{examples[0]}`")
        return parse(value)

    schema = {"type": "string", "pattern": pattern, "examples": list(examples)}
    return BeforeValidator(parsed), WithJsonSchema(schema)


def _checked(parse: Any) -> Any:
    """Return a parser that judges a text, but keeps it as it was written."""

    def check(text: str) -> str:
        parse(text)
        return text

    return check


def _account(text: str) -> str:
    venue, slash, account = text.partition("/")
    if not slash:
        raise units.WrongValueError(f"`{text}` is not venue/account", f"`binance/{text}`")
    return f"{units.parse_venue(venue)}/{units.parse_name(account)}"


Ratio = Annotated[float, *_text(units.parse_share, units.RATIO_PATTERN, "25 bp", "0.4 %")]
Duration = Annotated[float, *_text(units.parse_duration, units.DURATION_PATTERN, "10 s", "2 min")]
Quantity = Annotated[Amount, *_text(units.parse_amount, units.AMOUNT_PATTERN, "50000 USDT")]
Positive = Annotated[Amount, *_text(units.parse_positive, units.AMOUNT_PATTERN, "50000 USDT")]
Name = Annotated[str, *_text(units.parse_name, units.NAME_PATTERN, "acme")]
Venue = Annotated[str, *_text(units.parse_venue, units.VENUE_PATTERN, "binance")]
Asset = Annotated[str, *_text(units.parse_asset, units.ASSET_PATTERN, "BTC")]
Job = Annotated[str, *_text(units.parse_job, units.JOB_PATTERN, "desk/mm-majors")]
Symbol = Annotated[str, *_text(units.parse_symbol, r"^[^/\s]+/[^/\s]+$", "BTC/USDT")]
Time = Annotated[datetime, *_text(units.parse_time, r"^\d{4}-\d\d-\d\dT", "2026-12-01T10:00:00Z")]
Text = Annotated[str, *_text(str.strip, r"\S", "token listing")]
Version = Annotated[
    str,
    *_text(units.parse_name, units.NAME_PATTERN, "2026-01")[:1],
    WithJsonSchema({"type": ["string", "number"], "examples": ["2026-01"]}),
]
Band = Annotated[
    str, *_text(_checked(units.parse_band), r"^(0\.5|1|2|3|5|10|15|20) ?%$", "0.5 %", "2 %")
]
AccountKey = Annotated[str, *_text(_account, r"^[a-z0-9-]+/.+$", "binance/mm-1")]

Tier = Literal["liquid", "thin"]
Capital = Literal["client", "desk"]
Role = Literal["quote", "hedge"]
Period = Literal["day", "week", "month"]


class Entry(BaseModel):
    """A mapping of the file: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Spread(Entry):
    """(own best ask - own best bid) / mid, over all books of the obligation together."""

    min: Ratio | None = Field(None, description="Tighter than this is a mistake: it pages at once.")
    target: Ratio | None = Field(None, description="What the engine aims at.")
    max: Ratio | None = Field(None, description="The widest the client accepts.")


class Sides(Entry):
    """Minimum depth on each side; a side left out promises nothing."""

    bid: Positive | None = Field(None, description="Resting bids within the band, in quote units.")
    ask: Positive | None = Field(None, description="Resting asks within the band, in quote units.")


def _both_sides(value: object) -> object:
    return {"bid": value, "ask": value} if isinstance(value, str) else value


Depth = dict[
    Band,
    Annotated[
        Sides,
        BeforeValidator(_both_sides, json_schema_input_type=Positive | Sides),
    ],
]


class Uptime(Entry):
    """The share of the scheduled time in which terms must hold, and over which window."""

    all: Ratio | None = Field(None, description="All terms at once.")
    presence: Ratio | None = Field(None, description="A live bid and a live ask.")
    spread: Ratio | None = Field(None, description="Spread within its maximum.")
    depth: Ratio | None = Field(None, description="Every minimum of depth met.")
    window: Duration | None = Field(None, description="Over which it is judged; `1 d` unless set.")


def _all_terms(value: object) -> object:
    return {"all": value} if isinstance(value, str) else value


UptimeField = Annotated[Uptime, BeforeValidator(_all_terms, json_schema_input_type=Ratio | Uptime)]


class Staleness(Entry):
    """How old the last confirmation may be before a value no longer counts."""

    market: Duration | None = Field(None, description="Market data, per consuming process.")
    quotes: Duration | None = Field(None, description="Own quotes; beyond it no uptime is earned.")
    orders: Duration | None = Field(None, description="The view of own open orders.")


class ClientStaleness(Staleness):
    """Staleness where accounts are known too."""

    balances: Duration | None = Field(None, description="Account balances.")


class Shared(Entry):
    """What an obligation has, or inherits: desk defaults → client → obligation."""

    tier: Tier | None = Field(None, description="Liquidity tier: sets what is not set here.")
    capital: Capital | None = Field(None, description="Whose money is quoted with.")
    version: Version | None = Field(None, description="Of the terms; change it with them.")
    service: Job | None = Field(None, description="The engine that holds the books.")
    watcher: Job | None = Field(
        None, description="An independent watcher that sees all books; needed across engines."
    )
    spread: Spread | None = Field(None, description="Merged key by key with what is inherited.")
    depth: Depth | None = Field(
        None, description="Minimum by band, cumulative from mid; replaces what is inherited."
    )
    uptime: UptimeField | None = Field(None, description="Merged key by key; a share alone is all.")


class Maintenance(Entry):
    """An agreed window in which the obligation does not count. It always ends."""

    start: Time = Field(alias="from", description="First instant, with time zone.")
    end: Time = Field(alias="to", description="Last instant, with time zone.")
    reason: Text = Field(description="Why, for the page that is not sent.")


class Book(Entry):
    """One strategy in one account, quoting towards an obligation."""

    account: Name = Field(description="Label of the sub-account or wallet, never a key.")
    tag: Name = Field(description="Strategy or book within the account.", examples=["core"])
    service: Job | None = Field(None, description="Where it differs from the obligation's.")


class OwnBook(Book):
    """A book without an obligation: a hedge, or own quoting."""

    venue: Venue = Field(description="ccxt id where ccxt has one.")
    symbol: Symbol = Field(description="ccxt unified symbol.")
    role: Role = Field("hedge", description="What the book is for.")


class Obligation(Shared):
    """What the client was promised on one market, by all books named here together."""

    # Books have a default, so that one without them is judged on; the schema asks for them.
    model_config = ConfigDict(json_schema_extra=lambda schema: schema["required"].append("books"))

    venue: Venue = Field(description="ccxt id where ccxt has one.")
    symbol: Symbol = Field(description="ccxt unified symbol.")
    staleness: Staleness | None = Field(None, description="Merged key by key; by tier unless set.")
    maintenance: list[Maintenance] = Field(default_factory=list, description="Agreed windows.")
    books: list[Book] = Field(
        default_factory=list,
        description="Every book that quotes for it.",
        json_schema_extra={"minItems": 1},
    )


class Exposure(Entry):
    """How much of an asset the client's books may hold, over all venues together."""

    target: Quantity = Field(description="Where inventory should be.", examples=["4 BTC"])
    tolerance: Positive | None = Field(None, description="Distance from target that is a ticket.")
    limit: Positive = Field(description="Distance from target that pages.", examples=["1 BTC"])


class Float(Entry):
    """What an account must hold of an asset to go on quoting."""

    min: Quantity | None = Field(None, description="Below this it cannot quote what it must.")
    max: Quantity | None = Field(None, description="Above this it is idle or at risk.")


class AccountStaleness(Entry):
    """Staleness of one account."""

    balances: Duration = Field(description="Account balances.", examples=["2 min"])


class Account(Entry):
    """Terms of one account at one venue."""

    float_: dict[Asset, Float] = Field(
        default_factory=dict, alias="float", description="By asset: enough to quote with."
    )
    staleness: AccountStaleness | None = Field(None, description="By tier unless set.")


class Client(Shared):
    """One client: what it inherits to its obligations, and what holds over all of them."""

    name: Text | None = Field(None, description="As people say it; the id unless set.")
    staleness: ClientStaleness | None = Field(None, description="Merged key by key.")
    exposure: dict[Asset, Exposure] = Field(default_factory=dict, description="By asset.")
    loss: dict[Period, Positive] = Field(
        default_factory=dict, description="Loss limit by window, in the reference currency."
    )
    accounts: dict[AccountKey, Account] = Field(
        default_factory=dict, description="By venue/account."
    )
    obligations: dict[Name, Obligation] = Field(
        default_factory=dict, description="By id, unique over the whole file."
    )
    books: list[OwnBook] = Field(default_factory=list, description="Books without obligation.")


class Defaults(Shared):
    """What the whole desk inherits from."""

    staleness: ClientStaleness | None = Field(None, description="Merged key by key.")


class Service(Entry):
    """A process that must be reporting."""

    loops: Annotated[list[Name], Field(min_length=1)] = Field(
        description="Its heartbeats: silence of any of them pages.", examples=["[quote]"]
    )


class File(Entry):
    """Everything a desk promised, and what must run to keep it."""

    defaults: Defaults = Field(default_factory=Defaults, description="The desk's own.")
    services: dict[Job, Service] = Field(
        description="By `job`.", examples=["{desk/mm-majors: {loops: [quote]}}"]
    )
    clients: dict[Name, Client] = Field(
        description="By id.", examples=["{acme: {name: Acme Protocol, obligations: {…}}}"]
    )


class _Schema(GenerateJsonSchema):
    """Describes what may be written: an unset field is left out, never null."""

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Refuse keys of another form: patterns alone would let them through."""
        described = super().dict_schema(schema)
        if "patternProperties" in described:
            described["additionalProperties"] = False
        return described

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the file, for editors."""
    described = File.model_json_schema(schema_generator=_Schema)
    return {
        "$schema": _Schema.schema_dialect,
        **described,
        "title": "fortuna-otel mandates",
    }
