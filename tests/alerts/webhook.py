"""Verifies a message with the library of Standard Webhooks. Usage: webhook.py FILE, with {"headers", "body", "secret"}."""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

with open(sys.argv[1], encoding="utf-8") as file:
    message = json.load(file)
webhook = Webhook(message["secret"])
assert webhook.verify(message["body"], message["headers"])["data"]
try:
    webhook.verify(message["body"] + " ", message["headers"])
except WebhookVerificationError:
    sys.exit(0)
sys.exit("a message that was changed was accepted")
