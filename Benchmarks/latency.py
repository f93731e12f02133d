# SPDX-License-Identifier: Apache-2.0
"""From a change to its committed snapshot, while all is well and while workers come and go."""

import json
import subprocess
import time

from measuring import Broker, Worker, report, run_json, say

WARM_UP_SECONDS = 3
RATE, SECONDS = 5_000, 30
# Without coalescing, which publishes at the end of an interval.
AT_LEAST_ONCE = {"enricher.delivery": "at-least-once", "enricher.coalesce": "false"}
# What the worker is set to, and how often the ceiling commits that is measured beside it; 0 for one without transactions.
MODES = {
    "defaults": ({}, 100),
    "10 ms": ({"enricher.commitInterval": "10ms"}, 10),
    "at least once": (AT_LEAST_ONCE, 0),
    "at least once, positions every second": ({**AT_LEAST_ONCE, "enricher.commitInterval": "1s"}, None),
}


def start_worker(broker, executable, arguments, settings):
    settings = {"topics.prefix": broker.prefix, "roles": "enrich", **settings}
    settings |= dict(each.split("=", 1) for each in arguments.set)
    return Worker(executable, ["-b", broker.bootstrap], settings)


def client(broker, ceiling, arguments, seconds, reads="presence.snapshots"):
    """The command that writes changes and waits for their snapshots."""
    return [
        ceiling / "latency", broker.bootstrap, broker.prefix + "presence.changes", broker.prefix + reads,
        broker.partitions, arguments.rate or RATE, seconds, WARM_UP_SECONDS, arguments.users,
    ]  # fmt: skip


def latency(arguments, place, ceiling):
    """In each mode, on topics of its own; then of the ceiling, a forwarder in C that copies and commits as often."""
    rate, seconds = arguments.rate or RATE, arguments.seconds or SECONDS
    say(f"\nlatency: {rate} changes a second, partitions {arguments.partitions}, {seconds} s; ms to the committed snapshot")
    for number in range(arguments.rounds):
        for mode, (settings, interval) in MODES.items():
            figures = worker_latency(arguments, place, ceiling, seconds, settings)
            report(benchmark="latency", mode=mode, round=number, rate=rate, **figures)
            say(f"  {mode}: " + ", ".join(f"{name} {value}" for name, value in figures.items()))
            if interval is None:
                continue
            figures = ceiling_latency(arguments, place, ceiling, seconds, interval)
            report(benchmark="latency", mode=f"ceiling of {mode}", round=number, rate=rate, **figures)
            say("    its ceiling: " + ", ".join(f"{name} {value}" for name, value in figures.items()))
        figures = broker_latency(arguments, place, ceiling, seconds)
        report(benchmark="latency", mode="no worker", round=number, rate=rate, **figures)
        say("  no worker, the changes themselves: " + ", ".join(f"{name} {value}" for name, value in figures.items()))


def worker_latency(arguments, place, ceiling, seconds, settings):
    broker = Broker(arguments.bootstrap, arguments.partitions)
    try:
        broker.create_missing(place / "presence-worker")
        worker = start_worker(broker, place / "presence-worker", arguments, settings)
        worker.wait_for("State restored")
        figures = run_json(*client(broker, ceiling, arguments, seconds))
        worker.stop()
    finally:
        broker.delete_everything()
    return figures


def broker_latency(arguments, place, ceiling, seconds):
    """From a change to its reader, through the broker alone: a snapshot goes that way twice."""
    broker = Broker(arguments.bootstrap, arguments.partitions)
    try:
        broker.create_missing(place / "presence-worker")
        return run_json(*client(broker, ceiling, arguments, seconds, reads="presence.changes"))
    finally:
        broker.delete_everything()


def ceiling_latency(arguments, place, ceiling, seconds, interval):
    broker = Broker(arguments.bootstrap, arguments.partitions)
    try:
        broker.create_missing(place / "presence-worker")
        records = (arguments.rate or RATE) * (seconds + WARM_UP_SECONDS)
        forwarder = subprocess.Popen(
            [str(part) for part in (
                ceiling / "forwarder", broker.bootstrap, broker.prefix + "forwarder", broker.prefix + "presence.changes",
                broker.prefix + "presence.snapshots", "-", records, interval,
            )], stdout=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(WARM_UP_SECONDS)  # it joins its group
        figures = run_json(*client(broker, ceiling, arguments, seconds))
        if forwarder.wait(30) != 0:
            raise SystemExit(f"the forwarder ended with {forwarder.returncode}")
    finally:
        broker.delete_everything()
    return figures


EVENTS = {
    "none": "nothing happens",
    "join": "a third worker joins",
    "leave": "one of two is stopped",
    "kill": "one of two is killed",
    "replace": "one of two is killed, and a new one joins at once",
    "return": "one of two with names is killed, and comes back at once",
}


def replicas(arguments, place, ceiling):
    """The longest that a change waits while workers come and go: what a pause is to readers."""
    say(f"\nreplicas: {arguments.rate or RATE} changes a second; milliseconds to the committed snapshot")
    for event, sentence in EVENTS.items():
        broker = Broker(arguments.bootstrap)
        try:
            parts, figures = watch_event(broker, place / "presence-worker", ceiling, arguments, event)
        finally:
            broker.delete_everything()
        report(benchmark="replicas", event=event, rate=arguments.rate or RATE, **parts, **figures)
        say(f"  {sentence}: " + ", ".join(f"{name} {value}" for name, value in {**figures, **parts}.items()))


def watch_event(broker, executable, ceiling, arguments, event):
    """Has two workers run and one thing happen to them; returns what the survivor told of it, and the latencies."""
    broker.create_missing(executable)

    def start(number):
        settings = {"instance.name": f"bench-{number}"} if event == "return" else {}
        return start_worker(broker, executable, arguments, settings)

    workers = [start(0)]
    workers[0].wait_for("State restored")
    workers.append(start(1))
    workers[1].wait_for("State restored")
    workers[0].wait_for("State restored", count=2)
    command = [str(part) for part in client(broker, ceiling, arguments, SECONDS)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    time.sleep(WARM_UP_SECONDS + 5)
    # Whoever has to tell that it works again: the survivor, or the one that comes back to what waits for it.
    witness, seen = workers[0], {name: len(workers[0].lines(name)) for name in ("Partitions assigned", "State restored")}
    moment = time.time()
    if event == "join":
        workers.append(start(2))
    elif event == "leave":
        workers[1].stop()
    elif event in ("kill", "replace", "return"):
        workers[1].kill()
    if event in ("replace", "return"):
        workers.append(start(1))
    if event == "return":
        witness, seen = workers[2], dict.fromkeys(seen, 0)
    parts = {}
    if event != "none":
        witness.wait_for("Partitions assigned", count=seen["Partitions assigned"] + 1)
        parts["secondsToAssignment"] = round(time.time() - moment, 2)
        told = witness.wait_for("State restored", count=seen["State restored"] + 1)
        parts["secondsToWork"] = round(time.time() - moment, 2)
        parts["restoreMilliseconds"] = int(told["milliseconds"])
        # In between are the questions for committed positions, which have no answer while a transaction is open.
        waited = parts["secondsToWork"] - parts["secondsToAssignment"] - parts["restoreMilliseconds"] / 1e3
        parts["secondsForOpenTransactions"] = round(max(0, waited), 2)
    output, _ = running.communicate(timeout=120)
    if running.returncode != 0:
        raise SystemExit(f"the client ended with {running.returncode}")
    for worker in workers:
        if worker.process.poll() is None:
            worker.stop()
    return parts, json.loads(output)
