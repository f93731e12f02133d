# SPDX-License-Identifier: Apache-2.0
"""How many changes a second become snapshots: against the ceiling, by what saves bytes and time, on more lanes."""

import statistics
import tempfile
import time
from typing import NamedTuple

from measuring import INPUTS, PARTITIONS, TOPICS, Broker, Worker, report, run_json, say, spread

COMMIT_MS = 100
ALLOCATOR = "libjemalloc.so.2"  # what the worker is linked with
C_LIBRARY = "libc.so.6"  # loaded first, its allocator comes before the one that is linked


class Tally:
    """What a round wrote: records, bytes of keys and values, the time of the first."""

    def __init__(self):
        self.records = 0
        self.bytes = 0
        self.first = None
        self.sample = None

    def take(self, message):
        self.records += 1
        self.bytes += len(message.value()) + len(message.key())
        moment = message.timestamp()[1]
        if self.first is None or moment < self.first:
            self.first = moment
        self.sample = message


class Round(NamedTuple):
    """From the time of the first output to the commit of the last input."""

    tally: Tally
    seconds: float
    cpu: float
    peak: int  # kilobytes of the largest worker
    wire: float  # bytes a snapshot in the log


def one_lane(broker, arguments, settings={}):
    """The settings of a worker that is compared with another, or with the ceiling."""
    return {
        "topics.prefix": broker.prefix,
        "roles": "enrich",
        "enricher.lanes": "1",
        "enricher.coalesce": "false",
        "enricher.delivery": "exactly-once",
        "enricher.commitInterval": f"{COMMIT_MS}ms",
        **settings,
        **dict(each.split("=", 1) for each in arguments.set),
    }


def worker_round(broker, executable, arguments, settings={}, environment={}, replicas=1, reader=None):
    """Has one or more workers process what is in the topic, and takes their topics away again."""
    broker.create_missing(executable)
    settings = one_lane(broker, arguments, settings)
    workers = [Worker(executable, ["-b", broker.bootstrap], settings, environment) for _ in range(replicas)]
    before = 0
    for worker in workers:
        worker.wait_for("Partitions assigned")
        before += worker.cpu_seconds()
    while broker.committed("presence.changes") < arguments.records:
        for worker in workers:
            worker.check()
        time.sleep(0.02)
    ended = time.time()
    cpu = sum(worker.cpu_seconds() for worker in workers) - before
    peak = max(worker.memory_kilobytes("VmHWM") for worker in workers)
    for worker in workers:
        worker.stop()
    tally = Tally()
    broker.read("presence.snapshots", tally.take)
    if tally.records != arguments.records and settings["enricher.coalesce"] == "false":
        raise SystemExit(f"{arguments.records} changes became {tally.records} snapshots")
    wire = 0
    if reader:
        wire = run_json(reader, broker.bootstrap, PARTITIONS, broker.prefix + "presence.snapshots")["wireBytes"]
    broker.delete(*(topic for topic in TOPICS if topic not in INPUTS))
    broker.forget_group()
    return Round(tally, ended - tally.first / 1e3, cpu, peak, wire / tally.records)


def forwarder_round(broker, executable, number, sample, arguments, aided=False):
    target = f"ceiling-{number}{'-aided' if aided else ''}"
    broker.create(target)
    figures = run_json(
        executable, broker.bootstrap, f"{broker.prefix}forwarder-{target}", broker.prefix + "presence.changes",
        broker.prefix + target, sample, arguments.records, COMMIT_MS, *(["lz4"] if aided else []),
        environment={"LD_PRELOAD": ALLOCATOR} if aided else {},
    )  # fmt: skip
    broker.delete(target)
    return figures


def throughput(arguments, place, ceiling):
    broker = Broker(arguments.bootstrap)
    say(f"throughput: {arguments.records} changes of {arguments.users} users, prefix {broker.prefix}")
    broker.create_missing(place / "presence-worker")
    topic = broker.prefix + "presence.changes"
    fed = run_json(ceiling / "feeder", broker.bootstrap, topic, arguments.records, arguments.users)
    report(benchmark="input", **fed)
    rounds = []
    try:
        with tempfile.NamedTemporaryFile() as sample:
            # The first round only warms up, and gives the forwarder a snapshot to write. Then they take turns at being first.
            for number in range(arguments.rounds + 1):
                if number % 2 == 0:
                    measured = worker_round(broker, place / "presence-worker", arguments)
                if number == 0:
                    sample.write(measured.tally.sample.value())
                    sample.flush()
                forwarded = forwarder_round(broker, ceiling / "forwarder", number, sample.name, arguments)
                aided = forwarder_round(broker, ceiling / "forwarder", number, sample.name, arguments, aided=True)
                if number % 2 == 1:
                    measured = worker_round(broker, place / "presence-worker", arguments)
                worker_rate = arguments.records / measured.seconds
                ceiling_rate, aided_rate = (each["records"] / each["seconds"] for each in (forwarded, aided))
                figures = {
                    "benchmark": "throughput" if number else "warm-up",
                    "round": number,
                    "workerPerSecond": round(worker_rate),
                    "ceilingPerSecond": round(ceiling_rate),
                    "aidedCeilingPerSecond": round(aided_rate),
                    "ratio": round(worker_rate / ceiling_rate, 3),
                    "aidedRatio": round(worker_rate / aided_rate, 3),
                    "cpuRatio": round(
                        measured.cpu / arguments.records / (forwarded["cpuSeconds"] / forwarded["records"]), 3
                    ),
                    "workerCPUSecondsPerMillion": round(measured.cpu / arguments.records * 1e6, 2),
                    "ceilingCPUSecondsPerMillion": round(forwarded["cpuSeconds"] / forwarded["records"] * 1e6, 2),
                    "aidedCPUSecondsPerMillion": round(aided["cpuSeconds"] / aided["records"] * 1e6, 2),
                    "bytesPerRecord": round(measured.tally.bytes / measured.tally.records),
                    "peakMegabytes": round(measured.peak / 1024),
                }
                report(**figures)
                if number:
                    rounds.append(figures)
    finally:
        broker.delete_everything()

    say()
    say("                                           aided             CPU seconds a million")
    say("round   worker/s  ceiling/s  ratio  ceiling/s  ratio  worker  ceiling  ratio  aided")
    for each in rounds:
        say(
            f"{each['round']:5}  {each['workerPerSecond']:9,}  {each['ceilingPerSecond']:9,}  {each['ratio']:.3f}"
            f"  {each['aidedCeilingPerSecond']:9,}  {each['aidedRatio']:.3f}  {each['workerCPUSecondsPerMillion']:6.2f}"
            f"  {each['ceilingCPUSecondsPerMillion']:7.2f}  {each['cpuRatio']:.3f}  {each['aidedCPUSecondsPerMillion']:5.2f}"
        )
    ratios = {name: spread([each[name] for each in rounds]) for name in ("ratio", "aidedRatio", "cpuRatio")}
    for name, of in {
        "ratio": "ratio to the ceiling", "aidedRatio": "ratio to the aided ceiling", "cpuRatio": "CPU to the ceiling's",
    }.items():  # fmt: skip
        say(f"{of}: min {ratios[name]['min']}, median {ratios[name]['median']}, max {ratios[name]['max']}")
    report(
        benchmark="throughput-summary",
        **ratios,
        workerPerSecond=round(statistics.median(each["workerPerSecond"] for each in rounds)),
        ceilingPerSecond=round(statistics.median(each["ceilingPerSecond"] for each in rounds)),
    )


def compare(arguments, place, ceiling, part, variants):
    """Alternates rounds of workers with other settings on the same input."""
    broker = Broker(arguments.bootstrap)
    say(f"\n{part}: {arguments.records} changes of {arguments.users} users, prefix {broker.prefix}")
    broker.create_missing(place / "presence-worker")
    topic = broker.prefix + "presence.changes"
    fed = run_json(ceiling / "feeder", broker.bootstrap, topic, arguments.records, arguments.users)
    report(benchmark="input", **fed)
    taken = {name: [] for name in variants}
    try:
        for number in range(arguments.rounds):
            for name in sorted(variants, reverse=number % 2 == 1):
                measured = worker_round(
                    broker, place / "presence-worker", arguments, reader=ceiling / "reader", **variants[name]
                )
                taken[name].append(measured)
                report(
                    benchmark=part, variant=name, round=number,
                    changesPerSecond=round(arguments.records / measured.seconds),
                    cpuSecondsPerMillion=round(measured.cpu / arguments.records * 1e6, 2),
                    snapshotsPerChange=round(measured.tally.records / arguments.records, 3),
                    bytesPerSnapshot=round(measured.tally.bytes / measured.tally.records),
                    logBytesPerSnapshot=round(measured.wire),
                    peakMegabytes=round(measured.peak / 1024),
                )  # fmt: skip
    finally:
        broker.delete_everything()
    first = next(iter(variants))
    say()
    say("                        changes/s  ratio  CPU s/million  snapshots  bytes  in the log")
    for name, rounds in taken.items():
        rate = statistics.median(arguments.records / each.seconds for each in rounds)
        ratio = statistics.median(base.seconds / each.seconds for base, each in zip(taken[first], rounds))
        cpu = statistics.median(each.cpu for each in rounds) / arguments.records * 1e6
        wire = statistics.median(each.wire for each in rounds)
        tally = rounds[0].tally
        say(
            f"{name:22}  {rate:9,.0f}  {ratio:.3f}  {cpu:13.2f}  {tally.records:9,}"
            f"  {tally.bytes / tally.records:5.0f}  {wire:10.0f}"
        )


def savings(arguments, place, ceiling):
    """What compression, the allocator and coalescing give, each next to the worker as it is measured otherwise."""
    compare(arguments, place, ceiling, "bytes", {
        "lz4, jemalloc": {},
        "no compression": {"settings": {"kafka.producer.compression.type": "none"}},
        "the C library's malloc": {"environment": {"LD_PRELOAD": C_LIBRARY}},
        "coalescing": {"settings": {"enricher.coalesce": "true"}},
    })  # fmt: skip


def scale(arguments, place, ceiling):
    """What a second lane gives, and what a second worker."""
    compare(arguments, place, ceiling, "scale", {
        "one lane": {},
        "two lanes": {"settings": {"enricher.lanes": "2"}},
        "two workers": {"replicas": 2},
    })  # fmt: skip
