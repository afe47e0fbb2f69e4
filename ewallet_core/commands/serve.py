"""How whoever started a server tells it to stop, and hears that it is ready."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ewallet_core.commands.options import chosen_folder, data_folder_option

if TYPE_CHECKING:
    import ssl

    from ewallet_core.manager import EWalletSessionManager
    from ewallet_core.server.settings import Settings


STOPPING = (signal.SIGTERM, signal.SIGINT)


@contextlib.contextmanager
def told_to_stop() -> Iterator[Callable[[], None]]:
    """Hold the signals to stop back, for every thread that begins within, until they are waited for.

    To be entered by the main thread, before others begin; it is given what waits.
    """
    # A handler could come in between any two lines; a signal that is waited for can't, and a second one finds
    # nobody to disturb.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)

    def wait() -> None:
        signal.sigwait(STOPPING)
        for each in STOPPING:
            signal.signal(each, signal.SIG_IGN)

    try:
        yield wait
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def tell_supervisor(state: str) -> None:
    """Tell systemd, such as `READY=1`, where it is that has started this process and listens for it."""
    place = os.environ.get("NOTIFY_SOCKET")
    if not place:
        return
    # Whoever set the variable for another process hears nothing, and that is no reason not to serve.
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified, contextlib.suppress(OSError):
        notified.connect(f"\0{place[1:]}" if place.startswith("@") else place)
        notified.send(state.encode())


COULD_NOT = 1
NOT_LIKE_THAT = 2

_PORT = click.IntRange(0, 65_535)


class ServeError(Exception):
    """What keeps the server from listening, in words."""


@click.command()
@data_folder_option
@click.option(
    "--config", type=click.Path(path_type=Path), metavar="FILE", help="Settings in TOML; options win."
)
@click.option("--host", metavar="HOST", help="Where to listen; otherwise 127.0.0.1.")
@click.option(
    "--in-port", type=_PORT, help="Where instructions come in; otherwise 8080, and 0 is any free one."
)
@click.option("--out-port", type=_PORT, help="Where events go out; otherwise 8081, and 0 is any free one.")
@click.option("--database", metavar="URL", help="The database's URL, instead of a folder.")
@click.option("--tls-cert", metavar="FILE", help="A certificate, and those up to its CA, in PEM form.")
@click.option("--tls-key", metavar="FILE", help="The certificate's private key, in PEM form.")
@click.option(
    "--self-signed/--no-self-signed", default=None, help="Make a certificate, and keep it in the data folder."
)
@click.option("--insecure/--no-insecure", default=None, help="Serve others in the clear all the same.")
@click.option(
    "--self-supply/--no-self-supply", default=None, help="Let users supply themselves with credits."
)
@click.pass_context
def serve(ctx: click.Context, /, config: Path | None, data_dir: Path | None, **options: Any) -> None:
    """Serve the wallets to whoever connects, until SIGTERM or SIGINT.

    Says in one line where it listens, once it does. Exits 0 when it was told to stop, 1 when it could not
    serve, 2 when what was asked for can't be.
    """
    # Imported here, so that asking for the list of commands does not load the engine.
    from ewallet_core.server.settings import Settings, SettingsUnusableError  # noqa: PLC0415

    try:
        settings = (Settings() if config is None else Settings.read(config)).with_chosen(options)
    except SettingsUnusableError as reason:
        click.echo(reason, err=True)
        ctx.exit(NOT_LIKE_THAT)
    try:
        _serve(settings, chosen_folder(ctx, data_dir))
    except ServeError as reason:
        click.echo(reason, err=True)
        ctx.exit(COULD_NOT)


def _serve(settings: Settings, folder: Path | None) -> None:
    from ewallet_core.server.listener import take_all_descriptors  # noqa: PLC0415
    from ewallet_core.server.socket_listener import SocketListener  # noqa: PLC0415

    # merged

    take_all_descriptors()
    with told_to_stop() as wait_until_told, _log_on_stderr():
        tls, how = _secured(settings, folder)
        with _engine(settings, folder) as engine:
            listener = SocketListener(
                engine, host=settings.host, tls=tls, insecure=settings.insecure, limits=settings.limits
            )
            engine.listen_through(listener)
            try:
                _say(settings.host, _opened(engine, settings), how)
                tell_supervisor("READY=1")
                wait_until_told()
                tell_supervisor("STOPPING=1")
            finally:
                listener.stop()


@contextmanager
def _log_on_stderr() -> Iterator[None]:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


def _secured(settings: Settings, folder: Path | None) -> tuple[ssl.SSLContext | None, str]:
    """How connections are encrypted, if they are, and that in words."""
    if not settings.is_tls:
        return None, "in the clear"
    from ewallet_core.data_folder import data_folder  # noqa: PLC0415
    from ewallet_core.server.certificates import (  # noqa: PLC0415
        CertificateUnusableError,
        fingerprint_in,
        self_signed,
        server_context,
    )

    now = datetime.now(UTC)
    try:
        certificate, key = settings.given_certificate or self_signed(data_folder(folder), settings.host, now)
        context = server_context(certificate, key, now)
        return context, f"with TLS and the certificate {fingerprint_in(certificate)}"
    except CertificateUnusableError as reason:
        raise ServeError(str(reason)) from reason
    except OSError as reason:
        raise _folder_unusable(reason) from reason


@contextmanager
def _engine(settings: Settings, folder: Path | None) -> Iterator[EWalletSessionManager]:
    from ewallet_core.data_folder import data_folder, database_url  # noqa: PLC0415
    from ewallet_core.errors.server import StorageUnavailableError  # noqa: PLC0415
    from ewallet_core.manager import EWalletSessionManager  # noqa: PLC0415
    from ewallet_core.operations.context import EngineConfig  # noqa: PLC0415

    try:
        url = settings.database or database_url(data_folder(folder))
        engine = EWalletSessionManager(url, config=EngineConfig(self_supply=settings.self_supply))
    except StorageUnavailableError as error:
        raise ServeError(f"{error.error} {error.warning}") from error
    except OSError as reason:
        raise _folder_unusable(reason) from reason
    with engine:
        yield engine


def _folder_unusable(reason: OSError) -> ServeError:
    return ServeError(f"The data folder can't be used: {str(reason.strerror).lower()}: {reason.filename}.")


def _opened(engine: EWalletSessionManager, settings: Settings) -> tuple[int, int]:
    _ask(engine, action="start", start="cleaner", cleaner="all")
    _ask(engine, action="start", start="instruction_listener")
    ports = {"in_port": settings.in_port, "out_port": settings.out_port}
    opened = _ask(engine, action="open", opening="sockets", **ports)
    return opened["in_port"], opened["out_port"]


def _ask(engine: EWalletSessionManager, **instruction: Any) -> dict[str, Any]:
    answer = engine.session_manager_controller(controller="system", ctype="action", **instruction)
    if answer["failed"]:
        raise ServeError(f"{answer['error']} {answer['warning']}")
    return answer


def _say(host: str, ports: tuple[int, int], how: str) -> None:
    from ewallet_core.protocol.address import format_host_port  # noqa: PLC0415

    in_place, out_place = (format_host_port(host, port) for port in ports)
    click.echo(f"Ready: instructions on {in_place}, events on {out_place}, {how}.")
