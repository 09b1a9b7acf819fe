"""The bytes of OTLP metrics: fields, attributes, data points, requests.

Field numbers are those of `opentelemetry/proto/metrics/v1/metrics.proto`. What changes from export
to export (times, values, counts) is encoded in fields of fixed width at the end of a point, so
that a point is written once and then only patched.
"""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

GZIP_LEVEL = 1
"""Level 9 costs four times the CPU of level 1 and saves a quarter of the bytes."""

_GZIP = 31  # window bits of zlib that mean a gzip header and trailer

NUMBER_ATTRIBUTES = 7
HISTOGRAM_ATTRIBUTES = 9

START = struct.Struct("<BQ")
"""Tag and start_time_unix_nano."""

NUMBER = struct.Struct("<BQBd")
"""Tag and time_unix_nano, tag and as_double."""

START_TIME, TIME, VALUE, COUNT, SUM = 0x11, 0x19, 0x21, 0x21, 0x29
"""Tags of what is patched; VALUE is a number's, COUNT and SUM are a histogram's."""

CUMULATIVE = b"\x10\x02"
MONOTONIC = b"\x18\x01"
NO_RECORDED_VALUE = b"\x40\x01"


def varint(number: int) -> bytes:
    """Return a number ≥ 0 in base 128."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def header(number: int, length: int) -> bytes:
    """Return what stands before the `length` bytes of a length-delimited field."""
    return varint(number << 3 | 2) + varint(length)


def field(number: int, payload: bytes) -> bytes:
    """Return a length-delimited field."""
    return header(number, len(payload)) + payload


def payload(of: bytes) -> bytes:
    """Return what a length-delimited field with a number below 16 contains."""
    first = 1
    while of[first] & 0x80:
        first += 1
    return of[first + 1 :]


def any_value(value: object) -> bytes:
    """Return an AnyValue: text, truth, 64-bit integer, double or array; all else as text."""
    if isinstance(value, bool):
        return b"\x10" + varint(int(value))
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return b"\x18" + varint(value & (1 << 64) - 1)
    if isinstance(value, float):
        return b"\x21" + struct.pack("<d", value)
    if isinstance(value, (list, tuple)):
        return field(5, b"".join([field(1, any_value(item)) for item in value]))
    return field(1, str(value).encode("utf-8", "replace"))


@lru_cache(maxsize=16_384)
def label(number: int, key: str, value: str) -> bytes:
    """Return an attribute of a point; the same few stand in thousands of series."""
    return field(number, field(1, key.encode()) + field(2, any_value(value)))


def labels(number: int, keys: Sequence[str], values: Sequence[str]) -> bytes:
    """Return the attributes of a point, in a field `number` each."""
    return b"".join([label(number, key, value) for key, value in zip(keys, values, strict=True)])


def resource(attributes: Mapping[str, Any]) -> bytes:
    """Return a Resource."""
    return b"".join(
        [field(1, field(1, k.encode()) + field(2, any_value(v))) for k, v in attributes.items()]
    )


def scope(name: str, version: str) -> bytes:
    """Return an InstrumentationScope."""
    return field(1, name.encode()) + (field(2, version.encode()) if version else b"")


def metric(name: str, description: str, unit: str) -> bytes:
    """Return what stands in a Metric before its data."""
    return field(1, name.encode()) + field(2, description.encode()) + field(3, unit.encode())


def request(resource: bytes, scope: bytes, metrics_size: int) -> bytes:
    """Return what stands in a request before `metrics_size` bytes of metrics, each a field 2.

    The request has one resource and one scope.
    """
    scope_field = field(1, scope)
    resource_field = field(1, resource)
    scope_metrics = len(scope_field) + metrics_size
    inner = header(2, scope_metrics)
    outer = header(1, len(resource_field) + len(inner) + scope_metrics)
    return outer + resource_field + inner + scope_field


def gzipped(parts: Iterable[bytes | bytearray]) -> bytes:
    """Return the parts as one gzip member.

    Part by part, since zlib lets go of the interpreter's lock during each.
    """
    compressor = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, _GZIP)
    out = [compressor.compress(part) for part in parts]
    out.append(compressor.flush())
    return b"".join(out)


def compressed(body: bytes) -> bytes:
    """Return a body as it travels to a transport that wants gzip."""
    return gzipped([body])
