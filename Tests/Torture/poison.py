#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Damaged records over all input topics, through a worker on its embedded broker.

Each record is a valid event that was damaged: cut, flipped bits, other types, names twice, deep nesting, huge numbers,
bytes that are no UTF-8, other keys, partitions and headers. What the worker refuses has to be in the dead letters
exactly once, with the record's key, bytes and headers; what it accepts may not be there. Which of both is right is
judged by Python's JSON and schemas/, without a line of the worker's code. Each accepted contact request has exactly one
outcome. The worker may not end, nor complain of anything but what was provoked.

A line of JSON goes to standard output. Exit status 0 if all is as it should be, else 1.

    make poison ARGS="--count 100000"
"""

import argparse
import collections
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

from confluent_kafka import Consumer, Producer, TopicPartition

from poison_judge import INVALID, OPEN, VALID, Judge
from poison_records import IDENTITY, Poisoner

PARTITIONS = 4
BATCH = 5_000
PATIENCE = 60
DEAD_LETTERS = "presence.dead-letters"
OUTCOMES = "contact.outcomes"
GROUPS = {
    "presence-worker-enricher-v1": ["presence.changes", "contact.requests", "user.profiles"],
    "presence-worker-resolver-v1": ["presence.lookups"],
}
CODES = {
    "emptyValue", "malformedJson", "invalidUtf8", "missingField", "wrongType", "invalidValue", "tooLarge", "duplicateField",
    "foreignType", "unsupportedVersion", "unsupportedContentType", "keyMismatch", "wrongPartition", "invalidKey",
    "outputTooLarge",
}  # fmt: skip
PROVOKED = {
    "A space's record cannot be read; the space stays as it was",
    "Look-ups come from an enricher with another list of agents; compare the configurations",
}


def say(text):
    print(text, file=sys.stderr, flush=True)


class Worker:
    """A worker with its embedded broker."""

    def __init__(self, executable):
        self.configuration = tempfile.NamedTemporaryFile("w", suffix=".yaml")
        self.configuration.write("log: {format: json}\nenricher: {commitInterval: 20ms}\n")
        self.configuration.flush()
        self.process = subprocess.Popen(
            [executable, "run", "--embedded", "--embedded-partitions", str(PARTITIONS), "--config", self.configuration.name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.complaints = collections.Counter()
        self.bootstrap = None
        self.ready = threading.Event()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.ready.wait()
        self.check()

    def read(self):
        for line in self.process.stdout:
            try:
                entry = json.loads(line)
                level, message = entry["level"], entry["message"]
            except (ValueError, KeyError, TypeError):
                say(f"  the worker says {line.decode(errors='replace').strip()[:300]}")
                self.complaints["something that is no line of a log"] += 1
                continue
            if message.startswith("Embedded broker"):
                self.bootstrap = entry["metadata"]["bootstrapServers"]
            if message == "State restored":
                self.ready.set()
            if level in ("warning", "error", "critical"):
                self.complaints[message if message in PROVOKED else f"{message} {entry.get('metadata')}"] += 1
        self.ready.set()

    def check(self):
        """Ends the test where the worker has ended."""
        if self.process.poll() is not None:
            raise SystemExit(f"the worker has ended with {self.process.returncode}: {dict(self.complaints)}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        return status


class Poisoning:
    """What was written, what came of it, and what is wrong with that."""

    def __init__(self, worker, seed):
        self.worker = worker
        bootstrap = worker.bootstrap
        self.poisoner = Poisoner(seed, PARTITIONS)
        self.judge = Judge(PARTITIONS)
        self.producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "message.max.bytes": 8 << 20,
                "message.timeout.ms": PATIENCE * 1_000,
                "linger.ms": 5,
            }
        )
        self.reader = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "poison",
                "fetch.wait.max.ms": 10,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
            }
        )
        places = [TopicPartition(topic, part, 0) for topic in (DEAD_LETTERS, OUTCOMES) for part in range(PARTITIONS)]
        self.reader.assign(places)
        self.groups = {
            group: Consumer({"bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False})
            for group in GROUPS
        }
        self.places = {}
        self.letters = collections.defaultdict(list)
        self.markers = set()
        self.outcomes = collections.Counter()
        self.expected_outcomes = {}
        self.problems = []
        self.counts = collections.Counter()
        self.codes = collections.Counter()

    def problem(self, text):
        self.problems.append(text)
        if len(self.problems) <= 20:
            say(f"  {text}")

    # Writing and reading.

    def write(self, record):
        def delivered(error, message, number=record.number):
            if error is not None:
                raise SystemExit(f"the broker does not take record {number}: {error}")
            self.places[number] = (message.topic(), message.partition(), message.offset())

        self.producer.produce(
            record.topic,
            key=record.key,
            value=record.value,
            headers=record.headers,
            partition=record.partition,
            on_delivery=delivered,
        )
        self.producer.poll(0)

    def flush(self):
        while self.producer.flush(1):
            self.worker.check()

    def read(self, is_done, what):
        """Takes what comes until that is so; a minute without anything new is a failure."""
        quiet_since = time.monotonic()
        while not is_done():
            self.worker.check()
            for message in self.reader.consume(1_000, 0.05):
                if message.error():
                    raise SystemExit(f"reading failed: {message.error()}")
                quiet_since = time.monotonic()
                self.take(message)
            if time.monotonic() - quiet_since > PATIENCE:
                self.problem(f"waited in vain for {what}")
                return

    def take(self, message):
        if message.topic() == OUTCOMES:
            headers = dict(message.headers() or [])
            self.outcomes[message.key(), headers.get("ce_requestid")] += 1
            return
        headers = message.headers() or []
        identity = [value for name, value in headers if name == IDENTITY]
        if len(identity) != 1:
            self.problem(f"a dead letter of nobody: {headers} {message.value()!r:.300}")
        elif identity[0].startswith(b"marker"):
            self.markers.add(identity[0])
        else:
            self.letters[int(identity[0])].append((message.key(), message.value(), headers))

    def pass_markers(self, name):
        """Writes a bad record behind everything, and waits until all of them are dead letters and committed."""
        expected, ends = set(), {}
        for topics in GROUPS.values():
            for topic in topics:
                for partition in range(PARTITIONS):
                    identity = f"marker-{name}-{topic}-{partition}".encode()
                    expected.add(identity)

                    def delivered(error, message):
                        if error is not None:
                            raise SystemExit(f"the broker does not take a marker: {error}")
                        ends[message.topic(), message.partition()] = message.offset()

                    self.producer.produce(
                        topic, value=b"{", headers=[(IDENTITY, identity)], partition=partition, on_delivery=delivered
                    )
        self.flush()
        self.read(lambda: expected <= self.markers, f"the markers {name}")
        # Whatever was caused by what stands before them is acknowledged once their offsets are committed.
        for group, topics in GROUPS.items():
            places = [TopicPartition(topic, partition) for topic in topics for partition in range(PARTITIONS)]
            self.read(lambda: all(
                place.offset > ends[place.topic, place.partition]
                for place in self.groups[group].committed(places, timeout=PATIENCE)
            ), f"the commits behind the markers {name}")  # fmt: skip

    # One batch.

    def run(self, numbers):
        records = [self.poisoner.record(number) for number in numbers]
        for record in records:
            self.write(record)
        self.flush()
        self.pass_markers(f"{numbers[0]}-a")
        # What was sent to its partition came in behind those markers.
        self.pass_markers(f"{numbers[0]}-b")
        for record in records:
            self.check(record)
        self.places.clear()

    def check(self, record):
        verdict, reason, moves, event = self.judge.verdict(record)
        letters = self.letters.pop(record.number, [])
        description = f"record {record.number} ({record.topic}, {verdict} {reason})"
        shown = f"key {record.key!r:.80} headers {record.headers!r:.300} value {record.value!r:.600}"
        if record.topic == "portal.spaces":
            self.counts["spaces"] += 1
            if letters:
                self.problem(f"{description} is a dead letter: {shown}")
            return
        if len(letters) > 1:
            self.problem(f"{description} is {len(letters)} dead letters: {shown}")
        if letters:
            self.counts["refused"] += 1
            self.check_letter(record, description, letters[0])
            if verdict == VALID:
                headers = dict(letters[0][2])
                self.problem(f"{description} was refused, {headers.get('dlq.error.message')}: {shown}")
        else:
            self.counts["accepted"] += 1
            self.counts["rerouted"] += moves
            if verdict == INVALID:
                self.problem(f"{description} was accepted: {shown}")
            if verdict == VALID and record.topic == "contact.requests":
                self.expected_outcomes[event["recipient"].encode(), event["id"].encode()] = description
        self.counts["open"] += verdict == OPEN

    def check_letter(self, record, description, letter):
        key, value, headers = letter
        added = [(name, text) for name, text in headers if name.startswith("dlq.")]
        own = [(name, text) for name, text in headers if not name.startswith("dlq.")]
        if value == record.value and own == [*record.headers, ("presence-rerouted", b"1")]:
            return  # sent to its partition, and only there found to be bad
        if (key, value, own) != (record.key, record.value, record.headers):
            self.problem(f"{description} is not untouched in its dead letter: {letter!r:.900} instead of {record!r:.900}")
        facts = dict(added)
        place = tuple(facts[name].decode() for name in ("dlq.topic", "dlq.partition", "dlq.offset"))
        if place != tuple(str(part) for part in self.places[record.number]):
            self.problem(f"{description} was at {self.places[record.number]} and its dead letter says {place}")
        code = facts["dlq.error.code"].decode()
        self.codes[code] += 1
        message = facts["dlq.error.message"]
        if code not in CODES or not message or any(byte < 0x20 or byte == 0x7F for byte in message):
            self.problem(f"{description} has the code {code} and the message {message!r}")

    def finish(self):
        """Waits for what look-ups delay, and counts outcomes."""
        self.read(lambda: self.expected_outcomes.keys() <= self.outcomes.keys(), "the outcomes of accepted requests")
        for request, description in self.expected_outcomes.items():
            if self.outcomes[request] != 1:
                self.problem(f"{description} has {self.outcomes[request]} outcomes")
        for request, count in self.outcomes.items():
            if count > 1 and request not in self.expected_outcomes:
                self.problem(f"the request {request} has {count} outcomes")
        for number in self.letters:
            self.problem(f"a dead letter of record {number} came late")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000, help="how many records")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the same seed makes the same records")
    parser.add_argument("--worker", default=".build/release/presence-worker", help="the presence-worker executable")
    arguments = parser.parse_args()
    say(f"{arguments.count} records of seed {arguments.seed}")
    began = time.monotonic()
    worker = Worker(arguments.worker)
    try:
        poisoning = Poisoning(worker, arguments.seed)
        for start in range(0, arguments.count, BATCH):
            poisoning.run(range(start, min(start + BATCH, arguments.count)))
        poisoning.finish()
        status = worker.stop()
    finally:
        worker.process.kill()
    if status != 0:
        poisoning.problem(f"the worker ended with {status}")
    for complaint, count in worker.complaints.items():
        if complaint not in PROVOKED:
            poisoning.problem(f"the worker complained {count} times: {complaint}")
    print(
        json.dumps(
            {
                "scenario": "poison",
                "records": arguments.count,
                "seed": arguments.seed,
                **poisoning.counts,
                "outcomes": len(poisoning.expected_outcomes),
                "codes": dict(poisoning.codes.most_common()),
                "problems": len(poisoning.problems),
                "seconds": round(time.monotonic() - began, 1),
            }
        )
    )
    return 1 if poisoning.problems else 0


if __name__ == "__main__":
    sys.exit(main())
