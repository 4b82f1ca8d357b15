"""`airflow.configuration.conf` for DAG files and templates: AIRFLOW__SECTION__KEY and GALE__SECTION__KEY in the
environment, then gale.cfg in $GALE_HOME."""

import configparser
import functools
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
    return os.path.join(_home(), "dags") if (section, key) == ("core", "dags_folder") else None


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

    def has_option(self, section, key):
        return _find(section.lower(), key.lower()) is not None


conf = Configuration()
get = conf.get
