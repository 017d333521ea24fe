"""Lists that come in pages, as one."""

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

from .generated.models.problem import Problem
from .generated.types import UNSET, Unset
from .problems import good

Item = TypeVar("Item")


class Page(Protocol[Item]):
    """One page of a list."""

    @property
    def items(self) -> list[Item]: ...

    @property
    def next_cursor(self) -> None | str | Unset: ...


def every_item(read: Callable[[str | Unset], Page[Item] | Problem | None]) -> Iterator[Item]:
    """Every item of a list: ``read`` reads the page of a cursor."""
    cursor: str | Unset = UNSET
    while True:
        page = good(read(cursor))
        yield from page.items
        if not isinstance(page.next_cursor, str):
            return
        cursor = page.next_cursor
