"""The run that succeeded last before this one, in templates. (Apart, since reading DAG files needs no Jinja.)"""

import re

# Of the run that succeeded last before this one: named so in templates -> named so in the task file.
PREVIOUS_SUCCESS = {
    "prev_data_interval_start_success": "data_interval_start",
    "prev_data_interval_end_success": "data_interval_end",
    "prev_start_date_success": "start_date",
    "prev_end_date_success": "end_date",
    "prev_execution_date_success": "logical_date",
}
_NAMES_PREVIOUS_SUCCESS = re.compile("|".join(PREVIOUS_SUCCESS))
_TAKES_IN_FILES = re.compile(r"{%[-+]?\s*(include|import|from|extends)\b")


def may_be_named(text):
    """Whether a template may name one of PREVIOUS_SUCCESS: by itself, or in a file that it takes in."""
    return bool(_NAMES_PREVIOUS_SUCCESS.search(text) or _TAKES_IN_FILES.search(text))
