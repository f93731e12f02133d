# SPDX-License-Identifier: Apache-2.0
"""Topics that are not as they should be, and a broker that takes nothing, while the load goes on.

What is asked of the workers: nothing is lost or doubled, the process lives, memory stays, and `/health/ready` says what is
wrong for as long as it is, and no longer.
"""

import errno
import os
import re
import shlex
import subprocess
import time

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, ResourceType,
)  # fmt: skip

import outputs
from model import Model
from scenarios import Scenario
from surface import Monitors


class Trouble(Scenario):
    """Something is wrong for a while: the workers are not ready meanwhile, and go on by themselves behind it."""

    rounds = 1
    #: What the reasons for not being ready have to say.
    reason = ""
    #: What memory may grow, in bytes, while nothing goes out.
    growth = 256 << 20

    def begin(self, run):
        """Brings it about."""
        raise NotImplementedError

    def end(self, run):
        """Takes it away."""
        raise NotImplementedError

    def torture(self, run):
        with Monitors(run.fleet) as monitors:
            for number in run.rounds():
                monitors.wait_until_ready()
                started_at = time.monotonic()
                time.sleep(5)
                self.begin(run)
                begun_at = time.monotonic()
                time.sleep(run.arguments.away)
                # Judged up to here: whatever takes it away takes its time.
                ends_at = time.monotonic()
                self.end(run)
                ended_at = time.monotonic()
                monitors.wait_until_ready()
                run.figures["secondsFromEndToReady"] = round(time.monotonic() - ended_at, 1)
                run.check()
                self.judge_readiness(run, monitors.between(begun_at, ends_at), begun_at)
                self.judge_memory(run, monitors, started_at, begun_at)
                run.say(f"{run.name} {number}: {run.figures}")
            monitors.judge_liveness(run.differences)

    def judge_readiness(self, run, samples, begun_at):
        """At least one worker says what is wrong, and does not call itself ready again while it is."""
        first = [next((sample.at for sample in each if sample.ready != 200), None) for each in samples]
        # Reasons count seconds; which there were is of interest, and not how often.
        reasons = {re.sub(r"\d+ s\b", "N s", each) for some in samples for sample in some for each in sample.reasons}
        run.figures["unreadyWorkers"] = sum(at is not None for at in first)
        run.figures["reasons"] = sorted(reasons)[:6]
        if not any(first):
            run.differences.note("wrong", f"all workers were ready all through {run.name}")
            return
        run.figures["secondsToUnready"] = round(min(at for at in first if at) - begun_at, 1)
        for at, each in zip(first, samples):
            flaps = sum(before.ready != 200 and after.ready == 200 for before, after in zip(each, each[1:]))
            if flaps:
                run.differences.note("wrong", f"a worker called itself ready {flaps} times in the middle of {run.name}")
        if not any(self.reason in reason for reason in reasons):
            run.differences.note("wrong", f"no reason says {self.reason!r}: {sorted(reasons)[:6]}")

    def judge_memory(self, run, monitors, started_at, begun_at):
        before = [max(sample.resident for sample in each) for each in monitors.between(started_at, begun_at)]
        most = [max(sample.resident for sample in each) for each in monitors.between(begun_at, time.monotonic())]
        grown = max(after - first for first, after in zip(before, most))
        run.figures["residentMegabytesBefore"] = round(max(before) / 1e6, 1)
        run.figures["residentMegabytesMost"] = round(max(most) / 1e6, 1)
        if grown > self.growth:
            run.differences.note("wrong", f"memory grew by {grown / 1e6:.0f} MB")


class Refusal(Trouble):
    """The broker refuses every snapshot for a while (`max.message.bytes`): back-pressure, no loss, honest readiness."""

    reason = "no transaction"

    def begin(self, run):
        self.limit(run, ConfigEntry("max.message.bytes", "200", incremental_operation=AlterConfigOpType.SET))

    def end(self, run):
        self.limit(run, ConfigEntry("max.message.bytes", None, incremental_operation=AlterConfigOpType.DELETE))

    @staticmethod
    def limit(run, entry):
        topic = ConfigResource(
            ResourceType.TOPIC, run.cluster.prefix + "presence.snapshots", incremental_configs=[entry]
        )
        for future in run.cluster.admin.incremental_alter_configs([topic]).values():
            future.result(30)


class NoDeadLetters(Trouble):
    """The dead-letter topic is deleted under load, with bad records among the changes, and made again."""

    reason = "does not exist"

    def begin(self, run):
        # What lay in it is deleted with it, and no loss of the workers'.
        with run.feed.held():
            run.feed.producer.flush()
            run.wait_until_processed()
            outputs.compare_dead_letters(run.cluster, run.feed.malformed, run.differences)
            run.figures["deadLettersBefore"] = len(run.feed.malformed)
            run.feed.malformed.clear()
            for future in run.cluster.admin.delete_topics([run.cluster.prefix + "presence.dead-letters"]).values():
                future.result(30)

    def end(self, run):
        run.cluster.create_missing(run.arguments.worker)


class Growth(Scenario):
    """`presence.changes` gets more partitions under load: the workers refuse to be ready, name the runbook, corrupt nothing.

    Keys have moved away from their state by then, and no worker can put that right: what they have committed until they
    notice is compared with the model of just these inputs.
    """

    rounds = 1
    recovers = False
    #: Counts are looked at when the group is told; clients ask for metadata that often.
    settings = {"kafka.properties.topic.metadata.refresh.interval.ms": "2000"}
    patience = 60

    def torture(self, run):
        with Monitors(run.fleet) as monitors:
            monitors.wait_until_ready()
            time.sleep(5)
            more = NewPartitions(run.cluster.prefix + "presence.changes", run.cluster.partitions + 4)
            for future in run.cluster.admin.create_partitions([more]).values():
                future.result(30)
            grown_at = time.monotonic()
            for surface in monitors.surfaces:
                surface.wait(lambda: surface.get("/health/ready")[0] != 200, self.patience)
            run.figures["secondsToUnready"] = round(time.monotonic() - grown_at, 1)
            refused_at = time.monotonic()
            time.sleep(run.arguments.away)
            run.check()
            refused = monitors.between(refused_at, time.monotonic())
            monitors.judge_liveness(run.differences)
        self.judge(run, refused)
        run.figures["rounds"] = 1

    @staticmethod
    def judge(run, samples):
        ready = sum(sample.ready == 200 for each in samples for sample in each)
        if ready:
            run.differences.note("wrong", f"ready {ready} times although the topics differ")
        for each in samples:
            # Between two attempts a worker may say that it is not connected; most of the time it has to say why.
            named = [sample for sample in each if any("Growing a topic" in reason for reason in sample.reasons)]
            if len(named) * 2 < len(each):
                run.differences.note("wrong", f"the runbook is not named: {each[-1].reasons if each else 'no samples'}")
        run.figures["reasons"] = samples[0][-1].reasons if samples and samples[0] else []

    def model(self, run):
        """A model of what the group has committed, read back from the topics."""
        if not hasattr(self, "_model"):
            self._model = Model()
            committed = run.cluster.committed()
            for topic in ["user.profiles", "presence.changes", "contact.requests"]:
                for message in outputs.read_all(run.cluster, topic):
                    place = (topic, message.partition())
                    # What a grown producer put into another partition is sent on, and counts where it arrives.
                    if message.offset() < committed.get(place, 0) and self.is_home(run, message):
                        self._model.apply(topic, message.value())
            for place in list(run.feed.malformed):
                if place[1] >= committed.get(("presence.changes", place[0]), 0):
                    del run.feed.malformed[place]
        return self._model

    @staticmethod
    def is_home(run, message):
        return murmur2(message.key()) % run.cluster.partitions == message.partition()


class FullDisk(Trouble):
    """The broker's disk is full, which ends the broker; then there is room, and it starts again; --broker-disk."""

    reason = "answer"

    @classmethod
    def missing(cls, arguments):
        if arguments.broker_disk and arguments.broker_start:
            return None
        return "--broker-disk and --broker-start do not say where and how"

    def begin(self, run):
        self.path = os.path.join(run.arguments.broker_disk, "filler")
        written = 0
        with open(self.path, "wb", buffering=0) as file:
            for size in (1 << 20, 4096):
                try:
                    while True:
                        written += file.write(bytes(size))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
        run.say(f"the disk is full: {written / 1e6:.0f} MB were free")

    def end(self, run):
        run.figures["brokerEnded"] = not self.answers(run)
        os.remove(self.path)
        if run.figures["brokerEnded"]:
            subprocess.run(shlex.split(run.arguments.broker_start), check=True, stdout=subprocess.DEVNULL)
        run.cluster.reconnect()

    @staticmethod
    def answers(run):
        try:
            AdminClient({"bootstrap.servers": run.cluster.bootstrap}).list_topics(timeout=5)
        except KafkaException:
            return False
        return True


def murmur2(key):
    """Java's murmur2 over the bytes of a key, made positive, as its partitioner does."""
    factor, mask = 0x5BD1E995, 0xFFFFFFFF
    hashed = 0x9747B28C ^ len(key)
    whole = len(key) & ~3
    for at in range(0, whole, 4):
        word = int.from_bytes(key[at : at + 4], "little") * factor & mask
        word = (word ^ word >> 24) * factor & mask
        hashed = hashed * factor & mask ^ word
    rest = key[whole:]
    if rest:
        hashed = (hashed ^ int.from_bytes(rest, "little")) * factor & mask
    hashed = (hashed ^ hashed >> 13) * factor & mask
    return (hashed ^ hashed >> 15) & 0x7FFFFFFF
