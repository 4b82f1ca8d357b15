"""Which partition of what it makes a partition of what it reads belongs to. Read and kept, as assets are: they start no
runs yet."""

import datetime as dt

from gale import timezone


class PartitionMapper:
    """to_downstream(key): the key of the consumer's partition."""

    def to_downstream(self, key):
        raise NotImplementedError(f"{type(self).__name__} has no to_downstream()")


class IdentityMapper(PartitionMapper):
    def to_downstream(self, key):
        return key


class AllowedKeyMapper(PartitionMapper):
    def __init__(self, allowed_keys):
        self.allowed_keys = list(allowed_keys)

    def to_downstream(self, key):
        if key not in self.allowed_keys:
            raise ValueError(f"the partition {key!r} is none of {self.allowed_keys}")
        return key


class ProductMapper(PartitionMapper):
    """One mapper for each part of a key like "region|day"."""

    def __init__(self, *mappers, delimiter="|"):
        self.mappers = mappers
        self.delimiter = delimiter

    def to_downstream(self, key):
        parts = key.split(self.delimiter)
        if len(parts) != len(self.mappers):
            raise ValueError(f"the partition {key!r} has {len(parts)} parts, not {len(self.mappers)}")
        return self.delimiter.join(mapper.to_downstream(part)
                                   for mapper, part in zip(self.mappers, parts, strict=True))


class ChainMapper(PartitionMapper):
    """One mapper after the other."""

    def __init__(self, *mappers):
        self.mappers = mappers

    def to_downstream(self, key):
        for mapper in self.mappers:
            key = mapper.to_downstream(key)
        return key


class _StartOf(PartitionMapper):
    input_format = "%Y-%m-%dT%H:%M:%S"
    output_format = ""

    def __init__(self, *, timezone="UTC", input_format=None, output_format=None):
        self.timezone = timezone
        self.input_format = input_format or self.input_format
        self.output_format = output_format or self.output_format

    def to_downstream(self, key):
        at = dt.datetime.strptime(key, self.input_format)
        zone = timezone.parse_timezone(self.timezone) if isinstance(self.timezone, str) else self.timezone
        return self.start(at if at.tzinfo is None else at.astimezone(zone)).strftime(self.output_format)

    def start(self, at):
        return at


class StartOfHourMapper(_StartOf):
    output_format = "%Y-%m-%dT%H"


class StartOfDayMapper(_StartOf):
    output_format = "%Y-%m-%d"


class StartOfWeekMapper(_StartOf):
    output_format = "%Y-%m-%d (W%V)"

    def start(self, at):
        return at - dt.timedelta(days=at.weekday())


class StartOfMonthMapper(_StartOf):
    output_format = "%Y-%m"


class StartOfQuarterMapper(_StartOf):
    output_format = "%Y-Q{quarter}"

    def to_downstream(self, key):
        at = dt.datetime.strptime(key, self.input_format)
        return at.strftime(self.output_format).replace("{quarter}", str((at.month + 2) // 3))


class StartOfYearMapper(_StartOf):
    output_format = "%Y"
