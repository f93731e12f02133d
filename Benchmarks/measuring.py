# SPDX-License-Identifier: Apache-2.0
"""What the parts of Benchmarks/run share: workers as processes, the topics of a prefix, what is told."""

import atexit
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PARTITIONS = 12
TOPICS = [
    "presence.changes", "contact.requests", "user.profiles", "portal.spaces", "presence.lookups",
    "presence.snapshots", "mail.dispatches", "im.dispatches", "contact.outcomes", "presence.dead-letters",
]  # fmt: skip
INPUTS = ("presence.changes", "contact.requests", "user.profiles")


def say(text=""):
    print(text, file=sys.stderr, flush=True)


def spread(values):
    return {"min": min(values), "median": round(statistics.median(values), 3), "max": max(values)}


def report(**figures):
    print(json.dumps(figures), flush=True)


def run_json(*command, environment={}):
    """Runs a program and reads the JSON of its last line."""
    output = subprocess.check_output([str(part) for part in command], text=True, env=os.environ | environment)
    return json.loads(output.splitlines()[-1])


class Worker:
    """A worker process and what /proc knows of it."""

    def __init__(self, executable, arguments, settings, environment={}):
        self.log = tempfile.NamedTemporaryFile(prefix="presence-bench-", suffix=".log")
        command = [str(executable), "run", *arguments]
        for key, value in {"log.format": "json", **settings}.items():
            command += ["--set", f"{key}={value}"]
        self.process = subprocess.Popen(
            command, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
            env=os.environ | environment,
        )
        atexit.register(self.process.kill)  # a benchmark that fails leaves no worker behind

    def check(self):
        if self.process.poll() is not None:
            raise SystemExit(f"the worker ended with {self.process.returncode}:\n{Path(self.log.name).read_text()}")

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_kilobytes(self, name="VmRSS"):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1])
        raise SystemExit(f"/proc tells no {name}")

    def lines(self, message):
        """What was logged with a message so far, each line's metadata."""
        found = []
        for line in Path(self.log.name).read_text().splitlines():
            if f'"message":"{message}"' in line:
                found.append(json.loads(line)["metadata"])
        return found

    def wait_for(self, message, timeout=60, count=1):
        """Waits for a log line, and returns its metadata; looks often, as clocks start with it."""
        deadline = time.monotonic() + timeout
        size = -1
        while True:
            grown = os.path.getsize(self.log.name)
            if grown != size:
                size = grown
                found = self.lines(message)
                if len(found) >= count:
                    return found[count - 1]
            self.check()
            if time.monotonic() > deadline:
                raise SystemExit(f"the worker never said {message!r}:\n{Path(self.log.name).read_text()}")
            time.sleep(0.002)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Ends the worker in order."""
        self.process.send_signal(signal.SIGTERM)
        try:
            if self.process.wait(30) != 0:
                raise SystemExit(f"the worker stopped with {self.process.returncode}:\n{Path(self.log.name).read_text()}")
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise SystemExit(f"the worker does not stop:\n{Path(self.log.name).read_text()}") from None


class Broker:
    """The topics of one prefix on a real broker."""

    def __init__(self, bootstrap, partitions=PARTITIONS, name=""):
        from confluent_kafka.admin import AdminClient

        self.bootstrap = bootstrap
        self.partitions = partitions
        self.prefix = f"bench-{os.getpid()}-{int(time.time())}{name}."
        self.admin = AdminClient({"bootstrap.servers": bootstrap})
        self.group = self.prefix + "presence-worker-enricher-v1"

    def create(self, topic, **settings):
        from confluent_kafka.admin import NewTopic

        new = NewTopic(self.prefix + topic, self.partitions, 1, config=settings)
        for future in self.admin.create_topics([new], operation_timeout=30).values():
            future.result(30)

    def create_missing(self, executable, snapshots={"min.compaction.lag.ms": "3600000"}):
        """Has the worker make its topics, and the snapshots' so that nothing is compacted while it is measured."""
        names = self.admin.list_topics(timeout=10).topics
        if self.prefix + "presence.snapshots" not in names:
            self.create("presence.snapshots", **{"cleanup.policy": "compact", **snapshots})
        subprocess.run(
            [executable, "topics", "create", "-b", self.bootstrap, "--set", f"topics.prefix={self.prefix}",
             "--set", f"topics.partitions={self.partitions}"],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def delete(self, *topics):
        names = {self.prefix + topic for topic in topics}
        for future in self.admin.delete_topics(list(names), operation_timeout=30).values():
            future.result(30)
        while names & self.admin.list_topics(timeout=10).topics.keys():
            time.sleep(0.1)

    def delete_everything(self):
        topics = [name for name in self.admin.list_topics(timeout=10).topics if name.startswith(self.prefix)]
        self.delete(*(name.removeprefix(self.prefix) for name in topics))

    def forget_group(self):
        from confluent_kafka import KafkaException

        deadline = time.monotonic() + 30
        while True:  # the last member has only just left
            try:
                return self.admin.delete_consumer_groups([self.group])[self.group].result(30)
            except KafkaException:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def committed(self, topic):
        """The sum of the group's committed positions of a topic, without those of open transactions."""
        from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError

        asked = [ConsumerGroupTopicPartitions(self.group)]
        while True:
            positions = self.admin.list_consumer_group_offsets(asked, require_stable=True)[self.group].result(30)
            found = [each for each in positions.topic_partitions if each.topic == self.prefix + topic]
            errors = [each.error for each in found if each.error]
            if not errors:
                return sum(max(0, each.offset) for each in found)
            for error in errors:  # a partition in the middle of a commit has none yet
                if error.code() != KafkaError.UNSTABLE_OFFSET_COMMIT:
                    raise SystemExit(f"the positions of {topic} cannot be had: {error}")

    def read(self, topic, on_record):
        """Reads what is committed in a topic to its end."""
        from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

        consumer = Consumer({
            "bootstrap.servers": self.bootstrap,
            "group.id": self.prefix + "reader",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        })  # fmt: skip
        consumer.assign([TopicPartition(self.prefix + topic, number, OFFSET_BEGINNING) for number in range(self.partitions)])
        left = self.partitions
        while left:
            for message in consumer.consume(10_000, 0.5):
                if message.error() is None:
                    on_record(message)
                elif message.error().code() == KafkaError._PARTITION_EOF:
                    left -= 1
                else:
                    raise SystemExit(f"{topic} cannot be read: {message.error()}")
        consumer.close()
