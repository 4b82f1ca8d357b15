"""`outlet_events` and `inlet_events` of the context."""

from gale.assets import Asset, AssetAlias


def _key(asset):
    if isinstance(asset, AssetAlias):
        return "alias", asset.name
    return "asset", getattr(asset, "name", None) or getattr(asset, "uri", None) or str(asset)


class OutletEvent:
    """What a task says of an asset that it made: extra[...] = ..., and add(asset) of an alias."""

    def __init__(self, asset):
        self.asset = asset
        self.extra = {}
        self.added = []

    def add(self, asset, extra=None):
        asset = asset if isinstance(asset, Asset) else Asset(asset)
        self.added.append({"name": asset.name, "uri": asset.uri, "extra": dict(extra or {})})


class OutletEvents:
    def __init__(self, outlets):
        self._events = {_key(asset): OutletEvent(asset) for asset in outlets}

    def __getitem__(self, asset):
        key = _key(asset)
        if key not in self._events:
            self._events[key] = OutletEvent(asset)
        return self._events[key]

    def __iter__(self):
        return (event.asset for event in self._events.values())

    def __len__(self):
        return len(self._events)

    def take(self, metadata):
        """Of a Metadata that the task yielded."""
        if metadata.alias is not None:
            self[metadata.alias].add(metadata.asset, metadata.extra)
        else:
            self[metadata.asset].extra.update(metadata.extra)

    def to_messages(self):
        """`outlet_events` of SucceedTask."""
        return [{"dest_asset_key": {"name": event.asset.name, "uri": getattr(event.asset, "uri", "")},
                 "extra": event.extra, "asset_alias_events": event.added}
                for event in self._events.values() if hasattr(event.asset, "name")]


class InletEvents:
    """The events of inlets; Gale keeps none yet, so there are none."""

    def __init__(self, inlets):
        self._inlets = list(inlets)

    def for_asset(self, *, name=None, uri=None):
        return []

    def for_asset_alias(self, alias_name):
        return []

    def __getitem__(self, asset):
        return []

    def __iter__(self):
        return iter(self._inlets)

    def __len__(self):
        return len(self._inlets)
