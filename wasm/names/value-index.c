/* See value-index.h. Open addressing; what is found is checked and compared, so a slot need not be trusted.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "value-index.h"

#include "cells/image.h"
#include "names/text.h"

#define WORTH_IT 32u
#define GONE 1u                 /* no cell begins there */

static uint32_t
slot_of (uint32_t hash, uint32_t room)
{
  return (hash ^ hash >> 15) * 2654435761u & (room - 1);
}

static uint32_t
hash_name (const hx_name *name)
{
  uint32_t hash = 0;
  for (uint32_t i = 0; i < name->count; i++)
    hash = 37 * hash + hx_upcase (name->units[i]);
  return hash;
}

static int
has_name (const hx_hive *hx, size_t vk, const hx_name *name)
{
  if (!hx_find_value_cell (hx, HX_CELL (vk)))
    return 0;
  hx_stored_name stored = hx_value_name (hx, vk);
  return hx_stored_units (&stored) == name->count && hx_compare_stored (&stored, name) == 0;
}

static int
are_same_names (const hx_hive *hx, size_t a, size_t b)
{
  hx_stored_name a_name = hx_value_name (hx, a), b_name = hx_value_name (hx, b);
  return hx_compare_names (&a_name, &b_name) == 0;
}

/* Puts the value into a free slot; the first of several of one name is the one that is found. */
static void
put_value (hx_hive *hx, size_t vk)
{
  hx_value_index *index = &hx->values;
  hx_stored_name name = hx_value_name (hx, vk);
  uint32_t at = slot_of (hx_hash_stored (&name), index->room);
  for (; index->slots[at] != 0; at = (at + 1) & (index->room - 1))
    if (index->slots[at] != GONE && are_same_names (hx, index->slots[at], vk)) {
      index->has_twins = 1;
      return;
    }
  index->slots[at] = (uint32_t) vk;
  index->used++;
}

void
hx_index_values (hx_hive *hx, size_t nk, size_t list)
{
  hx_value_index *index = &hx->values;
  uint32_t count = list ? hx_count_values (hx, nk) : 0, room = 64;
  if (count < WORTH_IT)
    return;
  while (room < 4 * count)
    room *= 2;
  uint32_t *slots = calloc (room, sizeof *slots);
  if (!slots)
    return;                     /* it is found without, only later */
  free (index->slots);
  *index = (hx_value_index) { .nk = nk, .slots = slots, .room = room };
  for (uint32_t i = 0; i < count; i++)
    put_value (hx, HX_FIRST_BIN + (size_t) hx_get32 (hx, list + 4 + 4 * i));
}

int
hx_is_value_indexed (const hx_hive *hx, size_t nk)
{
  return hx->values.nk == nk;
}

size_t
hx_find_indexed_value (const hx_hive *hx, const hx_name *name)
{
  const hx_value_index *index = &hx->values;
  for (uint32_t at = slot_of (hash_name (name), index->room); index->slots[at] != 0; at = (at + 1) & (index->room - 1))
    if (index->slots[at] != GONE && has_name (hx, index->slots[at], name))
      return index->slots[at];
  return 0;
}

void
hx_index_value (hx_hive *hx, size_t vk)
{
  /* Half of the slots are free, or the index is made anew by who asks next. */
  if (hx->values.used >= hx->values.room / 2)
    hx->values.nk = 0;
  else
    put_value (hx, vk);
}

int
hx_unindex_value (hx_hive *hx, size_t vk)
{
  hx_value_index *index = &hx->values;
  hx_stored_name name = hx_value_name (hx, vk);
  if (index->has_twins)
    return 0;
  for (uint32_t at = slot_of (hx_hash_stored (&name), index->room); index->slots[at] != 0; at = (at + 1) & (index->room - 1))
    if (index->slots[at] == vk) {
      index->slots[at] = GONE;
      return 1;
    }
  return 0;
}

void
hx_keep_value_index (hx_hive *hx, size_t nk)
{
  hx->values.nk = nk;
}
