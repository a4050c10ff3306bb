/* How calls end. A function that can fail answers a negative status and has recorded which cell and what about it.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_STATUS_H
#define HX_STATUS_H

#include <stdint.h>

#define HX_EXPORT __attribute__ ((visibility ("default")))

/* In the build for tests, reads of the image and of what is kept sorted are counted: work that grows faster than the hive
 * shows there on any machine. */
#ifdef HX_DEBUG
extern uint32_t hx_test_step_count;
#define HX_STEP() ((void) hx_test_step_count++)
#else
#define HX_STEP() ((void) 0)
#endif

enum hx_status {
  HX_OK = 0,
  HX_NO_MEMORY = -1,
  HX_BAD_CELL = -2,             /* the hive is damaged there */
  HX_NOT_A_HIVE = -3,
  HX_UNSUPPORTED = -4,
  HX_TRUNCATED = -5,
  HX_BAD_CHECKSUM = -6,
  HX_NO_KEY = -7,
  HX_NO_VALUE = -8,
  HX_BAD_VALUE = -9,            /* what the caller wants written cannot be */
  HX_PROTECTED = -10,
  HX_LIMIT = -11,
  HX_INVARIANT = -12,           /* the caller broke a rule of this interface */
};

/* Records the status, the cell (0: none) and one sentence, and answers the status. */
int hx_fail (int status, uint32_t cell, const char *sentence);
#define HX_FAIL(status, cell, sentence) return hx_fail ((status), (cell), (sentence))
#define HX_TRY(call) do { int hx_try_status = (call); if (hx_try_status < 0) return hx_try_status; } while (0)

#endif /* HX_STATUS_H */
