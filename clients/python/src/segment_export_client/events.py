"""Follows a run by its stream of events, across restarts of the service and renewals of the token."""

import json
import time
from collections.abc import Callable, Iterator
from uuid import UUID

import httpx

from .generated.models.run_view import RunView
from .problems import ProblemError
from .service import Service

_PAUSE_FIRST = 1.0
_PAUSE_MOST = 30.0
# The service says something every 15 seconds.
_SILENCE_MOST = 60.0


def run_changes(service: Service, run_id: UUID | str, *, seconds: float | None = None) -> Iterator[RunView]:
    """The run at each of its changes, up to its end.

    After ``seconds`` it raises ``TimeoutError``; while nothing changes, it looks at the clock every 15 seconds.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    seen: str | None = None
    pause = _PAUSE_FIRST
    while True:
        try:
            for name, event_id, data in _events(service, run_id, seen, deadline):
                seen, pause = event_id or seen, _PAUSE_FIRST
                if name == "run":
                    yield RunView.from_dict(json.loads(data))
                if name == "end":
                    return
        except httpx.TransportError:
            pass
        except ProblemError as problem:
            if problem.status != 429 and problem.status < 500:
                raise
        _check(deadline)
        time.sleep(pause)
        pause = min(pause * 2, _PAUSE_MOST)


def wait_for_run(
    service: Service,
    run_id: UUID | str,
    *,
    seconds: float | None = None,
    on_change: Callable[[RunView], None] | None = None,
) -> RunView:
    """Waits until a run has ended, for so many seconds at most. While it waits for an approval, it has not ended."""
    last: RunView | None = None
    for last in run_changes(service, run_id, seconds=seconds):
        if on_change is not None:
            on_change(last)
    if last is None:
        raise RuntimeError("The stream ended before it said what the run is.")
    return last


def _check(deadline: float | None) -> None:
    if deadline is not None and time.monotonic() > deadline:
        raise TimeoutError("The run has not ended in this time. It runs on: follow it again, or cancel it.")


def _events(
    service: Service, run_id: UUID | str, seen: str | None, deadline: float | None
) -> Iterator[tuple[str | None, str | None, str]]:
    """Name, id and data of each event of one connection."""
    headers = {"Accept": "text/event-stream"} | ({} if seen is None else {"Last-Event-ID": seen})
    address = service.address(f"/runs/{run_id}/events")
    with service.http.stream("GET", address, headers=headers, timeout=_SILENCE_MOST) as response:
        fields: dict[str, str] = {}
        for line in response.iter_lines():
            _check(deadline)
            name, found, value = line.partition(": ")
            if found:
                fields[name] = value
            elif not line:
                yield fields.get("event"), fields.get("id"), fields.get("data", "")
                fields = {}
