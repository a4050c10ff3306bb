/* See status.h: what went wrong last.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "status.h"

static int last_status;
static uint32_t last_cell;
static const char *last_sentence = "";

int
hx_fail (int status, uint32_t cell, const char *sentence)
{
  last_status = status;
  last_cell = cell;
  last_sentence = sentence;
  return status;
}

HX_EXPORT int hx_error_status (void) { return last_status; }
HX_EXPORT uint32_t hx_error_cell (void) { return last_cell; }
HX_EXPORT const char *hx_error_text (void) { return last_sentence; }
