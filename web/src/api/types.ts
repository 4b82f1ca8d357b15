// Made of master/api/http/openapi.json by `npm run types`: not to be edited.
export interface paths {
    "/auth/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** 403: only if everybody were an admin. */
        get: operations["create_token_all_admins"];
        put?: never;
        post: operations["create_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/token/cli": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["create_token_cli"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/monitor/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/version": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_version"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document. */
        get: operations["get_openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_front_page"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/dags": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_dags"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/dags/{dag_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_dag"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch: operations["patch_dag"];
        trace?: never;
    };
    "/api/v2/dags/{dag_id}/details": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_dag_details"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/dags/{dag_id}/favorite": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["favorite_dag"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/dags/{dag_id}/unfavorite": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["unfavorite_dag"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/dagSources/{dag_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_dag_source"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_config"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/config/section/{section}/option/{option}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_config_value"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/dagStats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_dag_stats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/dagTags": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_dag_tags"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/dagWarnings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_dag_warnings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/dags/{dag_id}/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_tasks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/dags/{dag_id}/tasks/{task_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_task"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/dags/{dag_id}/dagVersions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_dag_versions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/dags/{dag_id}/dagVersions/{version_number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_dag_version"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/importErrors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_import_errors"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/importErrors/{import_error_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_import_error"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/dags/{dag_id}/dagRuns": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_dag_runs"];
        put?: never;
        post: operations["trigger_dag_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_dag_run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch: operations["patch_dag_run"];
        trace?: never;
    };
    "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_task_instances"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_task_instance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch: operations["patch_task_instance"];
        trace?: never;
    };
    "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_mapped_task_instance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch: operations["patch_task_instance_by_map_index"];
        trace?: never;
    };
    "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/listMapped": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_mapped_task_instances"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/tries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_task_instance_tries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/tries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_mapped_task_instance_tries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/logs/{try_number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_log"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_xcom_entries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries/{xcom_key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_xcom_entry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/dags/{dag_id}/clearTaskInstances": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["post_clear_task_instances"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/pools": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_pools"];
        put?: never;
        post: operations["post_pool"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/pools/{pool_name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_pool"];
        put?: never;
        post?: never;
        delete: operations["delete_pool"];
        options?: never;
        head?: never;
        patch: operations["patch_pool"];
        trace?: never;
    };
    "/api/v2/variables": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_variables"];
        put?: never;
        post: operations["post_variable"];
        delete?: never;
        options?: never;
        head?: never;
        patch: operations["bulk_variables"];
        trace?: never;
    };
    "/api/v2/variables/{variable_key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_variable"];
        put?: never;
        post?: never;
        delete: operations["delete_variable"];
        options?: never;
        head?: never;
        patch: operations["patch_variable"];
        trace?: never;
    };
    "/api/v2/connections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_connections"];
        put?: never;
        post: operations["post_connection"];
        delete?: never;
        options?: never;
        head?: never;
        patch: operations["bulk_connections"];
        trace?: never;
    };
    "/api/v2/connections/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["test_connection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/connections/{connection_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_connection"];
        put?: never;
        post?: never;
        delete: operations["delete_connection"];
        options?: never;
        head?: never;
        patch: operations["patch_connection"];
        trace?: never;
    };
    "/api/v2/eventLogs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_event_logs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_session"];
        put?: never;
        /** Sets the cookie gale_session, which all operations take instead of a bearer token. */
        post: operations["begin_session"];
        /** Ends the session (or the bearer JWT), and takes the cookie away, whatever it is worth. */
        delete: operations["end_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What changes from now on, or from a position on, as server-sent events: hello, turn, read_again, log, time. Each has an id to resume by. */
        get: operations["get_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/eventLogs/{event_log_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_event_log"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/session/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** One's own. Sessions and JWTs that were given for the old one end, but the one that asks with the cookie; named tokens stay. */
        post: operations["change_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_users"];
        put?: never;
        post: operations["post_user"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/users/{username}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: operations["delete_user"];
        options?: never;
        head?: never;
        patch: operations["patch_user"];
        trace?: never;
    };
    "/api/gale/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own named tokens, without their secrets. */
        get: operations["get_api_tokens"];
        put?: never;
        /** Makes one, and tells it this once. Not with a named token: who logged in makes them. */
        post: operations["post_api_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/tokens/{token_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** One's own, or for Admins anybody's. It ends at once. */
        delete: operations["delete_api_token"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/cluster": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_cluster"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/workers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_workers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/workers/{worker_name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: operations["forget_worker"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/workers/{worker_name}/drain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["drain_worker"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/workers/{worker_name}/undrain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["undrain_worker"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_log_range"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/log/times": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_log_times"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/log/marks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["find_in_log"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/dags/{dag_id}/structure": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a DAG consists of, in the order of the grid's rows. */
        get: operations["get_dag_structure"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/dags": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The list of DAGs, with their last runs and counts of all. */
        get: operations["get_dag_items"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/dags/{dag_id}/dagRuns/{dag_run_id}/gantt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** When the tasks of a run ran. */
        get: operations["get_dag_gantt"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How everything stands. */
        get: operations["get_summary"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/dags/{dag_id}/calendar": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The DAG's runs by day of their run_after, and those that are planned. */
        get: operations["get_dag_calendar"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/dags/{dag_id}/grid": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The DAG's latest runs by its tasks, a letter a task. */
        get: operations["get_dag_grid"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/waits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_waits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/queues": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_queues"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/pools/{pool_name}/holders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_pool_holders"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/dags/{dag_id}/dagRuns/{dag_run_id}/output": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_run_output"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/dags/{dag_id}/dagRuns/{dag_run_id}/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["explain_dag_run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gale/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["explain_task_instance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        LogTimesResponse: {
            times: components["schemas"]["LogTimeResponse"][];
        };
        LogTimeResponse: {
            offset: number;
            /** Format: date-time */
            time: string;
        };
        OutputLineResponse: {
            task_id: string;
            map_index: number;
            try_number: number;
            /** Format: date-time */
            time: string | null;
            text: string;
        };
        RunOutputResponse: {
            lines: components["schemas"]["OutputLineResponse"][];
            next: string | null;
            complete: boolean;
            logs_left_out: number;
        };
        LogMarkResponse: {
            offset: number;
            line: number;
        };
        LogMarksResponse: {
            size: number;
            complete: boolean;
            try_number: number;
            lines: number;
            errors: components["schemas"]["LogMarkResponse"][];
            errors_total: number;
            hits: components["schemas"]["LogMarkResponse"][];
            hits_total: number;
            next: number | null;
            scanned: number;
        };
        DagVersionResponse: {
            id: string;
            version_number: number;
            dag_id: string;
            bundle_name: string | null;
            bundle_version: string | null;
            bundle_url: string | null;
            /** Format: date-time */
            created_at: string;
            dag_display_name: string;
        };
        DagTagResponse: {
            name: string;
            dag_id: string;
            dag_display_name: string;
        };
        DAGResponse: {
            dag_id: string;
            dag_display_name: string;
            is_paused: boolean;
            is_stale: boolean;
            /** Format: date-time */
            last_parsed_time: string;
            last_parse_duration: number | null;
            /** Format: date-time */
            last_expired: string | null;
            bundle_name: string | null;
            bundle_version: string | null;
            relative_fileloc: string | null;
            fileloc: string;
            file_token: string;
            description: string | null;
            timetable_summary: string | null;
            timetable_description: string | null;
            timetable_partitioned: boolean;
            tags: components["schemas"]["DagTagResponse"][];
            owners: string[];
            max_active_tasks: number;
            max_active_runs: number;
            max_consecutive_failed_dag_runs: number;
            has_task_concurrency_limits: boolean;
            has_import_errors: boolean;
            /** Format: date-time */
            next_dagrun_logical_date: string | null;
            /** Format: date-time */
            next_dagrun_data_interval_start: string | null;
            /** Format: date-time */
            next_dagrun_data_interval_end: string | null;
            /** Format: date-time */
            next_dagrun_run_after: string | null;
            allowed_run_types: string[] | null;
        };
        DAGDetailsResponse: components["schemas"]["DAGResponse"] & {
            catchup?: boolean;
            concurrency?: number;
            /** Format: duration */
            dag_run_timeout?: string | null;
            doc_md?: string | null;
            /** Format: date-time */
            start_date?: string | null;
            /** Format: date-time */
            end_date?: string | null;
            is_paused_upon_creation?: boolean | null;
            params?: Record<string, never> | null;
            render_template_as_native_obj?: boolean;
            template_search_path?: string[] | null;
            timezone?: string | null;
            /** Format: date-time */
            last_parsed?: string | null;
            default_args?: Record<string, never> | null;
            asset_expression?: Record<string, never> | null;
            owner_links?: {
                [key: string]: string;
            };
            is_favorite?: boolean;
            latest_dag_version?: components["schemas"]["DagVersionResponse"];
        };
        DAGCollectionResponse: {
            dags: components["schemas"]["DAGResponse"][];
            total_entries: number;
        };
        DAGVersionCollectionResponse: {
            dag_versions: components["schemas"]["DagVersionResponse"][];
            total_entries: number;
        };
        TaskResponse: {
            task_id: string | null;
            task_display_name: string | null;
            owner: string | null;
            /** Format: date-time */
            start_date: string | null;
            /** Format: date-time */
            end_date: string | null;
            trigger_rule: string | null;
            depends_on_past: boolean;
            wait_for_downstream: boolean;
            retries: number;
            queue: string | null;
            pool: string | null;
            pool_slots: number;
            execution_timeout: components["schemas"]["TimeDelta"];
            retry_delay: components["schemas"]["TimeDelta"];
            retry_exponential_backoff: number;
            priority_weight: number;
            weight_rule: string | null;
            ui_color: string | null;
            ui_fgcolor: string | null;
            template_fields: string[];
            downstream_task_ids: string[];
            doc_md: string | null;
            operator_name: string | null;
            params: Record<string, never> | null;
            class_ref: {
                module_path: string | null;
                class_name: string | null;
            };
            is_mapped: boolean;
            extra_links: string[];
        };
        TimeDelta: {
            __type: string;
            days: number;
            seconds: number;
            microseconds: number;
        } | null;
        TaskCollectionResponse: {
            tasks: components["schemas"]["TaskResponse"][];
            total_entries: number;
        };
        ImportErrorResponse: {
            import_error_id: number;
            /** Format: date-time */
            timestamp: string;
            filename: string;
            bundle_name: string | null;
            stack_trace: string;
        };
        ImportErrorCollectionResponse: {
            import_errors: components["schemas"]["ImportErrorResponse"][];
            total_entries: number;
        };
        DAGRunResponse: {
            dag_run_id: string;
            dag_id: string;
            dag_display_name: string;
            /** Format: date-time */
            logical_date: string | null;
            /** Format: date-time */
            queued_at: string | null;
            /** Format: date-time */
            start_date: string | null;
            /** Format: date-time */
            end_date: string | null;
            duration: number | null;
            /** Format: date-time */
            data_interval_start: string | null;
            /** Format: date-time */
            data_interval_end: string | null;
            /** Format: date-time */
            run_after: string;
            last_scheduling_decision: string | null;
            /** @enum {string} */
            run_type: "backfill" | "scheduled" | "manual" | "asset_triggered";
            /** @enum {string} */
            state: "queued" | "running" | "success" | "failed";
            /** @enum {string|null} */
            triggered_by: "cli" | "operator" | "rest_api" | "ui" | "test" | "timetable" | "asset" | "backfill" | null;
            triggering_user_name: string | null;
            conf: Record<string, never> | null;
            note: string | null;
            dag_versions: components["schemas"]["DagVersionResponse"][];
            bundle_version: string | null;
            partition_key: string | null;
        };
        DAGRunCollectionResponse: {
            dag_runs: components["schemas"]["DAGRunResponse"][];
            total_entries: number;
        };
        TaskInstanceResponse: {
            id: string;
            task_id: string;
            dag_id: string;
            dag_run_id: string;
            map_index: number;
            /** Format: date-time */
            logical_date: string | null;
            /** Format: date-time */
            run_after: string;
            /** Format: date-time */
            start_date: string | null;
            /** Format: date-time */
            end_date: string | null;
            duration: number | null;
            /** @enum {string|null} */
            state: "removed" | "scheduled" | "queued" | "running" | "success" | "restarting" | "failed" | "up_for_retry" | "up_for_reschedule" | "upstream_failed" | "skipped" | "deferred" | null;
            try_number: number;
            max_tries: number;
            task_display_name: string;
            dag_display_name: string;
            hostname: string;
            unixname: string | null;
            pool: string;
            pool_slots: number;
            queue: string;
            priority_weight: number;
            operator: string;
            operator_name: string;
            /** Format: date-time */
            queued_when: string | null;
            /** Format: date-time */
            scheduled_when: string | null;
            pid: number | null;
            executor: string | null;
            executor_config: string;
            note: string | null;
            rendered_map_index: string | null;
            rendered_fields: Record<string, never>;
            trigger: Record<string, never> | null;
            triggerer_job: Record<string, never> | null;
            dag_version: components["schemas"]["DagVersionResponse"];
            /** @description Not Airflow's. */
            cpu_seconds: number;
            /** @description Not Airflow's. */
            rss_bytes_max: number;
        };
        TaskInstanceHistoryResponse: {
            task_id: string;
            dag_id: string;
            dag_run_id: string;
            map_index: number;
            /** Format: date-time */
            start_date: string | null;
            /** Format: date-time */
            end_date: string | null;
            duration: number | null;
            /** @enum {string|null} */
            state: "removed" | "scheduled" | "queued" | "running" | "success" | "restarting" | "failed" | "up_for_retry" | "up_for_reschedule" | "upstream_failed" | "skipped" | "deferred" | null;
            try_number: number;
            max_tries: number;
            task_display_name: string;
            dag_display_name: string;
            hostname: string;
            unixname: string | null;
            pool: string;
            pool_slots: number;
            queue: string;
            priority_weight: number;
            operator: string;
            operator_name: string;
            /** Format: date-time */
            queued_when: string | null;
            /** Format: date-time */
            scheduled_when: string | null;
            pid: number | null;
            executor: string | null;
            executor_config: string;
            dag_version: components["schemas"]["DagVersionResponse"];
            /** @description Not Airflow's. */
            cpu_seconds: number;
            /** @description Not Airflow's. */
            rss_bytes_max: number;
        };
        TaskInstanceCollectionResponse: {
            task_instances: components["schemas"]["TaskInstanceResponse"][];
            total_entries: number;
        };
        TaskInstanceHistoryCollectionResponse: {
            task_instances: components["schemas"]["TaskInstanceHistoryResponse"][];
            total_entries: number;
        };
        XComResponse: {
            key: string;
            /** Format: date-time */
            timestamp: string;
            /** Format: date-time */
            logical_date: string | null;
            /** Format: date-time */
            run_after: string;
            map_index: number;
            task_id: string;
            task_display_name: string;
            dag_id: string;
            dag_display_name: string;
            run_id: string;
        };
        XComResponseWithValue: components["schemas"]["XComResponse"] & {
            value?: unknown;
        };
        XComCollectionResponse: {
            xcom_entries: components["schemas"]["XComResponse"][];
            total_entries: number;
        };
        PoolResponse: {
            name: string;
            slots: number;
            description: string | null;
            include_deferred: boolean;
            occupied_slots: number;
            running_slots: number;
            queued_slots: number;
            scheduled_slots: number;
            open_slots: number;
            deferred_slots: number;
            team_name: string | null;
        };
        PoolCollectionResponse: {
            pools: components["schemas"]["PoolResponse"][];
            total_entries: number;
        };
        VariableResponse: {
            key: string;
            value: string;
            description: string | null;
            is_encrypted: boolean;
            team_name: string | null;
        };
        VariableCollectionResponse: {
            variables: components["schemas"]["VariableResponse"][];
            total_entries: number;
        };
        ConnectionResponse: {
            connection_id: string;
            conn_type: string;
            description: string | null;
            host: string | null;
            login: string | null;
            schema: string | null;
            port: number | null;
            password: string | null;
            extra: string | null;
            team_name: string | null;
        };
        ConnectionCollectionResponse: {
            connections: components["schemas"]["ConnectionResponse"][];
            total_entries: number;
        };
        ConnectionTestResponse: {
            status: boolean;
            message: string;
        };
        BulkResponse: {
            create: unknown;
            update: unknown;
            delete: unknown;
        };
        UserResponse: {
            username: string;
            /** @enum {string} */
            role: "Viewer" | "User" | "Op" | "Admin";
        };
        UserCollectionResponse: {
            users: components["schemas"]["UserResponse"][];
            total_entries: number;
        };
        ApiTokenResponse: {
            /** @description The token begins with it, after gale_. */
            id: string;
            username: string;
            name: string;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            expires_at: string | null;
            /**
             * Format: date-time
             * @description A use, at most an hour before the latest one.
             */
            last_used_at: string | null;
        };
        ApiTokenCreatedResponse: {
            /** @description The token begins with it, after gale_. */
            id: string;
            username: string;
            name: string;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            expires_at: string | null;
            /**
             * Format: date-time
             * @description A use, at most an hour before the latest one.
             */
            last_used_at: string | null;
            token: string;
        };
        ApiTokenCollectionResponse: {
            tokens: components["schemas"]["ApiTokenResponse"][];
            total_entries: number;
        };
        ApiTokenPostBody: {
            name: string;
            /** Format: date-time */
            expires_at?: string | null;
            /** @description Whose; for Admins, if it isn't one's own. */
            username?: string;
        };
        ChangePasswordBody: {
            old_password: string;
            new_password: string;
        };
        UserPostBody: {
            username: string;
            password: string;
            /** @enum {string} */
            role: "Viewer" | "User" | "Op" | "Admin";
        };
        UserPatchBody: {
            /** @enum {string} */
            role: "Viewer" | "User" | "Op" | "Admin";
            password: string;
        };
        DagStatsStateResponse: {
            state: string;
            count: number;
        };
        DagStatsResponse: {
            dag_id: string;
            dag_display_name: string;
            stats: components["schemas"]["DagStatsStateResponse"][];
        };
        DagStatsCollectionResponse: {
            dags: components["schemas"]["DagStatsResponse"][];
            total_entries: number;
        };
        DAGTagCollectionResponse: {
            tags: string[];
            total_entries: number;
        };
        DAGWarningResponse: {
            dag_id: string;
            warning_type: string;
            message: string;
            /** Format: date-time */
            timestamp: string;
            dag_display_name: string;
        };
        DAGWarningCollectionResponse: {
            dag_warnings: components["schemas"]["DAGWarningResponse"][];
            total_entries: number;
        };
        DAGSourceResponse: {
            content: string | null;
            dag_id: string;
            version_number: number | null;
            dag_display_name: string;
        };
        Config: {
            sections: components["schemas"]["ConfigSection"][];
        };
        ConfigSection: {
            name: string;
            options: components["schemas"]["ConfigOption"][];
        };
        ConfigOption: {
            key: string;
            value: string;
        };
        EventLogResponse: {
            event_log_id: number;
            /** Format: date-time */
            when: string;
            dag_id: string | null;
            dag_display_name: string | null;
            task_id: string | null;
            task_display_name: string | null;
            run_id: string | null;
            map_index: number | null;
            try_number: number | null;
            event: string;
            logical_date: string | null;
            owner: string | null;
            extra: string | null;
        };
        EventLogCollectionResponse: {
            event_logs: components["schemas"]["EventLogResponse"][];
            total_entries: number;
        };
        WorkerResponse: {
            name: string;
            host: string;
            pid: number;
            version: string;
            queues: string[];
            slots: number;
            running: number;
            /** @enum {string} */
            state: "alive" | "draining" | "drained" | "lost" | "stopped";
            note: string;
            /** Format: date-time */
            last_heartbeat: string;
            /** Format: date-time */
            started_at: string | null;
            drain_reason: string | null;
            /**
             * Format: date-time
             * @description Of one that isn't connected: what it runs ends then.
             */
            lease_ends: string | null;
            tasks: components["schemas"]["HolderResponse"][];
            tasks_total: number;
            cpu_count: number | null;
            /** @description Cores in use. */
            cpu_load: number | null;
            memory_bytes: number | null;
            memory_used_bytes: number | null;
            devices: components["schemas"]["DeviceResponse"][];
        };
        DeviceResponse: {
            index: number;
            model: string;
            /** @description 0 to 1. */
            load: number | null;
            memory_used_bytes: number;
            memory_bytes: number;
            /** @description Degrees Celsius. */
            temperature: number | null;
            /** @description Which task has it: not known. */
            holder: string | null;
        };
        WorkerCollectionResponse: {
            workers: components["schemas"]["WorkerResponse"][];
            total_entries: number;
        };
        DrainResponse: {
            name: string;
            drained: boolean;
        };
        StructureTaskResponse: {
            task_id: string;
            label: string;
            group_id: string | null;
            operator_name: string;
            trigger_rule: string;
            is_mapped: boolean;
            is_setup: boolean;
            is_teardown: boolean;
            retries: number;
            pool: string;
            queue: string;
            doc_md: string | null;
            /** @description The median of its last successes. */
            usual_seconds: number | null;
        };
        StructureGroupResponse: {
            group_id: string;
            label: string;
            parent_id: string | null;
            tooltip: string | null;
            is_mapped: boolean;
        };
        StructureEdgeResponse: {
            upstream: string;
            downstream: string;
            label: string | null;
        };
        StructureResponse: {
            dag_id: string;
            version_number: number;
            tasks: components["schemas"]["StructureTaskResponse"][];
            groups: components["schemas"]["StructureGroupResponse"][];
            edges: components["schemas"]["StructureEdgeResponse"][];
            at: string;
        };
        RunBarResponse: {
            dag_run_id: string;
            state: string;
            run_type: string;
            /** Format: date-time */
            run_after: string;
            /** Format: date-time */
            start_date: string | null;
            /** Format: date-time */
            end_date: string | null;
        };
        DagItemResponse: {
            dag_id: string;
            is_paused: boolean;
            is_stale: boolean;
            is_favorite: boolean;
            has_import_errors: boolean;
            fileloc: string;
            description: string | null;
            owners: string[];
            tags: string[];
            timetable_summary: string | null;
            timetable_description: string | null;
            /** Format: date-time */
            next_dagrun_run_after: string | null;
            median_seconds: number | null;
            last_runs: components["schemas"]["RunBarResponse"][];
            queued_runs: number;
            running_runs: number;
            waiting: {
                count: number;
                check: components["schemas"]["CheckResponse"];
            } | null;
        };
        DagCountsResponse: {
            all: number;
            active: number;
            paused: number;
            failing: number;
            running: number;
            waiting: number;
            favorite: number;
            import_errors: number;
        };
        DagListResponse: {
            dags: components["schemas"]["DagItemResponse"][];
            total_entries: number;
            counts: components["schemas"]["DagCountsResponse"];
            tags: string[];
            owners: string[];
            at: string;
        };
        GanttTryResponse: {
            try_number: number;
            state: string;
            /** Format: date-time */
            scheduled_when: string | null;
            /** Format: date-time */
            queued_when: string | null;
            /** Format: date-time */
            start_date: string | null;
            /** Format: date-time */
            end_date: string | null;
            reason: string | null;
        };
        GanttRowResponse: {
            task_id: string;
            /** @enum {string|null} */
            state: "scheduled" | "queued" | "running" | "success" | "failed" | "skipped" | "upstream_failed" | "up_for_retry" | "up_for_reschedule" | "deferred" | "restarting" | "removed" | null;
            try_number: number;
            max_tries: number;
            /** Format: date-time */
            scheduled_when: string | null;
            /** Format: date-time */
            queued_when: string | null;
            /** Format: date-time */
            start_date: string | null;
            /** Format: date-time */
            end_date: string | null;
            /** Format: date-time */
            next_retry_at: string | null;
            hostname: string | null;
            reason: string | null;
            counts: {
                [key: string]: number;
            } | null;
            slowest_seconds: number | null;
            tries: components["schemas"]["GanttTryResponse"][];
            usual_seconds: number | null;
        };
        GanttResponse: {
            at: string;
            run: components["schemas"]["DAGRunResponse"];
            median_seconds: number | null;
            rows: components["schemas"]["GanttRowResponse"][];
        };
        NeedResponse: {
            dag_id: string;
            dag_run_id: string;
            task_id: string;
            map_index: number;
            state: string;
            try_number: number;
            max_tries: number;
            /** Format: date-time */
            end_date: string | null;
            /** Format: date-time */
            next_retry_at: string | null;
            reason: string | null;
            last_line: string | null;
        };
        TimelineRowResponse: {
            dag_id: string;
            runs: components["schemas"]["RunBarResponse"][];
            next: string[];
            median_seconds: number | null;
        };
        FinishedMinuteResponse: {
            /** Format: date-time */
            minute: string;
            success: number;
            failed: number;
        };
        SummaryResponse: {
            at: string;
            /** Format: date-time */
            now: string;
            dags: number;
            active_runs: number;
            failed_runs: number;
            running_tasks: number;
            waiting_tasks: number;
            finished_today: number;
            import_errors: number;
            needs_you: components["schemas"]["NeedResponse"][];
            waits: components["schemas"]["WaitGroupResponse"][];
            runs: components["schemas"]["TimelineRowResponse"][];
            finished: components["schemas"]["FinishedMinuteResponse"][];
            /** Format: date-time */
            finished_since: string;
            queue_wait_p50: number | null;
            queue_wait_p99: number | null;
            slots_used: number;
            slots_total: number;
        };
        CalendarDayResponse: {
            date: string;
            counts: {
                [key: string]: number;
            };
        };
        CalendarResponse: {
            days: components["schemas"]["CalendarDayResponse"][];
            planned: string[];
            at: string;
        };
        GridMappedResponse: {
            /** @description Its place in task_ids. */
            task: number;
            /** @description Its instances by state. */
            counts: {
                [key: string]: number;
            };
        };
        GridRunResponse: {
            dag_run_id: string;
            state: string;
            run_type: string;
            /** Format: date-time */
            logical_date: string | null;
            /** Format: date-time */
            run_after: string;
            /** Format: date-time */
            queued_at: string | null;
            /** Format: date-time */
            start_date: string | null;
            /** Format: date-time */
            end_date: string | null;
            dag_version: number;
            note: string | null;
            triggered_by: string | null;
            /** @description A letter a task of task_ids; '-': the run has no instance of it. */
            cells: string;
            mapped: components["schemas"]["GridMappedResponse"][];
        };
        GridResponse: {
            at: string;
            /** @description What the letters of cells mean: 'a' is the first. */
            states: string[];
            task_ids: string[];
            runs: components["schemas"]["GridRunResponse"][];
            median_seconds: number | null;
            has_older: boolean;
        };
        ExplainResponse: {
            /** @enum {string|null} */
            state: "removed" | "scheduled" | "queued" | "running" | "success" | "restarting" | "failed" | "up_for_retry" | "up_for_reschedule" | "upstream_failed" | "skipped" | "deferred" | null;
            /** Format: date-time */
            since: string | null;
            summary: string;
            reasons: string[];
            checks: components["schemas"]["CheckResponse"][];
            /** Format: date-time */
            eta: string | null;
        };
        WaitExampleResponse: {
            dag_id: string;
            dag_run_id: string;
            task_id: string;
            map_index: number;
        };
        WaitGroupResponse: {
            check: components["schemas"]["CheckResponse"];
            count: number;
            /** Format: date-time */
            oldest: string | null;
            dag_ids: string[];
            dags: number;
            examples: components["schemas"]["WaitExampleResponse"][];
        };
        WaitsResponse: {
            total: number;
            waits: components["schemas"]["WaitGroupResponse"][];
        };
        QueueResponse: {
            name: string;
            queued: number;
            /** Format: date-time */
            oldest: string | null;
            running: number;
            slots: number;
            workers: string[];
            started_per_minute: number;
        };
        QueuesResponse: {
            queues: components["schemas"]["QueueResponse"][];
        };
        HolderResponse: {
            dag_id: string;
            dag_run_id: string;
            task_id: string;
            map_index: number;
            state: string;
            pool_slots: number;
            /** Format: date-time */
            since: string | null;
            priority_weight: number;
            hostname: string | null;
        };
        HoldersResponse: {
            holders: components["schemas"]["HolderResponse"][];
            waiting: components["schemas"]["HolderResponse"][];
            waiting_total: number;
        };
        CheckResponse: {
            /** @enum {string} */
            kind: "dag_paused" | "run_after" | "max_active_runs" | "run_state" | "trigger_rule" | "previous_run" | "retry_at" | "reschedule_at" | "trigger" | "restarting" | "max_active_tasks" | "max_active_tis" | "parallelism" | "pool_missing" | "pool_too_small" | "pool_full" | "no_worker" | "queue";
            /** @description null: not looked at yet. */
            met: boolean | null;
            subject: string | null;
            have: number | null;
            need: number | null;
            limit: number | null;
            position: number | null;
            of: number | null;
            /** Format: date-time */
            at: string | null;
            names: string[];
        };
        HealthInfoResponse: {
            metadatabase: {
                status: string | null;
            };
            scheduler: {
                status: string | null;
                /** Format: date-time */
                latest_scheduler_heartbeat: string | null;
            };
            /** @description Gale has none: deferred tasks wait in the scheduler. */
            triggerer: {
                status: string | null;
                latest_triggerer_heartbeat: string | null;
            };
            dag_processor: {
                status: string | null;
                /** Format: date-time */
                latest_dag_processor_heartbeat: string | null;
            };
        };
        VersionInfo: {
            version: string;
            git_version: string;
        };
        ServerHealth: {
            name: string;
            /** @enum {string} */
            status: "healthy" | "unhealthy";
            message: string | null;
            latency_ms: number | null;
        };
        ClusterResponse: {
            leader: {
                name: string;
                epoch: number;
            } | null;
            masters: components["schemas"]["MasterResponse"][];
            database: components["schemas"]["ServerHealth"];
            queue: components["schemas"]["ServerHealth"];
            auditor: {
                audits: number;
                violations: number;
                last_violation: string | null;
            };
            answered_by: string;
        };
        MasterResponse: {
            name: string;
            /** @enum {string} */
            role: "leader" | "api" | "standby";
            /** @enum {string} */
            state: "alive" | "silent";
            grpc: string;
            rest: string;
            version: string;
            /** Format: date-time */
            started_at: string;
            /** Format: date-time */
            last_heartbeat: string;
        };
        LoginResponse: {
            access_token: string;
        };
        SessionResponse: {
            username: string;
            /** @enum {string} */
            role: "Viewer" | "User" | "Op" | "Admin";
            rights: ("read" | "run" | "operate" | "administer")[];
            /** @description The header X-CSRF-Token of what changes something. */
            csrf_token: string;
            /** Format: date-time */
            expires_at: string | null;
            /** Format: date-time */
            now: string;
            version: string;
        };
        TaskInstancesLogResponse: {
            content: {
                event: string;
            }[];
            continuation_token: string | null;
        };
        HTTPExceptionResponse: {
            detail: string | Record<string, never>;
        };
        HTTPValidationError: {
            detail: components["schemas"]["ValidationError"][] | string;
        };
        ValidationError: {
            type: string;
            loc: (string | number)[];
            msg: string;
            input: unknown;
        };
        LoginBody: {
            username: string;
            password: string;
        };
        DrainBody: {
            reason: string | null;
        };
        DAGPatchBody: {
            is_paused: boolean;
        };
        TriggerDAGRunPostBody: {
            dag_run_id: string | null;
            /**
             * Format: date-time
             * @description null: the run has none; left out: the DAG's profile decides.
             */
            logical_date: string | null;
            /** Format: date-time */
            data_interval_start: string | null;
            /** Format: date-time */
            data_interval_end: string | null;
            /** Format: date-time */
            run_after: string | null;
            conf: Record<string, never> | null;
            note: string | null;
            partition_key: string | null;
        };
        DAGRunPatchBody: {
            /** @enum {string|null} */
            state: "queued" | "success" | "failed" | null;
            note: string | null;
        };
        PatchTaskInstanceBody: {
            /** @enum {string|null} */
            new_state: "success" | "failed" | "skipped" | null;
            note: string | null;
            /** @default false */
            include_upstream: boolean;
            /** @default false */
            include_downstream: boolean;
            /** @default false */
            include_future: boolean;
            /** @default false */
            include_past: boolean;
        };
        ClearTaskInstancesBody: {
            /** @default true */
            dry_run: boolean;
            /** Format: date-time */
            start_date?: string | null;
            /** Format: date-time */
            end_date?: string | null;
            /** @default true */
            only_failed: boolean;
            /** @default false */
            only_running: boolean;
            /** @default true */
            reset_dag_runs: boolean;
            task_ids?: (string | [
                string,
                number
            ])[] | null;
            dag_run_id: string;
            /** @default false */
            include_upstream: boolean;
            /** @default false */
            include_downstream: boolean;
            /** @default false */
            include_future: boolean;
            /** @default false */
            include_past: boolean;
            /** @default false */
            run_on_latest_version: boolean;
            /** @default false */
            prevent_running_task: boolean;
        };
        VariableBody: {
            key: string;
            value: unknown;
            description?: string | null;
            team_name?: string | null;
        };
        VariablePatchBody: {
            key: string;
            value: unknown;
            description: string | null;
            team_name: string | null;
        };
        ConnectionBody: {
            connection_id: string;
            conn_type: string;
            description?: string | null;
            host?: string | null;
            login?: string | null;
            schema?: string | null;
            port?: number | null;
            password?: string | null;
            extra?: string | null;
            team_name?: string | null;
        };
        ConnectionPatchBody: {
            connection_id: string;
            conn_type: string | null;
            description: string | null;
            host: string | null;
            login: string | null;
            schema: string | null;
            port: number | null;
            password: string | null;
            extra: string | null;
            team_name: string | null;
        };
        BulkBody_VariableBody_: {
            actions: unknown;
        };
        BulkBody_ConnectionBody_: {
            actions: unknown;
        };
        PoolBody: {
            name: string;
            slots: number;
            description?: string | null;
            /** @default false */
            include_deferred: boolean;
            team_name?: string | null;
        };
        PoolPatchBody: {
            name: string | null;
            pool: string | null;
            slots: number | null;
            description: string | null;
            include_deferred: boolean | null;
            team_name: string | null;
        };
    };
    responses: never;
    parameters: {
        dag_id: string;
        dag_run_id: string;
        task_id: string;
        map_index: number;
        limit: number;
        offset: number;
        order_by: string[];
        update_mask: string[];
        ti_state: ("removed" | "scheduled" | "queued" | "running" | "success" | "restarting" | "failed" | "up_for_retry" | "up_for_reschedule" | "upstream_failed" | "skipped" | "deferred" | "none" | "no_status")[];
        pool: string[];
        queue: string[];
        /** @description 0: the latest. */
        log_try: number;
        map_index_filter: number;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    create_token_all_admins: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoginResponse"];
                };
            };
        };
    };
    create_token: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LoginBody"];
                "application/x-www-form-urlencoded": components["schemas"]["LoginBody"];
            };
        };
        responses: {
            /** @description Answer. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoginResponse"];
                };
            };
        };
    };
    create_token_cli: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LoginBody"];
                "application/x-www-form-urlencoded": components["schemas"]["LoginBody"];
            };
        };
        responses: {
            /** @description Answer. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoginResponse"];
                };
            };
        };
    };
    get_health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HealthInfoResponse"];
                };
            };
        };
    };
    get_version: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VersionInfo"];
                };
            };
        };
    };
    get_metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
    get_openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
        };
    };
    get_front_page: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
        };
    };
    get_dags: {
        parameters: {
            query?: {
                limit?: components["parameters"]["limit"];
                offset?: components["parameters"]["offset"];
                order_by?: components["parameters"]["order_by"];
                dag_id_pattern?: string;
                tags?: string[];
                paused?: boolean;
                exclude_stale?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DAGCollectionResponse"];
                };
            };
        };
    };
    get_dag: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DAGResponse"];
                };
            };
        };
    };
    patch_dag: {
        parameters: {
            query?: {
                update_mask?: "is_paused"[];
            };
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DAGPatchBody"];
            };
        };
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DAGResponse"];
                };
            };
        };
    };
    get_dag_details: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DAGDetailsResponse"];
                };
            };
        };
    };
    favorite_dag: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    unfavorite_dag: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_dag_source: {
        parameters: {
            query?: {
                version_number?: number;
            };
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DAGSourceResponse"];
                    "text/plain": string;
                };
            };
        };
    };
    get_config: {
        parameters: {
            query?: {
                section?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Config"];
                };
            };
        };
    };
    get_config_value: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                section: string;
                option: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Config"];
                };
            };
        };
    };
    get_dag_stats: {
        parameters: {
            query?: {
                dag_ids?: string[];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DagStatsCollectionResponse"];
                };
            };
        };
    };
    get_dag_tags: {
        parameters: {
            query?: {
                limit?: components["parameters"]["limit"];
                offset?: components["parameters"]["offset"];
                order_by?: components["parameters"]["order_by"];
                tag_name_pattern?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DAGTagCollectionResponse"];
                };
            };
        };
    };
    list_dag_warnings: {
        parameters: {
            query?: {
                dag_id?: string;
                warning_type?: string;
                limit?: components["parameters"]["limit"];
                offset?: components["parameters"]["offset"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DAGWarningCollectionResponse"];
                };
            };
        };
    };
    get_tasks: {
        parameters: {
            query?: {
                order_by?: components["parameters"]["order_by"];
            };
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskCollectionResponse"];
                };
            };
        };
    };
    get_task: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
                task_id: components["parameters"]["task_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskResponse"];
                };
            };
        };
    };
    get_dag_versions: {
        parameters: {
            query?: {
                limit?: components["parameters"]["limit"];
                offset?: components["parameters"]["offset"];
                order_by?: components["parameters"]["order_by"];
            };
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DAGVersionCollectionResponse"];
                };
            };
        };
    };
    get_dag_version: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
                version_number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DagVersionResponse"];
                };
            };
        };
    };
    get_import_errors: {
        parameters: {
            query?: {
                limit?: components["parameters"]["limit"];
                offset?: components["parameters"]["offset"];
                order_by?: components["parameters"]["order_by"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportErrorCollectionResponse"];
                };
            };
        };
    };
    get_import_error: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                import_error_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportErrorResponse"];
                };
            };
        };
    };
    get_dag_runs: {
        parameters: {
            query?: {
                limit?: components["parameters"]["limit"];
                offset?: components["parameters"]["offset"];
                order_by?: string[];
                state?: ("queued" | "running" | "success" | "failed")[];
                run_type?: ("backfill" | "scheduled" | "manual" | "asset_triggered")[];
                logical_date_gte?: string;
                logical_date_lte?: string;
                run_after_gte?: string;
                run_after_lte?: string;
            };
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DAGRunCollectionResponse"];
                };
            };
        };
    };
    trigger_dag_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TriggerDAGRunPostBody"];
            };
        };
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DAGRunResponse"];
                };
            };
        };
    };
    get_dag_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
                dag_run_id: components["parameters"]["dag_run_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DAGRunResponse"];
                };
            };
        };
    };
    patch_dag_run: {
        parameters: {
            query?: {
                update_mask?: components["parameters"]["update_mask"];
            };
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
                dag_run_id: components["parameters"]["dag_run_id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DAGRunPatchBody"];
            };
        };
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DAGRunResponse"];
                };
            };
        };
    };
    get_task_instances: {
        parameters: {
            query?: {
                limit?: components["parameters"]["limit"];
                offset?: components["parameters"]["offset"];
                order_by?: components["parameters"]["order_by"];
                task_id?: string[];
                state?: components["parameters"]["ti_state"];
                pool?: components["parameters"]["pool"];
                queue?: components["parameters"]["queue"];
                map_index?: components["parameters"]["map_index_filter"];
            };
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
                dag_run_id: components["parameters"]["dag_run_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskInstanceCollectionResponse"];
                };
            };
        };
    };
    get_task_instance: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
                dag_run_id: components["parameters"]["dag_run_id"];
                task_id: components["parameters"]["task_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskInstanceResponse"];
                };
            };
        };
    };
    patch_task_instance: {
        parameters: {
            query?: {
                update_mask?: components["parameters"]["update_mask"];
            };
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
                dag_run_id: components["parameters"]["dag_run_id"];
                task_id: components["parameters"]["task_id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatchTaskInstanceBody"];
            };
        };
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskInstanceCollectionResponse"];
                };
            };
        };
    };
    get_mapped_task_instance: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
                dag_run_id: components["parameters"]["dag_run_id"];
                task_id: components["parameters"]["task_id"];
                map_index: components["parameters"]["map_index"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskInstanceResponse"];
                };
            };
        };
    };
    patch_task_instance_by_map_index: {
        parameters: {
            query?: {
                update_mask?: components["parameters"]["update_mask"];
            };
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
                dag_run_id: components["parameters"]["dag_run_id"];
                task_id: components["parameters"]["task_id"];
                map_index: components["parameters"]["map_index"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatchTaskInstanceBody"];
            };
        };
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskInstanceCollectionResponse"];
                };
            };
        };
    };
    get_mapped_task_instances: {
        parameters: {
            query?: {
                limit?: components["parameters"]["limit"];
                offset?: components["parameters"]["offset"];
                order_by?: components["parameters"]["order_by"];
                state?: components["parameters"]["ti_state"];
                pool?: components["parameters"]["pool"];
                queue?: components["parameters"]["queue"];
                map_index?: components["parameters"]["map_index_filter"];
            };
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
                dag_run_id: components["parameters"]["dag_run_id"];
                task_id: components["parameters"]["task_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskInstanceCollectionResponse"];
                };
            };
        };
    };
    get_task_instance_tries: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
                dag_run_id: components["parameters"]["dag_run_id"];
                task_id: components["parameters"]["task_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskInstanceHistoryCollectionResponse"];
                };
            };
        };
    };
    get_mapped_task_instance_tries: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
                dag_run_id: components["parameters"]["dag_run_id"];
                task_id: components["parameters"]["task_id"];
                map_index: components["parameters"]["map_index"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskInstanceHistoryCollectionResponse"];
                };
            };
        };
    };
    get_log: {
        parameters: {
            query?: {
                token?: number;
                full_content?: boolean;
                map_index?: components["parameters"]["map_index_filter"];
            };
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
                dag_run_id: components["parameters"]["dag_run_id"];
                task_id: components["parameters"]["task_id"];
                try_number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskInstancesLogResponse"];
                    "application/x-ndjson": string;
                    "text/plain": string;
                };
            };
        };
    };
    get_xcom_entries: {
        parameters: {
            query?: {
                limit?: components["parameters"]["limit"];
                offset?: components["parameters"]["offset"];
                order_by?: components["parameters"]["order_by"];
                xcom_key?: string;
                map_index?: components["parameters"]["map_index_filter"];
            };
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
                dag_run_id: components["parameters"]["dag_run_id"];
                task_id: components["parameters"]["task_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["XComCollectionResponse"];
                };
            };
        };
    };
    get_xcom_entry: {
        parameters: {
            query?: {
                stringify?: boolean;
                map_index?: components["parameters"]["map_index_filter"];
            };
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
                dag_run_id: components["parameters"]["dag_run_id"];
                task_id: components["parameters"]["task_id"];
                xcom_key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["XComResponseWithValue"];
                };
            };
        };
    };
    post_clear_task_instances: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ClearTaskInstancesBody"];
            };
        };
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskInstanceCollectionResponse"];
                };
            };
        };
    };
    get_pools: {
        parameters: {
            query?: {
                limit?: components["parameters"]["limit"];
                offset?: components["parameters"]["offset"];
                order_by?: components["parameters"]["order_by"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PoolCollectionResponse"];
                };
            };
        };
    };
    post_pool: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PoolBody"];
            };
        };
        responses: {
            /** @description Answer. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PoolResponse"];
                };
            };
        };
    };
    get_pool: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pool_name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PoolResponse"];
                };
            };
        };
    };
    delete_pool: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pool_name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    patch_pool: {
        parameters: {
            query?: {
                update_mask?: components["parameters"]["update_mask"];
            };
            header?: never;
            path: {
                pool_name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PoolPatchBody"];
            };
        };
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PoolResponse"];
                };
            };
        };
    };
    get_variables: {
        parameters: {
            query?: {
                limit?: components["parameters"]["limit"];
                offset?: components["parameters"]["offset"];
                order_by?: components["parameters"]["order_by"];
                variable_key_pattern?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VariableCollectionResponse"];
                };
            };
        };
    };
    post_variable: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VariableBody"];
            };
        };
        responses: {
            /** @description Answer. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VariableResponse"];
                };
            };
        };
    };
    bulk_variables: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkBody_VariableBody_"];
            };
        };
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResponse"];
                };
            };
        };
    };
    get_variable: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                variable_key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VariableResponse"];
                };
            };
        };
    };
    delete_variable: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                variable_key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    patch_variable: {
        parameters: {
            query?: {
                update_mask?: components["parameters"]["update_mask"];
            };
            header?: never;
            path: {
                variable_key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VariablePatchBody"];
            };
        };
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VariableResponse"];
                };
            };
        };
    };
    get_connections: {
        parameters: {
            query?: {
                limit?: components["parameters"]["limit"];
                offset?: components["parameters"]["offset"];
                order_by?: components["parameters"]["order_by"];
                connection_id_pattern?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectionCollectionResponse"];
                };
            };
        };
    };
    post_connection: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConnectionBody"];
            };
        };
        responses: {
            /** @description Answer. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectionResponse"];
                };
            };
        };
    };
    bulk_connections: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkBody_ConnectionBody_"];
            };
        };
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResponse"];
                };
            };
        };
    };
    test_connection: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConnectionBody"];
            };
        };
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectionTestResponse"];
                };
            };
        };
    };
    get_connection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                connection_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectionResponse"];
                };
            };
        };
    };
    delete_connection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                connection_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    patch_connection: {
        parameters: {
            query?: {
                update_mask?: components["parameters"]["update_mask"];
            };
            header?: never;
            path: {
                connection_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConnectionPatchBody"];
            };
        };
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectionResponse"];
                };
            };
        };
    };
    get_event_logs: {
        parameters: {
            query?: {
                limit?: components["parameters"]["limit"];
                offset?: components["parameters"]["offset"];
                order_by?: components["parameters"]["order_by"];
                dag_id?: string;
                task_id?: string;
                run_id?: string;
                owner?: string;
                event?: string;
                excluded_events?: string[];
                included_events?: string[];
                before?: string;
                after?: string;
                dag_id_pattern?: string;
                task_id_pattern?: string;
                run_id_pattern?: string;
                owner_pattern?: string;
                event_pattern?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventLogCollectionResponse"];
                };
            };
        };
    };
    get_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionResponse"];
                };
            };
        };
    };
    begin_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LoginBody"];
            };
        };
        responses: {
            /** @description Answer. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionResponse"];
                };
            };
        };
    };
    end_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_events: {
        parameters: {
            query: {
                /** @description dags, runs, dag:DAG, run:DAG/RUN, files, pools, workers, log:DAG/RUN/TASK/MAP/TRY; parts are percent-encoded. */
                watch: string[];
                /** @description The id to go on from, if there is no header Last-Event-ID. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events, until the client leaves. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
        };
    };
    get_event_log: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                event_log_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventLogResponse"];
                };
            };
        };
    };
    change_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangePasswordBody"];
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_users: {
        parameters: {
            query?: {
                limit?: components["parameters"]["limit"];
                offset?: components["parameters"]["offset"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserCollectionResponse"];
                };
            };
        };
    };
    post_user: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserPostBody"];
            };
        };
        responses: {
            /** @description Answer. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserResponse"];
                };
            };
        };
    };
    delete_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                username: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    patch_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                username: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserPatchBody"];
            };
        };
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserResponse"];
                };
            };
        };
    };
    get_api_tokens: {
        parameters: {
            query?: {
                limit?: components["parameters"]["limit"];
                offset?: components["parameters"]["offset"];
                /** @description Everybody's: for Admins. */
                all_users?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiTokenCollectionResponse"];
                };
            };
        };
    };
    post_api_token: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApiTokenPostBody"];
            };
        };
        responses: {
            /** @description Answer. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiTokenCreatedResponse"];
                };
            };
        };
    };
    delete_api_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_cluster: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClusterResponse"];
                };
            };
        };
    };
    get_workers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkerCollectionResponse"];
                };
            };
        };
    };
    forget_worker: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                worker_name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    drain_worker: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                worker_name: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["DrainBody"];
            };
        };
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DrainResponse"];
                };
            };
        };
    };
    undrain_worker: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                worker_name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DrainResponse"];
                };
            };
        };
    };
    get_log_range: {
        parameters: {
            query?: {
                map_index?: components["parameters"]["map_index_filter"];
                /** @description 0: the latest. */
                try_number?: components["parameters"]["log_try"];
                /** @description -N: the last N bytes. */
                offset?: number;
                limit?: number;
            };
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
                dag_run_id: components["parameters"]["dag_run_id"];
                task_id: components["parameters"]["task_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The bytes, as they are. */
            200: {
                headers: {
                    /** @description How many bytes the log has. */
                    "X-Log-Size"?: number;
                    /** @description Where in it these begin. */
                    "X-Log-Offset"?: number;
                    /** @description Whether it is all there is: the try has ended. */
                    "X-Log-Complete"?: boolean;
                    /** @description Of which try. */
                    "X-Log-Try"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
    get_log_times: {
        parameters: {
            query?: {
                map_index?: components["parameters"]["map_index_filter"];
                /** @description 0: the latest. */
                try_number?: components["parameters"]["log_try"];
                /** @description -N: the last N bytes. */
                offset?: number;
                limit?: number;
            };
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
                dag_run_id: components["parameters"]["dag_run_id"];
                task_id: components["parameters"]["task_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogTimesResponse"];
                };
            };
        };
    };
    find_in_log: {
        parameters: {
            query?: {
                map_index?: components["parameters"]["map_index_filter"];
                /** @description 0: the latest. */
                try_number?: components["parameters"]["log_try"];
                q?: string;
                case?: boolean;
                after?: number;
            };
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
                dag_run_id: components["parameters"]["dag_run_id"];
                task_id: components["parameters"]["task_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogMarksResponse"];
                };
            };
        };
    };
    get_dag_structure: {
        parameters: {
            query?: {
                /** @description None: the current version. */
                version_number?: number;
            };
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StructureResponse"];
                };
            };
        };
    };
    get_dag_items: {
        parameters: {
            query?: {
                /** @description In the id, a tag or an owner, any case. */
                q?: string;
                tags?: string[];
                owners?: string[];
                /** @description Of the last run. */
                state?: "failed" | "running" | "queued" | "success" | "never";
                waiting?: boolean;
                paused?: boolean;
                favorite?: boolean;
                /** @description dag_id, last_run, next_run, duration (of the last run); - before it: descending. What has none comes last. */
                order_by?: string;
                limit?: components["parameters"]["limit"];
                offset?: components["parameters"]["offset"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DagListResponse"];
                };
            };
        };
    };
    get_dag_gantt: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
                dag_run_id: components["parameters"]["dag_run_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GanttResponse"];
                };
            };
        };
    };
    get_summary: {
        parameters: {
            query?: {
                hours?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SummaryResponse"];
                };
            };
        };
    };
    get_dag_calendar: {
        parameters: {
            query?: {
                /** @description A day, as 2026-11-28. None: a year before the last. */
                from?: string;
                /** @description The last day. None: today. */
                to?: string;
                /** @description Whose days. None: UTC. */
                timezone?: string;
            };
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CalendarResponse"];
                };
            };
        };
    };
    get_dag_grid: {
        parameters: {
            query?: {
                limit?: number;
                /** @description Only runs with an earlier run_after. */
                before?: string;
                run_type?: ("backfill" | "scheduled" | "manual" | "asset_triggered")[];
                state?: ("queued" | "running" | "success" | "failed")[];
            };
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GridResponse"];
                };
            };
        };
    };
    list_waits: {
        parameters: {
            query?: {
                dag_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WaitsResponse"];
                };
            };
        };
    };
    list_queues: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QueuesResponse"];
                };
            };
        };
    };
    list_pool_holders: {
        parameters: {
            query?: {
                limit?: components["parameters"]["limit"];
            };
            header?: never;
            path: {
                pool_name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HoldersResponse"];
                };
            };
        };
    };
    get_run_output: {
        parameters: {
            query?: {
                after?: string;
            };
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
                dag_run_id: components["parameters"]["dag_run_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunOutputResponse"];
                };
            };
        };
    };
    explain_dag_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
                dag_run_id: components["parameters"]["dag_run_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExplainResponse"];
                };
            };
        };
    };
    explain_task_instance: {
        parameters: {
            query?: {
                map_index?: components["parameters"]["map_index_filter"];
            };
            header?: never;
            path: {
                dag_id: components["parameters"]["dag_id"];
                dag_run_id: components["parameters"]["dag_run_id"];
                task_id: components["parameters"]["task_id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExplainResponse"];
                };
            };
        };
    };
}
