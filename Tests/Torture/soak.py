# SPDX-License-Identifier: Apache-2.0
"""Half an hour, or hours, at a share of what the set-up takes: what grows, and what gets slower."""

import statistics
import time

from latency import Latencies, milliseconds
from scenarios import Scenario
from surface import Monitors


class Soak(Scenario):
    """70 % load for half an hour: flat memory, descriptors, latency; --minutes, --load, --window."""

    rounds = 1
    #: For how long the load runs ahead to find out how much is too much.
    calibration = 15
    #: What memory may grow from the first third to the last, in bytes: requests are remembered for a day.
    growth = 32 << 20
    #: What descriptors may: connections to brokers come and go.
    descriptors = 8

    def torture(self, run):
        arguments = run.arguments
        latencies = Latencies(run.cluster, run.workload.model)
        latencies.start()
        if arguments.load:
            run.feed.rate = self.capacity(run) * arguments.load
            run.figures["changesPerSecond"] = round(run.feed.rate)
        run.feed.on_change = lambda user: run.feed.sent % 50 or latencies.expect(user)
        started_at = time.monotonic()
        ends_at = min(run.deadline, started_at + arguments.minutes * 60)
        windows = []
        with Monitors(run.fleet, interval=2) as monitors:
            while (began := time.monotonic()) + arguments.window <= ends_at:
                time.sleep(arguments.window)
                run.check()
                windows.append(self.window(monitors, latencies, began, time.monotonic()))
                run.say(f"minute {(time.monotonic() - started_at) / 60:.1f}: {windows[-1]}")
        run.feed.on_change = None
        latencies.stop()
        monitors.judge_liveness(run.differences)
        run.figures["windows"] = windows
        run.figures["latencyMilliseconds"] = milliseconds(latencies.between(started_at, ends_at))
        run.figures["rounds"] = len(windows)
        self.judge(run, windows)

    def capacity(self, run):
        """Changes a second that feed, broker, workers and the reader beside them get through together."""
        feed, rate = run.feed, run.feed.rate
        with feed.held():
            sent = feed.sent
            feed.rate = float("inf")
        started = time.monotonic()
        time.sleep(self.calibration)
        with feed.held():
            sent = feed.sent - sent
            feed.rate = rate
            feed.producer.flush()
            processed = run.wait_until_processed()
        capacity = sent / (processed - started)
        run.figures["capacity"] = round(capacity)
        run.say(f"{sent} changes were through after {processed - started:.1f} s: {capacity:.0f} a second")
        return capacity

    @staticmethod
    def window(monitors, latencies, began, ended):
        """What one window was like: of memory and descriptors each worker's most, added up."""
        samples = [each for each in monitors.between(began, ended) if each]
        return {
            "residentMegabytes": round(sum(max(sample.resident for sample in each) for each in samples) / 1e6, 1),
            "descriptors": sum(max(sample.descriptors for sample in each) for each in samples),
            "unready": sum(sample.ready != 200 for each in samples for sample in each),
            "latencyMilliseconds": milliseconds(latencies.between(began, ended)),
        }

    def judge(self, run, windows):
        """The last third of the windows against the first; latency is shown and not judged, as a machine has moods."""
        third = len(windows) // 3
        if not third:
            run.differences.note("wrong", f"{len(windows)} windows are too few to tell what grows")
            return
        for name, allowed in [("residentMegabytes", self.growth / 1e6), ("descriptors", self.descriptors)]:
            first, last = (
                statistics.median(window[name] for window in some) for some in (windows[:third], windows[-third:])
            )
            run.figures[f"{name}FirstThird"], run.figures[f"{name}LastThird"] = first, last
            if last - first > allowed * len(run.fleet.workers):
                run.differences.note("wrong", f"{name} grew from {first} to {last}")
        if unready := sum(window["unready"] for window in windows):
            run.differences.note("wrong", f"not ready {unready} times while nothing was done to anybody")
