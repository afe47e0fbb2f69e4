"""PostgreSQL servers of this machine's own programs, in temporary folders, for as long as the tests run."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL

if TYPE_CHECKING:
    import psycopg

# The reason of the tests that are skipped, from which the summary knows them.
NO_POSTGRESQL = "there are no programs of PostgreSQL's server"
PROGRAMS = ("initdb", "postgres", "pg_basebackup")
DEBIAN_FOLDER = Path("/usr/lib/postgresql")
ADMINISTRATOR = "postgres"
PATIENCE_SECONDS = 60
# Sockets have short names by rule, so they may not be in the temporary folder of a test.
SHORT_FOLDERS = (Path("/dev/shm"), Path("/tmp"))
ENOUGH_BYTES = 1_000_000_000

# Quick, because what they write is lost with the machine; if only the server is killed, it is not.
QUICK = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off", "jit": "off"}
USUAL = {
    "max_connections": "200",
    "shared_buffers": "32MB",
    "log_checkpoints": "off",
    # In the folder of the server, so that what it leaves behind when it is killed is removed with it.
    "dynamic_shared_memory_type": "mmap",
}

# Ends the server and removes its folder when the process that started it has ended in whatever way.
GUARD = """
cat > /dev/null
kill -QUIT "$(head -n 1 "$1/data/postmaster.pid")" && sleep 1
rm -rf "$1"
"""


_initialized: Path | None = None
"""The data of a new server, which a running one of this process keeps for others that begin with a copy."""


class PostgresqlMissingError(Exception):
    """This machine has no programs of PostgreSQL's server."""


def find_programs() -> Path:
    """The folder of the server's programs: on the path, or the newest of Debian's, or that of `pg_config`.

    Raises `PostgresqlMissingError`.
    """
    on_path = shutil.which("initdb")
    folders = [
        # What is on the path may be a link.
        *([Path(on_path).resolve().parent] if on_path is not None else []),
        *sorted(DEBIAN_FOLDER.glob("*/bin"), key=lambda folder: float(folder.parent.name), reverse=True),
        *_folder_of_pg_config(),
    ]
    for folder in folders:
        if all((folder / program).exists() for program in PROGRAMS):
            return folder
    raise PostgresqlMissingError(NO_POSTGRESQL)


def _folder_of_pg_config() -> list[Path]:
    if (program := shutil.which("pg_config")) is None:
        return []
    found = subprocess.run([program, "--bindir"], capture_output=True, text=True, check=False)
    return [Path(found.stdout.strip())] if found.returncode == 0 else []


def short_folder() -> Path:
    """In memory if there is enough, because a new database is 300 files."""
    memory, disk = SHORT_FOLDERS
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > ENOUGH_BYTES else disk


def ordinary_user() -> str | None:
    """The user that runs the server if we are root, as whom PostgreSQL refuses to run; None is ourselves."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres").pw_name
    return "nobody"


class PostgresqlServer:
    """A running server with data of its own, which `stop` removes.

    It listens on a socket in its folder and, if `has_port`, on a free port of 127.0.0.1 too. `settings` are
    lines of postgresql.conf. A `standby_of` another server begins as a copy of it, and follows it. Its folder
    is `within` another one, or in memory.
    """

    def __init__(
        self,
        settings: Mapping[str, str] = QUICK,
        *,
        has_port: bool = False,
        standby_of: PostgresqlServer | None = None,
        within: Path | None = None,
    ) -> None:
        self._programs = find_programs()
        self._user = ordinary_user()
        self.port = free_port() if has_port else 5432
        self.folder = Path(tempfile.mkdtemp(prefix="ewallet-pg-", dir=within or short_folder()))
        self.data, self.log = self.folder / "data", self.folder / "log"
        self.settings = {
            **USUAL,
            "unix_socket_directories": str(self.folder),
            "listen_addresses": "127.0.0.1" if has_port else "",
            "port": str(self.port),
            **settings,
        }
        self._has_port = has_port
        self._version = 0
        self._numbers = count(1)
        self._administration = threading.Lock()
        self._connection: psycopg.Connection[Any] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", GUARD, "guard", self.folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        if self._user is not None:
            shutil.chown(self.folder, self._user, pwd.getpwnam(self._user).pw_gid)
        if standby_of is None:
            self._initialize()
        else:
            self.run(
                "pg_basebackup",
                "-D",
                self.data,
                "-R",
                "-X",
                "stream",
                "-c",
                "fast",
                "-d",
                standby_of.conninfo(),
            )
        self.configure()
        self.start()

    def _initialize(self) -> None:
        global _initialized  # noqa: PLW0603 - for all servers of the process
        if _initialized is None or not _initialized.exists():
            _initialized = self.folder / "initialized"
            self.run(
                "initdb",
                *("-D", _initialized, "-U", ADMINISTRATOR, "-A", "trust", "-E", "UTF8", "--locale=C"),
                # Small segments, so that a server takes little space and time to create.
                *("--wal-segsize=1", "--no-sync", "--no-instructions"),
            )
        subprocess.run(["cp", "-a", _initialized, self.data], check=True)

    def configure(self, **settings: str) -> None:
        """Write the configuration, with these changes; it counts from the next start or `reload`."""
        self.settings.update(settings)
        lines = [f"{name} = '{value}'\n" for name, value in self.settings.items()]
        # postgresql.auto.conf counts more; pg_basebackup writes into it which server the standby follows.
        (self.data / "postgresql.conf").write_text("".join(lines))

    def run(self, program: str, *arguments: str | Path) -> str:
        """The output of one of PostgreSQL's programs, run as the user of the server."""
        done = subprocess.run(
            [self._programs / program, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            **self._as_ordinary_user,
        )
        assert done.returncode == 0, f"{program}: {done.stderr}{done.stdout}"
        return done.stdout

    @property
    def _as_ordinary_user(self) -> dict[str, Any]:
        if self._user is None:
            return {}
        return {"user": self._user, "group": pwd.getpwnam(self._user).pw_gid, "extra_groups": []}

    # Its process

    def start(self) -> None:
        """Start the server, and wait until it accepts connections."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self.data],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._as_ordinary_user,
            )
        import psycopg  # noqa: PLC0415 - only a process with a server needs it

        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with closing(psycopg.connect(self.conninfo())) as connection:
                    self._version = connection.info.server_version
            except psycopg.OperationalError:
                assert self._process.poll() is None, self.log.read_text()
                assert time.monotonic() < end, self.log.read_text()
                time.sleep(0.02)
            else:
                return

    def reload(self) -> None:
        """Let the server read its configuration again."""
        self._signal(signal.SIGHUP)

    def shut_down(self) -> None:
        """End the server, with its connections; `start` starts it again."""
        self._forget_connection()
        if self._process is not None:
            self._signal(signal.SIGINT)
            self._process.wait(PATIENCE_SECONDS)
            self._process = None

    def kill(self) -> None:
        """Kill all processes of the server at once; `start` starts it again."""
        self._forget_connection()
        assert self._process is not None
        # Stopped first, so that it starts no other process meanwhile.
        self._signal(signal.SIGSTOP)
        killed = self.processes()
        for process in killed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._process.wait(PATIENCE_SECONDS)
        end = time.monotonic() + PATIENCE_SECONDS
        while any(map(is_alive, killed)):
            assert time.monotonic() < end
            time.sleep(0.01)
        self._process = None

    def freeze(self) -> None:
        """Stop all processes of the server, as if its network had failed; `thaw` lets them go on."""
        self._signal(signal.SIGSTOP)
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let all processes of the server go on."""
        for process in self.processes():
            # A process that was going to end when it was stopped does so now.
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def processes(self) -> list[int]:
        """The ids of all processes of the server, its main one first."""
        assert self._process is not None
        main = self._process.pid
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        return [main, *map(int, children)]

    def stop(self) -> None:
        """End the server and remove its data."""
        self.shut_down()
        shutil.rmtree(self.folder, ignore_errors=True)
        assert self._guard.stdin is not None
        self._guard.stdin.close()
        self._guard.wait(PATIENCE_SECONDS)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)

    # Its databases

    def url(self, database: str = ADMINISTRATOR, user: str = ADMINISTRATOR, **query: str) -> str:
        """The URL of a database of the server, for SQLAlchemy."""
        if self._has_port:
            place: dict[str, Any] = {"host": "127.0.0.1", "port": self.port}
        else:
            place, query = {}, {"host": str(self.folder), **query}
        made = URL.create("postgresql+psycopg", user, database=database, query=query, **place)
        return made.render_as_string(hide_password=False)

    def conninfo(self, database: str = ADMINISTRATOR, user: str = ADMINISTRATOR) -> str:
        """The same place, for psycopg and PostgreSQL's programs."""
        host = "127.0.0.1" if self._has_port else self.folder
        return f"host={host} port={self.port} dbname={database} user={user}"

    def execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a statement of the administrator, by itself, in the database `postgres`."""
        with self._administration:
            if self._connection is None:
                import psycopg  # noqa: PLC0415 - only a process with a server needs it

                self._connection = psycopg.connect(self.conninfo(), autocommit=True)
            cursor = self._connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description is not None else []

    def new_database(self, template: str = "template0") -> str:
        """The name of a new database, which is a copy of the template."""
        name = f"wallet_{next(self._numbers)}"
        # Half as much work as by way of the log; before version 15 there is no other.
        strategy = "STRATEGY FILE_COPY" if self._version >= 150_000 else ""
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} {strategy}")
        return name

    def drop_database(self, name: str) -> None:
        """Remove the database; connections to it end."""
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _forget_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def is_alive(process: int) -> bool:
    """Whether the process does anything: one that has ended, but was not waited for, does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@contextlib.contextmanager
def running_postgresql(
    settings: Mapping[str, str] = QUICK,
    *,
    has_port: bool = False,
    standby_of: PostgresqlServer | None = None,
    within: Path | None = None,
) -> Iterator[PostgresqlServer]:
    """A server that is stopped and removed at the end."""
    server = PostgresqlServer(settings, has_port=has_port, standby_of=standby_of, within=within)
    try:
        yield server
    finally:
        server.stop()
