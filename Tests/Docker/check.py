#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks docker/ without a docker engine and without a cluster; prints what is wrong, ends with 1 if anything is.

    .venv/bin/python3 Tests/Docker/check.py [--prometheus http://127.0.0.1:9090]

The Dockerfile by hadolint, compose.yaml by the published schema, the Kubernetes manifests by Kubernetes' own schemas,
rules and their tests by promtool, and every expression of dashboard and alerts against docs/METRICS.md: its metrics
exist and have the labels that it names. With a Prometheus that scrapes a worker, every expression is also evaluated there, and
every metric that it names has to be there with those labels.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
# What every series has, and what a histogram's has.
COMMON = {"instance", "job", "le"}
# Absent while no restore runs.
RARE = {"presence_worker_restore_expected_records", "presence_worker_restore_read_records"}
OWN = re.compile(r"\b((?:presence_worker|process)_[a-z_]+)(\{[^}]*\})?")


def tool(name):
    beside = pathlib.Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name)


def run(name, *arguments):
    path = tool(name)
    if not path:
        return [f"{name} is not installed: .ci/install test"]
    result = subprocess.run([path, *arguments], cwd=ROOT, capture_output=True, text=True)
    call = f"{name} {' '.join(map(str, arguments))}"
    return [] if result.returncode == 0 else [f"{call}:\n{result.stdout}{result.stderr}"]


def files():
    problems = run("hadolint", DOCKER / "Dockerfile")
    problems += run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", DOCKER / "compose.yaml")
    custom = {"kustomization.yaml", "keda.yaml", "servicemonitor.yaml"}
    manifests = [path for path in sorted((DOCKER / "kubernetes").glob("*.yaml")) if path.name not in custom]
    problems += run("kubernetes-validate", "--strict", "--quiet", *manifests)
    listed = set(yaml.safe_load((DOCKER / "kubernetes/kustomization.yaml").read_text())["resources"])
    there = {path.name for path in (DOCKER / "kubernetes").glob("*.yaml")}
    there -= {"kustomization.yaml", "secret.example.yaml"}
    if listed != there:
        problems.append(f"kustomization.yaml and the manifests differ: {sorted(listed ^ there)}")
    problems += run("promtool", "check", "config", DOCKER / "prometheus/prometheus.yml")
    problems += run("promtool", "test", "rules", DOCKER / "prometheus/alerts.test.yml")
    return problems


def expressions():
    """Every PromQL expression with where it stands."""
    dashboard = json.loads((DOCKER / "grafana/dashboards/presence-worker.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield f"dashboard, {panel['title']}", target["expr"]
    for note in dashboard["annotations"]["list"]:
        yield f"dashboard, {note['name']}", note["expr"]
    for group in yaml.safe_load((DOCKER / "prometheus/alerts.yml").read_text())["groups"]:
        for rule in group["rules"]:
            yield f"alert {rule['alert']}", rule["expr"]


def metrics():
    """The labels of each metric by docs/METRICS.md, and its type."""
    found = {}
    for line in (ROOT / "docs/METRICS.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 4 and cells[1].startswith("`"):
            found[cells[1].strip("`")] = (cells[2], set(re.findall(r"`([a-z_]+)`", cells[3])))
    return found


def base(name, known):
    for suffix in ("_bucket", "_count", "_sum"):
        stem = name.removesuffix(suffix)
        if stem != name and known.get(stem, ("",))[0] == "histogram":
            return stem
    return name


def named(matchers):
    """The labels that matchers name."""
    return re.findall(r"([a-z_]+)\s*[=!]", matchers)


def static(known):
    problems = []
    for place, expression in expressions():
        used = [(base(name, known), named(matchers)) for name, matchers in OWN.findall(expression)]
        allowed = set(COMMON)
        for name, labels in used:
            if name not in known:
                problems.append(f"{place}: docs/METRICS.md has no {name}")
                continue
            allowed |= known[name][1]
            strange = set(labels) - known[name][1] - COMMON
            problems += [f"{place}: {name} has no label {label}" for label in sorted(strange)]
        for labels in re.findall(r"\b(?:by|on|without) \(([^)]*)\)", expression):
            for label in labels.replace(" ", "").split(","):
                if label not in allowed:
                    problems.append(f"{place}: none of its metrics has a label {label}")
    return problems


def ask(prometheus, query):
    url = f"{prometheus}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    try:
        return json.load(urllib.request.urlopen(url))["data"]["result"]
    except urllib.error.HTTPError as error:
        return json.load(error)["error"]


def live(prometheus, known):
    problems = []
    for place, expression in expressions():
        answer = ask(prometheus, expression)
        if isinstance(answer, str):
            problems.append(f"{place}: {answer}")
        for name, matchers in OWN.findall(expression):
            if base(name, known) in RARE:
                continue
            selector = name + "{" + ",".join(f'{label}!=""' for label in named(matchers)) + "}"
            if not ask(prometheus, selector):
                problems.append(f"{place}: no series {selector}")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--prometheus", help="a Prometheus that scrapes a worker")
    options = parser.parse_args()
    known = metrics()
    problems = live(options.prometheus, known) if options.prometheus else files() + static(known)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
