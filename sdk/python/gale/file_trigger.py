"""Triggers that wait for a file."""

import asyncio
import datetime as dt
import glob
import os

from gale.triggers import BaseEventTrigger, BaseTrigger, TriggerEvent


class FileTrigger(BaseTrigger):
    def __init__(self, filepath, recursive=False, poke_interval=5.0, **kwargs):
        super().__init__()
        self.filepath, self.recursive, self.poke_interval = filepath, recursive, poke_interval

    def serialize(self):
        return "airflow.triggers.file.FileTrigger", {"filepath": self.filepath, "recursive": self.recursive,
                                                     "poke_interval": self.poke_interval}

    async def run(self):
        while True:
            for path in glob.glob(self.filepath, recursive=self.recursive):
                if os.path.isfile(path):
                    when = dt.datetime.fromtimestamp(os.path.getmtime(path), dt.timezone.utc)
                    self.log.info("found %s, changed %s", path, when.isoformat())
                    yield TriggerEvent(True)
                    return
            await asyncio.sleep(self.poke_interval)


class FileDeleteTrigger(BaseEventTrigger, FileTrigger):
    """And removes it."""

    def __init__(self, filepath, *, poke_interval=5.0, **kwargs):
        super().__init__(filepath, poke_interval=poke_interval)

    async def run(self):
        while not os.path.exists(self.filepath):
            await asyncio.sleep(self.poke_interval)
        os.remove(self.filepath)
        yield TriggerEvent(True)
