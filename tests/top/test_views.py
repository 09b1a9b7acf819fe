"""The numbers of both screens, from hand-made samples evaluated by Prometheus' own engine.

Each right answer is worked out beside its assertion, from what the scene says.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from fortuna_otel import signals
from fortuna_otel.top.look import Tone
from fortuna_otel.top.model import Desk, OneBook
from fortuna_otel.top.reader import Wanted
from fortuna_otel.top.selection import Selection
from tests.provisioning.evaluation import Raw, Series
from tests.top import scenes
from tests.top.prometheus import Scene, reading, serving, snapshot

if TYPE_CHECKING:
    from fortuna_otel.top.model import Row, Table

ACME = Selection().only("acme", "binance", "BTC/USDT")
GLOBEX = Selection().only("globex", "kraken", "ETH/EUR")


def desk_of(scene: Scene, selection: Selection | None = None) -> Desk:
    """The first screen of a scene."""
    view = snapshot(scene, selection or Selection()).view
    assert isinstance(view, Desk)
    return view


def book_of(scene: Scene, selection: Selection, number: int = 0) -> OneBook:
    """One book of a scene."""
    view = snapshot(scene, selection, number).view
    assert isinstance(view, OneBook)
    return view


def tile(desk: Desk, title: str) -> Any:
    """A tile's numbers by name, or why it has none."""
    (found,) = [one for one in desk.tiles if one.title.startswith(title)]
    return {name: one.value for name, one in found.parts} or found.empty


def row(table: Table, **keys: str) -> Row:
    """The only row with these keys."""
    (found,) = [one for one in table.rows if keys.items() <= one.keys.items()]
    return found


def without(series: list[Raw], *parts: str) -> list[Raw]:
    """Take away the series whose notation holds every one of these parts."""
    return [one for one in series if not all(part in one.notation for part in parts)]


class TestTheWholeDesk:
    """Two clients, two quote currencies: 1 USDT is 0.999 dollars, 1 EUR 1.10."""

    def test_profit(self, desk: Scene) -> None:
        """60 s x (1.5 + 1) USDT x 0.999 - 60 s x 0.3 EUR x 1.1 = 149.85 - 19.80."""
        assert tile(desk_of(desk), "PnL today") == {"client": pytest.approx(130.05)}

    def test_net_delta(self, desk: Scene) -> None:
        """3.5 BTC, 3 are aimed at: half a bitcoin at 64,000."""
        assert tile(desk_of(desk), "net delta") == {"client": pytest.approx(32_000)}

    def test_resting(self, desk: Scene) -> None:
        """Bids 159,875.5 USDT and no EUR; asks 217,756 USDT and 27,010 EUR."""
        resting = tile(desk_of(desk), "resting")
        assert resting == {
            "bid": pytest.approx(159_875.5 * 0.999),
            "ask": pytest.approx(217_756 * 0.999 + 27_010 * 1.1),
        }

    def test_counts(self, desk: Scene) -> None:
        """Zero is only said where there is something to judge, and of how many."""
        tiles = {one.title: one for one in desk_of(desk).tiles}
        assert tiles["not kept"].parts[0][1].marked == "1 of 2!"
        assert tiles["venues not ok"].parts[0][1].marked == "0 of 2"
        assert tiles["silent services"].parts[0][1].marked == "0 of 1"
        assert tiles["firing pages"].parts[0][1].marked == "1!"
        assert tiles["oldest feed"].parts[0][1].text == "0.4s"

    def test_rows_worst_first(self, desk: Scene) -> None:
        """Nobody bids for globex, so it is above acme, which is kept."""
        table = desk_of(desk).table
        assert [(one.keys["client"], one.cells["state"].text) for one in table.rows] == [
            ("globex", "ask only"),
            ("acme", "kept"),
        ]

    def test_a_kept_row(self, desk: Scene) -> None:
        """Spread 3.125 of 10 bp; bids 159,875.5 of 100,000; half a bitcoin of a limit of two."""
        found = row(desk_of(desk).table, client="acme")
        assert found.value("spread") == pytest.approx(0.3125)
        assert found.value("depth") == pytest.approx(1.598755)
        assert found.value("bid") == 63_990
        assert found.value("ask") == 64_010
        assert found.value("exposure") == pytest.approx(0.25)
        assert found.value("PnL") == pytest.approx(149.85)
        # 5 % of a day may be breached, and none of it was.
        assert found.value("budget") == pytest.approx(4_320)
        assert found.value("feed age") == pytest.approx(0.4)
        assert found.cells["alerts"].text == "–"  # noqa: RUF001

    def test_a_broken_row(self, desk: Scene) -> None:
        """Without a bid there is no spread; what is missing is no zero; a minute was breached."""
        found = row(desk_of(desk).table, client="globex")
        for title in ("spread", "bid", "exposure"):
            assert found.cells[title].text == "–"  # noqa: RUF001
        assert found.cells["depth"].marked == "0%!"
        assert found.value("PnL") == pytest.approx(-19.8)
        assert found.value("budget") == pytest.approx(4_320 - 60)
        assert found.value("alerts") == 1

    def test_firing_alerts(self, desk: Scene) -> None:
        """The page first; both of what began 45 s ago."""
        firing = desk_of(desk).alerts.firing
        assert [(one.severity, one.name, one.where, one.seconds) for one in firing] == [
            ("page", "QuotesOneSided", "globex kraken ETH/EUR", 45),
            ("ticket", "CollectorQueueFilling", "collector", 45),
        ]

    def test_nothing_is_left_out(self, desk: Scene) -> None:
        """Every quote currency has a rate, nothing was refused."""
        assert desk_of(desk).notes == ()

    def test_in_another_currency_without_rates(self, desk: Scene) -> None:
        """Nothing is worth anything in CHF: no number, and it is said why."""
        view = desk_of(desk, Selection().choose("reference", ["CHF"]))
        for title in ("PnL today", "net delta", "resting"):
            assert tile(view, title) == "no rate in CHF"
        assert view.notes == ("no rate of EUR, USDT in CHF: what is there now is left out",)
        # What needs no rate is as before.
        assert row(view.table, client="acme").value("spread") == pytest.approx(0.3125)
        assert row(view.table, client="acme").value("PnL") is None


class TestOneClient:
    """What is chosen is what is counted."""

    def test_its_own_numbers(self, desk: Scene) -> None:
        """The strip follows the client."""
        view = desk_of(desk, Selection().choose("client", ["globex"]))
        assert tile(view, "PnL today") == {"client": pytest.approx(-19.8)}
        assert tile(view, "net delta") == "no limit set"
        assert [one.keys["client"] for one in view.table.rows] == ["globex"]

    def test_an_alert_of_another_client_is_not_shown(self, desk: Scene) -> None:
        """The other client's page is not; the ticket of nobody in particular is."""
        view = desk_of(desk, Selection().choose("client", ["acme"]))
        assert [one.name for one in view.alerts.firing] == ["CollectorQueueFilling"]
        assert tile(view, "firing pages") == {"": 0}

    def test_one_account_of_two(self, desk: Scene) -> None:
        """mm-2 alone earned 60 x 0.999; the obligation is judged over both all the same."""
        view = desk_of(desk, Selection().choose("account", ["mm-2"]))
        assert tile(view, "PnL today") == {"client": pytest.approx(59.94)}
        assert row(view.table, client="acme").value("depth") == pytest.approx(1.598755)


class TestOneBook:
    """acme's first book on binance."""

    def test_its_obligation_and_market(self, desk: Scene) -> None:
        """The market's prices, the spread in bp beside what was promised, and how fresh it is."""
        view = book_of(desk, ACME)
        assert (view.book.account, view.number, view.of) == ("mm-1", 1, 2)
        assert view.standing is not None
        assert view.standing.cells["state"].text == "kept"
        assert view.ticker == {
            "bid": 63_999,
            "ask": 64_001,
            "last": 64_000,
            "24 h": None,
            "spread": pytest.approx(3.125),
            "target": pytest.approx(3),
            "max": pytest.approx(10),
            "as of": 1,
        }

    def test_its_ladder(self, desk: Scene) -> None:
        """Own levels with sums from the touch, and the market between them, dearest first."""
        rows = book_of(desk, ACME).ladder.rows
        assert [(one.keys["level"], one.value("price")) for one in rows] == [
            *(("3", 64_030), ("2", 64_020), ("1", 64_010), ("best ask", 64_001)),
            *(("fair", 64_000), ("best bid", 63_999), ("1", 63_990), ("2", 63_980.5)),
        ]
        asks = [(one.value("size"), one.value("cum")) for one in rows[:3]]
        assert asks == [(1.2, pytest.approx(2.4)), (0.8, pytest.approx(1.2)), (0.4, 0.4)]
        bids = [(one.value("size "), one.value("cum ")) for one in rows[6:]]
        assert bids == [(0.5, 0.5), (1.0, 1.5)]
        assert rows[2].value("from mid") == pytest.approx(1e4 * (64_010 / 64_000 - 1))

    def test_the_ladders_sum_is_the_depth_and_the_liquidity(self, desk: Scene) -> None:
        """Price times size over both books, band and resting value: one number."""
        rows = [
            one
            for number in (0, 1)
            for one in book_of(desk, ACME, number).ladder.rows
            if one.keys["side"] == "ask" and one.value("size") is not None
        ]
        summed = sum((one.value("price") or 0) * (one.value("size") or 0) for one in rows)
        (band,) = book_of(desk, ACME).depth.rows
        resting = tile(desk_of(desk, ACME), "resting")
        assert summed == pytest.approx(217_756)
        assert band.value("ask now") == pytest.approx(217_756)
        assert resting["ask"] == pytest.approx(217_756 * 0.999)

    def test_its_depth_against_what_is_required(self, desk: Scene) -> None:
        """Both accounts' bids within half a percent are 159,875.5 of 100,000."""
        (band,) = book_of(desk, ACME).depth.rows
        assert band.keys == {"band": "0.5"}
        assert band.value("bid now") == pytest.approx(159_875.5)
        assert band.value("bid min") == 100_000
        assert band.cells["bid cov"].text == "160%"
        assert band.value("bid avg") == pytest.approx(159_875.5)
        assert band.value("bid share") is None

    def test_what_it_holds(self, desk: Scene) -> None:
        """The client's exposure of its limit, and the account's balance of the float it needs."""
        view = book_of(desk, ACME)
        exposed = row(view.exposure, asset="BTC", capital="client")
        assert [exposed.value(title) for title in ("net", "target", "of limit", "value")] == [
            *(3.5, 3.0, pytest.approx(0.25), pytest.approx(224_000)),
        ]
        held = row(view.balance, account="mm-1", asset="BTC")
        assert [held.value(title) for title in ("free", "used", "of float", "as of")] == [
            *(3.0, 1.0, pytest.approx(2.0), pytest.approx(7.0)),
        ]

    def test_balances_of_another_account_are_not_its_own(self, desk: Scene) -> None:
        """The obligation's other account reports no balance, so its book shows none."""
        assert book_of(desk, ACME, 1).balance.rows == ()

    def test_what_it_traded_today(self, desk: Scene) -> None:
        """Each book of the obligation; the parts of the profit add up to it."""
        view = book_of(desk, ACME)
        first = row(view.traded, account="mm-1")
        assert first.value("PnL") == pytest.approx(60 * 1.5 * 0.999)
        assert first.value("realized") == pytest.approx(60 * 2 * 0.999)
        assert first.value("bought") == pytest.approx(60 * 100 * 0.999)
        assert [first.value(title) for title in ("buys", "sells", "volume", "maker")] == [
            pytest.approx(one) for one in (60, 60, 60, 1)
        ]
        assert first.value("fees") == pytest.approx(60 * 0.5 * 0.999)
        assert first.value("last fill") == 12
        assert [name for name, _ in view.profit] == ["client"]
        assert view.profit[0][1].value == pytest.approx(149.85)
        assert {name: one.value for name, one in view.components} == {
            "spread": pytest.approx(60 * 3 * 0.999),
            "fees": pytest.approx(-60 * 0.5 * 0.999),
        }

    def test_its_spread_over_time(self, desk: Scene) -> None:
        """Four points a minute since the first sample, and a gap before it."""
        values = book_of(desk, ACME).spread.values
        assert values[-5:] == pytest.approx((3.125,) * 5)
        assert set(values[:-5]) == {None}

    def test_its_alerts(self, desk: Scene) -> None:
        """Its own, and those of what everybody stands on; not those of another market."""
        assert [one.name for one in book_of(desk, ACME).alerts.firing] == ["CollectorQueueFilling"]
        assert [one.name for one in book_of(desk, GLOBEX).alerts.firing] == [
            *("QuotesOneSided", "CollectorQueueFilling")
        ]

    def test_the_books_after_the_last_begin_anew(self, desk: Scene) -> None:
        """A book that has gone meanwhile is no error."""
        assert book_of(desk, ACME, 1).book.account == "mm-2"
        assert book_of(desk, ACME, 2).book.account == "mm-1"


class TestWhatIsMissing:
    """Missing is missing, and says why."""

    def test_an_empty_side(self, desk: Scene) -> None:
        """No bid rests: no level, no spread; a depth of 0 was reported, so it is one."""
        view = book_of(desk, GLOBEX)
        own = [one for one in view.ladder.rows if one.keys["level"] == "1"]
        assert [one.keys["side"] for one in own] == ["ask"]
        assert view.ticker["spread"] is None
        assert set(view.spread.values) == {None}
        (band,) = view.depth.rows
        assert band.cells["bid cov"].marked == "0%!"
        assert band.value("bid now") == 0

    def test_no_rate(self) -> None:
        """What rests in euro is left out, and that is said; a loss keeps its minute's worth."""
        series = without(scenes.whole(), "reference_rate", "EUR")
        view = desk_of(scenes.scene(series))
        assert tile(view, "PnL today") == {"client": pytest.approx(130.05)}
        assert tile(view, "resting") == {
            "bid": pytest.approx(159_716, abs=1),
            "ask": pytest.approx(217_538, abs=1),
        }
        assert view.notes == ("no rate of EUR in USD: what is there now is left out",)
        assert row(view.table, client="globex").value("PnL") == pytest.approx(-19.8)

    def test_a_silent_service(self) -> None:
        """Its loop last beat 40 s ago, and its counters stand still: nobody judges."""
        silent = [*scenes.rates(), *scenes.acme(), *scenes.services(silent=True)]
        stopped = [
            Series(
                signals.obligations.OBSERVED_TIME, "0+1x20 20+0x40", **scenes.ACME, source="engine"
            )
            if "observed_time" in one.notation
            else one
            for one in silent
        ]
        view = desk_of(scenes.scene(stopped))
        assert tile(view, "silent services") == {"": 1}
        state = row(view.table, client="acme").cells["state"]
        assert (state.text, state.tone) == ("unobserved", Tone.BAD)

    def test_not_a_number(self) -> None:
        """NaN in a gauge is a dash in its cell, and takes nothing else with it."""
        series = [
            Series(signals.obligations.SPREAD, "NaN+0x60", **scenes.ACME, source="engine")
            if "fortuna_obligation_spread" in one.notation
            else one
            for one in scenes.whole()
        ]
        found = row(desk_of(scenes.scene(series)).table, client="acme")
        assert found.value("spread") is None
        assert found.cells["spread"].text == "–"  # noqa: RUF001
        assert found.value("depth") == pytest.approx(1.598755)

    def test_rules_that_do_not_run(self) -> None:
        """Without the Watchdog there is no zero of pages, and none means nothing."""
        series = without(scenes.whole(), "ALERTS")
        view = desk_of(scenes.scene(series))
        assert tile(view, "firing pages") == "rules not running"
        assert view.alerts.quiet == "the rules are not running: no alert can fire"

    def test_one_book_without_a_mandate(self) -> None:
        """A book nobody promised anything for has a ladder and no terms."""
        series = [*scenes.rates(), *scenes.market(scenes.BTC, 64_000, 1)]
        series += scenes.quoted(scenes.MM1, [(63_990.0, 0.5)], [(64_010.0, 0.4)])
        view = book_of(scenes.scene(series), Selection())
        assert view.of == 1
        assert view.standing is None
        assert view.ticker["max"] is None
        assert view.depth.rows[0].value("bid min") is None
        assert view.depth.rows[0].cells["bid cov"].text == "–"  # noqa: RUF001
        assert (view.traded.rows, view.traded.empty) == ((), "no selected book reports fills")

    def test_no_book(self) -> None:
        """An empty store has no number, and says what to look for."""
        found = snapshot(scenes.scene(scenes.rates()), Selection())
        assert isinstance(found.view, Desk)
        assert [one.empty for one in found.view.tiles if not one.parts] == [
            *("not reported", "no limit set", "no book", "no obligation", "no feed"),
            *("no status", "none expected", "rules not running"),
        ]
        assert found.view.table.rows == ()
        assert found.view.notes[0].startswith("nothing is known here")
        assert snapshot(scenes.scene(scenes.rates()), Selection(), 0).view is None

    def test_a_refused_expression(self, desk: Scene) -> None:
        """The others are shown; its own panel says that the store refused it."""
        with serving(desk) as fake, reading(fake) as reader:
            fake.refused = "fortuna_quote_ladder"
            found = reader.read(Wanted(ACME, 0)).view
        assert isinstance(found, OneBook)
        assert "too many samples" in found.ladder.problem
        assert found.depth.rows

    def test_a_refused_tile(self, desk: Scene) -> None:
        """A number of the strip that was refused is missing, and named."""
        with serving(desk) as fake, reading(fake) as reader:
            fake.refused = "fortuna_venue_status"
            found = reader.read(Wanted(Selection())).view
        assert isinstance(found, Desk)
        assert tile(found, "venues not ok") == "no status"
        assert found.notes == (
            "the store refused venues not ok: too many samples",
            "the store refused venues: too many samples",
        )


def test_infinite_is_said() -> None:
    """A store may answer infinity; it is shown as what it is."""
    series = [
        Series(
            signals.inventory.EXPOSURE_NET, "Inf+0x60", client="acme", asset="BTC", capital="client"
        )
        if "exposure_net" in one.notation
        else one
        for one in scenes.whole()
    ]
    value = tile(desk_of(scenes.scene(series)), "net delta")
    assert value == {"client": math.inf}
