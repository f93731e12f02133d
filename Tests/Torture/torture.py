#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Exactly-once on a real broker, whatever is done to workers, broker and network.

Each scenario sends a workload through workers of one group, does something to them round after round, and compares what
readers of committed records find afterwards, version by version, with a model computed from the input: nothing lost,
nothing doubled, nothing wrong, the order of every user kept. The model and the comparison share no code with the worker.
A line of JSON for each scenario goes to standard output, a table and what is going on to standard error. Exit status 0
if all is as it should be, else 1.

    KAFKA_BOOTSTRAP=host:port make torture ARGS="kills --rounds 200"
    make torture ARGS="all --bootstrap host:port --broker-start 'start.sh' --broker-kill 'kill.sh' --broker-stop 'stop.sh'"
    make torture ARGS="soak --minutes 240 --bootstrap host:port"
"""

import gc
import json
import os
import random
import sys
import tempfile
import time

import options
import outputs
from bursts import Flips, Return
from feed import Feed
from outage import Outage
from scenarios import SCENARIOS
from soak import Soak
from topology import FullDisk, Growth, NoDeadLetters, Refusal
from watch import Watcher
from workers import Cluster, Fleet
from workload import Workload


SCENARIOS |= {
    "outage": Outage,
    "soak": Soak,
    "flips": Flips,
    "return": Return,
    "growth": Growth,
    "no-dead-letters": NoDeadLetters,
    "refusal": Refusal,
    "full-disk": FullDisk,
}


def say(text):
    print(text, file=sys.stderr, flush=True)


class Run:
    """One scenario: its topics, its workers, its load, and what came of it."""

    def __init__(self, arguments, name):
        self.arguments = arguments
        self.scenario = SCENARIOS[name]()
        self.name = name
        self.chance = random.Random(arguments.seed + 1)
        self.directory = tempfile.mkdtemp(prefix=f"presence-torture-{name}-")
        self.prefix = f"torture-{os.getpid()}-{int(time.time())}."
        self.cluster = Cluster(arguments.bootstrap, self.prefix, arguments.partitions)
        self.users = arguments.users or self.scenario.users
        self.rate = arguments.rate or self.scenario.rate
        self.workload = Workload(arguments.seed, self.users, arguments.devices, arguments.requests)
        self.differences = outputs.Differences()
        self.figures = {}
        self.deadline = time.monotonic() + arguments.seconds if arguments.seconds else float("inf")
        self.feed = self.fleet = None
        self.say = say

    def rounds(self):
        """The numbers of the rounds, as many as there is time for."""
        for number in range(1, (self.arguments.rounds or self.scenario.rounds) + 1):
            if time.monotonic() > self.deadline:
                return
            self.check()
            self.figures["rounds"] = number
            yield number

    def check(self):
        """Ends the test where the load or a worker has ended by itself."""
        if self.feed.failure:
            raise SystemExit(self.feed.failure)
        for worker in self.fleet.workers if self.fleet else []:
            if worker.process.poll() is not None:
                raise SystemExit(f"a worker ended with {worker.process.returncode}; its log: {worker.log_path}")

    def settings(self):
        values = {
            "topics.prefix": self.prefix,
            "roles": "enrich",
            "enricher.delivery": "exactly-once",
            "enricher.coalesce": "false",
            "enricher.sessionTimeout": self.arguments.session,
            "enricher.transactionTimeout": self.arguments.transaction,
            "enricher.drainBudget": "2s",
            "contact.rateLimit.perMinute": "1000000",
            "contact.rateLimit.burst": "1000000",
            "log.format": "json",
        }
        return values | self.scenario.settings | dict(each.split("=", 1) for each in self.arguments.set)

    def run(self):
        """Runs the scenario; returns its report."""
        say(f"{self.name}: seed {self.arguments.seed}, prefix {self.prefix}, the workers' logs: {self.directory}")
        arguments = self.arguments
        self.cluster.create_topics(arguments.worker)
        self.feed = Feed(self.cluster, self.workload, arguments.changes, self.rate)
        self.feed.send_profiles()
        with self.scenario.surroundings(self):
            self.fleet = Fleet(
                arguments.worker,
                self.cluster,
                self.directory,
                arguments.workers,
                self.settings(),
                arguments.static or self.scenario.is_static,
                self.scenario.bootstrap(self),
            )
            started = time.monotonic()
            watcher = Watcher(self.cluster)
            watcher.start()
            self.feed.start()
            try:
                self.scenario.torture(self)
                self.figures |= watcher.stop()
                self.feed.changes = min(arguments.changes, self.feed.sent + arguments.then)
                self.feed.hurry() if arguments.then else self.feed.finish()
                self.feed.join()
                fed = time.monotonic()
                processed = self.wait_until_processed() if self.scenario.recovers else fed
                statuses = self.fleet.stop()
            finally:
                self.fleet.kill_all()
        if any(statuses):
            self.differences.note("wrong", f"exit statuses of the workers: {statuses}")
        self.figures["seconds"] = round(processed - started, 1)
        self.figures["secondsBehindTheFeed"] = round(processed - fed, 2)
        if self.feed.hurried_at:
            rest = self.feed.sent - self.feed.sent_before_hurry
            self.figures["changesPerSecondAfterLastRound"] = round(rest / (processed - self.feed.hurried_at))
        self.compare()
        if not self.differences and not arguments.keep:
            self.cluster.delete_topics()
        return self.report()

    def wait_until_processed(self, timeout=600):
        """Waits until the group has committed every input; returns when that was."""
        self.check()
        wanted = {}
        for topic in ["presence.changes", "contact.requests", "user.profiles"]:
            for partition, end in outputs.ends(self.cluster, topic, range(self.cluster.partitions)).items():
                if end:
                    wanted[(topic, partition)] = end
        deadline = time.monotonic() + timeout
        while True:
            committed = self.cluster.committed()
            left = {each: end - committed.get(each, 0) for each, end in wanted.items() if committed.get(each, 0) < end}
            if not left:
                return time.monotonic()
            if time.monotonic() > deadline:
                raise SystemExit(f"inputs are left after {timeout} s: {left}; the workers' logs: {self.directory}")
            time.sleep(0.05)  # the admin client can only ask

    def compare(self):
        """Compares what was committed with the model, and what was not, to see that the comparison can tell."""
        say("reading what was committed ...")
        model, differences = self.scenario.model(self), self.differences
        compare_snapshots = outputs.compare_coalesced if self.scenario.coalesces else outputs.compare_snapshots
        published = compare_snapshots(self.cluster, model, differences)
        self.scenario.look(self, published)
        found = {"snapshots": published.total()}
        found["outcomes"], found["dispatches"] = outputs.compare_contacts(self.cluster, model, differences)
        found["deadLetters"] = outputs.compare_dead_letters(self.cluster, self.feed.malformed, differences)
        # The other way round: were the rounds harmless, or the comparison blind, this would find nothing either.
        uncommitted = outputs.Differences()
        seen = compare_snapshots(self.cluster, model, uncommitted, "read_uncommitted").total()
        self.figures |= found
        self.figures["takenBackSnapshots"] = seen - found["snapshots"]
        self.figures["doubledForReadersOfUncommitted"] = uncommitted.counts["doubled"]

    def report(self):
        arguments, model = self.arguments, self.scenario.model(self)
        return {
            "scenario": self.name,
            "lost": self.differences.counts["lost"],
            "doubled": self.differences.counts["doubled"],
            "wrong": self.differences.counts["wrong"],
            "changes": self.feed.sent,
            "inputs": self.feed.produced,
            "users": self.users,
            "devices": arguments.devices,
            "workers": arguments.workers,
            "partitions": arguments.partitions,
            "seed": arguments.seed,
            "expected": {
                "snapshots": model.snapshots,
                "outcomes": len(model.outcomes),
                "dispatches": model.dispatches,
                "deadLetters": len(self.feed.malformed),
            },
        } | self.figures


def table(reports):
    """What came of each scenario, a line each."""
    say(f"{'scenario':<15} {'rounds':>6} {'changes':>9} {'lost':>5} {'doubled':>7} {'wrong':>5}  figures")
    shown = ["longestStandstillSeconds", "standstillShare", "secondsToOutput", "secondsToEnd", "secondsToRecover"]
    shown += ["secondsToUnready", "latencyMilliseconds"]
    for each in reports:
        figures = ", ".join(f"{name} {each[name]}" for name in shown if name in each)
        say(
            f"{each['scenario']:<15} {each.get('rounds', 0):>6} {each['changes']:>9} {each['lost']:>5}"
            f" {each['doubled']:>7} {each['wrong']:>5}  {figures}"
        )


def main():
    arguments = options.parse(__doc__, SCENARIOS)
    # What the model remembers has no cycles, and a search for some in millions of changes stops everything meanwhile, those
    # who take the latencies included.
    gc.disable()
    reports, failed = [], False
    for name in arguments.scenarios:
        missing = SCENARIOS[name].missing(arguments)
        if missing:
            say(f"{name}: skipped, as {missing}")
            continue
        run = Run(arguments, name)
        reports.append(run.run())
        print(json.dumps(reports[-1]), flush=True)
        for kind, examples in run.differences.examples.items():
            for example in examples:
                say(f"{kind}: {example}")
        if run.differences:
            failed = True
            say(f"NOT exactly once; the topics {run.prefix}* stay there")
    table(reports)
    if not reports:
        say("nothing was run")
    return 1 if failed or not reports else 0


if __name__ == "__main__":
    sys.exit(main())
