"""airflow.kubernetes.secret: read and kept."""


class Secret:
    def __init__(self, deploy_type, deploy_target, secret, key=None, items=None):
        self.deploy_type, self.deploy_target, self.secret, self.key = deploy_type, deploy_target, secret, key
        self.items = items or []

    def __repr__(self):
        return f"Secret({self.deploy_type}, {self.deploy_target}, {self.secret}, {self.key})"
