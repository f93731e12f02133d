# SPDX-License-Identifier: Apache-2.0
"""Valid records of every input topic, and damages to their bytes, their JSON, their keys, partitions and headers."""

import copy
import dataclasses
import json
import pathlib
import random
import time

SAMPLES = pathlib.Path(__file__).resolve().parents[1] / "PresenceEventsTests" / "Samples"

# The topics that are read, the type of their events, and the field that is the key.
INPUTS = {
    "presence.changes": ("presence.change.v1", "user"),
    "contact.requests": ("contact.request.v1", "recipient"),
    "user.profiles": ("user.profile.v1", "user"),
    "presence.lookups": ("presence.lookup.v1", "user"),
    "portal.spaces": ("portal.space.v1", "space"),
}
IDENTITY = "x-poison"
USERS = 500


@dataclasses.dataclass
class Poison:
    """A record as it is written."""

    number: int
    topic: str
    key: bytes | None
    value: bytes | None
    headers: list
    partition: int


def partition_of(key, count):
    """Where Java's client puts a key: MurmurHash2 (Austin Appleby) with Kafka's seed, as a positive number."""
    mask, factor = 0xFFFFFFFF, 0x5BD1E995
    state = (0x9747B28C ^ len(key)) & mask
    whole = len(key) & ~3
    for at in range(0, whole, 4):
        word = int.from_bytes(key[at : at + 4], "little") * factor & mask
        word = (word ^ (word >> 24)) * factor & mask
        state = state * factor & mask ^ word
    if whole < len(key):
        state = (state ^ int.from_bytes(key[whole:], "little")) * factor & mask
    state = (state ^ (state >> 13)) * factor & mask
    return ((state ^ (state >> 15)) & 0x7FFFFFFF) % count


def moment(seconds=0.0):
    """Now, moved by some seconds, as events have it."""
    now = time.time() + seconds
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"


class Poisoner:
    """Makes records, the same ones for the same seed but for their times."""

    TEXTS = ["", " ", "\u0000", "a\r\nBcc: b", "\u202e", "é" * 300, "x" * 2_000, "null", "é\u0301", "👩‍💻", "fax:1", "sip:",
             "@", "sip:a@b", "sleeping", "9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "2026-02-30T00:00:00Z",
             "2026-01-01", "2026-01-01T00:00:00+99:00", "javascript:alert(1)", "https://"]  # fmt: skip
    NUMBERS = ["0", "-1", "1.5", "1e999", "-0", "1e2", "9223372036854775807", "9223372036854775808",
               "18446744073709551616", "123456789012345678901234567890", "604801", "00", "0x1", "NaN", "-"]  # fmt: skip
    PIECES = [b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\x00", b"\n", b"\\u0000", b"\\ud83d",
              b"\\ud83d\\ude00", b"{", b"}", b"[", b"]", b'"', b",", b":", b"null", b"\\", b"\xef\xbb\xbf", b"1e5",
              b"/*x*/"]  # fmt: skip

    def __init__(self, seed, partitions):
        self.random = random.Random(seed)
        self.partitions = partitions
        self.samples = {topic: [] for topic in INPUTS}
        for path in sorted(SAMPLES.glob("*.json")):
            for topic, (kind, _) in INPUTS.items():
                if path.name.startswith(kind):
                    self.samples[topic].append(json.loads(path.read_text()))
        self.damages = [
            (6, self.unharmed), (12, self.cut), (12, self.flip), (10, self.overwrite), (10, self.insert), (6, self.repeat),
            (12, self.retype), (10, self.retext), (8, self.renumber), (8, self.drop), (6, self.double), (4, self.nest),
            (2, self.enlarge), (6, self.rekey), (4, self.misplace), (8, self.rehead), (2, self.replace),
        ]  # fmt: skip

    def record(self, number):
        """The next record."""
        topic = self.random.choices(list(INPUTS), weights=[35, 30, 15, 18, 2])[0]
        event = copy.deepcopy(self.random.choice(self.samples[topic]))
        user = f"user{self.random.randrange(USERS)}"
        event[INPUTS[topic][1]] = user
        if topic == "contact.requests":
            self.renew(event, f"r{number}")
            if self.random.random() < 0.7:
                event["channel"] = "mail"
        elif topic == "presence.lookups":
            event.update(lookupId=f"l{number}", notOlderThan=moment(-60), deadline=moment(60))
            if "contact" in event:
                event["contact"]["recipient"] = user
                self.renew(event["contact"], f"l{number}")
        elif topic == "presence.changes":
            event["observedAt"] = moment(-self.random.randrange(100))
        record = Poison(number, topic, user.encode(), None, [], 0)
        if topic != "portal.spaces":
            record.partition = partition_of(record.key, self.partitions)
        self.wrap(record, event)
        for _ in range(self.random.choice([1, 1, 1, 2, 3])):
            weights, damages = zip(*self.damages)
            self.random.choices(damages, weights=weights)[0](record)
        record.headers.append((IDENTITY, str(number).encode()))
        return record

    def renew(self, request, identifier):
        request.update(id=identifier, requestedAt=moment(), requester={"user": "asker", "mail": "asker@corp.example"})
        request.pop("space", None)

    def wrap(self, record, event):
        """Writes an event as one of the three forms that are accepted."""
        kind = INPUTS[record.topic][0]
        form = self.random.random()
        if form < 0.2:
            event = {"specversion": "1.0", "type": kind, "id": "1", "source": "/poison", "data": event}
            record.headers = [("content-type", b"application/cloudevents+json")]
        elif form < 0.5:
            record.headers = [("ce_specversion", b"1.0"), ("ce_type", kind.encode()), ("ce_id", b"1"),
                              ("content-type", b"application/json")]  # fmt: skip
        record.value = json.dumps(event, ensure_ascii=self.random.random() < 0.5).encode()

    # Damages to bytes.

    def unharmed(self, record):
        pass

    def place(self, record):
        return self.random.randrange(len(record.value or b"") + 1)

    def cut(self, record):
        record.value = (record.value or b"")[: self.place(record)]

    def flip(self, record):
        value = bytearray(record.value or b" ")
        for _ in range(self.random.choice([1, 1, 2, 8])):
            if value:
                value[self.random.randrange(len(value))] ^= 1 << self.random.randrange(8)
        record.value = bytes(value)

    def overwrite(self, record):
        at = self.place(record)
        piece = self.random.choice(self.PIECES)
        value = record.value or b""
        record.value = value[:at] + piece + value[at + len(piece) :]

    def insert(self, record):
        at = self.place(record)
        value = record.value or b""
        record.value = value[:at] + self.random.choice(self.PIECES) + value[at:]

    def repeat(self, record):
        value = record.value or b""
        start = self.place(record)
        at = self.place(record)
        record.value = value[:at] + value[start : start + self.random.randrange(60)] + value[at:]

    def replace(self, record):
        record.value = self.random.choice([None, b"", b" ", b"null", b"[]", b"{}", b"0", b'""', b"[" * 100_000, b"\x00" * 50])

    # Damages to JSON, where it still is some.

    def parsed(self, record):
        """The event of a record, the objects in it, and whether there is any."""
        try:
            root = json.loads((record.value or b"").decode())
        except (ValueError, RecursionError):
            return None, []
        objects = []

        def collect(value, depth):
            if isinstance(value, dict) and value and depth < 20:
                objects.append(value)
                for member in value.values():
                    collect(member, depth + 1)

        collect(root, 0)
        return root, objects

    def edit(self, record, change):
        root, objects = self.parsed(record)
        if not objects:
            return
        holder = self.random.choice(objects)
        name = self.random.choice(list(holder))
        change(holder, name)
        text = json.dumps(root, ensure_ascii=self.random.random() < 0.5)
        record.value = text.encode(errors="surrogatepass")
        # What json.dumps does not write: numbers of any form, surrogates, names that stand there twice.
        record.value = record.value.replace(b'"#raw#', b"").replace(b'#raw#"', b"")

    def retype(self, record):
        values = [None, True, 7, 1.5, "text", [], {}, [1], {"a": 1}]
        self.edit(record, lambda holder, name: holder.__setitem__(name, self.random.choice(values)))

    def retext(self, record):
        self.edit(record, lambda holder, name: holder.__setitem__(name, self.random.choice(self.TEXTS)))

    def renumber(self, record):
        def change(holder, name):
            numbers = [each for each in ("sequence", "leaseSeconds", "expiresInSeconds", "validForSeconds") if each in holder]
            name = self.random.choice(numbers or [name, "unknown"])
            holder[name] = f"#raw#{self.random.choice(self.NUMBERS)}#raw#"

        self.edit(record, change)

    def drop(self, record):
        self.edit(record, lambda holder, name: holder.pop(name))

    def double(self, record):
        def change(holder, name):
            again = json.dumps(holder[name])
            holder[name] = f'#raw#{again},"{name}":{again}#raw#'.replace('"', "\x01")

        self.edit(record, change)
        record.value = (record.value or b"").replace(b"\\u0001", b'"')

    def nest(self, record):
        depth = self.random.choice([2, 10, 29, 40, 100, 2_000])
        opening, closing = self.random.choice([("[", "]"), ('{"a":', "}")])
        tree = opening * depth + "1" + closing * depth

        def change(holder, name):
            holder[self.random.choice([name, "unknown"])] = f"#raw#{tree}#raw#".replace('"', "\x01")

        self.edit(record, change)
        record.value = (record.value or b"").replace(b"\\u0001", b'"')

    def enlarge(self, record):
        size = self.random.choice([257, 1_025, 5_000, 5_000, 270_000 if self.random.random() < 0.05 else 20_000])
        self.edit(record, lambda holder, name: holder.__setitem__(name, "a" * size))

    # Damages to keys, partitions and headers.

    def rekey(self, record):
        keys = [None, b"", b"somebody", b"\xff\xfe", b"user1 ", b"k" * 300, (record.key or b"") + b"\x00"]
        record.key = self.random.choice(keys)

    def misplace(self, record):
        if record.topic != "portal.spaces":
            record.partition = self.random.randrange(self.partitions)

    def rehead(self, record):
        header = self.random.choice(
            [
                ("content-type", b"application/cloudevents+json"), ("content-type", b"application/avro"),
                ("content-type", b"application/json; charset=utf-8"), ("content-type", b""), ("content-type", None),
                ("ce_specversion", b"0.3"), ("ce_specversion", b"1.9"), ("ce_specversion", b"\xff"),
                ("ce_type", b"user.profile.v1"), ("ce_type", b"presence.change.v1"), ("ce_type", None),
                ("presence-rerouted", b"1"), ("presence-rerouted", b"2"), ("traceparent", b"\x00\xff"),
                ("x" * 5_000, b"y"), ("x-null", None), ("x-bytes", bytes(range(256))),
            ]
        )  # fmt: skip
        headers = list(record.headers)
        headers.insert(self.random.randrange(len(headers) + 1), header)
        record.headers = headers
