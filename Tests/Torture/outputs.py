# SPDX-License-Identifier: Apache-2.0
"""Reads what the workers have committed, as any other program would, and compares it with the model."""

import json
import time
from collections import Counter, defaultdict

from confluent_kafka import OFFSET_BEGINNING, Consumer, IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import OffsetSpec


def reader(cluster, isolation="read_committed"):
    return Consumer({
        "bootstrap.servers": cluster.bootstrap,
        "group.id": cluster.prefix + "torture-reader",
        "isolation.level": isolation,
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "auto.offset.reset": "error",
        "fetch.wait.max.ms": 10,
    })  # fmt: skip


def ends(cluster, topic, partitions):
    """The high watermarks, open transactions included."""
    asked = {TopicPartition(cluster.prefix + topic, number): OffsetSpec.latest() for number in partitions}
    deadline = time.monotonic() + 60
    while True:
        answers = cluster.admin.list_offsets(asked, isolation_level=IsolationLevel.READ_UNCOMMITTED)
        try:
            return {partition.partition: future.result(30).offset for partition, future in answers.items()}
        except (KafkaException, TimeoutError):
            # A broker that has just begun answers before it leads all of its partitions.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def text(headers, name):
    return next((value.decode() for key, value in headers or [] if key == name), None)


def first_after(cluster, starts, written_by, since, timeout=120):
    """Seconds from `since` until each partition has a committed snapshot of another process than `written_by`.

    Where that is None, the first one at or after `starts` counts.
    """
    killed = None if written_by is None else "/" + written_by.removesuffix("-0")
    consumer = reader(cluster)
    consumer.assign([TopicPartition(cluster.prefix + "presence.snapshots", *start) for start in starts.items()])
    times = {}
    while len(times) < len(starts):
        for message in consumer.consume(500, 0.05):
            if message.error() is None and message.partition() not in times:
                if killed is None or not text(message.headers(), "ce_source").endswith(killed):
                    times[message.partition()] = time.monotonic() - since
        if time.monotonic() - since > timeout:
            missing = sorted(starts.keys() - times.keys())
            raise SystemExit(f"no output for {timeout} s in the partitions {missing}")
    consumer.close()
    return times


def read_all(cluster, topic, isolation="read_committed"):
    """All records of a topic that readers of that isolation see, each partition's in the order of their offsets."""
    consumer = reader(cluster, isolation)
    consumer.assign([
        TopicPartition(cluster.prefix + topic, number, OFFSET_BEGINNING) for number in range(cluster.partitions)
    ])  # fmt: skip
    open_partitions = set(range(cluster.partitions))
    while open_partitions:
        for message in consumer.consume(5000, 0.2):
            if message.error() is None:
                yield message
            elif message.error().code() == KafkaError._PARTITION_EOF:
                open_partitions.discard(message.partition())
            else:
                raise SystemExit(f"{topic} cannot be read: {message.error()}")
    consumer.close()


class Differences:
    """What is not as it should be: counts by kind, and the first few of each."""

    def __init__(self):
        self.counts = Counter()
        self.examples = defaultdict(list)

    def note(self, kind, example):
        self.counts[kind] += 1
        if len(self.examples[kind]) < 5:
            self.examples[kind].append(example)

    def __bool__(self):
        return bool(self.counts)


def compare_snapshots(cluster, model, differences, isolation="read_committed"):
    """Every version of every user, once, in order, and as it should be; returns how many each has."""
    position = Counter()
    count = Counter()
    for message in read_all(cluster, "presence.snapshots", isolation):
        snapshot = json.loads(message.value())
        name = snapshot["user"]
        count[name] += 1
        where = f"{name} at {message.partition()}/{message.offset()}, version {snapshot['version']}"
        expected = model.users[name].seen
        version = position[name] + 1
        if snapshot["version"] < version:
            differences.note("doubled", f"{where} after version {version - 1}")
            continue
        if snapshot["version"] > version:
            differences.note("lost", f"{where} after version {version - 1}")
        position[name] = snapshot["version"]
        if snapshot["version"] > len(expected):
            differences.note("doubled", f"{where}, where the model ends with {len(expected)}")
            continue
        seen = visible(snapshot)
        if seen != expected[snapshot["version"] - 1] or message.key().decode() != name:
            differences.note("wrong", f"{where}: {seen} instead of {expected[snapshot['version'] - 1]}")
    for name, user in model.users.items():
        if position[name] < len(user.seen):
            differences.note("lost", f"{name} ends with version {position[name]} instead of {len(user.seen)}")
    return count


def compare_coalesced(cluster, model, differences, isolation="read_committed"):
    """Versions without a gap or a repeat, what they show in the model's order, and the model's end at the end."""
    position = Counter()  # versions
    shown = Counter()  # how many of the model's the last version covers
    for message in read_all(cluster, "presence.snapshots", isolation):
        snapshot = json.loads(message.value())
        name = snapshot["user"]
        where = f"{name} at {message.partition()}/{message.offset()}, version {snapshot['version']}"
        if snapshot["version"] != position[name] + 1:
            kind = "lost" if snapshot["version"] > position[name] else "doubled"
            differences.note(kind, f"{where} after version {position[name]}")
        position[name] = snapshot["version"]
        try:
            shown[name] = model.users[name].seen.index(visible(snapshot), shown[name]) + 1
        except ValueError:
            differences.note("wrong", f"{where}: {visible(snapshot)} is not among what comes next")
    for name, user in model.users.items():
        # The last of the model's that is like the end may lie further behind: what is seen is the same.
        if shown[name] < len(user.seen) and (not shown[name] or user.seen[shown[name] - 1] != user.seen[-1]):
            differences.note("lost", f"{name} ends with what was seen {len(user.seen) - shown[name]} changes ago")
    return position


def visible(snapshot):
    """What a snapshot shows, in the model's words."""
    return snapshot["displayName"], snapshot["state"], snapshot.get("statusMessage", ""), snapshot["quality"]


def compare_contacts(cluster, model, differences):
    """One outcome for each distinct request, one dispatch for each that was dispatched."""
    seen = Counter()
    dispatch_ids = {}
    for message in read_all(cluster, "contact.outcomes"):
        outcome = json.loads(message.value())
        recipient = outcome["recipient"]
        identity = (recipient if isinstance(recipient, str) else recipient["user"], outcome["requestId"])
        seen[identity] += 1
        ended = (outcome["outcome"], outcome.get("reason"))
        if ended != model.outcomes.get(identity):
            differences.note("wrong", f"outcome of {identity}: {ended} instead of {model.outcomes.get(identity)}")
        if "dispatchId" in outcome:
            dispatch_ids[identity] = outcome["dispatchId"]
    note_counts("outcome", seen, dict.fromkeys(model.outcomes, 1), differences)

    dispatched = Counter()
    for topic in ["mail.dispatches", "im.dispatches"]:
        for message in read_all(cluster, topic):
            dispatch = json.loads(message.value())
            identity = (dispatch["to"]["user"], dispatch["requestId"])
            dispatched[identity] += 1
            if dispatch["dispatchId"] != dispatch_ids.get(identity) or topic != "mail.dispatches":
                differences.note("wrong", f"dispatch of {identity} in {topic}")
    wanted = {identity: 1 for identity, (outcome, _) in model.outcomes.items() if outcome == "dispatched"}
    note_counts("dispatch", dispatched, wanted, differences)
    return sum(seen.values()), sum(dispatched.values())


def compare_dead_letters(cluster, malformed, differences):
    """One dead letter for each record that is none, with its bytes untouched."""
    seen = Counter()
    for message in read_all(cluster, "presence.dead-letters"):
        headers = message.headers()
        place = (int(text(headers, "dlq.partition")), int(text(headers, "dlq.offset")))
        seen[place] += 1
        if place in malformed and message.value() != malformed[place]:
            differences.note("wrong", f"dead letter of {place}: {message.value()!r}")
        if place not in malformed:
            differences.note("wrong", f"dead letter of {place}: {text(headers, 'dlq.error.message')}")
    note_counts("dead letter", seen, dict.fromkeys(malformed, 1), differences)
    return sum(seen.values())


def note_counts(what, seen, wanted, differences):
    for identity in wanted:
        if seen[identity] == 0:
            differences.note("lost", f"{what} of {identity}")
    for identity, count in seen.items():
        if count > wanted.get(identity, 0):
            differences.note("doubled", f"{what} of {identity}, {count} times")
