"""Sends calls: with a token, a language and an idempotency key, and again when the service asks for patience."""

import re
import time
import uuid
from collections.abc import Callable

import httpx

Token = str | Callable[[bool], str]
"""A token, or what gets one; its argument says that the service no longer accepts the last one."""

# Seconds; a call that is to wait longer is not repeated.
_WAIT_MOST = 60.0
_ACCEPTS_KEY = re.compile(r"/(channels|connections|duplicate|erasures|exports|fields|lists|refreshes|runs|verifications)$")


def accepts_key(path: str) -> bool:
    """Whether POST at this address accepts an idempotency key: only then it is safe to repeat after a failure."""
    return _ACCEPTS_KEY.search(path) is not None


class Patience(httpx.BaseTransport):
    """Prepares each call, and repeats it after 429, and after 503 with ``Retry-After``."""

    def __init__(self, inner: httpx.BaseTransport, token: Token, language: str | None, repeats: int) -> None:
        self._inner = inner
        self._token = token
        self._language = language
        self._repeats = repeats

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self._language is not None:
            request.headers["Accept-Language"] = self._language
        if request.method == "POST":
            request.headers.setdefault("Idempotency-Key", str(uuid.uuid4()))
        # What is read while it is sent is gone when it was sent.
        left = self._repeats if isinstance(request.stream, httpx.ByteStream) else 0
        refused = False
        while True:
            token = self._token(refused) if callable(self._token) else self._token
            request.headers["Authorization"] = f"Bearer {token}"
            response = self._inner.handle_request(request)
            renewable = response.status_code == 401 and callable(self._token) and not refused
            wait = 0.0 if renewable else _seconds_to_wait(request, response)
            if left <= 0 or wait is None:
                return response
            left, refused = left - 1, renewable
            response.close()
            time.sleep(wait)

    def close(self) -> None:
        self._inner.close()


def _seconds_to_wait(request: httpx.Request, response: httpx.Response) -> float | None:
    """Seconds after which to repeat the call; ``None`` when its answer counts."""
    safe = response.status_code == 429 or request.method != "POST" or accepts_key(request.url.path)
    after = response.headers.get("Retry-After", "")
    if response.status_code not in (429, 503) or not safe or not after.isdecimal():
        return None
    return float(after) if float(after) <= _WAIT_MOST else None
