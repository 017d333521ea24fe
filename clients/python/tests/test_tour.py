"""The whole tour by this client: connection, segment, upload, export, run, events, rejections, receipt."""

import gzip
import unittest
import uuid
from collections.abc import Callable
from io import BytesIO
from uuid import UUID

from segment_export_client import ProblemError, every_item, good, upload_members, wait_for_run
from segment_export_client.generated import models
from segment_export_client.generated.api.connections import add_export_user, create_connection, verify_connection
from segment_export_client.generated.api.exports import create_export, delete_export
from segment_export_client.generated.api.runs import get_receipt, list_rejections, list_runs, start_run
from segment_export_client.generated.api.segments import put_members, put_segment
from segment_export_client.generated.types import File

import settings

MEMBERS = "CustomerId,Email,City\n1,ann@example.com,Riga\n2,bob@example.com,Oslo\n3,not an address,Oslo\n"
LINES = b'{"CustomerId":"1"}\n{"CustomerId":"2"}\n'
SERVICE = settings.service()
INSTANCE, CLIENT = SERVICE.instance_id, SERVICE.client


def connection() -> UUID:
    """A complete connection; the same key creates one."""
    key = models.CredentialsBody(kind="apiKey", api_key=settings.API_KEY)
    consent = models.ConsentBody(agreed=True)
    body = models.NewConnectionBody("Campaign Monitor - Python", "campaignMonitor", consent=consent, credentials=key)
    once = f"tour-{uuid.uuid4()}"
    ids = {
        good(create_connection.sync(INSTANCE, client=CLIENT, body=body, idempotency_key=once)).connection_id
        for _ in range(2)
    }
    (made,) = ids
    assert good(add_export_user.sync(INSTANCE, made, client=CLIENT)).status == "connected"
    assert good(verify_connection.sync(INSTANCE, made, client=CLIENT)).ok
    return made


def segment(name: str) -> None:
    put_segment.sync(INSTANCE, name, client=CLIENT, body=models.SegmentBody(name))


class Tour(unittest.TestCase):
    def refusal(self, call: Callable[[], object]) -> ProblemError:
        with self.assertRaises(ProblemError) as caught:
            call()
        return caught.exception

    def test_the_tour(self) -> None:
        made = connection()
        segment("Python")
        self.assertEqual(upload_members(SERVICE, "Python", MEMBERS, format="csv").member_count, 3)
        wrong = models.NewExportBody(made, "Python", settings.LIST_ID, models.ExportMapping(email="Mail"), ["Python"])
        problem = self.refusal(lambda: create_export.sync(INSTANCE, client=CLIENT, body=wrong))
        self.assertEqual((problem.status, problem.error_code), (422, "unprocessable"))
        self.assertEqual(problem.errors[0].pointer, "/mapping/email")

        city = models.CustomFieldMapping(field="City", key="city")
        mapping = models.ExportMapping(email="Email", custom_fields=[city])
        body = models.NewExportBody(made, "Python", settings.LIST_ID, mapping, ["Python"])
        export = good(create_export.sync(INSTANCE, client=CLIENT, body=body)).export_id
        started = start_run.sync_detailed(INSTANCE, export, client=CLIENT)
        self.assertEqual(started.status_code, 202)

        seen: list[models.RunView] = []
        run = wait_for_run(SERVICE, good(started.parsed).run_id, seconds=120, on_change=seen.append)
        self.assertIs(seen[-1], run)
        self.assertEqual(run.status, "completedWithErrors")
        self.assertEqual(run.counts.created + run.counts.updated, 2)
        self.account(run)

    def account(self, run: models.RunView) -> None:
        rows = every_item(lambda cursor: list_rejections.sync(INSTANCE, run.run_id, client=CLIENT, cursor=cursor))
        self.assertEqual([(row.customer_id, row.outcome) for row in rows], [("3", "invalid")])
        address = SERVICE.address(f"/runs/{run.run_id}/rejections")
        csv = SERVICE.http.get(address, headers={"Accept": "text/csv"}).text
        self.assertEqual(len(csv.splitlines()), 2)
        self.assertEqual(good(get_receipt.sync(INSTANCE, run.run_id, client=CLIENT)).run_id, run.run_id)

    def test_a_refusal_is_a_problem(self) -> None:
        missing = self.refusal(lambda: wait_for_run(SERVICE, "0198c5a2-7d3e-7b4c-9a51-3f6c2d8e1b47"))
        self.assertEqual((missing.status, missing.error_code), (404, "notFound"))
        self.assertEqual(missing.problem["culprit"], "user")
        gone = UUID("0198c5a2-7d3e-7b4c-9a51-3f6c2d8e1b47")
        self.assertEqual(self.refusal(lambda: delete_export.sync(INSTANCE, gone, client=CLIENT)).status, 404)
        with settings.service("none") as stranger:
            nobody = self.refusal(lambda: list_runs.sync(INSTANCE, client=stranger.client))
        self.assertEqual(nobody.error_code, "unauthenticated")

    def test_members_go_up_in_every_form(self) -> None:
        segment("Forms")
        self.assertEqual(upload_members(SERVICE, "Forms", LINES, format="ndjson").member_count, 2)
        with open(settings.PARQUET, "rb") as file:
            self.assertEqual(upload_members(SERVICE, "Forms", file, format="parquet").member_count, 10)
        excel = MEMBERS.replace(",", ";")
        found = upload_members(SERVICE, "Forms", excel, format="csv", gzip="compress", delimiter=";")
        self.assertEqual(found.member_count, 3)
        zipped = gzip.compress(LINES)
        found = upload_members(SERVICE, "Forms", zipped, format="ndjson", gzip="compressed")
        self.assertEqual(found.member_count, 2)
        lines = (line.encode() for line in MEMBERS.splitlines(keepends=True))
        self.assertEqual(upload_members(SERVICE, "Forms", lines, format="csv", gzip="compress").member_count, 3)
        with open(settings.PARQUET, "rb") as file:
            found = upload_members(SERVICE, "Forms", file, format="parquet", gzip="compress")
        self.assertEqual(found.member_count, 10)

        twice = self.refusal(lambda: upload_members(SERVICE, "Forms", "CustomerId\n1\n1\n", format="csv"))
        self.assertEqual(twice.error_code, "invalidMembers")
        stale = self.refusal(lambda: upload_members(SERVICE, "Forms", LINES, format="ndjson", if_match='"1"'))
        self.assertEqual(stale.error_code, "changed")

    def test_the_generated_upload_sends_what_it_is_given(self) -> None:
        segment("Generated")
        members = File(payload=BytesIO(MEMBERS.encode()))
        found = put_members.sync(INSTANCE, "Generated", client=CLIENT, body=members, format_="csv")
        self.assertEqual(good(found).member_count, 3)
        with open(settings.PARQUET, "rb") as file:
            found = put_members.sync(INSTANCE, "Generated", client=CLIENT, body=File(payload=file), format_="parquet")
        self.assertEqual(good(found).member_count, 10)
