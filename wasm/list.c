/* Subkey lists: lh from version 1.5 on; below it lf, and li from the 507th entry; lh and li in halves under an ri when
 * they would pass 1,012 entries, as in the hives that Windows writes. A leaf that is there keeps its kind.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "hx.h"

#define MAX_LEAF 1012u
#define MAX_LF 506u
#define LIST_COUNT 6            /* from the cell's start: size 4, tag 2 */
#define LIST_ENTRIES 8

enum kind { KIND_LF, KIND_LH, KIND_LI };
static const char *const kind_tags[] = { "lf", "lh", "li" };

typedef struct {
  uint32_t node, hint;
} entry;

static size_t
entry_size (enum kind kind)
{
  return kind == KIND_LI ? 4 : 8;
}

static uint32_t
max_entries (enum kind kind)
{
  return kind == KIND_LF ? MAX_LF : MAX_LEAF;
}

/* The leaf at that cell with all its entries inside, or 0. */
static size_t
find_leaf (const hx_hive *hx, uint32_t cell, enum kind *kind)
{
  size_t at = hx_find_cell (hx, cell, 4);
  if (!at)
    return 0;
  for (int k = KIND_LF; k <= KIND_LI; k++)
    if (block_id_eq (hx->h, at, kind_tags[k])) {
      *kind = (enum kind) k;
      size_t size = 4 + hx_get16 (hx, at + LIST_COUNT) * entry_size ((enum kind) k);
      return hx_payload (hx, at) >= size ? at : 0;
    }
  return 0;
}

/* The lists of a key: one leaf, or an ri with leaves. */
typedef struct {
  size_t ri;                    /* 0: the key points to the leaf itself */
  uint32_t leaves;              /* how many; 0: the key has no list */
} lists;

/* Checks everything that is used afterwards; the sum of the leaves must be the key's count. */
static int
open_lists (const hx_hive *hx, size_t nk, lists *out)
{
  uint32_t count = hx_get32 (hx, HX_NK (nk, nr_subkeys)), top = hx_get32 (hx, HX_NK (nk, subkey_lf));
  enum kind kind;
  out->ri = 0;
  out->leaves = 0;
  size_t leaf = find_leaf (hx, top, &kind);
  /* Without subkeys the pointer means nothing, but hivex leaves an empty leaf there, which is then used again. */
  if (count == 0 && (!leaf || hx_get16 (hx, leaf + LIST_COUNT) != 0))
    return HX_OK;
  if (leaf) {
    out->leaves = 1;
    if (hx_get16 (hx, leaf + LIST_COUNT) != count)
      HX_FAIL (HX_BAD_CELL, HX_CELL (nk), "the number of subkeys in a key is not that of its list");
    return HX_OK;
  }
  size_t ri = hx_find_tagged (hx, top, HX_TAG ('r', 'i'), 4);
  if (!ri || hx_payload (hx, ri) < 4 + 4u * hx_get16 (hx, ri + LIST_COUNT))
    HX_FAIL (HX_BAD_CELL, HX_CELL (nk), "the subkey list of a key is not a whole lf, lh, li or ri");
  uint32_t sum = 0;
  for (uint32_t i = 0; i < hx_get16 (hx, ri + LIST_COUNT); i++) {
    leaf = find_leaf (hx, hx_get32 (hx, ri + LIST_ENTRIES + 4 * i), &kind);
    if (!leaf)
      HX_FAIL (HX_BAD_CELL, HX_CELL (ri), "an ri list points to something that is not a whole lf, lh or li");
    sum += hx_get16 (hx, leaf + LIST_COUNT);
  }
  if (sum != count)
    HX_FAIL (HX_BAD_CELL, HX_CELL (nk), "the number of subkeys in a key is not that of its lists");
  out->ri = ri;
  out->leaves = hx_get16 (hx, ri + LIST_COUNT);
  return HX_OK;
}

/* Leaf number `index` of checked lists. */
static size_t
leaf_at (const hx_hive *hx, size_t nk, const lists *all, uint32_t index, enum kind *kind)
{
  return find_leaf (hx, hx_get32 (hx, all->ri ? all->ri + LIST_ENTRIES + 4 * index : HX_NK (nk, subkey_lf)), kind);
}

static uint32_t
entry_node (const hx_hive *hx, size_t leaf, enum kind kind, uint32_t index)
{
  return hx_get32 (hx, leaf + LIST_ENTRIES + index * entry_size (kind));
}

/* ---- Reading ---- */

/* Marks a cell; 0: it was marked already. */
static int
mark_seen (uint8_t *seen, size_t at)
{
  if (!seen)
    return 1;
  if (BITMAP_TST (seen, at))
    return 0;
  BITMAP_SET (seen, at);
  return 1;
}

/* More subkeys than hivex's limit of 70,000 (a component store has them): our own reading of the lists. */
static int
take_many (hx_hive *hx, size_t nk, uint8_t *seen, size_t *subkeys)
{
  lists all;
  size_t count = 0;
  HX_TRY (open_lists (hx, nk, &all));
  for (uint32_t i = 0; i < all.leaves; i++) {
    enum kind kind;
    size_t leaf = leaf_at (hx, nk, &all, i, &kind);
    if (!mark_seen (seen, leaf))
      HX_FAIL (HX_BAD_CELL, HX_CELL (leaf), "a subkey list is used twice");
    for (uint32_t j = 0; j < hx_get16 (hx, leaf + LIST_COUNT); j++) {
      size_t child = hx_find_node (hx, entry_node (hx, leaf, kind, j));
      if (!child)
        HX_FAIL (HX_BAD_CELL, HX_CELL (leaf), "a subkey list points to something that is not a key");
      subkeys[count++] = child;
    }
  }
  return HX_OK;
}

static int
take_with_hivex (hx_hive *hx, size_t nk, uint8_t *seen, size_t **subkeys)
{
  size_t *blocks;
  errno = 0;
  if (_hivex_get_children (hx->h, nk, subkeys, &blocks, 0) == -1) {
    if (errno == ENOMEM)
      HX_FAIL (HX_NO_MEMORY, 0, "there is no memory for a list of subkeys");
    HX_FAIL (HX_BAD_CELL, HX_CELL (nk), "the subkey list of a key is damaged");
  }
  int status = HX_OK;
  for (size_t i = 0; blocks[i] != 0 && status == HX_OK; i++)
    if (!mark_seen (seen, blocks[i]))
      status = hx_fail (HX_BAD_CELL, HX_CELL (blocks[i]), "a subkey list is used twice");
  for (size_t i = 0; (*subkeys)[i] != 0 && status == HX_OK; i++)
    if (!hx_find_node (hx, HX_CELL ((*subkeys)[i])))
      status = hx_fail (HX_BAD_CELL, HX_CELL ((*subkeys)[i]), "the name of a key runs past its cell");
  free (blocks);
  if (status < 0)
    free (*subkeys);
  return status;
}

int
hx_take_subkeys (hx_hive *hx, size_t nk, uint8_t *seen, size_t **subkeys, size_t *count)
{
  *count = hx_get32 (hx, HX_NK (nk, nr_subkeys));
  if (*count <= HIVEX_MAX_SUBKEYS)
    return take_with_hivex (hx, nk, seen, subkeys);
  if (*count > hx->h->size / 4)
    HX_FAIL (HX_BAD_CELL, HX_CELL (nk), "a key states more subkeys than the hive has room for");
  *subkeys = malloc ((*count + 1) * sizeof **subkeys);
  if (!*subkeys)
    HX_FAIL (HX_NO_MEMORY, 0, "there is no memory for a list of subkeys");
  (*subkeys)[*count] = 0;
  int status = take_many (hx, nk, seen, *subkeys);
  if (status < 0)
    free (*subkeys);
  return status;
}

/* ---- Looking up ---- */

/* How the key of an entry sorts against the name. */
static int
compare_entry (const hx_hive *hx, size_t leaf, enum kind kind, uint32_t index, const hx_name *name, int *order)
{
  size_t nk = hx_find_node (hx, entry_node (hx, leaf, kind, index));
  if (!nk)
    HX_FAIL (HX_BAD_CELL, HX_CELL (leaf), "a subkey list points to something that is not a key");
  hx_stored_name stored = hx_node_name (hx, nk);
  *order = hx_compare_stored (&stored, name);
  return HX_OK;
}

/* Which leaf, and where in it, the name belongs: before the first entry that sorts after it. */
static int
find_place (hx_hive *hx, size_t nk, const lists *all, const hx_name *name, uint32_t *index, uint32_t *position)
{
  *index = *position = 0;
  for (uint32_t i = 0; i < all->leaves; i++) {
    enum kind kind;
    size_t leaf = leaf_at (hx, nk, all, i, &kind);
    uint32_t low = 0, high = hx_get16 (hx, leaf + LIST_COUNT);
    if (high == 0)
      continue;
    uint32_t count = high;
    int order;
    HX_TRY (compare_entry (hx, leaf, kind, count - 1, name, &order));
    *index = i;
    *position = count;
    if (order < 0)
      continue;
    while (low < high) {
      uint32_t middle = low + (high - low) / 2;
      HX_TRY (compare_entry (hx, leaf, kind, middle, name, &order));
      if (order < 0)
        low = middle + 1;
      else
        high = middle;
    }
    *position = low;
    break;
  }
  return HX_OK;
}

/* The lists are known to be in order. */
static int
look_up_ordered (hx_hive *hx, size_t nk, const lists *all, const hx_name *name, size_t *child)
{
  uint32_t index, position;
  int order = 1;
  enum kind kind;
  if (all->leaves == 0)
    return HX_OK;
  HX_TRY (find_place (hx, nk, all, name, &index, &position));
  size_t leaf = leaf_at (hx, nk, all, index, &kind);
  if (position < hx_get16 (hx, leaf + LIST_COUNT))
    HX_TRY (compare_entry (hx, leaf, kind, position, name, &order));
  if (order == 0)
    *child = hx_find_node (hx, entry_node (hx, leaf, kind, position));
  return HX_OK;
}

/* Other writers' lists may be out of order, so each entry is looked at; if none was, the key is remembered as ordered
 * until another is looked up, it is freed, or edits are taken back. Our own edits keep the order. */
int
hx_look_up (hx_hive *hx, size_t nk, const hx_name *name, size_t *child)
{
  lists all;
  hx_stored_name previous = { 0 };
  int is_ordered = 1;
  *child = 0;
  HX_TRY (open_lists (hx, nk, &all));
  if (hx->ordered == nk)
    return look_up_ordered (hx, nk, &all, name, child);
  for (uint32_t i = 0; i < all.leaves; i++) {
    enum kind kind;
    size_t leaf = leaf_at (hx, nk, &all, i, &kind);
    for (uint32_t j = 0; j < hx_get16 (hx, leaf + LIST_COUNT); j++) {
      size_t found = hx_find_node (hx, entry_node (hx, leaf, kind, j));
      if (!found)
        HX_FAIL (HX_BAD_CELL, HX_CELL (leaf), "a subkey list points to something that is not a key");
      hx_stored_name stored = hx_node_name (hx, found);
      if (hx_stored_units (&stored) == name->count && hx_compare_stored (&stored, name) == 0) {
        *child = found;
        return HX_OK;
      }
      is_ordered = is_ordered && (!previous.at || hx_compare_names (&previous, &stored) < 0);
      previous = stored;
    }
  }
  if (is_ordered)
    hx->ordered = nk;
  return HX_OK;
}

/* ---- Writing ---- */

static uint32_t
hint_for (const hx_hive *hx, enum kind kind, size_t nk)
{
  hx_stored_name name = hx_node_name (hx, nk);
  return kind == KIND_LH ? hx_hash_stored (&name) : kind == KIND_LF ? hx_hint_stored (&name) : 0;
}

static void
put_entry (hx_hive *hx, size_t leaf, enum kind kind, uint32_t index, entry value)
{
  size_t at = leaf + LIST_ENTRIES + index * entry_size (kind);
  hx_put32 (hx, at, value.node);
  if (kind != KIND_LI)
    hx_put32 (hx, at + 4, value.hint);
}

/* Points the key (or the ri) at where a list lies now. */
static void
put_leaf (hx_hive *hx, size_t nk, const lists *all, uint32_t index, size_t leaf)
{
  hx_put32 (hx, all->ri ? all->ri + LIST_ENTRIES + 4 * index : HX_NK (nk, subkey_lf), HX_CELL (leaf));
}

/* Opens `count` (or, negative, closes) entries of the ri at `index`. The ri may move. */
static int
resize_ri (hx_hive *hx, size_t nk, lists *all, uint32_t index, int32_t count)
{
  uint32_t old_count = all->leaves, new_count = old_count + (uint32_t) count;
  size_t from = LIST_ENTRIES + 4 * (index + (count < 0 ? (uint32_t) -count : 0));
  size_t to = LIST_ENTRIES + 4 * (index + (count < 0 ? 0 : (uint32_t) count));
  if (new_count > 0xffff)
    return hx_break_edit (hx, HX_LIMIT, HX_CELL (nk), "the key would have more subkeys than a hive can list");
  size_t tail = LIST_ENTRIES + 4 * old_count - from;
  if (count < 0)
    hx_move (hx, all->ri + to, all->ri + from, tail);
  size_t ri = hx_grow_cell (hx, all->ri, 4 + 4 * new_count, all->ri);
  if (!ri)
    return hx->failed;
  if (count > 0)
    hx_move (hx, ri + to, ri + from, tail);
  hx_put16 (hx, ri + LIST_COUNT, new_count);
  hx_shrink_cell (hx, ri, 4 + 4 * new_count);
  if (ri != all->ri)
    hx_put32 (hx, HX_NK (nk, subkey_lf), HX_CELL (ri));
  all->ri = ri;
  all->leaves = new_count;
  return HX_OK;
}

static size_t
new_leaf (hx_hive *hx, enum kind kind, const entry *entries, uint32_t count, size_t near)
{
  size_t leaf = hx_new_cell (hx, 4 + count * entry_size (kind), near);
  if (!leaf)
    return 0;
  hx_put (hx, leaf + 4, kind_tags[kind], 2);
  hx_put16 (hx, leaf + LIST_COUNT, count);
  for (uint32_t i = 0; i < count; i++)
    put_entry (hx, leaf, kind, i, entries[i]);
  return leaf;
}

/* Replaces leaf `index` by equal parts of at least 506 entries of `kind`. */
static int
split_leaf (hx_hive *hx, size_t nk, lists *all, uint32_t index, size_t old_leaf, enum kind kind, const entry *entries,
            uint32_t count)
{
  uint32_t parts = count > max_entries (kind) ? count / (MAX_LEAF / 2) : 1;
  hx_free_cell_at (hx, old_leaf);
  if (parts > 1 && !all->ri) {
    size_t ri = hx_new_cell (hx, 4 + 4, nk);
    if (!ri)
      return hx->failed;
    hx_put (hx, ri + 4, "ri", 2);
    hx_put16 (hx, ri + LIST_COUNT, 1);
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
rewrite_leaf (hx_hive *hx, size_t nk, lists *all, uint32_t index, size_t leaf, enum kind kind, uint32_t position,
              size_t child)
{
  uint32_t old_count = hx_get16 (hx, leaf + LIST_COUNT);
  enum kind new_kind = kind == KIND_LF ? (hx->minor < 5 ? KIND_LI : KIND_LH) : kind;
  entry *entries = malloc ((old_count + 1) * sizeof *entries);
  if (!entries)
    return hx_break_edit (hx, HX_NO_MEMORY, 0, "there is no memory to split a subkey list");
  for (uint32_t i = 0, j = 0; i <= old_count; i++) {
    size_t node = i == position ? child : hx_find_node (hx, entry_node (hx, leaf, kind, j));
    if (!node) {
      free (entries);
      return hx_break_edit (hx, HX_BAD_CELL, HX_CELL (leaf), "a subkey list points to something that is not a key");
    }
    entries[i].node = HX_CELL (node);
    entries[i].hint = kind == new_kind && kind != KIND_LI && i != position
      ? hx_get32 (hx, leaf + LIST_ENTRIES + j * entry_size (kind) + 4) : hint_for (hx, new_kind, node);
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
  lists all;
  uint32_t index, position, units;
  HX_TRY (open_lists (hx, nk, &all));
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
    enum kind kind = hx->minor < 5 ? KIND_LF : KIND_LH;
    entry only = { HX_CELL (child), hint_for (hx, kind, child) };
    size_t leaf = new_leaf (hx, kind, &only, 1, nk);
    if (leaf)
      hx_put32 (hx, HX_NK (nk, subkey_lf), HX_CELL (leaf));
    return hx->failed;
  }
  HX_TRY (find_place (hx, nk, &all, &name, &index, &position));
  enum kind kind;
  size_t leaf = leaf_at (hx, nk, &all, index, &kind);
  uint32_t count = hx_get16 (hx, leaf + LIST_COUNT);
  if (count + 1 > max_entries (kind))
    return rewrite_leaf (hx, nk, &all, index, leaf, kind, position, child);
  size_t moved = hx_grow_cell (hx, leaf, 4 + (count + 1) * entry_size (kind), child);
  if (!moved)
    return hx->failed;
  if (moved != leaf)
    put_leaf (hx, nk, &all, index, moved);
  size_t at = moved + LIST_ENTRIES + position * entry_size (kind);
  hx_move (hx, at + entry_size (kind), at, (count - position) * entry_size (kind));
  put_entry (hx, moved, kind, position, (entry) { HX_CELL (child), hint_for (hx, kind, child) });
  hx_put16 (hx, moved + LIST_COUNT, count + 1);
  return hx->failed;
}

/* Drops leaf `index`, which is empty, and the ri with the last of them. */
static int
drop_leaf (hx_hive *hx, size_t nk, lists *all, uint32_t index, size_t leaf)
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
  lists all;
  HX_TRY (open_lists (hx, nk, &all));
  for (uint32_t i = 0; i < all.leaves; i++) {
    enum kind kind;
    size_t leaf = leaf_at (hx, nk, &all, i, &kind);
    uint32_t count = hx_get16 (hx, leaf + LIST_COUNT), j = 0;
    while (j < count && entry_node (hx, leaf, kind, j) != HX_CELL (child))
      j++;
    if (j == count)
      continue;
    hx_put32 (hx, HX_NK (nk, nr_subkeys), hx_get32 (hx, HX_NK (nk, nr_subkeys)) - 1);
    if (count == 1)
      return drop_leaf (hx, nk, &all, i, leaf);
    size_t at = leaf + LIST_ENTRIES + j * entry_size (kind);
    hx_move (hx, at, at + entry_size (kind), (count - 1 - j) * entry_size (kind));
    hx_put16 (hx, leaf + LIST_COUNT, count - 1);
    hx_shrink_cell (hx, leaf, 4 + (count - 1) * entry_size (kind));
    return hx->failed;
  }
  HX_FAIL (HX_BAD_CELL, HX_CELL (child), "a key is not in the subkey list of its parent");
}

int
hx_free_lists (hx_hive *hx, size_t nk)
{
  lists all;
  HX_TRY (open_lists (hx, nk, &all));
  for (uint32_t i = 0; i < all.leaves; i++) {
    enum kind kind;
    size_t leaf = leaf_at (hx, nk, &all, i, &kind);
    if (!leaf)
      return hx_break_edit (hx, HX_BAD_CELL, HX_CELL (nk), "a subkey list is used twice");
    hx_free_cell_at (hx, leaf);
  }
  if (all.ri)
    hx_free_cell_at (hx, all.ri);
  return hx->failed;
}
