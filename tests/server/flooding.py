"""Connections that send anything and end anyhow, and what is left of them in a server."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import random
import resource
import socket
import threading
from pathlib import Path

from engine_server import EngineServer
from socket_wire import LOOPBACK, RESET


async def floods(port: int, sent: bytes, chance: random.Random) -> None:
    """Send the bytes in pieces, read all answers, and close the connection in a random way."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)

    async def read_all() -> None:
        with contextlib.suppress(OSError):
            while await reader.read(65_536):
                pass

    reading = asyncio.create_task(read_all())
    with contextlib.suppress(OSError):
        size = chance.choice([700, 20_000, len(sent)])
        for start in range(0, len(sent), size):
            writer.write(sent[start : start + size])
            await writer.drain()
        match chance.randrange(3):
            case 0:
                connected = writer.get_extra_info("socket")
                connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            case 1:
                writer.write_eof()
                await reading
    writer.close()
    await reading
    with contextlib.suppress(OSError):
        await writer.wait_closed()


class Residue:
    """The resources of a server at one time, which traffic must not increase."""

    def __init__(self, server: EngineServer) -> None:
        server.wait_for_connections(left=1)
        gc.collect()
        tasks = asyncio.run_coroutine_threadsafe(count_tasks(), server.loop).result()
        executor = ("ewallet-views", "ewallet-long", "ewallet-events", "ewallet-passwords")
        names = [thread.name for thread in threading.enumerate() if not thread.name.startswith(executor)]
        self.counted = (tasks, sorted(names), open_sockets())
        self.objects = len(gc.get_objects())
        return_free_memory()
        self.bytes = resident_bytes()


async def count_tasks() -> int:
    return len(asyncio.all_tasks())


def open_sockets() -> int:
    """The number of open sockets of this process, if the system reports it."""
    path = Path("/proc/self/fd")
    opened = [file.readlink() for file in path.iterdir() if file.is_symlink()] if path.exists() else []
    return sum(str(file).startswith("socket:") for file in opened)


def return_free_memory() -> None:
    """Let the C library give back to the system what it keeps for later, if it can: it is not in use."""
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def resident_bytes() -> int:
    """The resident memory of this process, if the system reports it."""
    path = Path("/proc/self/statm")
    return int(path.read_text().split()[1]) * resource.getpagesize() if path.exists() else 0
