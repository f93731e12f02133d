# SPDX-License-Identifier: Apache-2.0
"""The inputs of the torture: changes with repeats and stragglers, requests with repeats, profiles, bytes that are none.

Two things are kept out, since the contract leaves them to the moment of a crash ("after a restart order is judged
against the last published readings", rule 5): stragglers are older than the last *published* reading of their device,
and with several devices every newer change is one that readers see.
"""

import json
import random
import time
from dataclasses import dataclass, field

from model import Model, User

STATES = ["online", "busy", "away", "offline", "idle"]
MESSAGES = ["", "", "In a meeting until 3pm", "Zurück um 14 Uhr", "back at \"2\"", "昼休み", "on the phone 📞"]


def rfc3339(milliseconds):
    seconds, rest = divmod(milliseconds, 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:03d}Z"


def compact(event):
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass
class Device:
    """What the generator remembers of a device: all that it sent, and how much of that is older than a snapshot."""

    name: str
    sequence: int = 0
    sent: list = field(default_factory=list)
    published: int = 0


@dataclass
class Person:
    """A user's devices, and the clock of what they observe."""

    name: str
    devices: list
    counts: bool
    observed_at: int


class Workload:
    """Makes inputs by a seed, and keeps the model that says what must come of them."""

    def __init__(self, seed, users, devices=1, requests=0.03):
        self.random = random.Random(seed)
        self.request_share = requests
        self.model = Model()
        started_at = int(time.time() * 1000) - 3_600_000
        # A tenth of the users has gateways that do not count their events.
        self.people = [
            Person(
                f"user{number:06d}",
                [Device(f"device-{index}" if devices > 1 else "") for index in range(devices)],
                number % 10 != 7,
                started_at,
            )
            for number in range(users)
        ]
        self.quiet = [f"quiet{number:05d}" for number in range(max(1, users // 50))]
        self.requests = []
        self.updates = 0
        self.is_seen = False  # whether readers see a difference by what was taken last

    def take(self, topic, key, value):
        """Tells the model; returns the record, and whether readers see a difference."""
        self.is_seen = self.model.apply(topic, value)
        return (topic, key.encode(), value), self.is_seen

    def profiles(self):
        """One profile of every user, for before the workers start."""
        for number, name in enumerate([person.name for person in self.people] + self.quiet):
            profile = {"user": name, "displayName": f"Person {number}", "enterpriseAddress": f"sip:{name}@corp.example"}
            if number % 50:
                profile["mail"] = f"{name}@corp.example"
            yield self.take("user.profiles", name, compact(profile))[0]

    # Changes

    def change(self):
        """A change: mostly a new one, sometimes a repeat or a straggler."""
        person = self.random.choice(self.people)
        device = self.random.choice(person.devices)
        dice = self.random.random()
        if dice < 0.04 and device.sent:
            return self.take("presence.changes", person.name, device.sent[-1])[0]
        if dice < 0.08 and device.published:
            straggler = device.sent[self.random.randrange(device.published)]
            return self.take("presence.changes", person.name, straggler)[0]
        event = self.newer_change(person, device)
        while len(person.devices) > 1 and not self.would_show(person.name, event):
            event = self.newer_change(person, device)
        device.sequence = event.get("sequence", 0)
        value = compact(event)
        record, seen = self.take("presence.changes", person.name, value)
        device.sent.append(value)
        if seen:  # a snapshot carries the readings of all devices
            for each in person.devices:
                each.published = len(each.sent)
        return record

    def newer_change(self, person, device):
        person.observed_at += self.random.randrange(1, 50)
        domain = self.random.choice(["corp", "CORP"])  # one identity, however it is written
        event = {"user": person.name, "imAddress": f"sip:{person.name}@{domain}.example", "source": "gateway"}
        if device.name:
            event["device"] = device.name
        event["state"] = self.random.choice(STATES)
        message = self.random.choice(MESSAGES)
        if message:
            event["statusMessage"] = message
        event["observedAt"] = rfc3339(person.observed_at)
        if person.counts:
            event["sequence"] = device.sequence + self.random.randrange(1, 4)
        return event

    def would_show(self, name, event):
        """Whether readers would see a difference, were this the next change."""
        user = self.model.users[name]
        probe = User(dict(user.readings), user.display_name, user.mail, user.seen[-1:])
        return Model.accept(probe, dict(event))

    # What is no change

    def other(self):
        """Now and then something else; None for most calls."""
        dice = self.random.random()
        if dice < self.request_share:
            return self.request()
        dice -= self.request_share
        if dice < 0.002:
            return self.profile_update()
        if dice < 0.003:
            name = self.random.choice(self.people).name
            return self.take("presence.changes", name, f'{{"user":"{name}","state":"bu'.encode())[0]
        return None

    def request(self):
        if self.requests and self.random.random() < 0.15:
            recipient, value = self.random.choice(self.requests)
            return self.take("contact.requests", recipient, value)[0]
        recipient = self.random.choice(self.people).name
        requester = recipient if self.random.random() < 0.02 else self.random.choice(self.people).name
        request = {
            "id": f"request-{len(self.requests)}",
            "requester": {"user": requester, "displayName": "A Person", "mail": f"{requester}@corp.example"},
            "recipient": recipient,
            "channel": "mail",
            "subject": "Budget",
            "requestedAt": rfc3339(int(time.time() * 1000)),
        }
        value = compact(request)
        self.requests.append((recipient, value))
        return self.take("contact.requests", recipient, value)[0]

    def profile_update(self):
        """Profiles change under users without changes only: the two topics have no common order."""
        name = self.random.choice(self.quiet)
        self.updates += 1
        profile = {
            "user": name,
            "displayName": f"Renamed {self.updates}",
            "mail": f"{name}@corp.example",
            "enterpriseAddress": f"sip:{name}@corp.example",
        }
        return self.take("user.profiles", name, compact(profile))[0]
