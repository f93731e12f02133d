#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Exactly-once on a real broker: workers of one group are killed with SIGKILL while a million changes go through them.

What readers of committed records find afterwards is compared, version by version, with a model computed from the input:
nothing lost, nothing doubled, nothing wrong. Exit status 0 if so, else 1. Needs confluent-kafka.

    KAFKA_BOOTSTRAP=host:port .venv/bin/python3 Tests/Torture/exactly_once.py --worker .build/release/presence-worker
"""

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import threading
import time

from confluent_kafka import Producer

import outputs
from workers import Cluster, Fleet
from workload import Workload


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", default=os.environ.get("KAFKA_BOOTSTRAP"), help="host:port of the broker")
    parser.add_argument("--worker", required=True, help="the presence-worker executable")
    parser.add_argument("--changes", type=int, default=1_000_000)
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--devices", type=int, default=1, help="devices of each user")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--partitions", type=int, default=12)
    parser.add_argument("--rate", type=float, help="changes a second until the last kill; default: changes / kills / 10")
    parser.add_argument("--overlap", action="store_true", help="kill at any moment, recovered from the last or not")
    parser.add_argument("--static", action="store_true", help="static members, whose names outlive the kill")
    parser.add_argument("--session", default="6s", help="session time-out of the group")
    parser.add_argument("--transaction", default="5s", help="transaction time-out")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="more settings of the workers")
    parser.add_argument("--keep", action="store_true", help="leave the topics there")
    arguments = parser.parse_args()
    if not arguments.bootstrap:
        parser.error("--bootstrap or KAFKA_BOOTSTRAP says where the broker is")
    return arguments


class Feed(threading.Thread):
    """Produces the workload: at a rate while workers are being killed, then as fast as it can."""

    def __init__(self, cluster, workload, changes, rate):
        super().__init__(name="feed")
        self.cluster = cluster
        self.workload = workload
        self.changes = changes
        self.rate = rate
        self.hurry = threading.Event()
        self.failure = None
        self.sent = 0
        self.malformed = {}
        self.produced = 0
        self.hurried_at = None
        self.sent_before_hurry = 0
        self.producer = Producer({
            "bootstrap.servers": cluster.bootstrap,
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "linger.ms": 5,
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

    def run(self):
        started = time.monotonic()
        for number in range(self.changes):
            self.send(self.workload.change())
            other = self.workload.other()
            if other is not None:
                self.send(other, is_malformed=other[0] == "presence.changes")
            self.sent = number + 1
            if number % 100 == 0:
                self.producer.poll(0)
                ahead = started + number / self.rate - time.monotonic()
                if ahead > 0 and not self.hurry.is_set():
                    self.hurry.wait(ahead)
                elif self.hurry.is_set() and self.hurried_at is None:
                    self.hurried_at, self.sent_before_hurry = time.monotonic(), number
        self.producer.flush()


def settings(arguments, prefix):
    values = {
        "topics.prefix": prefix,
        "roles": "enrich",
        "enricher.delivery": "exactly-once",
        "enricher.coalesce": "false",
        "enricher.sessionTimeout": arguments.session,
        "enricher.transactionTimeout": arguments.transaction,
        "enricher.drainBudget": "2s",
        "contact.rateLimit.perMinute": "1000000",
        "contact.rateLimit.burst": "1000000",
        "log.format": "json",
    }
    return values | dict(each.split("=", 1) for each in arguments.set)


def say(text):
    print(text, file=sys.stderr, flush=True)


def torture(arguments, cluster, fleet, feed, chance):
    """Kills workers at random; returns the seconds from each kill to the next output of each partition it hit."""
    gaps = []
    for number in range(arguments.kills):
        if arguments.overlap:
            # Whatever is going on: a rebalance, a restore, the start of the last victim's successor.
            fleet.replace(chance.choice(fleet.workers))
            say(f"kill {number + 1}: {feed.sent} changes sent")
            time.sleep(chance.uniform(0, 6))
            continue
        holders = fleet.learn_names()
        victim = chance.choice([worker for worker in fleet.workers if holders.get(worker.client_id)])
        partitions = holders[victim.client_id]
        killed_at = fleet.replace(victim)
        starts = outputs.ends(cluster, "presence.snapshots", partitions)
        written_by = None if arguments.static else victim.client_id
        gap = outputs.first_after(cluster, starts, written_by, killed_at)
        gaps.append(gap)
        if feed.failure:
            raise SystemExit(feed.failure)
        say(
            f"kill {number + 1}: {victim.client_id} with partitions {sorted(partitions)}, {feed.sent} changes sent,"
            f" next output after {min(gap.values()):.1f} to {max(gap.values()):.1f} s"
        )
        time.sleep(chance.uniform(0, 2))
    return gaps


def wait_until_processed(cluster, feed, fleet, timeout=600):
    """Waits until the group has committed every input; returns when that was."""
    if feed.failure:
        raise SystemExit(feed.failure)
    topics = ["presence.changes", "contact.requests", "user.profiles"]
    wanted = {}
    for topic in topics:
        for partition, end in outputs.ends(cluster, topic, range(cluster.partitions)).items():
            if end:
                wanted[(topic, partition)] = end
    deadline = time.monotonic() + timeout
    while True:
        committed = cluster.committed()
        left = {place: end - committed.get(place, 0) for place, end in wanted.items() if committed.get(place, 0) < end}
        if not left:
            return time.monotonic()
        if time.monotonic() > deadline:
            raise SystemExit(f"inputs are left after {timeout} s: {left}; the workers' logs: {fleet.directory}")
        time.sleep(0.05)  # the admin client can only ask


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main():
    arguments = parse_arguments()
    directory = tempfile.mkdtemp(prefix="presence-torture-")
    prefix = f"torture-{os.getpid()}-{int(time.time())}."
    say(f"seed {arguments.seed}, prefix {prefix}, the workers' logs: {directory}")
    chance = random.Random(arguments.seed + 1)
    workload = Workload(arguments.seed, arguments.users, arguments.devices)
    cluster = Cluster(arguments.bootstrap, prefix, arguments.partitions)
    cluster.create_topics(arguments.worker)
    rate = arguments.rate or max(1_000, arguments.changes / max(1, arguments.kills) / 10)
    feed = Feed(cluster, workload, arguments.changes, rate)
    feed.daemon = True
    feed.send_profiles()
    fleet = Fleet(arguments.worker, cluster, directory, arguments.workers, settings(arguments, prefix), arguments.static)
    started = time.monotonic()
    feed.start()
    try:
        gaps = torture(arguments, cluster, fleet, feed, chance)
        feed.hurry.set()
        feed.join()
        fed = time.monotonic()
        processed = wait_until_processed(cluster, feed, fleet)
        statuses = fleet.stop()
    finally:
        for worker in fleet.workers:
            if worker.process.poll() is None:
                worker.kill()

    say("reading what was committed ...")
    differences = outputs.Differences()
    if any(statuses):
        differences.note("wrong", f"exit statuses of the workers: {statuses}")
    snapshots = outputs.compare_snapshots(cluster, workload.model, differences)
    outcomes, dispatches = outputs.compare_contacts(cluster, workload.model, differences)
    dead_letters = outputs.compare_dead_letters(cluster, feed.malformed, differences)
    # The other way round: were the kills harmless, or the comparison blind, this would find nothing either.
    uncommitted = outputs.Differences()
    unseen = outputs.compare_snapshots(cluster, workload.model, uncommitted, "read_uncommitted") - snapshots
    times = [seconds for gap in gaps for seconds in gap.values()]
    report = {
        "changes": arguments.changes,
        "inputs": feed.produced,
        "users": arguments.users,
        "devices": arguments.devices,
        "workers": arguments.workers,
        "partitions": arguments.partitions,
        "kills": arguments.kills,
        "seed": arguments.seed,
        "snapshots": snapshots,
        "outcomes": outcomes,
        "dispatches": dispatches,
        "deadLetters": dead_letters,
        "expected": {
            "snapshots": workload.model.snapshots,
            "outcomes": len(workload.model.outcomes),
            "dispatches": workload.model.dispatches,
            "deadLetters": len(feed.malformed),
        },
        "lost": differences.counts["lost"],
        "doubled": differences.counts["doubled"],
        "wrong": differences.counts["wrong"],
        "takenBackSnapshots": unseen,
        "doubledForReadersOfUncommitted": uncommitted.counts["doubled"],
        "seconds": round(processed - started, 1),
        "changesPerSecond": round(arguments.changes / (processed - started)),
    }
    if feed.hurried_at:
        rest = arguments.changes - feed.sent_before_hurry
        report["changesPerSecondAfterLastKill"] = round(rest / (processed - feed.hurried_at))
        report["secondsBehindTheFeed"] = round(processed - fed, 2)
    if times:
        report["secondsFromKillToOutput"] = {
            "p50": round(statistics.median(times), 2),
            "p99": round(quantile(times, 0.99), 2),
            "max": round(max(times), 2),
        }
    print(json.dumps(report))
    for kind, examples in differences.examples.items():
        for example in examples:
            say(f"{kind}: {example}")
    if differences:
        say(f"NOT exactly once; the topics {prefix}* stay there")
        return 1
    if not arguments.keep:
        cluster.delete_topics()
    say("exactly once: nothing lost, nothing doubled, nothing wrong")
    return 0


if __name__ == "__main__":
    sys.exit(main())
