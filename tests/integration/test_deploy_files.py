"""deploy/: what can be checked of images, compose file and units without Docker and without systemd as pid 1."""

import json
import os
import re
import shutil
import stat
import subprocess

import pytest

from harness import BINARY, PATIENCE, ROOT, free_port, wait_until

DEPLOY = ROOT / "deploy"
COMPOSE = (DEPLOY / "docker-compose.yml").read_text()
SECRETS = {"GALE_MYSQL_PASSWORD", "GALE_MYSQL_ROOT_PASSWORD", "GALE_REDIS_PASSWORD"}
OF_EVERY_IMAGE = {"libc6", "libgcc-s1", "zlib1g"}  # Debian's base


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=PATIENCE,
                          check=False, stdin=subprocess.DEVNULL, **options)


def variables(path):
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


@pytest.fixture(scope="module")
def compose():
    """The parsed file. Debian's Python may have YAML; the one of the tests has not."""
    program = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)"
    parsed = run("/usr/bin/python3", "-c", program, DEPLOY / "docker-compose.yml")
    if "No module named 'yaml'" in parsed.stderr:
        pytest.fail("no YAML here: apt-get install python3-yaml")
    assert parsed.returncode == 0, parsed.stderr
    return json.loads(parsed.stdout)


def test_every_variable_of_the_compose_file_is_in_the_example_and_no_secret_has_a_default():
    used = re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)(:?[?-])?([^}]*)\}", COMPOSE)
    example = variables(DEPLOY / ".env.example")
    assert {name for name, _, _ in used} == set(example)
    for name, operator, rest in used:
        if name in SECRETS:
            assert operator == ":?" and "make-env" in rest, f"{name} must be demanded, with what to do"
        else:
            assert operator == ":-" and rest == example[name], f"{name}: the default is the example's"
    assert {name for name, value in example.items() if not value} == SECRETS


def test_no_password_stands_in_the_compose_file():
    for line in COMPOSE.splitlines():
        for value in re.findall(r"(?:PASSWORD\w*|requirepass)[:=]? ?(.*)", line.split("#")[0]):
            assert not value or "${GALE_" in line or "$$" in line, f"a literal password? {line.strip()}"
        for password in re.findall(r"://[^:/]*:(.*)@", line):
            assert password.startswith("${"), line


def test_make_env_generates_secrets_once(tmp_path):
    target = tmp_path / ".env"
    made = run(DEPLOY / "make-env", target)
    assert made.returncode == 0, made.stderr
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    values = variables(target)
    assert set(values) == set(variables(DEPLOY / ".env.example"))
    secrets = {values[name] for name in SECRETS}
    assert len(secrets) == len(SECRETS) and all(re.fullmatch(r"[0-9a-f]{32}", secret) for secret in secrets)
    before = target.read_text()
    again = run(DEPLOY / "make-env", target)
    assert again.returncode == 1 and "is there already" in again.stderr
    assert target.read_text() == before
    assert sorted(os.listdir(tmp_path)) == [".env", "dags"]


def test_the_compose_file_names_settings_that_gale_knows(compose, tmp_path):
    for name in ("master-1", "master-2", "worker"):
        settings = {key: re.sub(r"\$\{[^:}]*:-([^}]*)\}", r"\1", value)
                    for key, value in compose["services"][name]["environment"].items()}
        listed = run(BINARY, "--home", tmp_path, "config", "list", env={"PATH": os.environ["PATH"], **settings})
        assert listed.returncode == 0, listed.stderr


def test_the_compose_file_has_the_whole_cluster(compose):
    services = compose["services"]
    assert set(services) == {"mysql", "redis", "master-1", "master-2", "join", "worker"}
    assert services["mysql"]["image"] == "mysql:8.0" and services["redis"]["image"] == "redis:7"
    for name in ("mysql", "redis"):
        assert "healthcheck" in services[name] and "ports" not in services[name]
    assert "container_name" not in services["worker"] and "ports" not in services["worker"]  # --scale
    assert "MYSQL" not in str(services["worker"]) and "database" not in services["worker"]["networks"]
    masters = [services[name] for name in ("master-1", "master-2")]
    assert all("logs:/logs" in master["volumes"] for master in masters)
    assert len({master["environment"]["GALE__MASTER__ADVERTISE"] for master in masters}) == 2
    named = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])
             if not volume.startswith("${")}
    assert named == set(compose["volumes"])
    assert (ROOT / services["worker"]["build"]["dockerfile"]).exists()


def test_redis_of_the_compose_file_wants_its_password(compose, tmp_path):
    script = compose["services"]["redis"]["command"][-1].replace("$$", "$")
    port = free_port()
    script = script.replace("requirepass", f"port {port}\nbind 127.0.0.1\nrequirepass", 1)
    with open(tmp_path / "log", "wb") as log:
        server = subprocess.Popen(["sh", "-c", script], stdout=log, stderr=log, cwd=tmp_path,
                                  env={"PATH": os.environ["PATH"], "REDIS_PASSWORD": "feedbeef"})

    def ping(password):
        return run("redis-cli", "-p", port, "ping", env={"PATH": os.environ["PATH"], "REDISCLI_AUTH": password}).stdout

    try:
        wait_until(lambda: "PONG" in ping("feedbeef"), lambda: f"Redis' PONG: {(tmp_path / 'log').read_text()}")
        assert "NOAUTH" in run("redis-cli", "-p", port, "ping").stdout
    finally:
        server.terminate()
        server.wait(PATIENCE)


def test_the_image_has_the_packages_of_every_library_that_gale_is_linked_with():
    installed = set(re.findall(r"[a-z0-9.+-]+", (DEPLOY / "Dockerfile").read_text().split("FROM debian:12-slim")[1]))
    for path in re.findall(r"=> (/\S+)", run("ldd", BINARY).stdout):
        real = os.path.realpath(path)
        owner = run("dpkg-query", "-S", real, real.removeprefix("/usr")).stdout  # before or after the merge of /usr
        package = owner.split(":")[0]
        assert package in installed | OF_EVERY_IMAGE, f"{path} is of '{package}': not in deploy/Dockerfile"


def test_an_unwell_container_is_reported(tmp_path):
    health = DEPLOY / "gale-health"
    env = {"PATH": os.environ["PATH"], "GALE_HOME": str(tmp_path), "GALE__API__PORT": str(free_port())}
    assert run(health, env=env).returncode == 1  # nothing has started
    lock = tmp_path / "worker/worker.lock"
    lock.parent.mkdir()
    lock.write_text(str(os.getpid()))
    assert run(health, env=env).returncode == 0
    (tmp_path / "run").mkdir()
    (tmp_path / "run/master.lock").touch()
    assert run(health, env=env).returncode == 1  # a master that does not answer
    shutil.rmtree(tmp_path / "run")
    gone = subprocess.Popen(["true"])
    gone.wait()
    lock.write_text(str(gone.pid))
    assert run(health, env=env).returncode == 1


def test_the_units_are_what_systemd_understands(tmp_path):
    assert shutil.which("systemd-analyze"), "systemd-analyze is missing: apt-get install systemd"
    units = []
    for unit in sorted((DEPLOY / "systemd").glob("*.service")):
        text = unit.read_text()
        assert "/usr/local/bin/gale" in text and "EnvironmentFile=" in text
        units.append(tmp_path / unit.name)
        units[-1].write_text(text.replace("/usr/local/bin/gale", BINARY))
    verified = run("systemd-analyze", "verify", "--man=no", *units)
    ours = [line for line in verified.stderr.splitlines() if "gale-" in line]
    assert verified.returncode == 0 and ours == [], verified.stderr
    assert "KillMode=process" in (DEPLOY / "systemd/gale-worker.service").read_text()
