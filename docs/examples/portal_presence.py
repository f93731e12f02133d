#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A portal service's table of everybody's presence, kept from presence.snapshots. Needs confluent-kafka.

    portal_presence.py --bootstrap localhost:9092

A line on standard output for each user who changes, and `ready` when everything that there was is read.
"""
import argparse
import json
from datetime import datetime, timezone

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition


class PresenceTable:
    def __init__(self, bootstrap, topic="presence.snapshots"):
        self.users = {}
        self.consumer = Consumer({
            "bootstrap.servers": bootstrap,
            "group.id": "portal",  # wanted by the client; without commits it has no meaning
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        })  # fmt: skip
        partitions = self.consumer.list_topics(topic, timeout=10).topics[topic].partitions
        self.unread = set(partitions)
        self.consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])

    def step(self):
        """Takes one record in; returns whose, or None. The table is whole once `unread` is empty."""
        message = self.consumer.poll(0.1)
        if message is None:
            return None
        if message.error():
            if message.error().code() != KafkaError._PARTITION_EOF:
                raise KafkaException(message.error())
            self.unread.discard(message.partition())
            return None
        user = message.key().decode()
        if message.value() is None:
            self.users.pop(user, None)  # deleted
        else:
            self.users[user] = json.loads(message.value())  # the later offset counts, whatever the version says
        return user

    def quality(self, user, now=None):
        """What a state is worth: one that was looked up is stale behind its `validUntil`, without a new snapshot."""
        snapshot = self.users.get(user)
        if snapshot is None:
            return "unknown"
        until = snapshot.get("validUntil")
        if until and datetime.fromisoformat(until) <= (now or datetime.now(timezone.utc)):
            return "stale"
        return snapshot["quality"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--topic", default="presence.snapshots")
    arguments = parser.parse_args()
    table = PresenceTable(arguments.bootstrap, arguments.topic)
    is_ready = False
    while True:
        user = table.step()
        if not is_ready and not table.unread:
            is_ready = True
            for known in sorted(table.users):
                print(known, table.users[known]["state"], table.quality(known), flush=True)
            print("ready", flush=True)
        elif is_ready and user is not None:
            state = table.users[user]["state"] if user in table.users else "deleted"
            print(user, state, table.quality(user), flush=True)


if __name__ == "__main__":
    main()
