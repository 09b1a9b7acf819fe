"""The variables this SDK honours, read once when it starts: the standard OTEL_* and two."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from fortuna_otel._log import logger

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_ENDPOINT = "http://localhost:4318"
DEFAULT_INTERVAL = 1.0
DEFAULT_CRITICAL_INTERVAL = 0.5
DEFAULT_BUFFER_BYTES = 64 * 2**20

CRITICAL_INTERVAL = "FORTUNA_OTEL_CRITICAL_EXPORT_INTERVAL"
"""Milliseconds between exports of critical signals."""

BUFFER_BYTES = "FORTUNA_OTEL_BUFFER_BYTES"
"""Bytes of memory for what the Collector has not accepted yet; 0 keeps nothing."""

SHORTEST_INTERVAL = 0.1
"""Exporting more often than this costs the service more than anybody sees."""

LONGEST_INTERVAL = 5.0
"""Stores look back 10 s: whoever exports less often than this flickers on the board."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What the deployment says about telemetry.

    `endpoint` is the full URL of the metrics endpoint and `endpoint_variable` the variable to
    mend if it is wrong; `timeout` and the intervals are in seconds; the three files are for TLS;
    `gzipped` says that bodies are compressed.
    """

    disabled: bool = False
    endpoint: str = f"{DEFAULT_ENDPOINT}/v1/metrics"
    endpoint_variable: str = "OTEL_EXPORTER_OTLP_ENDPOINT"
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 10.0
    certificate: str | None = None
    client_key: str | None = None
    client_certificate: str | None = None
    gzipped: bool = True
    interval: float = DEFAULT_INTERVAL
    critical_interval: float = DEFAULT_CRITICAL_INTERVAL
    buffer_bytes: int = DEFAULT_BUFFER_BYTES

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Environment:
        """Read the variables; a number that is none is reported and its default taken."""
        get = _Reader(os.environ if environ is None else environ)
        protocol = get.otlp("PROTOCOL")
        if protocol not in (None, "http/protobuf"):
            logger.warning(
                "OTEL_EXPORTER_OTLP_PROTOCOL is %r, but fortuna-otel speaks http/protobuf only: "
                "point OTEL_EXPORTER_OTLP_METRICS_ENDPOINT at the Collector's HTTP receiver, "
                "usually http://<host>:4318/v1/metrics",
                protocol,
            )
        endpoint, variable = get.endpoint()
        interval = get.interval("OTEL_METRIC_EXPORT_INTERVAL", DEFAULT_INTERVAL)
        if interval > LONGEST_INTERVAL:
            logger.warning(
                "OTEL_METRIC_EXPORT_INTERVAL is %g ms: the board looks back 10 s, so export at "
                "least every 5000 ms",
                interval * 1000.0,
            )
        return cls(
            disabled=(get("OTEL_SDK_DISABLED") or "").lower() == "true",
            endpoint=endpoint,
            endpoint_variable=variable,
            headers=_headers(get.otlp("HEADERS") or ""),
            timeout=get.number(
                "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", get.number("OTEL_EXPORTER_OTLP_TIMEOUT", 10.0)
            ),
            certificate=get.otlp("CERTIFICATE"),
            client_key=get.otlp("CLIENT_KEY"),
            client_certificate=get.otlp("CLIENT_CERTIFICATE"),
            gzipped=get.gzipped(),
            interval=interval,
            critical_interval=get.interval(CRITICAL_INTERVAL, DEFAULT_CRITICAL_INTERVAL),
            buffer_bytes=int(get.number(BUFFER_BYTES, DEFAULT_BUFFER_BYTES, least=0.0)),
        )


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def __call__(self, name: str) -> str | None:
        return self._environ.get(name, "").strip() or None

    def otlp(self, suffix: str) -> str | None:
        return self(f"OTEL_EXPORTER_OTLP_METRICS_{suffix}") or self(f"OTEL_EXPORTER_OTLP_{suffix}")

    def endpoint(self) -> tuple[str, str]:
        """Return the URL to post to: as it stands if given for metrics, else with the path."""
        specific = self("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
        if specific:
            return specific, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
        base = self("OTEL_EXPORTER_OTLP_ENDPOINT") or DEFAULT_ENDPOINT
        return f"{base.rstrip('/')}/v1/metrics", "OTEL_EXPORTER_OTLP_ENDPOINT"

    def gzipped(self) -> bool:
        """Return whether bodies are compressed: gzip unless said otherwise, as it costs less."""
        compression = (self.otlp("COMPRESSION") or "gzip").lower()
        if compression not in ("gzip", "none"):
            logger.warning(
                "OTEL_EXPORTER_OTLP_COMPRESSION is %r, but fortuna-otel knows gzip and none: "
                "gzip is taken",
                compression,
            )
        return compression != "none"

    def number(self, name: str, default: float, least: float | None = None) -> float:
        """Return a number above 0, or one from `least` on."""
        text = self(name)
        if text is None:
            return default
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if math.isfinite(number) and (number > 0.0 if least is None else number >= least):
            return number
        wanted = "above 0" if least is None else f"from {least:g} on"
        logger.warning("%s is %r, not a number %s: %g is taken", name, text, wanted, default)
        return default

    def interval(self, name: str, default: float) -> float:
        """Return an interval in seconds, given in milliseconds and not below the shortest."""
        interval = self.number(name, default * 1000.0) / 1000.0
        if interval >= SHORTEST_INTERVAL:
            return interval
        logger.warning(
            "%s is %g ms: %g ms is taken, the shortest there is",
            name,
            interval * 1000.0,
            SHORTEST_INTERVAL * 1000.0,
        )
        return SHORTEST_INTERVAL


def _headers(text: str) -> dict[str, str]:
    """Parse `key=value,key=value`, values URL-encoded, as the OTLP specification has it."""
    headers: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, separator, value = part.partition("=")
        key, content = unquote(name.strip()).lower(), unquote(value.strip())
        if separator and key and (key + content).isascii() and (key + content).isprintable():
            headers[key] = content
        else:
            # Never the text itself: it may be a token.
            logger.warning(
                "OTEL_EXPORTER_OTLP_HEADERS: an entry is not key=value in printable ASCII and is "
                "ignored"
            )
    return headers
