// SPDX-License-Identifier: Apache-2.0
#ifndef CRDKAFKA_SHIM_H
#define CRDKAFKA_SHIM_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

// What Swift cannot call, or should not have to: the variadic producer interface, and the delivery
// report callback, which would otherwise cross into Swift once per record.

// One delivered, or finally failed, record.
typedef struct crdk_delivery {
  int64_t offset;
  uintptr_t token;
  int32_t topic;  // the index of the producer's topic handle
  int32_t partition;
  int32_t error;  // rd_kafka_resp_err_t
} crdk_delivery_t;

// Behind which offset each partition of a topic is known to be written; 0 while nothing is.
typedef struct crdk_written {
  int64_t *behind;
  int32_t partitions;
} crdk_written_t;

enum { CRDK_WRITTEN_TOPICS = 16 };

// The opaque of a client: the Swift side's context, the delivery reports not yet taken, and the offsets that are kept.
typedef struct crdk_client {
  void *context;
  crdk_delivery_t *deliveries;
  size_t delivery_count;
  size_t delivery_capacity;
  crdk_written_t written[CRDK_WRITTEN_TOPICS];
} crdk_client_t;

static inline crdk_client_t *crdk_client_new(void *context) {
  crdk_client_t *client = (crdk_client_t *)calloc(1, sizeof(crdk_client_t));
  if (!client) abort();
  client->context = context;
  return client;
}

static inline void crdk_client_destroy(crdk_client_t *client) {
  free(client->deliveries);
  for (int32_t topic = 0; topic < CRDK_WRITTEN_TOPICS; topic++) free(client->written[topic].behind);
  free(client);
}

// Topic handles carry their index plus one as their opaque, so that 0 means "not one of ours".
static inline int32_t crdk_topic_index(const rd_kafka_topic_t *topic) {
  return topic ? (int32_t)(intptr_t)rd_kafka_topic_opaque(topic) - 1 : -1;
}

static inline rd_kafka_topic_t *crdk_topic_new(rd_kafka_t *rk, const char *name, int32_t index) {
  rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(rk);
  rd_kafka_topic_conf_set_opaque(conf, (void *)(intptr_t)(index + 1));
  return rd_kafka_topic_new(rk, name, conf);
}

// Runs on the thread that polls, flushes, commits or aborts, so the buffer needs no lock.
static inline void crdk_on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
  (void)rk;
  crdk_client_t *client = (crdk_client_t *)opaque;
  if (client->delivery_count == client->delivery_capacity) {
    size_t capacity = client->delivery_capacity ? client->delivery_capacity * 2 : 1024;
    crdk_delivery_t *grown =
        (crdk_delivery_t *)realloc(client->deliveries, capacity * sizeof(crdk_delivery_t));
    if (!grown) abort();
    client->deliveries = grown;
    client->delivery_capacity = capacity;
  }
  crdk_delivery_t *delivery = &client->deliveries[client->delivery_count++];
  delivery->offset = message->offset;
  delivery->token = (uintptr_t)message->_private;
  delivery->topic = crdk_topic_index(message->rkt);
  delivery->partition = message->partition;
  delivery->error = (int32_t)message->err;
}

static inline void crdk_conf_collect_deliveries(rd_kafka_conf_t *conf) {
  rd_kafka_conf_set_dr_msg_cb(conf, crdk_on_delivery);
}

// Keeps the offsets that a topic's records get; to be called before the first of them is produced, since the table is
// written on librdkafka's threads from then on. Returns whether there was room.
static inline int crdk_keep_written(crdk_client_t *client, int32_t topic, int32_t partitions) {
  if (topic < 0 || topic >= CRDK_WRITTEN_TOPICS || partitions < 1 || client->written[topic].behind) return 0;
  client->written[topic].behind = (int64_t *)calloc((size_t)partitions, sizeof(int64_t));
  if (!client->written[topic].behind) abort();
  client->written[topic].partitions = partitions;
  return 1;
}

// The offset behind the last record that was written to a partition; 0 where none was or nobody keeps it.
static inline int64_t crdk_written_behind(const crdk_client_t *client, int32_t topic, int32_t partition) {
  if (topic < 0 || topic >= CRDK_WRITTEN_TOPICS) return 0;
  const crdk_written_t *written = &client->written[topic];
  if (!written->behind || partition < 0 || partition >= written->partitions) return 0;
  return __atomic_load_n(&written->behind[partition], __ATOMIC_ACQUIRE);
}

// Runs on the thread of the partition's broker, for each record and before anybody learns that it was delivered.
static inline rd_kafka_resp_err_t crdk_on_acknowledgement(rd_kafka_t *rk, rd_kafka_message_t *message, void *opaque) {
  (void)rk;
  crdk_client_t *client = (crdk_client_t *)opaque;
  int32_t topic = crdk_topic_index(message->rkt);
  if (message->err || message->offset < 0 || topic < 0 || topic >= CRDK_WRITTEN_TOPICS)
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  const crdk_written_t *written = &client->written[topic];
  if (written->behind && message->partition >= 0 && message->partition < written->partitions)
    __atomic_store_n(&written->behind[message->partition], message->offset + 1, __ATOMIC_RELEASE);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static inline rd_kafka_resp_err_t crdk_on_new(rd_kafka_t *rk, const rd_kafka_conf_t *conf, void *opaque,
                                              char *reason, size_t reason_size) {
  (void)conf;
  (void)reason;
  (void)reason_size;
  return rd_kafka_interceptor_add_on_acknowledgement(rk, "crdk", crdk_on_acknowledgement, opaque);
}

// Reports failures only, so that librdkafka frees what was written on its own thread, and keeps offsets instead.
static inline int crdk_conf_collect_failures(rd_kafka_conf_t *conf, crdk_client_t *client) {
  rd_kafka_conf_set_dr_msg_cb(conf, crdk_on_delivery);
  if (rd_kafka_conf_set(conf, "delivery.report.only.error", "true", NULL, 0) != RD_KAFKA_CONF_OK) return 0;
  return rd_kafka_conf_interceptor_add_on_new(conf, "crdk", crdk_on_new, client) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

// A header to produce; a value of size -1 is null, one of size 0 is empty.
typedef struct crdk_header {
  const void *name;
  size_t name_size;
  const void *value;
  ptrdiff_t value_size;
} crdk_header_t;

// librdkafka tells null from empty by the pointer; here the size does.
static inline const void *crdk_bytes(const void *bytes, ptrdiff_t size) {
  return size < 0 ? NULL : bytes ? bytes : "";
}

// Produces one record, copying key, value and headers; a size of -1 stands for a null key or value.
// Returns NULL, or an error for the caller to destroy; the record is then not enqueued.
//
// The headers go in as one list of ours and never as single RD_KAFKA_VTYPE_HEADER entries: for those
// librdkafka before 2.12 frees the list twice when the partition does not exist. A list of ours is
// librdkafka's after a success and still ours after every failure.
static inline rd_kafka_error_t *crdk_produce(rd_kafka_t *rk, rd_kafka_topic_t *topic, int32_t partition,
                                             const void *key, ptrdiff_t key_size,
                                             const void *value, ptrdiff_t value_size, const crdk_header_t *headers,
                                             size_t header_count, int64_t timestamp, uintptr_t token) {
  rd_kafka_headers_t *list = NULL;
  if (header_count) {
    list = rd_kafka_headers_new(header_count);
    for (size_t i = 0; i < header_count; i++)
      rd_kafka_header_add(list, (const char *)headers[i].name, (ssize_t)headers[i].name_size,
                          crdk_bytes(headers[i].value, headers[i].value_size),
                          (ssize_t)(headers[i].value_size < 0 ? 0 : headers[i].value_size));
  }

  rd_kafka_vu_t arguments[8];
  arguments[0].vtype = RD_KAFKA_VTYPE_RKT;
  arguments[0].u.rkt = topic;
  arguments[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  arguments[1].u.i32 = partition;
  arguments[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  arguments[2].u.i = RD_KAFKA_MSG_F_COPY;
  arguments[3].vtype = RD_KAFKA_VTYPE_KEY;
  arguments[3].u.mem.ptr = (void *)crdk_bytes(key, key_size);
  arguments[3].u.mem.size = key_size < 0 ? 0 : (size_t)key_size;
  arguments[4].vtype = RD_KAFKA_VTYPE_VALUE;
  arguments[4].u.mem.ptr = (void *)crdk_bytes(value, value_size);
  arguments[4].u.mem.size = value_size < 0 ? 0 : (size_t)value_size;
  arguments[5].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  arguments[5].u.i64 = timestamp;
  arguments[6].vtype = RD_KAFKA_VTYPE_OPAQUE;
  arguments[6].u.ptr = (void *)token;
  arguments[7].vtype = RD_KAFKA_VTYPE_HEADERS;
  arguments[7].u.headers = list;

  rd_kafka_error_t *error = rd_kafka_produceva(rk, arguments, list ? 8 : 7);
  if (error && list) rd_kafka_headers_destroy(list);
  return error;
}

// Lets one broker of an in-process cluster answer its next request of a kind with an error, without delay.
static inline rd_kafka_resp_err_t crdk_mock_push_error(rd_kafka_mock_cluster_t *cluster, int32_t broker,
                                                       int16_t request, rd_kafka_resp_err_t error) {
  return rd_kafka_mock_broker_push_request_error_rtts(cluster, broker, request, 1, error, 0);
}

#endif
