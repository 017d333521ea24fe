"""Where the service of the tests is: ``clients/with-service`` sets it."""

import json
import os
from pathlib import Path
from typing import Any

from segment_export_client import Service

API_KEY = os.environ["SEGMENT_EXPORT_API_KEY"]
LIST_ID = os.environ["SEGMENT_EXPORT_LIST_ID"]
PARQUET = os.environ["SEGMENT_EXPORT_PARQUET"]
"""A Parquet file of ten members."""
URL = os.environ["SEGMENT_EXPORT_URL"]
INSTANCE = os.environ["SEGMENT_EXPORT_INSTANCE"]
TOKEN = os.environ["SEGMENT_EXPORT_TOKEN"]


def service(token: str = TOKEN) -> Service:
    return Service(URL, INSTANCE, token)


def example(operation: str) -> dict[str, Any]:
    """An answer of an operation, as the document shows it."""
    document = json.loads((Path(__file__).parents[3] / "openapi" / "openapi.json").read_text())
    operations = [said for item in document["paths"].values() for said in item.values()]
    said = next(said for said in operations if said.get("operationId") == operation)
    content = said["responses"]["200"]["content"]["application/json"]
    found = content.get("example") or next(iter(content["examples"].values()))["value"]
    return dict(found)
