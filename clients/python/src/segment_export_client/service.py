"""One instance of a service: what every call needs, once."""

from types import TracebackType
from uuid import UUID

import httpx

from ._calls import Patience, Token
from .generated.client import AuthenticatedClient
from .problems import raise_problem


class Service:
    """An instance of a service. Its calls raise ``ProblemError`` when they are refused.

    The generated functions want its ``instance_id`` and its ``client``. ``language``, such as ``lv``, is for texts for
    people; ``repeats`` is how often a call is repeated; ``timeout`` is in seconds.
    """

    def __init__(
        self,
        url: str,
        instance_id: UUID | str,
        token: Token,
        *,
        language: str | None = None,
        repeats: int = 4,
        timeout: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        patience = Patience(transport or httpx.HTTPTransport(), token, language, repeats)
        self.instance_id = UUID(str(instance_id))
        self.client = AuthenticatedClient(
            base_url=url.rstrip("/"),
            token="",  # Each attempt gets its own.
            timeout=httpx.Timeout(timeout),
            httpx_args={"transport": patience, "event_hooks": {"response": [raise_problem]}},
        )

    @property
    def http(self) -> httpx.Client:
        """For calls that no function makes, such as downloads: ``service.http.stream("GET", service.address(…))``."""
        return self.client.get_httpx_client()

    def address(self, path: str) -> str:
        """The address below the instance, such as ``/runs``."""
        return f"/v1/instances/{self.instance_id}{path}"

    def close(self) -> None:
        """Closes its connections."""
        self.http.close()

    def __enter__(self) -> "Service":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
