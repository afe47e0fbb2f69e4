"""The server's TLS certificate: a given one, or a self-signed one that it makes and stores."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ewallet_core.data_folder import TLS_FOLDER, create_private_folder
from ewallet_core.protocol.address import parse_ip
from ewallet_core.security.tokens import fingerprint_of

CERTIFICATE_FILE = "self-signed.pem"
LIFETIME = timedelta(days=3_653)
CLOCK_SKEW = timedelta(days=1)
"""How far a client's clock may be behind when the certificate is new."""


class CertificateError(Exception):
    """A certificate or key that can't be used; the message is for the operator."""


def self_signed_file(data_folder: Path) -> Path:
    """The file of the server's own certificate and private key, which may not exist yet."""
    return data_folder / TLS_FOLDER / CERTIFICATE_FILE


def ensure_self_signed(data_folder: Path, host: str, now: datetime) -> tuple[Path, Path]:
    """The files of the server's own certificate and private key; the first call makes them for that host.

    Both are in one file, so two servers that start at once can't mix certificate and key.
    Raises `CertificateError` if the file can't be stored.
    """
    file = self_signed_file(data_folder)
    try:
        if not file.exists():
            create_private_folder(file.parent)
            _create_file(file, _generate(host, now))
    except OSError as reason:
        raise CertificateError(
            f"The server's own certificate can't be stored as {file}: {_describe(reason)}."
            " Check the permissions of that folder."
        ) from reason
    return file, file


def create_server_context(certificate: Path, key: Path, now: datetime) -> ssl.SSLContext:
    """A context for TLS 1.2 and 1.3 with that certificate, the rest of the chain in its file, and its key.

    Raises `CertificateError` if they can't be read, don't match, or aren't valid at `now`.
    """
    _require_valid(certificate, now)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _read_bytes(key, "private key")
    try:
        # Without this, OpenSSL asks for a passphrase on the terminal and waits.
        context.load_cert_chain(certificate, key, password=lambda: _refuse_passphrase(key))
    except ssl.SSLError as reason:
        raise CertificateError(_describe_mismatch(certificate, key, reason)) from reason
    return context


def read_fingerprint(certificate: Path) -> str:
    """Raises `CertificateError`."""
    return fingerprint_of(_read_certificate(certificate).public_bytes(serialization.Encoding.DER))


def _require_valid(file: Path, now: datetime) -> None:
    certificate = _read_certificate(file)
    advice = (
        "Remove it and start again: a new one is made, and clients see its new fingerprint."
        if file.name == CERTIFICATE_FILE
        else "Renew it, then start again."
    )
    first, last = certificate.not_valid_before_utc.astimezone(), certificate.not_valid_after_utc.astimezone()
    if now > last:
        raise CertificateError(f"The certificate {file} has expired, on {last:%Y-%m-%d}. {advice}")
    if now < first:
        raise CertificateError(
            f"The certificate {file} is valid only from {first:%Y-%m-%d} on. Check this machine's clock."
        )


def _read_certificate(file: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(_read_bytes(file, "certificate"))
    except ValueError as reason:
        raise CertificateError(
            f"{file} holds no certificate in PEM form. Give the file that begins with BEGIN CERTIFICATE."
        ) from reason


def _read_bytes(file: Path, what: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as reason:
        raise CertificateError(
            f"The {what} {file} can't be read: {_describe(reason)}. Check its name and its permissions."
        ) from reason


def _refuse_passphrase(key: Path) -> NoReturn:
    raise CertificateError(
        f"The private key {key} has a passphrase, and a server can't ask for it. Give the key without one."
    )


def _describe_mismatch(certificate: Path, key: Path, reason: ssl.SSLError) -> str:
    if "KEY_VALUES_MISMATCH" in str(reason) or "KEY_TYPE_MISMATCH" in str(reason):
        return (
            f"The private key {key} does not belong to the certificate {certificate}."
            " Give the key that the certificate was made with."
        )
    said = str(reason.reason or reason).replace("_", " ").lower()
    return f"The private key {key} can't be used ({said}). Give one in PEM form, made with the certificate."


def _describe(reason: OSError) -> str:
    return str(reason.strerror).lower()


def _create_file(file: Path, content: bytes) -> None:
    """Create the file with all of its content in one step; an existing one is left as it is."""
    with tempfile.NamedTemporaryFile(dir=file.parent) as temporary:
        temporary.write(content)
        temporary.flush()
        os.fsync(temporary.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(temporary.name, file)


def _generate(host: str, now: datetime) -> bytes:
    """A new private key and its self-signed certificate, in PEM form."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "EWallet server")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName(_alternative_names(host)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _alternative_names(host: str) -> list[x509.GeneralName]:
    """The host with its addresses, and localhost. For all interfaces, the host is this machine's name."""
    own = socket.gethostname() if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
    addresses = []
    with contextlib.suppress(OSError, UnicodeError):
        addresses = [str(address[0]).partition("%")[0] for *_, address in socket.getaddrinfo(own, None)]
    names = dict.fromkeys([own, *addresses, "localhost", "127.0.0.1", "::1"])
    parsed = ((name, parse_ip(name)) for name in names if name.isascii())
    return [x509.DNSName(name) if address is None else x509.IPAddress(address) for name, address in parsed]
