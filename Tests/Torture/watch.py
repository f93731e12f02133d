# SPDX-License-Identifier: Apache-2.0
"""Watches what readers of committed snapshots see while the load goes on, and measures for how long nothing came."""

import threading
import time

from confluent_kafka import TopicPartition

import outputs


class Watcher(threading.Thread):
    """Reads all partitions from where they end now, and notes when something came."""

    #: A pause shorter than this is how commits come, and no standstill.
    PAUSE = 0.5

    def __init__(self, cluster):
        super().__init__(name="watcher", daemon=True)
        self.cluster = cluster
        self._done = threading.Event()
        self.started_at = self.last_at = time.monotonic()
        self.pauses = []
        self.seen = 0

    def run(self):
        consumer = outputs.reader(self.cluster)
        ends = outputs.ends(self.cluster, "presence.snapshots", range(self.cluster.partitions))
        consumer.assign([TopicPartition(self.cluster.prefix + "presence.snapshots", *end) for end in ends.items()])
        self.started_at = self.last_at = time.monotonic()
        while not self._done.is_set():
            arrived = sum(message.error() is None for message in consumer.consume(5_000, 0.02))
            if arrived:
                self.note()
                self.seen += arrived
        self.note()
        consumer.close()

    def note(self):
        now = time.monotonic()
        if now - self.last_at >= self.PAUSE:
            self.pauses.append(now - self.last_at)
        self.last_at = now

    def stop(self):
        """Ends the watch; returns its figures."""
        self._done.set()
        self.join()
        watched = self.last_at - self.started_at
        return {
            "watchedSeconds": round(watched, 1),
            "snapshotsSeen": self.seen,
            "longestStandstillSeconds": round(max(self.pauses, default=0.0), 2),
            "standstillShare": round(sum(self.pauses) / watched, 3) if watched else 0.0,
        }
