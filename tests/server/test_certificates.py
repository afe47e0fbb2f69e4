"""The certificate of a server: its own is created once, and an unusable one is refused."""

from __future__ import annotations

import ipaddress
import ssl
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ewallet_core.security.tokens import fingerprint_of
from ewallet_core.server.certificates import (
    CERTIFICATE_FILE,
    LIFETIME,
    CertificateError,
    create_server_context,
    ensure_self_signed,
    read_fingerprint,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def pem_file(tmp_path: Path) -> Path:
    certificate, _ = ensure_self_signed(tmp_path, "localhost", NOW)
    return certificate


def test_the_certificate_is_created_once_and_reused(tmp_path, pem_file):
    content = pem_file.read_bytes()
    assert ensure_self_signed(tmp_path, "elsewhere.example.org", NOW + DAY) == (
        pem_file,
        pem_file,
    )
    assert pem_file.read_bytes() == content
    assert [file.name for file in pem_file.parent.iterdir()] == [CERTIFICATE_FILE]


def test_the_key_is_readable_only_by_its_owner(pem_file):
    assert [stat.S_IMODE(path.stat().st_mode) for path in (pem_file, pem_file.parent)] == [0o600, 0o700]


def test_the_certificate_is_valid_for_ten_years_and_every_name_of_the_server(tmp_path):
    made = x509.load_pem_x509_certificate(ensure_self_signed(tmp_path, "198.51.100.7", NOW)[0].read_bytes())
    assert (made.not_valid_before_utc, made.not_valid_after_utc) == (NOW - DAY, NOW + LIFETIME)
    assert made.not_valid_after_utc.year == NOW.year + 10
    key = made.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert isinstance(key.curve, ec.SECP256R1)
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    addresses = ["198.51.100.7", "127.0.0.1", "::1"]
    assert names.get_values_for_type(x509.IPAddress) == [*map(ipaddress.ip_address, addresses)]


def test_a_server_on_every_address_has_the_names_of_the_machine(tmp_path, monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "wallets.invalid")
    made = x509.load_pem_x509_certificate(ensure_self_signed(tmp_path, "0.0.0.0", NOW)[0].read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["wallets.invalid", "localhost"]


def test_processes_that_create_the_certificate_concurrently_get_the_same(tmp_path):
    together = threading.Barrier(8)

    def make(_: int) -> str:
        together.wait()
        certificate, key = ensure_self_signed(tmp_path, "localhost", NOW)
        create_server_context(certificate, key, NOW)
        return read_fingerprint(certificate)

    with ThreadPoolExecutor(8) as servers:
        assert len(set(servers.map(make, range(8)))) == 1
    assert [file.name for file in (tmp_path / "tls").iterdir()] == [CERTIFICATE_FILE]


def test_the_fingerprint_is_that_of_the_presented_certificate(pem_file):
    pem = pem_file.read_text().partition("-----BEGIN PRIVATE KEY-----")[0]
    assert read_fingerprint(pem_file) == fingerprint_of(ssl.PEM_cert_to_DER_cert(pem))


def test_tls_below_1_2_is_disabled(pem_file):
    assert create_server_context(pem_file, pem_file, NOW).minimum_version == ssl.TLSVersion.TLSv1_2


def refused(certificate: Path, key: Path, now: datetime = NOW) -> str:
    with pytest.raises(CertificateError) as error:
        create_server_context(certificate, key, now)
    return str(error.value)


def test_an_expired_certificate_is_refused_with_advice(pem_file, tmp_path):
    later = NOW + LIFETIME + DAY
    assert "has expired, on 2036-11-21. Remove it and start again" in refused(pem_file, pem_file, later)
    given = pem_file.rename(tmp_path / "given.pem")
    assert "has expired, on 2036-11-21. Renew it" in refused(given, given, later)
    assert "is valid only from 2026-11-20 on. Check this machine's clock." in refused(
        given, given, NOW - 9 * DAY
    )


def test_a_key_of_another_certificate_is_refused(pem_file, tmp_path):
    other, _ = ensure_self_signed(tmp_path / "other", "localhost", NOW)
    assert f"The private key {other} does not belong to the certificate {pem_file}." in refused(
        pem_file, other
    )


def test_a_key_with_a_passphrase_is_refused_without_a_prompt(pem_file, tmp_path):
    key = serialization.load_pem_private_key(pem_file.read_bytes(), None)
    locked = tmp_path / "locked.pem"
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"four unrelated words"),
        )
    )
    assert f"The private key {locked} has a passphrase" in refused(pem_file, locked)


@pytest.mark.parametrize("content", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_file_without_a_certificate_or_key_is_refused(pem_file, tmp_path, content):
    file = tmp_path / "file.pem"
    file.write_text(content)
    assert f"{file} holds no certificate in PEM form." in refused(file, pem_file)
    assert f"The private key {file} can't be used (" in refused(pem_file, file)


def test_an_unreadable_file_is_refused(pem_file, tmp_path):
    gone = tmp_path / "gone.pem"
    assert f"The certificate {gone} can't be read: no such file or directory." in refused(gone, pem_file)
    assert f"The private key {tmp_path} can't be read: is a directory." in refused(pem_file, tmp_path)


def test_an_unwritable_folder_is_explained(tmp_path):
    (tmp_path / "tls").write_text("in the way")
    with pytest.raises(CertificateError, match="own certificate can't be stored as"):
        ensure_self_signed(tmp_path, "localhost", NOW)
