"""What must survive a restart: which trades were counted, and what a book started with."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from pathlib import Path

log = structlog.get_logger()


@dataclass(slots=True)
class Cursor:
    """How far the trades of one market in one account are counted.

    Attributes:
        trade: id of the last one; ids of a market only ever grow.
        time: its Unix milliseconds, or when counting began.
        baseline: what the account held of the base before the first of them.
        entry: average price of what has come on top of it, None if flat or unknown.
    """

    trade: int
    time: int
    baseline: float
    entry: float | None = None


class Ledger:
    """The cursors of one engine, in one small file that is replaced whole.

    Args:
        path: of the file; None forgets at the end.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._cursors = {} if path is None else _read(path)

    def get(self, venue: str, account: str, symbol: str) -> Cursor | None:
        """Return a cursor, None where nothing was ever counted."""
        return self._cursors.get(f"{venue} {account} {symbol}")

    def set(self, venue: str, account: str, symbol: str, cursor: Cursor) -> None:
        """Keep a cursor, on disk before anybody counts what it covers.

        A crash in between loses a fill; the other way round would count one twice, and a
        counter that is too high can never be mended.
        """
        self._cursors[f"{venue} {account} {symbol}"] = cursor
        if self._path is None:
            return
        content = json.dumps({key: asdict(one) for key, one in self._cursors.items()})
        draft = self._path.with_suffix(".draft")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(content, encoding="utf-8")
            os.replace(draft, self._path)  # noqa: PTH105 - says what it does: atomic
        except OSError as error:
            # A full disk must not stop the desk; a restart then counts from its own start.
            log.error("ledger not written", path=str(self._path), problem=str(error))  # noqa: TRY400


def _cursor(one: Any) -> Cursor:
    entry = one["entry"]
    return Cursor(
        int(one["trade"]),
        int(one["time"]),
        float(one["baseline"]),
        None if entry is None else float(entry),
    )


def _read(path: Path) -> dict[str, Cursor]:
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        return {str(key): _cursor(one) for key, one in content.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("ledger unreadable, counting from now", path=str(path), problem=str(error))
        return {}
