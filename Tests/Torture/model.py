# SPDX-License-Identifier: Apache-2.0
"""What the worker should have published, computed from its input and from nothing else.

It shares no code with the worker: presence rules 1, 5, 6 and 8 and contact rules 1, 2 and 5 of the contract, written
down again for the inputs of this test (pushed readings without leases, requests for mail).
"""

import json
from dataclasses import dataclass, field

RANK = {"offline": 0, "away": 1, "online": 2, "busy": 3}


@dataclass
class User:
    """What is known of a user: the newest reading of each source and device, and all that readers saw."""

    readings: dict = field(default_factory=dict)
    display_name: str = ""
    mail: str = ""
    seen: list = field(default_factory=list)  # (display name, state, message, quality) by version, from 1


class Model:
    """Takes the inputs in the order of their partitions."""

    def __init__(self):
        self.users = {}
        self.outcomes = {}  # (recipient, id): outcome, reason
        self.dead_letters = 0

    def user(self, name):
        return self.users.setdefault(name, User())

    def apply(self, topic, value):
        """Applies a record; returns whether readers of snapshots see a difference."""
        try:
            event = json.loads(value)
        except ValueError:
            self.dead_letters += 1
            return False
        if topic == "presence.changes":
            return self.change(event)
        if topic == "user.profiles":
            return self.profile(event)
        self.request(event)
        return False

    def profile(self, event):
        user = self.user(event["user"])
        user.display_name = event.get("displayName", event["user"])
        user.mail = event.get("mail", "")
        return self.publish(user)

    def change(self, event):
        return self.accept(self.user(event["user"]), event)

    @classmethod
    def accept(cls, user, event):
        """Takes a change unless it is older than what its device said last, or the same."""
        if event["state"] == "idle":
            event["state"] = "online"
        origin = (event["source"], event.get("device", ""))
        known = user.readings.get(origin)
        if known is not None and not cls.is_newer(event, known):
            return False
        user.readings[origin] = event
        return cls.publish(user)

    @staticmethod
    def is_newer(event, known):
        if "sequence" in event and "sequence" in known:
            return event["sequence"] > known["sequence"]
        if event["observedAt"] != known["observedAt"]:
            return event["observedAt"] > known["observedAt"]
        return (event["state"], event.get("statusMessage")) != (known["state"], known.get("statusMessage"))

    @staticmethod
    def publish(user):
        if user.readings:
            winner = max(user.readings.values(), key=lambda reading: (RANK[reading["state"]], reading["observedAt"]))
            visible = (user.display_name, winner["state"], winner.get("statusMessage", ""), "fresh")
        else:
            visible = (user.display_name, "offline", "", "unknown")
        if user.seen and user.seen[-1] == visible:
            return False
        user.seen.append(visible)
        return True

    def request(self, event):
        recipient = event["recipient"]
        if (recipient, event["id"]) in self.outcomes:
            return
        if event["requester"]["user"] == recipient:
            end = ("rejected", "selfContact")
        elif not self.users[recipient].mail:
            end = ("rejected", "noMailAddress")
        else:
            end = ("dispatched", None)
        self.outcomes[(recipient, event["id"])] = end

    @property
    def snapshots(self):
        return sum(len(user.seen) for user in self.users.values())

    @property
    def dispatches(self):
        return sum(1 for outcome, _ in self.outcomes.values() if outcome == "dispatched")
