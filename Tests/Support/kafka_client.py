#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A plain Kafka client (confluent-kafka) that tests drive by lines of JSON.

    kafka_client.py BOOTSTRAP TOPIC...

It reads all partitions of the topics from the beginning with isolation.level=read_committed. Bytes are in base64 both
ways, so that what is no text comes through as it is; null is null.

Standard input:
    {"produce": TOPIC, "token": N, "partitioner": NAME, "partition": P or null, "timestamp": MILLISECONDS or 0,
     "key": BYTES, "value": BYTES, "headers": [[NAME, BYTES], ...]}
    {"sync": N, "topic": T}    answered when everything is read that the topic had when it came
Standard output:
    {"ready": true}
    {"produced": N, "partition": P, "offset": O}  or  {"produced": N, "error": TEXT}
    {"topic": T, "partition": P, "offset": O, "timestamp": MILLISECONDS, "key": BYTES, "value": BYTES, "headers": [...]}
    {"synced": N}
It ends with its standard input.
"""
import base64
import json
import queue
import sys
import threading

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

lock = threading.Lock()


def say(message):
    with lock:
        print(json.dumps(message), flush=True)


def encoded(data):
    return None if data is None else base64.b64encode(data).decode()


def decoded(text):
    return None if text is None else base64.b64decode(text)


class Reader:
    def __init__(self, bootstrap, topics):
        self.consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "end-to-end-tests",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,  # tells positions behind the markers of transactions
                "fetch.wait.max.ms": 10,
                "fetch.message.max.bytes": 8 << 20,
            }
        )
        self.partitions = []
        for topic in topics:
            found = self.consumer.list_topics(topic, timeout=10).topics[topic]
            if found.error is not None:
                raise KafkaException(found.error)
            self.partitions += [TopicPartition(topic, partition, 0) for partition in found.partitions]
        self.next = {(partition.topic, partition.partition): 0 for partition in self.partitions}
        self.consumer.assign(self.partitions)

    def watermarks(self, topic):
        """The position behind the last record of each of a topic's partitions, as of now."""
        return {
            (topic, partition.partition): self.consumer.get_watermark_offsets(partition, timeout=10)[1]
            for partition in self.partitions
            if partition.topic == topic
        }

    def step(self):
        message = self.consumer.poll(0.01)
        if message is None:
            return
        if message.error():
            if message.error().code() == KafkaError._PARTITION_EOF:
                self.next[message.topic(), message.partition()] = message.offset()
                return
            return say({"error": str(message.error())})
        self.next[message.topic(), message.partition()] = message.offset() + 1
        say(
            {
                "topic": message.topic(),
                "partition": message.partition(),
                "offset": message.offset(),
                "timestamp": message.timestamp()[1],
                "key": encoded(message.key()),
                "value": encoded(message.value()),
                "headers": [[name, encoded(value)] for name, value in message.headers() or []],
            }
        )


class Writer:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.producers = {}

    def producer(self, partitioner):
        """The client's own default partitioner (CRC32) where none is asked for."""
        if partitioner not in self.producers:
            settings = {"bootstrap.servers": self.bootstrap, "linger.ms": 0, "message.max.bytes": 8 << 20}
            if partitioner != "default":
                settings["partitioner"] = partitioner
            self.producers[partitioner] = Producer(settings)
        return self.producers[partitioner]

    def write(self, command):
        token = command["token"]

        def delivered(error, message):
            if error is not None:
                return say({"produced": token, "error": str(error)})
            say({"produced": token, "partition": message.partition(), "offset": message.offset()})

        arguments = {"timestamp": command["timestamp"]} if command["timestamp"] else {}
        if command["partition"] is not None:
            arguments["partition"] = command["partition"]
        producer = self.producer(command["partitioner"])
        producer.produce(
            command["produce"],
            key=decoded(command["key"]),
            value=decoded(command["value"]),
            headers=[(name, decoded(value)) for name, value in command["headers"]],
            on_delivery=delivered,
            **arguments,
        )
        producer.flush(10)


def main(bootstrap, topics):
    commands = queue.SimpleQueue()

    def listen():
        for line in sys.stdin:
            commands.put(json.loads(line))
        commands.put(None)

    reader = Reader(bootstrap, topics)
    writer = Writer(bootstrap)
    threading.Thread(target=listen, daemon=True).start()
    say({"ready": True})
    waiting = []
    while True:
        while not commands.empty():
            command = commands.get()
            if command is None:
                return 0
            if "sync" in command:
                waiting.append((command["sync"], reader.watermarks(command["topic"])))
            else:
                writer.write(command)
        reader.step()
        while waiting and all(reader.next[place] >= position for place, position in waiting[0][1].items()):
            say({"synced": waiting.pop(0)[0]})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
