# SPDX-License-Identifier: Apache-2.0
"""A broker that is away for two minutes under load, seen through the worker's own HTTP surface."""

import shlex
import subprocess
import time

from scenarios import Scenario
from surface import Monitor, Surface


class Outage(Scenario):
    """The broker is stopped for two minutes: memory bounded, readiness honest, liveness green, recovery timed."""

    rounds = 1
    #: How long the broker is away, in seconds.
    away = 120

    @classmethod
    def missing(cls, arguments):
        if arguments.broker_start and arguments.broker_stop:
            return None
        return "--broker-start and --broker-stop do not say how"

    def torture(self, run):
        worker = run.fleet.workers[0]
        surface = Surface(worker)
        monitor = Monitor(surface)
        monitor.start()
        for number in run.rounds():
            surface.wait_until_ready()
            surface.wait(lambda: surface.metric("presence_worker_lag_records") is not None)
            time.sleep(10)  # what is normal
            stopped_at = time.monotonic()
            subprocess.run(shlex.split(run.arguments.broker_stop), check=True, stdout=subprocess.DEVNULL)
            gone_at = time.monotonic()
            time.sleep(self.away)
            subprocess.run(shlex.split(run.arguments.broker_start), check=True, stdout=subprocess.DEVNULL)
            back_at = time.monotonic()
            surface.wait_until_ready()
            ready_at = time.monotonic()
            # The feed's own backlog of the two minutes has to go through, too: as long as it lags there is lag.
            behind = run.rate
            surface.wait(lambda: (lag := surface.metric("presence_worker_lag_records")) is not None and lag < behind)
            caught_up_at = time.monotonic()
            self.judge(run, monitor.samples, stopped_at, gone_at, back_at)
            run.figures["secondsAway"] = round(back_at - gone_at, 1)
            run.figures["secondsFromReturnToReady"] = round(ready_at - back_at, 2)
            run.figures["secondsToRecover"] = round(caught_up_at - back_at, 2)
            run.say(f"outage {number}: {run.figures}")
        monitor.stop()
        run.cluster.reconnect()

    def judge(self, run, samples, stopped_at, gone_at, back_at):
        """What the worker said of itself, against what was true."""
        before = [each for each in samples if each.at < stopped_at]
        during = [each for each in samples if gone_at <= each.at < back_at]
        dead = [each for each in samples if each.live != 200]
        if dead:
            run.differences.note("wrong", f"not alive in an outage: {dead[0].reasons}")
        unready = [each for each in during if each.ready == 503]
        if not unready:
            run.differences.note("wrong", "ready all through an outage")
        elif any(each.ready == 200 for each in during if each.at > unready[0].at):
            run.differences.note("wrong", "ready again while the broker was away")
        else:
            run.figures["secondsToUnready"] = round(unready[0].at - gone_at, 1)
            run.figures["reason"] = unready[-1].reasons
        resident = {"before": before, "most": samples}
        for name, each in resident.items():
            run.figures[f"residentMegabytes{name.capitalize()}"] = round(max(sample.resident for sample in each) / 1e6, 1)
        grown = run.figures["residentMegabytesMost"] - run.figures["residentMegabytesBefore"]
        if grown > 512:
            run.differences.note("wrong", f"memory grew by {grown:.0f} MB")
