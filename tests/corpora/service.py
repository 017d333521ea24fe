"""The service and the offline Campaign Monitor, each in a process of its own, and the calls that the collections need."""

import json
import pathlib
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

API_KEY = "sandbox-account-key"
OPEN = {"queued", "running"}
# The service shows no more members of a segment.
SHOWN = 1000


class Service:
    def __init__(self, program):
        self.folder = tempfile.TemporaryDirectory()
        self.lake = pathlib.Path(self.folder.name, "lake")
        self.lake.mkdir()
        self.processes = []
        self.sandbox = self._start([program, "sandbox"], "/")
        at = lambda name: f"{self.folder.name}/{name}"
        serve = [program, "serve", "--dev", "--database-url", f"sqlite://{at('corpora.db')}", "--storage-url",
                 f"file://{at('uploads')}", "--storage-roots", f"lake=file://{self.lake}", "--campaign-monitor-url",
                 self.sandbox, "--run-pause-ms", "20", "--max-calls-per-second", "0",
                 "--max-instance-calls-per-second", "0"]
        self.url = self._start(serve, "/livez")
        token = subprocess.run([program, "token", "--dev"], check=True, capture_output=True, text=True).stdout.strip()
        self.headers = {"Authorization": f"Bearer {token}"}
        self.base = f"{self.url}v1/instances/{uuid.uuid4()}"

    def _start(self, command, path):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        url = f"http://127.0.0.1:{port}/"
        quiet = {"RUST_LOG": "error", "PATH": "/usr/bin:/bin", "MALLOC_ARENA_MAX": "2"}
        self.processes.append(subprocess.Popen([*command, "--bind", f"127.0.0.1:{port}"], env=quiet,
                                               stdout=subprocess.DEVNULL))
        for _ in range(300):
            try:
                urllib.request.urlopen(url + path.lstrip("/"))
                return url
            except urllib.error.HTTPError:
                return url
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"{command[1]} does not start")

    def stop(self):
        for process in self.processes:
            process.terminate()
            process.wait()
        self.folder.cleanup()

    def call(self, method, path, body=None, media="application/json", url=None):
        """The status and the answer of a call."""
        data = json.dumps(body).encode() if media == "application/json" and body is not None else body
        request = urllib.request.Request(url or self.base + path, data, {**self.headers, "Content-Type": media},
                                         method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            text = error.read()
            return error.code, json.loads(text) if text else None

    def good(self, *arguments, **named):
        status, answer = self.call(*arguments, **named)
        tries = 1
        while status == 503 and tries < 5:
            time.sleep(1)
            status, answer = self.call(*arguments, **named)
            tries += 1
        if status >= 300:
            raise RuntimeError(f"{arguments[:2]}: {status} {answer}")
        return answer

    def upload(self, body, media="text/csv", query=None, segment="Uploaded"):
        """The status and the answer of an upload into a segment."""
        self.good("PUT", f"/segments/{segment}", {"displayName": segment})
        return self.call("PUT", f"/segments/{segment}/members?" + urllib.parse.urlencode(query or {}), body, media)

    def register(self, source, segment="Registered"):
        return self.call("PUT", f"/segments/{segment}", {"displayName": segment, "source": source})

    def members(self, segment="Uploaded"):
        """The first members, and their number."""
        items = self.good("GET", f"/segments/{segment}/members?limit={SHOWN}")["items"]
        count = self.good("GET", f"/segments/{segment}")["memberCount"]
        assert len(items) == min(count, SHOWN), (len(items), count)
        return items, count

    def add_list(self, fields):
        """A new list with these custom fields, by name and type."""
        new = json.dumps({"Title": str(uuid.uuid4())}).encode()
        list_id = self.order("POST", f"api/v3.3/lists/{self.client()}.json", new)
        for name, data_type in fields.items():
            field = json.dumps({"FieldName": name, "DataType": data_type}).encode()
            self.order("POST", f"api/v3.3/lists/{list_id}/customfields.json", field)
        return list_id

    def client(self):
        return self.order("GET", "api/v3.3/clients.json")[0]["ClientID"]

    def order(self, method, path, data=None):
        """A call to the offline Campaign Monitor."""
        import base64
        key = base64.b64encode(f"{API_KEY}:x".encode()).decode()
        headers = {"Authorization": f"Basic {key}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.sandbox + path, data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read())

    def connection(self):
        new = {"displayName": str(uuid.uuid4()), "type": "campaignMonitor", "consent": {"agreed": True},
               "credentials": {"kind": "apiKey", "apiKey": API_KEY}}
        connection = self.good("POST", "/connections", new)["connectionId"]
        self.good("PUT", f"/connections/{connection}/export-user")
        return connection

    def export(self, connection, list_id, mapping, segment="Uploaded"):
        new = {"displayName": str(uuid.uuid4()), "connectionId": connection, "listId": list_id, "segments": [segment],
               "mapping": mapping, "schedule": {"kind": "manual"}}
        return self.good("POST", "/exports", new)["exportId"]

    def run(self, export):
        """A run that has ended."""
        run = self.good("POST", f"/exports/{export}/runs")
        while run["status"] in OPEN:
            time.sleep(0.05)
            run = self.good("GET", f"/runs/{run['runId']}")
        return run

    def rows(self, run, what):
        """All rejections or value problems of a run."""
        items, cursor = [], ""
        while True:
            page = self.good("GET", f"/runs/{run['runId']}/{what}?limit=200{cursor}")
            items += page["items"]
            if not page["nextCursor"]:
                return items
            cursor = "&cursor=" + urllib.parse.quote(page["nextCursor"])

    def subscribers(self, list_id):
        """Everybody on a list, as Campaign Monitor answers them."""
        people, page = [], 1
        while True:
            query = f"?date=&page={page}&pagesize=1000&includeconsenttosendsms=true"
            answer = self.order("GET", f"api/v3.3/lists/{list_id}/active.json{query}")
            people += answer["Results"]
            if page >= answer["NumberOfPages"]:
                return people
            page += 1
