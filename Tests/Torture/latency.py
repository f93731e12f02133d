# SPDX-License-Identifier: Apache-2.0
"""How long it takes from sending a change until a reader of committed snapshots has it."""

import json
import threading
import time

from confluent_kafka import TopicPartition

import outputs


class Latencies(threading.Thread):
    """Reads the snapshots from where they end now, and notes when those came that were asked for.

    Sender and reader share a clock. What is measured begins with the call that hands a change to the producer, and so
    has the feed's own linger in it.
    """

    def __init__(self, cluster, model, coalesces=False):
        super().__init__(name="latencies", daemon=True)
        self.cluster = cluster
        self.model = model
        self.coalesces = coalesces
        self.samples = []  # (when sent, seconds)
        self._wanted = {}  # by user: (version or time of observation, when sent), one at a time
        self._done = threading.Event()
        self._assigned = threading.Event()

    def expect(self, user, is_sample=True):
        """The change that was sent just now is one that readers see: the last one that the model knows of the user."""
        if self.coalesces:
            self._wanted.pop(user, None)  # this one may leave nothing to see of the one before
        if is_sample and user not in self._wanted:
            known = self.model.users[user]
            # Where changes are coalesced, versions are not the model's; users have one device there.
            wanted = max(each["observedAt"] for each in known.readings.values()) if self.coalesces else len(known.seen)
            self._wanted[user] = (wanted, time.monotonic())

    def start(self):
        super().start()
        self._assigned.wait()

    def run(self):
        consumer = outputs.reader(self.cluster)
        ends = outputs.ends(self.cluster, "presence.snapshots", range(self.cluster.partitions))
        consumer.assign([TopicPartition(self.cluster.prefix + "presence.snapshots", *end) for end in ends.items()])
        self._assigned.set()
        while not self._done.is_set():
            for message in consumer.consume(5_000, 0.02):
                if message.error() is not None:
                    continue
                user = message.key().decode()
                wanted = self._wanted.get(user)
                if wanted and json.loads(message.value())["observedAt" if self.coalesces else "version"] >= wanted[0]:
                    self.samples.append((wanted[1], time.monotonic() - wanted[1]))
                    self._wanted.pop(user, None)
        consumer.close()

    def stop(self):
        self._done.set()
        self.join()

    def between(self, start, end):
        return [seconds for sent_at, seconds in self.samples if start <= sent_at < end]


def milliseconds(seconds):
    """Percentiles in milliseconds; nothing where nothing was measured."""
    if not seconds:
        return {}
    ordered = sorted(seconds)

    def percentile(share):
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000)

    return {"p50": percentile(0.5), "p99": percentile(0.99), "max": round(ordered[-1] * 1000), "samples": len(ordered)}
