"""
Noun: the server: one event loop in a thread of its own, an API port and a control port.

In: org files. Out: `Running`, a context manager.
Rule of this file: connections and threads only; requests are answered by the gate and the control endpoint.
"""

import asyncio
import ssl
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from simulator import control, wire
from simulator.call import Reply, Request
from simulator.gate import Gate, Out
from simulator.org import Org
from simulator.orgfile import OrgFile

_START = 30.0


class Running:
    """A running simulator; leaving the block stops it. `url` is the API's address, `control_url` the control's."""

    def __init__(
        self, orgs: Sequence[OrgFile], host: str, port: int, control_port: int, tls: ssl.SSLContext | None
    ) -> None:
        if len({org_file.name for org_file in orgs}) != len(orgs) or not orgs:
            raise ValueError("the orgs of one simulator need names of their own, and there is at least one")
        self._gates = {file.name: Gate(Org(file, number)) for number, file in enumerate(orgs)}
        self._host, self._ports, self._tls = host, (port, control_port), tls
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.url = self.control_url = ""
        self._origins: dict[str, str] = {}
        self._thread = threading.Thread(target=self._run, name="simulator", daemon=True)

    def start(self) -> Self:
        """Serve. Raises OSError where a port is taken."""
        self._thread.start()
        if not self._ready.wait(_START):
            raise TimeoutError(f"the simulator has not begun to serve within {_START:.0f} s")
        if self._error is not None:
            raise self._error
        return self

    def stop(self) -> None:
        """Stop serving; open connections are dropped."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(_START)

    def org(self, name: str | None = None) -> Org:
        """Return an org: to read. Writes from another thread than the server's are for before `start`."""
        return self._gates[name].org if name else next(iter(self._gates.values())).org

    def origin(self, name: str) -> str:
        """Return the address of the port that an org has to itself: for clients that take no path in an address."""
        return self._origins[name]

    def org_url(self, name: str) -> str:
        """Return the instance address of an org."""
        return self.url if next(iter(self._gates)) == name else f"{self.url}/{name}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except OSError as error:
            self._error = error
        finally:
            self._ready.set()
            self._loop.close()

    async def _serve(self) -> None:
        api = await asyncio.start_server(self._api, self._host, self._ports[0], ssl=self._tls, limit=wire.LARGEST_HEAD)
        ctl = await asyncio.start_server(self._control, self._host, self._ports[1], limit=wire.LARGEST_HEAD)
        scheme = "https" if self._tls else "http"
        self.url = f"{scheme}://{self._host}:{api.sockets[0].getsockname()[1]}"
        self.control_url = f"http://{self._host}:{ctl.sockets[0].getsockname()[1]}"
        own = [await self._own_port(name, gate, scheme) for name, gate in self._gates.items()]
        self._ready.set()
        await self._stop.wait()
        for server in own:
            server.close()
        api.close()
        ctl.close()
        waiting = [*self._open, *(task for gate in self._gates.values() for task in gate.late)]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    async def _own_port(self, name: str, gate: Gate, scheme: str) -> asyncio.Server:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._connection(reader, writer, api=True, gate=gate)

        server = await asyncio.start_server(
            connected, self._host, gate.org.file.port, ssl=self._tls, limit=wire.LARGEST_HEAD
        )
        self._origins[name] = f"{scheme}://{self._host}:{server.sockets[0].getsockname()[1]}"
        return server

    async def _api(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._connection(reader, writer, api=True)

    async def _control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._connection(reader, writer, api=False)

    async def _connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, api: bool, gate: Gate | None = None
    ) -> None:
        """Answer one request after the other. asyncio sets TCP_NODELAY by itself."""
        task = asyncio.current_task()
        if task is not None:
            self._open.add(task)
            task.add_done_callback(self._open.discard)
        try:
            while (request := await wire.read(reader)) is not None:
                out = await self._gate(request, gate) if api else self._controlled(request)
                if out.data:
                    writer.write(out.data)
                if out.drop:
                    if out.data:
                        await writer.drain()
                        writer.close()
                    else:
                        writer.transport.abort()
                    return
                await writer.drain()
                if request.headers.get("connection", "").lower() == "close":
                    break
        except wire.Broken as error:
            writer.write(wire.reply_bytes(Reply(400, [{"errorCode": "BAD_REQUEST", "message": str(error)}]),
                                          packed=False, close=True))  # fmt: skip
        except (ConnectionError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            writer.close()

    async def _gate(self, request: Request, own: Gate | None) -> Out:
        gate, prefix = (own, "") if own is not None else self._of(request)
        # Clients that join an address and a path send two slashes, and an org takes them as one.
        request.path = "/" + request.path[len(prefix) :].lstrip("/")
        request.target = "/" + request.target[len(prefix) :].lstrip("/")
        scheme = "https" if self._tls else "http"
        host = request.headers.get("host") or self.url.partition("//")[2]
        return await gate.handle(request, f"{scheme}://{host}{prefix}")

    def _of(self, request: Request) -> tuple[Gate, str]:
        """Return the org that the path's first part or the host's first label names; else the first."""
        first = request.path.split("/", 2)[1] if request.path.startswith("/") else ""
        if first in self._gates:
            return self._gates[first], f"/{first}"
        label = request.headers.get("host", "").partition(".")[0]
        return self._gates.get(label) or next(iter(self._gates.values())), ""

    def _controlled(self, request: Request) -> Out:
        reply = control.handle({name: gate.org for name, gate in self._gates.items()}, request)
        return Out(wire.reply_bytes(reply, packed=False, close=request.headers.get("connection") == "close"))


def serve(
    orgs: Sequence[OrgFile] = (),
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    control_port: int = 0,
    tls: ssl.SSLContext | None = None,
) -> Running:
    """Return a simulator of *orgs* (none: the default org), to be started by `with`; port 0: a free one."""
    return Running(list(orgs) or [OrgFile()], host, port, control_port, tls)
