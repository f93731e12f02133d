// SPDX-License-Identifier: Apache-2.0
#include <simdjson.h>
extern "C" {
#include "CSimdJSON.h"
int csj_placeholder(void) { return simdjson::SIMDJSON_VERSION_MAJOR; }
}
