"""airflow.utils.yaml: PyYAML, if it is installed."""

from yaml import YAMLError, dump, load, safe_dump, safe_load  # noqa: F401 (by name)
