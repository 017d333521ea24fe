"""What is sent, and again, to a service that is played."""

import json
import unittest
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch
from uuid import UUID

import httpx

from segment_export_client import ProblemError, Service, every_item, run_changes, upload_members, wait_for_run
from segment_export_client._calls import Token, accepts_key
from segment_export_client.generated import models
from segment_export_client.generated.api.runs import approve_run, list_runs, start_run

import settings

ID = UUID("0198c5a2-7d3e-7b4c-9a51-3f6c2d8e1b47")
DOCUMENT = Path(__file__).parents[3] / "openapi" / "openapi.json"


def busy(status: int = 503) -> httpx.Response:
    problem = {"errorCode": "unavailable", "detail": "Later.", "traceId": "4bf9"}
    return httpx.Response(status, headers={"Retry-After": "0"}, json=problem)


def refused() -> httpx.Response:
    return httpx.Response(401, json={"errorCode": "unauthenticated", "detail": "Sign in again."})


def events(text: str) -> httpx.Response:
    return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, text=text)


class Played:
    """A service that gives these answers in turn, then empty lists, and what it received."""

    def __init__(
        self, *answers: httpx.Response, token: Token = "good", language: str | None = None, repeats: int = 4
    ) -> None:
        self.received: list[httpx.Request] = []
        self._answers = list(answers)
        transport = httpx.MockTransport(self._answer)
        self.service = Service(
            "http://service", ID, token, language=language, repeats=repeats, transport=transport
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        kept = httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
        self.received.append(kept)
        empty = httpx.Response(200, json={"items": [], "nextCursor": None})
        return self._answers.pop(0) if self._answers else empty

    def sent(self, header: str) -> list[str | None]:
        return [request.headers.get(header) for request in self.received]


class Calls(unittest.TestCase):
    def refusal(self, call: Callable[[], object]) -> ProblemError:
        with self.assertRaises(ProblemError) as caught:
            call()
        return caught.exception

    def test_a_call_that_creates_is_repeated_with_its_key_and_the_next_one_has_another(self) -> None:
        ended = {"errorCode": "runEnded", "detail": "It has ended."}
        played = Played(busy(), busy(429), *(httpx.Response(409, json=ended) for _ in range(2)), language="lv")
        client = played.service.client
        for _ in range(2):
            body = models.StartRunBody(full=True)
            self.refusal(lambda: start_run.sync(ID, ID, client=client, body=body))
        first, *rest = played.sent("Idempotency-Key")
        self.assertEqual(rest[:2], [first, first])
        self.assertNotEqual(rest[2], first)
        self.assertEqual(played.sent("Accept-Language"), ["lv"] * 4)
        self.assertEqual(json.loads(played.received[2].content), {"full": True})

    def test_a_call_that_accepts_no_key_is_not_repeated_after_503_nor_is_one_without_a_time(self) -> None:
        played = Played(busy(), httpx.Response(503, text="gateway"))
        client = played.service.client
        body = models.ApproveBody("x")
        self.assertEqual(self.refusal(lambda: approve_run.sync(ID, ID, client=client, body=body)).status, 503)
        gateway = self.refusal(lambda: list_runs.sync(ID, client=client))
        self.assertEqual((gateway.error_code, gateway.problem), (None, {}))
        self.assertEqual(len(played.received), 2)

    def test_a_call_that_is_to_come_much_later_is_not_repeated(self) -> None:
        times = ("3600", "Mon, 30 Nov 2026 06:00:00 GMT")
        played = Played(*(httpx.Response(503, headers={"Retry-After": after}) for after in times))
        for _ in times:
            self.refusal(lambda: list_runs.sync(ID, client=played.service.client))
        self.assertEqual(len(played.received), 2)

    def test_repeats_end(self) -> None:
        played = Played(*(busy() for _ in range(9)), repeats=2)
        problem = self.refusal(lambda: list_runs.sync(ID, client=played.service.client))
        self.assertEqual((problem.error_code, str(problem), problem.trace_id), ("unavailable", "Later.", "4bf9"))
        self.assertEqual(len(played.received), 3)

    def test_a_stream_of_members_is_sent_once_and_bytes_again(self) -> None:
        played = Played(busy(429), busy(429))
        stream = iter([b"CustomerId\n", b"1\n"])
        self.assertEqual(self.refusal(lambda: upload_members(played.service, "A", stream, format="csv")).status, 429)
        self.assertEqual(len(played.received), 1)
        with self.assertRaises(KeyError):  # The empty list is no segment.
            upload_members(played.service, "A", "CustomerId\n1\n", format="csv")
        self.assertEqual([request.content for request in played.received], [b"CustomerId\n1\n"] * 3)

    def test_what_the_document_says_accepts_a_key_is_what_is_repeated(self) -> None:
        for path, item in json.loads(DOCUMENT.read_text())["paths"].items():
            if "post" in item:
                names = [parameter["name"] for parameter in item["post"]["parameters"]]
                self.assertEqual(accepts_key(path), "Idempotency-Key" in names, path)

    def test_a_token_that_is_refused_is_renewed_once(self) -> None:
        def token(refused: bool) -> str:
            return "new" if refused else "old"

        played = Played(refused(), token=token)
        list_runs.sync(ID, client=played.service.client)
        self.assertEqual(played.sent("Authorization"), ["Bearer old", "Bearer new"])
        played = Played(refused(), refused(), token=token)
        problem = self.refusal(lambda: list_runs.sync(ID, client=played.service.client))
        self.assertEqual((problem.error_code, len(played.received)), ("unauthenticated", 2))

    def test_a_lost_stream_of_events_is_continued_after_the_last_one(self) -> None:
        run = settings.example("get_run")
        before, after = (json.dumps(run | {"status": status}) for status in ("running", "aNewOne"))
        first = f": still here\n\nevent: run\nid: 7\ndata: {before}\n\nevent: run\nid: 8\nda"
        rest = f"event: run\nid: 9\ndata: {after}\n\nevent: end\nid: 9\ndata: {{}}\n\n"
        played = Played(events(first), events(rest))
        with patch("time.sleep"):
            self.assertEqual(wait_for_run(played.service, ID).status, "aNewOne")
        self.assertEqual(played.sent("Last-Event-ID"), [None, "7"])

    def test_who_waits_for_a_run_waits_no_longer_than_said(self) -> None:
        played = Played(*(busy() for _ in range(9)), repeats=0)
        with patch("time.sleep"), self.assertRaises(TimeoutError):
            list(run_changes(played.service, ID, seconds=0))

    def test_a_list_is_read_page_by_page(self) -> None:
        run = settings.example("get_run")
        pages = ({"items": [run, run], "nextCursor": "x"}, {"items": [run], "nextCursor": None})
        played = Played(*(httpx.Response(200, json=page) for page in pages))
        client = played.service.client
        items = list(every_item(lambda cursor: list_runs.sync(ID, client=client, limit=200, cursor=cursor)))
        self.assertEqual(len(items), 3)
        self.assertEqual([request.url.params.get("cursor") for request in played.received], [None, "x"])
