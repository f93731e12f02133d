// SPDX-License-Identifier: Apache-2.0
//
// Fills a topic with changes for the benchmarks: the contract's sample with another user, state, time and sequence each,
// so that every one of them is material.
//
//   feeder BROKERS TOPIC RECORDS USERS [in-turn|profiles]
//
// The users come in a random order that is the same in every run; `in-turn` one after the other instead, and with
// `profiles` it is their profiles. Prints the records and the bytes of a value.

#include <librdkafka/rdkafka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long failures = 0;

static void fail(const char *what, const char *why) {
  fprintf(stderr, "feeder: %s: %s\n", what, why);
  exit(1);
}

static void set(rd_kafka_conf_t *conf, const char *key, const char *value) {
  char error[256];
  if (rd_kafka_conf_set(conf, key, value, error, sizeof error) != RD_KAFKA_CONF_OK) fail(key, error);
}

static void delivered(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque) {
  (void)producer;
  (void)opaque;
  if (message->err) failures++;
}

int main(int argc, char **argv) {
  int isProfiles = argc == 6 && !strcmp(argv[5], "profiles");
  int isInTurn = isProfiles || (argc == 6 && !strcmp(argv[5], "in-turn"));
  if (argc != 5 && !isInTurn) fail("usage", "BROKERS TOPIC RECORDS USERS [in-turn|profiles]");
  long records = atol(argv[3]), users = atol(argv[4]);
  char error[256];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", argv[1]);
  set(conf, "partitioner", "murmur2_random");
  set(conf, "enable.idempotence", "true");
  set(conf, "linger.ms", "20");
  set(conf, "batch.num.messages", "10000");
  set(conf, "queue.buffering.max.messages", "1000000");
  rd_kafka_conf_set_dr_msg_cb(conf, delivered);
  rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
  if (!producer) fail("producer", error);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, argv[2], NULL);

  unsigned char *isBusy = calloc((size_t)users, 1);
  if (!isBusy) fail("memory", "not enough");
  uint64_t chance = 42;
  int length = 0;
  for (long number = 0; number < records; number++) {
    chance = chance * 6364136223846793005u + 1442695040888963407u;
    long user = isInTurn ? number % users : (long)((chance >> 33) % (uint64_t)users);
    isBusy[user] ^= 1;
    char key[32], value[512];
    int keyLength = snprintf(key, sizeof key, "user%06ld", user);
    if (isProfiles)
      length = snprintf(value, sizeof value,
                        "{\"user\":\"%s\",\"displayName\":\"Person %s\",\"mail\":\"%s@corp.example\","
                        "\"enterpriseAddress\":\"sip:%s@corp.example\"}",
                        key, key, key, key);
    else
      length = snprintf(value, sizeof value,
                        "{\"user\":\"%s\",\"imAddress\":\"sip:%s@corp.example\",\"source\":\"lync-emea\","
                        "\"device\":\"desktop\",\"state\":\"%s\",\"statusMessage\":\"In a meeting until 3pm\","
                        "\"observedAt\":\"2025-11-22T%02ld:%02ld:%02ld.%03ldZ\",\"sequence\":%ld}",
                        key, key, isBusy[user] ? "busy" : "away", number / 3600000 % 24, number / 60000 % 60,
                        number / 1000 % 60, number % 1000, 918273645 + number);
    while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value, (size_t)length, key,
                            (size_t)keyLength, NULL) == -1) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail("produce", rd_kafka_err2str(rd_kafka_last_error()));
      rd_kafka_poll(producer, 10);
    }
    if (number % 1000 == 0) rd_kafka_poll(producer, 0);
  }
  if (rd_kafka_flush(producer, 120000) || failures) fail("flush", "not everything was written");
  printf("{\"records\":%ld,\"valueBytes\":%d}\n", records, length);
  free(isBusy);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(producer);
  return 0;
}
