"""Uploads of members as a stream, with the content type of what they are."""

import gzip as gzip_module
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Literal
from urllib.parse import quote

import httpx

from .generated.models.segment_view import SegmentView
from .service import Service

Members = str | bytes | BinaryIO | Iterable[bytes]
"""Members as they are sent. A text is sent in UTF-8; only texts and bytes are sent again after 429 or 503."""

_CONTENT_TYPES = {
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
_CHUNK_BYTES = 1 << 16
_SECONDS_MOST = 3600.0


def upload_members(
    service: Service,
    name: str,
    members: Members,
    *,
    format: Literal["csv", "ndjson", "parquet"],
    gzip: Literal["compress", "compressed"] | None = None,
    if_match: str | None = None,
    **query: str | bool,
) -> SegmentView:
    """Replaces all members of a segment.

    ``gzip="compress"`` compresses the members on their way, ``"compressed"`` says that they are. ``if_match`` is the
    ``ETag`` of the segment that is to be changed. ``query`` is what the document names: ``allowEmpty``, ``delimiter``,
    ``header`` and ``charset``.
    """
    headers = {"Content-Type": _CONTENT_TYPES[format]}
    if gzip is not None:
        headers["Content-Encoding"] = "gzip"
    if if_match is not None:
        headers["If-Match"] = if_match
    content = members.encode() if isinstance(members, str) else members
    response = service.http.put(
        service.address(f"/segments/{quote(name, safe='')}/members"),
        params=query,
        headers=headers,
        content=_compressed(content) if gzip == "compress" else content,
        timeout=httpx.Timeout(_SECONDS_MOST, connect=60.0),
    )
    return SegmentView.from_dict(response.json())


def _compressed(members: bytes | BinaryIO | Iterable[bytes]) -> bytes | Iterator[bytes]:
    """What can be sent again stays so."""
    return gzip_module.compress(members) if isinstance(members, bytes) else _deflated(members)


def _deflated(members: BinaryIO | Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    for chunk in _chunks(members):
        yield packer.compress(chunk)
    yield packer.flush()


def _chunks(members: BinaryIO | Iterable[bytes]) -> Iterator[bytes]:
    read = getattr(members, "read", None)
    return iter(lambda: read(_CHUNK_BYTES), b"") if read is not None else iter(members)
