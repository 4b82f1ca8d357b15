"""A browser as far as the master sees one: its cookie, and the events that it watches."""

import http.client
import json
import time
import urllib.parse

from harness import PATIENCE

SESSION = "/api/gale/v1/session"


class Browser:
    """Keeps its cookie, as a browser does; each request is (status, headers, body)."""

    def __init__(self, gale, port=None):
        self.gale, self.port = gale, port or gale.port
        self.cookie, self.csrf = None, None

    def ask(self, method, path, body=None, headers=None, csrf=True):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = dict(headers or {})
        if self.cookie:
            headers["Cookie"] = self.cookie
        if csrf and self.csrf and method != "GET":
            headers["X-CSRF-Token"] = self.csrf
        data = None if body is None else json.dumps(body)
        if data is not None:
            headers["Content-Type"] = "application/json"
        connection.request(method, path, body=data, headers=headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        found = {name.lower(): value for name, value in answer.getheaders()}
        if "set-cookie" in found:
            self.cookie = found["set-cookie"].split(";")[0]
        return answer.status, found, text

    def log_in(self, password=None):
        status, headers, text = self.ask("POST", SESSION, {"username": "admin",
                                                           "password": password or self.gale.password()})
        if status == 201:
            self.csrf = json.loads(text)["csrf_token"]
        return status, headers, text


class Events:
    """An event stream; next() gives (event, id, data), None once the server ended it."""

    def __init__(self, port, token, *watches, after=None, header=None):
        query = [("watch", watch) for watch in watches] + ([("after", after)] if after else [])
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {token}", **({"Last-Event-ID": header} if header else {})}
        self.connection.request("GET", f"/api/gale/v1/events?{urllib.parse.urlencode(query)}", headers=headers)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.read()
        assert self.answer.getheader("Content-Type") == "text/event-stream"
        self.unseen, self.seen = [], []  # of until()
        self.hello = self.next()
        assert self.hello[0] == "hello", self.hello

    def next(self):
        event = {}
        while True:
            line = self.answer.readline().decode()
            if not line:
                return None
            if line == "\n":
                return event["event"], event["id"], json.loads(event["data"])
            name, value = line.rstrip("\n").split(": ", 1)
            event[name] = value

    def until(self, wanted, seconds=PATIENCE):
        """(event, id, data) of the first that `wanted(event, data)` is true of, after the one before; each change of
        a turn is looked at alone."""
        deadline = time.monotonic() + seconds
        while True:
            while self.unseen:
                one = self.unseen.pop(0)
                self.seen.append(one)
                if wanted(one[0], one[2]):
                    return one
            assert time.monotonic() < deadline, f"not within {seconds} s; it said {self.seen}"
            event = self.next()
            assert event, f"the stream ended; it said {self.seen}"
            name, at, data = event
            self.unseen += [(name, at, one) for one in (data["changes"] if name == "turn" else [data])]

    def close(self):
        self.answer.close()
        self.connection.close()
