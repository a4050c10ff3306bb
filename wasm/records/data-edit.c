/* See data-edit.h.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "data-edit.h"

#include "cells/pages.h"
#include "cells/space.h"
#include "data.h"

static int
free_place (hx_hive *hx, hx_place where, size_t cell, const hx_big_data *big)
{
  if (where == HX_IN_RECORD)
    return hx->failed;
  if (where == HX_IN_CELL) {
    hx_free_cell_at (hx, cell);
    return hx->failed;
  }
  for (uint32_t i = 0; i < big->count && !hx->failed; i++) {
    size_t segment = hx_segment_at (hx, big, i);
    if (!segment)
      return hx_break_edit (hx, HX_BAD_CELL, HX_CELL (big->db), "a segment of big data is used twice");
    hx_free_cell_at (hx, segment);
  }
  hx_free_cell_at (hx, big->list);
  hx_free_cell_at (hx, big->db);
  return hx->failed;
}

int
hx_free_data (hx_hive *hx, size_t vk)
{
  hx_place where;
  uint32_t size;
  size_t cell = 0;
  hx_big_data big = { 0 };
  HX_TRY (hx_locate_data (hx, vk, &where, &size, &cell, &big));
  return free_place (hx, where, cell, &big);
}

static void
put_segments (hx_hive *hx, const hx_big_data *big, const uint8_t *data, uint32_t size)
{
  for (uint32_t i = 0, done = 0; done < size && !hx->failed; i++) {
    uint32_t part = size - done < HX_SEGMENT ? size - done : HX_SEGMENT;
    hx_put (hx, hx_segment_at (hx, big, i) + 4, data + done, part);
    done += part;
  }
}

/* As Windows does, the last segment's cell is as large as the others'. */
static int
new_big_data (hx_hive *hx, size_t vk, const uint8_t *data, uint32_t size)
{
  uint32_t count = (size + HX_SEGMENT - 1) / HX_SEGMENT;
  if (count > 0xffff)
    return hx_break_edit (hx, HX_LIMIT, HX_CELL (vk), "the data are longer than 65,535 segments of big data hold");
  hx_big_data big = { .count = count };
  big.db = hx_new_cell (hx, HX_DB_PAYLOAD, vk);
  big.list = hx_new_cell (hx, 4 * count, vk);
  if (hx->failed)
    return hx->failed;
  hx_put (hx, big.db + 4, "db", 2);
  hx_put16 (hx, big.db + HX_DB_COUNT, count);
  hx_put32 (hx, big.db + HX_DB_LIST, HX_CELL (big.list));
  for (uint32_t i = 0; i < count; i++) {
    size_t segment = hx_new_cell (hx, HX_SEGMENT, vk);
    if (!segment)
      return hx->failed;
    hx_put32 (hx, big.list + HX_DB_ENTRIES + 4 * i, HX_CELL (segment));
  }
  put_segments (hx, &big, data, size);
  hx_put32 (hx, HX_VK (vk, data_len), size);
  hx_put32 (hx, HX_VK (vk, data_offset), HX_CELL (big.db));
  return hx->failed;
}

static hx_place
place_for (const hx_hive *hx, uint32_t size)
{
  return size <= 4 ? HX_IN_RECORD : hx->minor >= HX_BIG_DATA_MINOR && size > HX_SEGMENT ? HX_IN_SEGMENTS : HX_IN_CELL;
}

/* Puts data where the old ones lay, if that is the same kind of hx_place and fits; 0: it must be allotted anew. */
static int
store_in_place (hx_hive *hx, size_t vk, hx_place where, size_t cell, const hx_big_data *big, uint32_t old_size,
                const uint8_t *data, uint32_t size)
{
  if (where != place_for (hx, size))
    return 0;
  if (where == HX_IN_SEGMENTS) {
    uint32_t count = (size + HX_SEGMENT - 1) / HX_SEGMENT;
    uint32_t last = size - (count - 1) * HX_SEGMENT;
    if (count != big->count || hx_payload (hx, hx_segment_at (hx, big, count - 1)) < last)
      return 0;
    put_segments (hx, big, data, size);
  } else if (where == HX_IN_CELL) {
    size_t fitting = size == old_size ? cell : hx_resize_cell (hx, cell, size);
    if (!fitting)
      return 1;
    hx_put (hx, fitting + 4, data, size);
    if (fitting != cell)
      hx_put32 (hx, HX_VK (vk, data_offset), HX_CELL (fitting));
  }
  if (where != HX_IN_RECORD)
    hx_put32 (hx, HX_VK (vk, data_len), size);
  return where != HX_IN_RECORD;
}

int
hx_store_data (hx_hive *hx, size_t vk, const uint8_t *data, uint32_t size)
{
  hx_place where;
  uint32_t old_size;
  size_t cell = 0;
  hx_big_data big = { 0 };
  HX_TRY (hx_locate_data (hx, vk, &where, &old_size, &cell, &big));
  if (store_in_place (hx, vk, where, cell, &big, old_size, data, size))
    return hx->failed;
  HX_TRY (free_place (hx, where, cell, &big));
  if (place_for (hx, size) == HX_IN_SEGMENTS)
    return new_big_data (hx, vk, data, size);
  if (place_for (hx, size) == HX_IN_RECORD) {
    uint32_t word = 0;
    memcpy (&word, data, size);
    hx_put32 (hx, HX_VK (vk, data_len), HX_RESIDENT | size);
    hx_put32 (hx, HX_VK (vk, data_offset), word);
    return hx->failed;
  }
  size_t fresh = hx_new_cell (hx, size, vk);
  if (!fresh)
    return hx->failed;
  hx_put (hx, fresh + 4, data, size);
  hx_put32 (hx, HX_VK (vk, data_len), size);
  hx_put32 (hx, HX_VK (vk, data_offset), HX_CELL (fresh));
  return hx->failed;
}
