"""Drives the offline Campaign Monitor with the vendor's own Python library.

What the library understands, and raises, is what the real service answers; so if it is content here, the
sandbox speaks the vendor's language. Started by the Rust test `contract`, or by hand:

    python createsend_contract.py --url http://127.0.0.1:PORT
"""

import argparse
import http.client
import json
import sys
import unittest
import urllib.parse
import urllib.request

import createsend.createsend
from createsend import BadRequest, ClientError, CreateSend, ExpiredOAuthToken, NotFound, Unauthorized
from createsend import Client, List, Subscriber

API_KEY = "sandbox-account-key"
CLIENT_API_KEY = "sandbox-client-key"
CLIENT_ID = "4a397ccaaa55eb4e6aa1221e1e2d7122"
OTHER_CLIENT_ID = "a206def0582eec7dae47d937a4109cb2"
LIST_ID = "a58ee1d3039b8bec838e6d1482a8a965"
DOUBLE_OPT_IN_LIST_ID = "99bc35084a5739127a8ab81eae5bd305"
OTHER_LIST_ID = "2fe4c8f0373ce320e2200596d7ef168f"
OAUTH_CLIENT_ID = "8998879"
OAUTH_CLIENT_SECRET = "sandbox-oauth-secret"
REDIRECT_URI = "http://example.com/auth"
KEY = {"api_key": API_KEY}
IMPORT_SCOPES = "ImportSubscribers,ManageLists"

base_url = ""


def point_library_at(url):
    """Sends the library to `url` instead of https://api.createsend.com.

    The addresses are class attributes. The library insists on TLS, so the connection class alone is
    replaced by the standard library's plain one; every request and answer still passes the library's code.
    """
    CreateSend.base_uri = f"{url}/api/v3.3"
    CreateSend.oauth_uri = f"{url}/oauth"
    CreateSend.oauth_token_uri = f"{url}/oauth/token"
    createsend.createsend.VerifiedHTTPSConnection = http.client.HTTPConnection


def order(method, path, body=None):
    """An order to the sandbox itself."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{base_url}/sandbox/{path}", data, method=method)
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def stored(email, list_id=LIST_ID):
    return order("GET", f"lists/{list_id}/subscribers?{urllib.parse.urlencode({'email': email})}")


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None


def follow_consent(url):
    """The query of the address to which the authorize page sends the browser."""
    try:
        urllib.request.build_opener(NoRedirects).open(url)
    except urllib.error.HTTPError as answer:
        assert answer.code == 302, answer.code
        return dict(urllib.parse.parse_qsl(urllib.parse.urlparse(answer.headers["Location"]).query))
    raise AssertionError("the authorize page did not redirect")


def connect(scope=IMPORT_SCOPES):
    """Goes through OAuth and returns credentials as the library wants them."""
    order("PUT", "settings", {"oauth": {"autoApprove": True}})
    cs = CreateSend()
    answer = follow_consent(cs.authorize_url(OAUTH_CLIENT_ID, REDIRECT_URI, scope))
    access, _, refresh = cs.exchange_token(OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET, REDIRECT_URI, answer["code"])
    return {"access_token": access, "refresh_token": refresh}


def person(email, **more):
    return {"EmailAddress": email, "Name": "Someone", "ConsentToTrack": "Yes", **more}


class Case(unittest.TestCase):
    def setUp(self):
        order("POST", "reset")

    def assert_refused(self, code, error, call, *arguments):
        with self.assertRaises(error) as caught:
            call(*arguments)
        self.assertEqual(caught.exception.data.Code, code)


class Oauth(Case):
    def test_the_authorize_address_leads_to_a_code_and_brings_the_state_back(self):
        order("PUT", "settings", {"oauth": {"autoApprove": True}})
        url = CreateSend().authorize_url(OAUTH_CLIENT_ID, REDIRECT_URI, IMPORT_SCOPES, "89879287")
        answer = follow_consent(url)
        self.assertEqual(answer["state"], "89879287")
        self.assertIn("code", answer)

    def test_tokens_that_need_encoding_are_exchanged_and_refreshed(self):
        auth = connect()
        self.assertTrue(all(mark in auth["refresh_token"] for mark in "+/="))
        cs = CreateSend(dict(auth))
        self.assertEqual(len(cs.clients()), 2)
        access, expires_in, refresh = cs.refresh_token()
        self.assertNotEqual(access, auth["access_token"])
        self.assertEqual((expires_in, refresh), (1209600, auth["refresh_token"]))
        self.assertEqual(len(cs.clients()), 2)

    def test_a_refresh_token_can_change(self):
        auth = connect()
        order("PUT", "settings", {"oauth": {"rotateRefreshTokens": True}})
        cs = CreateSend(dict(auth))
        _, _, refresh = cs.refresh_token()
        self.assertNotEqual(refresh, auth["refresh_token"])
        with self.assertRaises(BadRequest):
            CreateSend(dict(auth)).refresh_token()

    def test_a_code_can_be_used_once_and_only_with_the_secret(self):
        order("PUT", "settings", {"oauth": {"autoApprove": True, "errorStatus": 200}})
        cs = CreateSend()
        exchange = lambda secret, code: cs.exchange_token(OAUTH_CLIENT_ID, secret, REDIRECT_URI, code)
        code = follow_consent(cs.authorize_url(OAUTH_CLIENT_ID, REDIRECT_URI, IMPORT_SCOPES))["code"]
        with self.assertRaisesRegex(Exception, "unknown_client"):
            exchange("guessed", code)
        exchange(OAUTH_CLIENT_SECRET, code)
        words = "Error exchanging code for access token: invalid_grant - Specified code was invalid or expired"
        with self.assertRaisesRegex(Exception, words):
            exchange(OAUTH_CLIENT_SECRET, code)

    def test_an_expired_token_is_refreshed_and_a_revoked_one_is_not(self):
        cs = CreateSend(connect())
        order("POST", "oauth/expire")
        self.assert_refused(121, ExpiredOAuthToken, cs.clients)
        cs.refresh_token()
        self.assertEqual(len(cs.clients()), 2)
        order("POST", "oauth/revoke")
        self.assert_refused(122, Unauthorized, cs.clients)
        with self.assertRaises(BadRequest):
            cs.refresh_token()

    def test_unknown_credentials_are_refused(self):
        self.assert_refused(120, Unauthorized, CreateSend({"access_token": "unheard-of"}).clients)
        self.assert_refused(100, Unauthorized, CreateSend({"api_key": "unheard-of"}).clients)
        self.assert_refused(100, Unauthorized, CreateSend().clients)

    def test_a_token_does_what_its_scopes_allow(self):
        auth = connect("ViewReports")
        self.assert_refused(60, Unauthorized, List(auth, LIST_ID).details)
        self.assertEqual(List(connect(), LIST_ID).details().Title, "Newsletter")


class Account(Case):
    def test_names_dates_and_clients(self):
        order("PUT", "clock", {"systemDate": "2026-01-31 09:27:00"})
        cs = CreateSend(KEY)
        self.assertEqual(cs.systemdate(), "2026-01-31 09:27:00")
        self.assertEqual([client.Name for client in cs.clients()], ["Contoso Coffee", "Fabrikam Tea"])
        self.assertEqual(cs.billing_details().Credits, 3021)
        self.assertIn("Latvia", cs.countries())
        self.assertIn("(GMT) Coordinated Universal Time", cs.timezones())

    def test_a_client_key_sees_its_client_only(self):
        auth = {"api_key": Client(KEY, CLIENT_ID).details().ApiKey}
        self.assertEqual(auth["api_key"], CLIENT_API_KEY)
        self.assertEqual([client.ClientID for client in CreateSend(auth).clients()], [CLIENT_ID])
        self.assert_refused(102, Unauthorized, Client(auth, OTHER_CLIENT_ID).lists)
        self.assert_refused(101, Unauthorized, List(auth, OTHER_LIST_ID).details)
        self.assertEqual(List(auth, LIST_ID).details().ListID, LIST_ID)

    def test_what_does_not_exist_is_not_found(self):
        with self.assertRaises(NotFound):
            Client(KEY, CLIENT_ID).people()

    def test_a_rate_limit_is_a_client_error(self):
        order("PUT", "faults", [{"kind": {"status": {"status": 429, "rateLimitResetSeconds": 7}}, "times": 1}])
        with self.assertRaisesRegex(ClientError, "Code: 429 Rate limit exceeded"):
            CreateSend(KEY).clients()
        self.assertEqual(len(CreateSend(KEY).clients()), 2)


class Lists(Case):
    def test_a_list_is_made_changed_and_deleted(self):
        new = List(KEY)
        new.create(CLIENT_ID, "Autumn", "", False, "")
        self.assertRegex(new.list_id, "^[0-9a-f]{32}$")
        self.assertIn("Autumn", [row.Name for row in Client(KEY, CLIENT_ID).lists()])
        new.update("Winter", "https://example.com/bye", True, "https://example.com/hi", "OnlyThisList", True, True)
        details = new.details()
        self.assertEqual((details.Title, details.ConfirmedOptIn, details.UnsubscribeSetting), ("Winter", True, "OnlyThisList"))
        self.assert_refused(250, BadRequest, List(KEY).create, CLIENT_ID, "winter", "", False, "")
        self.assert_refused(251, BadRequest, List(KEY).create, CLIENT_ID, "", "", False, "")
        self.assert_refused(261, BadRequest, List(KEY).create, CLIENT_ID, "Spring", "", False, "", "Nobody")
        new.delete()
        self.assert_refused(101, Unauthorized, new.details)

    def test_fields_are_made_changed_and_deleted(self):
        newsletter = List(KEY, LIST_ID)
        self.assertEqual(newsletter.create_custom_field("new date field", "Date"), "[newdatefield]")
        self.assertEqual(newsletter.update_custom_field("[newdatefield]", "my renamed custom field", False), "[myrenamedcustomfield]")
        key = newsletter.create_custom_field("favourite cup", "MultiSelectOne", ["Small", "Large"])
        newsletter.update_custom_field_options(key, ["Huge"], True)
        options = lambda: {f.Key: f for f in newsletter.custom_fields()}[key].FieldOptions
        self.assertEqual(options(), ["Small", "Large", "Huge"])
        newsletter.update_custom_field_options(key, ["Tiny"], False)
        self.assertEqual(options(), ["Tiny"])
        newsletter.delete_custom_field(key)
        self.assertNotIn(key, [f.Key for f in newsletter.custom_fields()])

    def test_fields_that_cannot_be_are_refused(self):
        newsletter = List(KEY, LIST_ID)
        create = newsletter.create_custom_field
        self.assert_refused(254, BadRequest, create, "", "Text")
        self.assert_refused(255, BadRequest, create, "City", "Text")
        self.assert_refused(256, BadRequest, create, "mood", "Text", ["Good"])
        self.assert_refused(257, BadRequest, create, "mood", "MultiSelectMany", [])
        self.assert_refused(259, BadRequest, create, "mood", "Colour")
        self.assert_refused(253, BadRequest, newsletter.delete_custom_field, "city")

    def test_webhooks_are_registered_and_switched(self):
        newsletter = List(KEY, LIST_ID)
        hook = newsletter.create_webhook(["Subscribe", "Update"], "https://example.com/hook", "json")
        newsletter.deactivate_webhook(hook)
        self.assertEqual(newsletter.webhooks()[0].Status, "Deactivated")
        newsletter.activate_webhook(hook)
        self.assertTrue(newsletter.test_webhook(hook))
        newsletter.delete_webhook(hook)
        self.assertEqual(newsletter.webhooks(), [])
        self.assert_refused(601, BadRequest, newsletter.create_webhook, ["Subscribe"], "nowhere", "json")
        self.assert_refused(602, BadRequest, newsletter.create_webhook, ["Subscribe"], "https://example.com", "csv")
        self.assert_refused(603, BadRequest, newsletter.create_webhook, ["Party"], "https://example.com", "json")


class Imports(Case):
    def run_import(self, people, resubscribe=False, **flags):
        return Subscriber(KEY).import_subscribers(LIST_ID, people, resubscribe, **flags)

    def test_new_and_existing_people_are_counted(self):
        fields = [{"Key": "interests", "Value": "Tea"}, {"Key": "interests", "Value": "Coffee"}]
        result = self.run_import([person("a@example.com", CustomFields=fields), person("b@example.com")])
        self.assertEqual((result.TotalNewSubscribers, result.TotalExistingSubscribers), (2, 0))
        result = self.run_import([person("a@example.com")], queue_subscription_based_autoresponders=True)
        self.assertEqual((result.TotalNewSubscribers, result.TotalExistingSubscribers), (0, 1))
        self.assertEqual(stored("a@example.com")["fields"], {"[interests]": ["Tea", "Coffee"]})

    def test_a_partial_import_returns_its_result(self):
        people = [person("a@example.com"), person("example+1@example")]
        result = self.run_import(people, restart_subscription_based_autoresponders=True)
        self.assertEqual((result.TotalUniqueEmailsSubmitted, result.TotalNewSubscribers), (2, 1))
        failure = result.FailureDetails[0]
        self.assertEqual((failure.EmailAddress, failure.Code, failure.Message), ("example+1@example", 1, "Invalid Email Address"))

    def test_an_import_of_nobody_valid_returns_its_failures(self):
        result = self.run_import([person("a"), person("b")])
        self.assertEqual((len(result.FailureDetails), result.TotalNewSubscribers), (2, 0))

    def test_an_import_as_a_whole_can_be_refused(self):
        thousand_and_one = [person(f"p{n}@example.com") for n in range(1001)]
        self.assert_refused(209, BadRequest, self.run_import, thousand_and_one)
        self.assert_refused(212, BadRequest, self.run_import, [])
        self.assert_refused(214, BadRequest, self.run_import, [{"EmailAddress": "a@example.com"}])
        self.assert_refused(400, BadRequest, self.run_import, [person("a@example.com", CustomFields=False)])
        self.assert_refused(101, Unauthorized, Subscriber(KEY).import_subscribers, "0" * 32, [person("a@example.com")], False)

    def test_people_who_left_come_back_only_when_asked_for(self):
        order("POST", f"lists/{LIST_ID}/subscribers", [{"email": "gone@example.com", "state": "Unsubscribed"}])
        self.assertEqual(self.run_import([person("gone@example.com")]).FailureDetails[0].Code, 206)
        self.assertEqual(self.run_import([person("gone@example.com")], True).TotalExistingSubscribers, 1)
        self.assertEqual(stored("gone@example.com")["state"], "Active")

    def test_a_thousand_people_are_imported_and_paged(self):
        self.run_import([person(f"p{n:04}@example.com") for n in range(1000)])
        page = List(KEY, LIST_ID).active(page=3, page_size=400)
        self.assertEqual((page.RecordsOnThisPage, page.TotalNumberOfRecords, page.NumberOfPages), (200, 1000, 3))
        self.assertEqual(page.Results[0].EmailAddress, "p0800@example.com")
        last = List(KEY, LIST_ID).active(page=1, page_size=10, order_direction="desc").Results[0]
        self.assertEqual(last.EmailAddress, "p0999@example.com")


class Subscribers(Case):
    def add(self, email, list_id=LIST_ID, fields=(), consent="Yes", **more):
        return Subscriber(KEY).add(list_id, email, "Someone", list(fields), False, consent, **more)

    def test_someone_is_added_read_changed_and_deleted(self):
        email = "o'brien+coffee@example.com"
        city = [{"Key": "city", "Value": "Riga"}]
        self.assertEqual(self.add(email, fields=city, mobile_number="+61423153526", consent_to_track_sms="Yes"), email)
        someone = Subscriber(KEY, LIST_ID, email)
        read = someone.get(include_tracking_preference=True)
        self.assertEqual((read.State, read.ConsentToTrack, read.ConsentToSendSms), ("Active", "Yes", "Yes"))
        self.assertEqual((read.CustomFields[0].Key, read.CustomFields[0].Value), ("[city]", "Riga"))
        someone.update("new@example.com", "New Name", [], False, "No")
        read = someone.get(include_tracking_preference=True)
        self.assertEqual((read.EmailAddress, read.Name, read.ConsentToTrack), ("new@example.com", "New Name", "No"))
        self.assertEqual(read.CustomFields[0].Value, "Riga")
        self.assertEqual(someone.history(), [])
        self.assert_refused(203, BadRequest, Subscriber(KEY, LIST_ID, email).get)
        someone.delete()
        self.assertEqual(someone.get().State, "Deleted")
        self.assert_refused(203, BadRequest, someone.delete)

    def test_changes_that_cannot_be_are_refused(self):
        self.add("a@example.com")
        self.add("b@example.com")
        update = lambda old, new: Subscriber(KEY, LIST_ID, old).update(new, "", [], False, "Unchanged")
        self.assert_refused(201, BadRequest, update, "a@example.com", "b@example.com")
        self.assert_refused(203, BadRequest, update, "c@example.com", "d@example.com")
        self.assert_refused(211, BadRequest, update, "a@example.com", "d@")
        self.assert_refused(1, BadRequest, self.add, "d@")

    def test_who_unsubscribes_is_suppressed_in_the_whole_client(self):
        self.add("a@example.com")
        self.add("a@example.com", DOUBLE_OPT_IN_LIST_ID)
        someone = Subscriber(KEY, LIST_ID, "a@example.com")
        someone.unsubscribe()
        self.assertEqual(someone.get().State, "Unsubscribed")
        self.assert_refused(203, BadRequest, someone.unsubscribe)
        client = Client(KEY, CLIENT_ID)
        self.assertEqual([row.EmailAddress for row in client.suppressionlist().Results], ["a@example.com"])
        self.assert_refused(204, BadRequest, self.add, "a@example.com")
        client.unsuppress("a@example.com")
        self.assert_refused(206, BadRequest, self.add, "a@example.com")
        self.assert_refused(176, BadRequest, client.unsuppress, "a@example.com")
        states = {row.ListName: row.SubscriberState for row in client.lists_for_email("a@example.com")}
        self.assertEqual(states, {"Newsletter": "Unsubscribed", "Club (confirmed opt-in)": "Unconfirmed"})

    def test_addresses_are_suppressed_by_the_client(self):
        client = Client(KEY, CLIENT_ID)
        client.suppress(["b@example.com", "a@example.com"])
        rows = client.suppressionlist(order_field="email").Results
        self.assertEqual([(row.EmailAddress, row.State) for row in rows], [("a@example.com", "Suppressed"), ("b@example.com", "Suppressed")])

    def test_the_same_person_again_and_again_is_throttled(self):
        for _ in range(10):
            self.add("a@example.com")
        with self.assertRaisesRegex(ClientError, "Code: 429 Subscriber was added too many times too quickly"):
            self.add("a@example.com")


class Pages(Case):
    def setUp(self):
        super().setUp()
        self.newsletter = List(KEY, LIST_ID)
        states = ["Active", "Unconfirmed", "Unsubscribed", "Bounced", "Deleted"]
        people = [{"email": f"{state.lower()}@example.com", "state": state} for state in states]
        order("PUT", "clock", {"systemDate": "2026-03-11 10:00:00"})
        order("POST", f"lists/{LIST_ID}/subscribers", people)

    def test_everyone_is_on_the_page_of_their_state(self):
        for read in ["active", "unconfirmed", "unsubscribed", "bounced", "deleted"]:
            page = getattr(self.newsletter, read)("2026-03-11", include_tracking_preference=True)
            self.assertEqual([row.EmailAddress for row in page.Results], [f"{read}@example.com"])
            self.assertEqual(page.Results[0].ConsentToTrack, "Yes")
        self.assertEqual(self.newsletter.active("2026-03-12").Results, [])

    def test_pages_that_cannot_be_are_refused(self):
        active = self.newsletter.active
        self.assert_refused(800, BadRequest, active, "", 0)
        self.assert_refused(801, BadRequest, active, "", 1, 9)
        self.assert_refused(801, BadRequest, active, "", 1, 1001)
        self.assert_refused(802, BadRequest, active, "", 1, 10, "height")
        self.assert_refused(803, BadRequest, active, "", 1, 10, "email", "sideways")
        self.assert_refused(5, BadRequest, active, "yesterday")

    def test_statistics_know_today_from_yesterday(self):
        today = self.newsletter.stats()
        self.assertEqual((today.TotalActiveSubscribers, today.NewActiveSubscribersToday, today.UnsubscribesToday), (1, 1, 1))
        order("PUT", "clock", {"systemDate": "2026-03-12 00:00:01"})
        tomorrow = self.newsletter.stats()
        self.assertEqual((tomorrow.NewActiveSubscribersToday, tomorrow.NewActiveSubscribersYesterday), (0, 1))
        self.assertEqual((tomorrow.BouncesThisWeek, tomorrow.DeletedThisYear, tomorrow.TotalDeleted), (1, 1, 1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True, help="where the sandbox listens")
    arguments, rest = parser.parse_known_args()
    base_url = arguments.url.rstrip("/")
    point_library_at(base_url)
    unittest.main(argv=[sys.argv[0], *rest])
