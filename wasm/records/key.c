/* See key.h.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "key.h"

#include "cells/edit.h"
#include "cells/image.h"
#include "cells/pages.h"
#include "cells/space.h"
#include "list-edit.h"
#include "list.h"
#include "names/text.h"
#include "security.h"

int
hx_check_key_name (const hx_name *name)
{
  if (name->count == 0 || name->count > HX_MAX_KEY_UNITS)
    HX_FAIL (HX_BAD_VALUE, 0, "the name of a key must have 1 to 255 units");
  if (hx_has_unit (name, '\\') || hx_has_unit (name, 0))
    HX_FAIL (HX_BAD_VALUE, 0, "the name of a key must not contain a backslash or a NUL");
  return HX_OK;
}

/* Links and predefined handles stand for other keys, so Windows would change those. */
static int
check_own (const hx_hive *hx, size_t nk)
{
  uint16_t flags = hx_get16 (hx, HX_NK (nk, flags));
  if (flags & HX_KEY_LINK)
    HX_FAIL (HX_PROTECTED, HX_CELL (nk), "the key is a symbolic link, and Windows would change its target");
  if (flags & HX_KEY_PREDEFINED)
    HX_FAIL (HX_PROTECTED, HX_CELL (nk), "the key is a predefined handle, which stands for another key");
  return HX_OK;
}

size_t
hx_find_parent (const hx_hive *hx, size_t nk)
{
  return nk == hx->h->rootoffs ? 0 : hx_find_node (hx, hx_get32 (hx, HX_NK (nk, parent)));
}

/* The user flags beside the length (bits 54 and up) stay. */
static void
raise_max_name (hx_hive *hx, size_t nk, uint32_t units)
{
  if (hx_get16 (hx, HX_NK (nk, max_subkey_name_len)) < 2 * units)
    hx_put16 (hx, HX_NK (nk, max_subkey_name_len), 2 * units);
}

static uint32_t
depth_of (const hx_hive *hx, size_t nk)
{
  uint32_t depth = 0;
  while (nk && nk != hx->h->rootoffs && depth <= HX_MAX_DEPTH) {
    nk = hx_find_parent (hx, nk);
    depth++;
  }
  return depth;
}

/* ---- Creating ---- */

static size_t
new_key (hx_hive *hx, const hx_name *name, uint32_t parent, uint32_t flags, size_t near)
{
  uint32_t bytes = hx_name_bytes (name);
  size_t nk = hx_new_cell (hx, HX_NK_NAME_AT - 4 + bytes, near);
  if (!nk)
    return 0;
  hx_put (hx, nk + 4, "nk", 2);
  hx_put16 (hx, HX_NK (nk, flags), flags | (hx_is_latin1 (name) ? HX_KEY_LATIN1 : 0));
  hx_put32 (hx, HX_NK (nk, parent), parent);
  hx_put32 (hx, HX_NK (nk, subkey_lf), HX_NIL);
  hx_put32 (hx, HX_NK (nk, subkey_lf_volatile), HX_NIL);
  hx_put32 (hx, HX_NK (nk, vallist), HX_NIL);
  hx_put32 (hx, HX_NK (nk, sk), HX_NIL);
  hx_put32 (hx, HX_NK (nk, classname), HX_NIL);
  hx_put16 (hx, HX_NK (nk, name_len), bytes);
  hx_put_name (hx, nk + HX_NK_NAME_AT, name);
  return hx->failed ? 0 : nk;
}

static int
create_key (hx_hive *hx, uint32_t parent, const hx_name *name, uint32_t low, uint32_t high)
{
  size_t nk = hx_find_node (hx, parent), child;
  if (!nk)
    HX_FAIL (HX_NO_KEY, parent, "there is no key at that cell");
  HX_TRY (hx_look_up (hx, nk, name, &child));
  if (child)
    return (int) HX_CELL (child);
  HX_TRY (hx_check_key_name (name));
  HX_TRY (check_own (hx, nk));
  if (depth_of (hx, nk) + 2 > HX_MAX_DEPTH)
    HX_FAIL (HX_LIMIT, parent, "the tree would be deeper than 512 keys");
  child = new_key (hx, name, parent, 0, nk);
  if (!child)
    return hx->failed;
  uint32_t security = hx_get32 (hx, HX_NK (nk, sk));
  HX_TRY (hx_share_security (hx, security));
  hx_put32 (hx, HX_NK (child, sk), security);
  hx_put_time (hx, child, low, high);
  HX_TRY (hx_insert_subkey (hx, nk, child));
  raise_max_name (hx, nk, name->count);
  hx_put_time (hx, nk, low, high);
  return (int) HX_CELL (child);
}

HX_EXPORT int
hx_create_key (hx_hive *hx, uint32_t parent, const uint16_t *units, uint32_t count, uint32_t low, uint32_t high)
{
  hx_name name = { units, count };
  HX_TRY (hx_begin_edit (hx));
  return hx_end_edit (hx, create_key (hx, parent, &name, low, high));
}

/* ---- Renaming ---- */

/* The nk has moved: its children and its values are its own, but the children say where their parent is. */
static int
point_children (hx_hive *hx, size_t nk)
{
  size_t *subkeys, count;
  HX_TRY (hx_take_subkeys (hx, nk, NULL, &subkeys, &count));
  for (size_t i = 0; i < count; i++)
    hx_put32 (hx, HX_NK (subkeys[i], parent), HX_CELL (nk));
  free (subkeys);
  return hx->failed;
}

static int
rename_key (hx_hive *hx, uint32_t node, const hx_name *name, uint32_t low, uint32_t high)
{
  size_t nk = hx_find_node (hx, node), other;
  if (!nk)
    HX_FAIL (HX_NO_KEY, node, "there is no key at that cell");
  if (nk == hx->h->rootoffs)
    HX_FAIL (HX_PROTECTED, node, "the root key cannot be renamed");
  HX_TRY (hx_check_key_name (name));
  HX_TRY (check_own (hx, nk));
  if (hx_get16 (hx, HX_NK (nk, flags)) & HX_KEY_NO_DELETE)
    HX_FAIL (HX_PROTECTED, node, "the key is marked as not to be deleted");
  size_t parent = hx_find_parent (hx, nk);
  if (!parent)
    HX_FAIL (HX_BAD_CELL, node, "the parent that a key states is not a key");
  HX_TRY (hx_look_up (hx, parent, name, &other));
  if (other && other != nk)
    HX_FAIL (HX_BAD_VALUE, HX_CELL (other), "another key beside it has the new name already");
  HX_TRY (hx_remove_subkey (hx, parent, nk));
  uint32_t bytes = hx_name_bytes (name), flags = hx_get16 (hx, HX_NK (nk, flags)) & ~(uint32_t) HX_KEY_LATIN1;
  size_t moved = hx_resize_cell (hx, nk, HX_NK_NAME_AT - 4 + bytes);
  if (!moved)
    return hx->failed;
  hx_put16 (hx, HX_NK (moved, flags), flags | (hx_is_latin1 (name) ? HX_KEY_LATIN1 : 0));
  hx_put16 (hx, HX_NK (moved, name_len), bytes);
  hx_put_zero (hx, moved + HX_NK_NAME_AT, hx_payload (hx, moved) - (HX_NK_NAME_AT - 4));
  hx_put_name (hx, moved + HX_NK_NAME_AT, name);
  if (moved != nk)
    HX_TRY (point_children (hx, moved));
  HX_TRY (hx_insert_subkey (hx, parent, moved));
  raise_max_name (hx, parent, name->count);
  hx_put_time (hx, moved, low, high);
  hx_put_time (hx, parent, low, high);
  return (int) HX_CELL (moved);
}

HX_EXPORT int
hx_rename_key (hx_hive *hx, uint32_t node, const uint16_t *units, uint32_t count, uint32_t low, uint32_t high)
{
  hx_name name = { units, count };
  HX_TRY (hx_begin_edit (hx));
  return hx_end_edit (hx, rename_key (hx, node, &name, low, high));
}

/* ---- Class name and time ---- */

int
hx_free_class (hx_hive *hx, size_t nk)
{
  uint32_t cell = hx_get32 (hx, HX_NK (nk, classname));
  if (cell == HX_NIL || hx_get16 (hx, HX_NK (nk, classname_len)) == 0)
    return HX_OK;
  size_t at = hx_find_cell (hx, cell, hx_get16 (hx, HX_NK (nk, classname_len)));
  if (!at)
    return hx_break_edit (hx, HX_BAD_CELL, HX_CELL (nk), "the class name of a key is not a cell that holds it");
  hx_free_cell_at (hx, at);
  return hx->failed;
}

static int
set_class (hx_hive *hx, uint32_t node, const uint8_t *bytes, int32_t size, uint32_t low, uint32_t high)
{
  size_t nk = hx_find_node (hx, node);
  if (!nk)
    HX_FAIL (HX_NO_KEY, node, "there is no key at that cell");
  if (size > 0xfffe || (size > 0 && size % 2 != 0))
    HX_FAIL (HX_BAD_VALUE, 0, "a class name must have an even number of bytes, 65,534 at most");
  HX_TRY (check_own (hx, nk));
  HX_TRY (hx_free_class (hx, nk));
  size_t cell = size > 0 ? hx_new_cell (hx, (size_t) size, nk) : 0;
  if (cell)
    hx_put (hx, cell + 4, bytes, (size_t) size);
  hx_put32 (hx, HX_NK (nk, classname), cell ? HX_CELL (cell) : HX_NIL);
  hx_put16 (hx, HX_NK (nk, classname_len), size > 0 ? (uint32_t) size : 0);
  size_t parent = hx_find_parent (hx, nk);
  if (parent && size > 0 && hx_get32 (hx, HX_NK_MAX_CLASS (parent)) < (uint32_t) size)
    hx_put32 (hx, HX_NK_MAX_CLASS (parent), (uint32_t) size);
  hx_put_time (hx, nk, low, high);
  return hx->failed;
}

/* A size below 1 removes the class name. */
HX_EXPORT int
hx_set_class (hx_hive *hx, uint32_t node, const uint8_t *bytes, int32_t size, uint32_t low, uint32_t high)
{
  HX_TRY (hx_begin_edit (hx));
  return hx_end_edit (hx, set_class (hx, node, bytes, size, low, high));
}

static int
set_time (hx_hive *hx, uint32_t node, uint32_t low, uint32_t high)
{
  size_t nk = hx_find_node (hx, node);
  if (!nk)
    HX_FAIL (HX_NO_KEY, node, "there is no key at that cell");
  hx_put_time (hx, nk, low, high);
  return hx->failed;
}

HX_EXPORT int
hx_set_time (hx_hive *hx, uint32_t node, uint32_t low, uint32_t high)
{
  HX_TRY (hx_begin_edit (hx));
  return hx_end_edit (hx, set_time (hx, node, low, high));
}
