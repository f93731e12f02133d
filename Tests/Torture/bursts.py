# SPDX-License-Identifier: Apache-2.0
"""Users who come all at once, and one who cannot decide."""

import subprocess
import time

from latency import Latencies, milliseconds
from scenarios import Scenario
from workload import compact, rfc3339


class Flips(Scenario):
    """One user flips 20 times a second for a minute: seen in order, ends right, and others do not notice."""

    rounds = 1
    #: As in production: what a user does within one transaction is published as its last.
    settings = {"enricher.coalesce": "true"}
    coalesces = True
    user = "flipper"
    before = 20
    flips_a_second = 20
    lasts = 60

    def torture(self, run):
        latencies = Latencies(run.cluster, run.workload.model, coalesces=True)
        latencies.start()
        with run.feed.held():
            profile = {"user": self.user, "displayName": "Flipper", "enterpriseAddress": "sip:flipper@corp.example"}
            run.feed.send(run.workload.take("user.profiles", self.user, compact(profile))[0])
        run.feed.on_change = lambda user: latencies.expect(user, run.feed.sent % 20 == 0)
        time.sleep(1)  # profile and changes have no common order, and the comparison wants one
        quiet_from = time.monotonic()
        time.sleep(self.before)
        flipping_from = time.monotonic()
        self.flip(run)
        flipped_at = time.monotonic()
        run.feed.on_change = None
        time.sleep(1)
        latencies.stop()
        run.figures["rounds"] = 1
        run.figures["flips"] = self.lasts * self.flips_a_second
        run.figures["flipsASecond"] = round(run.figures["flips"] / (flipped_at - flipping_from), 1)
        run.figures["othersMillisecondsBefore"] = milliseconds(latencies.between(quiet_from, flipping_from))
        run.figures["othersMillisecondsMeanwhile"] = milliseconds(latencies.between(flipping_from, flipped_at))

    def flip(self, run):
        observed_at = int(time.time() * 1000)
        started = time.monotonic()
        for number in range(self.lasts * self.flips_a_second):
            event = {
                "user": self.user,
                "source": "gateway",
                "state": ["online", "busy"][number % 2],
                "statusMessage": f"flip {number}",
                "observedAt": rfc3339(observed_at + number),
                "sequence": number + 1,
            }
            record, _ = run.workload.take("presence.changes", self.user, compact(event))
            run.feed.send(record)
            run.feed.producer.poll(0)
            ahead = started + (number + 1) / self.flips_a_second - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
        run.check()

    def look(self, run, published):
        """How often onlookers saw the user change: at most once a transaction."""
        run.figures["flipsPublished"] = published[self.user] - 1


class Return(Scenario):
    """500,000 users come back within 20 seconds; --users, --within."""

    rounds = 1
    users = 500_000
    rate = 100

    def torture(self, run):
        within = run.arguments.within
        latencies = Latencies(run.cluster, run.workload.model)
        with run.feed.held():
            everybody = run.workload.people
            run.say("everybody leaves ...")
            for person in everybody:
                run.feed.send(self.take(run.workload, person, "offline"))
                run.feed.producer.poll(0)
            run.feed.producer.flush()
            run.wait_until_processed()
            latencies.start()
            # Made before the clock begins: the model takes longer to think than the workers do.
            returns = [(person.name, self.take(run.workload, person, "online")) for person in everybody]
            run.chance.shuffle(returns)
            run.say("... and comes back")
            sent_at = self.send(run, returns, within, latencies)
            run.figures["secondsOfReturn"] = round(time.monotonic() - sent_at, 1)
            processed_at = run.wait_until_processed()
            run.figures["secondsUntilAllWereSeen"] = round(processed_at - sent_at, 1)
        time.sleep(1)
        latencies.stop()
        seen = latencies.between(sent_at, processed_at)
        run.figures["rounds"] = 1
        run.figures["returned"] = len(returns)
        run.figures["latencyMilliseconds"] = milliseconds(seen)
        if abs(run.figures["secondsOfReturn"] - within) > within:
            run.say(f"the feed took {run.figures['secondsOfReturn']} s: this machine cannot send {len(returns)} in {within} s")

    @staticmethod
    def take(workload, person, state):
        device = person.devices[0]
        event = workload.newer_change(person, device) | {"state": state}
        device.sequence = event.get("sequence", 0)
        value = compact(event)
        record, seen = workload.take("presence.changes", person.name, value)
        device.sent.append(value)
        if seen:
            device.published = len(device.sent)
        return record

    @staticmethod
    def send(run, returns, within, latencies):
        """Through kcat, since a client in Python is slower than a company's morning; pieces of 500, made beforehand."""
        pieces = [returns[first : first + 500] for first in range(0, len(returns), 500)]
        lines = [b"".join(key + b"\t" + value + b"\n" for _, (_, key, value) in piece) for piece in pieces]
        command = [
            "kcat", "-q", "-P", "-b", run.cluster.bootstrap, "-t", run.cluster.prefix + "presence.changes", "-K", "\t",
        ]  # fmt: skip
        for setting in ("enable.idempotence=true", "partitioner=murmur2_random", "linger.ms=5"):
            command += ["-X", setting]
        kcat = subprocess.Popen(command, stdin=subprocess.PIPE)
        started = time.monotonic()
        for number, piece in enumerate(pieces):
            ahead = started + number * within / len(pieces) - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
            for name, _ in piece[::100]:
                latencies.expect(name)
            kcat.stdin.write(lines[number])
        kcat.stdin.close()
        if kcat.wait() != 0:
            raise SystemExit(f"kcat ended with {kcat.returncode}")
        run.feed.produced += len(returns)
        return started
