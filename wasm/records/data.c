/* See data.h.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "data.h"

/* Checks the record, its list, and every segment's size; a last segment may be as short as its data. */
static int
open_big_data (const hx_hive *hx, uint32_t cell, uint32_t size, hx_big_data *out)
{
  out->db = hx_find_tagged (hx, cell, HX_TAG ('d', 'b'), HX_DB_PAYLOAD);
  if (!out->db)
    HX_FAIL (HX_BAD_CELL, cell, "the data of a value are longer than their cell, which is no big-data record");
  out->count = hx_get16 (hx, out->db + HX_DB_COUNT);
  out->list = hx_find_cell (hx, hx_get32 (hx, out->db + HX_DB_LIST), 4 * out->count);
  if (!out->list || (size_t) out->count * HX_SEGMENT < size)
    HX_FAIL (HX_BAD_CELL, cell, "the segment list of a big-data record is damaged or too short");
  for (uint32_t i = 0, left = size; i < out->count; i++) {
    uint32_t part = left < HX_SEGMENT ? left : HX_SEGMENT;
    if (!hx_find_cell (hx, hx_get32 (hx, out->list + HX_DB_ENTRIES + 4 * i), part))
      HX_FAIL (HX_BAD_CELL, cell, "a segment of big data is not a cell of the size that it must have");
    left -= part;
  }
  return HX_OK;
}

size_t
hx_segment_at (const hx_hive *hx, const hx_big_data *big, uint32_t index)
{
  return hx_find_cell (hx, hx_get32 (hx, big->list + HX_DB_ENTRIES + 4 * index), 0);
}

int
hx_locate_data (const hx_hive *hx, size_t vk, hx_place *where, uint32_t *size, size_t *cell, hx_big_data *big)
{
  uint32_t length = hx_get32 (hx, HX_VK (vk, data_len)), pointer = hx_get32 (hx, HX_VK (vk, data_offset));
  *where = HX_IN_RECORD;
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
  *where = HX_IN_CELL;
  *cell = hx_find_cell (hx, pointer, 0);
  if (!*cell)
    HX_FAIL (HX_BAD_CELL, HX_CELL (vk), "the data of a value are not in an allocated cell");
  if (hx_payload (hx, *cell) >= *size)
    return HX_OK;
  /* Shorter data are one cell, whatever it begins with; so are all data of older hives. */
  if (*size <= HX_SEGMENT || hx->minor < HX_BIG_DATA_MINOR)
    HX_FAIL (HX_BAD_CELL, HX_CELL (vk), "the data of a value are longer than their cell");
  *where = HX_IN_SEGMENTS;
  return open_big_data (hx, pointer, *size, big);
}

int
hx_measure_data (hx_hive *hx, size_t vk, uint32_t *size)
{
  hx_place where;
  size_t cell;
  hx_big_data big;
  return hx_locate_data (hx, vk, &where, size, &cell, &big);
}

int
hx_find_data (hx_hive *hx, size_t vk, uint32_t *size, const uint8_t **data)
{
  hx_place where;
  size_t cell = 0;
  hx_big_data big;
  HX_TRY (hx_locate_data (hx, vk, &where, size, &cell, &big));
  *data = where == HX_IN_SEGMENTS ? NULL : hx_at (hx, where == HX_IN_CELL ? cell + 4 : HX_VK (vk, data_offset));
  return HX_OK;
}

int
hx_copy_data (hx_hive *hx, size_t vk, uint8_t *to)
{
  hx_place where;
  uint32_t size;
  size_t cell;
  hx_big_data big;
  HX_TRY (hx_locate_data (hx, vk, &where, &size, &cell, &big));
  if (size == 0)
    return HX_OK;
  if (where != HX_IN_SEGMENTS) {
    memcpy (to, where == HX_IN_RECORD ? hx_at (hx, HX_VK (vk, data_offset)) : hx_at (hx, cell + 4), size);
    return HX_OK;
  }
  for (uint32_t i = 0, done = 0; done < size; i++) {
    uint32_t part = size - done < HX_SEGMENT ? size - done : HX_SEGMENT;
    memcpy (to + done, hx_at (hx, hx_segment_at (hx, &big, i) + 4), part);
    done += part;
  }
  return HX_OK;
}
