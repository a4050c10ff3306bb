/* See scan.h. hivex's own lists are not used here: it allocates two for each key.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "scan.h"

#include "cells/image.h"
#include "records/data.h"
#include "records/list.h"

#define VALUE_ENTRIES 4         /* of a value list, which has no tag */
#define MAX_NESTING 32          /* ri lists in ri lists; Windows writes none */
/* What a hive can hold is less than its size; names grow to twice theirs, records have fields. More comes only of data
 * that many values share, which could be given out without end. */
#define MAX_GROWTH 8

int
hx_scan_open (hx_scan *scan, hx_hive *hx, size_t nk)
{
  memset (scan, 0, sizeof *scan);
  scan->hx = hx;
  scan->edition = hx->edition;
  scan->top = nk;
  scan->budget = hx->h->size > SIZE_MAX / MAX_GROWTH ? SIZE_MAX : hx->h->size * MAX_GROWTH;
  scan->seen = calloc (1 + hx->h->size / 32, 1);
  if (!scan->seen)
    HX_FAIL (HX_NO_MEMORY, 0, "there is no memory to walk the tree");
  return HX_OK;
}

void
hx_scan_close (hx_scan *scan)
{
  free (scan->seen);
  free (scan->lists);
  free (scan->gathered);
  scan->seen = scan->gathered = NULL;
  scan->lists = NULL;
}

/* ---- What keeps a scan from going on for ever ---- */

static int
see (hx_scan *scan, size_t at)
{
  if (BITMAP_TST (scan->seen, at))
    HX_FAIL (HX_BAD_CELL, HX_CELL (at), "a key or a list is used twice in the tree");
  BITMAP_SET (scan->seen, at);
  return HX_OK;
}

/* At least a byte for what has no name and no data. */
static int
spend (hx_scan *scan, size_t at, size_t bytes)
{
  if (bytes >= scan->budget)
    HX_FAIL (HX_BAD_CELL, HX_CELL (at), "the tree holds more than the hive has room for");
  scan->budget -= bytes + 1;
  return HX_OK;
}

/* ---- Subkey lists ---- */

static int
push_list (hx_scan *scan, const hx_scan_list *list)
{
  if (scan->list_count == scan->list_room) {
    size_t room = 2 * scan->list_room + 64;
    hx_scan_list *grown = realloc (scan->lists, room * sizeof *grown);
    if (!grown)
      HX_FAIL (HX_NO_MEMORY, 0, "there is no memory to walk the tree");
    scan->lists = grown;
    scan->list_room = room;
  }
  scan->lists[scan->list_count++] = *list;
  return HX_OK;
}

/* Begins the list in that cell; `from` is the key or list that points to it. */
static int
open_list (hx_scan *scan, size_t from, uint32_t cell, uint32_t nesting)
{
  hx_hive *hx = scan->hx;
  size_t at = hx_find_cell (hx, cell, HX_LIST_ENTRIES - 4);
  if (!at)
    HX_FAIL (HX_BAD_CELL, HX_CELL (from), "a subkey list is not in an allocated cell");
  hx_scan_list list = {
    .entry = at + HX_LIST_ENTRIES, .left = hx_get16 (hx, at + HX_LIST_COUNT), .nesting = (uint8_t) nesting,
  };
  switch (hx_get16 (hx, at + 4)) {
  case HX_TAG ('l', 'f'):
  case HX_TAG ('l', 'h'):
    list.entry_size = 8;
    break;
  case HX_TAG ('r', 'i'):
    list.is_ri = 1;
    /* fall through */
  case HX_TAG ('l', 'i'):
    list.entry_size = 4;
    break;
  default:
    HX_FAIL (HX_BAD_CELL, HX_CELL (at), "a subkey list is no lf, lh, li or ri");
  }
  if (hx_payload (hx, at) < HX_LIST_ENTRIES - 4 + (size_t) list.left * list.entry_size)
    HX_FAIL (HX_BAD_CELL, HX_CELL (at), "a subkey list runs past its cell");
  if (nesting > MAX_NESTING)
    HX_FAIL (HX_BAD_CELL, HX_CELL (at), "ri lists are nested too deep");
  HX_TRY (see (scan, at));
  return push_list (scan, &list);
}

/* The next subkey of the key on top: 1; 0: there is none left. */
static int
next_subkey (hx_scan *scan, uint32_t *cell)
{
  hx_scan_key *key = &scan->keys[scan->key_count - 1];
  for (;;) {
    hx_scan_list *list = &scan->lists[scan->list_count - 1];
    if (list->left == 0) {
      scan->list_count--;
      if (list->nesting > 0)
        continue;
      if (key->subkeys_left != 0)
        HX_FAIL (HX_BAD_CELL, HX_CELL (key->nk), "a key states more subkeys than its list has");
      return 0;
    }
    *cell = hx_get32 (scan->hx, list->entry);
    list->entry += list->entry_size;
    list->left--;
    if (list->is_ri) {
      HX_TRY (open_list (scan, key->nk, *cell, list->nesting + 1u));
      continue;
    }
    if (key->subkeys_left == 0)
      HX_FAIL (HX_BAD_CELL, HX_CELL (key->nk), "a key states fewer subkeys than its list has");
    key->subkeys_left--;
    return 1;
  }
}

/* ---- Keys ---- */

static int
find_class (hx_scan *scan, size_t nk)
{
  hx_hive *hx = scan->hx;
  uint32_t bytes = hx_get16 (hx, HX_NK (nk, classname_len)), cell = hx_get32 (hx, HX_NK (nk, classname));
  scan->class_at = NULL;
  scan->class_bytes = 0;
  if (bytes == 0 || cell == HX_NIL)
    return HX_OK;
  size_t at = hx_find_cell (hx, cell, bytes);
  if (!at)
    HX_FAIL (HX_BAD_CELL, HX_CELL (nk), "the class name of a key is not a cell that holds it");
  scan->class_at = hx_at (hx, at + 4);
  scan->class_bytes = bytes;
  return HX_OK;
}

/* Puts the key on top, with its lists open. */
static int
push_key (hx_scan *scan, size_t nk)
{
  hx_hive *hx = scan->hx;
  hx_scan_key *key = &scan->keys[scan->key_count];
  *key = (hx_scan_key) { .nk = nk, .values_left = scan->value_count, .subkeys_left = scan->subkey_count };
  if (key->values_left != 0) {
    if (key->values_left > hx->h->size / 4)
      HX_FAIL (HX_BAD_CELL, HX_CELL (nk), "a key states more values than the hive has room for");
    size_t list = hx_find_cell (hx, hx_get32 (hx, HX_NK (nk, vallist)), 4 * (size_t) key->values_left);
    if (!list)
      HX_FAIL (HX_BAD_CELL, HX_CELL (nk), "the value list of a key is not a cell that holds its values");
    HX_TRY (see (scan, list));
    key->values = list + VALUE_ENTRIES;
  }
  scan->key_count++;
  if (key->subkeys_left == 0)
    return HX_OK;
  if (scan->depth > HX_MAX_DEPTH)
    HX_FAIL (HX_BAD_CELL, HX_CELL (nk), "the tree is deeper than 512 keys");
  return open_list (scan, nk, hx_get32 (hx, HX_NK (nk, subkey_lf)), 0);
}

static int
give_key (hx_scan *scan, size_t nk, uint32_t parent)
{
  hx_hive *hx = scan->hx;
  HX_TRY (see (scan, nk));
  scan->nk = nk;
  scan->depth = scan->key_count;
  scan->parent = parent;
  scan->name = hx_node_name (hx, nk);
  scan->value_count = hx_count_values (hx, nk);
  scan->subkey_count = hx_get32 (hx, HX_NK (nk, nr_subkeys));
  HX_TRY (find_class (scan, nk));
  HX_TRY (spend (scan, nk, scan->name.bytes + scan->class_bytes));
  HX_TRY (push_key (scan, nk));
  return HX_SCAN_KEY;
}

static int
leave_key (hx_scan *scan)
{
  scan->key_count--;
  scan->nk = scan->keys[scan->key_count].nk;
  scan->depth = scan->key_count;
  return HX_SCAN_LEAVE;
}

/* ---- Values ---- */

/* Damaged data mark the value and leave the others readable. */
static int
find_data (hx_scan *scan)
{
  hx_hive *hx = scan->hx;
  uint32_t bytes;
  scan->is_readable = hx_find_data (hx, scan->vk, &bytes, &scan->data) >= 0;
  if (!scan->is_readable)
    return HX_OK;
  HX_TRY (spend (scan, scan->vk, bytes));
  if (scan->data)
    return HX_OK;
  if (bytes > scan->gathered_room) {
    free (scan->gathered);
    scan->gathered_room = 0;
    scan->gathered = malloc (bytes);
    if (!scan->gathered)
      HX_FAIL (HX_NO_MEMORY, 0, "there is no memory for the data of a value");
    scan->gathered_room = bytes;
  }
  scan->data = scan->gathered;
  return hx_copy_data (hx, scan->vk, scan->gathered);
}

static int
give_value (hx_scan *scan, hx_scan_key *key)
{
  hx_hive *hx = scan->hx;
  size_t vk = hx_find_value_cell (hx, hx_get32 (hx, key->values));
  if (!vk)
    HX_FAIL (HX_BAD_CELL, HX_CELL (key->nk), "the value list of a key points to something that is not a whole value");
  key->values += 4;
  key->values_left--;
  scan->nk = key->nk;
  scan->depth = scan->key_count - 1;
  scan->vk = vk;
  scan->name = hx_value_name (hx, vk);
  scan->type = hx_get32 (hx, HX_VK (vk, data_type));
  scan->flags = hx_get16 (hx, HX_VK (vk, flags));
  scan->data_bytes = hx_get32 (hx, HX_VK (vk, data_len)) & ~HX_RESIDENT;
  scan->data = NULL;
  HX_TRY (spend (scan, vk, scan->name.bytes));
  HX_TRY (find_data (scan));
  return HX_SCAN_VALUE;
}

int
hx_scan_next (hx_scan *scan)
{
  hx_hive *hx = scan->hx;
  if (scan->edition != hx->edition)
    HX_FAIL (HX_INVARIANT, 0, "the hive was edited while its tree was read");
  if (scan->top) {
    size_t top = scan->top;
    scan->top = 0;
    return give_key (scan, top, hx_get32 (hx, HX_NK (top, parent)));
  }
  if (scan->key_count == 0)
    return HX_SCAN_END;
  hx_scan_key *key = &scan->keys[scan->key_count - 1];
  if (key->values_left != 0)
    return give_value (scan, key);
  uint32_t cell;
  /* A key without subkeys has no list open. */
  int is_left = hx_get32 (hx, HX_NK (key->nk, nr_subkeys)) != 0 ? next_subkey (scan, &cell) : 0;
  if (is_left < 0)
    return is_left;
  if (!is_left)
    return leave_key (scan);
  size_t nk = hx_find_node (hx, cell);
  if (!nk)
    HX_FAIL (HX_BAD_CELL, HX_CELL (key->nk), "a subkey list points to something that is not a whole key");
  return give_key (scan, nk, HX_CELL (key->nk));
}
