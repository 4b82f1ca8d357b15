"""A TCP proxy that can be cut: the network between a worker and one master.

pass: bytes flow. freeze: connections stand, and nothing comes through (a cut cable, a full buffer).
drop: every connection is reset, and new ones are too (a firewall that refuses)."""

import selectors
import socket
import struct
import threading

CHUNK_BYTES = 1 << 16
TURN_SECONDS = 0.02  # how soon a change of mode is seen
LINGER_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Listens on a free loopback port; one thread."""

    def __init__(self, host, port):
        self._upstream = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self.mode = "pass"
        self.is_quiet = False  # frozen, and the thread knows it
        self.connections = 0
        self._pairs = {}    # socket -> its other end
        self._waiting = {}  # socket -> bytes for it
        self._stop = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        self._stop = True
        self._thread.join()

    def _run(self):
        while not self._stop:
            if self.mode == "drop":
                self._reset_all()
            self.is_quiet = self.mode == "freeze"
            if self.is_quiet:
                threading.Event().wait(TURN_SECONDS)
                continue
            with selectors.DefaultSelector() as selector:
                selector.register(self._listener, selectors.EVENT_READ)
                for end, other in self._pairs.items():
                    events = 0 if self._waiting.get(other) else selectors.EVENT_READ
                    events |= selectors.EVENT_WRITE if self._waiting.get(end) else 0
                    if events:
                        selector.register(end, events)
                for key, events in selector.select(TURN_SECONDS):
                    self._serve(key.fileobj, events)
        self._reset_all()
        self._listener.close()

    def _serve(self, end, events):
        if end is self._listener:
            self._accept()
            return
        try:
            if events & selectors.EVENT_WRITE and end in self._pairs:
                self._waiting[end] = self._waiting[end][end.send(self._waiting[end]):]
            if events & selectors.EVENT_READ and end in self._pairs:
                data = end.recv(CHUNK_BYTES)
                if not data:
                    self._drop(end)
                    return
                other = self._pairs[end]
                self._waiting[other] = self._waiting.get(other, b"") + data
        except BlockingIOError:
            pass
        except OSError:
            self._drop(end)

    def _accept(self):
        try:
            near, _ = self._listener.accept()
        except OSError:
            return
        try:
            far = socket.create_connection(self._upstream, 1.0) if self.mode == "pass" else None
        except OSError:
            far = None
        if far is None:
            self._reset(near)
            return
        self.connections += 1
        for end in (near, far):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pairs[near], self._pairs[far] = far, near

    def _drop(self, end):
        for each in (end, self._pairs.get(end)):
            if each is not None:
                self._pairs.pop(each, None)
                self._waiting.pop(each, None)
                self._reset(each)

    @staticmethod
    def _reset(end):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
        end.close()

    def _reset_all(self):
        for end in list(self._pairs):
            if end in self._pairs:
                self._drop(end)
