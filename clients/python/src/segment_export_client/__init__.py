"""The API of segment-export: generated functions and types in ``generated``, and what no generator gives."""

from ._calls import Token
from .events import run_changes, wait_for_run
from .pages import Page, every_item
from .problems import InputError, ProblemError, good
from .service import Service
from .uploads import Members, upload_members

__all__ = [
    "InputError",
    "Members",
    "Page",
    "ProblemError",
    "Service",
    "Token",
    "every_item",
    "good",
    "run_changes",
    "upload_members",
    "wait_for_run",
]
