"""Inheritance, tier defaults, and what must fit together across entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortuna_otel import mandates
from fortuna_otel.mandates.terms import Spread, Staleness, UptimeMinimum
from fortuna_otel.mandates.times import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    Problems = Callable[[str], list[str]]

DESK = """\
defaults:
  tier: thin
  version: 2026-11
  spread: {min: 5 bp, max: 100 bp}
  uptime: 90 %
  staleness: {balances: 1 min, orders: 90 s}
services:
  desk/mm-1: {loops: [quote, hedge]}
  desk/mm-2: {loops: [quote]}
  desk/watch: {loops: [poll]}
  desk/rates: {loops: [rates]}
clients:
  acme:
    service: desk/mm-1
    spread: {target: 50 bp}
    depth: {2 %: 1000 USDT}
    uptime: {presence: 99 %, window: 30 d}
    obligations:
      plain: {venue: okx, symbol: A/USDT, books: [{account: a, tag: t}]}
      own:
        venue: okx
        symbol: B/USDT
        version: second
        tier: liquid
        spread: {max: 80 bp}
        depth: {1 %: {bid: 500 USDT}}
        staleness: {quotes: 3 s}
        watcher: desk/watch
        books:
          - {account: b, tag: t}
          - {account: c, tag: t, service: desk/mm-2}
  desk:
    service: desk/mm-2
    books: [{venue: okx, symbol: B/USDT, account: hedge, tag: h}]
"""


def test_what_is_not_set_comes_from_client_and_desk() -> None:
    """Spread, uptime and staleness are merged key by key, depth is taken whole from the nearest."""
    plain, _ = mandates.loads(DESK).obligations
    assert plain.tier == "thin"
    assert plain.version == "2026-11"
    assert plain.spread == Spread(min=0.0005, target=0.005, max=0.01)
    assert plain.uptime == (UptimeMinimum("all", 0.9), UptimeMinimum("presence", 0.99))
    assert plain.window == Window(30 * 86_400)
    assert plain.staleness == Staleness(market=15.0, quotes=30.0, orders=90.0, lag=5.0)
    assert [(d.band, d.side, d.amount) for d in plain.depth] == [
        ("2", "bid", 1000.0),
        ("2", "ask", 1000.0),
    ]
    assert [book.service for book in plain.books] == ["desk/mm-1"]


def test_the_nearest_wins() -> None:
    """What an obligation or a book says itself stands before anything inherited."""
    _, own = mandates.loads(DESK).obligations
    assert (own.tier, own.version, own.watcher) == ("liquid", "second", "desk/watch")
    assert own.spread == Spread(min=0.0005, target=0.005, max=0.008)
    assert own.staleness == Staleness(market=5.0, quotes=3.0, orders=90.0)
    assert [(d.band, d.side, d.amount) for d in own.depth] == [("1", "bid", 500.0)]
    assert [book.service for book in own.books] == ["desk/mm-1", "desk/mm-2"]


def test_what_nobody_sets_comes_from_the_tier(good: str) -> None:
    """Liquid 5 / 10 / 30 / 2 / 120 s, thin 15 / 30 / 60 / 5 / 300 s; 95 % of all over a day."""
    liquid = mandates.loads(good)
    (obligation,) = liquid.obligations
    assert (obligation.tier, obligation.version) == ("liquid", "1")
    assert obligation.staleness == Staleness(market=5.0, quotes=10.0, orders=30.0)
    assert obligation.uptime == (UptimeMinimum("all", 0.95),)
    assert obligation.window == Window(86_400.0)
    assert liquid.accounts[0].staleness == 120.0
    thin = mandates.loads(f"defaults: {{tier: thin}}\n{good}")
    assert thin.obligations[0].staleness == Staleness(
        market=15.0, quotes=30.0, orders=60.0, lag=5.0
    )
    assert thin.accounts[0].staleness == 300.0


def test_an_account_is_as_fresh_as_its_strictest_book_needs(good: str) -> None:
    """One account with a thin and a liquid market is judged as liquid; its own word counts most."""
    thin = """\
      acme-x:
        {venue: binance, symbol: X/USDT, tier: thin, books: [{account: acme-mm, tag: core}]}
      acme-y:
        {venue: okx, symbol: X/USDT, tier: thin, books: [{account: acme-mm, tag: core}]}
"""
    text = f"{good}{thin}    accounts:\n      okx/acme-mm: {{staleness: {{balances: 7 s}}}}\n"
    assert [(account.venue, account.staleness) for account in mandates.loads(text).accounts] == [
        ("binance", 120.0),
        ("okx", 7.0),
    ]


def test_books_and_services_know_each_other() -> None:
    """A service serves the clients whose books it holds or watches; one with none, the desk."""
    desk = mandates.loads(DESK)
    assert {service.job: service.clients for service in desk.services} == {
        "desk/mm-1": ("acme",),
        "desk/mm-2": ("acme", "desk"),
        "desk/watch": ("acme",),
        "desk/rates": ("desk",),
    }
    assert desk.services[0].loops == ("quote", "hedge")
    hedge = desk.books[-1]
    assert (hedge.client, hedge.role, hedge.capital, hedge.mandate) == ("desk", "hedge", "desk", "")
    assert {book.capital for book in desk.books[:-1]} == {"client"}


def test_clients_go_by_their_id_unless_named(good: str) -> None:
    """A name is for people; without one the id is it."""
    assert mandates.loads(good).clients[0].name == "Acme Treasury"
    unnamed = mandates.loads(good.replace("    name: Acme Treasury\n", ""))
    assert unnamed.clients[0].name == "acme"


def test_ids_of_obligations_are_unique_over_the_desk(good: str, problems: Problems) -> None:
    """The same id under two clients would be one series for two promises."""
    again = good.split("clients:\n")[1].replace("acme:", "globex:", 1).replace("acme-mm", "g-mm")
    assert problems(good + again) == [
        (
            "desk.yaml:23: clients.globex.obligations.acme-btc: is the id of another obligation,"
            " on line 10; write an id of its own, such as `globex-acme-btc`, instead"
        )
    ]


def test_books_in_several_services_need_a_watcher(good: str, problems: Problems) -> None:
    """Nobody could merge their quotes before judging them, unless a watcher sees them all."""
    text = good.replace(
        "desk/mm-majors: {loops: [quote]}",
        "desk/mm-majors: {loops: [quote]}\n  desk/two: {loops: [quote]}",
    )
    text += "          - {account: other, tag: core, service: desk/two}\n"
    assert problems(text) == [
        (
            "desk.yaml:16: clients.acme.obligations.acme-btc.books: live in several services"
            " (desk/mm-majors, desk/two), and nobody sees them together;"
            " put them into one service, or write `watcher: …` with a service that sees all"
        )
    ]
    watched = text.replace("venue: binance", "venue: binance\n        watcher: desk/two")
    assert problems(watched) == []
    assert problems(watched.replace("watcher: desk/two", "watcher: desk/too")) == [
        (
            "desk.yaml:13: clients.acme.obligations.acme-btc.watcher: `desk/too` is not among the"
            " services; write `desk/two` instead"
        )
    ]


def test_a_book_is_written_once(good: str, problems: Problems) -> None:
    """A book that stands twice would count its quotes twice, in an obligation or beside it."""
    told = (
        " acme-mm/core on binance BTC/USDT is already claimed on line 16;"
        " write each book once, or give this one a tag of its own"
    )
    text = good + "          - {account: acme-mm, tag: core}\n"
    place = "desk.yaml:17: clients.acme.obligations.acme-btc.books[1]:"
    assert problems(text) == [place + told]
    book = "{venue: binance, symbol: BTC/USDT, account: acme-mm, tag: core}"
    assert problems(f"{good}    books:\n      - {book}\n") == [
        f"desk.yaml:18: clients.acme.books[0]:{told}"
    ]


def test_a_clients_market_has_one_promise(good: str, problems: Problems) -> None:
    """Alerts compare a client's market with one promise; a second one would be mixed with it."""
    text = good + (
        "      second: {venue: binance, symbol: BTC/USDT, books: [{account: acme-mm, tag: core}]}\n"
    )
    assert problems(text) == [
        (
            "desk.yaml:17: clients.acme.obligations.second: is a second promise to acme on binance"
            " BTC/USDT, beside line 10; alerts judge a client's market as a whole;"
            " write its books into the first, or `valid` times that do not meet"
        )
    ]
    first = text.replace("venue: binance\n", "venue: binance\n        valid: {to: 2026-12-31}\n")
    assert len(problems(first)) == 1
    both = first.replace("second: {", "second: {valid: {from: 2027-01-01}, ")
    assert problems(both) == []
    assert len(problems(both.replace("2027-01-01", "2026-12-31"))) == 1


def test_a_book_that_is_written_wrong_claims_nothing(good: str, problems: Problems) -> None:
    """Two wrong symbols are two problems, not a book claimed twice as well."""
    text = good.replace("BTC/USDT", "BTC-USDT") + (
        "      second: {venue: binance, symbol: ETH-USDT, books: [{account: acme-mm, tag: core}]}\n"
    )
    assert [line.partition(": `")[0] for line in problems(text)] == [
        "desk.yaml:12: clients.acme.obligations.acme-btc.symbol",
        "desk.yaml:17: clients.acme.obligations.second.symbol",
    ]


def test_clients_without_books_are_refused(good: str, problems: Problems) -> None:
    """A client with neither obligation nor book is a slip, unless its books are written wrong."""
    assert problems(f"{good}  globex: {{service: desk/mm-majors}}\n") == [
        (
            "desk.yaml:17: clients.globex: has neither obligations nor books;"
            " give it one, or remove the client"
        )
    ]
    assert len(problems(f"{good}  globex: {{obligation: {{}}}}\n")) == 1


def test_accounts_must_have_books(good: str, problems: Problems) -> None:
    """A float for an account that no book trades in protects nothing."""
    text = good + "    accounts:\n      binance/acme-mn: {float: {BTC: {min: 1 BTC}}}\n"
    assert problems(text) == [
        (
            "desk.yaml:18: clients.acme.accounts.binance/acme-mn: no book of the client trades"
            " in this account; write `binance/acme-mm` instead"
        )
    ]
    assert problems(text.replace("binance/acme-mn", "hyperliquid/z")) == [
        (
            "desk.yaml:18: clients.acme.accounts.hyperliquid/z: no book of the client trades"
            " in this account; remove it, or add its book"
        )
    ]
    assert problems(text.replace("binance/acme-mn", "acme-mm")) == [
        (
            "desk.yaml:18: clients.acme.accounts.acme-mm: `acme-mm` is not venue/account;"
            " write `binance/acme-mm` instead"
        )
    ]


def test_the_desk_quotes_with_its_own_capital(problems: Problems) -> None:
    """`capital: client` for everybody must not make the desk's own PnL a client's."""
    text = DESK.replace("tier: thin", "tier: thin\n  capital: client")
    assert problems(text) == [
        "desk.yaml:3: defaults.capital: is `client` for the desk's own books; write `capital: desk`"
    ]
    own = text.replace("  desk:\n", "  desk:\n    capital: desk\n")
    assert mandates.loads(own).books[-1].capital == "desk"
