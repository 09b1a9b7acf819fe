"""The replay buffer: order, age and bytes."""

from __future__ import annotations

import gzip
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortuna_otel.export import wire
from fortuna_otel.export.buffer import MAX_AGE, OVERHEAD, Buffer
from fortuna_otel.export.render import Request
from fortuna_otel.signals.enums import DropReason

if TYPE_CHECKING:
    from collections.abc import Iterator


class Kept:
    """A buffer, and what it lost."""

    def __init__(self, limit: int = 10**6, *, gzipped: bool = True) -> None:
        self.lost: list[tuple[Request, DropReason]] = []
        self.buffer = Buffer(
            limit, gzipped=gzipped, lost=lambda request, why: self.lost.append((request, why))
        )

    def drain(self) -> Iterator[bytes]:
        """Yield every body in the order in which it is replayed."""
        while (oldest := self.buffer.oldest()) is not None:
            self.buffer.remove(oldest[0])
            yield oldest[1]


def _noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)  # noqa: S311  # nothing is secret


def test_the_oldest_comes_first_however_late_it_was_kept() -> None:
    """What waited for its turn is kept after what is newer."""
    kept = Kept()
    for at in (1.0, 3.0, 2.0, 3.0, 0.5):
        kept.buffer.keep(Request(str(at).encode(), 1), at, now=4.0)
    assert len(kept.buffer) == 5
    assert list(kept.drain()) == [b"0.5", b"1.0", b"2.0", b"3.0", b"3.0"]
    assert kept.buffer.size == 0
    assert kept.buffer.oldest() is None


@pytest.mark.parametrize("gzipped", [True, False])
def test_bodies_are_kept_compressed_and_sent_as_they_came(gzipped: bool) -> None:
    """Whatever the transport wants: memory is what a long outage costs."""
    plain = b"fortuna.quote.ladder.price" * 1000
    body = wire.compressed(plain) if gzipped else plain
    kept = Kept(gzipped=gzipped)
    request = Request(body, 1)
    kept.buffer.keep(request, 0.0, now=0.0)
    assert kept.buffer.size < 1500
    assert gzip.decompress(request.body) == plain
    assert list(kept.drain()) == [body]


def test_a_quarter_of_an_hour_is_kept() -> None:
    """What is older is lost as expired."""
    kept = Kept()
    for at in range(3):
        kept.buffer.keep(Request(b"", at), float(at), now=float(at))
    kept.buffer.expire(MAX_AGE + 1.0)
    assert [(r.points, why) for r, why in kept.lost] == [(0, DropReason.EXPIRED)]
    kept.buffer.keep(Request(b"", 3), MAX_AGE + 5.0, now=MAX_AGE + 5.0)
    assert [r.points for r, _ in kept.lost] == [0, 1, 2]
    assert len(kept.buffer) == 1


def test_what_is_larger_than_the_whole_buffer_costs_nothing_else() -> None:
    """It is lost itself, and the others stay."""
    kept = Kept(limit=2000)
    kept.buffer.keep(Request(_noise(100), 1), 0.0, now=0.0)
    kept.buffer.keep(Request(_noise(5000), 7), 1.0, now=1.0)
    assert [(r.points, why) for r, why in kept.lost] == [(7, DropReason.BUFFER_FULL)]
    assert len(kept.buffer) == 1


def test_a_buffer_of_nothing_keeps_nothing() -> None:
    """FORTUNA_OTEL_BUFFER_BYTES=0."""
    kept = Kept(limit=0)
    kept.buffer.keep(Request(b"", 1), 0.0, now=0.0)
    assert len(kept.buffer) == 0
    assert len(kept.lost) == 1


@given(
    limit=st.integers(0, 20_000),
    requests=st.lists(st.tuples(st.integers(0, 6000), st.floats(0.0, 2000.0)), max_size=60),
)
def test_it_is_bounded_and_loses_only_the_oldest(
    limit: int, requests: list[tuple[int, float]]
) -> None:
    """Whatever comes: bytes and age hold, everything is either kept or lost, and once."""
    kept = Kept(limit)
    now = 0.0
    for number, (size, step) in enumerate(requests):
        now += step
        kept.buffer.keep(Request(_noise(size), number), now, now)
        assert kept.buffer.size <= limit
        there = [entry.request.points for entry in kept.buffer._kept]
        gone = [request.points for request, _ in kept.lost]
        assert sorted(there + gone) == list(range(number + 1))
        assert there == sorted(there)
        assert all(now - entry.at <= MAX_AGE for entry in kept.buffer._kept)
        fitting = [n for n in gone if len(_noise(requests[n][0])) + OVERHEAD <= limit]
        assert not there or not fitting or max(fitting) < min(there)


def test_what_made_room_meanwhile_cannot_be_removed() -> None:
    """An attempt may last while others are kept; what it was about is gone then, and counted."""
    kept = Kept(limit=2 * (OVERHEAD + 1))
    requests = [Request(body, 1) for body in (b"a", b"b", b"c")]
    for at, request in enumerate(requests):
        kept.buffer.keep(request, float(at), now=4.0)
    assert kept.lost == [(requests[0], DropReason.BUFFER_FULL)]
    kept.buffer.remove(requests[0])
    assert kept.buffer.size == 2 * (OVERHEAD + 1)
    assert list(kept.drain()) == [b"b", b"c"]
