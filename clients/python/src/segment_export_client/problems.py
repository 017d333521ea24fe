"""What the service says when it does not do what it was asked (RFC 9457)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from .generated.models.problem import Problem

T = TypeVar("T")


@dataclass(frozen=True)
class InputError:
    """What is wrong with the input, with the JSON pointer of its place."""

    pointer: str
    code: str
    message: str


class ProblemError(Exception):
    """A call that was refused or that failed. Branch on ``error_code``; the text is for people."""

    def __init__(self, status: int, problem: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        super().__init__(problem.get("detail", f"The answer was {status}, without a problem that can be read."))
        self.status = status
        self.problem = problem
        """The whole answer, with what only some problems have, such as ``dependants``; empty if a gateway answered."""
        self.headers = headers

    @property
    def error_code(self) -> str | None:
        """Stable, such as ``connectionInUse``."""
        return self.problem.get("errorCode")

    @property
    def errors(self) -> list[InputError]:
        found = self.problem.get("errors") or []
        return [InputError(error["pointer"], error["code"], error["message"]) for error in found]

    @property
    def trace_id(self) -> str | None:
        """The operator finds the request by it."""
        return self.problem.get("traceId")


def raise_problem(response: httpx.Response) -> None:
    """Raises a ``ProblemError`` for every answer that is no success."""
    if response.is_success:
        return
    response.read()
    try:
        body = response.json()
    except ValueError:
        body = None
    is_problem = isinstance(body, dict) and "errorCode" in body
    raise ProblemError(response.status_code, body if is_problem else {}, response.headers)


def good(answer: T | Problem | None) -> T:
    """What a generated function answers, without what a service that raises problems never answers."""
    if answer is None or isinstance(answer, Problem):
        raise TypeError("The answer is empty, or the function was called with another client than that of a service.")
    return answer
