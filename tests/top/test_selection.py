"""What is chosen, and what it makes of the board's variables."""

from __future__ import annotations

import pytest

from fortuna_otel.top.selection import FILTERS, Book, Known, Selection, UnknownChoiceError

BTC = Book("acme", "binance", "BTC/USDT", "mm-1", "core")
WIDE = Book("acme", "binance", "BTC/USDT", "mm-2", "wide")
ETH = Book("Globex", "kraken", "ETH/EUR", "gx", "core")
KNOWN = Known(frozenset({BTC, WIDE, ETH}), frozenset({"USD", "EUR"}), frozenset({"BTC", "ETH"}))


def test_everything_is_selected_at_first() -> None:
    """All, in dollars, every 15 s, as the board opens."""
    selection = Selection()
    assert selection.books(KNOWN) == [BTC, WIDE, ETH]
    assert str(selection) == "everything"
    variables = selection.variables(KNOWN, BTC, 600)
    assert variables["client"] == ("acme", "Globex")
    assert variables["reference"] == "USD"
    assert variables["interval"] == "15s"
    assert variables["today"] == "600"


def test_a_choice_narrows_what_follows() -> None:
    """All accounts are those of the chosen client, as the board chains its variables."""
    selection = Selection().choose("client", ["acme"])
    assert selection.books(KNOWN) == [BTC, WIDE]
    assert selection.options("account", KNOWN) == ["mm-1", "mm-2"]
    assert selection.options("client", KNOWN) == ["acme", "Globex"]
    variables = selection.variables(KNOWN, BTC, 600)
    assert variables["exchange"] == ("binance",)
    assert variables["account"] == ("mm-1", "mm-2")
    assert variables["asset"] == ("BTC", "ETH")


def test_the_one_book_fills_the_hidden_variables() -> None:
    """Panels of a single book name it exactly; where there is none they match nothing."""
    variables = Selection().variables(KNOWN, WIDE, 60)
    assert [variables[f"one_{name}"] for name in FILTERS[:5]] == list(WIDE)
    assert Selection().variables(Known(), None, 60)["one_client"] == ""


def test_several_values_and_all_again() -> None:
    """Several may be chosen; none is All."""
    selection = Selection().choose("tag", ["core", "wide"])
    assert str(selection) == "tag core+wide"
    assert selection.choose("tag", []).chosen == {}


def test_a_row_selects_its_obligation_as_the_board_does() -> None:
    """Every account and tag of it; the other filters keep their values."""
    selection = Selection().choose("asset", ["BTC"]).choose("reference", ["EUR"])
    row = selection.choose("tag", ["core"]).only("acme", "binance", "BTC/USDT")
    assert row.books(KNOWN) == [BTC, WIDE]
    assert row.values("asset") == ("BTC",)
    assert row.reference == "EUR"


def test_a_later_choice_that_is_ruled_out_is_dropped() -> None:
    """Choosing another client lets go of an account that is not its own."""
    selection = Selection().choose("account", ["mm-1", "gx"]).choose("client", ["Globex"])
    assert selection.kept(KNOWN).chosen == {"client": ("Globex",), "account": ("gx",)}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "client",
            "acmee",
            "--client acmee: no such client among what is selected; did you mean acme",
        ),
        ("reference", "CHF", "there is EUR, USD"),
        ("asset", "SOL", "there is BTC, ETH"),
        ("symbol", "X", "there is BTC/USDT, ETH/EUR"),
    ],
)
def test_a_value_that_is_none_is_refused(name: str, value: str, said: str) -> None:
    """An unknown value must not silently show everybody; what there is, is listed."""
    with pytest.raises(UnknownChoiceError) as caught:
        Selection().choose(name, [value]).check(KNOWN)
    assert said in str(caught.value)


def test_a_value_ruled_out_by_another_is_refused() -> None:
    """The account exists, but the client has none of that name."""
    chosen = Selection().choose("client", ["Globex"]).choose("account", ["mm-1"])
    with pytest.raises(UnknownChoiceError, match="there is gx"):
        chosen.check(KNOWN)


def test_where_nothing_is_known_any_value_may_come() -> None:
    """An empty store is no reason to refuse a client that may send in a moment."""
    Selection().choose("client", ["acme"]).choose("reference", ["CHF"]).check(Known())


def test_a_long_list_is_cut() -> None:
    """Of forty clients a dozen are named."""
    books = frozenset(BTC._replace(client=f"client-{number:02}") for number in range(40))
    with pytest.raises(UnknownChoiceError, match="client-11 and 28 more"):
        Selection().choose("client", ["zzz"]).check(Known(books))
