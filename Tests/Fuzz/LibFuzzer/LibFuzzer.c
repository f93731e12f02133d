// SPDX-License-Identifier: Apache-2.0
//
// A target of headers needs a source file; the driver itself comes with `-sanitize=fuzzer`.
