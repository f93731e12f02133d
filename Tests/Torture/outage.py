# SPDX-License-Identifier: Apache-2.0
"""A broker that is away for two minutes under load, seen through the worker's own HTTP surface."""

import json
import shlex
import subprocess
import threading
import time
import urllib.error
import urllib.request

from confluent_kafka.admin import AdminClient
from scenarios import Scenario


class Surface:
    """The HTTP surface of a worker, whose log says where it listens."""

    def __init__(self, worker, timeout=30):
        deadline = time.monotonic() + timeout
        while True:
            with open(worker.log_path, encoding="utf-8") as log:
                for line in log:
                    if '"Listening for HTTP"' in line:
                        self.url = f"http://127.0.0.1:{json.loads(line)['metadata']['port']}"
                        return
            if time.monotonic() > deadline:
                raise SystemExit(f"the worker does not say where it listens; its log: {worker.log_path}")
            time.sleep(0.1)  # the log is a file

    def get(self, path):
        """The status and the body."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metric(self, name):
        """The sum of a metric's samples; None where there are none."""
        values = [
            float(line.rsplit(" ", 1)[1])
            for line in self.get("/metrics")[1].splitlines()
            if line.startswith((name + " ", name + "{"))
        ]
        return sum(values) if values else None


class Monitor(threading.Thread):
    """Asks a worker twice a second whether it is alive and ready, and how much memory it has."""

    def __init__(self, surface):
        super().__init__(name="monitor", daemon=True)
        self.surface = surface
        self.samples = []  # (monotonic time, live status, ready status, resident bytes, reasons)
        self._done = threading.Event()

    def run(self):
        while not self._done.is_set():
            live, _ = self.surface.get("/health/live")
            ready, body = self.surface.get("/health/ready")
            memory = self.surface.metric("process_resident_memory_bytes")
            self.samples.append((time.monotonic(), live, ready, memory, json.loads(body).get("reasons", [])))
            self._done.wait(0.5)

    def stop(self):
        self._done.set()
        self.join()


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
            self.wait(surface, lambda: surface.get("/health/ready")[0] == 200)
            self.wait(surface, lambda: surface.metric("presence_worker_lag_records") is not None)
            time.sleep(10)  # what is normal
            stopped_at = time.monotonic()
            subprocess.run(shlex.split(run.arguments.broker_stop), check=True, stdout=subprocess.DEVNULL)
            gone_at = time.monotonic()
            time.sleep(self.away)
            subprocess.run(shlex.split(run.arguments.broker_start), check=True, stdout=subprocess.DEVNULL)
            back_at = time.monotonic()
            self.wait(surface, lambda: surface.get("/health/ready")[0] == 200)
            ready_at = time.monotonic()
            # The feed's own backlog of the two minutes has to go through, too: as long as it lags there is lag.
            behind = run.arguments.rate
            self.wait(surface, lambda: (surface.metric("presence_worker_lag_records") or behind) < behind)
            caught_up_at = time.monotonic()
            self.judge(run, monitor.samples, stopped_at, gone_at, back_at)
            run.figures["secondsAway"] = round(back_at - gone_at, 1)
            run.figures["secondsFromReturnToReady"] = round(ready_at - back_at, 2)
            run.figures["secondsToRecover"] = round(caught_up_at - back_at, 2)
            run.say(f"outage {number}: {run.figures}")
        monitor.stop()
        # One that has seen the broker go takes its time to ask it again.
        run.cluster.admin = AdminClient({"bootstrap.servers": run.cluster.bootstrap})

    def judge(self, run, samples, stopped_at, gone_at, back_at):
        """What the worker said of itself, against what was true."""
        before = [each for each in samples if each[0] < stopped_at]
        during = [each for each in samples if gone_at <= each[0] < back_at]
        dead = [each for each in samples if each[1] != 200]
        if dead:
            run.differences.note("wrong", f"not alive in an outage: {dead[0][4]}")
        unready = [each for each in during if each[2] == 503]
        if not unready:
            run.differences.note("wrong", "ready all through an outage")
        elif any(each[2] == 200 for each in during if each[0] > unready[0][0]):
            run.differences.note("wrong", "ready again while the broker was away")
        else:
            run.figures["secondsToUnready"] = round(unready[0][0] - gone_at, 1)
            run.figures["reason"] = unready[-1][4]
        resident = {"before": before, "most": samples}
        for name, each in resident.items():
            run.figures[f"residentMegabytes{name.capitalize()}"] = round(max(sample[3] for sample in each) / 1e6, 1)
        grown = run.figures["residentMegabytesMost"] - run.figures["residentMegabytesBefore"]
        if grown > 512:
            run.differences.note("wrong", f"memory grew by {grown:.0f} MB")

    @staticmethod
    def wait(surface, is_so, timeout=300):
        deadline = time.monotonic() + timeout
        while not is_so():
            if time.monotonic() > deadline:
                raise SystemExit(f"the worker does not recover: {surface.get('/health/ready')[1]}")
            time.sleep(0.1)  # it can only be asked
