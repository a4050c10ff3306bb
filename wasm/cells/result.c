/* The handle's result buffer: what a call leaves there is valid until the next call.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "result.h"

void
hx_clear_result (hx_hive *hx)
{
  hx->result_size = 0;
}

uint8_t *
hx_extend_result (hx_hive *hx, size_t size)
{
  if (!hx->result || size > hx->result_room - hx->result_size) {
    size_t room = hx->result_size + size;
    if (room < size || room > INT32_MAX)
      return NULL;
    room += room / 2 + 64;
    uint8_t *grown = realloc (hx->result, room);
    if (!grown)
      return NULL;
    hx->result = grown;
    hx->result_room = room;
  }
  uint8_t *start = hx->result + hx->result_size;
  hx->result_size += size;
  return start;
}

int
hx_finish_result (hx_hive *hx)
{
  return (int) hx->result_size;
}

HX_EXPORT const void *hx_peek_result (hx_hive *hx) { return hx->result; }
