"""
Stage: one request with the faults and the pace of its org.

In: a request. Out: bytes to send, or the order to drop the connection.
Rule of this file: faults are done here and nowhere else; a request is applied at most once.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from simulator import auth, router, soap, values, wire, work
from simulator.call import Call, Reply, Request
from simulator.errors import ApiError
from simulator.faults import Fault
from simulator.org import Org

_HTML = b"<html><head><title>Salesforce</title></head><body>We are down for maintenance.</body></html>"
_UNEXPECTED = "An unexpected error occurred. Please include this ErrorId if you contact support"
_FOREVER = 3600.0
_ERRORS: dict[str, tuple[int, str, str]] = {
    "expire_session": (401, "INVALID_SESSION_ID", "Session expired or invalid"),
    "limit": (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    "retired": (410, "GONE", "The requested resource has been retired or removed."),
    "maintenance": (503, "SERVER_UNAVAILABLE", "Server Too Busy"),
}
_BEFORE = ("status", "reset_before", "html200", "hang", "late_apply", "login", "redirect", *_ERRORS)


@dataclass(frozen=True, slots=True)
class Out:
    """What goes onto the wire: *data*; *drop*: the connection is reset after it."""

    data: bytes
    drop: bool = False


class Gate:
    """Handles the requests of one org."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self._seats: asyncio.Semaphore | None = None
        self._seat_count = 0
        self.late: set[asyncio.Task[None]] = set()

    async def handle(self, request: Request, origin: str) -> Out:
        """Answer one request."""
        org = self.org
        org.seq += 1
        seq = org.seq
        fault = org.faults.strike(request.method, request.target, request.body)
        entry: dict[str, Any] = {"seq": seq, "time": org.now(), "method": request.method, "path": request.target,
                                 "fault": fault.action if fault else None, "status": None}  # fmt: skip
        request.fault = fault if fault is not None and fault.action in ("rows", "sub") else None
        org.log.append(entry)
        request.crowded = org.crowded()  # judged when it comes, not when its time is over
        org.running[seq] = org.now()
        seat = self._seat()
        try:
            if seat is not None:
                async with seat:
                    return await self._answer(request, origin, fault, entry)
            return await self._answer(request, origin, fault, entry)
        finally:
            org.running.pop(seq, None)

    def _seat(self) -> asyncio.Semaphore | None:
        """Return the semaphore of the pace, where it has one."""
        count = self.org.pace.in_flight
        if count != self._seat_count:
            self._seats, self._seat_count = (asyncio.Semaphore(count) if count else None), count
        return self._seats

    async def _answer(self, request: Request, origin: str, fault: Fault | None, entry: dict[str, Any]) -> Out:
        if fault is not None and fault.action in _BEFORE:
            return await self._instead(request, origin, fault, entry)
        if fault is not None and fault.action == "delay" and fault.params.get("before"):
            await asyncio.sleep(fault.number("seconds", 1.0))
        spent = await self._work(request)
        written_at = self.org.now()
        if fault is not None and fault.action == "late_commit":
            await asyncio.sleep(fault.number("seconds", 1.0))
        lock = str(fault.params.get("id", "*")) if fault is not None and fault.action == "lock" else None
        reply, call = self._apply(request, origin, entry, lock, written_at)
        seconds = max(0.0, self.org.pace.seconds(call.written if call else 0) - spent)
        if fault is not None and fault.action == "delay" and not fault.params.get("before"):
            seconds += fault.number("seconds", 1.0)
        if fault is not None and fault.action == "slow_by_record":
            seconds += fault.number("seconds", 0.1) * (call.written if call else 0)
        if seconds > 0:
            await asyncio.sleep(seconds)
        if fault is not None and fault.action == "reset_after":
            return Out(b"", drop=True)
        if fault is not None and fault.action == "charset":
            reply = _recoded(reply, str(fault.params.get("charset", "utf-16")))
        data = _bytes(self.org, request, reply)
        if fault is not None and fault.action == "cut_body":
            head = data.index(b"\r\n\r\n") + 4
            return Out(data[: head + (len(data) - head) // 2], drop=True)
        return Out(data)

    async def _work(self, request: Request) -> float:
        """Let the time of the request pass before its effects show; return the seconds spent so."""
        if not self.org.file.effects_at_end or request.crowded:
            return 0.0
        pace = self.org.pace
        seconds = pace.seconds(work.expected(request) if pace.record else 0)
        if seconds > 0:
            await asyncio.sleep(seconds)
        return seconds

    def _apply(
        self,
        request: Request,
        origin: str,
        entry: dict[str, Any],
        lock: str | None = None,
        written_at: datetime | None = None,
    ) -> tuple[Reply, Call | None]:
        """Apply a request as one that was written at that time (None: now)."""
        self.org.written_at = written_at
        try:
            reply, call = router.answer(self.org, request, origin, entry["seq"], lock)
        finally:
            self.org.written_at = None
        entry["status"] = reply.status
        if call is not None:
            entry.update(user=call.user.username, subrequests=call.subs, written=call.written)
        return reply, call

    async def _instead(self, request: Request, origin: str, fault: Fault, entry: dict[str, Any]) -> Out:
        """Do a fault that comes in place of the answer."""
        action = fault.action
        if action == "reset_before":
            return Out(b"", drop=True)
        if action == "hang":
            await asyncio.sleep(fault.number("seconds", _FOREVER))
            return Out(b"", drop=True)
        if action == "late_apply":
            task = asyncio.create_task(self._later(request, origin, entry, fault.number("seconds", 1.0)))
            self.late.add(task)
            task.add_done_callback(self.late.discard)
            return Out(b"", drop=True)
        if action == "html200":
            reply = Reply(200, _HTML, type="text/html;charset=UTF-8")
        elif action == "login":
            error, text = auth.REFUSALS[str(fault.params.get("error", "blocked"))]
            reply = Reply(400, {"error": error, "error_description": text})
        elif action == "redirect":
            reply = Reply(302, "", {"Location": str(fault.params.get("location", "https://moved.example.com/"))})
        elif action == "status":
            code, text = fault.params.get("code", "UNKNOWN_EXCEPTION"), fault.params.get("message", _UNEXPECTED)
            status = int(fault.number("status", 500))
            if fault.params.get("applied"):
                self._apply(request, origin, entry)
            if _is_soap(request) and "body" not in fault.params:
                reply = soap.fault(ApiError(str(code), str(text), status=status))
            else:
                body = fault.params.get("body", [{"errorCode": code, "message": text}])
                reply = Reply(status, body, dict(fault.params.get("headers", {})))
        else:
            reply = self._error(request, action)
        entry["status"] = reply.status
        return Out(_bytes(self.org, request, reply))

    def _error(self, request: Request, action: str) -> Reply:
        status, code, message = _ERRORS[action]
        if action == "expire_session":
            self.org.tokens.pop(request.headers.get("authorization", "").partition(" ")[2], None)
        headers = {}
        if action == "limit":
            headers["Sforce-Limit-Info"] = f"api-usage={self.org.limit}/{self.org.limit}"
        error = ApiError(code, message, status=status)
        reply = soap.fault(error) if _is_soap(request) else Reply(status, error.single())
        reply.headers.update(headers)
        return reply

    async def _later(self, request: Request, origin: str, entry: dict[str, Any], seconds: float) -> None:
        """Apply a request whose client has gone."""
        await asyncio.sleep(seconds)
        self._apply(request, origin, entry)
        entry["applied"] = self.org.now()


def _bytes(org: Org, request: Request, reply: Reply) -> bytes:
    # HTTP's own Date, by the org's clock.
    reply.headers.setdefault("Date", format_datetime(org.now().replace(microsecond=0), usegmt=True))
    packed = "gzip" in request.headers.get("accept-encoding", "")
    close = request.headers.get("connection", "").lower() == "close"
    return wire.reply_bytes(reply, packed=packed, close=close, head_only=request.method == "HEAD")


def _is_soap(request: Request) -> bool:
    return request.path.startswith("/services/Soap/")


def _recoded(reply: Reply, charset: str) -> Reply:
    """Return the answer in another charset than it says."""
    data = reply.body if isinstance(reply.body, bytes) else values.dump(reply.body)
    return Reply(reply.status, data.decode("utf-8").encode(charset, "replace"), reply.headers, reply.type)
