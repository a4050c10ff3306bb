/* Subkey lists: inserting and removing. lh from version 1.5 on; below it lf, and li from the 507th entry; lh and li in
 * halves under an ri when they would pass 1,012 entries, as in the hives that Windows writes. A leaf that is there keeps
 * its kind.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "list-edit.h"

#include "cells/pages.h"
#include "cells/space.h"
#include "list.h"
#include "names/text.h"

#define MAX_LEAF 1012u
#define MAX_LF 506u

typedef struct {
  uint32_t node, hint;
} entry;

static uint32_t
max_entries (enum hx_list_kind kind)
{
  return kind == HX_LF ? MAX_LF : MAX_LEAF;
}

static uint32_t
hint_for (const hx_hive *hx, enum hx_list_kind kind, size_t nk)
{
  hx_stored_name name = hx_node_name (hx, nk);
  return kind == HX_LH ? hx_hash_stored (&name) : kind == HX_LF ? hx_hint_stored (&name) : 0;
}

static void
put_entry (hx_hive *hx, size_t leaf, enum hx_list_kind kind, uint32_t index, entry value)
{
  size_t at = leaf + HX_LIST_ENTRIES + index * hx_entry_size (kind);
  hx_put32 (hx, at, value.node);
  if (kind != HX_LI)
    hx_put32 (hx, at + 4, value.hint);
}

/* Points the key (or the ri) at where a list lies now. */
static void
put_leaf (hx_hive *hx, size_t nk, const hx_lists *all, uint32_t index, size_t leaf)
{
  hx_put32 (hx, all->ri ? all->ri + HX_LIST_ENTRIES + 4 * index : HX_NK (nk, subkey_lf), HX_CELL (leaf));
}

/* Opens `count` (or, negative, closes) entries of the ri at `index`. The ri may move. */
static int
resize_ri (hx_hive *hx, size_t nk, hx_lists *all, uint32_t index, int32_t count)
{
  uint32_t old_count = all->leaves, new_count = old_count + (uint32_t) count;
  size_t from = HX_LIST_ENTRIES + 4 * (index + (count < 0 ? (uint32_t) -count : 0));
  size_t to = HX_LIST_ENTRIES + 4 * (index + (count < 0 ? 0 : (uint32_t) count));
  if (new_count > 0xffff)
    return hx_break_edit (hx, HX_LIMIT, HX_CELL (nk), "the key would have more subkeys than a hive can list");
  size_t tail = HX_LIST_ENTRIES + 4 * old_count - from;
  if (count < 0)
    hx_move (hx, all->ri + to, all->ri + from, tail);
  size_t ri = hx_grow_cell (hx, all->ri, 4 + 4 * new_count, all->ri);
  if (!ri)
    return hx->failed;
  if (count > 0)
    hx_move (hx, ri + to, ri + from, tail);
  hx_put16 (hx, ri + HX_LIST_COUNT, new_count);
  hx_shrink_cell (hx, ri, 4 + 4 * new_count);
  if (ri != all->ri)
    hx_put32 (hx, HX_NK (nk, subkey_lf), HX_CELL (ri));
  all->ri = ri;
  all->leaves = new_count;
  return HX_OK;
}

static size_t
new_leaf (hx_hive *hx, enum hx_list_kind kind, const entry *entries, uint32_t count, size_t near)
{
  size_t leaf = hx_new_cell (hx, 4 + count * hx_entry_size (kind), near);
  if (!leaf)
    return 0;
  hx_put (hx, leaf + 4, hx_list_tags[kind], 2);
  hx_put16 (hx, leaf + HX_LIST_COUNT, count);
  for (uint32_t i = 0; i < count; i++)
    put_entry (hx, leaf, kind, i, entries[i]);
  return leaf;
}

/* Replaces leaf `index` by equal parts of at least 506 entries of `kind`. */
static int
split_leaf (hx_hive *hx, size_t nk, hx_lists *all, uint32_t index, size_t old_leaf, enum hx_list_kind kind,
            const entry *entries, uint32_t count)
{
  uint32_t parts = count > max_entries (kind) ? count / (MAX_LEAF / 2) : 1;
  hx_free_cell_at (hx, old_leaf);
  if (parts > 1 && !all->ri) {
    size_t ri = hx_new_cell (hx, 4 + 4, nk);
    if (!ri)
      return hx->failed;
    hx_put (hx, ri + 4, "ri", 2);
    hx_put16 (hx, ri + HX_LIST_COUNT, 1);
    hx_put32 (hx, HX_NK (nk, subkey_lf), HX_CELL (ri));
    all->ri = ri;
  }
  if (parts > 1)
    HX_TRY (resize_ri (hx, nk, all, index + 1, (int32_t) parts - 1));
  for (uint32_t part = 0, first = 0; part < parts; part++) {
    uint32_t size = (count - first) / (parts - part);
    size_t leaf = new_leaf (hx, kind, entries + first, size, nk);
    if (!leaf)
      return hx->failed;
    put_leaf (hx, nk, all, index + part, leaf);
    first += size;
  }
  return HX_OK;
}

/* The leaf is full, or an lf that must become another kind: it is written anew. */
static int
rewrite_leaf (hx_hive *hx, size_t nk, hx_lists *all, uint32_t index, size_t leaf, enum hx_list_kind kind,
              uint32_t position, size_t child)
{
  uint32_t old_count = hx_get16 (hx, leaf + HX_LIST_COUNT);
  enum hx_list_kind new_kind = kind == HX_LF ? (hx->minor < 5 ? HX_LI : HX_LH) : kind;
  entry *entries = malloc ((old_count + 1) * sizeof *entries);
  if (!entries)
    return hx_break_edit (hx, HX_NO_MEMORY, 0, "there is no memory to split a subkey list");
  for (uint32_t i = 0, j = 0; i <= old_count; i++) {
    size_t node = i == position ? child : hx_find_node (hx, hx_entry_node (hx, leaf, kind, j));
    if (!node) {
      free (entries);
      return hx_break_edit (hx, HX_BAD_CELL, HX_CELL (leaf), "a subkey list points to something that is not a key");
    }
    entries[i].node = HX_CELL (node);
    entries[i].hint = kind == new_kind && kind != HX_LI && i != position
      ? hx_get32 (hx, leaf + HX_LIST_ENTRIES + j * hx_entry_size (kind) + 4) : hint_for (hx, new_kind, node);
    j += i != position;
  }
  int status = split_leaf (hx, nk, all, index, leaf, new_kind, entries, old_count + 1);
  free (entries);
  return status;
}

/* Names the child (whose cell has its name already) in the lists of `nk`, and counts it. */
int
hx_insert_subkey (hx_hive *hx, size_t nk, size_t child)
{
  hx_lists all;
  uint32_t index, position, units;
  HX_TRY (hx_open_ordered_lists (hx, nk, &all));
  hx_stored_name stored = hx_node_name (hx, child);
  units = hx_stored_units (&stored);
  uint16_t buffer[HX_MAX_KEY_UNITS + 1];
  if (units > HX_MAX_KEY_UNITS)
    HX_FAIL (HX_LIMIT, HX_CELL (child), "the name of a key is longer than 255 units");
  for (uint32_t i = 0; i < units; i++)
    buffer[i] = hx_stored_unit (&stored, i);
  hx_name name = { buffer, units };
  hx_put32 (hx, HX_NK (nk, nr_subkeys), hx_get32 (hx, HX_NK (nk, nr_subkeys)) + 1);
  if (all.leaves == 0) {
    enum hx_list_kind kind = hx->minor < 5 ? HX_LF : HX_LH;
    entry only = { HX_CELL (child), hint_for (hx, kind, child) };
    size_t leaf = new_leaf (hx, kind, &only, 1, nk);
    if (leaf)
      hx_put32 (hx, HX_NK (nk, subkey_lf), HX_CELL (leaf));
    return hx->failed;
  }
  HX_TRY (hx_find_place (hx, nk, &all, &name, &index, &position));
  enum hx_list_kind kind;
  size_t leaf = hx_leaf_at (hx, nk, &all, index, &kind);
  uint32_t count = hx_get16 (hx, leaf + HX_LIST_COUNT);
  if (count + 1 > max_entries (kind))
    return rewrite_leaf (hx, nk, &all, index, leaf, kind, position, child);
  size_t moved = hx_grow_cell (hx, leaf, 4 + (count + 1) * hx_entry_size (kind), child);
  if (!moved)
    return hx->failed;
  if (moved != leaf)
    put_leaf (hx, nk, &all, index, moved);
  size_t at = moved + HX_LIST_ENTRIES + position * hx_entry_size (kind);
  hx_move (hx, at + hx_entry_size (kind), at, (count - position) * hx_entry_size (kind));
  put_entry (hx, moved, kind, position, (entry) { HX_CELL (child), hint_for (hx, kind, child) });
  hx_put16 (hx, moved + HX_LIST_COUNT, count + 1);
  return hx->failed;
}

/* Drops leaf `index`, which is empty, and the ri with the last of them. */
static int
drop_leaf (hx_hive *hx, size_t nk, hx_lists *all, uint32_t index, size_t leaf)
{
  hx_free_cell_at (hx, leaf);
  if (all->ri && all->leaves > 1)
    return resize_ri (hx, nk, all, index, -1);
  if (all->ri)
    hx_free_cell_at (hx, all->ri);
  hx_put32 (hx, HX_NK (nk, subkey_lf), HX_NIL);
  return hx->failed;
}

int
hx_remove_subkey (hx_hive *hx, size_t nk, size_t child)
{
  hx_lists all;
  HX_TRY (hx_open_ordered_lists (hx, nk, &all));
  for (uint32_t i = 0; i < all.leaves; i++) {
    enum hx_list_kind kind;
    size_t leaf = hx_leaf_at (hx, nk, &all, i, &kind);
    uint32_t count = leaf ? hx_get16 (hx, leaf + HX_LIST_COUNT) : 0, j = 0;
    while (j < count && hx_entry_node (hx, leaf, kind, j) != HX_CELL (child))
      j++;
    if (j == count)
      continue;
    hx_put32 (hx, HX_NK (nk, nr_subkeys), hx_get32 (hx, HX_NK (nk, nr_subkeys)) - 1);
    if (count == 1)
      return drop_leaf (hx, nk, &all, i, leaf);
    size_t at = leaf + HX_LIST_ENTRIES + j * hx_entry_size (kind);
    hx_move (hx, at, at + hx_entry_size (kind), (count - 1 - j) * hx_entry_size (kind));
    hx_put16 (hx, leaf + HX_LIST_COUNT, count - 1);
    hx_shrink_cell (hx, leaf, 4 + (count - 1) * hx_entry_size (kind));
    return hx->failed;
  }
  HX_FAIL (HX_BAD_CELL, HX_CELL (child), "a key is not in the subkey list of its parent");
}

int
hx_free_lists (hx_hive *hx, size_t nk)
{
  hx_lists all;
  HX_TRY (hx_open_lists (hx, nk, &all));
  for (uint32_t i = 0; i < all.leaves; i++) {
    enum hx_list_kind kind;
    size_t leaf = hx_leaf_at (hx, nk, &all, i, &kind);
    if (!leaf)
      return hx_break_edit (hx, HX_BAD_CELL, HX_CELL (nk), "a subkey list is used twice");
    hx_free_cell_at (hx, leaf);
  }
  if (all.ri)
    hx_free_cell_at (hx, all.ri);
  return hx->failed;
}
