#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether the simulation finds mistakes: the worker's own code, with one mistake at a time, has to fail in it.

    make mutants                    all of them
    make mutants ARGS="--only undo --seeds 5000"

Works on a copy of the sources in .build/mutants. First the copy without a mistake has to pass, then each mutant has to
fail within so many schedules. Exit status 0 if so, else 1; a table on standard output.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / ".build" / "mutants"
LANE = "Sources/Worker/Lane/Lane.swift"
RESTORE = "Sources/Worker/Lane/Lane+Restore.swift"
STORE = "Sources/Worker/Enricher/PartitionStore.swift"
RESTORING = "Sources/Worker/Enricher/Enricher+Restoring.swift"
CONTACT = "Sources/Worker/Enricher/Enricher+Contact.swift"
CHANGES = "Sources/Worker/Enricher/Enricher+Changes.swift"
TIMERS = "Sources/Worker/Enricher/Enricher+Timers.swift"
WATERMARKS = "Sources/Worker/Lane/Lane+Watermarks.swift"
POSITIONS = "Sources/Worker/Lane/InputPositions.swift"

# What the mistake is, the file, what stands there, and what the mistake makes of it.
MUTANTS = [
    (
        "forgotten undo: an aborted transaction's state is kept", LANE,
        "      stores[Int(partition)]?.rollback(now: now.monotonic)\n",
        "      stores[Int(partition)]?.commit(now: now)\n",
    ),
    (
        "forgotten undo: of the users alone", STORE,
        "    users.rollback()\n",
        "    users.commit()\n",
    ),
    (
        "forgotten undo: of the duplicate filter", STORE,
        "    requests.rollback()\n",
        "    requests.commit()\n",
    ),
    (
        "forgotten undo: of the rate limiter", STORE,
        "    limiter.rollback()\n",
        "    limiter.commit()\n",
    ),
    (
        "early restore: the first end of a state topic is taken for its end, an open transaction or not", RESTORE,
        "        guard let end = reading.missing[partition], position >= end else { return }\n",
        "        guard let end = reading.missing[partition] else { return }\n",
    ),
    (
        "early restore: watermarks are asked for before the committed positions are stable", RESTORE,
        "    let committed: [LogPosition]\n    do throws(LogFailure) {\n",
        "    let early = watermarks.token ?? watermarks.makeToken()\n"
        "    if watermarks.token == nil {\n"
        "      watermarks.token = early\n"
        "      let window = enricher.settings.contact.duplicateWindow.milliseconds\n"
        "      client.requestBounds(\n"
        "        of: owned.flatMap { number in\n"
        "          [LogTopic.presenceSnapshots, .contactOutcomes, .userProfiles].map { LogPartition($0, number) }\n"
        "        },\n"
        "        atTime: now.wall.adding(milliseconds: -window), token: early)\n"
        "    }\n"
        "    let committed: [LogPosition]\n    do throws(LogFailure) {\n",
    ),
    (
        "early restore: a store that comes back is taken for up to date", RESTORE,
        "      guard start ?? 0 < bound.high else { continue }\n",
        "      guard start == nil, bound.high > 0 else { continue }\n",
    ),
    (
        "short restore: the last profile is left out", RESTORE,
        "      reading.missing[position.partition] = end\n",
        "      reading.missing[position.partition] = end - 1\n",
    ),
    (
        "short restore: decided requests are not remembered", RESTORING,
        "    guard !requestID.isEmpty else {\n",
        "    guard requestID.isEmpty else { return }\n    guard !requestID.isEmpty else {\n",
    ),
    (
        "short restore: deletions are not remembered", RESTORING,
        "      restoreTombstone(user, id: store.users.find(user), at: time ?? record.timestamp, into: store, now: now)\n",
        "      _ = time\n",
    ),
    (
        "no rewinding: what was prefetched before an abort is applied, and skipped is what was aborted", RESTORE,
        "    restore = answered ? .askingCommitted : .rewinding\n",
        "    restore = .done\n",
    ),
    (
        "a revocation leaves the transaction open", RESTORE,
        "        try commit(client)\n",
        "        rollBack()\n        transaction = LaneTransaction()\n",
    ),
    (
        "a revocation gives partitions up before the transaction is committed", RESTORE,
        "        try commit(client)\n      }\n      try client.assignReader([])\n      parkStores()\n"
        "      try client.unassign()\n",
        "      }\n      try client.unassign()\n      try commit(client)\n      parkStores()\n",
    ),
    (
        "a commit that is to be repeated counts as done", LANE,
        "        guard case .retry = error.recovery, attempts < 20, clock.monotonic < drainsUntil else {\n",
        "        if case .retry = error.recovery { return }\n"
        "        guard case .retry = error.recovery, attempts < 20, clock.monotonic < drainsUntil else {\n",
    ),
    (
        "the last input of each commit is committed a second time", POSITIONS,
        "        let position = LogPosition(LogPartition(topic, partition), offset: next)\n",
        "        let position = LogPosition(LogPartition(topic, partition), offset: max(0, next - 1))\n",
    ),
    (
        "the position of one input is not sent: profiles", POSITIONS,
        "        if place.isDirty { result.append(position) }",
        "        if place.isDirty, topic != .userProfiles { result.append(position) }",
    ),
    (
        "outputs leave without positions", LANE,
        "      try commit(toCommit, client)\n",
        "      try commit(toCommit.isEmpty ? toCommit : [], client)\n",
    ),
    (
        "a repeated request is a new one", CONTACT,
        "    if store.requests.contains(identity) {\n",
        "    if store.requests.contains(identity), request.resolution != nil {\n",
    ),
    (
        "a transaction works with several tables of spaces", LANE,
        "    if !transaction.hasWork {\n      enricher.spaces = latestSpaces()\n",
        "    enricher.spaces = latestSpaces()\n    if !transaction.hasWork {\n",
    ),
    (
        "state is made the truth before the log has committed", LANE,
        "    let toCommit = positions.forCommit(of: owned)",
        "    for partition in owned where transaction.hasTouched(partition) {\n"
        "      stores[Int(partition)]?.commit(now: now)\n    }\n"
        "    let toCommit = positions.forCommit(of: owned)",
    ),
    (
        "forgotten undo: the timers that an aborted transaction used up", STORE,
        "      if committed != nil { timers.arm(id, at: now) }\n",
        "      _ = (id, committed, now)\n",
    ),
    (
        "a lease runs out without its grace", TIMERS,
        " + Int64(reading.leaseSeconds) * 1_000 + settings.leaseGrace.milliseconds\n",
        " + Int64(reading.leaseSeconds) * 1_000\n",
    ),
    (
        "a lease runs out without everything having been read", TIMERS,
        "      guard deadline <= store.confirmedAt else {\n",
        "      guard deadline <= max(now, store.confirmedAt) else {\n",
    ),
    (
        "a lease runs out by a watermark of before its end", WATERMARKS,
        "        store.confirmedAt = max(store.confirmedAt, mark.askedAt)\n",
        "        store.confirmedAt = max(store.confirmedAt, now.monotonic)\n",
    ),
    (
        "a lease goes on where a partition is restored", RESTORE,
        "    for number in owned { stores[Int(number)]?.forgetContact() }\n",
        "",
    ),
    (
        "a lease never runs out", TIMERS,
        "      state.readings[index].standing = .lapsed\n",
        "      state.readings[index].standing = .live\n",
    ),
    (
        "a lease is renewed by a repeat", CHANGES,
        "      case .same:\n",
        "      case .same:\n        state.readings[known].renewedAt = now.monotonic\n        return true\n      case _ where false:\n",
    ),
    (
        "an interest is forgotten at the first refresh", TIMERS,
        "    guard state.interest.until > now.monotonic else {\n",
        "    guard state.interest.until > now.monotonic, state.interest.until == 0 else {\n",
    ),
    (
        "a failed look-up is not remembered", CHANGES,
        "    if state.interest.failedUntil > now.monotonic {\n",
        "    if state.interest.failedUntil > now.monotonic, state.user.isEmpty {\n",
    ),
]  # fmt: skip

# What a mutation needs besides, so that it compiles and is the mistake that it says.
ALSO = {
    "early restore: watermarks are asked for before the committed positions are stable": [
        (
            RESTORE,
            "    let token = watermarks.makeToken()\n    let state = owned.flatMap { number in\n"
            "      [LogTopic.presenceSnapshots, .contactOutcomes, .userProfiles].map { LogPartition($0, number) }\n    }\n"
            "    let window = enricher.settings.contact.duplicateWindow.milliseconds\n"
            "    client.requestBounds(of: state, atTime: now.wall.adding(milliseconds: -window), token: token)\n"
            "    restore = .askingBounds(token: token, committed: committed)\n",
            "    watermarks.token = nil\n    restore = .askingBounds(token: early, committed: committed)\n",
        )
    ],
}


def say(text):
    print(text, file=sys.stderr, flush=True)


def copy_sources():
    """A copy of what git knows, with what was built there before, and with the dependencies that are here already."""
    tree = PLACE / "tree"
    names = subprocess.check_output(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, text=True
    ).split("\0")
    wanted = {name for name in names if name and (ROOT / name).is_file()}
    if (ROOT / "Package.resolved").exists():
        wanted.add("Package.resolved")
    for path in [path for path in tree.rglob("*") if path.is_file() and ".build" not in path.relative_to(tree).parts]:
        if str(path.relative_to(tree)) not in wanted:
            path.unlink()
    for name in wanted:
        write(tree / name, (ROOT / name).read_bytes())
        shutil.copymode(ROOT / name, tree / name)
    for part in ["checkouts", "repositories", "workspace-state.json"]:
        here, there = ROOT / ".build" / part, tree / ".build" / part
        if here.exists() and not there.exists():
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(here, there, symlinks=True) if here.is_dir() else shutil.copy2(here, there)
    return tree


def write(path, data):
    """Leaves a file alone that is as it should be, so that it is not compiled again."""
    if not path.exists() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def build(tree):
    swift = os.environ.get("SWIFT", "swift")
    answer = subprocess.run(
        [swift, "build", "--product", "simulate"], cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if answer.returncode != 0:
        sys.exit(f"it does not compile:\n{answer.stdout[-4000:]}")


def simulate(tree, seeds, jobs):
    """Returns whether it passed, the seconds, and the line that says why not."""
    started = time.monotonic()
    answer = subprocess.run(
        [tree / ".build" / "debug" / "simulate", "--seeds", str(seeds), "--jobs", str(jobs), "--no-shrinking"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    reason = next((line for line in answer.stdout.splitlines() if line.startswith("FAILED")), "")
    if answer.returncode not in (0, 1):
        # A precondition that fails has found the mistake as well.
        reason = f"FAILED: ended with {answer.returncode}: {answer.stderr.strip().splitlines()[-1:]}"
    return answer.returncode == 0, time.monotonic() - started, reason.removeprefix("FAILED: ")


def mutate(tree, mutant):
    name, path, old, new = mutant
    changes = [(path, old, new)] + ALSO.get(name, [])
    originals = {}
    for path, old, new in changes:
        text = (tree / path).read_text()
        originals.setdefault(path, text)
        if text.count(old) != 1:
            sys.exit(f"{name}: {path} no longer has, once, {old!r}")
        (tree / path).write_text(text.replace(old, new))
    return originals


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=4_000, help="schedules within which a mistake has to be found")
    parser.add_argument("--only", default="", help="mutants whose names this regular expression finds")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    tree = copy_sources()
    say("building ...")
    build(tree)
    passed, seconds, reason = simulate(tree, arguments.seeds, arguments.jobs)
    print(f"{'passes' if passed else 'FAILS'}  {seconds:6.1f} s  no mistake  {reason}", flush=True)
    survivors = 0 if passed else 1
    for mutant in MUTANTS:
        if not re.search(arguments.only, mutant[0]):
            continue
        originals = mutate(tree, mutant)
        try:
            build(tree)
            passed, seconds, reason = simulate(tree, arguments.seeds, arguments.jobs)
        finally:
            for path, text in originals.items():
                (tree / path).write_text(text)
        survivors += passed
        print(f"{'SURVIVES' if passed else 'found'}  {seconds:6.1f} s  {mutant[0]}  ({reason[:110]})", flush=True)
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
