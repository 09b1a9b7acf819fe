"""The terminal application: asks on and on, shows what comes, and says when nothing does."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import App
from textual.binding import Binding, BindingType

from fortuna_otel.top import figures, screens
from fortuna_otel.top.reader import Wanted
from fortuna_otel.top.screens import BookScreen, DeskScreen, HelpScreen, View
from fortuna_otel.top.selection import FILTERS
from fortuna_otel.top.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortuna_otel.top.reader import Reader, Snapshot
    from fortuna_otel.top.selection import Selection
    from fortuna_otel.top.widgets import DeskTable

PATIENCE: Final = 3.0
"""Numbers older than this many seconds, or refreshes, are not called live."""

TICK_SECONDS: Final = 0.5


class Top(App[None]):
    """The board's first screen in a terminal.

    Args:
        reader: asks the store, which is closed when the application ends.
        selection: what is shown at first.
        refresh: seconds between two rounds of questions; a slow store is asked less often.
        first: the first snapshot, which was asked before to see that the store answers.
        dark: whether the terminal is dark.
        clock: monotonic seconds, by which the age of the numbers is told.
    """

    CSS = screens.CSS
    ENABLE_COMMAND_PALETTE = False
    TITLE = "fortuna-otel top"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", show=False),
        Binding("question_mark", "help", show=False),
        Binding("c", "colours", show=False),
        Binding("q", "quit", show=False),
    ]

    def __init__(
        self,
        reader: Reader,
        selection: Selection,
        *,
        refresh: float = 1.0,
        first: Snapshot | None = None,
        dark: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # The terminal's own sixteen colours, as its user has set them, on its own background.
        super().__init__(ansi_color=True)
        self.theme = "ansi-dark" if dark else "ansi-light"
        self.wanted = Wanted(selection)
        self.snapshot = first
        self._reader, self._every, self._clock = reader, refresh, clock
        self._received = clock()
        self._error = ""
        self._again = asyncio.Event()
        self._back = selection

    @property
    def view(self) -> View:
        """The screen of numbers that is shown, or lies under what is being chosen."""
        return next(one for one in reversed(self.screen_stack) if isinstance(one, View))

    def get_default_screen(self) -> DeskScreen:
        """Begin with the desk."""
        return DeskScreen()

    def on_view_ready(self) -> None:
        """Show what there is on a screen that has just been laid out."""
        self.view.show(self.snapshot)
        self._tell()

    def on_mount(self) -> None:
        """Begin to ask."""
        self.set_interval(TICK_SECONDS, self._tell)
        self.run_worker(self._follow(), exclusive=True)

    def on_unmount(self) -> None:
        """Wait for no answer any more: a store that hangs must not keep who quits."""
        self._reader.store.close()

    async def _follow(self) -> None:
        """Ask again and again; what was asked for a screen that is gone is not shown."""
        while True:
            wanted = self.wanted
            self._again.clear()
            begun = self._clock()
            try:
                snapshot = await asyncio.to_thread(self._reader.read, wanted)
            except StoreError as error:
                self._error = str(error)
            else:
                self._error = ""
                if wanted == self.wanted:
                    self._take(snapshot)
            self._tell()
            if wanted != self.wanted:
                continue
            # A slow store has as much time for others as for us.
            took = self._clock() - begun
            await self._wait(max(self._every - took, took if took > self._every else 0.05))

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._again.wait(), seconds)
        except TimeoutError:
            return

    def _take(self, snapshot: Snapshot) -> None:
        self.snapshot, self._received = snapshot, self._clock()
        if self._shown:
            self.view.show(snapshot)

    @property
    def _shown(self) -> bool:
        """Whether there is a screen to write on: laid out, and not being taken down."""
        return self.is_running and self.view.ready

    def _tell(self) -> None:
        """Say on the screen's head what is chosen, and how old the numbers are."""
        if not self._shown:
            return
        age = self._clock() - self._received
        late = age > PATIENCE * max(self._every, 1.0)
        selection = self.wanted.selection
        book = getattr(self.snapshot.view, "book", None) if self.snapshot else None
        if self.wanted.book is not None and self.snapshot is not None and book is not None:
            number = f"{self.snapshot.view.number} of {self.snapshot.view.of}"  # type: ignore[union-attr]
            left = f"{' '.join(book)} · book {number} · {selection.reference}"
        else:
            left = f"fortuna · {selection} · {selection.reference}"
        trouble = ""
        if self._error or late:
            reason = self._error or f"{self._reader.store.url} is slow to answer"
            what = f"the numbers below are {figures.age(age)} old" if self.snapshot else "no data"
            trouble = f"NOT LIVE: {what}. {reason}. Asking again every {self._every:g} s."
        right = "asking …"
        if self.snapshot is not None:
            at = datetime.fromtimestamp(self.snapshot.at, UTC)
            right = f"{'NOT LIVE' if trouble else 'live'} {at:%H:%M:%S} UTC"
        self.view.status(left, right, trouble)

    def want(self, wanted: Wanted) -> None:
        """Show something else; until it is there, nothing of what was before."""
        self.wanted, self.snapshot = wanted, None
        one_book = isinstance(self.view, BookScreen)
        if wanted.book is not None and not one_book:
            self.push_screen(BookScreen())
        elif wanted.book is None and one_book:
            self.pop_screen()
        if self.view.ready:
            self.view.show(None)
        self._tell()
        self._again.set()

    def on_desk_table_chosen(self, message: DeskTable.Chosen) -> None:
        """Open the obligation of a row, as a click on the board does."""
        keys = message.row.keys
        self._back = self.wanted.selection
        self.want(Wanted(self._back.only(keys["client"], keys["exchange"], keys["symbol"]), book=0))

    def action_desk(self) -> None:
        """Go back to the desk as it was."""
        self.want(Wanted(self._back))

    def action_other_book(self, by: int) -> None:
        """Go to the next book of the selection; after the last comes the first."""
        books = self.wanted.selection.books(self.snapshot.known) if self.snapshot else []
        if self.wanted.book is not None and len(books) > 1:
            self.want(Wanted(self.wanted.selection, (self.wanted.book + by) % len(books)))

    def action_filter(self) -> None:
        """Ask which filter to change, then what it is to be."""
        if self.snapshot is None or not isinstance(self.screen, View):
            return
        self.push_screen(screens.filters(self.wanted.selection), self._filter)

    def _filter(self, chosen: tuple[str, ...] | None) -> None:
        if chosen is None or self.snapshot is None:
            return
        name = chosen[0].split()[0]
        assert name in FILTERS  # noqa: S101 - it is one of the lines
        known = self.snapshot.known

        def narrow(values: tuple[str, ...] | None) -> None:
            if values is not None:
                narrowed = self.wanted.selection.choose(name, values).kept(known)
                self.want(Wanted(narrowed, None if self.wanted.book is None else 0))

        self.push_screen(screens.values(name, self.wanted.selection, known), narrow)

    def action_help(self) -> None:
        """Show the help."""
        if isinstance(self.screen, View):
            self.push_screen(HelpScreen())

    def action_colours(self) -> None:
        """Change between the colours for a dark and for a light terminal."""
        self.theme = "ansi-light" if self.theme == "ansi-dark" else "ansi-dark"
        for panel in self.screen.query("Panel"):
            panel.refresh()
