"""The certificate by which a server is known: one that it is given, or its own that it makes and keeps."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import ssl
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ewallet_core.protocol.address import fingerprint_of

FOLDER = "tls"
KEPT_FILE = "self-signed.pem"
LIFETIME = timedelta(days=3_653)
SET_BACK = timedelta(days=1)
"""How far the clock of a client may be behind when the certificate is new."""


class CertificateUnusableError(Exception):
    """A certificate or key that nobody can be served with, in words for whoever gave it."""


def self_signed(data_folder: Path, host: str, now: datetime) -> tuple[Path, Path]:
    """The files of the server's own certificate and private key, made the first time, for that host.

    They are one file, so that of two servers which make it at once neither can end with the other's key.
    Raises `CertificateUnusableError` where it can't be kept.
    """
    kept = data_folder / FOLDER / KEPT_FILE
    try:
        if not kept.exists():
            kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _keep(kept, _made(_names(host), now))
    except OSError as reason:
        raise CertificateUnusableError(
            f"The server's own certificate can't be kept as {kept}: {_words(reason)}."
            " Check the rights on that folder."
        ) from reason
    return kept, kept


def server_context(certificate: Path, key: Path, now: datetime) -> ssl.SSLContext:
    """What serves TLS 1.2 and 1.3 with that certificate (and those after it in its file) and its key.

    Raises `CertificateUnusableError` where they can't be read, don't belong together, or are of another time.
    """
    _must_hold(certificate, now)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _text(key, "private key")
    try:
        # For a passphrase OpenSSL would ask on the terminal, and wait.
        context.load_cert_chain(certificate, key, password=lambda: _refuse_passphrase(key))
    except ssl.SSLError as reason:
        raise CertificateUnusableError(_why_not(certificate, key, reason)) from reason
    return context


def fingerprint_in(certificate: Path) -> str:
    """The fingerprint of the certificate in that file; raises `CertificateUnusableError`."""
    return fingerprint_of(_read(certificate).public_bytes(serialization.Encoding.DER))


def _must_hold(file: Path, now: datetime) -> None:
    certificate = _read(file)
    renewed = (
        "Remove it and start again: a new one is made, and clients are told of its new fingerprint."
        if file.name == KEPT_FILE
        else "Renew it, then start again."
    )
    if now > certificate.not_valid_after_utc:
        raise CertificateUnusableError(
            f"The certificate {file} has expired, on {certificate.not_valid_after_utc:%Y-%m-%d}. {renewed}"
        )
    if now < certificate.not_valid_before_utc:
        raise CertificateUnusableError(
            f"The certificate {file} holds only from {certificate.not_valid_before_utc:%Y-%m-%d} on."
            " Check this machine's clock."
        )


def _read(file: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(_text(file, "certificate"))
    except ValueError as reason:
        raise CertificateUnusableError(
            f"{file} holds no certificate in PEM form. Give the file that begins with BEGIN CERTIFICATE."
        ) from reason


def _text(file: Path, what: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as reason:
        raise CertificateUnusableError(
            f"The {what} {file} can't be read: {_words(reason)}. Check its name and its rights."
        ) from reason


def _refuse_passphrase(key: Path) -> NoReturn:
    raise CertificateUnusableError(
        f"The private key {key} has a passphrase, and nobody is there to type it. Give the key without one."
    )


def _why_not(certificate: Path, key: Path, reason: ssl.SSLError) -> str:
    if "KEY_VALUES_MISMATCH" in str(reason) or "KEY_TYPE_MISMATCH" in str(reason):
        return (
            f"The private key {key} does not belong to the certificate {certificate}."
            " Give the key that the certificate was made with."
        )
    said = str(reason.reason or reason).replace("_", " ").lower()
    return f"The private key {key} can't be used ({said}). Give one in PEM form, made with the certificate."


def _words(reason: OSError) -> str:
    return str(reason.strerror).lower()


def _keep(file: Path, content: bytes) -> None:
    """Make the file with that content, whole from the moment it is there; one that is there is left alone."""
    with tempfile.NamedTemporaryFile(dir=file.parent) as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(written.name, file)


def _made(names: list[x509.GeneralName], now: datetime) -> bytes:
    """A new private key and the certificate it signs for itself, in PEM form."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "EWallet server")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SET_BACK)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _names(host: str) -> list[x509.GeneralName]:
    """What the server is called: its host, or this machine where it listens everywhere; and localhost."""
    called = socket.gethostname() if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
    every = dict.fromkeys([called, *_addresses_of(called), "localhost", "127.0.0.1", "::1"])
    return [_general_name(name) for name in every if name.isascii()]


def _addresses_of(name: str) -> Iterator[str]:
    with contextlib.suppress(OSError, UnicodeError):
        for *_, address in socket.getaddrinfo(name, None):
            yield str(address[0]).partition("%")[0]


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
