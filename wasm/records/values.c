/* The values of a key: finding, setting and deleting one; its neighbours are not touched.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "values.h"

#include "cells/edit.h"
#include "cells/image.h"
#include "cells/pages.h"
#include "cells/space.h"
#include "data-edit.h"
#include "data.h"
#include "names/text.h"
#include "names/value-index.h"

#define LIST_ENTRIES 4

int
hx_check_values (hx_hive *hx, size_t nk, size_t *list)
{
  uint32_t count = hx_count_values (hx, nk);
  *list = 0;
  if (count == 0)
    return HX_OK;
  if (count > hx->h->size / 4)
    HX_FAIL (HX_BAD_CELL, HX_CELL (nk), "a key states more values than the hive has room for");
  *list = hx_find_cell (hx, hx_get32 (hx, HX_NK (nk, vallist)), 4 * (size_t) count);
  if (!*list)
    HX_FAIL (HX_BAD_CELL, HX_CELL (nk), "the value list of a key is not a cell that holds its values");
  for (uint32_t i = 0; i < count; i++)
    if (!hx_find_value_cell (hx, hx_get32 (hx, *list + LIST_ENTRIES + 4 * i)))
      HX_FAIL (HX_BAD_CELL, HX_CELL (nk), "the value list of a key points to something that is not a whole value");
  return HX_OK;
}

/* The value of that name in the checked list; 0: there is none. */
static size_t
find_named (const hx_hive *hx, size_t nk, size_t list, const hx_name *name)
{
  uint32_t count = list ? hx_count_values (hx, nk) : 0;
  for (uint32_t i = 0; i < count; i++) {
    size_t vk = hx_find_value_cell (hx, hx_get32 (hx, list + LIST_ENTRIES + 4 * i));
    hx_stored_name stored = hx_value_name (hx, vk);
    if (hx_stored_units (&stored) == name->count && hx_compare_stored (&stored, name) == 0)
      return vk;
  }
  return 0;
}

/* The value list (0: none), and the value of that name (0: none). All values are checked, unless they were and are
 * indexed since. */
static int
find_value (hx_hive *hx, size_t nk, const hx_name *name, size_t *list, size_t *vk)
{
  if (hx_is_value_indexed (hx, nk)) {
    *list = hx_find_cell (hx, hx_get32 (hx, HX_NK (nk, vallist)), 4 * (size_t) hx_count_values (hx, nk));
    *vk = hx_find_indexed_value (hx, name);
    if (*list)
      return HX_OK;
  }
  HX_TRY (hx_check_values (hx, nk, list));
  *vk = find_named (hx, nk, *list, name);
  hx_index_values (hx, nk, *list);
  return HX_OK;
}

/* 0: there is none. */
HX_EXPORT int
hx_find_value (hx_hive *hx, uint32_t node, const uint16_t *units, uint32_t count)
{
  size_t nk = hx_find_node (hx, node), list, vk;
  hx_name name = { units, count };
  if (!nk)
    HX_FAIL (HX_NO_KEY, node, "there is no key at that cell");
  HX_TRY (find_value (hx, nk, &name, &list, &vk));
  return vk ? (int) HX_CELL (vk) : 0;
}

/* Keys whose values are not theirs: a link stands for its target, a predefined handle for another root. */
static int
check_editable (const hx_hive *hx, size_t nk)
{
  uint16_t flags = hx_get16 (hx, HX_NK (nk, flags));
  if (flags & HX_KEY_LINK)
    HX_FAIL (HX_PROTECTED, HX_CELL (nk), "the key is a symbolic link, and Windows would change its target");
  if (flags & HX_KEY_PREDEFINED)
    HX_FAIL (HX_PROTECTED, HX_CELL (nk), "the key is a predefined handle, which has no values of its own");
  return HX_OK;
}

/* ---- Setting ---- */

static void
raise_max (hx_hive *hx, size_t at, uint32_t value)
{
  if (hx_get32 (hx, at) < value)
    hx_put32 (hx, at, value);
}

/* A new value at the end of the list, without data yet. */
static size_t
append_value (hx_hive *hx, size_t nk, size_t list, const hx_name *name)
{
  uint32_t count = hx_count_values (hx, nk), bytes = hx_name_bytes (name), list_bytes = 4 * (count + 1);
  size_t near = nk;
  if (list && hx_payload (hx, list) < list_bytes)
    near = hx_choose_place (hx, HX_VK_NAME_AT - 4 + bytes, list_bytes + list_bytes / 8, nk);
  size_t vk = hx_new_cell (hx, HX_VK_NAME_AT - 4 + bytes, near);
  if (!vk)
    return 0;
  hx_put (hx, vk + 4, "vk", 2);
  hx_put16 (hx, HX_VK (vk, name_len), bytes);
  hx_put32 (hx, HX_VK (vk, data_len), HX_RESIDENT);
  hx_put16 (hx, HX_VK (vk, flags), bytes != 0 && hx_is_latin1 (name) ? HX_VALUE_LATIN1 : 0);
  hx_put_name (hx, vk + HX_VK_NAME_AT, name);
  size_t longer = list ? hx_grow_cell (hx, list, list_bytes, vk) : hx_new_cell (hx, 4, vk);
  if (!longer)
    return 0;
  hx_put32 (hx, longer + LIST_ENTRIES + 4 * count, HX_CELL (vk));
  hx_put32 (hx, HX_NK (nk, vallist), HX_CELL (longer));
  hx_put32 (hx, HX_NK (nk, nr_values), count + 1);
  raise_max (hx, HX_NK (nk, max_vk_name_len), 2 * name->count);
  return hx->failed ? 0 : vk;
}

static int
holds (hx_hive *hx, size_t vk, uint32_t type, const uint8_t *data, uint32_t size, int *is_same)
{
  uint32_t old_size;
  *is_same = 0;
  HX_TRY (hx_measure_data (hx, vk, &old_size));
  if (old_size != size || hx_get32 (hx, HX_VK (vk, data_type)) != type)
    return HX_OK;
  uint8_t *old = malloc (size ? size : 1);
  if (!old)
    HX_FAIL (HX_NO_MEMORY, 0, "there is no memory to compare a value");
  int status = hx_copy_data (hx, vk, old);
  *is_same = status == HX_OK && memcmp (old, data, size) == 0;
  free (old);
  return status;
}

static int
set_value (hx_hive *hx, uint32_t node, const hx_name *name, uint32_t type, const uint8_t *data, uint32_t size,
           uint32_t low, uint32_t high)
{
  size_t nk = hx_find_node (hx, node), list, vk;
  if (!nk)
    HX_FAIL (HX_NO_KEY, node, "there is no key at that cell");
  HX_TRY (check_editable (hx, nk));
  HX_TRY (find_value (hx, nk, name, &list, &vk));
  if (vk) {
    int is_same;
    HX_TRY (holds (hx, vk, type, data, size, &is_same));
    if (is_same)
      return (int) HX_CELL (vk);
  } else {
    if (name->count > HX_MAX_VALUE_UNITS)
      HX_FAIL (HX_BAD_VALUE, 0, "the name of a value is longer than 16,383 units");
    if (hx_has_unit (name, 0))
      HX_FAIL (HX_BAD_VALUE, 0, "the name of a value contains a NUL, which no program on Windows could name");
    vk = append_value (hx, nk, list, name);
    if (!vk)
      return hx->failed;
    if (hx_is_value_indexed (hx, nk))
      hx_index_value (hx, vk);
  }
  HX_TRY (hx_store_data (hx, vk, data, size));
  hx_put32 (hx, HX_VK (vk, data_type), type);
  raise_max (hx, HX_NK (nk, max_vk_data_len), size);
  hx_put_time (hx, nk, low, high);
  return (int) HX_CELL (vk);
}

HX_EXPORT int
hx_set_value (hx_hive *hx, uint32_t node, const uint16_t *units, uint32_t count, uint32_t type, const uint8_t *data,
              uint32_t size, uint32_t low, uint32_t high)
{
  hx_name name = { units, count };
  HX_TRY (hx_begin_edit (hx));
  return hx_end_edit (hx, set_value (hx, node, &name, type, data, size, low, high));
}

/* ---- Deleting ---- */

static int
delete_value (hx_hive *hx, uint32_t node, const hx_name *name, uint32_t low, uint32_t high)
{
  size_t nk = hx_find_node (hx, node), list, vk;
  if (!nk)
    HX_FAIL (HX_NO_KEY, node, "there is no key at that cell");
  HX_TRY (check_editable (hx, nk));
  HX_TRY (find_value (hx, nk, name, &list, &vk));
  if (!vk)
    HX_FAIL (HX_NO_VALUE, node, "the key has no value of that name");
  HX_TRY (hx_free_data (hx, vk));
  int is_indexed = hx_is_value_indexed (hx, nk) && hx_unindex_value (hx, vk);
  hx_free_cell_at (hx, vk);
  uint32_t count = hx_count_values (hx, nk), index = 0;
  while (index + 1 < count && hx_get32 (hx, list + LIST_ENTRIES + 4 * index) != HX_CELL (vk))
    index++;
  hx_put32 (hx, HX_NK (nk, nr_values), count - 1);
  if (count == 1) {
    hx_free_cell_at (hx, list);
    hx_put32 (hx, HX_NK (nk, vallist), HX_NIL);
    hx_put32 (hx, HX_NK (nk, max_vk_name_len), 0);
    hx_put32 (hx, HX_NK (nk, max_vk_data_len), 0);
  } else {
    size_t entry = list + LIST_ENTRIES + 4 * index;
    hx_move (hx, entry, entry + 4, 4 * (count - 1 - index));
    hx_shrink_cell (hx, list, 4 * (count - 1));
    if (is_indexed && !hx->failed)
      hx_keep_value_index (hx, nk);
  }
  hx_put_time (hx, nk, low, high);
  return hx->failed;
}

HX_EXPORT int
hx_delete_value (hx_hive *hx, uint32_t node, const uint16_t *units, uint32_t count, uint32_t low, uint32_t high)
{
  hx_name name = { units, count };
  HX_TRY (hx_begin_edit (hx));
  return hx_end_edit (hx, delete_value (hx, node, &name, low, high));
}

/* Frees every value of a key that is being deleted, and their list. */
int
hx_free_values (hx_hive *hx, size_t nk)
{
  size_t list;
  HX_TRY (hx_check_values (hx, nk, &list));
  if (!list)
    return HX_OK;
  for (uint32_t i = 0; i < hx_count_values (hx, nk); i++) {
    size_t vk = hx_find_value_cell (hx, hx_get32 (hx, list + LIST_ENTRIES + 4 * i));
    if (!vk)
      return hx_break_edit (hx, HX_BAD_CELL, HX_CELL (nk), "a value is used twice");
    HX_TRY (hx_free_data (hx, vk));
    hx_free_cell_at (hx, vk);
  }
  hx_free_cell_at (hx, list);
  return hx->failed;
}
