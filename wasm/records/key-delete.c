/* Deleting a key with everything below it.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "cells/edit.h"
#include "cells/image.h"
#include "cells/pages.h"
#include "cells/space.h"
#include "key.h"
#include "list-edit.h"
#include "list.h"
#include "security.h"
#include "values.h"

/* The keys of a tree, each once, parents before children. */
typedef struct {
  size_t *keys, count, room;
  uint8_t *seen;
} tree;

static int
add_to_tree (tree *t, size_t nk)
{
  if (BITMAP_TST (t->seen, nk))
    HX_FAIL (HX_BAD_CELL, HX_CELL (nk), "a key is used twice in the tree");
  BITMAP_SET (t->seen, nk);
  if (t->count == t->room) {
    size_t room = t->room * 2 + 16;
    size_t *keys = realloc (t->keys, room * sizeof *keys);
    if (!keys)
      HX_FAIL (HX_NO_MEMORY, 0, "there is no memory to list a tree");
    t->keys = keys;
    t->room = room;
  }
  t->keys[t->count++] = nk;
  return HX_OK;
}

/* A predefined handle and a key marked no-delete keep the whole tree; a link in it goes, its target does not. */
static int
list_tree (hx_hive *hx, tree *t, size_t top)
{
  HX_TRY (add_to_tree (t, top));
  for (size_t i = 0; i < t->count; i++) {
    size_t nk = t->keys[i], *subkeys, count;
    uint16_t flags = hx_get16 (hx, HX_NK (nk, flags));
    if (flags & (HX_KEY_ROOT | HX_KEY_NO_DELETE))
      HX_FAIL (HX_PROTECTED, HX_CELL (nk), "the key is marked as not to be deleted");
    if (flags & HX_KEY_PREDEFINED)
      HX_FAIL (HX_PROTECTED, HX_CELL (nk), "the key is a predefined handle, which stands for another key");
    HX_TRY (hx_take_subkeys (hx, nk, t->seen, &subkeys, &count));
    int status = HX_OK;
    for (size_t j = 0; j < count && status == HX_OK; j++)
      status = add_to_tree (t, subkeys[j]);
    free (subkeys);
    HX_TRY (status);
  }
  return HX_OK;
}

static int
free_tree (hx_hive *hx, const tree *t)
{
  for (size_t i = t->count; i-- > 0;) {
    size_t nk = t->keys[i];
    HX_TRY (hx_free_values (hx, nk));
    HX_TRY (hx_free_class (hx, nk));
    HX_TRY (hx_free_lists (hx, nk));
    HX_TRY (hx_drop_security (hx, hx_get32 (hx, HX_NK (nk, sk))));
    hx_free_cell_at (hx, nk);
    if (hx->failed)
      return hx->failed;
  }
  return HX_OK;
}

static int
delete_key (hx_hive *hx, uint32_t node, tree *t, uint32_t low, uint32_t high)
{
  size_t nk = hx_find_node (hx, node);
  if (!nk)
    HX_FAIL (HX_NO_KEY, node, "there is no key at that cell");
  if (nk == hx->h->rootoffs)
    HX_FAIL (HX_PROTECTED, node, "the root key cannot be deleted");
  size_t parent = hx_find_parent (hx, nk);
  if (!parent)
    HX_FAIL (HX_BAD_CELL, node, "the parent that a key states is not a key");
  HX_TRY (list_tree (hx, t, nk));
  HX_TRY (hx_remove_subkey (hx, parent, nk));
  HX_TRY (free_tree (hx, t));
  if (hx_get32 (hx, HX_NK (parent, nr_subkeys)) == 0) {
    hx_put16 (hx, HX_NK (parent, max_subkey_name_len), 0);
    hx_put32 (hx, HX_NK_MAX_CLASS (parent), 0);
  }
  hx_put_time (hx, parent, low, high);
  return hx->failed;
}

HX_EXPORT int
hx_delete_key (hx_hive *hx, uint32_t node, uint32_t low, uint32_t high)
{
  HX_TRY (hx_begin_edit (hx));
  tree t = { .seen = calloc (1 + hx->h->size / 32, 1) };
  int status = t.seen ? delete_key (hx, node, &t, low, high)
    : hx_fail (HX_NO_MEMORY, 0, "there is no memory to list a tree");
  free (t.keys);
  free (t.seen);
  return hx_end_edit (hx, status);
}
