"""MariaDB, MySQL and Redis, as Debian has them: loopback, own folder, own password, any user."""

import os
import pathlib
import pwd
import shutil
import socket

from layout import HOST, Problem, write_private

ROOT = pathlib.Path(__file__).resolve().parents[2]
INSTALL_SECONDS_MAX = 120
MARIADB_SQL = pathlib.Path("/usr/share/mysql")
READ_SECONDS_MAX = 1.0  # of one look at a server that is just starting


class Server:
    start_seconds_max = 90  # on a machine that is busy building
    stop_seconds_max = 30

    def __init__(self, layout, name):
        self.layout = layout
        self.name = name
        self.folder = layout / name
        self.port = layout.port(name)
        self.password = layout.password(name)

    def environment(self):
        return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "TZ") if name in os.environ}

    def describe(self):
        return {"host": HOST, "port": self.port, "password": self.password}


class MariaDb(Server):
    def __init__(self, layout):
        super().__init__(layout, "mysql")
        self.data = self.folder / "data"
        self.program = find("mariadbd", "mariadb-server-core")

    def describe(self):
        return {**super().describe(), "user": "gale", "database": "gale"}

    def server(self):
        return [self.program, "--no-defaults", "--innodb-log-file-size=48M"]

    def prepare(self, watch):
        """Makes the data folder once, and at every start the file that makes Gale's database and user."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_private(self.folder / "init.sql", self.init_sql())
        if self.data.exists():
            return
        new = self.folder / "data.new"  # renamed when it is whole: a broken start leaves nothing half made
        shutil.rmtree(new, ignore_errors=True)
        self.install(watch, new)
        new.rename(self.data)

    def install(self, watch, folder):
        """What mariadb-install-db does; that script wants programs of another package."""
        (folder / "mysql").mkdir(parents=True)
        script = self.folder / "install.sql"
        with open(script, "w") as sql:
            # Only this machine's user is the database's root, by the server's socket alone.
            sql.write(f"USE mysql;\nSET @auth_root_socket = '{user_name()}';\n")
            for name in ("mysql_system_tables.sql", "mysql_system_tables_data.sql"):
                sql.write((MARIADB_SQL / name).read_text())
        watch.run([*self.server(), f"--datadir={folder}", "--bootstrap", *as_root()], self.folder / "install.log",
                  self.environment(), INSTALL_SECONDS_MAX, read=script)

    def init_sql(self):
        lines = ["CREATE DATABASE IF NOT EXISTS gale CHARACTER SET utf8mb4;"]
        for host in (HOST, "localhost"):
            user = f"'gale'@'{host}'"
            lines += [f"CREATE USER IF NOT EXISTS {user} IDENTIFIED BY '{self.password}';",
                      f"GRANT ALL ON gale.* TO {user};"]
        return "\n".join(lines) + "\n"

    def command(self):
        return [*self.server(), f"--datadir={self.data}", f"--bind-address={HOST}", f"--port={self.port}",
                f"--socket={self.folder}/s.sock", f"--pid-file={self.folder}/pid", "--skip-log-bin",
                "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=1", "--innodb-buffer-pool-size=128M",
                f"--init-file={self.folder}/init.sql", *as_root()]

    def is_ready(self, _):
        """It greets a client: that comes after the init file. A refusal has 0xff in the greeting's place."""
        greeting = ask(self.port, b"", 5)
        return len(greeting) == 5 and greeting[4] == 10


class MySql(MariaDb):
    """Oracle's, unpacked by tests/support/fetch_mysql.sh; it runs by its own loader, from a newer Debian."""

    def __init__(self, layout):
        Server.__init__(self, layout, "mysql")
        self.data = self.folder / "data"
        self.root = pathlib.Path(os.environ.get("GALE_TEST_MYSQL_ROOT", ROOT / "build/mysql/root"))
        if not (self.root / "usr/sbin/mysqld").exists():
            raise Problem(f"no MySQL in {self.root}: run tests/support/fetch_mysql.sh (60 MB), "
                          "or leave out --database mysql")

    def server(self):
        lib = self.root / "usr/lib"
        return [f"{self.root}/usr/lib64/ld-linux-x86-64.so.2", "--library-path",
                f"{lib}/x86_64-linux-gnu:{lib}/mysql/private", f"{self.root}/usr/sbin/mysqld", "--no-defaults",
                f"--lc-messages-dir={self.root}/usr/share/mysql", f"--plugin-dir={lib}/mysql/plugin",
                "--secure-file-priv=", "--mysqlx=OFF"]

    def install(self, watch, folder):
        folder.mkdir()
        command = [*self.server(), f"--datadir={folder}", "--initialize-insecure", *as_root()]
        watch.run(command, self.folder / "install.log", self.environment(), INSTALL_SECONDS_MAX)

    def init_sql(self):
        # --initialize-insecure leaves root without a password until here, when no one can connect yet.
        return f"ALTER USER 'root'@'localhost' IDENTIFIED BY '{self.password}';\n" + super().init_sql()


class Redis(Server):
    """Without persistence: Gale's queue is only a doorbell, and its masters ring again for what is lost."""

    stop_seconds_max = 10

    def __init__(self, layout):
        super().__init__(layout, "redis")
        self.program = find("redis-server", "redis-server")

    def prepare(self, _):
        self.folder.mkdir(parents=True, exist_ok=True)
        write_private(self.folder / "redis.conf", f"""\
bind {HOST}
port {self.port}
requirepass {self.password}
dir "{self.folder}"
save ""
appendonly no
maxmemory-policy noeviction
""")

    def command(self):
        return [self.program, f"{self.folder}/redis.conf"]

    def is_ready(self, _):
        request = f"AUTH {self.password}\r\nPING\r\n".encode()
        wanted = b"+OK\r\n+PONG\r\n"
        return ask(self.port, request, len(wanted)) == wanted


def find(program, package):
    path = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")
    if not path:
        raise Problem(f"{program} is missing: apt-get install {package}")
    return path


def user_name():
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a container's numeric user
        return "root"


def as_root():
    """Database servers refuse to run as root unless they are told so."""
    return ["--user=root"] if os.geteuid() == 0 else []


def ask(port, request, size):
    """Up to `size` bytes of the answer; fewer if there is none yet."""
    answer = b""
    try:
        with socket.create_connection((HOST, port), READ_SECONDS_MAX) as connection:
            connection.sendall(request)
            while len(answer) < size and (more := connection.recv(size - len(answer))):
                answer += more
    except OSError:
        pass
    return answer
