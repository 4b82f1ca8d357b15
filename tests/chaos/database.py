"""Reads Gale's tables: from MariaDB or MySQL through a small client of their protocol, or from SQLite.

The suite reads the ledger itself, not through Gale: what it checks is what was committed."""

import hashlib
import socket
import sqlite3
import ssl
import struct

from model import RUN_STATES, TASK_STATES, Attempt, Run, TaskInstance

CLIENT_LONG_PASSWORD, CLIENT_WITH_DB, CLIENT_PROTOCOL_41, CLIENT_SSL = 1, 8, 0x200, 0x800
CLIENT_SECURE_CONNECTION, CLIENT_PLUGIN_AUTH = 0x8000, 0x80000
UTF8MB4 = 45
COM_QUERY = b"\x03"
PACKET_BYTES_MAX = (1 << 24) - 1
SECONDS_MAX = 60  # of one answer


class DatabaseError(Exception):
    """The server refused, or is not there."""


def native_password(password, nonce):
    if not password:
        return b""
    once = hashlib.sha1(password).digest()
    mask = hashlib.sha1(nonce + hashlib.sha1(once).digest()).digest()
    return bytes(a ^ b for a, b in zip(once, mask))


def caching_sha2_password(password, nonce):
    if not password:
        return b""
    once = hashlib.sha256(password).digest()
    mask = hashlib.sha256(hashlib.sha256(once).digest() + nonce).digest()
    return bytes(a ^ b for a, b in zip(once, mask))


SCRAMBLES = {b"mysql_native_password": native_password, b"caching_sha2_password": caching_sha2_password}


class MySql:
    """One connection. Text protocol, queries only; every value comes as str or None."""

    def __init__(self, host, port, user, password, database):
        try:
            self._socket = socket.create_connection((host, port), SECONDS_MAX)
            self._sequence = 0
            self._log_in(user.encode(), password.encode(), database.encode())
        except OSError as error:
            raise DatabaseError(f"{host}:{port}: {error}") from None

    def close(self):
        self._socket.close()

    def rows(self, sql):
        """All rows of a query."""
        try:
            return self._rows(sql)
        except OSError as error:
            raise DatabaseError(str(error)) from None

    def _rows(self, sql):
        self._sequence = 0
        self._send(COM_QUERY + sql.encode())
        first = self._packet()
        if first[0] == 0:
            return []
        columns, _ = read_length(first, 0)
        for _ in range(columns):
            self._packet()
        self._packet()  # the end of the columns
        rows = []
        while True:
            packet = self._packet()
            if packet[0] == 0xFE and len(packet) < 9:
                return rows
            rows.append(parse_row(packet, columns))

    def _log_in(self, user, password, database):
        greeting = self._packet()
        after = greeting.index(b"\0", 1) + 5  # version, connection id
        nonce, has = greeting[after:after + 8], struct.unpack_from("<H", greeting, after + 9)[0]
        has |= struct.unpack_from("<H", greeting, after + 14)[0] << 16
        rest = greeting[after + 27:]
        nonce += rest[:12]
        plugin = rest[13:].split(b"\0")[0] if has & CLIENT_PLUGIN_AUTH else b"mysql_native_password"
        flags = (CLIENT_LONG_PASSWORD | CLIENT_WITH_DB | CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION
                 | CLIENT_PLUGIN_AUTH)
        if plugin == b"caching_sha2_password" and has & CLIENT_SSL:
            flags |= CLIENT_SSL  # the password may have to go over in clear
            self._send(struct.pack("<IIB23x", flags, PACKET_BYTES_MAX, UTF8MB4))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self._socket = context.wrap_socket(self._socket)
        answer = SCRAMBLES.get(plugin, native_password)(password, nonce)
        self._send(struct.pack("<IIB23x", flags, PACKET_BYTES_MAX, UTF8MB4) + user + b"\0"
                   + bytes([len(answer)]) + answer + database + b"\0" + plugin + b"\0")
        while True:
            packet = self._packet()
            if packet[0] == 0:
                return
            if packet[0] == 0xFE:
                plugin, nonce = packet[1:].split(b"\0", 1)
                if plugin not in SCRAMBLES:
                    raise DatabaseError(f"the server wants {plugin.decode()}, which is not known here")
                self._send(SCRAMBLES[plugin](password, nonce.rstrip(b"\0")))
            elif packet[:2] == b"\1\4":
                self._send(password + b"\0")

    def _send(self, payload):
        if len(payload) >= PACKET_BYTES_MAX:
            raise DatabaseError("the query is too long")
        self._socket.sendall(struct.pack("<I", len(payload))[:3] + bytes([self._sequence & 255]) + payload)
        self._sequence += 1

    def _packet(self):
        payload, size = b"", PACKET_BYTES_MAX
        while size == PACKET_BYTES_MAX:
            header = self._exactly(4)
            size = int.from_bytes(header[:3], "little")
            self._sequence = header[3] + 1
            payload += self._exactly(size)
        if payload[:1] == b"\xff":
            raise DatabaseError(payload[9:].decode(errors="replace"))
        return payload

    def _exactly(self, size):
        data = bytearray()
        while len(data) < size:
            more = self._socket.recv(size - len(data))
            if not more:
                raise DatabaseError("the server closed the connection")
            data += more
        return bytes(data)


def read_length(data, at):
    """A length-encoded integer at data[at], and where it ends."""
    first = data[at]
    if first < 0xFB:
        return first, at + 1
    size = {0xFC: 2, 0xFD: 3, 0xFE: 8}[first]
    return int.from_bytes(data[at + 1:at + 1 + size], "little"), at + 1 + size


def parse_row(packet, columns):
    row, at = [], 0
    for _ in range(columns):
        if packet[at] == 0xFB:
            row.append(None)
            at += 1
            continue
        size, at = read_length(packet, at)
        row.append(packet[at:at + size].decode())
        at += size
    return tuple(row)


class Sqlite:
    """The same of a `gale standalone`."""

    def __init__(self, path):
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=SECONDS_MAX)

    def close(self):
        self._connection.close()

    def rows(self, sql):
        try:
            found = self._connection.execute(sql).fetchall()
        except sqlite3.Error as error:
            raise DatabaseError(str(error)) from None
        return [tuple(None if value is None else str(value) for value in row) for row in found]


def connect(entry):
    """By the entry `mysql` of cluster.json, or of a SQLite file's {"path"}."""
    if "path" in entry:
        return Sqlite(entry["path"])
    return MySql(entry["host"], entry["port"], entry.get("user", "gale"), entry["password"],
                 entry.get("database", "gale"))


def nanoseconds(microseconds):
    return None if microseconds is None else int(microseconds) * 1000


def read_facts(database, facts):
    """Fills in runs, tasks and attempts of the DAGs that the facts name."""
    names = ",".join(f"'{dag_id}'" for dag_id in facts.dags)
    task_ids = {dag_id: [spec.task_id for spec in specs] for dag_id, specs in facts.dags.items()}
    runs = {}
    for key, dag_id, run_id, state in database.rows(
            f"SELECT run_key, dag_id, run_id, state FROM dag_run WHERE dag_id IN ({names}) ORDER BY run_key"):
        runs[key] = (dag_id, run_id)
        facts.runs.append(Run(dag_id, run_id, RUN_STATES[int(state)]))

    def task(key, task_index):
        dag_id, run_id = runs[key]
        return dag_id, run_id, task_ids[dag_id][int(task_index)]

    for key, index, state, number, most, lost, live, reschedules in database.rows(
            "SELECT run_key, task_index, state, try_number, max_tries, lost_tries, live, reschedules "
            "FROM task_instance ORDER BY run_key, task_index"):
        if key in runs:
            facts.tasks.append(TaskInstance(*task(key, index), TASK_STATES[int(state)], int(number), int(most),
                                            int(lost), live == "1", int(reschedules)))
    for key, index, number, state, start, end, worker, reason, reschedules, looks in database.rows(
            "SELECT run_key, task_index, try_number, state, start_date, end_date, worker, reason, reschedules, looks "
            "FROM task_attempt ORDER BY run_key, task_index, try_number"):
        if key in runs:
            facts.attempts.append(Attempt(*task(key, index), int(number), TASK_STATES[int(state)],
                                          nanoseconds(start), nanoseconds(end), worker, reason,
                                          int(reschedules), int(looks)))


def count_live_runs(database):
    return int(database.rows("SELECT count(*) FROM dag_run WHERE state IN (0, 1)")[0][0])
