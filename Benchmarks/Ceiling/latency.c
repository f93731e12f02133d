// SPDX-License-Identifier: Apache-2.0
//
// From a change to its committed snapshot, as a client sees it that is not ours: one thread writes changes at an even rate,
// another reads what is committed of the snapshots. The sequence number of a change, which the reading in its snapshot
// repeats, finds the moment again at which the change was handed to the writer's client.
//
//   latency BROKERS CHANGES SNAPSHOTS PARTITIONS RATE SECONDS WARM_UP_SECONDS USERS
//
// Ends when every change's snapshot was seen. Prints the milliseconds that they took, without those of the warm-up, and how
// late the writer was at most: a writer that falls behind writes at once, which is not the worker's lateness.

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *brokers, *changes;
static long rate, count, users;
static double *moments, lateness;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void fail(const char *what, const char *why) {
  fprintf(stderr, "latency: %s: %s\n", what, why);
  exit(1);
}

static void set(rd_kafka_conf_t *conf, const char *key, const char *value) {
  char error[256];
  if (rd_kafka_conf_set(conf, key, value, error, sizeof error) != RD_KAFKA_CONF_OK) fail(key, error);
}

static void delivered(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque) {
  (void)producer;
  (void)opaque;
  if (message->err) fail("a change was not written", rd_kafka_err2str(message->err));
}

static void *write_changes(void *unused) {
  (void)unused;
  char error[256];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", brokers);
  set(conf, "partitioner", "murmur2_random");
  set(conf, "linger.ms", "1");
  // As docs/DELIVERY.md asks of producers. It also bounds the requests under way, so that a busy broker gets larger ones: a
  // client without a bound queues requests of one change each, of which a connection has one at a time answered.
  set(conf, "enable.idempotence", "true");
  set(conf, "socket.nagle.disable", "true");
  rd_kafka_conf_set_dr_msg_cb(conf, delivered);
  rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
  if (!producer) fail("producer", error);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, changes, NULL);
  double began = now();
  for (long number = 0; number < count; number++) {
    double due = began + (double)number / (double)rate;
    while (now() < due) {
      rd_kafka_poll(producer, 0);
      struct timespec pause = {0, 100000};
      nanosleep(&pause, NULL);
    }
    char key[32], value[512];
    int key_length = snprintf(key, sizeof key, "user%06ld", number % users);
    int length = snprintf(value, sizeof value,
                          "{\"user\":\"%s\",\"imAddress\":\"sip:%s@corp.example\",\"source\":\"lync-emea\","
                          "\"device\":\"desktop\",\"state\":\"%s\",\"statusMessage\":\"In a meeting until 3pm\","
                          "\"observedAt\":\"2025-11-22T08:15:30.123Z\",\"sequence\":%ld}",
                          key, key, number / users % 2 ? "busy" : "away", number);
    double moment = now();
    if (moment - due > lateness) lateness = moment - due;
    moments[number] = moment;
    if (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value, (size_t)length, key,
                         (size_t)key_length, NULL) == -1)
      fail("produce", rd_kafka_err2str(rd_kafka_last_error()));
  }
  if (rd_kafka_flush(producer, 30000)) fail("flush", "not every change was written");
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(producer);
  return NULL;
}

static long sequence_of(const rd_kafka_message_t *message) {
  static const char name[] = "\"sequence\":";
  const char *found = memmem(message->payload, message->len, name, sizeof name - 1);
  if (!found) fail("a snapshot", "has no sequence");
  return atol(found + sizeof name - 1);  // a brace or a comma follows
}

static int compare(const void *left, const void *right) {
  double difference = *(const double *)left - *(const double *)right;
  return (difference > 0) - (difference < 0);
}

int main(int argc, char **argv) {
  if (argc != 9) fail("usage", "BROKERS CHANGES SNAPSHOTS PARTITIONS RATE SECONDS WARM_UP_SECONDS USERS");
  brokers = argv[1];
  changes = argv[2];
  int partitions = atoi(argv[4]);
  rate = atol(argv[5]);
  long skipped = rate * atol(argv[7]);
  count = skipped + rate * atol(argv[6]);
  users = atol(argv[8]);
  moments = calloc((size_t)count, sizeof *moments);
  double *taken = calloc((size_t)count, sizeof *taken);
  char *seen = calloc((size_t)count, 1);
  if (!moments || !taken || !seen) fail("memory", "not enough");

  char error[256];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", brokers);
  set(conf, "group.id", "latency");
  set(conf, "isolation.level", "read_committed");
  set(conf, "enable.auto.commit", "false");
  set(conf, "fetch.wait.max.ms", "10");
  set(conf, "socket.nagle.disable", "true");
  rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
  if (!consumer) fail("consumer", error);
  rd_kafka_poll_set_consumer(consumer);
  rd_kafka_topic_partition_list_t *wanted = rd_kafka_topic_partition_list_new(partitions);
  for (int partition = 0; partition < partitions; partition++)
    rd_kafka_topic_partition_list_add(wanted, argv[3], partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
  if (rd_kafka_assign(consumer, wanted)) fail("assign", argv[3]);
  rd_kafka_topic_partition_list_destroy(wanted);

  pthread_t writer;
  if (pthread_create(&writer, NULL, write_changes, NULL)) fail("thread", "cannot be started");
  long left = count, measured = 0;
  double last = now();
  while (left > 0) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 1000);
    double moment = now();
    if (!message) {
      if (moment - last > 60) fail("snapshots", "no more have come for a minute");
      continue;
    }
    if (message->err) fail("a snapshot", rd_kafka_message_errstr(message));
    last = moment;
    long number = sequence_of(message);
    if (number < 0 || number >= count) fail("a snapshot", "is of another run");
    if (!seen[number]) {
      seen[number] = 1;
      left--;
      if (number >= skipped) taken[measured++] = (moment - moments[number]) * 1e3;
    }
    rd_kafka_message_destroy(message);
  }
  pthread_join(writer, NULL);
  qsort(taken, (size_t)measured, sizeof *taken, compare);
  printf("{\"changes\":%ld,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p99.9\":%.1f,\"max\":%.1f,\"writerLateAtMost\":%.1f}\n",
         measured, taken[measured / 2], taken[measured * 9 / 10], taken[measured * 99 / 100],
         taken[measured * 999 / 1000], taken[measured - 1], lateness * 1e3);
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
  return 0;
}
