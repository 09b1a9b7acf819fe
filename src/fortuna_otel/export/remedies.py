"""What to do about a Collector that did not take a request."""

from __future__ import annotations

import http.client
import socket
import ssl
from urllib.parse import urlsplit

from fortuna_otel.export.tls import CLIENT_CERTIFICATE

GRPC_PORT = 4317
"""Where Collectors listen for OTLP over gRPC, which is not what we speak."""

_GRPC = "this may be the gRPC port: use the HTTP one, usually 4318"

_TLS_RECORDS = ("\x15\x03", "\x16\x03")
"""What an answer over TLS begins with."""

_ANSWERS = {
    400: "the endpoint does not understand OTLP metrics",
    401: "check the token in OTEL_EXPORTER_OTLP_HEADERS",
    403: "check the token in OTEL_EXPORTER_OTLP_HEADERS",
    404: "check the path of the endpoint: an OTLP receiver listens at /v1/metrics",
    413: "raise the receiver's max_request_body_size above 3 MB",
    415: "the endpoint does not take this compression: set OTEL_EXPORTER_OTLP_COMPRESSION to none",
    429: "the Collector is overloaded: see its own metrics",
    502: "a proxy does not reach the Collector",
    503: "the Collector is overloaded or its queue is full: see its own metrics",
    504: "a proxy does not reach the Collector in time",
}


def of_answer(status: int, endpoint: str) -> str:
    """Return what to do about an answer that is not 2xx."""
    path = urlsplit(endpoint).path.rstrip("/")
    if status == http.client.NOT_FOUND and path.endswith("/v1/metrics/v1/metrics"):
        return "/v1/metrics is added to OTEL_EXPORTER_OTLP_ENDPOINT by itself: leave it out"
    return _ANSWERS.get(status, "check that the endpoint is an OTLP/HTTP receiver")


def of_silence(error: Exception, endpoint: str, variable: str, *, anonymous: bool) -> str:
    """Return what to do about an error instead of an answer.

    Args:
        error: what came.
        endpoint: where it was sent.
        variable: what sets the endpoint.
        anonymous: whether no client certificate is configured.
    """
    url = urlsplit(endpoint)
    if isinstance(error, ssl.SSLError) and error.reason == "WRONG_VERSION_NUMBER":
        return _also_grpc("it speaks plain HTTP: write http://", url.port)
    if isinstance(error, http.client.BadStatusLine) and str(error).startswith(_TLS_RECORDS):
        return _also_grpc("it speaks TLS: write https://", url.port)
    hung_up = isinstance(error, (ssl.SSLEOFError, ConnectionResetError, BrokenPipeError))
    # Who hangs up says nothing; who answers something else than HTTP does not speak it.
    strange = isinstance(error, http.client.BadStatusLine) and not hung_up
    if strange or (hung_up and url.port == GRPC_PORT):
        remedy = _GRPC
    elif isinstance(error, TimeoutError):
        remedy = f"it, or the way to it, is too slow: see its load, firewalls, and {variable}"
        remedy = _also_grpc(remedy, url.port)
    elif isinstance(error, socket.gaierror):
        remedy = f"check the name of the host in {variable}"
    else:
        remedy = f"start it, or set {variable}, for example to http://localhost:4318"
    if hung_up and anonymous and url.scheme == "https":
        # The reason, a "certificate required", may come too late to be read.
        remedy += f"; if it asks for a client certificate, set {CLIENT_CERTIFICATE}"
    return remedy


def _also_grpc(remedy: str, port: int | None) -> str:
    return f"{remedy}; {_GRPC}" if port == GRPC_PORT else remedy
