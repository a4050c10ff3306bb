/* See claims.h.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "claims.h"

#include "cells/image.h"
#include "records/data.h"

#define LIST_COUNT 6            /* of a subkey list, from the cell's start */
#define LIST_ENTRIES 8
#define VALUE_ENTRIES 4
/* Keys from here on have no subkeys for that reader; the root is 0. */
#define MAX_LISTED_DEPTH 511
/* Data of more bytes belong to one value. */
#define MAX_SHARED 65536u
#define MAX_SHARED_NAME 1024u

/* Takes the cell; 0: something else has it. */
static int
claim (uint8_t *bits, size_t at)
{
  uint8_t bit = (uint8_t) (1u << (at >> 3 & 7));
  int is_free = !(bits[at >> 6] & bit);
  bits[at >> 6] |= bit;
  return is_free;
}

/* That reader takes no cell whose size or place is not a multiple of 8; hivex does. */
static int
are_cells_even (const hx_hive *hx)
{
  for (size_t bin = HX_FIRST_BIN; bin < hx->h->size; bin += hx_get32 (hx, bin + 8)) {
    size_t end = bin + hx_get32 (hx, bin + 8), at = bin + HX_BIN_HEADER;
    while (at < end) {
      size_t size = hx_payload (hx, at) + 4;
      if (size < 8 || size % 8 != 0 || size > end - at)
        return 0;
      at += size;
    }
  }
  return 1;
}

int
hx_claim_open (hx_export *e)
{
  if (!are_cells_even (e->hx))
    HX_FAIL (HX_BAD_CELL, 0, "the size of a cell is no multiple of 8");
  size_t bytes = 1 + e->hx->h->size / 64;
  e->claimed = calloc (bytes, 1);
  if (!e->claimed)
    HX_FAIL (HX_NO_MEMORY, 0, "there is no memory to export a hive");
  claim (e->claimed, e->hx->h->rootoffs);
  return HX_OK;
}

void
hx_claim_close (hx_export *e)
{
  free (e->claimed);
  e->claimed = NULL;
}

/* The subkeys of one lf, lh or li list; 0: not sound. */
static int
claim_leaf (hx_export *e, uint32_t cell, uint32_t *count)
{
  hx_hive *hx = e->hx;
  size_t list = hx_find_cell (hx, cell, LIST_ENTRIES - 4);
  if (!list || !claim (e->claimed, list))
    return 0;
  uint32_t tag = hx_get16 (hx, list + 4), entries = hx_get16 (hx, list + LIST_COUNT);
  uint32_t entry_size = tag == HX_TAG ('l', 'i') ? 4 : 8;
  if (tag != HX_TAG ('l', 'i') && tag != HX_TAG ('l', 'f') && tag != HX_TAG ('l', 'h'))
    return 0;
  if (hx_payload (hx, list) < LIST_ENTRIES - 4 + (size_t) entries * entry_size)
    return 0;
  for (uint32_t i = 0; i < entries; i++) {
    uint32_t node = hx_get32 (hx, list + LIST_ENTRIES + i * entry_size);
    if (node >= hx->h->size - HX_FIRST_BIN || !claim (e->claimed, HX_FIRST_BIN + (size_t) node))
      return 0;
    /* The line of a key says how many subkeys it has. */
    if (e->format == HX_JSONL && !hx_find_node (hx, node))
      return 0;
  }
  *count += entries;
  return 1;
}

static int
claim_subkeys (hx_export *e, size_t nk)
{
  hx_hive *hx = e->hx;
  uint32_t stated = hx_get32 (hx, HX_NK (nk, nr_subkeys)), count = 0;
  if (stated == 0)
    return 1;
  uint32_t cell = hx_get32 (hx, HX_NK (nk, subkey_lf));
  size_t list = hx_find_tagged (hx, cell, HX_TAG ('r', 'i'), LIST_ENTRIES - 4);
  if (!list)
    return claim_leaf (e, cell, &count) && count == stated;
  uint32_t leaves = hx_get16 (hx, list + LIST_COUNT);
  if (!claim (e->claimed, list) || hx_payload (hx, list) < LIST_ENTRIES - 4 + 4 * (size_t) leaves)
    return 0;
  for (uint32_t i = 0; i < leaves; i++)
    if (!claim_leaf (e, hx_get32 (hx, list + LIST_ENTRIES + 4 * i), &count))
      return 0;
  return count == stated;
}

/* A value that is listed twice is left out by that reader, in one list. */
static int
claim_values (hx_export *e)
{
  hx_hive *hx = e->hx;
  uint32_t count = e->scan.value_count;
  if (count == 0)
    return 1;
  size_t list = hx_find_cell (hx, hx_get32 (hx, HX_NK (e->scan.nk, vallist)), 0);
  if (!list || hx_payload (hx, list) / 4 < count || !claim (e->claimed, list))
    return 0;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t value = hx_get32 (hx, list + VALUE_ENTRIES + 4 * i);
    if (value >= hx->h->size - HX_FIRST_BIN || !claim (e->claimed, HX_FIRST_BIN + (size_t) value))
      return 0;
    /* The line of a key says how many values it has. */
    if (e->format == HX_JSONL && !hx_find_value_cell (hx, value))
      return 0;
  }
  return 1;
}

/* A long class name is one key's. */
static int
claim_class (hx_export *e)
{
  const hx_scan *scan = &e->scan;
  if (scan->class_bytes <= MAX_SHARED_NAME)
    return 1;
  return claim (e->claimed, hx_find_cell (e->hx, hx_get32 (e->hx, HX_NK (scan->nk, classname)), 0));
}

int
hx_claim_key (hx_export *e)
{
  const hx_scan *scan = &e->scan;
  if (scan->subkey_count != 0 && scan->depth >= MAX_LISTED_DEPTH)
    return 0;
  return claim_class (e) && claim_values (e) && claim_subkeys (e, scan->nk);
}

/* A segment that two values name, or one value twice, is read by that reader for one value, once. */
static int
claim_segments (hx_export *e)
{
  hx_hive *hx = e->hx;
  hx_place where;
  uint32_t size;
  size_t cell;
  hx_big_data big;
  if (hx_locate_data (hx, e->scan.vk, &where, &size, &cell, &big) < 0)
    return 0;
  if (where != HX_IN_SEGMENTS)
    return 1;
  for (uint32_t i = 0; i < big.count; i++)
    if (!claim (e->claimed, hx_segment_at (hx, &big, i)))
      return 0;
  return 1;
}

int
hx_claim_value (hx_export *e)
{
  hx_hive *hx = e->hx;
  const hx_scan *scan = &e->scan;
  if (!scan->is_readable || scan->data_bytes > HX_EXPORT_DATA)
    return 0;
  if (scan->data_bytes <= HX_SEGMENT)
    return 1;
  if (!claim_segments (e))
    return 0;
  if (scan->data_bytes <= MAX_SHARED)
    return 1;
  size_t cell = hx_find_cell (hx, hx_get32 (hx, HX_VK (scan->vk, data_offset)), 0);
  return cell != 0 && claim (e->claimed, cell);
}
