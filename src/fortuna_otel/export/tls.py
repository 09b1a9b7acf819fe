"""TLS as the deployment's files have it, taken anew when one of them changes."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortuna_otel._environment import Environment

CERTIFICATE = "OTEL_EXPORTER_OTLP_CERTIFICATE"
CLIENT_CERTIFICATE = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"
CLIENT_KEY = "OTEL_EXPORTER_OTLP_CLIENT_KEY"

_T = TypeVar("_T")
_Stamp: TypeAlias = "tuple[tuple[int, int] | None, ...]"


class TlsError(ValueError):
    """A file is not what its variable promises; the message says which, and how to mend it."""


class Tls:
    """Whom to trust, and who we are: the three files of the OTLP specification.

    Certificates are renewed on disk while a service runs: the next connection takes what is there.
    """

    def __init__(self, environment: Environment) -> None:
        self._certificate = environment.certificate
        self._client_certificate = environment.client_certificate
        self._client_key = environment.client_key
        self._context: ssl.SSLContext | None = None
        self._stamp: _Stamp = ()

    @property
    def wanted(self) -> bool:
        """Whether any file is configured."""
        return any(self._files())

    @property
    def anonymous(self) -> bool:
        """Whether we have no certificate of our own to show."""
        return self._client_certificate is None

    def flaw(self) -> str | None:
        """Return what is wrong with the files, None if nothing is."""
        try:
            self.context()
        except TlsError as error:
            return str(error)
        return None

    def context(self) -> ssl.SSLContext:
        """Return the context for a new connection.

        Loading the authorities of the system takes milliseconds: only when a file has changed.

        Raises:
            TlsError: if a file is missing or wrong.
        """
        stamp = tuple(_stamp(path) for path in self._files())
        if self._context is None or stamp != self._stamp:
            self._context = self._load()
            self._stamp = stamp
        return self._context

    def _files(self) -> tuple[str | None, str | None, str | None]:
        return self._certificate, self._client_certificate, self._client_key

    def _load(self) -> ssl.SSLContext:
        if self._client_key and not self._client_certificate:
            raise TlsError(f"{CLIENT_KEY} is set without {CLIENT_CERTIFICATE}: set both, or none")
        context = _read(
            CERTIFICATE,
            self._certificate,
            "give the PEM file of the authority that signed the Collector's certificate",
            lambda: ssl.create_default_context(cafile=self._certificate),
        )
        client_certificate = self._client_certificate
        if client_certificate:
            _read(
                CLIENT_CERTIFICATE,
                client_certificate,
                f"give the PEM file of the client's certificate, and its key in {CLIENT_KEY}, "
                "without a passphrase",
                # With an empty passphrase, or an encrypted key would be asked for on the terminal.
                lambda: context.load_cert_chain(client_certificate, self._client_key, ""),
            )
        return context


def _read(variable: str, path: str | None, remedy: str, read: Callable[[], _T]) -> _T:
    try:
        return read()
    except (OSError, ValueError) as error:
        raise TlsError(
            f"{variable} is {path}, which cannot be used ({type(error).__name__}: {error}): "
            f"{remedy}"
        ) from error


def _stamp(path: str | None) -> tuple[int, int] | None:
    """Return what changes when a file does; None where there is none."""
    try:
        found = Path(path or "").stat() if path else None
    except OSError:
        return None
    return found and (found.st_mtime_ns, found.st_size)
