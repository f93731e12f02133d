# SPDX-License-Identifier: Apache-2.0
"""The load: produces a workload at a rate while something is being done to the workers, then as fast as it can."""

import contextlib
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
        self._turn = threading.Lock()  # held while the workload is asked: it belongs to one thread at a time
        self._paced_from = (0.0, 0)  # when the rate began, and what was sent by then
        #: Told of each change that readers will see: the user's name.
        self.on_change = None
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

    @contextlib.contextmanager
    def held(self):
        """No changes while the block lasts, which may use the workload; the rate begins anew behind it."""
        with self._turn:
            yield
            self._paced_from = (time.monotonic(), self.sent)

    def run(self):
        self._paced_from = (time.monotonic(), 0)
        while self.sent < self.changes and not self._enough.is_set():
            with self._turn:
                self.send_change()
            if self.sent % 100:
                continue
            self.producer.poll(0)
            # Looked at again and again, as somebody may change the rate meanwhile.
            while (ahead := self.ahead()) > 0 and not self._hurry.is_set():
                self._hurry.wait(min(ahead, 0.1))
            if self._hurry.is_set() and self.hurried_at is None:
                self.hurried_at, self.sent_before_hurry = time.monotonic(), self.sent
        self.producer.flush()

    def ahead(self):
        """The seconds until what was sent is what the rate asks for."""
        began, before = self._paced_from
        return began + (self.sent - before) / self.rate - time.monotonic()

    def send_change(self):
        change = self.workload.change()
        is_seen = self.workload.is_seen
        self.send(change)
        self.sent += 1
        if self.on_change and is_seen:
            self.on_change(change[1].decode())
        other = self.workload.other()
        if other is not None:
            self.send(other, is_malformed=other[0] == "presence.changes")
