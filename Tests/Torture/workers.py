# SPDX-License-Identifier: Apache-2.0
"""Worker processes and what the group knows of them."""

import os
import signal
import subprocess
import time

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

TOPICS = [
    "presence.changes", "contact.requests", "user.profiles", "portal.spaces", "presence.lookups",
    "presence.snapshots", "mail.dispatches", "im.dispatches", "contact.outcomes", "presence.dead-letters",
]  # fmt: skip

# Every version of a snapshot is to be there when the test looks: nothing is compacted within the hour.
SNAPSHOTS = {"cleanup.policy": "compact", "min.compaction.lag.ms": "3600000", "segment.bytes": str(1 << 30)}


class Cluster:
    """Topics of one prefix, and the enricher's group on them."""

    def __init__(self, bootstrap, prefix, partitions):
        self.bootstrap = bootstrap
        self.prefix = prefix
        self.partitions = partitions
        self.group = prefix + "presence-worker-enricher-v1"

        self.reconnect()

    def reconnect(self):
        """Asks with another client from now on: one that has seen the broker go may not ask again for minutes."""
        self.admin = AdminClient({"bootstrap.servers": self.bootstrap})

    def create_topics(self, executable):
        """Makes the snapshots' topic by hand, and has the worker make the others."""
        snapshots = NewTopic(self.prefix + "presence.snapshots", self.partitions, 1, config=SNAPSHOTS)
        for future in self.admin.create_topics([snapshots], operation_timeout=30).values():
            future.result(30)
        self.create_missing(executable)

    def create_missing(self, executable):
        """Has a worker make those topics that are not there."""
        settings = [f"topics.prefix={self.prefix}", f"topics.partitions={self.partitions}"]
        command = [executable, "topics", "create", "-b", self.bootstrap]
        subprocess.run(
            command + [part for setting in settings for part in ("--set", setting)], check=True, stdout=subprocess.DEVNULL
        )

    def delete_topics(self):
        for future in self.admin.delete_topics([self.prefix + topic for topic in TOPICS]).values():
            future.result(30)

    def members(self):
        """The partitions that the group's members hold, by client id; None while the group is between assignments."""
        try:
            group = self.admin.describe_consumer_groups([self.group])[self.group].result(10)
        except (KafkaException, TimeoutError):
            return None
        if group.state.name != "STABLE":
            return None
        return {
            member.client_id: {
                each.partition
                for each in member.assignment.topic_partitions
                if each.topic == self.prefix + "presence.changes"
            }
            for member in group.members
        }

    def committed(self):
        """The group's committed positions."""
        answer = self.admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(self.group)], require_stable=True)
        positions = answer[self.group].result(30).topic_partitions
        return {(each.topic.removeprefix(self.prefix), each.partition): each.offset for each in positions}


class Worker:
    """One worker process."""

    def __init__(self, executable, bootstrap, log_path, settings):
        arguments = [executable, "run", "-b", bootstrap]
        for key, value in settings.items():
            arguments += ["--set", f"{key}={value}"]
        self.log_path = log_path
        with open(log_path, "ab") as log:
            self.process = subprocess.Popen(arguments, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.instance = None  # the name of a static member
        self.client_id = None  # as the group knows it

    def kill(self):
        """SIGKILL; returns when the process is gone."""
        self.process.kill()
        self.process.wait()

    def stop(self, timeout=30):
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Fleet:
    """The workers of the group: started, killed and replaced."""

    def __init__(self, executable, cluster, directory, count, settings, is_static, bootstrap=None):
        self.executable = executable
        self.cluster = cluster
        self.bootstrap = bootstrap or cluster.bootstrap
        self.directory = directory
        self.settings = settings
        self.is_static = is_static
        self.known = set()
        self.started = 0
        self.workers = []
        self.leaving = []  # told to end, and not waited for yet
        for number in range(count):
            self.workers.append(self.start(f"torture-{number + 1}" if is_static else None))
            self.learn_names()

    def start(self, name):
        self.started += 1
        path = os.path.join(self.directory, f"worker-{self.started:02d}.log")
        named = {"instance.name": name} if name else {}
        worker = Worker(self.executable, self.bootstrap, path, self.settings | named)
        worker.instance = name
        worker.client_id = f"{name}-0" if name else None
        return worker

    def learn_names(self, timeout=60):
        """Waits until the group is stable with all workers; returns who holds what, by client id."""
        deadline = time.monotonic() + timeout
        while True:
            for worker in self.workers:
                if worker.process.poll() is not None:
                    raise SystemExit(f"a worker ended with {worker.process.returncode}; its log: {worker.log_path}")
            members = self.cluster.members()
            alive = {worker.client_id for worker in self.workers if worker.client_id}
            if members is not None and len(members) == len(self.workers) and alive <= members.keys():
                for name in members.keys() - alive - self.known:
                    # Workers are started one at a time, so that there is one without a name.
                    next(worker for worker in self.workers if worker.client_id is None).client_id = name
                    self.known.add(name)
                if all(worker.client_id for worker in self.workers):
                    return members
            if time.monotonic() > deadline:
                raise SystemExit(f"the group does not come to rest: {members}; the logs: {self.directory}")
            time.sleep(0.1)  # the admin client can only ask

    def replace(self, worker):
        """Kills a worker and starts another in its place; returns when the kill happened."""
        worker.kill()
        killed_at = time.monotonic()
        self.succeed(worker)
        return killed_at

    def succeed(self, worker):
        """Starts another in the place of a worker that has ended."""
        self.workers.remove(worker)
        self.workers.append(self.start(worker.instance))

    def stop(self):
        """SIGTERM to all; returns their exit statuses."""
        for worker in self.workers:
            worker.process.send_signal(signal.SIGTERM)
        return [worker.stop() for worker in self.workers + self.leaving]

    def kill_all(self):
        """Sees to it that no worker is left."""
        for worker in self.workers + self.leaving:
            if worker.process.poll() is None:
                worker.kill()
