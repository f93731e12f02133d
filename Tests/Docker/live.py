#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Evaluates the dashboard and the alerts on a real Prometheus that scrapes a real worker.

    .venv/bin/python3 Tests/Docker/live.py WORKER

Starts WORKER with its embedded broker and two agents whom nobody answers, sends it what makes every metric appear, and has
check.py ask Prometheus. Both end with this script.
"""
import contextlib
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error

import check

CONFIGURATION = """
log: {format: json}
http: {port: %d}
roles: [enrich, resolve, bridge]
agents:
  - {name: nobody, type: ejabberd, url: "http://127.0.0.1:9/api", claims: [{domain: corp.example}]}
  - name: silent
    type: xmpp
    server: 127.0.0.1:9
    components: [portal.silent.example]
    claims: [{domain: silent.example}]
    credentials: {token: {file: %s}}
kafka: {properties: {statistics.interval.ms: 1000}}
"""
CHANGE = '{"user":"%s","source":"gw","state":"busy","observedAt":"2026-01-01T00:00:00Z","imAddress":"sip:%s@corp.example"}'


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def running(arguments, **more):
    process = subprocess.Popen(arguments, **more)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def wait_for(what, found):
    """Asks again until there is an answer; Prometheus scrapes by the clock, and nothing else tells that it has."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            if answer := found():
                return answer
        time.sleep(0.2)
    raise SystemExit(f"{what}: not within a minute")


def work(worker, bootstrap):
    def run(*arguments, given=None, may_fail=False):
        subprocess.run([worker, *arguments, "-b", bootstrap], input=given, text=True, check=not may_fail,
                       stdout=subprocess.DEVNULL)

    run("send", "profile", "tom", "--mail", "tom@corp.example")
    run("send", "profile", "jane", "--mail", "jane@corp.example")
    run("send", "change", "--file", "-", given="\n".join(CHANGE % (f"u{i}", f"u{i}") for i in range(50)))
    run("send", "change", "jane", "busy", "--lease", "1s")
    run("send", "contact", "tom", "jane", "--body", "Lunch?")
    run("send", "contact", "tom", "u1", "--body", "Lunch?")
    run("send", "change", "u2", "--address", "sip:u2@corp.example")
    subprocess.run(["kcat", "-P", "-b", bootstrap, "-t", "presence.changes", "-K:"], input="u1:{broken\n", text=True,
                   check=True)


def main():
    worker = sys.argv[1]
    known = check.metrics()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        port, own = free_port(), free_port()
        (folder / "worker.yaml").write_text(CONFIGURATION % (port, folder / "component.secret"))
        (folder / "component.secret").write_text("secret")
        (folder / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(check.DOCKER / "prometheus/alerts.yml")],
            "scrape_configs": [{"job_name": "presence-worker", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}],
        }))
        prometheus = [shutil.which("prometheus"), f"--config.file={folder}/prometheus.yml",
                      f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{own}"]
        arguments = [worker, "run", "--embedded", "--config", str(folder / "worker.yaml")]
        with running(arguments, stderr=subprocess.PIPE, text=True) as process, \
                running(prometheus, stderr=subprocess.DEVNULL):
            for line in process.stderr:
                fields = json.loads(line)
                bootstrap = fields.get("metadata", {}).get("bootstrapServers", locals().get("bootstrap"))
                if fields["message"] == "State restored":
                    break
            work(worker, bootstrap)
            address = f"http://127.0.0.1:{own}"
            wait_for("scrapes", lambda: check.ask(address, "count_over_time(up[1m]) >= 10 and up == 1"))
            # What comes last by either way says that the others have come.
            wait_for("look-ups", lambda: check.ask(address, "presence_worker_lookup_duration_seconds_count > 0"))
            wait_for("dead letters", lambda: check.ask(address, "presence_worker_dead_letters_total > 0"))
            problems = check.live(address, known)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
