// SPDX-License-Identifier: Apache-2.0
#include "CRE2.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>

struct cre_pattern {
  RE2 expression;

  cre_pattern(re2::StringPiece text, const RE2::Options &options) : expression(text, options) {}
};

namespace {

void tell(const char *reason, char *problem, size_t capacity) noexcept {
  if (capacity == 0) { return; }
  const size_t count = std::min(std::strlen(reason), capacity - 1);
  std::memcpy(problem, reason, count);
  problem[count] = '\0';
}

}  // namespace

extern "C" cre_pattern *cre_compile(const char *text, size_t length, char *problem, size_t capacity) {
  try {
    RE2::Options options;
    options.set_log_errors(false);
    auto pattern = std::make_unique<cre_pattern>(re2::StringPiece(text, length), options);
    if (pattern->expression.ok()) { return pattern.release(); }
    tell(pattern->expression.error().c_str(), problem, capacity);
  } catch (const std::exception &exception) {
    tell(exception.what(), problem, capacity);
  }
  return nullptr;
}

extern "C" void cre_free(cre_pattern *pattern) { delete pattern; }

extern "C" bool cre_find(const cre_pattern *pattern, const char *text, size_t length, size_t *offset, size_t *count) {
  const RE2 &expression = pattern->expression;
  const int group = std::min(expression.NumberOfCapturingGroups(), 1);
  re2::StringPiece found[2];
  try {
    if (!expression.Match(re2::StringPiece(text, length), 0, length, RE2::UNANCHORED, found, group + 1)) { return false; }
  } catch (const std::exception &) {
    return false;  // no memory: the same as an answer of another form
  }
  if (found[group].data() == nullptr) { return false; }
  *offset = static_cast<size_t>(found[group].data() - text);
  *count = found[group].size();
  return true;
}
