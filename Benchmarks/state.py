# SPDX-License-Identifier: Apache-2.0
"""What state costs: memory while idle, a user's memory, and the way back from the log."""

import json
import subprocess
import time

from measuring import PARTITIONS, Broker, Worker, report, run_json, say, spread

USERS = 1_000_000
GROWTH_PASSES = 10
# With how many lanes a worker is restored.
LANES = (1, 2)


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
    """A million users from a compacted log, on one lane and on two, next to a consumer in C that drops the same records."""
    broker = Broker(arguments.bootstrap)
    executable = place / "presence-worker"
    say(f"\nrestore: {USERS} users, prefix {broker.prefix}")
    # Compacted as soon as the broker's cleaner comes by, which looks at what is not the newest segment.
    broker.create_missing(executable, {"segment.ms": "2000", "min.cleanable.dirty.ratio": "0.01"})
    topics = [broker.prefix + topic for topic in ("user.profiles", "presence.changes")]
    settings = {"topics.prefix": broker.prefix, "roles": "enrich"}
    settings |= dict(each.split("=", 1) for each in arguments.set)
    start = ["-b", broker.bootstrap]
    try:
        run_json(ceiling / "feeder", broker.bootstrap, topics[0], USERS, USERS, "profiles")
        run_json(ceiling / "feeder", broker.bootstrap, topics[1], USERS, USERS, "in-turn")
        worker = Worker(executable, start, settings)
        while min(broker.committed(topic) for topic in ("user.profiles", "presence.changes")) < USERS:
            worker.check()
            time.sleep(0.1)
        worker.stop()
        state = [broker.prefix + topic for topic in ("presence.snapshots", "user.profiles")]
        wait_for_cleaner(broker, ceiling, state)
        ratios = {lanes: [] for lanes in LANES}
        for number in range(arguments.rounds):
            read = run_json(ceiling / "reader", broker.bootstrap, PARTITIONS, *state)
            for lanes in LANES:
                worker = Worker(executable, start, settings | {"enricher.lanes": str(lanes)})
                figures = restored(worker, lanes)
                worker.stop()
                if figures is None:
                    reason = "lanes joined after others had begun (group.initial.rebalance.delay.ms of the broker)"
                    say(f"restore: {lanes} lanes skipped, {reason}")
                    report(benchmark="restore", round=number, lanes=lanes, skipped=reason)
                    continue
                records, seconds = figures["records"], figures["seconds"]
                ratio = round((records / seconds) / (read["records"] / read["seconds"]), 3)
                ratios[lanes].append(ratio)
                report(
                    benchmark="restore", round=number, lanes=lanes, users=USERS, **figures,
                    readerRecords=read["records"], readerSeconds=read["seconds"],
                    readerCPUSeconds=read["cpuSeconds"], ratio=ratio,
                )  # fmt: skip
                say(
                    f"restore: {lanes} lane{'s' if lanes > 1 else ''}, {records:,} records in {seconds} s"
                    f" ({figures['cpuSeconds']} s CPU), the consumer in C {read['records']:,} in {read['seconds']} s"
                    f" ({read['cpuSeconds']} s CPU): ratio {ratio}; progress told {figures['progressReports']} times;"
                    f" {figures['residentBytesPerUser']} bytes resident a user behind it, at most"
                    f" {figures['peakMegabytes']} MB meanwhile"
                )
        for lanes, measured in ratios.items():
            if measured:
                report(benchmark="restore-summary", lanes=lanes, **spread(measured))
    finally:
        broker.delete_everything()


def restored(worker, lanes):
    """What it takes a worker that starts, from the first assignment to the last lane's end.

    None where a lane was assigned twice: what it had read before, it does not count.
    """
    worker.wait_for("Partitions assigned")
    began, spent = time.monotonic(), worker.cpu_seconds()
    worker.wait_for("State restored", 120, lanes)
    seconds, spent = time.monotonic() - began, worker.cpu_seconds() - spent
    # What the allocator keeps for a while is given back within seconds.
    resident = settled_memory(worker, 12) * 1024
    if len(worker.lines("Partitions assigned")) != lanes:
        return None
    return {
        "records": sum(int(told["records"]) for told in worker.lines("State restored")),
        "seconds": round(seconds, 3),
        "cpuSeconds": round(spent, 2),
        "progressReports": len(worker.lines("Restoring state")),
        "residentBytesPerUser": round(resident / USERS),
        "peakMegabytes": worker.memory_kilobytes("VmHWM") // 1024,
    }


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
