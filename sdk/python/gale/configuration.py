"""`airflow.configuration.conf` for DAG files and templates: AIRFLOW__SECTION__KEY and GALE__SECTION__KEY in the
environment, then gale.cfg in $GALE_HOME."""

import configparser
import datetime
import functools
import json
import os

from gale.exceptions import AirflowConfigException

_UNSET = object()


def _home():
    return os.environ.get("GALE_HOME") or os.path.expanduser("~/.gale")


@functools.lru_cache(maxsize=None)
def _file(path):
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):  # gale itself says what is wrong with it
        return configparser.ConfigParser(interpolation=None)
    return parser


def _find(section, key):
    """What is said about it, or None."""
    for owner in ("AIRFLOW", "GALE"):
        name = f"{owner}__{section}__{key}".upper()
        if name in os.environ:
            return os.environ[name]
    if (section, key) == ("core", "dags_folder"):  # a bundle's tree on this worker, if its code came as one
        if os.environ.get("GALE_DAGS_FOLDER"):
            return os.environ["GALE_DAGS_FOLDER"]
    said = _file(os.path.join(_home(), "gale.cfg")).get(section, key, fallback=None)
    if said is not None:
        return said.replace("{home}", _home())
    return _default(section, key)


# What Airflow says where nobody said anything: files read it, and Gale has no use for it.
_KUBERNETES = {"namespace": "default", "worker_container_repository": "", "worker_container_tag": "",
               "in_cluster": "True", "pod_template_file": "", "config_file": "", "cluster_context": "",
               "delete_worker_pods": "True"}
_SMTP = {"smtp_host": "localhost", "smtp_port": "25", "smtp_starttls": "True", "smtp_ssl": "False",
         "smtp_timeout": "30", "smtp_retry_limit": "5"}


def _default(section, key):
    """Where Gale keeps what these name in Airflow, and how it behaves."""
    folders = {("core", "dags_folder"): "dags", ("core", "plugins_folder"): "plugins",
               ("logging", "base_log_folder"): "logs"}
    if (section, key) in folders:
        return os.path.join(_home(), folders[section, key])
    return {("operators", "default_deferrable"): "False", ("core", "default_timezone"): "utc",
            ("core", "executor"): "CeleryExecutor", ("operators", "default_owner"): "airflow",
            ("core", "xcom_backend"): "airflow.sdk.execution_time.xcom.BaseXCom", ("core", "load_examples"): "False",
            ("core", "parallelism"): "32", ("core", "dags_are_paused_at_creation"): "True",
            ("core", "fernet_key"): "", ("core", "hostname_callable"): "airflow.utils.net.getfqdn",
            ("webserver", "base_url"): "http://localhost:8080", ("api", "base_url"): "http://localhost:8080",
            ("smtp", "smtp_mail_from"): "gale@localhost", ("logging", "remote_logging"): "False",
            ("email", "email_backend"): "airflow.utils.email.send_email_smtp",
            **{("smtp", name): value for name, value in _SMTP.items()},
            **{(place, name): value for place in ("kubernetes", "kubernetes_executor")
               for name, value in _KUBERNETES.items()}}.get((section, key))


class Configuration:
    def get(self, section, key, fallback=_UNSET, **kwargs):
        said = _find(section.lower(), key.lower())
        if said is not None:
            return said
        if fallback is not _UNSET:
            return fallback
        raise AirflowConfigException(f"section/key [{section}/{key}] not found: it stands neither in the environment "
                                     f"({f'AIRFLOW__{section}__{key}'.upper()}) nor in "
                                     f"{os.path.join(_home(), 'gale.cfg')}")

    def _converted(self, convert, section, key, fallback):
        value = self.get(section, key, fallback)
        if value is fallback:
            return value
        try:
            return convert(value)
        except (ValueError, KeyError):
            raise AirflowConfigException(f"[{section}/{key}] is {value!r}, which cannot be read") from None

    def getint(self, section, key, fallback=_UNSET):
        return self._converted(int, section, key, fallback)

    def getfloat(self, section, key, fallback=_UNSET):
        return self._converted(float, section, key, fallback)

    def getboolean(self, section, key, fallback=_UNSET):
        words = {"true": True, "t": True, "1": True, "yes": True, "false": False, "f": False, "0": False, "no": False}
        return self._converted(lambda text: words[text.lower()], section, key, fallback)

    def getlist(self, section, key, fallback=_UNSET, delimiter=","):
        return self._converted(lambda text: [part.strip() for part in text.split(delimiter) if part.strip()],
                               section, key, fallback)

    def getjson(self, section, key, fallback=_UNSET, **kwargs):
        return self._converted(json.loads, section, key, fallback)

    def getimport(self, section, key, fallback=None, **kwargs):
        """The thing at the path that is said there; None if none is."""
        from gale.helpers import import_string
        path = self.get(section, key, fallback)
        return import_string(path) if path else None

    def gettimedelta(self, section, key, fallback=None, **kwargs):
        said = self.get(section, key, fallback)
        return said if said is fallback or not said else datetime.timedelta(seconds=int(said))

    def getenum(self, section, key, enum_class, fallback=_UNSET, **kwargs):
        return self._converted(lambda text: enum_class[text], section, key, fallback)

    get_mandatory_value = getmandatory = get

    def getsection(self, section):
        said = dict(_file(os.path.join(_home(), "gale.cfg"))[section]) \
            if _file(os.path.join(_home(), "gale.cfg")).has_section(section) else {}
        for owner in ("GALE", "AIRFLOW"):
            prefix = f"{owner}__{section}__".upper()
            said.update((name[len(prefix):].lower(), value) for name, value in os.environ.items()
                        if name.startswith(prefix))
        return said or None

    def set(self, section, key, value):
        """For this process only."""
        os.environ[f"AIRFLOW__{section}__{key}".upper()] = str(value)

    def has_option(self, section, key):
        return _find(section.lower(), key.lower()) is not None


conf = Configuration()
get, getboolean, getint, getfloat = conf.get, conf.getboolean, conf.getint, conf.getfloat
has_option = conf.has_option
