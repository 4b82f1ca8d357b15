"""Which Airflow's defaults a DAG file is read with: "1.10", "2" or "3".

Which names a file imports is known only once it has run, so DAGs ask while they are serialised (or read).
"""

import os

PROFILES = ("1.10", "2", "3")
_eras = set()  # of the airflow modules that the file took names from; "" is any era


def touch(era):
    """The file took a name from a module of this era ("1.10", "2", "3" or "")."""
    _eras.add(era)


def reset():
    _eras.clear()


def current():
    """GALE_DAG_PROFILE if set; else by the modules that were used."""
    forced = os.environ.get("GALE_DAG_PROFILE")
    if forced:
        if forced not in PROFILES:
            raise ValueError(f"GALE_DAG_PROFILE is {forced!r}; it must be one of {', '.join(PROFILES)}")
        return forced
    if "3" in _eras or not _eras:  # a file that knows only `gale` has no older habits
        return "3"
    return "1.10" if "1.10" in _eras and "2" not in _eras else "2"
