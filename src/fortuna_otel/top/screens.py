"""The screens: the desk, one book, what to choose, and help."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen

from fortuna_otel.top import book_panels, paint, panels
from fortuna_otel.top.look import Tone
from fortuna_otel.top.model import Desk, OneBook
from fortuna_otel.top.selection import BOOK_FILTERS, FILTERS, SINGLE
from fortuna_otel.top.widgets import Choices, DeskTable, Panel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult

    from fortuna_otel.top.model import Tile
    from fortuna_otel.top.paint import Line
    from fortuna_otel.top.reader import Snapshot
    from fortuna_otel.top.selection import Known, Selection

# Three columns of a book fit from 110 on, the alerts beside the desk table from 150 on.
SIZES: list[tuple[int, str]] = [(0, "-narrow"), (110, "-wide"), (150, "-widest")]


CSS = """
#head, #keys { height: 1; }
#notes { height: auto; }
.stale .numbers { text-style: dim; }

DeskScreen #strip { height: auto; }
DeskScreen #firing { height: auto; max-height: 6; }
DeskScreen.-widest #body { layout: horizontal; }
DeskScreen.-widest #table { width: 3fr; }
DeskScreen.-widest #firing { width: 2fr; height: 1fr; max-height: 100%; margin: 0 0 0 2; }

BookScreen #summary { height: 3; }
BookScreen #spread { height: 2; }
BookScreen #upper { height: 2fr; }
BookScreen #lower { height: 1fr; min-height: 5; }
BookScreen #depth, BookScreen #firing { margin: 0 0 0 1; }
BookScreen #traded { display: none; margin: 0 0 0 2; }
BookScreen.-wide #spread, BookScreen.-widest #spread { height: 4; }
BookScreen.-wide #traded, BookScreen.-widest #traded { display: block; }

ChoiceScreen { padding: 1 2; }
HelpScreen { padding: 0 2; overflow-y: auto; }
ChoiceScreen #heading { height: 2; }
HelpScreen #help { height: auto; }
"""


class View(Screen[None]):
    """A screen of live numbers: a head that says how live they are, and keys below."""

    HORIZONTAL_BREAKPOINTS = SIZES
    KEYS: ClassVar[str] = ""

    class Ready(Message):
        """A screen is laid out, and can show something."""

    def __init__(self) -> None:
        super().__init__()
        self._notes: tuple[str, ...] = ()
        self.trouble = ""
        self.ready = False

    def framed(self, *body: Vertical | Horizontal | Panel) -> ComposeResult:
        """Put the head above a screen and its keys below."""
        yield Panel("head")
        yield Panel("notes", auto=lambda width: len(self._noted(width, 99)))
        for part in body:
            part.add_class("numbers")
            yield part
        yield Panel("keys")

    def on_mount(self) -> None:
        """Say which keys there are."""
        self.query_one("#keys", Panel).show(
            lambda width, _: [paint.cut(paint.of(self.KEYS, Tone.FAINT), width)]
        )
        self.query_one("#notes", Panel).show(self._noted)
        self.ready = True
        self.post_message(self.Ready())

    def status(self, left: str, right: str, trouble: str) -> None:
        """Say what is chosen and as of when; trouble means that the numbers are not live."""
        tone = Tone.BAD if trouble else Tone.PLAIN

        def head(width: int, _: int) -> list[Line]:
            room = max(width - paint.cells(right) - 2, 0)
            return [((paint.fit(left, room), Tone.TITLE), ("  ", Tone.PLAIN), (right, tone))]

        self.query_one("#head", Panel).show(head)
        self.set_class(bool(trouble), "stale")
        if trouble != self.trouble:
            self.trouble = trouble
            self.query_one("#notes", Panel).show(self._noted)

    def note(self, notes: tuple[str, ...]) -> None:
        """Say what the numbers leave out."""
        if notes != self._notes:
            self._notes = notes
            self.query_one("#notes", Panel).show(self._noted)

    def _noted(self, width: int, _: int) -> list[Line]:
        lines = [paint.of(line, Tone.BAD) for line in paint.wrapped(self.trouble, width) if line]
        for one in self._notes:
            lines += [paint.of(line, Tone.WARN) for line in paint.wrapped(f"~ {one}", width)]
        return lines

    def show(self, snapshot: Snapshot | None) -> None:
        """Show a snapshot, or that it is being asked for."""
        raise NotImplementedError


class DeskScreen(View):
    """The first screen: the status strip, the desk table, the firing alerts."""

    KEYS = "↑↓ move  enter open  / filter  ? help  q quit  " + book_panels.legend()

    def compose(self) -> ComposeResult:
        """Lay it out: the alerts below the table, or beside it where there is room."""
        self._alerts = 1
        yield from self.framed(
            Panel("strip", auto=lambda width: len(panels.strip(self._tiles, width))),
            Vertical(
                DeskTable("table"),
                Panel("firing", auto=lambda _: self._alerts + 1),
                id="body",
            ),
        )

    def on_mount(self) -> None:
        """Let the arrows move in the table."""
        super().on_mount()
        self.query_one(DeskTable).focus()

    @property
    def _tiles(self) -> tuple[Tile, ...]:
        return self._desk.tiles if self._desk else ()

    _desk: Desk | None = None

    def show(self, snapshot: Snapshot | None) -> None:
        """Show a snapshot, or that it is being asked for."""
        view = snapshot.view if snapshot else None
        self._desk = view if isinstance(view, Desk) else None
        self.query_one(DeskTable).show_desk(self._desk)
        if snapshot is None or self._desk is None:
            return
        desk = self._desk
        self._alerts = max(len(desk.alerts.firing), 1)
        self.query_one("#strip", Panel).show(lambda width, _: panels.strip(desk.tiles, width))
        self.query_one("#firing", Panel).show(partial(panels.alerts, desk.alerts))
        self.note(desk.notes)


class BookPanel(Panel, can_focus=True):
    """A panel of the book that can be looked at alone."""

    ALLOW_MAXIMIZE = True


class BookScreen(View):
    """One book: how it stands, its spread, ladder, depth, inventory, trades and alerts."""

    KEYS = "←→ other book  ↑↓ panel  enter alone  esc back  / filter  ? help  q quit"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", show=False),
        Binding("left", "app.other_book(-1)", show=False),
        Binding("right", "app.other_book(1)", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("enter", "alone", show=False),
    ]

    def compose(self) -> ComposeResult:
        """Lay it out: two columns, or with the trades three where there is room."""
        yield from self.framed(
            Panel("summary"),
            BookPanel("spread"),
            Horizontal(BookPanel("ladder"), BookPanel("depth"), id="upper"),
            Horizontal(BookPanel("holdings"), BookPanel("traded"), BookPanel("firing"), id="lower"),
        )

    def show(self, snapshot: Snapshot | None) -> None:
        """Show a snapshot, or that it is being asked for, or that there is no such book."""
        view = snapshot.view if snapshot else None
        if snapshot is None or not isinstance(view, OneBook):
            text = "asking …" if snapshot is None else _NO_BOOK
            for panel in self.query(".numbers Panel, Panel.numbers").results(Panel):
                panel.show(_nothing)
            self.query_one("#summary", Panel).show(partial(_saying, text))
            return
        for name, painter in _PAINTERS.items():
            self.query_one(f"#{name}", Panel).show(partial(painter, view))
        self.query_one("#firing", Panel).show(partial(panels.alerts, view.alerts))
        self.note(view.notes)

    def action_alone(self) -> None:
        """Show the focused panel alone."""
        if isinstance(self.focused, BookPanel):
            self.maximize(self.focused)

    def action_back(self) -> None:
        """Show every panel again; from there, go back to the desk."""
        if self.maximized:
            self.minimize()
        else:
            self.app.action_desk()  # type: ignore[attr-defined]


_PAINTERS: dict[str, Callable[[OneBook, int, int], list[Line]]] = {
    "summary": book_panels.summary,
    "spread": book_panels.spread,
    "ladder": book_panels.ladder,
    "depth": book_panels.depth,
    "holdings": book_panels.holdings,
    "traded": book_panels.traded,
}
_NO_BOOK = (
    "no book of this selection has been expected by the mandates or reported by a service within "
    "15 minutes"
)


def _nothing(width: int, height: int) -> list[Line]:
    del width, height
    return []


def _saying(text: str, width: int, height: int) -> list[Line]:
    return [paint.of(line, Tone.FAINT) for line in paint.wrapped(text, width)][:height]


class ChoiceScreen(Screen[tuple[str, ...] | None]):
    """Something to choose from; escape chooses nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", show=False)]

    def __init__(
        self, heading: str, options: Sequence[str], marked: Sequence[str], *, several: bool
    ) -> None:
        super().__init__()
        self._heading = heading
        self._choices = Choices("choices", options, marked, several=several)

    def compose(self) -> ComposeResult:
        """Put the question above the choices."""
        heading = Panel("heading")
        heading.show(lambda _width, _height: [paint.of(self._heading, Tone.TITLE)])
        yield heading
        yield self._choices

    def on_mount(self) -> None:
        """Let the keys go to the choices."""
        self._choices.focus()

    def on_choices_made(self, message: Choices.Made) -> None:
        """Answer with what was chosen."""
        self.dismiss(message.values)


def filters(selection: Selection) -> ChoiceScreen:
    """Ask which filter to change."""
    lines = [f"{name:<10} {', '.join(selection.values(name)) or Choices.ALL}" for name in FILTERS]
    return ChoiceScreen("Which filter?", lines, (), several=False)


def values(name: str, selection: Selection, known: Known) -> ChoiceScreen:
    """Ask what a filter is to be."""
    applies = {
        "asset": "inventory only",
        "interval": "averages and the sparkline",
        "reference": "PnL, values",
    }
    about = applies.get(name, "narrows what follows" if name in BOOK_FILTERS else "")
    return ChoiceScreen(
        f"{name} · {about}",
        selection.options(name, known),
        selection.values(name),
        several=name not in SINGLE,
    )


class HelpScreen(Screen[None]):
    """Which keys there are, and what the words and marks mean."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,enter", "dismiss", show=False)
    ]

    def compose(self) -> ComposeResult:
        """Show the text."""
        text = _HELP.format(legend=book_panels.legend()).strip().splitlines()
        help_text = Panel("help", auto=lambda _: len(text))
        help_text.show(lambda _width, _height: [paint.of(line) for line in text])
        yield help_text


_HELP = """
The board's first screen: the numbers are the board's own expressions.

  ↑ ↓ j k      move; page up, page down, home, end
  enter →      on the desk: open the obligation; on a book: a panel alone
  escape       back
  ← →          the other books of the selection
  /            filter by client, exchange, symbol, account, tag and asset,
               choose the reference currency and the interval
  c            colours for a dark or for a light terminal
  ? q          this page; quit

Marks     {legend}; missing is never 0
state     unobserved: nobody judges it; no quotes; bid only; ask only;
          spread, depth: outside its term; kept; unscheduled
alerts    (al) firing for this row
spread    (sprd) own merged spread, of the widest allowed
depth     resting, of what is required: the worst band and side
exposure  (expo) distance from its target, of its limit
budget    breach that the uptime term still allows today
feed      age of the last frame on the engine's market data
PnL       since 00:00 UTC, fees and revaluation included
NOT LIVE  the store does not answer: the numbers are as old as it says
"""
