"""What only the vendor's own client can do: make a container, and sign access to it."""
import sys
from datetime import datetime, timedelta, timezone

from azure.storage.blob import BlobServiceClient, ContainerSasPermissions, generate_container_sas

command, endpoint, account, key, container = sys.argv[1:6]
client = BlobServiceClient(endpoint, credential={"account_name": account, "account_key": key})
if command == "create":
    client.create_container(container)
elif command == "sas":
    now, hours = datetime.now(timezone.utc), int(sys.argv[6])
    print(generate_container_sas(account, container, account_key=key, permission=ContainerSasPermissions(read=True, list=True),
                                 start=now - timedelta(hours=2), expiry=now + timedelta(hours=hours)))
