"""REST against any of the masters: whichever answers. A token for each, since each may have its own."""

import collections
import json
import pathlib
import random
import threading
import time
import urllib.error
import urllib.request

ANSWER_SECONDS_MAX = 5.0
RETRY_SECONDS = 0.2
YES = {200, 201, 202, 204}
RETRIED = {500, 502, 503, 504}  # no leader, or one that is just going


class NoAnswer(Exception):
    """Nobody answered in time; whether the request was carried out is not known."""


class Refused(Exception):
    """A master said no; the text says what and why."""


class Client:
    """Thread-safe."""

    def __init__(self, urls, password_file):
        self.urls = list(urls)
        self._password_file = pathlib.Path(password_file)
        self._tokens = {}
        self._lock = threading.Lock()
        self._pause = threading.Event()
        self.statuses = collections.Counter()  # answers by status; 0: none

    def once(self, url, method, path, body=None, token=None, seconds=ANSWER_SECONDS_MAX):
        """(status, answer) of one master; status 0: no answer."""
        request = urllib.request.Request(url + path, method=method,
                                         data=None if body is None else json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=seconds) as response:
                status, text = response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode(errors="replace")
        except (OSError, ValueError, urllib.error.URLError) as error:
            status, text = 0, str(error)
        except Exception as error:  # http.client has its own for an answer that breaks off
            status, text = 0, repr(error)
        with self._lock:
            self.statuses[status] += 1
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text

    def token(self, url):
        with self._lock:
            if url in self._tokens:
                return self._tokens[url]
        password = self._password_file.read_text().strip()
        status, answer = self.once(url, "POST", "/auth/token", {"username": "admin", "password": password})
        if status not in YES:
            return None
        with self._lock:
            self._tokens[url] = answer["access_token"]
        return answer["access_token"]

    def ask(self, url, method, path, body=None):
        """(status, answer) of one master, logged in."""
        token = self.token(url)
        if token is None:
            return 0, "no token"
        status, answer = self.once(url, method, path, body, token)
        if status == 401:
            with self._lock:
                self._tokens.pop(url, None)
        return status, answer

    def call(self, method, path, body=None, seconds=60.0, accept=frozenset(), give_up=lambda: False):
        """Asks one master after the other until one says yes, or with a status of `accept`. Returns (status,
        answer). Raises Refused or NoAnswer."""
        deadline = time.monotonic() + seconds
        urls = random.sample(self.urls, len(self.urls))
        said = "nothing"
        while time.monotonic() < deadline and not give_up():
            for url in urls:
                status, answer = self.ask(url, method, path, body)
                if status in YES or status in accept:
                    return status, answer
                said = f"{status} {answer} from {url}"
                if status not in RETRIED and status not in (0, 401):
                    raise Refused(f"{method} {path}: {said}")
            self._pause.wait(RETRY_SECONDS)
        raise NoAnswer(f"{method} {path}: {said}, for {seconds} s")

    def cluster(self):
        """What a master says of the masters; None if none answers now."""
        for url in random.sample(self.urls, len(self.urls)):
            token = self.token(url)
            if token is None:
                continue
            status, answer = self.once(url, "GET", "/api/gale/v1/cluster", token=token, seconds=2.0)
            if status == 200 and isinstance(answer, dict):
                return answer
        return None

    def leader(self):
        """The leader's name, as a master knows it; None if there is none."""
        answer = self.cluster()
        leader = (answer or {}).get("leader")
        return leader.get("name") if isinstance(leader, dict) else leader
