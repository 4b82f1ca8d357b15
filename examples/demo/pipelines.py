"""What a team's other DAGs are like: hourly ones that succeed, some that fail, wait, or are short of something."""

from datetime import datetime, timedelta, timezone

from airflow.sdk import DAG, task
from airflow.providers.standard.operators.bash import BashOperator

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
QUICK = "sleep 0.{{ 10 + (logical_date.hour * 7 + logical_date.minute) % 50 }}"


def hourly(dag_id, owner, tags, steps, schedule="@hourly", bad_hours=(), **dag_args):
    with DAG(dag_id, start_date=START, schedule=schedule, catchup=True, max_active_runs=4, tags=tags,
             default_args={"owner": owner}, **dag_args):
        previous = None
        for step in steps:
            command = QUICK
            if step == steps[-1] and bad_hours:
                command = (f"{QUICK}; {{% if logical_date.hour in {list(bad_hours)} %}}"
                           f"echo '{step}: the answer was 503 Service Unavailable' >&2; exit 1{{% endif %}}")
            current = BashOperator(task_id=step, bash_command=command)
            if previous:
                previous >> current
            previous = current


hourly("orders_hourly", "shop", ["shop", "etl"], ["extract", "transform", "load"])
hourly("user_events", "growth", ["etl"], ["collect", "sessionise", "load"], schedule="*/30 * * * *")
hourly("label_sync", "vision", ["vision"], ["pull", "push"])
hourly("price_forecast", "shop", ["train"], ["features", "fit", "score", "publish"], bad_hours=(3, 9, 17))
hourly("warehouse_export", "data", ["etl"], ["dump", "compress", "upload"], bad_hours=(11,))
hourly("tts_eval", "speech", ["speech", "eval"], ["synthesise", "listen", "report"])

with DAG("echo_test", start_date=START, schedule=None, tags=["tutorial"], default_args={"owner": "you"},
         params={"greeting": "hello gale", "times": 1}):
    (BashOperator(task_id="echo_to_file", bash_command="echo '{{ params.greeting }}' > /tmp/gale-demo-echo.txt")
     >> BashOperator(task_id="cat_text_file", bash_command="cat /tmp/gale-demo-echo.txt"))

with DAG("crawl_catalog", start_date=START, schedule=None, tags=["crawl"], default_args={"owner": "shop"}):
    @task
    def list_pages():
        return list(range(40))

    @task(retries=1, retry_delay=timedelta(seconds=1))
    def fetch_page(page):
        print(f"GET /catalog/{page}")
        if page == 37:
            raise ConnectionError("503 Service Unavailable: images.example.net")
        return page

    @task
    def index_pages(pages):
        print(len(list(pages)))

    index_pages(fetch_page.expand(page=list_pages()))

with DAG("report_daily", start_date=START, schedule=None, tags=["report"], default_args={"owner": "data"}):
    @task
    def render_pdf():
        rows = {"orders": 1841, "returns": 17}
        print("rendering")
        return rows["refunds"]

    render_pdf() >> BashOperator(task_id="send_mail", bash_command="echo sent")

# What waits, and for what.
with DAG("feature_store", start_date=START, schedule=None, max_active_runs=1, tags=["features"],
         default_args={"owner": "features"}):
    BashOperator(task_id="backfill_features",
                 bash_command="for n in $(seq 600); do echo partition $n of 600; sleep 1; done")
with DAG("embedding_refresh", start_date=START, schedule=None, tags=["gpu"],
         default_args={"owner": "search", "pool": "gpu"}):
    for shard in range(5):
        BashOperator(task_id=f"embed_{shard}", pool_slots=2,
                     bash_command="for n in $(seq 300); do echo batch $n; sleep 2; done")
with DAG("segmentation", start_date=START, schedule=None, tags=["vision", "gpu"], default_args={"owner": "vision"}):
    BashOperator(task_id="train_segmenter", bash_command="true", queue="gpu-a100")
with DAG("video_tagging", start_date=START, schedule=None, tags=["vision"], default_args={"owner": "vision"}):
    BashOperator(task_id="decode_clips", bash_command="echo 'clip 4: moov atom not found' >&2; exit 1", retries=3,
                 retry_delay=timedelta(minutes=8))
with DAG("supplier_feed", start_date=START, schedule=None, tags=["etl"], default_args={"owner": "shop"}):
    @task.sensor(poke_interval=45, timeout=3600, mode="reschedule")
    def wait_for_export():
        print("export of today: not there")
        return False
    wait_for_export()
