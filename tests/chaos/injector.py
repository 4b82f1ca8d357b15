"""Deals the faults out, by the seed."""

import random
import threading
import time

from blow import Blow, Planned, Skip
from cluster import ClusterError
from faults import KINDS


def plan(seed, kinds, seconds_between):
    """The faults of a seed, without end. The same seed and kinds deal the same faults; what they meet differs."""
    chance = random.Random(f"{seed}/faults")
    weights = [KINDS[kind][0] for kind in kinds]
    if not any(weights):
        weights = [1] * len(kinds)
    while True:
        kind = chance.choices(kinds, weights)[0]
        _, least, most, _ = KINDS[kind]
        yield Planned(chance.uniform(0.3, 1.7) * seconds_between, kind, chance.random(), chance.uniform(least, most))


class Injector:
    """Deals out faults, some at once, until told to stop; then returns when all have healed."""

    def __init__(self, world, faults, at_once, say):
        self._world, self._faults, self._say = world, faults, say
        self._room = threading.Semaphore(at_once)
        self._hurry = threading.Event()
        self._threads = []
        self.skipped, self.broken = {}, []
        self._dealer = threading.Thread(target=self._deal, daemon=True)

    def start(self):
        self._dealer.start()

    def stop(self):
        self._hurry.set()
        self._dealer.join()
        for thread in self._threads:
            thread.join()

    def _deal(self):
        for planned in self._faults:
            if self._hurry.wait(planned.after_seconds):
                return
            self._room.acquire()
            if self._hurry.is_set():
                return
            thread = threading.Thread(target=self._strike, args=(planned,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _strike(self, planned):
        blow = Blow(self._world, planned, self._hurry)
        try:
            KINDS[planned.kind][3](blow)
            blow.event["healed_ns"] = time.time_ns()
        except Skip as why:
            blow.event["skipped"] = str(why)
        except (ClusterError, OSError, KeyError, StopIteration) as error:
            blow.event["broken"] = repr(error)
            self.broken.append(f"{planned.kind}: {error}")
        finally:
            with self._world.lock:
                for name in blow.mine:
                    self._world.held.pop(name, None)
                if "at_ns" in blow.event:
                    self._world.events.append(blow.event)
                else:
                    self.skipped[planned.kind] = self.skipped.get(planned.kind, 0) + 1
            self._room.release()
            self._say(blow.event)
