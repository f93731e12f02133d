// SPDX-License-Identifier: Apache-2.0
//
// Reads what is committed in topics to their ends, and does nothing with it: what a restore can at best be.
//
//   reader BROKERS PARTITIONS TOPIC...
//
// Prints records, bytes of keys and values, bytes that came over the wire (which are the log's: compressed, headers and
// all), seconds from the start of the fetches to the last end, and CPU seconds.

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static long wire_bytes = 0;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double cpu(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6 + (double)usage.ru_stime.tv_sec +
         (double)usage.ru_stime.tv_usec / 1e6;
}

static void fail(const char *what, const char *why) {
  fprintf(stderr, "reader: %s: %s\n", what, why);
  exit(1);
}

static void set(rd_kafka_conf_t *conf, const char *key, const char *value) {
  char error[256];
  if (rd_kafka_conf_set(conf, key, value, error, sizeof error) != RD_KAFKA_CONF_OK) fail(key, error);
}

// The client's own count of all bytes received, the last such member of its statistics (STATISTICS.md).
static int take_statistics(rd_kafka_t *client, char *json, size_t length, void *opaque) {
  (void)client;
  (void)length;
  (void)opaque;
  const char *found = NULL;
  for (const char *next = json; (next = strstr(next, "\"rx_bytes\":")); next++) found = next;
  if (found) wire_bytes = atol(found + strlen("\"rx_bytes\":"));
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 4) fail("usage", "BROKERS PARTITIONS TOPIC...");
  int partitions = atoi(argv[2]);
  char error[256];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", argv[1]);
  set(conf, "group.id", "reader");
  set(conf, "isolation.level", "read_committed");
  set(conf, "enable.auto.commit", "false");
  set(conf, "enable.partition.eof", "true");
  set(conf, "check.crcs", "false");
  set(conf, "statistics.interval.ms", "100");
  // As the worker's readers are set.
  set(conf, "queued.min.messages", "10000000");
  set(conf, "queued.max.messages.kbytes", "131072");
  set(conf, "fetch.message.max.bytes", "1048576");
  set(conf, "fetch.wait.max.ms", "10");
  rd_kafka_conf_set_stats_cb(conf, take_statistics);
  rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
  if (!consumer) fail("consumer", error);
  rd_kafka_poll_set_consumer(consumer);
  rd_kafka_topic_partition_list_t *wanted = rd_kafka_topic_partition_list_new(partitions * (argc - 3));
  for (int topic = 3; topic < argc; topic++)
    for (int partition = 0; partition < partitions; partition++)
      rd_kafka_topic_partition_list_add(wanted, argv[topic], partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
  double began = now(), spent = cpu();
  if (rd_kafka_assign(consumer, wanted)) fail("assign", argv[3]);
  rd_kafka_topic_partition_list_destroy(wanted);
  long records = 0, bytes = 0, left = (long)partitions * (argc - 3);
  while (left > 0) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 1000);
    if (!message) continue;
    if (!message->err) {
      records++;
      bytes += (long)(message->len + message->key_len);
    } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      left--;
    } else {
      fail("a record", rd_kafka_message_errstr(message));
    }
    rd_kafka_message_destroy(message);
  }
  double seconds = now() - began;
  spent = cpu() - spent;
  double until = now() + 0.3;
  while (now() < until) {  // for statistics that know all of it
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 50);
    if (message) rd_kafka_message_destroy(message);
  }
  printf("{\"records\":%ld,\"bytes\":%ld,\"wireBytes\":%ld,\"seconds\":%.3f,\"cpuSeconds\":%.3f}\n", records, bytes,
         wire_bytes, seconds, spent);
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
  return 0;
}
