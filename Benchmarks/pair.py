# SPDX-License-Identifier: Apache-2.0
"""Two workers with different settings at the same time: whatever else the machine does, it does to both."""

import time

from measuring import INPUTS, TOPICS, Broker, Worker, report, run_json, say, spread
from throughput import one_lane


def pair(arguments, place, ceiling):
    """CPU an event of a worker with `--against` and `--against-environment` to that of one without, each on an input of
    its own, from a tenth of it on until one of them is through. They take turns at being first to start."""
    if not arguments.against and not arguments.against_environment:
        say("pair: skipped, as neither --against nor --against-environment says what the second worker has")
        return report(benchmark="pair", skipped="there is no --against")
    variants = {
        "worker": ({}, {}),
        "against": (assignments(arguments.against), assignments(arguments.against_environment)),
    }
    brokers = [Broker(arguments.bootstrap, name=name) for name in ("a", "b")]
    say(f"\npair: {arguments.records} changes of {arguments.users} users each, prefixes {brokers[0].prefix} {brokers[1].prefix}")
    ratios = []
    try:
        for broker in brokers:
            broker.create_missing(place / "presence-worker")
            run_json(
                ceiling / "feeder", broker.bootstrap, broker.prefix + "presence.changes", arguments.records, arguments.users
            )
        for number in range(arguments.rounds):
            order = sorted(variants, reverse=number % 2 == 0)
            costs = dict(zip(order, both(arguments, place, brokers, [variants[name] for name in order])))
            ratios.append(round(costs["against"]["cpu"] / costs["worker"]["cpu"], 3))
            report(benchmark="pair", round=number, ratio=ratios[-1], **costs)
            say("  " + ", ".join(
                f"{name} {cost['cpu']:.2f} s a million, at most {cost['peakMegabytes']} MB" for name, cost in costs.items()
            ) + f": {ratios[-1]}")  # fmt: skip
    finally:
        for broker in brokers:
            broker.delete_everything()
    say("CPU of the second to the first: min {min}, median {median}, max {max}".format(**spread(ratios)))
    report(benchmark="pair-summary", **spread(ratios))


def assignments(texts):
    return dict(each.split("=", 1) for each in texts)


def both(arguments, place, brokers, variants):
    """What one round costs each of the two."""
    workers = []
    for broker, (settings, environment) in zip(brokers, variants):
        broker.create_missing(place / "presence-worker")
        settings = one_lane(broker, arguments) | settings
        workers.append(Worker(place / "presence-worker", ["-b", broker.bootstrap], settings, environment))
    for worker in workers:
        worker.wait_for("Partitions assigned")
    first = last = None
    while True:
        for worker in workers:
            worker.check()
        now = [(broker.committed("presence.changes"), worker.cpu_seconds()) for broker, worker in zip(brokers, workers)]
        if max(position for position, _ in now) >= arguments.records:
            break
        last = now
        if first is None and min(position for position, _ in now) >= arguments.records // 10:
            first = now
        time.sleep(0.1)
    if first is None or last is first:
        raise SystemExit("the workers were hardly ever at work at the same time; --records takes more")
    costs = [
        {
            "cpu": round((after[1] - before[1]) / (after[0] - before[0]) * 1e6, 2),
            "peakMegabytes": round(worker.memory_kilobytes("VmHWM") / 1024),
        }
        for worker, before, after in zip(workers, first, last)
    ]
    for broker, worker in zip(brokers, workers):
        worker.stop()
        broker.delete(*(topic for topic in TOPICS if topic not in INPUTS))
        broker.forget_group()
    return costs
