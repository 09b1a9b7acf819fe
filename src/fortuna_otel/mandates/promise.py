"""An obligation at an instant: its terms from what it says and inherits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fortuna_otel.mandates import figures, terms
from fortuna_otel.mandates.books import capital
from fortuna_otel.mandates.times import Window

if TYPE_CHECKING:
    from fortuna_otel.mandates import model
    from fortuna_otel.mandates.inherit import Inherited
    from fortuna_otel.mandates.source import Keys, Source


@dataclass(frozen=True, slots=True)
class Promise:
    """What does not change about an obligation.

    Attributes:
        place: where it stands, under its client and id.
        zone: whose midnight begins its days.
        reference: the currency that is neither its base nor its quote.
    """

    place: Keys
    written: model.Obligation
    zone: str
    reference: str
    valid: terms.Valid
    books: tuple[terms.Book, ...]
    watcher: str

    def at(self, source: Source, inherited: Inherited) -> terms.Obligation:
        """Return the obligation by the levels of an instant."""
        _, client, _, mandate = self.place
        symbol = self.written.symbol
        presence = inherited.get("presence")
        sides = tuple(side for side in terms.SIDES if presence.value in (None, "both", side))
        spread = figures.spread(source, inherited, presence)
        depth = figures.depth(
            source,
            self.place,
            symbol,
            inherited.get("depth"),
            sides=sides,
            reference=self.reference,
        )
        levels = figures.levels(source, symbol, inherited)
        kept = {
            "presence": True,
            "spread": spread.max is not None,
            "depth": bool(depth),
            "levels": levels is not None,
        }
        tier: terms.Tier = inherited.value("liquid", "tier")
        return terms.Obligation(
            mandate=str(mandate),
            client=str(client),
            venue=self.written.venue,
            symbol=symbol,
            version=inherited.value("1", "version"),
            tier=tier,
            capital=capital(str(client), inherited),
            spread=spread,
            depth=depth,
            uptime=figures.uptime(inherited, kept),
            window=self._window(inherited),
            staleness=_staleness(inherited, terms.TIERS[tier]),
            watcher=self.watcher,
            maintenance=figures.maintenance(inherited),
            books=self.books,
            exclusions=figures.exclusions(inherited),
            valid=self.valid,
            mid=figures.mid(source, inherited, one_sided=len(sides) < 2 and bool(depth)),
            presence=presence.value or "both",
            levels=levels,
            outage=inherited.get("uptime", "outage").value,
            sampling=figures.sampling(source, inherited),
            widening=figures.widening(source, inherited, spread.max, sides=len(sides)),
            volumes=figures.volumes(source, symbol, inherited),
            alerts=figures.alerts(inherited, "obligation"),
            reporting=inherited.value("", "reporting"),
            parties=tuple(inherited.value([], "parties")),
        )

    def _window(self, inherited: Inherited) -> Window:
        window = inherited.value(Window(), "uptime", "window")
        return replace(window, zone=self.zone) if window.calendar else window


def _staleness(inherited: Inherited, defaults: terms.TierDefaults) -> terms.Staleness:
    return terms.Staleness(
        market=inherited.value(defaults.market, "staleness", "market"),
        quotes=inherited.value(defaults.quotes, "staleness", "quotes"),
        orders=inherited.value(defaults.orders, "staleness", "orders"),
        lag=inherited.value(defaults.lag, "staleness", "lag"),
    )
