from pendulum.tz.timezone import UTC, Timezone, find, local_timezone

__all__ = ["UTC", "Timezone", "find", "local_timezone"]
