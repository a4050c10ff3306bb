/* See sorted-set.h.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include <config.h>

#include "sorted-set.h"

#define CHUNK_KEYS 512u

struct hx_chunk {
  uint32_t count;
  uint64_t keys[CHUNK_KEYS];
};

/* The last chunk whose first key is not above `key`, or 0. */
static size_t
find_chunk (const hx_sorted_set *set, uint64_t key)
{
  size_t low = 0, high = set->count;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    HX_STEP ();
    if (set->chunks[middle]->keys[0] <= key)
      low = middle;
    else
      high = middle;
  }
  return low;
}

/* Where in the chunk the first key is that is not below `key`. */
static uint32_t
find_key (const hx_chunk *chunk, uint64_t key)
{
  uint32_t low = 0, high = chunk->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    HX_STEP ();
    if (chunk->keys[middle] < key)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* A new chunk at `index` with the last `count` keys of `from` (which may be NULL, with none). */
static int
add_chunk (hx_sorted_set *set, size_t index, hx_chunk *from, uint32_t count)
{
  if (set->count == set->room) {
    size_t room = 2 * set->room + 16;
    hx_chunk **chunks = realloc (set->chunks, room * sizeof *chunks);
    if (!chunks)
      return HX_NO_MEMORY;
    set->chunks = chunks;
    set->room = room;
  }
  hx_chunk *chunk = malloc (sizeof *chunk);
  if (!chunk)
    return HX_NO_MEMORY;
  chunk->count = count;
  if (from) {
    from->count -= count;
    memcpy (chunk->keys, from->keys + from->count, count * sizeof *chunk->keys);
  }
  memmove (set->chunks + index + 1, set->chunks + index, (set->count - index) * sizeof *set->chunks);
  set->chunks[index] = chunk;
  set->count++;
  return HX_OK;
}

int
hx_set_add (hx_sorted_set *set, uint64_t key)
{
  size_t index = find_chunk (set, key);
  if (set->count == 0) {
    HX_TRY (add_chunk (set, 0, NULL, 0));
  } else if (set->chunks[index]->count == CHUNK_KEYS) {
    hx_chunk *full = set->chunks[index];
    /* Keys that come in order leave full chunks behind. */
    int is_last = key > full->keys[CHUNK_KEYS - 1];
    HX_TRY (add_chunk (set, index + 1, full, is_last ? 0 : CHUNK_KEYS / 2));
    if (is_last || key > set->chunks[index + 1]->keys[0])
      index++;
  }
  hx_chunk *chunk = set->chunks[index];
  uint32_t position = find_key (chunk, key);
  memmove (chunk->keys + position + 1, chunk->keys + position, (chunk->count - position) * sizeof *chunk->keys);
  chunk->keys[position] = key;
  chunk->count++;
  return HX_OK;
}

void
hx_set_remove (hx_sorted_set *set, uint64_t key)
{
  size_t index = find_chunk (set, key);
  hx_chunk *chunk = set->chunks[index];
  uint32_t position = find_key (chunk, key);
  chunk->count--;
  memmove (chunk->keys + position, chunk->keys + position + 1, (chunk->count - position) * sizeof *chunk->keys);
  if (chunk->count != 0)
    return;
  free (chunk);
  set->count--;
  memmove (set->chunks + index, set->chunks + index + 1, (set->count - index) * sizeof *set->chunks);
}

uint64_t
hx_set_find (const hx_sorted_set *set, uint64_t key)
{
  if (set->count == 0)
    return HX_NO_ENTRY;
  size_t index = find_chunk (set, key);
  uint32_t position = find_key (set->chunks[index], key);
  if (position < set->chunks[index]->count)
    return set->chunks[index]->keys[position];
  return index + 1 < set->count ? set->chunks[index + 1]->keys[0] : HX_NO_ENTRY;
}

uint64_t
hx_set_find_below (const hx_sorted_set *set, uint64_t key)
{
  if (set->count == 0)
    return HX_NO_ENTRY;
  size_t index = find_chunk (set, key);
  uint32_t position = find_key (set->chunks[index], key);
  if (position > 0)
    return set->chunks[index]->keys[position - 1];
  return index > 0 ? set->chunks[index - 1]->keys[set->chunks[index - 1]->count - 1] : HX_NO_ENTRY;
}

void
hx_set_drop (hx_sorted_set *set)
{
  for (size_t i = 0; i < set->count; i++)
    free (set->chunks[i]);
  free (set->chunks);
  memset (set, 0, sizeof *set);
}
