# SPDX-License-Identifier: Apache-2.0
"""What state costs: memory while idle, a user's memory, and the way back from the log."""

import json
import subprocess
import time

from measuring import PARTITIONS, Broker, Worker, report, run_json, say, spread

USERS = 1_000_000
GROWTH_PASSES = 10


def settled_memory(worker, seconds=4):
    """Kilobytes resident once that has changed by less than a hundredth for some seconds."""
    samples = [worker.memory_kilobytes()]
    while len(samples) < seconds or max(samples[-seconds:]) - min(samples[-seconds:]) > samples[-1] // 100:
        time.sleep(1)
        worker.check()
        samples.append(worker.memory_kilobytes())
    return samples[-1]


def idle_memory(arguments, place):
    """Resident memory once everything is joined and restored and nothing happens any more."""
    settings = dict(each.split("=", 1) for each in arguments.set)
    if arguments.bootstrap:
        broker = Broker(arguments.bootstrap)
        broker.create_missing(place / "presence-worker")
        worker = Worker(place / "presence-worker", ["-b", broker.bootstrap], {"topics.prefix": broker.prefix, **settings})
    else:
        broker = None
        worker = Worker(place / "presence-worker", ["--embedded"], settings)
    worker.wait_for("State restored")
    resident = settled_memory(worker)
    figures = {
        "benchmark": "idle-memory",
        "broker": "real" if broker else "embedded, in the same process",
        "residentMegabytes": round(resident / 1024, 1),
        "anonymousMegabytes": round(worker.memory_kilobytes("RssAnon") / 1024, 1),
        "fileMegabytes": round(worker.memory_kilobytes("RssFile") / 1024, 1),
        "threads": worker.memory_kilobytes("Threads"),
    }
    worker.stop()
    if broker:
        broker.delete_everything()
    report(**figures)
    say(
        f"\nmemory: {figures['residentMegabytes']} MB resident when idle ({figures['anonymousMegabytes']} MB of its own,"
        f" {figures['fileMegabytes']} MB of files), {figures['threads']} threads, broker: {figures['broker']}"
    )


def user_memory(place):
    """Bytes a user, and whether they grow with the changes: without a broker, so that nothing else is in it."""
    command = [str(place / "enricher-benchmark"), "--memory", str(USERS), str(GROWTH_PASSES)]
    for line in subprocess.check_output(command, text=True).splitlines():
        print(line, flush=True)
        figures = json.loads(line)
        say(
            f"memory: {figures['users']:,} users, {figures['changes']:,} changes:"
            f" {figures['residentBytesPerUser']} bytes resident a user"
        )


def restore(arguments, place, ceiling):
    """A million users from a compacted log, next to a consumer in C that reads the same records and drops them."""
    broker = Broker(arguments.bootstrap)
    executable = place / "presence-worker"
    say(f"\nrestore: {USERS} users, prefix {broker.prefix}")
    # Compacted as soon as the broker's cleaner comes by, which looks at what is not the newest segment.
    broker.create_missing(executable, {"segment.ms": "2000", "min.cleanable.dirty.ratio": "0.01"})
    topics = [broker.prefix + topic for topic in ("user.profiles", "presence.changes")]
    settings = {"topics.prefix": broker.prefix, "roles": "enrich", "enricher.lanes": "1"}
    settings |= dict(each.split("=", 1) for each in arguments.set)
    try:
        run_json(ceiling / "feeder", broker.bootstrap, topics[0], USERS, USERS, "profiles")
        run_json(ceiling / "feeder", broker.bootstrap, topics[1], USERS, USERS, "in-turn")
        worker = Worker(executable, ["-b", broker.bootstrap], settings)
        while min(broker.committed(topic) for topic in ("user.profiles", "presence.changes")) < USERS:
            worker.check()
            time.sleep(0.1)
        worker.stop()
        state = [broker.prefix + topic for topic in ("presence.snapshots", "user.profiles")]
        read = wait_for_cleaner(broker, ceiling, state)
        ratios = []
        for number in range(arguments.rounds):
            read = run_json(ceiling / "reader", broker.bootstrap, PARTITIONS, *state)
            worker = Worker(executable, ["-b", broker.bootstrap], settings)
            worker.wait_for("Partitions assigned")
            spent = worker.cpu_seconds()
            told = worker.wait_for("State restored", 120)
            spent = round(worker.cpu_seconds() - spent, 2)
            # What the allocator keeps for a while is given back within seconds.
            resident = settled_memory(worker, 12) * 1024
            peak = worker.memory_kilobytes("VmHWM") // 1024
            progress = len(worker.lines("Restoring state"))
            worker.stop()
            records, seconds = (int(told[name]) for name in ("records", "milliseconds"))
            seconds /= 1e3
            ratios.append(round((records / seconds) / (read["records"] / read["seconds"]), 3))
            report(
                benchmark="restore", round=number, users=USERS, records=records, seconds=seconds,
                cpuSeconds=spent, readerRecords=read["records"], readerSeconds=read["seconds"],
                readerCPUSeconds=read["cpuSeconds"], ratio=ratios[-1],
                progressReports=progress, residentBytesPerUser=round(resident / USERS), peakMegabytes=peak,
            )  # fmt: skip
            say(
                f"restore: {records:,} records in {seconds} s ({spent} s CPU), the consumer in C {read['records']:,} in"
                f" {read['seconds']} s ({read['cpuSeconds']} s CPU): ratio {ratios[-1]}; progress told {progress} times;"
                f" {round(resident / USERS)} bytes resident a user behind it, at most {peak} MB meanwhile"
            )
        report(benchmark="restore-summary", **spread(ratios))
    finally:
        broker.delete_everything()


def wait_for_cleaner(broker, ceiling, topics, patience=180):
    """Reads the topics until two looks in a row find as much, with most of what was replaced gone."""
    deadline = time.monotonic() + patience
    before = None
    while True:
        read = run_json(ceiling / "reader", broker.bootstrap, PARTITIONS, *topics)
        if read["records"] == before and read["records"] < 2.3 * USERS:
            return read
        if time.monotonic() > deadline:
            say(f"restore: the broker has not compacted the log; it holds {read['records']:,} records")
            return read
        before = read["records"]
        time.sleep(10)
