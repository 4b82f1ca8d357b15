"""What must not be seen in logs and rendered fields, and its ***."""

import re

LENGTH_MIN = 5  # shorter ones would make holes in plain words
SECRET_NAMES = frozenset(("access_token", "api_key", "apikey", "authorization", "passphrase", "passwd", "password",
                          "private_key", "proxy", "proxies", "secret", "token", "keyfile_dict", "service_account"))
_secrets = set()


def mask(secret, name=None):
    if isinstance(secret, dict):
        for key, value in secret.items():
            mask(value, key)
    elif isinstance(secret, (list, tuple, set)):
        for value in secret:
            mask(value)
    elif isinstance(secret, str) and len(secret) >= LENGTH_MIN:
        _secrets.add(secret)


def is_secret_name(name):
    return isinstance(name, str) and any(word in name.lower() for word in SECRET_NAMES)


def redact(value, name=None, max_depth=5):
    """`value` with the secrets in it as ***, and whole where its name says that it is one."""
    if is_secret_name(name) and value not in (None, ""):
        return "***"
    if isinstance(value, str):
        return re.sub("|".join(map(re.escape, sorted(_secrets, key=len, reverse=True))), "***", value) \
            if _secrets else value
    if max_depth and isinstance(value, dict):
        return {key: redact(item, key, max_depth - 1) for key, item in value.items()}
    if max_depth and isinstance(value, (list, tuple, set)):
        return type(value)(redact(item, None, max_depth - 1) for item in value) if type(value) in (list, tuple, set) \
            else value
    return value


def mask_secret(secret, name=None):
    from gale import task_state
    task_state.mask(secret, name)


def reset():
    _secrets.clear()
