"""What the screens are made of: panels that paint themselves, and a list to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeAlias

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from fortuna_otel.top import paint, panels
from fortuna_otel.top.look import Tone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from textual.events import Key

    from fortuna_otel.top.model import Desk, Row
    from fortuna_otel.top.paint import Line

    Painter: TypeAlias = Callable[[int, int], list[Line]]

DARK = {
    Tone.PLAIN: "",
    Tone.NOTE: "ansi_cyan",
    Tone.WARN: "bold ansi_yellow",
    Tone.BAD: "bold ansi_bright_red",
    Tone.BID: "ansi_green",
    Tone.ASK: "ansi_red",
    Tone.TITLE: "bold",
    Tone.FAINT: "dim",
    Tone.CURSOR: "reverse",
}
# Yellow and what is bright cannot be read on white.
LIGHT = DARK | {
    Tone.NOTE: "ansi_blue",
    Tone.WARN: "bold ansi_magenta",
    Tone.BAD: "bold ansi_red",
}


def content(lines: Sequence[Line], *, dark: bool) -> Content:
    """Give lines the colours of the terminal's own palette."""
    styles = DARK if dark else LIGHT
    return Content("\n").join(
        Content.assemble(*((text, styles[tone]) for text, tone in line if text)) for line in lines
    )


class Panel(Widget):
    """A part of a screen that is painted anew at every snapshot and every size."""

    DEFAULT_CSS = "Panel { width: 1fr; height: 1fr; }"

    def __init__(self, name: str, *, auto: Callable[[int], int] | None = None) -> None:
        """Make it.

        Args:
            name: its id.
            auto: lines it needs for a width, where its height is `auto`.
        """
        super().__init__(id=name)
        self._painter: Painter = _asking
        self._auto = auto
        self._drawn: list[Line] = []

    def show(self, painter: Painter) -> None:
        """Paint this from now on; what looks as before is not sent again over a slow line."""
        self._painter = painter
        self.renew()

    def renew(self) -> None:
        """Paint anew if something has changed."""
        width, height = self.size
        taller = self._auto is not None and self._auto(width) != height
        if taller or self.lines(width, height) != self._drawn:
            self.refresh(layout=taller)

    def lines(self, width: int, height: int) -> list[Line]:
        """Return what it shows at a size."""
        return self._painter(width, height)

    def render(self) -> Content:
        """Paint it at its present size."""
        self._drawn = self.lines(*self.size)
        return content(self._drawn, dark=self.app.current_theme.dark)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """Return the lines it needs, where its height is `auto`."""
        del container, viewport
        return self._auto(width) if self._auto else 1


def _asking(width: int, height: int) -> list[Line]:
    del height
    return [paint.cut(paint.of("asking …", Tone.FAINT), width)]


class DeskTable(Panel, can_focus=True):
    """The desk table, with a cursor that stays on its obligation while the rows move."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home,g", "move(-1000000)", show=False),
        Binding("end,G", "move(1000000)", show=False),
        Binding("enter,right", "choose", show=False),
    ]

    class Chosen(Message):
        """A row was chosen."""

        def __init__(self, row: Row) -> None:
            super().__init__()
            self.row = row

    cursor: reactive[int] = reactive(0)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._desk: Desk | None = None
        self._chosen: Mapping[str, str] = {}

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows there are."""
        return self._desk.table.rows if self._desk else ()

    def show_desk(self, desk: Desk | None) -> None:
        """Show a snapshot; the cursor follows its row, or stays where it was."""
        if self.cursor < len(self.rows):
            self._chosen = self.rows[self.cursor].keys
        self._desk = desk
        if desk is not None:
            places = [index for index, row in enumerate(self.rows) if row.keys == self._chosen]
            # On the first row it stays: the worst is what one looks at.
            if places and self.cursor:
                self.cursor = places[0]
            self.cursor = max(min(self.cursor, len(self.rows) - 1), 0)
        self.renew()

    def lines(self, width: int, height: int) -> list[Line]:
        """Paint the rows around the cursor."""
        if self._desk is None:
            return _asking(width, height)
        room = panels.desk_rows(height)
        top = max(min(self.cursor - room // 2, len(self.rows) - room), 0)
        return panels.desk(self._desk, width, height, self.cursor, top)

    def action_move(self, by: int) -> None:
        """Move the cursor; at the ends it stops."""
        self.cursor = max(min(self.cursor + by, len(self.rows) - 1), 0)

    def action_page(self, by: int) -> None:
        """Move the cursor by what fits the screen."""
        self.action_move(by * max(panels.desk_rows(self.size.height) - 1, 1))

    def action_choose(self) -> None:
        """Go to the obligation under the cursor."""
        if self.cursor < len(self.rows):
            self.post_message(self.Chosen(self.rows[self.cursor]))


class Choices(Panel, can_focus=True):
    """A list to choose from: typing narrows it, arrows move, space marks several.

    Args:
        name: its id.
        options: what there is.
        marked: what is chosen already.
        several: whether more than one may be.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "move(-10)", show=False),
        Binding("pagedown", "move(10)", show=False),
        Binding("space", "mark", show=False),
        Binding("enter", "choose", show=False),
        Binding("backspace", "rub_out", show=False),
    ]
    ALL: ClassVar[str] = "All"

    class Made(Message):
        """The choice was made; none means All."""

        def __init__(self, values: tuple[str, ...]) -> None:
            super().__init__()
            self.values = values

    cursor: reactive[int] = reactive(0)
    typed: reactive[str] = reactive("")

    def __init__(
        self, name: str, options: Sequence[str], marked: Sequence[str], *, several: bool
    ) -> None:
        super().__init__(name)
        self._options = [self.ALL, *options] if several else list(options)
        self._marked = set(marked)
        self._several = several
        self._touched = False

    @property
    def there(self) -> list[str]:
        """What is left of the options by what was typed."""
        return [one for one in self._options if self.typed.casefold() in one.casefold()]

    def lines(self, width: int, height: int) -> list[Line]:
        """Paint what was typed, and the options around the cursor."""
        there = self.there
        keys = "space marks, enter takes" if self._several else "enter takes"
        head = paint.title(f"> {self.typed}_", width, f"type to narrow, {keys}, escape leaves")
        room = max(height - 1, 0)
        top = max(min(self.cursor - room // 2, len(there) - room), 0)
        lines = [head]
        for index, one in enumerate(there[top : top + room], start=top):
            marked = one in self._marked or (one == self.ALL and not self._marked)
            box = ("[x] " if marked else "[ ] ") if self._several else ("* " if marked else "  ")
            tone = Tone.CURSOR if index == self.cursor else Tone.PLAIN
            lines.append(((paint.fit(box + one, width), tone),))
        if not there:
            lines.append(paint.of("nothing is called so", Tone.FAINT))
        return lines

    def action_move(self, by: int) -> None:
        """Move the cursor; at the ends it stops."""
        self.cursor = max(min(self.cursor + by, len(self.there) - 1), 0)

    def action_mark(self) -> None:
        """Mark what is under the cursor, or take its mark away; All takes every mark away."""
        if not self._several or self.cursor >= len(self.there):
            return
        one = self.there[self.cursor]
        self._marked = set() if one == self.ALL else self._marked ^ {one}
        self._touched = bool(self._marked)
        self.refresh()

    def action_choose(self) -> None:
        """Take what was marked here; where nothing was, what is under the cursor."""
        if self.cursor >= len(self.there):
            return
        one = self.there[self.cursor]
        if one == self.ALL and self._several:
            self.post_message(self.Made(()))
        else:
            self.post_message(self.Made(tuple(sorted(self._marked)) if self._touched else (one,)))

    def action_rub_out(self) -> None:
        """Take the last typed letter back."""
        self.typed = self.typed[:-1]
        self.cursor = 0

    def on_key(self, event: Key) -> None:
        """Narrow the options by what is typed."""
        if event.is_printable and event.character not in {None, " "}:
            self.typed += event.character or ""
            self.cursor = 0
            event.stop()
