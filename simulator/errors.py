"""
Noun: a refusal by the org.

In: code, message, fields, HTTP status. Out: the body in the three shapes that an org uses.
Rule of this file: REST says `errorCode`, collections say `statusCode`; both are made here.
Source: fact sheet A5.
"""

from collections.abc import Mapping, Sequence
from typing import Any


class ApiError(Exception):
    """A refusal: *code* as the org names it, *message* as it writes it, *status* of the single request."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 400,
        fields: Sequence[str] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status
        self.fields = list(fields)
        self.extra = dict(extra or {})

    def single(self) -> list[dict[str, Any]]:
        """Return the body of a single request's refusal."""
        body: dict[str, Any] = {**self.extra, "message": self.message, "errorCode": self.code}
        if self.fields:
            body["fields"] = self.fields
        return [body]

    def row(self) -> dict[str, Any]:
        """Return the refusal of one record among many."""
        return {"statusCode": self.code, "message": self.message, "fields": self.fields}


def not_found() -> ApiError:
    """There is no such resource."""
    return ApiError("NOT_FOUND", "The requested resource does not exist", status=404)


def too_many() -> ApiError:
    """Too many long requests are under way."""
    text = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    return ApiError("REQUEST_LIMIT_EXCEEDED", text, status=403)


def not_done(feature: str) -> ApiError:
    """The simulator does not have *feature*, and says so."""
    return ApiError("NOT_IMPLEMENTED", f"The simulator does not implement {feature}.", status=501)
