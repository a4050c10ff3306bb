/* The data of a value: resident up to 4 bytes, in one cell, or (from version 1.4, past 16,344 bytes) as big data.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "cells/hx.h"

#define DB_COUNT 6              /* from the cell's start */
#define DB_LIST 8
#define DB_PAYLOAD 8
#define LIST_ENTRIES 4

typedef struct {
  size_t db, list;
  uint32_t count;
} big_data;

/* Checks the record, its list, and every segment's size; a last segment may be as short as its data. */
static int
open_big_data (const hx_hive *hx, uint32_t cell, uint32_t size, big_data *out)
{
  out->db = hx_find_tagged (hx, cell, HX_TAG ('d', 'b'), DB_PAYLOAD);
  if (!out->db)
    HX_FAIL (HX_BAD_CELL, cell, "the data of a value are longer than their cell, which is no big-data record");
  out->count = hx_get16 (hx, out->db + DB_COUNT);
  out->list = hx_find_cell (hx, hx_get32 (hx, out->db + DB_LIST), 4 * out->count);
  if (!out->list || (size_t) out->count * HX_SEGMENT < size)
    HX_FAIL (HX_BAD_CELL, cell, "the segment list of a big-data record is damaged or too short");
  for (uint32_t i = 0, left = size; i < out->count; i++) {
    uint32_t part = left < HX_SEGMENT ? left : HX_SEGMENT;
    if (!hx_find_cell (hx, hx_get32 (hx, out->list + LIST_ENTRIES + 4 * i), part))
      HX_FAIL (HX_BAD_CELL, cell, "a segment of big data is not a cell of the size that it must have");
    left -= part;
  }
  return HX_OK;
}

static size_t
segment_at (const hx_hive *hx, const big_data *big, uint32_t index)
{
  return hx_find_cell (hx, hx_get32 (hx, big->list + LIST_ENTRIES + 4 * index), 0);
}

typedef enum { IN_RECORD, IN_CELL, IN_SEGMENTS } place;

/* Where the data lie. No data are a value of zero length however its pointer is set: Windows writes such values resident,
 * others (and tombstones) with NIL. */
static int
locate_data (const hx_hive *hx, size_t vk, place *where, uint32_t *size, size_t *cell, big_data *big)
{
  uint32_t length = hx_get32 (hx, HX_VK (vk, data_len)), pointer = hx_get32 (hx, HX_VK (vk, data_offset));
  *where = IN_RECORD;
  *size = length & ~HX_RESIDENT;
  if (length & HX_RESIDENT) {
    if (*size > 4)
      HX_FAIL (HX_BAD_CELL, HX_CELL (vk), "a value keeps more than 4 bytes in its record");
    return HX_OK;
  }
  if (*size == 0)
    return HX_OK;
  if (*size > hx->h->size)
    HX_FAIL (HX_BAD_CELL, HX_CELL (vk), "the data of a value are longer than the hive");
  *where = IN_CELL;
  *cell = hx_find_cell (hx, pointer, 0);
  if (!*cell)
    HX_FAIL (HX_BAD_CELL, HX_CELL (vk), "the data of a value are not in an allocated cell");
  if (hx_payload (hx, *cell) >= *size)
    return HX_OK;
  *where = IN_SEGMENTS;
  return open_big_data (hx, pointer, *size, big);
}

int
hx_measure_data (hx_hive *hx, size_t vk, uint32_t *size)
{
  place where;
  size_t cell;
  big_data big;
  return locate_data (hx, vk, &where, size, &cell, &big);
}

int
hx_find_data (hx_hive *hx, size_t vk, uint32_t *size, const uint8_t **data)
{
  place where;
  size_t cell = 0;
  big_data big;
  HX_TRY (locate_data (hx, vk, &where, size, &cell, &big));
  *data = where == IN_SEGMENTS ? NULL : hx_at (hx, where == IN_CELL ? cell + 4 : HX_VK (vk, data_offset));
  return HX_OK;
}

/* `to` has room for what hx_measure_data said. */
int
hx_copy_data (hx_hive *hx, size_t vk, uint8_t *to)
{
  place where;
  uint32_t size;
  size_t cell;
  big_data big;
  HX_TRY (locate_data (hx, vk, &where, &size, &cell, &big));
  if (size == 0)
    return HX_OK;
  if (where != IN_SEGMENTS) {
    memcpy (to, where == IN_RECORD ? hx_at (hx, HX_VK (vk, data_offset)) : hx_at (hx, cell + 4), size);
    return HX_OK;
  }
  for (uint32_t i = 0, done = 0; done < size; i++) {
    uint32_t part = size - done < HX_SEGMENT ? size - done : HX_SEGMENT;
    memcpy (to + done, hx_at (hx, segment_at (hx, &big, i) + 4), part);
    done += part;
  }
  return HX_OK;
}

/* ---- Writing ---- */

static int
free_place (hx_hive *hx, place where, size_t cell, const big_data *big)
{
  if (where == IN_RECORD)
    return hx->failed;
  if (where == IN_CELL) {
    hx_free_cell_at (hx, cell);
    return hx->failed;
  }
  for (uint32_t i = 0; i < big->count && !hx->failed; i++) {
    size_t segment = segment_at (hx, big, i);
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
  place where;
  uint32_t size;
  size_t cell = 0;
  big_data big = { 0 };
  HX_TRY (locate_data (hx, vk, &where, &size, &cell, &big));
  return free_place (hx, where, cell, &big);
}

static void
put_segments (hx_hive *hx, const big_data *big, const uint8_t *data, uint32_t size)
{
  for (uint32_t i = 0, done = 0; done < size && !hx->failed; i++) {
    uint32_t part = size - done < HX_SEGMENT ? size - done : HX_SEGMENT;
    hx_put (hx, segment_at (hx, big, i) + 4, data + done, part);
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
  big_data big = { .count = count };
  big.db = hx_new_cell (hx, DB_PAYLOAD, vk);
  big.list = hx_new_cell (hx, 4 * count, vk);
  if (hx->failed)
    return hx->failed;
  hx_put (hx, big.db + 4, "db", 2);
  hx_put16 (hx, big.db + DB_COUNT, count);
  hx_put32 (hx, big.db + DB_LIST, HX_CELL (big.list));
  for (uint32_t i = 0; i < count; i++) {
    size_t segment = hx_new_cell (hx, HX_SEGMENT, vk);
    if (!segment)
      return hx->failed;
    hx_put32 (hx, big.list + LIST_ENTRIES + 4 * i, HX_CELL (segment));
  }
  put_segments (hx, &big, data, size);
  hx_put32 (hx, HX_VK (vk, data_len), size);
  hx_put32 (hx, HX_VK (vk, data_offset), HX_CELL (big.db));
  return hx->failed;
}

static place
place_for (const hx_hive *hx, uint32_t size)
{
  return size <= 4 ? IN_RECORD : hx->minor > 3 && size > HX_SEGMENT ? IN_SEGMENTS : IN_CELL;
}

/* Puts data where the old ones lay, if that is the same kind of place and fits; 0: it must be allotted anew. */
static int
store_in_place (hx_hive *hx, size_t vk, place where, size_t cell, const big_data *big, uint32_t old_size,
                const uint8_t *data, uint32_t size)
{
  if (where != place_for (hx, size))
    return 0;
  if (where == IN_SEGMENTS) {
    uint32_t count = (size + HX_SEGMENT - 1) / HX_SEGMENT;
    uint32_t last = size - (count - 1) * HX_SEGMENT;
    if (count != big->count || hx_payload (hx, segment_at (hx, big, count - 1)) < last)
      return 0;
    put_segments (hx, big, data, size);
  } else if (where == IN_CELL) {
    size_t fitting = size == old_size ? cell : hx_resize_cell (hx, cell, size);
    if (!fitting)
      return 1;
    hx_put (hx, fitting + 4, data, size);
    if (fitting != cell)
      hx_put32 (hx, HX_VK (vk, data_offset), HX_CELL (fitting));
  }
  if (where != IN_RECORD)
    hx_put32 (hx, HX_VK (vk, data_len), size);
  return where != IN_RECORD;
}

/* Gives the value these data; what held the old ones is used again or freed. `data` lie outside the image. */
int
hx_store_data (hx_hive *hx, size_t vk, const uint8_t *data, uint32_t size)
{
  place where;
  uint32_t old_size;
  size_t cell = 0;
  big_data big = { 0 };
  HX_TRY (locate_data (hx, vk, &where, &old_size, &cell, &big));
  if (store_in_place (hx, vk, where, cell, &big, old_size, data, size))
    return hx->failed;
  HX_TRY (free_place (hx, where, cell, &big));
  if (place_for (hx, size) == IN_SEGMENTS)
    return new_big_data (hx, vk, data, size);
  if (place_for (hx, size) == IN_RECORD) {
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
