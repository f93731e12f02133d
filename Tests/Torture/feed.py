# SPDX-License-Identifier: Apache-2.0
"""The load: produces a workload at a rate while something is being done to the workers, then as fast as it can."""

import threading
import time

from confluent_kafka import Producer


class Feed(threading.Thread):
    """Produces changes, and what comes between them, until it is told to finish or has produced all."""

    def __init__(self, cluster, workload, changes, rate):
        super().__init__(name="feed", daemon=True)
        self.cluster = cluster
        self.workload = workload
        self.changes = changes
        self.rate = rate
        self.failure = None
        self.sent = 0
        self.produced = 0
        self.malformed = {}
        self.hurried_at = None
        self.sent_before_hurry = 0
        self._hurry = threading.Event()
        self._enough = threading.Event()
        self.producer = Producer({
            "bootstrap.servers": cluster.bootstrap,
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "linger.ms": 5,
            "message.timeout.ms": 600_000,  # a broker may be away for minutes; what was promised is delivered
            "queue.buffering.max.messages": 1_000_000,
        })  # fmt: skip

    def send(self, record, is_malformed=False):
        topic, key, value = record
        self.produced += 1

        def delivered(error, message):
            if error is not None:
                self.failure = f"the feed cannot produce: {error}"
            elif is_malformed:
                self.malformed[(message.partition(), message.offset())] = value

        while True:
            try:
                return self.producer.produce(self.cluster.prefix + topic, value, key, on_delivery=delivered)
            except BufferError:
                self.producer.poll(0.1)

    def send_profiles(self):
        for record in self.workload.profiles():
            self.send(record)
        self.producer.flush()

    def hurry(self):
        """No more rate: the rest as fast as it goes."""
        self._hurry.set()

    def finish(self):
        """No more changes: what was sent is enough."""
        self._enough.set()
        self._hurry.set()

    def run(self):
        started = time.monotonic()
        while self.sent < self.changes and not self._enough.is_set():
            self.send(self.workload.change())
            other = self.workload.other()
            if other is not None:
                self.send(other, is_malformed=other[0] == "presence.changes")
            self.sent += 1
            if self.sent % 100:
                continue
            self.producer.poll(0)
            ahead = started + self.sent / self.rate - time.monotonic()
            if ahead > 0 and not self._hurry.is_set():
                self._hurry.wait(ahead)
            elif self._hurry.is_set() and self.hurried_at is None:
                self.hurried_at, self.sent_before_hurry = time.monotonic(), self.sent
        self.producer.flush()
