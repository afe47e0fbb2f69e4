"""The file of known servers: readable, safe for several processes, and never damaged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ewallet_core.client import KnownServers, UnreachableError
from ewallet_core.security.tokens import fingerprint_of

FIRST, SECOND = fingerprint_of(b"first"), fingerprint_of(b"second")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "known_servers"


def test_a_missing_file_has_no_servers(file: Path) -> None:
    assert KnownServers(file).fingerprint_of("wallet.example.org:8080") is None
    assert not file.exists()


def test_an_added_server_is_known_to_the_next_process(file: Path) -> None:
    assert KnownServers(file).add("[::1]:8080", FIRST) == FIRST
    assert KnownServers(file).fingerprint_of("[::1]:8080") == FIRST
    assert KnownServers(file).fingerprint_of("[::1]:8081") is None


def test_the_file_is_readable_only_by_its_owner(file: Path) -> None:
    KnownServers(file).add("wallet.example.org:8080", FIRST)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_everybody_can_change_is_tightened(file: Path) -> None:
    file.write_text(f"old.example.org:8080 {FIRST}\n")
    file.chmod(0o666)
    assert KnownServers(file).fingerprint_of("old.example.org:8080") == FIRST
    assert file.stat().st_mode & 0o777 == 0o664


def test_a_file_that_everybody_can_change_and_that_can_not_be_tightened_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(f"old.example.org:8080 {FIRST}\n")
    file.chmod(0o666)

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", refuse)
    with pytest.raises(UnreachableError, match=r"Everybody can change .* Run `chmod o-w "):
        KnownServers(file).fingerprint_of("old.example.org:8080")


def test_a_concurrent_addition_returns_the_first_fingerprint(file: Path) -> None:
    known, other = KnownServers(file), KnownServers(file)
    known.add("wallet.example.org:8080", FIRST)
    assert other.add("wallet.example.org:8080", SECOND) == FIRST
    assert file.read_text() == f"wallet.example.org:8080 {FIRST}\n"


def test_a_server_with_a_trusted_certificate_has_no_fingerprint(file: Path) -> None:
    known = KnownServers(file)
    assert known.add("wallet.example.org:8080", "authority") == "authority"
    assert known.fingerprint_of("wallet.example.org:8080") is None
    assert known.add("wallet.example.org:8080", FIRST) == "authority"


def test_comments_and_an_unfinished_line_are_kept(file: Path) -> None:
    file.write_text(f"# mine\n\nold.example.org:8080   {FIRST}")
    KnownServers(file).add("new.example.org:8080", SECOND)
    assert file.read_text() == f"# mine\n\nold.example.org:8080   {FIRST}\nnew.example.org:8080 {SECOND}\n"


@pytest.mark.parametrize(
    "line", ["wallet.example.org:8080", f"8080 {FIRST}", "a:1 SHA256:short", "a:1 md5:00"]
)
def test_a_damaged_line_is_named_and_left_alone(file: Path, line: str) -> None:
    file.write_text(f"old.example.org:8080 {FIRST}\n{line}\n")
    before = file.read_bytes()
    known = KnownServers(file)
    with pytest.raises(UnreachableError, match=f"Line 2 of {file}"):
        known.fingerprint_of("old.example.org:8080")
    with pytest.raises(UnreachableError, match="Line 2"):
        known.add("new.example.org:8080", SECOND)
    assert file.read_bytes() == before


def test_an_unreadable_file_is_explained(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(UnreachableError, match="is not text"):
        KnownServers(file).fingerprint_of("a:1")
    with pytest.raises(UnreachableError, match="can't be used"):
        KnownServers(file.parent).fingerprint_of("a:1")
    with pytest.raises(UnreachableError, match="can't be used"):
        KnownServers(file.parent / "nowhere" / "known_servers").add("a:1", FIRST)


def test_concurrent_additions_lose_no_line(file: Path) -> None:
    names = [f"wallet-{number}.example.org:8080" for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda name: KnownServers(file).add(name, FIRST), names)) == [FIRST] * 40
    assert sorted(file.read_text().splitlines()) == sorted(f"{name} {FIRST}" for name in names)
    assert sorted(path.name for path in file.parent.iterdir()) == [".known_servers.lock", "known_servers"]


def test_a_forgotten_server_is_unknown_and_the_others_stay(file: Path) -> None:
    file.write_text(f"# mine\na.example.org:8080 {FIRST}\na.example.org:80 {FIRST}\n")
    KnownServers(file).forget("a.example.org:80")
    assert file.read_text() == f"# mine\na.example.org:8080 {FIRST}\n"
    assert KnownServers(file).add("a.example.org:80", SECOND) == SECOND


def test_a_byte_order_mark_the_ends_of_lines_and_a_link_stay(file: Path) -> None:
    target = file.with_name("mine")
    mine = b"\xef\xbb\xbfold.example.org:8080 " + FIRST.encode() + b"\r\n# mine\r\n"
    target.write_bytes(mine)
    file.symlink_to(target)
    known = KnownServers(file)
    assert known.fingerprint_of("old.example.org:8080") == FIRST
    known.add("new.example.org:8080", SECOND)
    assert file.is_symlink()
    assert target.read_bytes().startswith(
        b"\xef\xbb\xbfold.example.org:8080 " + FIRST.encode() + b"\r\n# mine\r\n"
    )
    known.forget("old.example.org:8080")
    assert file.is_symlink()
    assert (known.fingerprint_of("old.example.org:8080"), known.fingerprint_of("new.example.org:8080")) == (
        None,
        SECOND,
    )


def test_a_read_only_file_is_read_and_left_as_it_is(file: Path) -> None:
    file.write_text(f"old.example.org:8080 {FIRST}\n")
    file.chmod(0o400)
    assert KnownServers(file).fingerprint_of("old.example.org:8080") == FIRST
    with pytest.raises(UnreachableError, match=r"can't be used: Permission denied\. Check its permissions\."):
        KnownServers(file).add("new.example.org:8080", SECOND)
    assert (file.read_text(), file.stat().st_mode & 0o777) == (f"old.example.org:8080 {FIRST}\n", 0o400)
