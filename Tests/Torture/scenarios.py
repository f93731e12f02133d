# SPDX-License-Identifier: Apache-2.0
"""What is done to workers, broker and network while the load goes on."""

import contextlib
import shlex
import signal
import statistics
import subprocess
import time

import outputs
from proxy import Proxy


def distribution(seconds):
    """Median, 99th percentile and maximum."""
    ordered = sorted(seconds)
    return {
        "p50": round(statistics.median(ordered), 2),
        "p99": round(ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))], 2),
        "max": round(ordered[-1], 2),
    }


class Scenario:
    """One kind of torture."""

    rounds = 10
    is_static = False
    settings = {}
    users = 20_000
    rate = 2_000
    #: Whether several changes of a user within one transaction are published as the last of them.
    coalesces = False
    #: Whether the workers go through all inputs in the end.
    recovers = True

    @classmethod
    def missing(cls, arguments):
        """Why the scenario cannot run with these arguments; None if it can."""
        return None

    def bootstrap(self, run):
        """Where the workers find the broker."""
        return run.cluster.bootstrap

    @contextlib.contextmanager
    def surroundings(self, run):
        """What has to be there as long as the workers run."""
        yield

    def torture(self, run):
        """Does it, round after round; figures go to `run.figures`."""
        raise NotImplementedError

    def model(self, run):
        """What the outputs are to be compared with."""
        return run.workload.model

    def look(self, run, published):
        """Looks at how many snapshots each user has."""


class Kills(Scenario):
    """SIGKILL to a worker that holds partitions; the next when those have moved on."""

    def torture(self, run):
        times = []
        for number in run.rounds():
            holders = run.fleet.learn_names()
            victim = run.chance.choice([worker for worker in run.fleet.workers if holders.get(worker.client_id)])
            partitions = holders[victim.client_id]
            starts = outputs.ends(run.cluster, "presence.snapshots", partitions)
            killed_at = run.fleet.replace(victim)
            written_by = None if victim.instance else victim.client_id
            gap = outputs.first_after(run.cluster, starts, written_by, killed_at)
            times += gap.values()
            run.say(
                f"kill {number}: {victim.client_id} with partitions {sorted(partitions)}, {run.feed.sent} changes sent,"
                f" next output after {min(gap.values()):.1f} to {max(gap.values()):.1f} s"
            )
            time.sleep(run.chance.uniform(0, 2))
        run.figures["secondsToOutput"] = distribution(times)


class Overlaps(Scenario):
    """SIGKILL at any moment, amid rebalances, restores and starts."""

    rounds = 20

    def torture(self, run):
        for number in run.rounds():
            run.fleet.replace(run.chance.choice(run.fleet.workers))
            run.say(f"kill {number}: {run.feed.sent} changes sent")
            time.sleep(run.chance.uniform(0, 6))
        run.fleet.learn_names(timeout=120)


class Stops(Scenario):
    """SIGSTOP past the session time-out, then SIGCONT: stale commits are refused, the worker goes on by itself."""

    rounds = 5

    def torture(self, run):
        times = []
        for number in run.rounds():
            holders = run.fleet.learn_names()
            victim = run.chance.choice([worker for worker in run.fleet.workers if holders.get(worker.client_id)])
            victim.process.send_signal(signal.SIGSTOP)
            # Past the session's time-out and the transaction's: others take over, the broker aborts.
            time.sleep(seconds(run.arguments.session) + seconds(run.arguments.transaction) + run.chance.uniform(1, 4))
            victim.process.send_signal(signal.SIGCONT)
            continued_at = time.monotonic()
            while victim.client_id not in run.fleet.learn_names():
                time.sleep(0.1)  # the admin client can only ask
            times.append(time.monotonic() - continued_at)
            run.say(f"stop {number}: {victim.client_id} is a member again {times[-1]:.1f} s after it went on")
        run.figures["secondsToRecover"] = distribution(times)


class Drains(Scenario):
    """SIGTERM under load: the worker ends within its budget with status 0, and another takes over."""

    rounds = 100

    def torture(self, run):
        times = []
        for number in run.rounds():
            run.fleet.learn_names()
            victim = run.chance.choice(run.fleet.workers)
            asked_at = time.monotonic()
            status = victim.stop()
            times.append(time.monotonic() - asked_at)
            if status != 0:
                run.differences.note("wrong", f"a worker ended with status {status} after SIGTERM; {victim.log_path}")
            run.fleet.succeed(victim)
            run.say(f"drain {number}: {times[-1]:.2f} s, {run.feed.sent} changes sent")
        run.figures["secondsToEnd"] = distribution(times)


class Storm(Scenario):
    """A replica joins or leaves every two seconds."""

    rounds = 150

    def torture(self, run):
        extra = []
        for number in run.rounds():
            if extra and run.chance.random() < 0.5:
                worker = extra.pop(run.chance.randrange(len(extra)))
                run.fleet.workers.remove(worker)
                if run.chance.random() < 0.5:
                    worker.process.send_signal(signal.SIGTERM)
                    run.fleet.leaving.append(worker)
                else:
                    worker.kill()
            elif len(extra) < 3:
                worker = run.fleet.start(None)
                run.fleet.workers.append(worker)
                extra.append(worker)
            if number % 15 == 0:
                run.say(f"storm {number}: {len(run.fleet.workers)} workers, {run.feed.sent} changes sent")
            time.sleep(2)


class BrokerAway(Scenario):
    """The broker is killed or stopped under load, stays away for a while, and comes back."""

    rounds = 6

    @classmethod
    def missing(cls, arguments):
        if arguments.broker_start and arguments.broker_kill and arguments.broker_stop:
            return None
        return "--broker-start, --broker-kill and --broker-stop do not say how"

    def torture(self, run):
        times = []
        for number in run.rounds():
            run.fleet.learn_names(timeout=120)
            time.sleep(run.chance.uniform(1, 4))
            how = run.arguments.broker_kill if number % 2 else run.arguments.broker_stop
            subprocess.run(shlex.split(how), check=True, stdout=subprocess.DEVNULL)
            time.sleep(run.chance.choice([0, 5, 20]))
            subprocess.run(shlex.split(run.arguments.broker_start), check=True, stdout=subprocess.DEVNULL)
            back_at = time.monotonic()
            run.cluster.reconnect()
            starts = outputs.ends(run.cluster, "presence.snapshots", range(run.cluster.partitions))
            gap = outputs.first_after(run.cluster, starts, None, back_at)
            times += gap.values()
            run.say(f"broker {number}: {'killed' if number % 2 else 'stopped'}, output {max(gap.values()):.1f} s after it was back")
        run.figures["secondsToOutput"] = distribution(times)


class LostAnswers(Scenario):
    """A proxy that lets commits through and drops their answers: nobody knows whether they happened."""

    rounds = 40

    @classmethod
    def missing(cls, arguments):
        return None if arguments.proxied else "--proxied does not say which listener a proxy can stand before"

    def bootstrap(self, run):
        return f"127.0.0.1:{self.proxy.port}"

    @contextlib.contextmanager
    def surroundings(self, run):
        port, target = run.arguments.proxied.split("=")
        with Proxy(int(port), target) as self.proxy:
            yield

    def torture(self, run):
        for number in run.rounds():
            self.proxy.drop_answers(run.chance.randrange(1, 4))
            time.sleep(run.chance.uniform(0.5, 2))
            if number % 10 == 0:
                run.say(f"lost answers {number}: {self.proxy.dropped} so far, {run.feed.sent} changes sent")
        self.proxy.drop_answers(0)
        run.figures["answersDropped"] = self.proxy.dropped
        if not self.proxy.dropped:
            run.differences.note("wrong", "no answer was dropped: the proxy saw no commit")


def seconds(text):
    """The seconds of a duration such as `6s` or `500ms`."""
    return float(text[:-2]) / 1000 if text.endswith("ms") else float(text.removesuffix("s"))


SCENARIOS = {
    "kills": Kills,
    "overlaps": Overlaps,
    "stops": Stops,
    "drains": Drains,
    "storm": Storm,
    "broker-away": BrokerAway,
    "lost-answers": LostAnswers,
}
