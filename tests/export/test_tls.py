"""TLS against a local receiver: certificates, and what is said when they are wrong."""

from __future__ import annotations

import logging
import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fortuna_otel.export import wire
from fortuna_otel.export.transport import Accepted, TransportError
from tests.export.receiver import certificates, receiver, transport_to

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = wire.compressed(b"secret")
NOBODY = "https://127.0.0.1:9/v1/metrics"


@pytest.fixture(name="mutual")
def _mutual(tmp_path: Path) -> Iterator[tuple[str, str, str]]:
    """Run a receiver that asks for a certificate; give its URL, and a certificate and key."""
    authority, key = certificates(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(authority, key)
    server.load_verify_locations(authority)
    server.verify_mode = ssl.CERT_REQUIRED
    with receiver(context=server) as there:
        yield there.url.replace("http://", "https://"), authority, key


def test_mutual_tls(mutual: tuple[str, str, str]) -> None:
    """Both sides know each other by certificates of a private authority."""
    url, authority, key = mutual
    identity = {"client_certificate": authority, "client_key": key}
    with transport_to(url, certificate=authority, **identity) as transport:
        for _ in range(3):
            assert transport.send(BODY, 5.0) == Accepted()


def test_a_collector_that_nobody_vouches_for_is_not_believed(mutual: tuple[str, str, str]) -> None:
    """Its certificate may be mended while the service runs: what was to be sent is kept."""
    url, authority, key = mutual
    with (
        transport_to(url, client_certificate=authority, client_key=key) as stranger,
        pytest.raises(TransportError, match="CERTIFICATE_VERIFY_FAILED") as caught,
    ):
        stranger.send(BODY, 5.0)
    assert caught.value.retry


def test_a_client_without_a_certificate_is_sent_away(mutual: tuple[str, str, str]) -> None:
    """And says so."""
    url, authority, _ = mutual
    with transport_to(url, certificate=authority) as anonymous, pytest.raises(TransportError):
        anonymous.send(BODY, 5.0)


def test_a_token_travels_encrypted(tmp_path: Path) -> None:
    """The bearer header of OTEL_EXPORTER_OTLP_HEADERS."""
    authority, key = certificates(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(authority, key)
    with receiver(context=server) as there:
        url = there.url.replace("http://", "https://")
        headers = {"authorization": "Bearer t"}
        with transport_to(url, certificate=authority, headers=headers) as transport:
            transport.send(BODY, 5.0)
        assert there.headers[0]["authorization"] == "Bearer t"
        assert there.bodies == [b"secret"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"certificate": "/nowhere/ca.pem"},
            ["OTEL_EXPORTER_OTLP_CERTIFICATE is /nowhere/ca.pem", "FileNotFoundError", "give"],
        ),
        (
            {"certificate": __file__},
            ["OTEL_EXPORTER_OTLP_CERTIFICATE", "SSLError", "PEM file of the authority"],
        ),
        (
            {"client_key": "key.pem"},
            ["CLIENT_KEY is set without OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "set both"],
        ),
        (
            {"client_certificate": "/nowhere/me.pem"},
            ["OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE is /nowhere/me.pem", "FileNotFoundError"],
        ),
    ],
)
def test_a_wrong_file_is_an_error_at_once_and_at_every_attempt(
    caplog: pytest.LogCaptureFixture, settings: dict[str, str], said: list[str]
) -> None:
    """It names variable, file and remedy; what was to be sent is kept until it is mended."""
    with transport_to(NOBODY, **settings) as transport:
        [record] = caplog.records
        assert record.levelno == logging.ERROR
        assert all(words in caplog.text for words in said)
        with pytest.raises(TransportError) as caught:
            transport.send(BODY, 1.0)
        assert caught.value.retry
        assert all(words in str(caught.value) for words in said)


def test_an_encrypted_key_is_an_error_instead_of_a_question(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """OpenSSL would ask for the passphrase on the terminal, and the service would stand still."""
    certificate, key = certificates(tmp_path, passphrase=b"words")
    with transport_to(NOBODY, client_certificate=certificate, client_key=key):
        assert "without a passphrase" in caplog.text


def test_a_key_of_another_certificate_is_an_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As after a renewal that was half deployed."""
    certificate, _ = certificates(tmp_path / "a")
    _, key = certificates(tmp_path / "b")
    with transport_to(NOBODY, client_certificate=certificate, client_key=key):
        assert "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE" in caplog.text


def test_files_without_https_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """Who configures certificates believes that the connection is encrypted."""
    with transport_to("http://127.0.0.1:9/v1/metrics", certificate="ca.pem"):
        assert "not encrypted" in caplog.text
        assert "https://" in caplog.text


def test_right_files_say_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A certificate with its key, or with the key in the same file."""
    certificate, key = certificates(tmp_path)
    both = tmp_path / "both.pem"
    both.write_text(Path(certificate).read_text() + Path(key).read_text())
    for files in ({"client_certificate": certificate, "client_key": key}, {}):
        with transport_to(NOBODY, certificate=certificate, **files):
            assert not caplog.text
    with transport_to(NOBODY, client_certificate=str(both)):
        assert not caplog.text


def test_a_renewed_certificate_is_taken_by_the_next_connection(
    tmp_path: Path, mutual: tuple[str, str, str]
) -> None:
    """No restart of the service: the file is read again when it has changed."""
    url, authority, key = mutual
    trusted = tmp_path / "trusted.pem"
    wrong, _ = certificates(tmp_path / "other")
    trusted.write_bytes(Path(wrong).read_bytes())
    identity = {"client_certificate": authority, "client_key": key}
    with transport_to(url, certificate=str(trusted), **identity) as transport:
        with pytest.raises(TransportError, match="CERTIFICATE_VERIFY_FAILED"):
            transport.send(BODY, 5.0)
        trusted.write_bytes(Path(authority).read_bytes())
        os.utime(trusted, (1.0, 1.0))
        assert transport.send(BODY, 5.0) == Accepted()
