"""`ewallet serve`: a server in a process of its own, until a signal stops it."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import resource
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ewallet_core.backup.schedule import BackupMaker, BackupThread
from ewallet_core.backup.settings import BackupSchedule
from ewallet_core.data_folder import BACKUP_FOLDER, NoHomeError, data_folder, database_url
from ewallet_core.engine.wall_clock import system_clock
from ewallet_core.errors.server import PortUnavailableError, StorageUnavailableError
from ewallet_core.manager import EWalletSessionManager
from ewallet_core.metrics import Metrics
from ewallet_core.operations.context import EngineConfig
from ewallet_core.protocol.address import format_host_port
from ewallet_core.server.certificates import (
    CertificateError,
    create_server_context,
    ensure_self_signed,
    read_fingerprint,
)
from ewallet_core.server.log import FaultHandler, RequestLog
from ewallet_core.server.settings import Log, MetricsSettings, Settings, SettingsError
from ewallet_core.server.socket_listener import SocketListener
from ewallet_core.storage.database_url import database_file, is_postgresql, parse_url
from ewallet_core.storage.retention import DAY_MS

EXIT_FAILED = 1
EXIT_INVALID_SETTINGS = 2

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
MOST_DESCRIPTORS = 65_536
MOST_NEW_OBJECTS = 10_000
"""How many more objects there are before Python looks for cycles among them, which are rare.

A group of requests has some thousands, and they are gone when it is answered.
"""

_log = logging.getLogger(__name__)


class ServeError(Exception):
    """The server can't start; the message is for the operator."""


def run(config: Path | None, folder: Path | None, options: dict[str, Any]) -> int:
    try:
        settings = (Settings() if config is None else Settings.read(config)).with_options(options)
    except SettingsError as reason:
        click.echo(reason, err=True)
        return EXIT_INVALID_SETTINGS
    try:
        _serve(settings, folder, config)
    except ServeError as reason:
        click.echo(reason, err=True)
        return EXIT_FAILED
    return 0


def _serve(settings: Settings, folder: Path | None, config: Path | None) -> None:
    _raise_descriptor_limit()
    gc.set_threshold(MOST_NEW_OBJECTS)
    with _stop_signals_blocked() as wait_for_stop, _log_on_stderr(settings.log) as request_log:
        tls, encryption = _set_up_tls(settings, folder)
        with (
            _open_engine(settings, folder) as engine,
            _scheduled_backups(settings, folder, config),
            _metrics_port(settings.metrics, engine.dispatcher.metrics),
        ):
            listener = SocketListener(
                engine,
                host=settings.host,
                tls=tls,
                insecure=settings.insecure,
                limits=settings.limits,
                trusted_proxies=settings.proxy.trusted,
            )
            listener.request_log = request_log
            engine.listen_through(listener)
            try:
                in_port, out_port = _open_ports(engine, settings)
                in_address = format_host_port(settings.host, in_port)
                out_address = format_host_port(settings.host, out_port)
                http = _open_http_port(listener, settings)
                click.echo(
                    f"Ready: instructions on {in_address}, events on {out_address}, {http}{encryption}."
                )
                _notify_systemd("READY=1")
                wait_for_stop()
                _notify_systemd("STOPPING=1")
                engine.prepare_close()
            finally:
                listener.stop()


def _raise_descriptor_limit() -> None:
    """Let this process open as many connections as its hard limit allows, up to 65,536."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(MOST_DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


@contextmanager
def _stop_signals_blocked() -> Iterator[Callable[[], None]]:
    """Block the stop signals in this thread and those that it starts; yields the function that waits for one.

    Enter it in the main thread, before other threads start.
    """
    # A signal handler could interrupt between any two lines; sigwait can't. A second signal is ignored.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)

    def wait() -> None:
        signal.sigwait(STOP_SIGNALS)
        for each in STOP_SIGNALS:
            signal.signal(each, signal.SIG_IGN)

    try:
        yield wait
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _log_on_stderr(settings: Log) -> Iterator[RequestLog | None]:
    """Write faults to standard error; yields the log of the requests, if there is to be one."""
    stream = sys.stderr.buffer
    handler = FaultHandler(stream, settings.format)
    logging.getLogger().addHandler(handler)
    request_log = RequestLog(stream, settings.format) if settings.requests else None
    try:
        yield request_log
    finally:
        if request_log is not None:
            request_log.close()
        logging.getLogger().removeHandler(handler)
        handler.close()


def _set_up_tls(settings: Settings, folder: Path | None) -> tuple[ssl.SSLContext | None, str]:
    """The TLS context, if there is one, and a description for the ready line."""
    if not settings.is_tls:
        return None, "in the clear"
    now = datetime.now(UTC)
    try:
        certificate, key = settings.given_certificate or ensure_self_signed(
            data_folder(folder), settings.host, now
        )
        context = create_server_context(certificate, key, now)
        return context, f"with TLS and the certificate {read_fingerprint(certificate)}"
    except CertificateError as reason:
        raise ServeError(str(reason)) from reason
    except OSError as reason:
        raise _folder_error(reason) from reason


@contextmanager
def _open_engine(settings: Settings, folder: Path | None) -> Iterator[EWalletSessionManager]:
    try:
        url = settings.database or database_url(data_folder(folder))
        config = EngineConfig(
            self_supply=settings.self_supply,
            stop_in_the_past=settings.rules.stop_in_the_past,
            longest_session_ms=settings.rules.longest_session_days * DAY_MS,
            durability=settings.storage.durability,
            database_connections=settings.storage.connections,
            retention=settings.retention.as_retention(),
        )
        engine = EWalletSessionManager(url, config=config)
        if is_postgresql(url):
            _warn_of_role(url)
    except StorageUnavailableError as error:
        raise ServeError(f"{error.error} {error.warning}") from error
    except OSError as reason:
        raise _folder_error(reason) from reason
    with engine:
        yield engine


def _warn_of_role(url: str) -> None:
    # Only a server with a database at PostgreSQL needs its driver.
    from ewallet_core.storage.postgresql.migration import look_up  # noqa: PLC0415
    from ewallet_core.storage.postgresql.requirements import role_warning  # noqa: PLC0415
    from ewallet_core.storage.postgresql.url import read_target  # noqa: PLC0415

    if warning := role_warning(look_up(read_target(parse_url(url)))):
        _log.warning(warning)


@contextmanager
def _scheduled_backups(settings: Settings, folder: Path | None, config: Path | None) -> Iterator[None]:
    """Make the backups that the settings ask for, meanwhile."""
    every = settings.backup.every
    if every is None:
        yield
        return
    if settings.database is not None and is_postgresql(settings.database):
        raise ServeError(
            "The backups of a database at PostgreSQL are made by its own tools, such as pg_basebackup."
            " Remove `every` from `[backup]`."
        )
    data = data_folder(folder)
    try:
        database = database_file(settings.database or database_url(data))
    except StorageUnavailableError as error:
        raise ServeError(f"{error.error} {error.warning}") from error
    place = Path(settings.backup.folder) if settings.backup.folder else data / BACKUP_FOLDER
    schedule = BackupSchedule(every, settings.backup.keep, place)
    backups = BackupThread(BackupMaker(schedule, database, data, system_clock, config))
    try:
        yield
    finally:
        backups.close()


@contextmanager
def _metrics_port(settings: MetricsSettings, metrics: Metrics) -> Iterator[None]:
    """Show the metrics over HTTP, if a port was chosen for them."""
    if settings.port is None:
        yield
        return
    # A server without that port does not pay for HTTP.
    from ewallet_core.server.metrics_port import MetricsPort  # noqa: PLC0415

    try:
        port = MetricsPort(metrics, settings.host, settings.port)
    except PortUnavailableError as error:
        raise ServeError(f"{error.error} {error.warning}") from error
    address = format_host_port(settings.host, port.port)
    click.echo(f"Metrics on http://{address}/metrics.", err=True)
    try:
        yield
    finally:
        port.close()


def _folder_error(reason: OSError) -> ServeError:
    if isinstance(reason, NoHomeError):
        return ServeError(str(reason))
    return ServeError(f"The data folder can't be used: {str(reason.strerror).lower()}: {reason.filename}.")


def _open_ports(engine: EWalletSessionManager, settings: Settings) -> tuple[int, int]:
    _send(engine, action="start", start="cleaner", cleaner="all")
    _send(engine, action="start", start="instruction_listener")
    ports = {"in_port": settings.in_port, "out_port": settings.out_port}
    opened = _send(engine, action="open", opening="sockets", **ports)
    return opened["in_port"], opened["out_port"]


def _open_http_port(listener: SocketListener, settings: Settings) -> str:
    """Open the HTTP port if one was chosen; returns what the ready line says about it."""
    if settings.http.port is None:
        return ""
    try:
        port = listener.open_http(settings.http.port, settings.http)
    except PortUnavailableError as error:
        raise ServeError(f"{error.error} {error.warning}") from error
    scheme = "https" if settings.is_tls else "http"
    return f"HTTP on {scheme}://{format_host_port(settings.http_host, port)}, "


def _send(engine: EWalletSessionManager, **instruction: Any) -> dict[str, Any]:
    answer = engine.session_manager_controller(controller="system", ctype="action", **instruction)
    if answer["failed"]:
        raise ServeError(f"{answer['error']} {answer['warning']}")
    return answer


def _notify_systemd(state: str) -> None:
    """Send a state such as `READY=1` to systemd, if it started this process and expects that."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    # The variable may be left over from another process; then nothing listens there.
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified, contextlib.suppress(OSError):
        notified.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        notified.send(state.encode())
