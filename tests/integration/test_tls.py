"""TLS and mutual TLS between real processes, with certificates that the story makes itself."""

import json
import os
import ssl
import subprocess
import urllib.error
import urllib.request

import pytest

from harness import PATIENCE, Gale, dag_text, one_line_error, wait_until


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True, timeout=PATIENCE)


class Authority:
    """A private CA as docs/tls.md makes one."""

    def __init__(self, folder, name="ca"):
        self.folder = folder
        self.key, self.cert = folder / f"{name}.key", folder / f"{name}.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc",
                "-days", "2", "-subj", f"/CN={name}", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                "-keyout", str(self.key), "-out", str(self.cert))

    def issue(self, name, names="DNS:localhost,IP:127.0.0.1"):
        key, request, cert = (self.folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={names}\nauthorityKeyIdentifier=keyid\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc",
                "-subj", f"/CN={name}", "-keyout", str(key), "-out", str(request))
        openssl("x509", "-req", "-days", "2", "-in", str(request), "-CA", str(self.cert),
                "-CAkey", str(self.key), "-CAcreateserial", "-extfile", str(extensions),
                "-out", str(cert))
        return cert, key


def tls_env(ca=None, pair=None, verify=False, rest=None):
    env = {}
    if ca:
        env["GALE__TLS__CA"] = str(ca)
    if pair:
        env["GALE__TLS__CERT"], env["GALE__TLS__KEY"] = map(str, pair)
    if verify:
        env["GALE__TLS__VERIFY_CLIENTS"] = "True"
    if rest:
        env["GALE__API__SSL_CERT"], env["GALE__API__SSL_KEY"] = map(str, rest)
    return env


class SecureGale(Gale):
    """A Gale whose REST speaks https."""

    def __init__(self):
        super().__init__()
        self.tls = self.home / "tls"
        self.tls.mkdir()
        self.ca = Authority(self.tls)
        self.server_pair = self.ca.issue("server")
        self.client_pair = self.ca.issue("client")

    def https(self, method, path, body=None, token=None, ca=None):
        request = urllib.request.Request(
            f"https://127.0.0.1:{self.port}{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json",
                     **({"Authorization": f"Bearer {token}"} if token else {})})
        context = ssl.create_default_context(cafile=str(ca or self.ca.cert))
        try:
            with urllib.request.urlopen(request, timeout=10, context=context) as response:
                return response.status, json.loads(response.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def rest(self, method, path, body=None, token=None, headers=None):
        return self.https(method, path, body, token)

    def remote(self, *args, env, check=True):
        """The CLI as on another machine: a home without settings, TCP, a token."""
        far = self.home / "cli"
        far.mkdir(exist_ok=True)
        return self.cli(*args, "--server", f"127.0.0.1:{self.grpc_port}", check=check,
                        env={"GALE_HOME": str(far), "GALE_TOKEN": self.token(), **env})

    def worker(self, name, env):
        return self.spawn("worker", "--home", str(self.home / name), "--name", name,
                          "--master", f"127.0.0.1:{self.grpc_port}",
                          "--join-token-file", str(self.home / "join_token"),
                          env={"GALE_HOME": str(self.home / name), **env}, log=name)


@pytest.fixture
def secure():
    gale = SecureGale()
    yield gale
    gale.close()


def says(process, *words):
    wait_until(lambda: all(word in process.log.read_text() for word in words),
               lambda: f"{words} from {process.args}; it said: {process.log.read_text()}")


def test_with_mutual_tls_only_who_has_a_certificate_gets_in(secure):
    secure.start("master", env=tls_env(secure.ca.cert, secure.server_pair, verify=True,
                                       rest=secure.server_pair))
    secure.add_dag("guarded", dag_text(
        "guarded", "BashOperator(task_id='t', bash_command='echo through TLS')"))
    secure.trigger("guarded", "r1")

    bare = secure.worker("bare", tls_env(secure.ca.cert))
    says(bare, "takes only who shows a certificate", "[tls] cert and key")
    stranger = Authority(secure.tls, "other").issue("stranger")
    forger = secure.worker("forger", tls_env(secure.ca.cert, stranger))
    says(forger, "refuses our certificate", "stranger.pem")
    plain = secure.worker("plain", {})
    says(plain, "speaks TLS, and we don't")
    assert secure.states("guarded", "r1")["t"] == "queued"

    worker = secure.worker("good", tls_env(secure.ca.cert, secure.client_pair))
    assert secure.wait_for_end("guarded", "r1")[0] == "success", worker.log.read_text()
    # The log came over the same channel.
    assert "through TLS" in secure.cli("tasks", "logs", "guarded", "r1", "t").stdout

    good = tls_env(secure.ca.cert, secure.client_pair)
    assert "guarded" in secure.remote("dags", "list", env=good).stdout
    one_line_error(secure.remote("dags", "list", env=tls_env(secure.ca.cert), check=False),
                   f"127.0.0.1:{secure.grpc_port}", "takes only who shows a certificate")


def test_the_cli_takes_the_authority_from_a_flag_or_a_variable(secure):
    secure.start("master", env=tls_env(pair=secure.server_pair, rest=secure.server_pair))
    ca = str(secure.ca.cert)
    secure.remote("dags", "list", "--tls-ca", ca, env={})
    secure.remote("dags", "list", env={"GALE_TLS_CA": ca})
    # A flag beats the variable.
    secure.remote("dags", "list", "--tls-ca", ca, env={"GALE_TLS_CA": "/nowhere"})

    one_line_error(secure.remote("dags", "list", env={}, check=False), "speaks TLS", "--tls-ca")
    other = str(Authority(secure.tls, "other").cert)
    one_line_error(secure.remote("dags", "list", "--tls-ca", other, env={}, check=False),
                   "not trusted", other)
    one_line_error(secure.remote("dags", "list", "--tls-ca", "/nowhere.pem", env={}, check=False),
                   "/nowhere.pem", "No such file")


def test_a_master_without_tls_is_named_to_who_wants_it(secure):
    secure.start("master", env=tls_env(rest=secure.server_pair))
    one_line_error(secure.remote("dags", "list", env=tls_env(secure.ca.cert), check=False),
                   "doesn't speak TLS", f"127.0.0.1:{secure.grpc_port}")
    says(secure.worker("w", tls_env(secure.ca.cert)), "doesn't speak TLS")


def test_rest_over_https_for_those_who_trust_its_authority(secure):
    secure.start("master", env=tls_env(rest=secure.server_pair))
    token = secure.token()
    assert secure.https("GET", "/api/v2/dags", token=token)[0] == 200
    assert secure.https("GET", "/api/v2/dags")[0] == 401
    other = Authority(secure.tls, "other").cert
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        secure.https("GET", "/api/v2/dags", ca=other)
    status, answer = Gale.rest(secure, "GET", "/api/v2/dags")  # http:// on the same port
    assert (status, "https" in str(answer)) == (400, True)


def test_standalone_on_one_machine_needs_no_certificate_of_its_own_worker(secure):
    secure.start(env=tls_env(secure.ca.cert, secure.server_pair, verify=True,
                             rest=secure.server_pair))
    secure.add_dag("near", dag_text("near", "BashOperator(task_id='t', bash_command='true')"))
    secure.trigger("near", "r1")
    assert secure.wait_for_end("near", "r1")[0] == "success"


def test_a_master_does_not_start_with_files_that_cannot_work(secure):
    def refusal(env):
        process = secure.spawn("master", *secure.flags(), env=env, log=f"master{len(secure.processes)}")
        assert process.wait(PATIENCE) != 0
        return process.log.read_text()

    cert, key = secure.server_pair
    said = refusal(tls_env(pair=(cert, secure.client_pair[1])))
    assert str(secure.client_pair[1]) in said and "doesn't belong" in said
    assert "/nowhere.key" in refusal(tls_env(pair=(cert, "/nowhere.key")))
    assert "verify_clients" in refusal(tls_env(pair=secure.server_pair, verify=True))
    assert "verify_clients" in refusal(tls_env(verify=True))
    assert str(key) in refusal(tls_env(rest=(secure.client_pair[0], key)))
    assert "plain text" in refusal(tls_env(ca=secure.ca.cert))
    torn = secure.tls / "torn.pem"
    torn.write_bytes(cert.read_bytes()[:200])
    assert str(torn) in refusal(tls_env(rest=(torn, key)))


def test_settings_may_name_files_relative_to_the_home(secure):
    cert, key = (os.path.relpath(path, secure.home) for path in secure.server_pair)
    (secure.home / "gale.cfg").write_text(
        f"[tls]\ncert = {cert}\nkey = {key}\n[webserver]\nweb_server_ssl_cert = {cert}\n"
        f"web_server_ssl_key = {key}\n")
    secure.start("master")
    secure.remote("dags", "list", env=tls_env(secure.ca.cert))
