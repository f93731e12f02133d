// SPDX-License-Identifier: Apache-2.0

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * A portal service's table of everybody's presence, kept from presence.snapshots: user to snapshot, as JSON.
 *
 * <pre>java -cp 'kafka/libs/*' docs/examples/PortalPresence.java localhost:9092</pre>
 */
public final class PortalPresence {
  private final Map<String, String> users = new HashMap<>();
  private final KafkaConsumer<String, String> consumer;
  private final List<TopicPartition> partitions = new ArrayList<>();

  PortalPresence(String bootstrapServers, String topic) {
    consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers", bootstrapServers,
                "enable.auto.commit", "false",
                "isolation.level", "read_committed",
                "key.deserializer", StringDeserializer.class.getName(),
                "value.deserializer", StringDeserializer.class.getName()));
    consumer.partitionsFor(topic).forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  /** Reads everything that there is at this moment: only then does the absence of a user mean anything. */
  void readToEnd() {
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
      step();
    }
  }

  /** Takes what has come since: the later offset counts, whatever the version says; null is a deleted user. */
  void step() {
    for (var record : consumer.poll(Duration.ofMillis(100))) {
      if (record.value() == null) {
        users.remove(record.key());
      } else {
        users.put(record.key(), record.value());
      }
    }
  }

  public static void main(String[] arguments) {
    var table = new PortalPresence(arguments[0], arguments.length > 1 ? arguments[1] : "presence.snapshots");
    table.readToEnd();
    System.out.println(table.users.size() + " users");
    table.users.values().forEach(System.out::println);
    table.consumer.close();
  }
}
