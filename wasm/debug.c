/* For the build that the tests run: allocations that fail on request, how much of the heap is in use, and steps.
 * SPDX-License-Identifier: LGPL-2.1-only */

#define HX_KEEP_MALLOC
#include <config.h>

#include <errno.h>

#include <malloc.h>

#include "status.h"

static int allocations_left = -1;

/* The allocation after `count` more fails, and all later ones; negative: none fails. */
HX_EXPORT int
hx_test_fail_after (int count)
{
  allocations_left = count;
  return HX_OK;
}

HX_EXPORT int
hx_test_heap_bytes (void)
{
  return (int) mallinfo ().uordblks;
}

uint32_t hx_test_step_count;

/* Steps since the last call. */
HX_EXPORT uint32_t
hx_test_steps (void)
{
  uint32_t steps = hx_test_step_count;
  hx_test_step_count = 0;
  return steps;
}

static int
may_allocate (void)
{
  if (allocations_left < 0)
    return 1;
  if (allocations_left == 0) {
    errno = ENOMEM;
    return 0;
  }
  allocations_left--;
  return 1;
}

void *hx_test_malloc (size_t size) { return may_allocate () ? malloc (size) : NULL; }
void *hx_test_calloc (size_t count, size_t size) { return may_allocate () ? calloc (count, size) : NULL; }
void *hx_test_realloc (void *old, size_t size) { return may_allocate () ? realloc (old, size) : NULL; }
char *hx_test_strdup (const char *text) { return may_allocate () ? strdup (text) : NULL; }
