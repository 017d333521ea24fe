import os

from segment_export_client import Service, every_item, good, upload_members, wait_for_run
from segment_export_client.generated import models
from segment_export_client.generated.api.connections import add_export_user, browse_lists, create_connection
from segment_export_client.generated.api.exports import create_export
from segment_export_client.generated.api.runs import list_rejections, start_run
from segment_export_client.generated.api.segments import put_segment

env = {name: os.environ[f"SEGMENT_EXPORT_{name}"] for name in ("URL", "INSTANCE", "TOKEN", "API_KEY")}
service = Service(env["URL"], env["INSTANCE"], env["TOKEN"], language="en")
instance, client = service.instance_id, service.client

key = models.CredentialsBody(kind="apiKey", api_key=env["API_KEY"])
new = models.NewConnectionBody("Marketing", "campaignMonitor", consent=models.ConsentBody(True), credentials=key)
connection = good(create_connection.sync(instance, client=client, body=new)).connection_id
add_export_user.sync(instance, connection, client=client)
lists = good(browse_lists.sync(instance, connection, client=client)).clients[0].lists

put_segment.sync(instance, "Arrivals", client=client, body=models.SegmentBody("Arrivals"))
upload_members(service, "Arrivals", "CustomerId,Email\n1,ann@example.com\n2,nobody\n", format="csv")
mapping = models.ExportMapping(email="Email")
body = models.NewExportBody(connection, "Arrivals", lists[0].list_id, mapping, ["Arrivals"])
export = good(create_export.sync(instance, client=client, body=body)).export_id

started = good(start_run.sync(instance, export, client=client))
run = wait_for_run(service, started.run_id, seconds=600)
print(run.status, run.counts.created + run.counts.updated)
for row in every_item(lambda cursor: list_rejections.sync(instance, run.run_id, client=client, cursor=cursor)):
    print(row.customer_id, row.message)
