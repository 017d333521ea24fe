"""Signs in with the vendor's own Python library and with the service, each with the other's half.

Where one can take over what the other began, both speak the vendor's OAuth. Started by the Rust test `outside`:

    python oauth_contract.py --url SANDBOX --service SERVICE --token TOKEN --instance ID
"""

import argparse
import json
import sys
import unittest
import urllib.parse
import urllib.request

from createsend import CreateSend

import createsend_contract as contract

arguments = None


def call(method, path, body=None):
    """A call of the service as administrator."""
    request = urllib.request.Request(
        f"{arguments.service.rstrip('/')}/v1/instances/{arguments.instance}{path}",
        json.dumps(body or {}).encode(),
        {"Authorization": f"Bearer {arguments.token}", "Content-Type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def query(url):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlparse(url).query))


class SignIn(unittest.TestCase):
    def setUp(self):
        new = {"displayName": self.id(), "type": "campaignMonitor", "consent": {"agreed": True}}
        self.connection = f"/connections/{call('POST', '/connections', new)['connectionId']}"
        self.url = call("POST", f"{self.connection}/authorize")["authorizeUrl"]
        self.asked = query(self.url)

    def of_library(self):
        asked = self.asked
        return CreateSend().authorize_url(asked["client_id"], asked["redirect_uri"], asked["scope"], asked["state"])

    def test_the_service_sends_people_where_the_library_sends_them(self):
        ours, theirs = urllib.parse.urlparse(self.url), urllib.parse.urlparse(self.of_library())
        self.assertEqual(ours[:3], theirs[:3])
        self.assertEqual({**query(self.of_library()), "type": "web_server"}, self.asked)

    def test_the_service_exchanges_a_code_that_the_librarys_address_led_to(self):
        answer = contract.follow_consent(self.of_library())
        callback = f"{arguments.service.rstrip('/')}/oauth/campaign-monitor/callback?{urllib.parse.urlencode(answer)}"
        with urllib.request.urlopen(callback) as page:
            self.assertIn("Campaign Monitor is connected", page.read().decode())
        self.assertEqual(call("GET", self.connection)["credential"]["kind"], "oauth")
        self.assertTrue(call("POST", f"{self.connection}/verify")["checks"][0]["ok"])

    def test_the_library_exchanges_a_code_that_the_services_address_led_to(self):
        code = contract.follow_consent(self.url)["code"]
        exchange = CreateSend().exchange_token
        access, expires_in, refresh = exchange(
            contract.OAUTH_CLIENT_ID, contract.OAUTH_CLIENT_SECRET, self.asked["redirect_uri"], code
        )
        self.assertEqual(expires_in, 1209600)
        cs = CreateSend({"access_token": access, "refresh_token": refresh})
        self.assertEqual(len(cs.clients()), 2)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ["url", "service", "token", "instance"]:
        parser.add_argument(f"--{name}", required=True)
    arguments = parser.parse_args()
    contract.point_library_at(arguments.url.rstrip("/"))
    unittest.main(argv=[sys.argv[0]])
