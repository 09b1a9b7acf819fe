"""The sender: a thread that delivers, so that no slow Collector delays the next reading."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from fortuna_otel.signals.enums import DropReason

if TYPE_CHECKING:
    from fortuna_otel.export.delivery import Batch, Delivery
    from fortuna_otel.export.registry import Registry

WAITING = 2
"""Fresh batches of ours, and of others, that may wait; older ones are kept and replayed."""

PAUSE = 0.005
"""Seconds between two kept requests: a replay must not keep the interpreter busy."""


class Sender:
    """Deliver the newest batch first, then older ones, then what was kept.

    Args:
        delivery: brings them to the Collector.
        registry: counts faults of ours.
    """

    def __init__(self, delivery: Delivery, registry: Registry) -> None:
        self._delivery = delivery
        self._registry = registry
        self._news = threading.Condition()
        self._ours: list[Batch] = []
        self._others: list[Batch] = []
        self._next_tick = 0.0
        self._closing: float | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread.

        Raises:
            RuntimeError: if no thread can be started any more.
        """
        thread = threading.Thread(target=self._run, name="fortuna-otel-sender", daemon=True)
        thread.start()
        self._thread = thread

    def submit(self, batch: Batch, next_tick: float | None = None) -> None:
        """Hand over a batch, and when the next one will be rendered: replays end by then.

        What waits for too long is kept here: the sender may hang in an attempt, as for a name
        server, and what waits is not bounded in bytes.
        """
        with self._news:
            waiting = self._ours if batch.ours else self._others
            waiting.append(batch)
            old = _older(waiting, WAITING)
            if next_tick is not None:
                self._next_tick = next_tick
            self._news.notify()
        for kept in old:
            self._delivery.keep(kept)

    def close(self, deadline: float) -> None:
        """Deliver what was handed over, replay until the deadline, and end."""
        with self._news:
            self._closing = deadline
            self._news.notify()

    def join(self, timeout: float) -> None:
        """Wait for the end."""
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            try:
                self._loop()
            except BaseException as error:  # noqa: BLE001  # telemetry must outlive any fault of its own
                self._registry.drop(DropReason.INTERNAL, f"the sender was interrupted: {error!r}")
            else:
                return

    def _loop(self) -> None:
        while True:
            with self._news:
                while not self._pending and self._closing is None:
                    self._news.wait()
                closing = self._closing
            while (batch := self._next()) is not None:
                self._delivery.deliver(batch)
            self._replay(self._next_tick if closing is None else closing)
            if closing is not None and not self._pending:
                self._delivery.close()
                return

    @property
    def _pending(self) -> bool:
        return bool(self._ours or self._others)

    def _next(self) -> Batch | None:
        """Return the batch to deliver now, after keeping those that are not worth an attempt.

        While the Collector is away only the newest of ours is: one attempt a tick is enough.
        """
        with self._news:
            ours, others = self._ours, self._others
            away = not self._delivery.available
            old = _older(ours, 1 if away else WAITING) + _older(others, 0 if away else WAITING)
            batch = ours.pop() if ours else others.pop() if others else None
        for kept in old:
            self._delivery.keep(kept)
        return batch

    def _replay(self, deadline: float) -> None:
        while not self._pending and self._delivery.replay(deadline):
            with self._news:
                if not self._pending:
                    self._news.wait(PAUSE)


def _older(batches: list[Batch], newest: int) -> list[Batch]:
    """Take out and return all but the newest ones."""
    older = batches[: max(0, len(batches) - newest)]
    del batches[: len(older)]
    return older
