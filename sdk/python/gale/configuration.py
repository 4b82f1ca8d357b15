"""`airflow.configuration.conf` for DAG files and templates: answers from AIRFLOW__SECTION__KEY only."""

import os

from gale.exceptions import AirflowConfigException

_UNSET = object()


class Configuration:
    def get(self, section, key, fallback=_UNSET, **kwargs):
        name = f"AIRFLOW__{section}__{key}".upper()
        if name in os.environ:
            return os.environ[name]
        if fallback is not _UNSET:
            return fallback
        raise AirflowConfigException(f"section/key [{section}/{key}] not found: Gale answers DAG files only from the "
                                     f"environment ({name})")

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
        return f"AIRFLOW__{section}__{key}".upper() in os.environ


conf = Configuration()
get = conf.get
