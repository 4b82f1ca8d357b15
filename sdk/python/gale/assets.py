"""Assets (datasets): what tasks read and make. They are read and kept; their scheduling comes later."""

import functools
import inspect
import re
import urllib.parse

from gale.dag import DAG
from gale.timetables import Timetable


class BaseAsset:
    """Anything that `&` and `|` put together."""

    def __or__(self, other):
        return AssetAny(self, other) if isinstance(other, BaseAsset) else NotImplemented

    def __and__(self, other):
        return AssetAll(self, other) if isinstance(other, BaseAsset) else NotImplemented

    def iter_assets(self):
        """(name, Asset) of each in it."""
        return iter(())

    def as_expression(self):
        raise NotImplementedError


def _check_uri(uri):
    if not isinstance(uri, str) or not uri or uri.isspace():
        raise ValueError(f"an asset's uri must be a text that is not empty, not {uri!r}")
    if len(uri) > 1500:
        raise ValueError("an asset's uri has at most 1500 characters")
    if not uri.isascii():
        raise ValueError(f"an asset's uri holds ASCII only: {uri!r}")
    parts = urllib.parse.urlsplit(uri)
    if parts.scheme.lower() == "airflow":
        raise ValueError("an asset's uri must not begin with airflow:")
    return uri


class Asset(BaseAsset):
    """A thing of data by name, uri or both."""

    asset_type = ""

    def __init__(self, name=None, uri=None, *, group="", extra=None, watchers=None, **kwargs):
        if name is None and uri is None:
            raise TypeError(f"{type(self).__name__}() wants a name or a uri")
        if name is not None and uri is None and re.match(r"[a-zA-Z][\w+.-]*:", name):
            uri = name  # Dataset("s3://x") and Asset("s3://x") alike
        self.name = name if name is not None else uri
        self.uri = _check_uri(uri if uri is not None else name)
        self.group = group or self.asset_type or "asset"
        self.extra = dict(extra or {})
        self.watchers = list(watchers or [])

    def __fspath__(self):
        return self.uri

    def iter_assets(self):
        yield self.name, self

    def as_expression(self):
        return {"asset": {"uri": self.uri, "name": self.name, "group": self.group}}

    def __eq__(self, other):
        return isinstance(other, Asset) and (self.name, self.uri) == (other.name, other.uri)

    def __hash__(self):
        return hash((self.name, self.uri))

    def __repr__(self):
        return f"{type(self).__name__}(name={self.name!r}, uri={self.uri!r})"

    @classmethod
    def ref(cls, *, name="", uri=""):
        return AssetRef(name=name, uri=uri)


class Dataset(Asset):
    """Asset's name in Airflow 2."""

    def __init__(self, uri=None, extra=None, *, name=None, **kwargs):
        super().__init__(name=name if name is not None else uri, uri=uri, extra=extra, **kwargs)


class Model(Asset):
    asset_type = "model"


class AssetRef(BaseAsset):
    def __init__(self, *, name="", uri=""):
        self.name = name
        self.uri = uri

    def __eq__(self, other):
        return isinstance(other, AssetRef) and (self.name, self.uri) == (other.name, other.uri)

    def __hash__(self):
        return hash((self.name, self.uri))

    def as_expression(self):
        return {"asset_ref": {"name": self.name} if self.name else {"uri": self.uri}}


AssetNameRef = AssetUriRef = AssetRef


class AssetAlias(BaseAsset):
    """A name whose assets are told as a task runs."""

    def __init__(self, name, group="asset"):
        self.name = name
        self.group = group

    def as_expression(self):
        return {"alias": {"name": self.name, "group": self.group}}

    def __eq__(self, other):
        return isinstance(other, AssetAlias) and self.name == other.name

    def __hash__(self):
        return hash(self.name)


class _Condition(BaseAsset):
    word = ""

    def __init__(self, *objects):
        if not all(isinstance(item, BaseAsset) for item in objects):
            raise TypeError("only assets can be put together with & and |")
        # a & b & c is one condition of three
        self.objects = [part for item in objects for part in (item.objects if type(item) is type(self) else [item])]

    def iter_assets(self):
        for item in self.objects:
            yield from item.iter_assets()

    def as_expression(self):
        return {self.word: [item.as_expression() for item in self.objects]}


class AssetAny(_Condition):
    word = "any"


class AssetAll(_Condition):
    word = "all"


class AssetWatcher:
    """What waits for an asset to change, outside of any DAG."""

    def __init__(self, name, trigger):
        self.name = name
        self.trigger = trigger


class Metadata:
    """What a task yields about an asset that it made."""

    def __init__(self, asset, extra=None, alias=None):
        self.asset = asset
        self.extra = dict(extra or {})
        self.alias = alias


class AssetOrTimeSchedule(Timetable):
    """Both a time schedule and assets."""

    def __init__(self, timetable, assets=None, *, datasets=None):
        self.timetable = timetable
        assets = datasets if assets is None else assets
        self.asset_condition = assets if isinstance(assets, BaseAsset) else AssetAll(*assets)

    def to_spec(self):
        return self.timetable.to_spec() if hasattr(self.timetable, "to_spec") else None


class PartitionedAssetTimetable(Timetable):
    def __init__(self, *, assets, **kwargs):
        self.asset_condition = assets if isinstance(assets, BaseAsset) else AssetAll(*assets)

    def to_spec(self):
        return None


def condition_of(schedule):
    """The assets that a schedule waits for; None if it waits for none."""
    if isinstance(schedule, BaseAsset):
        return schedule
    if isinstance(schedule, (list, tuple, set)) and schedule and all(isinstance(a, BaseAsset) for a in schedule):
        return AssetAll(*schedule)
    return getattr(schedule, "asset_condition", None)


class AssetDefinition(Asset):
    """What @asset makes: the asset, and a DAG of one task that produces it."""

    def __init__(self, function, source, name=None, uri=None, **kwargs):
        super().__init__(name=name or function.__name__, uri=uri, group=source.group, extra=source.extra,
                         watchers=source.watchers)
        self.function = function
        source.make_dag(self.name, function, [self])


class MultiAsset(BaseAsset):
    """What @asset.multi makes."""

    def __init__(self, function, outlets, source):
        self.function = function
        self.outlets = outlets
        source.make_dag(function.__name__, function, outlets)

    def iter_assets(self):
        return ((item.name, item) for item in self.outlets if isinstance(item, Asset))


class asset:  # noqa: N801 (a decorator)
    """@asset(schedule=...): the function makes the asset that bears its name."""

    def __init__(self, *, name=None, uri=None, group="", extra=None, watchers=None, **dag_arguments):
        self.name, self.uri, self.group, self.extra, self.watchers = name, uri, group, extra, watchers
        self.dag_arguments = dag_arguments

    def __call__(self, function):
        if inspect.iscoroutinefunction(function):
            raise ValueError("@asset wants a plain function, not an async one")
        return AssetDefinition(function, self, self.name, self.uri)

    def make_dag(self, name, function, outlets):
        from gale.python_operators import PythonOperator
        arguments = {"catchup": False, "description": inspect.getdoc(function), **self.dag_arguments}
        arguments["dag_id"] = arguments.pop("dag_id", None) or name
        arguments["dag_display_name"] = arguments.pop("display_name", None)
        parameters = inspect.signature(function).parameters
        inlets = [AssetRef(name=each) for each in parameters if each not in ("self", "context")]
        with DAG(**arguments) as dag:
            PythonOperator(task_id=function.__name__, python_callable=_given(function, name), inlets=inlets,
                           outlets=outlets)
        dag.made_at_module_level = True

    @classmethod
    def multi(cls, *, outlets, **dag_arguments):
        return lambda function: MultiAsset(function, list(outlets), cls(**dag_arguments))


def _given(function, name):
    """The function with its arguments: self (the asset), context, and references to its inlets by name."""
    @functools.wraps(function)
    def called(**context):
        values = {"self": context["outlets"][0] if context.get("outlets") else None, "context": context}
        for each in inspect.signature(function).parameters:
            values.setdefault(each, AssetRef(name=each))
        return function(**{each: values[each] for each in inspect.signature(function).parameters})
    del called.__wrapped__  # its own arguments are what is looked at
    return called


DatasetAlias, DatasetAny, DatasetAll = AssetAlias, AssetAny, AssetAll
DatasetOrTimeSchedule = AssetOrTimeSchedule
