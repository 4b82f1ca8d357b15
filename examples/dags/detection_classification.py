"""Finding digits in noisy pictures, and reading them: data made and versioned, a detector and a classifier trained side
by side, each evaluated over shards, both joined, evaluated together, and published or reported.

Wants scikit-learn, whose packaged handwritten digits are the data. `python detection_classification.py` runs it in one
process, and a debugger stops in it. Everything it makes lies under $DETECTION_HOME, named by a hash of what it holds:
the same data and settings make the same versions, whoever runs it.
"""

import hashlib
import json
import os
import pathlib
import pickle
import tempfile
from datetime import datetime, timedelta

from airflow.sdk import DAG, Param, get_current_context, task, task_group

HOME = pathlib.Path(os.environ.get("DETECTION_HOME") or f"{tempfile.gettempdir()}/detection_classification")
DIGIT, CANVAS = 8, 20  # pixels: a digit, and a picture with one in it
SHARDS = 3


def save(kind, things):
    """Writes them, and returns their version: kind, content hash, path."""
    content = pickle.dumps(things, protocol=5)
    version = hashlib.sha256(content).hexdigest()[:12]
    path = HOME / kind / f"{version}.pickle"
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_suffix(f".{os.getpid()}")
    written.write_bytes(content)
    written.replace(path)  # whole, or not there
    print(f"{kind} {version}: {len(content)} bytes in {path}")
    return {"kind": kind, "version": version, "path": str(path)}


def load(version):
    content = pathlib.Path(version["path"]).read_bytes()
    if hashlib.sha256(content).hexdigest()[:12] != version["version"]:
        raise ValueError(f"{version['path']} isn't what was made as {version['version']}")
    return pickle.loads(content)


def tell_failure(context):
    """on_failure_callback: a line for whoever looks after it."""
    ti = context["task_instance"]
    HOME.mkdir(parents=True, exist_ok=True)
    with open(HOME / "failures.jsonl", "a", encoding="utf-8") as file:
        line = {"task": ti.task_id, "run": context["run_id"], "error": str(context.get("exception"))}
        file.write(json.dumps(line) + "\n")


def windows(picture):
    """Every place where a digit may be, and what is seen there."""
    import numpy as np
    places = [(y, x) for y in range(0, CANVAS - DIGIT + 1, 2) for x in range(0, CANVAS - DIGIT + 1, 2)]
    return places, np.array([picture[y:y + DIGIT, x:x + DIGIT].ravel() for y, x in places])


def detect(detector, picture):
    """Where the digit is."""
    places, seen = windows(picture)
    return places[int(detector.predict_proba(seen)[:, 1].argmax())]


def overlap(one, other):
    """Intersection over union of two digits' boxes."""
    height = max(0, DIGIT - abs(int(one[0]) - int(other[0])))
    width = max(0, DIGIT - abs(int(one[1]) - int(other[1])))
    shared = height * width
    return shared / (2 * DIGIT * DIGIT - shared)


with DAG(
    "detection_classification",
    description="a detector and a classifier, trained apart and judged together",
    doc_md=__doc__,
    start_date=datetime(2026, 1, 1),
    params={"seed": Param(7, type="integer", minimum=0), "threshold": Param(0.75, type="number", minimum=0, maximum=1)},
    default_args={"retries": 1, "retry_delay": timedelta(seconds=5), "on_failure_callback": tell_failure},
    tags=["example", "machine learning"],
) as dag:
    @task
    def make_data(params=None):
        """Pictures of noise with one digit each."""
        import numpy as np
        from sklearn.datasets import load_digits
        digits, chance = load_digits(), np.random.default_rng(params["seed"])
        order = chance.permutation(len(digits.images))
        pictures = chance.normal(2.0, 2.0, (len(order), CANVAS, CANVAS)).clip(0, 16).astype("float32")
        places = chance.integers(0, (CANVAS - DIGIT) // 2 + 1, (len(order), 2)) * 2
        for picture, (y, x), number in zip(pictures, places, order, strict=True):
            picture[y:y + DIGIT, x:x + DIGIT] = digits.images[number]
        return save("data", {"pictures": pictures, "places": places, "labels": digits.target[order]})

    @task
    def cut_training(data):
        """Two thirds are learnt from."""
        third = len(load(data)["labels"]) // 3
        return save("train", {name: values[third:] for name, values in load(data).items()})

    @task
    def cut_shards(data):
        """The rest is only judged by, in parts."""
        import numpy as np
        third = len(load(data)["labels"]) // 3
        parts = {name: np.array_split(values[:third], SHARDS) for name, values in load(data).items()}
        return [save("shard", {name: values[number] for name, values in parts.items()}) for number in range(SHARDS)]

    @task_group
    def detector_group(train, shards):
        @task
        def train_detector(train):
            """Digit or no digit, of a window."""
            import numpy as np
            from sklearn.linear_model import LogisticRegression
            data, seen, digit = load(train), [], []
            for picture, (y, x) in zip(data["pictures"][:400], data["places"], strict=False):
                places, all_seen = windows(picture)
                far = [number for number, place in enumerate(places) if overlap(place, (y, x)) < 0.6]
                seen += [picture[y:y + DIGIT, x:x + DIGIT].ravel(), *all_seen[far[::4]]]
                digit += [1] + [0] * len(far[::4])
            model = LogisticRegression(max_iter=300, class_weight="balanced").fit(np.array(seen) / 16, digit)
            model.coef_ /= 16  # so that it takes pixels as they are
            return save("detector", model)

        @task(map_index_template="{{ shard.version }}")
        def judge_detector(detector, shard):
            get_current_context()["shard"] = shard
            model, data = load(detector), load(shard)
            good = [overlap(detect(model, picture), place) >= 0.5
                    for picture, place in zip(data["pictures"], data["places"], strict=True)]
            return {"good": sum(good), "all": len(good)}

        model = train_detector(train)
        return {"model": model, "judged": judge_detector.partial(detector=model).expand(shard=shards)}

    @task_group
    def classifier_group(train, shards):
        @task
        def train_classifier(train):
            """Which digit."""
            from sklearn.svm import SVC
            data = load(train)
            seen = [picture[y:y + DIGIT, x:x + DIGIT].ravel()
                    for picture, (y, x) in zip(data["pictures"], data["places"], strict=True)]
            return save("classifier", SVC(gamma=0.001).fit(seen, data["labels"]))

        @task
        def judge_classifier(classifier, shard):
            model, data = load(classifier), load(shard)
            seen = [picture[y:y + DIGIT, x:x + DIGIT].ravel()
                    for picture, (y, x) in zip(data["pictures"], data["places"], strict=True)]
            return {"good": int((model.predict(seen) == data["labels"]).sum()), "all": len(seen)}

        model = train_classifier(train)
        return {"model": model, "judged": judge_classifier.partial(classifier=model).expand(shard=shards)}

    @task
    def judge_both(detector, classifier, shard):
        """Found where it is, and read as what it is."""
        finder, reader, data = load(detector), load(classifier), load(shard)
        good = 0
        for picture, place, label in zip(data["pictures"], data["places"], data["labels"], strict=True):
            y, x = detect(finder, picture)
            good += overlap((y, x), place) >= 0.5 and \
                reader.predict([picture[y:y + DIGIT, x:x + DIGIT].ravel()])[0] == label
        return {"good": int(good), "all": len(data["labels"])}

    @task
    def sum_up(detector, classifier, both):
        def rate(parts):
            parts = list(parts)
            return round(sum(part["good"] for part in parts) / sum(part["all"] for part in parts), 4)
        metrics = {"detector": rate(detector), "classifier": rate(classifier), "both": rate(both)}
        print(f"metrics: {metrics}")
        return metrics

    @task.branch
    def decide(metrics, params=None):
        return "publish" if metrics["both"] >= params["threshold"] else "report"

    @task
    def publish(metrics, data, detector, classifier):
        """What is live from now on, in one file that is replaced as a whole."""
        card = {"data": data["version"], "detector": detector["version"], "classifier": classifier["version"],
                "metrics": metrics}
        card["version"] = hashlib.sha256(json.dumps(card, sort_keys=True).encode()).hexdigest()[:12]
        (HOME / "live.json.new").write_text(json.dumps(card, indent=2))
        (HOME / "live.json.new").replace(HOME / "live.json")
        print(f"published {card['version']}")
        return card["version"]

    @task
    def report(metrics):
        print(f"not good enough to publish: {metrics}")

    data = make_data()
    train, shards = cut_training(data), cut_shards(data)
    found, read = detector_group(train, shards), classifier_group(train, shards)
    together = judge_both.partial(detector=found["model"], classifier=read["model"]).expand(shard=shards)
    metrics = sum_up(found["judged"], read["judged"], together)
    decide(metrics) >> [publish(metrics, data, found["model"], read["model"]), report(metrics)]

if __name__ == "__main__":
    dag.test()
