// SPDX-License-Identifier: Apache-2.0
//
// The ceiling: a raw librdkafka forwarder. It reads records, writes for each a prefabricated one with the headers and the
// size of a snapshot, commits input positions and output in a transaction every COMMIT_MS, and transforms nothing.
//
//   forwarder BROKERS GROUP INPUT OUTPUT VALUE_FILE RECORDS COMMIT_MS [COMPRESSION]
//
// Partition p of the input goes to partition p of the output, under the input's key. Ends after RECORDS records and
// prints: records, seconds from the first record to the last commit, CPU seconds, bytes per record written.
// With "-" as VALUE_FILE it writes the value that it read, by which latency.c knows a change again, and the interval goes
// from commit to commit, as that of a worker which keeps up does.
//
// With 0 as COMMIT_MS it works at least once: without transactions, lingering for 1 ms, and every 100 ms it commits the
// positions of what it has handed to its producer, without waiting for anything.

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

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
  fprintf(stderr, "forwarder: %s: %s\n", what, why);
  exit(1);
}

static void set(rd_kafka_conf_t *conf, const char *key, const char *value) {
  char error[256];
  if (rd_kafka_conf_set(conf, key, value, error, sizeof error) != RD_KAFKA_CONF_OK) fail(key, error);
}

static void check(rd_kafka_error_t *error, const char *what) {
  if (error) fail(what, rd_kafka_error_string(error));
}

static rd_kafka_topic_partition_list_t *positions(const char *topic, const int64_t *next) {
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
  for (int i = 0; i < 1024; i++)
    if (next[i] >= 0) rd_kafka_topic_partition_list_add(list, topic, i)->offset = next[i];
  return list;
}

static rd_kafka_headers_t *headers(const char *key, size_t key_length, long number) {
  char id[300];
  int id_length = snprintf(id, sizeof id, "%.*s:1795335330123:%ld", (int)key_length, key, number);
  rd_kafka_headers_t *list = rd_kafka_headers_new(8);
  rd_kafka_header_add(list, "ce_specversion", 14, "1.0", 3);
  rd_kafka_header_add(list, "ce_type", 7, "presence.snapshot.v1", 20);
  rd_kafka_header_add(list, "ce_source", 9, "/presence-worker", 16);
  rd_kafka_header_add(list, "content-type", 12, "application/json", 16);
  rd_kafka_header_add(list, "ce_id", 5, id, id_length);
  rd_kafka_header_add(list, "ce_subject", 10, key, (ssize_t)key_length);
  rd_kafka_header_add(list, "ce_time", 7, "2026-11-22T08:15:30.123Z", 24);
  return list;
}

int main(int argc, char **argv) {
  if (argc != 8 && argc != 9) fail("usage", "BROKERS GROUP INPUT OUTPUT VALUE_FILE RECORDS COMMIT_MS [COMPRESSION]");
  const char *brokers = argv[1], *group = argv[2], *input = argv[3], *output = argv[4];
  static char value[65536];
  size_t value_length = 0;
  int copies = strcmp(argv[5], "-") == 0;
  if (!copies) {
    FILE *file = fopen(argv[5], "rb");
    if (!file) fail(argv[5], "cannot be read");
    value_length = fread(value, 1, sizeof value, file);
    fclose(file);
  }
  while (value_length > 0 && value[value_length - 1] == '\n') value_length--;
  long wanted = atol(argv[6]);
  int is_transactional = atof(argv[7]) > 0;
  double interval = is_transactional ? atof(argv[7]) / 1e3 : 0.1;
  char error[256];

  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", brokers);
  set(conf, "group.id", group);
  set(conf, "auto.offset.reset", "earliest");
  set(conf, "enable.auto.commit", "false");
  set(conf, "enable.auto.offset.store", "false");
  set(conf, "isolation.level", "read_committed");
  set(conf, "check.crcs", "false");
  // What follows is what the worker sets, too, but for the sizes: the transform is to be the only difference. A queue as short
  // as the worker's would run dry here, since nobody wakes the fetchers, and smaller fetches save this program nothing.
  set(conf, "queued.min.messages", "10000000");
  set(conf, "queued.max.messages.kbytes", "131072");
  set(conf, "fetch.message.max.bytes", "1048576");
  set(conf, "fetch.wait.max.ms", "10");
  set(conf, "socket.nagle.disable", "true");
  rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
  if (!consumer) fail("consumer", error);
  rd_kafka_poll_set_consumer(consumer);
  rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, input, RD_KAFKA_PARTITION_UA);
  if (rd_kafka_subscribe(consumer, topics)) fail("subscribe", input);

  conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", brokers);
  set(conf, "enable.idempotence", "true");
  if (is_transactional) set(conf, "transactional.id", group);
  set(conf, "retry.backoff.ms", "15");
  set(conf, "linger.ms", is_transactional ? "5" : "1");
  set(conf, "batch.num.messages", "10000");
  if (argc == 9) set(conf, "compression.type", argv[8]);
  set(conf, "queue.buffering.max.messages", "500000");
  set(conf, "queue.buffering.max.kbytes", "524288");
  set(conf, "socket.nagle.disable", "true");
  rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
  if (!producer) fail("producer", error);
  rd_kafka_topic_t *target = rd_kafka_topic_new(producer, output, NULL);
  if (is_transactional) check(rd_kafka_init_transactions(producer, 30000), "init");

  int64_t next[1024];
  for (int i = 0; i < 1024; i++) next[i] = -1;
  long records = 0;
  int open = 0;
  double started = 0, begun = 0, committing = 0, ended = 0, cpu_started = 0;
  while (records < wanted) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, open ? 10 : 1000);
    for (int drained = 0; message; drained++) {
      if (!message->err) {
        if (!open) {
          if (is_transactional) check(rd_kafka_begin_transaction(producer), "begin");
          double moment = now();
          begun = copies && started != 0 && moment - ended < interval ? committing : moment;
          open = 1;
          if (started == 0) {
            started = moment;
            cpu_started = cpu();
          }
        }
        while (1) {
          rd_kafka_vu_t fields[] = {
              {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = target},
              {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = message->partition},
              {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
              {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {message->key, message->key_len}},
              {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {copies ? message->payload : value, copies ? message->len : value_length}},
              {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers(message->key, message->key_len, records)},
          };
          rd_kafka_error_t *produced = rd_kafka_produceva(producer, fields, 6);
          if (!produced) break;
          if (rd_kafka_error_code(produced) != RD_KAFKA_RESP_ERR__QUEUE_FULL) check(produced, "produce");
          rd_kafka_error_destroy(produced);
          rd_kafka_headers_destroy(fields[5].u.headers);
          rd_kafka_poll(producer, 5);
        }
        next[message->partition] = message->offset + 1;
        records++;
      }
      rd_kafka_message_destroy(message);
      message = drained < 1000 && records < wanted ? rd_kafka_consumer_poll(consumer, 0) : NULL;
    }
    if (!open || (now() - begun < interval && records < wanted)) continue;
    committing = now();
    rd_kafka_topic_partition_list_t *list = positions(input, next);
    if (is_transactional) {
      rd_kafka_consumer_group_metadata_t *metadata = rd_kafka_consumer_group_metadata(consumer);
      check(rd_kafka_send_offsets_to_transaction(producer, list, metadata, 10000), "offsets");
      rd_kafka_consumer_group_metadata_destroy(metadata);
      check(rd_kafka_commit_transaction(producer, 10000), "commit");
    } else {
      if (rd_kafka_commit(consumer, list, 1)) fail("commit", input);
      rd_kafka_poll(producer, 0);
    }
    rd_kafka_topic_partition_list_destroy(list);
    open = 0;
    ended = now();
  }
  if (rd_kafka_flush(producer, 10000)) fail("flush", output);
  printf("{\"records\":%ld,\"seconds\":%.3f,\"cpuSeconds\":%.3f,\"valueBytes\":%zu}\n", records, ended - started,
         cpu() - cpu_started, value_length);
  rd_kafka_consumer_close(consumer);
  rd_kafka_topic_destroy(target);
  rd_kafka_destroy(producer);
  rd_kafka_destroy(consumer);
  return 0;
}
