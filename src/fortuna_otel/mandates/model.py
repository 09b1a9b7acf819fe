"""The mandates file as it is written: sections and fields. Its meaning is in `terms`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import ConfigDict, Field
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from fortuna_otel.mandates import fields as f  # noqa: TC001  (pydantic reads annotations)
from fortuna_otel.mandates.model_terms import (
    AccountsStaleness,
    Amendment,
    Depth,
    Entry,
    Limits,
    Shared,
)

if TYPE_CHECKING:
    from pydantic_core import core_schema


class Valid(Entry):
    """From when to when an obligation applies."""

    start: f.Moment | None = Field(
        None, alias="from", description="First day, in the zone, or instant."
    )
    end: f.Moment | None = Field(
        None, alias="to", description="Last day, in the zone, or the instant it ends."
    )


class Book(Entry):
    """One strategy in one account, quoting towards an obligation."""

    account: f.Name = Field(description="Label of the sub-account or wallet, never a key.")
    tag: f.Name = Field(description="Strategy or book within the account.", examples=["core"])
    service: f.Job | None = Field(None, description="Where it differs from the obligation's.")


class Position(Entry):
    """How large the position of a book may become."""

    max: f.Positive = Field(description="Long or short, in base units.", examples=["5 BTC"])


class OwnBook(Book):
    """A book without an obligation: a hedge, or own quoting."""

    venue: f.Venue = Field(description="ccxt id where ccxt has one.")
    symbol: f.Symbol = Field(description="ccxt unified symbol.")
    role: f.Role = Field("hedge", description="What the book is for.")
    position: Position | None = Field(None, description="Limit of its position at the venue.")


class Obligation(Shared):
    """What the client was promised on one market, by all books named here together."""

    # Books have a default, so that one without them is judged on; the schema asks for them.
    model_config = ConfigDict(json_schema_extra=lambda schema: schema["required"].append("books"))

    venue: f.Venue = Field(description="ccxt id where ccxt has one.")
    symbol: f.Symbol = Field(description="ccxt unified symbol.")
    valid: Valid | None = Field(None, description="Always unless set.")
    amendments: list[Amendment] = Field(
        default_factory=list, description="What changes when; the latest that has begun counts."
    )
    books: list[Book] = Field(
        default_factory=list,
        description="Every book that quotes for it.",
        json_schema_extra={"minItems": 1},
    )


# What holds over all markets of a client


class Exposure(Entry):
    """How much of an asset the client's books may hold, over all venues together."""

    target: f.Quantity = Field(description="Where inventory should be.", examples=["4 BTC"])
    tolerance: f.Positive | None = Field(None, description="Distance from target that is a ticket.")
    limit: f.Positive = Field(description="Distance from target that pages.", examples=["1 BTC"])


class Aggregate(Entry):
    """What all markets of an asset must have together."""

    depth: Depth = Field(
        description="Minimum by band, in the reference currency.",
        examples=["{2 %: 500000 USD}"],
    )


class Holdings(Entry):
    """What a client's books may hold and lose, over all markets."""

    exposure: dict[f.Asset, Exposure] = Field(default_factory=dict, description="By asset.")
    hedge: dict[f.Asset, f.Positive] = Field(
        default_factory=dict, description="Most of the asset that may be left unhedged; pages."
    )
    loss: dict[f.Period, f.Positive] = Field(
        default_factory=dict, description="Loss limit by window, in the reference currency."
    )
    unexplained: f.Positive | None = Field(
        None, description="PnL of an hour that may be unexplained, in the reference currency."
    )
    aggregate: dict[f.Asset, Aggregate] = Field(
        default_factory=dict, description="Promises over all venues together, by asset."
    )


class ClientAmendment(Amendment, Holdings):
    """Terms and limits that replace those of the client from a day or instant on."""


class Loan(Entry):
    """An asset lent to the desk for a client's books."""

    lender: f.Name = Field(description="Label of who lent it.", examples=["acme-foundation"])
    principal: f.Positive = Field(description="Amount not yet paid back.", examples=["500000 ACME"])
    rate: f.Rate = Field(description="Interest, a share of the principal a year.")
    start: f.Moment | None = Field(
        None, alias="from", description="First day, in the zone, or instant."
    )
    expiry: f.Moment = Field(
        description="Last day, in the zone, or the instant it ends.", examples=["2027-06-30"]
    )
    strike: f.Positive | None = Field(
        None, description="Price of the option to buy instead, in the reference currency."
    )


class Contact(Entry):
    """Somebody to talk to. Never part of any signal."""

    role: f.Text = Field(description="What for.", examples=["client manager"])
    name: f.Text | None = Field(None, description="Who.")
    email: f.Text | None = Field(None, description="Address.")
    phone: f.Text | None = Field(None, description="Number, with its country's.")
    chat: f.Text | None = Field(None, description="Channel or handle.")


class Float(Entry):
    """What an account must hold of an asset to go on quoting."""

    min: f.Quantity | None = Field(None, description="Below this it cannot quote what it must.")
    max: f.Quantity | None = Field(None, description="Above this it is idle or at risk.")


class AccountStaleness(Entry):
    """Staleness of one account."""

    balances: f.Duration = Field(description="Account balances.", examples=["2 min"])


class Account(Entry):
    """Terms of one account at one venue."""

    float_: dict[f.Asset, Float] = Field(
        default_factory=dict, alias="float", description="By asset: enough to quote with."
    )
    mismatch: dict[f.Asset, f.Positive] = Field(
        default_factory=dict, description="By asset: ledger against venue; beyond it pages."
    )
    limits: Limits | None = Field(None, description="Merged key by key.")
    staleness: AccountStaleness | None = Field(None, description="By tier unless set.")


class VenueTerms(Shared):
    """What holds for everything on one venue."""

    staleness: AccountsStaleness | None = Field(None, description="Merged key by key.")
    amendments: list[Amendment] = Field(
        default_factory=list, description="What changes when; the latest that has begun counts."
    )


class Client(Shared, Holdings):
    """One client: what it inherits to its obligations, and what holds over all of them."""

    name: f.Text | None = Field(None, description="As people say it; the id unless set.")
    staleness: AccountsStaleness | None = Field(None, description="Merged key by key.")
    venues: dict[f.Venue, VenueTerms] = Field(
        default_factory=dict, description="What differs by venue."
    )
    amendments: list[ClientAmendment] = Field(
        default_factory=list, description="What changes when; the latest that has begun counts."
    )
    loans: list[Loan] = Field(default_factory=list, description="What was lent for its books.")
    contacts: list[Contact] = Field(default_factory=list, description="In no signal.")
    accounts: dict[f.AccountKey, Account] = Field(
        default_factory=dict, description="By venue/account."
    )
    obligations: dict[f.Name, Obligation] = Field(
        default_factory=dict, description="By id, unique over the whole file."
    )
    books: list[OwnBook] = Field(default_factory=list, description="Books without obligation.")


class Defaults(Shared):
    """What the whole desk inherits from."""

    reference: f.Asset | None = Field(
        None, description="Currency of losses, strikes and aggregates: `USD` unless set."
    )
    staleness: AccountsStaleness | None = Field(None, description="Merged key by key.")
    venues: dict[f.Venue, VenueTerms] = Field(
        default_factory=dict, description="What differs by venue, for every client."
    )
    amendments: list[Amendment] = Field(
        default_factory=list, description="What changes when; the latest that has begun counts."
    )
    contacts: list[Contact] = Field(default_factory=list, description="The desk's own.")


class Service(Entry):
    """A process that must be reporting."""

    loops: Annotated[list[f.Name], Field(min_length=1)] = Field(
        description="Its heartbeats: silence of any of them pages.", examples=["[quote]"]
    )


class File(Entry):
    """Everything a desk promised, and what must run to keep it."""

    defaults: Defaults = Field(default_factory=Defaults, description="The desk's own.")
    services: dict[f.Job, Service] = Field(
        description="By `job`.", examples=["{desk/mm-majors: {loops: [quote]}}"]
    )
    clients: dict[f.Name, Client] = Field(
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
