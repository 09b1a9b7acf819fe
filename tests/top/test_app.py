"""The application, driven by its keys; its numbers are read off the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fortuna_otel.top.selection import Selection
from fortuna_otel.top.store import StoreError
from fortuna_otel.top.widgets import DARK, LIGHT
from tests.top.pilot import Clock, running
from tests.top.prometheus import Prometheus

if TYPE_CHECKING:
    from tests.top.prometheus import Scene

GONE = (500, b"")


async def test_the_first_screen_in_80_by_24(fake: Prometheus) -> None:
    """Strip, rows and alerts fit, no number is cut, and what is bad is marked without colour."""
    async with running(fake) as screen:
        await screen.see(
            "client +130.05 client +32,000 bid 159,716 ask 247,249",
            "1 of 2! 0.4s 0 of 2 0 of 1 1!",
            "client exchange symbol state al sprd depth expo PnL budget feed "
            "globex kraken ETH/EUR ask only 1! – 0%! – -19.80! 71m 0.4s "  # noqa: RUF001
            "acme binance BTC/USDT kept – 31% 160% 25% 149.85 72m 0.4s",  # noqa: RUF001
            "PAGE 45s QuotesOneSided globex kraken ETH/EUR",
            "TICKET 45s CollectorQueueFilling collector",
        )
        assert len(screen.lines) == 24
        assert all(len(line) <= 80 for line in screen.lines)


async def test_a_wide_terminal_shows_more(fake: Prometheus) -> None:
    """One row of tiles, prices, and the alerts beside the table; back in 80 columns as before."""
    async with running(fake, size=(170, 40)) as screen:
        await screen.see(
            "bid 159,716 ask 247,249 1 of 2! 0.4s",
            "expo runway PnL loss budget feed PAGE 45s QuotesOneSided globex kraken ETH/EUR",
            "160% 63,990 64,010 25% 2.0 x 149.85 – 72m 0.4s",  # noqa: RUF001
        )
        await screen.pilot.resize_terminal(80, 24)
        await screen.miss("63,990")
        await screen.see("acme binance BTC/USDT kept – 31% 160% 25% 149.85 72m 0.4s")  # noqa: RUF001
        assert len(screen.lines) == 24


async def test_enter_opens_a_row_and_escape_comes_back(fake: Prometheus) -> None:
    """The second row's book, its other book, and the desk again with the cursor where it was."""
    async with running(fake) as screen:
        await screen.see("acme binance")
        await screen.press("down", "enter")
        await screen.see(
            "acme binance BTC/USDT mm-1 core · book 1 of 2 · USD",
            "KEPT spread 31% depth 160% exposure 25% budget 72m feed 0.4s",
            "market bid 63,999 ask 64,001 last 64,000 24 h – quotes as of 1.0s",  # noqa: RUF001
            "PnL today, 2 books, client +149.85 = spread +179.82 fees -29.97",
            "Spread own 3.1 bp target 3.0 bp max 10.0 bp",
            # The dearest ask of the ladder, and the depth beside it.
            "64,030.0 1.2 2.4 +4.7 160% 159,876 0.5 217,756 218%",
            "64,010.0 0.4 0.4 +1.6 64,001.0 +0.2 best ask 64,000.0 +0.0 fair",
            "63,999.0 -0.2 best bid 0.5 0.5 63,990.0 -1.6 1.5 1 63,980.5 -3.0",
            "BTC client 3.5 25% 224,000",
            "BTC 3 1 200% 7.0s",
        )
        await screen.press("right")
        await screen.see("mm-2 wide · book 2 of 2", "1 1 63,900 -15.6")
        await screen.press("right")
        await screen.see("mm-1 core · book 1 of 2")
        await screen.press("left")
        await screen.see("mm-2 wide · book 2 of 2")
        await screen.press("escape")
        await screen.see("Desk · worst obligation first", "globex")
        await screen.press("enter")
        await screen.see("acme binance BTC/USDT mm-1 core")


async def test_an_empty_side_is_said(fake: Prometheus) -> None:
    """Nobody bids: words, not only a colour or a gap."""
    async with running(fake) as screen:
        await screen.see("globex")
        await screen.press("enter")
        await screen.see(
            "globex kraken ETH/EUR gx core",
            "ASK ONLY spread – depth 0%!",  # noqa: RUF001
            "Spread own – target 3.0 bp max 10.0 bp not two-sided, or nobody reports",  # noqa: RUF001
            "Live ladder · no bid rests",
            # The market's own prices keep their half, though the own ask is a whole number.
            "2,700.5 +1.9 best ask",
            "no account in the selection reports",
            "QuotesOneSided",
        )


async def test_a_panel_alone(fake: Prometheus) -> None:
    """Arrows choose a panel, enter gives it the whole screen, escape gives it back."""
    async with running(fake) as screen:
        await screen.see("acme binance")
        await screen.press("down", "enter")
        await screen.see("Live ladder", "Firing alerts")
        await screen.press("up")
        await screen.press("enter")
        await screen.miss("Live ladder")
        assert "Firing alerts" in screen.text
        await screen.press("escape")
        await screen.see("Live ladder", "Firing alerts")
        await screen.press("escape")
        await screen.see("worst obligation first")


async def test_a_filter_narrows_every_number(fake: Prometheus) -> None:
    """`/` asks which filter, then which value; typing narrows both lists."""
    async with running(fake) as screen:
        await screen.press("slash")
        await screen.see("Which filter?", "client     All", "interval   15s")
        await screen.press("c", "l", "enter")
        await screen.see("client · narrows what follows", "[x] All", "acme", "globex")
        await screen.press("g", "l")
        await screen.miss("acme")
        await screen.press("enter")
        await screen.see("client globex", "live", "client -19.80!", "1 of 1!")
        assert "acme" not in screen.text
        await screen.press("slash", "enter", "enter")
        await screen.see("fortuna · everything", "client +130.05")


async def test_several_values_are_marked(fake: Prometheus) -> None:
    """Space marks, enter takes what is marked; escape takes nothing."""
    async with running(fake) as screen:
        await screen.press("slash", "enter")
        await screen.see("[ ] acme")
        await screen.press("down", "space", "down", "space")
        await screen.see("[x] acme", "[x] globex", "[ ] All")
        await screen.press("enter")
        await screen.see("fortuna · client acme+globex", "client +130.05")
        await screen.press("slash", "enter", "down", "escape")
        await screen.see("fortuna · client acme+globex")


async def test_another_reference_currency(fake: Prometheus) -> None:
    """Only currencies with rates are offered, and the chosen one is in every title."""
    async with running(fake, Selection().choose("reference", ["CHF"])) as screen:
        await screen.see("no rate of EUR, USDT in CHF", "PnL today CHF", "no rate in CHF")
        await screen.press("slash", "r", "e", "f", "enter")
        await screen.see("reference · PnL, values", "* CHF", "  USD")
        await screen.press("u", "enter")
        await screen.see("PnL today USD", "client +130.05")
        assert "CHF" not in screen.text


async def test_a_word_that_nothing_is_called(fake: Prometheus) -> None:
    """It is said, enter does nothing, and backspace takes a letter back."""
    async with running(fake) as screen:
        await screen.press("slash", "x", "y", "z")
        await screen.see("nothing is called so")
        await screen.press("enter", "backspace", "backspace", "backspace")
        await screen.see("exchange   All")


async def test_help(fake: Prometheus) -> None:
    """`?` explains keys, marks and words in 80 columns, and leaves by itself."""
    async with running(fake) as screen:
        await screen.press("question_mark")
        await screen.see("unobserved: nobody judges it", "missing is never 0", "NOT LIVE")
        assert all(len(line) <= 78 for line in screen.lines)
        await screen.press("question_mark")
        await screen.see("worst obligation first")


async def test_a_store_that_fails_is_never_shown_as_live(fake: Prometheus) -> None:
    """A banner with the age of the numbers and the reason; it goes when the store is back."""
    clock = Clock()
    async with running(fake, clock=clock) as screen:
        fake.failing = GONE
        await screen.see("NOT LIVE 00:01:00 UTC")
        clock.now += 42
        await screen.see("NOT LIVE: the numbers below are 42s old", "answered 500: see its log")
        assert "live 00:01:00" not in screen.text
        assert screen.app.screen.has_class("stale")
        # What was known last is still there to be read.
        assert "client +130.05" in screen.text
        fake.failing = None
        await screen.see("live 00:01:00 UTC")
        await screen.miss("NOT LIVE")
        assert not screen.app.screen.has_class("stale")


async def test_a_store_that_is_gone_and_comes_back(desk: Scene) -> None:
    """Nobody listens any more; as soon as somebody does, the numbers are live again."""
    fake = Prometheus(desk)
    try:
        async with running(fake) as screen:
            port = fake.port
            fake.stop()
            await screen.see("NOT LIVE", "cannot be reached: connection refused")
            fake = Prometheus(desk, port)
            await screen.miss("NOT LIVE")
            await screen.see("live 00:01:00 UTC", "client +130.05")
    finally:
        fake.stop()


async def test_a_store_that_hangs_is_said_before_it_fails(fake: Prometheus) -> None:
    """Its answer is awaited for seconds; the numbers are called old meanwhile."""
    clock = Clock()
    async with running(fake, clock=clock) as screen:
        fake.free.clear()
        clock.now += 4
        await screen.see("NOT LIVE: the numbers below are 4.0s old", "is slow to answer")
        fake.free.set()
        await screen.miss("NOT LIVE")


async def test_numbers_of_another_selection_are_not_left_on_the_screen(fake: Prometheus) -> None:
    """While the store does not answer, a row that is opened shows no number at all."""
    async with running(fake) as screen:
        await screen.see("globex kraken")
        fake.failing = GONE
        await screen.see("NOT LIVE")
        await screen.press("enter")
        await screen.see("asking …", "no data", "client globex")
        assert "-19.80" not in screen.text
        assert "64,0" not in screen.text
        fake.failing = None
        await screen.see("globex kraken ETH/EUR gx core", "2,701")


async def test_a_selection_without_a_book_says_so(fake: Prometheus) -> None:
    """A row of the mandates whose book nobody has known for a quarter of an hour."""
    async with running(fake) as screen:
        await screen.see("globex kraken")
        await screen.press("enter")
        await screen.see("globex kraken ETH/EUR gx core")
        screen.app.want(type(screen.app.wanted)(Selection().choose("client", ["nobody"]), 0))
        await screen.see("no book of this selection has been expected")
        assert "2,701" not in screen.text


@pytest.mark.parametrize(("dark", "styles"), [(True, DARK), (False, LIGHT)])
async def test_colours_of_the_terminals_own_palette(
    fake: Prometheus, dark: bool, styles: dict[object, str]
) -> None:
    """Only palette colours, so that a light terminal stays light; `c` changes to the other set."""
    async with running(fake, dark=dark) as screen:
        for style in styles.values():
            assert "#" not in style
        assert screen.app.current_theme.dark is dark
        await screen.press("c")
        assert screen.app.current_theme.dark is not dark
        await screen.see("client +130.05")


async def test_q_quits_while_the_store_hangs(fake: Prometheus) -> None:
    """Nobody waits for an answer that does not come: the store's connections are ended."""
    async with running(fake) as screen:
        fake.free.clear()
        asked = len(fake.forms)
        await screen.until(lambda: len(fake.forms) > asked, "a question that waits")
        await screen.press("q")
    with pytest.raises(StoreError, match="is no longer asked"):
        screen.app._reader.store.now()


async def test_q_quits(fake: Prometheus) -> None:
    """From the first screen, at once."""
    async with running(fake) as screen:
        await screen.press("q")
        await screen.until(lambda: not screen.app.is_running, "the end")
    assert screen.app.return_code == 0
