"""The file of a backup: a tar of the database, the settings, the certificates and the known servers.

Its first member is the manifest, which has the size and the SHA-256 of every other one. So it is known before
anything is unpacked which files of which size may follow.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, Annotated, BinaryIO, cast

import msgspec
from msgspec import Meta

from ewallet_core.backup.copies import (
    BackupError,
    BrokenWalletError,
    cannot_write,
    check_copy,
    copy_database,
    create_private,
    give_name,
    schema_of,
    unfinished_folder,
    upgrade_copy,
)
from ewallet_core.data_folder import DATABASE_FILE, KNOWN_SERVERS_FILE, PREFERENCES_FILE, TLS_FOLDER
from ewallet_core.storage.schema_version import SCHEMA_VERSION

FORMAT = 1
MANIFEST = "manifest.json"
SERVER_SETTINGS = "server.toml"
"""The member that has the settings file of a server, whatever that file is called."""
LARGEST_MANIFEST = 256 * 1024
LARGEST_FILE = 1024 * 1024
"""In bytes, of each member but the database."""
MOST_MEMBERS = 100
OWNER_ONLY = 0o600
_CHUNK = 1024 * 1024

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is to do."""


class Member(msgspec.Struct, frozen=True):
    name: str
    size: Annotated[int, Meta(ge=0)]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Manifest(msgspec.Struct, frozen=True):
    format: int
    schema: Annotated[str, Meta(pattern="^[0-9]{4}$")]
    release: Annotated[str, Meta(pattern=r"^[0-9A-Za-z.+-]{1,40}$")]
    created: Annotated[datetime, Meta(tz=True)]
    members: Annotated[list[Member], Meta(max_length=MOST_MEMBERS)]

    @property
    def names(self) -> list[str]:
        return [member.name for member in self.members]

    @property
    def size(self) -> int:
        return sum(member.size for member in self.members)


class _AnyManifest(msgspec.Struct, frozen=True):
    format: int


def no_progress(doing: str, done: int, total: int) -> None:
    """Show no progress."""


# Making one


def files_beside(folder: Path, config: Path | None) -> dict[str, Path]:
    """The files of the data folder that a backup has besides the database, by their names in it."""
    named = {PREFERENCES_FILE: folder / PREFERENCES_FILE, KNOWN_SERVERS_FILE: folder / KNOWN_SERVERS_FILE}
    if config is not None:
        named[SERVER_SETTINGS] = config
    certificates = folder / TLS_FOLDER
    if certificates.is_dir():
        named |= {f"{TLS_FOLDER}/{file.name}": file for file in sorted(certificates.iterdir())}
    return {name: file for name, file in named.items() if _is_known(name) and file.is_file()}


def write_backup(
    file: Path,
    database: Path,
    others: Mapping[str, Path],
    now: datetime,
    *,
    replace: bool = False,
    progress: Progress = no_progress,
) -> Manifest:
    """Back up the database, which may be in use, and the `others` by their names, as `file`.

    The copy is checked before it gets that name. Raises `BackupError`; then there is no new file.
    """
    if file.exists() and not replace:
        raise BackupError(f"{file} exists already. Choose another name.")
    if not file.absolute().parent.is_dir():
        raise BackupError(f"There is no folder {file.absolute().parent}. Make it first, or choose another.")
    if not database.is_file():
        raise BackupError(f"There is no wallet {database}. Check the folder, or choose another.")
    try:
        with unfinished_folder(file.absolute().parent) as folder:
            copy = folder / DATABASE_FILE
            copy_database(database, copy, lambda done, total: progress("Copying", done, total))
            progress("Checking", 0, 1)
            _check(copy, folder)
            contents = {name: _read_small(other) for name, other in others.items()}
            manifest = _describe(copy, contents, now)
            partial = folder / file.name
            _write(partial, manifest, contents, copy, progress)
            _read_again(partial, manifest)
            give_name(partial, file, replace=replace)
    except BrokenWalletError as error:
        raise BrokenWalletError(f"{error} It was not backed up: restore an earlier backup.") from error
    except OSError as reason:
        raise cannot_write(file, reason) from reason
    return manifest


def _check(copy: Path, folder: Path) -> None:
    """Check the copy as it is, or if an earlier release wrote it, as it will be after the upgrade."""
    checked = copy
    if schema_of(copy) != SCHEMA_VERSION:
        checked = Path(shutil.copyfile(copy, folder / "upgraded"))
        upgrade_copy(checked)
    check_copy(checked)
    if checked != copy:
        checked.unlink()


def _read_small(file: Path) -> bytes:
    with file.open("rb") as opened:
        content = opened.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise BackupError(f"{file} is larger than 1 MB. Move it out of the folder if it is no part of it.")
    return content


def _describe(copy: Path, contents: Mapping[str, bytes], now: datetime) -> Manifest:
    members = [
        Member(name, len(content), hashlib.sha256(content).hexdigest()) for name, content in contents.items()
    ]
    with copy.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    members.append(Member(DATABASE_FILE, copy.stat().st_size, digest))
    return Manifest(FORMAT, schema_of(copy), version("ewallet-tui"), now.astimezone(UTC), members)


def _write(
    partial: Path, manifest: Manifest, contents: Mapping[str, bytes], copy: Path, progress: Progress
) -> None:
    encoded = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    at = int(manifest.created.timestamp())
    with create_private(partial) as raw:
        with (
            tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as tar,
            copy.open("rb") as database,
        ):
            _add(tar, MANIFEST, io.BytesIO(encoded), len(encoded), at)
            for name, content in contents.items():
                _add(tar, name, io.BytesIO(content), len(content), at)
            size = manifest.members[-1].size
            _add(tar, DATABASE_FILE, _Counted(database, size, progress), size, at)
        raw.flush()
        os.fsync(raw.fileno())


class _Counted(io.RawIOBase):
    """A file that tells how much of it was read."""

    def __init__(self, file: BinaryIO, size: int, progress: Progress) -> None:
        self._file, self._size, self._progress = file, size, progress

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(size)
        self._progress("Writing", self._file.tell(), self._size)
        return content


def _add(tar: tarfile.TarFile, name: str, content: IO[bytes] | io.RawIOBase, size: int, at: int) -> None:
    described = tarfile.TarInfo(name)
    described.size, described.mode, described.mtime = size, OWNER_ONLY, at
    tar.addfile(described, cast("IO[bytes]", content))


def _read_again(partial: Path, manifest: Manifest) -> None:
    """Compare what the disk has with what was to be written."""
    with _opened(partial) as tar:
        if _read_manifest(tar, partial) != manifest:
            raise _damaged(partial.name, "the disk has not kept what was written")
        for _, chunks in _members_of(tar, manifest, partial):
            _read_through(chunks)


# Reading one


def is_backup(file: Path) -> bool:
    """Whether the file is a tar whose first member is a manifest."""
    try:
        with file.open("rb") as opened:
            return opened.read(len(MANIFEST)) == MANIFEST.encode()
    except OSError:
        return False


def read_manifest(file: Path) -> Manifest:
    """Raises `BackupError` if the file is no backup that this release can read."""
    with _opened(file) as tar:
        return _read_manifest(tar, file)


def read_small(file: Path, name: str) -> bytes | None:
    """The content of that member, which is not the database; None if the backup has none of that name."""
    with _opened(file) as tar:
        for member, chunks in _members_of(tar, _read_manifest(tar, file), file):
            if member.name == name != DATABASE_FILE:
                return b"".join(chunks)
            _read_through(chunks)
    return None


def unpack(file: Path, folder: Path, progress: Progress = no_progress) -> Manifest:
    """Write the members into the folder, which must be empty. Raises `BackupError` unless all are intact."""
    with _opened(file) as tar:
        manifest = _read_manifest(tar, file)
        if manifest.size > shutil.disk_usage(folder).free:
            raise BackupError(
                f"This backup needs {manifest.size / 1e6:,.0f} MB of free space in {folder}. Make room there."
            )
        done = 0
        for member, chunks in _members_of(tar, manifest, file):
            target = folder / member.name
            target.parent.mkdir(mode=0o700, exist_ok=True)
            with create_private(target) as written:
                for chunk in chunks:
                    written.write(chunk)
                    done += len(chunk)
                    progress("Unpacking", done, manifest.size)
                written.flush()
                os.fsync(written.fileno())
    return manifest


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    """The tar as a stream, which is read once from its beginning to its end."""
    try:
        with file.open("rb") as raw, tarfile.open(fileobj=raw, mode="r|") as tar:
            yield tar
    except OSError as reason:
        raise BackupError(
            f"{file} can't be read: {(reason.strerror or str(reason)).lower()}."
            " Check its name and its permissions."
        ) from reason
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as reason:
        raise _damaged(file.name, "it is no complete tar file") from reason


def _damaged(what: str, why: str) -> BackupError:
    return BackupError(f"{what} is no backup, or is damaged: {why}. Use another backup.")


def _read_manifest(tar: tarfile.TarFile, file: Path) -> Manifest:
    found = tar.next()
    if found is None or found.name != MANIFEST or not _is_plain(found) or found.size > LARGEST_MANIFEST:
        raise _damaged(file.name, "it does not begin with a manifest")
    content = b"".join(_chunks_of(tar, found))
    try:
        if msgspec.json.decode(content, type=_AnyManifest).format > FORMAT:
            raise BackupError(f"A newer release of ewallet wrote {file.name}. Install that release.")
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as reason:
        raise _damaged(file.name, "its manifest can't be read") from reason
    sizes = {member.name: member.size for member in manifest.members}
    if len(sizes) < len(manifest.members) or DATABASE_FILE not in sizes or not all(map(_is_known, sizes)):
        raise _damaged(file.name, "its manifest names other files than a backup has")
    if any(size > LARGEST_FILE for name, size in sizes.items() if name != DATABASE_FILE):
        raise _damaged(file.name, "its manifest names a file that is too large")
    return manifest


def _is_known(name: str) -> bool:
    """Whether a backup may have a file of that name; no other is ever written to the disk."""
    folder, _, file = name.rpartition("/")
    if folder == TLS_FOLDER:
        return re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", file) is not None
    return name in (DATABASE_FILE, PREFERENCES_FILE, KNOWN_SERVERS_FILE, SERVER_SETTINGS)


def _is_plain(found: tarfile.TarInfo) -> bool:
    """Whether it is an ordinary file, in one piece."""
    return found.type == tarfile.REGTYPE and not found.pax_headers


def _members_of(
    tar: tarfile.TarFile, manifest: Manifest, file: Path
) -> Iterator[tuple[Member, Iterator[bytes]]]:
    """Each member with its content, which must be read to its end and raises there unless it is intact."""
    for member in manifest.members:
        found = tar.next()
        if found is None or found.name != member.name or found.size != member.size or not _is_plain(found):
            raise _damaged(file.name, f"{member.name} is not where its manifest says")
        yield member, _intact(_chunks_of(tar, found), member, file)
    if tar.next() is not None:
        raise _damaged(file.name, "it has more files than its manifest says")


def _intact(chunks: Iterable[bytes], member: Member, file: Path) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != member.sha256:
        raise _damaged(file.name, f"{member.name} is not as it was when the backup was made")


def _chunks_of(tar: tarfile.TarFile, found: tarfile.TarInfo) -> Iterator[bytes]:
    content = tar.extractfile(found)
    while content is not None and (chunk := content.read(_CHUNK)):
        yield chunk


def _read_through(chunks: Iterable[bytes]) -> None:
    for _ in chunks:
        pass
