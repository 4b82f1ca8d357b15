"""Modules of 1.10 and early 2 whose classes live in provider packages today, and operators that those dropped.

The table below is used by airflow_names.py's reader: MOVED: module -> the provider's module. DROPPED: a provider's
class -> (its successor, the argument that is called conn_id today). A provider that is not installed is an
ImportError that names its package.
"""

_GOOGLE = "airflow.providers.google.cloud"
_AMAZON = "airflow.providers.amazon.aws"
_KUBERNETES = "airflow.providers.cncf.kubernetes"
_SQL = "airflow.providers.common.sql"
_HIVE = "airflow.providers.apache.hive"
_SPARK = "airflow.providers.apache.spark"
_CONTRIB = "airflow.contrib"

MOVED = {
    "airflow.hooks.S3_hook": f"{_AMAZON}.hooks.s3",
    "airflow.hooks.dbapi": f"{_SQL}.hooks.sql",
    "airflow.hooks.dbapi_hook": f"{_SQL}.hooks.sql",
    "airflow.hooks.docker_hook": "airflow.providers.docker.hooks.docker",
    "airflow.hooks.hive_hooks": f"{_HIVE}.hooks.hive",
    "airflow.hooks.http_hook": "airflow.providers.http.hooks.http",
    "airflow.hooks.jdbc_hook": "airflow.providers.jdbc.hooks.jdbc",
    "airflow.hooks.mssql_hook": "airflow.providers.microsoft.mssql.hooks.mssql",
    "airflow.hooks.mysql_hook": "airflow.providers.mysql.hooks.mysql",
    "airflow.hooks.oracle_hook": "airflow.providers.oracle.hooks.oracle",
    "airflow.hooks.postgres_hook": "airflow.providers.postgres.hooks.postgres",
    "airflow.hooks.presto_hook": "airflow.providers.presto.hooks.presto",
    "airflow.hooks.samba_hook": "airflow.providers.samba.hooks.samba",
    "airflow.hooks.slack_hook": "airflow.providers.slack.hooks.slack",
    "airflow.hooks.sqlite_hook": "airflow.providers.sqlite.hooks.sqlite",
    "airflow.operators.check_operator": f"{_SQL}.operators.sql",
    "airflow.operators.sql": f"{_SQL}.operators.sql",
    "airflow.operators.docker_operator": "airflow.providers.docker.operators.docker",
    "airflow.operators.hive_operator": f"{_HIVE}.operators.hive",
    "airflow.operators.hive_to_mysql": f"{_HIVE}.transfers.hive_to_mysql",
    "airflow.operators.http_operator": "airflow.providers.http.operators.http",
    "airflow.operators.jdbc_operator": "airflow.providers.jdbc.operators.jdbc",
    "airflow.operators.mssql_operator": "airflow.providers.microsoft.mssql.operators.mssql",
    "airflow.operators.mysql_operator": "airflow.providers.mysql.operators.mysql",
    "airflow.operators.mysql_to_hive": f"{_HIVE}.transfers.mysql_to_hive",
    "airflow.operators.oracle_operator": "airflow.providers.oracle.operators.oracle",
    "airflow.operators.papermill_operator": "airflow.providers.papermill.operators.papermill",
    "airflow.operators.postgres_operator": "airflow.providers.postgres.operators.postgres",
    "airflow.operators.presto_check_operator": f"{_SQL}.operators.sql",
    "airflow.operators.redshift_to_s3_operator": f"{_AMAZON}.transfers.redshift_to_s3",
    "airflow.operators.s3_to_redshift_operator": f"{_AMAZON}.transfers.s3_to_redshift",
    "airflow.operators.s3_file_transform_operator": f"{_AMAZON}.operators.s3",
    "airflow.operators.slack_operator": "airflow.providers.slack.operators.slack",
    "airflow.operators.sqlite_operator": "airflow.providers.sqlite.operators.sqlite",
    "airflow.sensors.hive_partition_sensor": f"{_HIVE}.sensors.hive_partition",
    "airflow.sensors.http_sensor": "airflow.providers.http.sensors.http",
    "airflow.sensors.hdfs_sensor": "airflow.providers.apache.hdfs.sensors.hdfs",
    "airflow.sensors.s3_key_sensor": f"{_AMAZON}.sensors.s3",
    "airflow.sensors.s3_prefix_sensor": f"{_AMAZON}.sensors.s3",
    "airflow.sensors.sql": f"{_SQL}.sensors.sql",
    "airflow.sensors.sql_sensor": f"{_SQL}.sensors.sql",
    f"{_CONTRIB}.hooks.aws_hook": f"{_AMAZON}.hooks.base_aws",
    f"{_CONTRIB}.hooks.bigquery_hook": f"{_GOOGLE}.hooks.bigquery",
    f"{_CONTRIB}.hooks.ftp_hook": "airflow.providers.ftp.hooks.ftp",
    f"{_CONTRIB}.hooks.gcs_hook": f"{_GOOGLE}.hooks.gcs",
    f"{_CONTRIB}.hooks.mongo_hook": "airflow.providers.mongo.hooks.mongo",
    f"{_CONTRIB}.hooks.redshift_hook": f"{_AMAZON}.hooks.redshift_cluster",
    f"{_CONTRIB}.hooks.salesforce_hook": "airflow.providers.salesforce.hooks.salesforce",
    f"{_CONTRIB}.hooks.sftp_hook": "airflow.providers.sftp.hooks.sftp",
    f"{_CONTRIB}.hooks.slack_webhook_hook": "airflow.providers.slack.hooks.slack_webhook",
    f"{_CONTRIB}.hooks.snowflake_hook": "airflow.providers.snowflake.hooks.snowflake",
    f"{_CONTRIB}.hooks.ssh_hook": "airflow.providers.ssh.hooks.ssh",
    f"{_CONTRIB}.kubernetes.secret": f"{_KUBERNETES}.secret",
    f"{_CONTRIB}.operators.bigquery_operator": f"{_GOOGLE}.operators.bigquery",
    f"{_CONTRIB}.operators.bigquery_check_operator": f"{_GOOGLE}.operators.bigquery",
    f"{_CONTRIB}.operators.bigquery_to_gcs": f"{_GOOGLE}.transfers.bigquery_to_gcs",
    f"{_CONTRIB}.operators.databricks_operator": "airflow.providers.databricks.operators.databricks",
    f"{_CONTRIB}.operators.dataproc_operator": f"{_GOOGLE}.operators.dataproc",
    f"{_CONTRIB}.operators.ecs_operator": f"{_AMAZON}.operators.ecs",
    f"{_CONTRIB}.operators.emr_add_steps_operator": f"{_AMAZON}.operators.emr",
    f"{_CONTRIB}.operators.emr_create_job_flow_operator": f"{_AMAZON}.operators.emr",
    f"{_CONTRIB}.operators.emr_terminate_job_flow_operator": f"{_AMAZON}.operators.emr",
    f"{_CONTRIB}.operators.gcs_list_operator": f"{_GOOGLE}.operators.gcs",
    f"{_CONTRIB}.operators.gcs_to_bq": f"{_GOOGLE}.transfers.gcs_to_bigquery",
    f"{_CONTRIB}.operators.gcs_to_gcs": f"{_GOOGLE}.transfers.gcs_to_gcs",
    f"{_CONTRIB}.operators.kubernetes_pod_operator": f"{_KUBERNETES}.operators.pod",
    f"{_CONTRIB}.operators.mysql_to_gcs": f"{_GOOGLE}.transfers.mysql_to_gcs",
    f"{_CONTRIB}.operators.postgres_to_gcs_operator": f"{_GOOGLE}.transfers.postgres_to_gcs",
    f"{_CONTRIB}.operators.sftp_operator": "airflow.providers.sftp.operators.sftp",
    f"{_CONTRIB}.operators.slack_webhook_operator": "airflow.providers.slack.operators.slack_webhook",
    f"{_CONTRIB}.operators.snowflake_operator": "airflow.providers.snowflake.operators.snowflake",
    f"{_CONTRIB}.operators.spark_submit_operator": f"{_SPARK}.operators.spark_submit",
    f"{_CONTRIB}.operators.ssh_operator": "airflow.providers.ssh.operators.ssh",
    f"{_CONTRIB}.sensors.bigquery_sensor": f"{_GOOGLE}.sensors.bigquery",
    f"{_CONTRIB}.sensors.emr_step_sensor": f"{_AMAZON}.sensors.emr",
    f"{_CONTRIB}.sensors.emr_job_flow_sensor": f"{_AMAZON}.sensors.emr",
    f"{_CONTRIB}.sensors.gcs_sensor": f"{_GOOGLE}.sensors.gcs",
    f"{_CONTRIB}.sensors.sftp_sensor": "airflow.providers.sftp.sensors.sftp",
    f"{_KUBERNETES}.operators.kubernetes_pod": f"{_KUBERNETES}.operators.pod",
    f"{_AMAZON}.sensors.s3_key": f"{_AMAZON}.sensors.s3",
    f"{_AMAZON}.sensors.s3_prefix": f"{_AMAZON}.sensors.s3",
    f"{_AMAZON}.operators.s3_copy_object": f"{_AMAZON}.operators.s3",
    f"{_AMAZON}.operators.s3_delete_objects": f"{_AMAZON}.operators.s3",
    f"{_AMAZON}.operators.emr_create_job_flow": f"{_AMAZON}.operators.emr",
    f"{_AMAZON}.operators.emr_add_steps": f"{_AMAZON}.operators.emr",
    f"{_AMAZON}.operators.emr_terminate_job_flow": f"{_AMAZON}.operators.emr",
}

_EXECUTE = f"{_SQL}.operators.sql:SQLExecuteQueryOperator"
DROPPED = {
    "airflow.providers.postgres.operators.postgres:PostgresOperator": (_EXECUTE, "postgres_conn_id"),
    "airflow.providers.mysql.operators.mysql:MySqlOperator": (_EXECUTE, "mysql_conn_id"),
    "airflow.providers.microsoft.mssql.operators.mssql:MsSqlOperator": (_EXECUTE, "mssql_conn_id"),
    "airflow.providers.sqlite.operators.sqlite:SqliteOperator": (_EXECUTE, "sqlite_conn_id"),
    "airflow.providers.snowflake.operators.snowflake:SnowflakeOperator": (_EXECUTE, "snowflake_conn_id"),
    "airflow.providers.oracle.operators.oracle:OracleOperator": (_EXECUTE, "oracle_conn_id"),
    "airflow.providers.jdbc.operators.jdbc:JdbcOperator": (_EXECUTE, "jdbc_conn_id"),
    "airflow.providers.http.operators.http:SimpleHttpOperator":
        ("airflow.providers.http.operators.http:HttpOperator", ""),
}


def successor(path):
    """The class that stands for a dropped one: its successor, which takes the old argument as well; None: not
    dropped. ImportError: the provider is not installed."""
    import importlib
    if path not in DROPPED:
        return None
    target, old = DROPPED[path]
    module, name = target.split(":")
    base = getattr(importlib.import_module(module), name)
    defaults = {"postgres_conn_id": "postgres_default", "mysql_conn_id": "mysql_default",
                "mssql_conn_id": "mssql_default", "sqlite_conn_id": "sqlite_default",
                "snowflake_conn_id": "snowflake_default", "oracle_conn_id": "oracle_default",
                "jdbc_conn_id": "jdbc_default"}

    def __init__(self, **kwargs):
        if old:
            kwargs.setdefault("conn_id", kwargs.pop(old, None) or defaults[old])
            params = {each: kwargs.pop(each) for each in ("database", "warehouse", "schema", "role") if each in kwargs}
            if params:
                kwargs["hook_params"] = {**params, **kwargs.get("hook_params", {})}
        base.__init__(self, **kwargs)
    return type(path.rpartition(":")[2], (base,), {"__init__": __init__, "__module__": path.partition(":")[0]})
