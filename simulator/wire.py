"""
Stage: bytes into a request, an answer into bytes.

In: a stream. Out: `Request`; bytes.
Rule of this file: HTTP/1.1 only, no meaning; one answer is one write.
"""

import asyncio
import gzip
import zlib
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from simulator import values
from simulator.call import Reply, Request

LARGEST_HEAD, LARGEST_BODY = 65_536, 200 * 1024 * 1024
_WORTH_PACKING = 1_400
_PACKING_WINDOW = 16 + zlib.MAX_WBITS


class Broken(Exception):
    """What came is no HTTP request."""


async def read(stream: asyncio.StreamReader) -> Request | None:
    """Return the next request of the connection; None where the client has closed it. Raises `Broken`."""
    try:
        head = await stream.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except asyncio.LimitOverrunError as error:
        raise Broken("the head of the request is too large") from error
    lines = head.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3:
        raise Broken("the request line is not one")
    headers: dict[str, str] = {}
    for line in lines[1:-2]:
        name, colon, value = line.partition(":")
        if not colon:
            raise Broken("a header has no colon")
        headers[name.strip().lower()] = value.strip()
    body = await _body(stream, headers)
    # What begins with two slashes would be read as a host.
    whole = "/" + parts[1].lstrip("/") if parts[1].startswith("//") else parts[1]
    target = urlsplit(whole)
    query = dict(parse_qsl(target.query, keep_blank_values=True))
    return Request(parts[0], target.path, query, headers, body, whole)


async def _body(stream: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = await _chunks(stream)
    else:
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            raise Broken("the content length is not one")
        try:
            body = await stream.readexactly(int(length)) if length != "0" else b""
        except asyncio.IncompleteReadError as error:
            raise Broken("the body is shorter than it says") from error
    packing = headers.get("content-encoding", "").lower()
    if packing in ("gzip", "deflate") and body:
        try:
            return zlib.decompress(body, _PACKING_WINDOW if packing == "gzip" else zlib.MAX_WBITS)
        except zlib.error as error:
            raise Broken("the body is not packed as it says") from error
    return body


async def _chunks(stream: asyncio.StreamReader) -> bytes:
    found = bytearray()
    try:
        while True:
            size = int((await stream.readuntil(b"\r\n")).split(b";")[0], 16)
            found += (await stream.readexactly(size + 2))[:-2] if size else b""
            if not size:
                while (await stream.readuntil(b"\r\n")) != b"\r\n":
                    continue
                return bytes(found)
    except (ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise Broken("the body is not chunked as it says") from error


def reply_bytes(reply: Reply, *, packed: bool, close: bool, head_only: bool = False) -> bytes:
    """Return the whole answer."""
    body = b"" if reply.body is None else reply.body if isinstance(reply.body, bytes) else values.dump(reply.body)
    try:
        reason = HTTPStatus(reply.status).phrase
    except ValueError:
        reason = "Unknown"
    headers = dict(reply.headers)
    if packed and len(body) > _WORTH_PACKING:
        body = gzip.compress(body, 1)
        headers["Content-Encoding"] = "gzip"
    if reply.body is not None:
        headers["Content-Type"] = reply.type
    if reply.status not in (204, 304):
        headers["Content-Length"] = str(len(body))
    if close:
        headers["Connection"] = "close"
    head = f"HTTP/1.1 {reply.status} {reason}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return head.encode("latin-1") + b"\r\n" + (b"" if head_only or reply.status in (204, 304) else body)
