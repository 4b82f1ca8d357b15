"""What secrets backends of users and providers are made of; Gale asks none yet."""


class BaseSecretsBackend:
    def __init__(self, **kwargs):
        pass

    @staticmethod
    def build_path(path_prefix, secret_id, sep="/"):
        return f"{path_prefix}{sep}{secret_id}"

    def get_conn_value(self, conn_id):
        raise NotImplementedError

    def get_variable(self, key):
        raise NotImplementedError

    def get_config(self, key):
        return None
