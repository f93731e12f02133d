# SPDX-License-Identifier: Apache-2.0
"""How long a change in a client takes to the snapshot: slixmpp clients, a private Prosody, bridge, enricher, a reader.

`Benchmarks/run --only live` runs it. Changes and snapshots are timed by one clock, in this process: from the moment at
which a client has been told to send to the moment at which the snapshot was read. A change is known by its status
message, which no other one has.
"""

import asyncio
import json
import subprocess
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
USERS = 100  # the accounts of Tests/Support/prosody
SHOWS = ("away", "dnd", "chat", "xa")


class Prosody:
    """A private server; ends with the process that started it."""

    def __init__(self):
        script = ROOT / "Tests" / "Support" / "prosody" / "run.sh"
        self.process = subprocess.Popen([script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline()
        if not ready.startswith("READY "):
            raise SystemExit(f"Prosody does not start: {ready}")
        numbers = dict(word.split("=") for word in ready.split()[1:])
        self.clients, self.components = int(numbers["c2s"]), int(numbers["component"])

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def settings(server):
    """The worker's configuration; the secret is Tests/Support/prosody's."""
    return f"""
roles: [enrich, bridge]
log: {{format: json}}
http: {{enabled: false}}
agents:
  - type: xmpp
    name: corp-xmpp
    server: 127.0.0.1:{server.components}
    components: [portal-1.corp.example]
    claims: [{{scheme: "xmpp?", domain: corp.example}}]
    credentials: {{token: {{env: COMPONENT_SECRET}}}}
"""


def introduce(bootstrap, prefix):
    """Writes the profiles of everybody."""
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2_random"})
    for number in range(USERS):
        user = f"user{number}"
        value = f'{{"user":"{user}","networkPresence":{{"imAddress":"xmpp:{user}@corp.example"}}}}'
        producer.produce(prefix + "user.profiles", value.encode(), user.encode())
    if producer.flush(30):
        raise SystemExit("the profiles do not arrive")


class Reader(threading.Thread):
    """Reads snapshots, and notes when each status message was first seen."""

    def __init__(self, bootstrap, prefix, partitions):
        super().__init__(daemon=True)
        from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

        self.seen = {}
        self.is_stopping = False
        self.consumer = Consumer({
            "bootstrap.servers": bootstrap,
            "group.id": prefix + "live-reader",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 10,
        })  # fmt: skip
        topic = prefix + "presence.snapshots"
        self.consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(partitions)])

    def run(self):
        while not self.is_stopping:
            message = self.consumer.poll(0.1)
            if message is None or message.error() or message.value() is None:
                continue
            moment = time.monotonic()
            text = json.loads(message.value()).get("statusMessage")
            if text:
                self.seen.setdefault(text, moment)
        self.consumer.close()


async def connect(number, port):
    import slixmpp

    client = slixmpp.ClientXMPP(f"user{number}@corp.example/bench", "secret")
    client.enable_direct_tls = client.enable_starttls = False
    client.enable_plaintext = True  # the server is a private one on the loopback interface
    client.plugin["feature_mechanisms"].unencrypted_plain = True
    ready = asyncio.get_running_loop().create_future()
    client.add_event_handler("session_start", lambda _: ready.set_result(None))
    client.connect("127.0.0.1", port)
    await asyncio.wait_for(ready, 60)
    client.send_presence(pstatus=f"hello {number}")
    return client


async def until(reader, messages, limit):
    """Waits for the first snapshots of all messages; the clock is what ends it."""
    deadline = time.monotonic() + limit
    while not all(message in reader.seen for message in messages):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True


async def drive(server, reader, rate, seconds):
    """Lets the clients change in turn at the rate; returns when each change was sent."""
    clients = [await connect(number, server.clients) for number in range(USERS)]
    if not await until(reader, [f"hello {number}" for number in range(USERS)], 60):
        raise SystemExit("not everybody's presence has arrived within a minute")
    sent = {}
    begun = time.monotonic()
    for index in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, begun + index / rate - time.monotonic()))
        text = f"change {index}"
        sent[text] = time.monotonic()
        clients[index % USERS].send_presence(pshow=SHOWS[index // USERS % len(SHOWS)], pstatus=text)
    await until(reader, sent, 30)
    for client in clients:
        await client.disconnect()
    return sent


def percentile(values, share):
    return round(values[min(len(values) - 1, int(len(values) * share))] * 1_000, 1)


def measure(bootstrap, prefix, partitions, server, rate, seconds):
    """The figures of one run against a worker that has joined."""
    introduce(bootstrap, prefix)
    reader = Reader(bootstrap, prefix, partitions)
    reader.start()
    sent = asyncio.run(drive(server, reader, rate, seconds))
    reader.is_stopping = True
    reader.join()
    delays = sorted(reader.seen[text] - moment for text, moment in sent.items() if text in reader.seen)
    if not delays:
        raise SystemExit("no change has arrived")
    return {
        "changes": len(sent),
        "perSecond": round((len(sent) - 1) / (max(sent.values()) - min(sent.values())), 1),
        # Changes that later ones of the same user replaced on the way.
        "replaced": len(sent) - len(delays),
        "p50Milliseconds": percentile(delays, 0.5),
        "p99Milliseconds": percentile(delays, 0.99),
        "maximumMilliseconds": round(delays[-1] * 1_000, 1),
    }
