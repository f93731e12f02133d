# SPDX-License-Identifier: Apache-2.0
"""What a worker says of itself over HTTP, and what the kernel says of it."""

import json
import os
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass


class Surface:
    """The HTTP surface of a worker, whose log says where it listens."""

    def __init__(self, worker, timeout=30):
        self.worker = worker
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

    def wait(self, is_so, timeout=300):
        """Waits until something is so that can only be asked."""
        deadline = time.monotonic() + timeout
        while not is_so():
            if time.monotonic() > deadline:
                raise SystemExit(f"the worker does not recover: {self.get('/health/ready')[1]}")
            time.sleep(0.1)

    def wait_until_ready(self, timeout=300):
        self.wait(lambda: self.get("/health/ready")[0] == 200, timeout)


@dataclass
class Sample:
    """What a worker was like at a moment."""

    at: float
    live: int
    ready: int
    resident: float
    descriptors: int
    reasons: list


class Monitor(threading.Thread):
    """Asks a worker twice a second whether it is alive and ready, and the kernel what it holds."""

    def __init__(self, surface, interval=0.5):
        super().__init__(name="monitor", daemon=True)
        self.surface = surface
        self.interval = interval
        self.samples = []
        self._done = threading.Event()

    def run(self):
        process = f"/proc/{self.surface.worker.process.pid}"
        page = os.sysconf("SC_PAGE_SIZE")
        while not self._done.is_set():
            live, _ = self.surface.get("/health/live")
            ready, body = self.surface.get("/health/ready")
            with open(f"{process}/statm", encoding="ascii") as file:
                resident = int(file.read().split()[1]) * page
            descriptors = len(os.listdir(f"{process}/fd"))
            reasons = json.loads(body).get("reasons", [])
            self.samples.append(Sample(time.monotonic(), live, ready, resident, descriptors, reasons))
            self._done.wait(self.interval)

    def stop(self):
        self._done.set()
        self.join()
        return self.samples


class Monitors:
    """Monitors of all workers of a fleet for as long as the `with` block lasts."""

    def __init__(self, fleet, interval=0.5):
        self.surfaces = [Surface(worker) for worker in fleet.workers]
        self.each = [Monitor(surface, interval) for surface in self.surfaces]

    def __enter__(self):
        for monitor in self.each:
            monitor.start()
        return self

    def __exit__(self, *_):
        for monitor in self.each:
            monitor.stop()

    def between(self, start, end):
        """The samples of each worker from one moment to another."""
        return [[sample for sample in monitor.samples if start <= sample.at < end] for monitor in self.each]

    def wait_until_ready(self, timeout=300):
        for surface in self.surfaces:
            surface.wait_until_ready(timeout)

    def judge_liveness(self, differences):
        """A worker that can do nothing about it is not to be restarted for it."""
        for monitor in self.each:
            dead = next((sample for sample in monitor.samples if sample.live != 200), None)
            if dead:
                differences.note("wrong", f"not alive: {dead.reasons}; {monitor.surface.worker.log_path}")
