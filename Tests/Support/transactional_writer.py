# SPDX-License-Identifier: Apache-2.0
"""A gateway that writes changes of presence in transactions, step by step.

    transactional_writer.py BOOTSTRAP TOPIC

Standard input, a step on each line: `write COUNT` begins a transaction where none is open, and returns when the broker
has the changes; `commit` and `abort` end it. Each answers with the topic's high watermarks by partition, as JSON; the
broker may write the markers that end a transaction after that. It ends with its standard input.
"""
import json
import sys
import uuid

from confluent_kafka import Consumer, Producer, TopicPartition

bootstrap, topic = sys.argv[1:]
producer = Producer({
    "bootstrap.servers": bootstrap, "transactional.id": f"gateway-{uuid.uuid4()}", "partitioner": "murmur2_random",
})
producer.init_transactions(30)
reader = Consumer({"bootstrap.servers": bootstrap, "group.id": "tests", "isolation.level": "read_uncommitted"})
partitions = reader.list_topics(topic, timeout=10).topics[topic].partitions
is_open, written = False, 0
for line in sys.stdin:
    step, *count = line.split()
    if step == "write":
        if not is_open:
            producer.begin_transaction()
        is_open = True
        for _ in range(int(count[0])):
            user = f"user{written}"
            written += 1
            change = {"user": user, "source": "gateway", "state": "busy", "observedAt": "2026-01-01T00:00:00Z"}
            producer.produce(topic, key=user, value=json.dumps(change))
        producer.flush(30)
    else:
        (producer.commit_transaction if step == "commit" else producer.abort_transaction)(30)
        is_open = False
    ends = {number: reader.get_watermark_offsets(TopicPartition(topic, number), timeout=10)[1] for number in partitions}
    print(json.dumps(ends), flush=True)
