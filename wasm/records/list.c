/* See list.h.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "list.h"

#include "names/text.h"

const char *const hx_list_tags[3] = { "lf", "lh", "li" };

size_t
hx_find_leaf (const hx_hive *hx, uint32_t cell, enum hx_list_kind *kind)
{
  size_t at = hx_find_cell (hx, cell, 4);
  if (!at)
    return 0;
  for (int k = HX_LF; k <= HX_LI; k++)
    if (block_id_eq (hx->h, at, hx_list_tags[k])) {
      *kind = (enum hx_list_kind) k;
      size_t size = 4 + hx_get16 (hx, at + HX_LIST_COUNT) * hx_entry_size ((enum hx_list_kind) k);
      return hx_payload (hx, at) >= size ? at : 0;
    }
  return 0;
}

int
hx_open_lists (const hx_hive *hx, size_t nk, hx_lists *out)
{
  uint32_t count = hx_get32 (hx, HX_NK (nk, nr_subkeys)), top = hx_get32 (hx, HX_NK (nk, subkey_lf));
  enum hx_list_kind kind;
  out->ri = 0;
  out->leaves = 0;
  size_t leaf = hx_find_leaf (hx, top, &kind);
  /* Without subkeys the pointer means nothing, but hivex leaves an empty leaf there, which is then used again. */
  if (count == 0 && (!leaf || hx_get16 (hx, leaf + HX_LIST_COUNT) != 0))
    return HX_OK;
  if (leaf) {
    out->leaves = 1;
    if (hx_get16 (hx, leaf + HX_LIST_COUNT) != count)
      HX_FAIL (HX_BAD_CELL, HX_CELL (nk), "the number of subkeys in a key is not that of its list");
    return HX_OK;
  }
  size_t ri = hx_find_tagged (hx, top, HX_TAG ('r', 'i'), 4);
  if (!ri || hx_payload (hx, ri) < 4 + 4u * hx_get16 (hx, ri + HX_LIST_COUNT))
    HX_FAIL (HX_BAD_CELL, HX_CELL (nk), "the subkey list of a key is not a whole lf, lh, li or ri");
  out->ri = ri;
  out->leaves = hx_get16 (hx, ri + HX_LIST_COUNT);
  uint32_t sum = 0;
  for (uint32_t i = 0; i < out->leaves; i++) {
    leaf = hx_find_leaf (hx, hx_get32 (hx, ri + HX_LIST_ENTRIES + 4 * i), &kind);
    if (!leaf)
      HX_FAIL (HX_BAD_CELL, HX_CELL (ri), "an ri list points to something that is not a whole lf, lh or li");
    sum += hx_get16 (hx, leaf + HX_LIST_COUNT);
  }
  if (sum != count)
    HX_FAIL (HX_BAD_CELL, HX_CELL (nk), "the number of subkeys in a key is not that of its lists");
  return HX_OK;
}

int
hx_open_ordered_lists (const hx_hive *hx, size_t nk, hx_lists *out)
{
  size_t ri = hx_is_ordered (hx, nk)
    ? hx_find_tagged (hx, hx_get32 (hx, HX_NK (nk, subkey_lf)), HX_TAG ('r', 'i'), 4) : 0;
  if (!ri)
    return hx_open_lists (hx, nk, out);
  out->ri = ri;
  out->leaves = hx_get16 (hx, ri + HX_LIST_COUNT);
  return HX_OK;
}

size_t
hx_leaf_at (const hx_hive *hx, size_t nk, const hx_lists *all, uint32_t index, enum hx_list_kind *kind)
{
  size_t pointer = all->ri ? all->ri + HX_LIST_ENTRIES + 4 * index : HX_NK (nk, subkey_lf);
  return hx_find_leaf (hx, hx_get32 (hx, pointer), kind);
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
  hx_lists all;
  size_t count = 0;
  HX_TRY (hx_open_lists (hx, nk, &all));
  for (uint32_t i = 0; i < all.leaves; i++) {
    enum hx_list_kind kind;
    size_t leaf = hx_leaf_at (hx, nk, &all, i, &kind);
    if (!mark_seen (seen, leaf))
      HX_FAIL (HX_BAD_CELL, HX_CELL (leaf), "a subkey list is used twice");
    for (uint32_t j = 0; j < hx_get16 (hx, leaf + HX_LIST_COUNT); j++) {
      size_t child = hx_find_node (hx, hx_entry_node (hx, leaf, kind, j));
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
compare_entry (const hx_hive *hx, size_t leaf, enum hx_list_kind kind, uint32_t index, const hx_name *name, int *order)
{
  size_t nk = hx_find_node (hx, hx_entry_node (hx, leaf, kind, index));
  if (!nk)
    HX_FAIL (HX_BAD_CELL, HX_CELL (leaf), "a subkey list points to something that is not a key");
  hx_stored_name stored = hx_node_name (hx, nk);
  *order = hx_compare_stored (&stored, name);
  return HX_OK;
}

/* Of lists in order, the first leaf whose last key does not sort before the name, or the last; an empty leaf ends the
 * search before it. */
static int
skip_leaves (hx_hive *hx, size_t nk, const hx_lists *all, const hx_name *name, uint32_t *first)
{
  uint32_t low = 0, high = all->leaves - 1;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    enum hx_list_kind kind;
    size_t leaf = hx_leaf_at (hx, nk, all, middle, &kind);
    uint32_t count = leaf ? hx_get16 (hx, leaf + HX_LIST_COUNT) : 0;
    int order;
    if (count == 0)
      return HX_OK;
    HX_TRY (compare_entry (hx, leaf, kind, count - 1, name, &order));
    if (order < 0)
      *first = low = middle + 1;
    else
      high = middle;
  }
  return HX_OK;
}

int
hx_find_place (hx_hive *hx, size_t nk, const hx_lists *all, const hx_name *name, uint32_t *index, uint32_t *position)
{
  uint32_t first = 0;
  *index = *position = 0;
  if (hx_is_ordered (hx, nk) && all->leaves > 1)
    HX_TRY (skip_leaves (hx, nk, all, name, &first));
  /* From the leaf before it on, which counts where the others are empty. */
  for (uint32_t i = first > 0 ? first - 1 : 0; i < all->leaves; i++) {
    enum hx_list_kind kind;
    size_t leaf = hx_leaf_at (hx, nk, all, i, &kind);
    if (!leaf)
      HX_FAIL (HX_BAD_CELL, HX_CELL (nk), "an ri list points to something that is not a whole lf, lh or li");
    uint32_t low = 0, high = hx_get16 (hx, leaf + HX_LIST_COUNT);
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
look_up_ordered (hx_hive *hx, size_t nk, const hx_lists *all, const hx_name *name, size_t *child)
{
  uint32_t index, position;
  int order = 1;
  enum hx_list_kind kind;
  if (all->leaves == 0)
    return HX_OK;
  HX_TRY (hx_find_place (hx, nk, all, name, &index, &position));
  size_t leaf = hx_leaf_at (hx, nk, all, index, &kind);
  if (position < hx_get16 (hx, leaf + HX_LIST_COUNT))
    HX_TRY (compare_entry (hx, leaf, kind, position, name, &order));
  if (order == 0)
    *child = hx_find_node (hx, hx_entry_node (hx, leaf, kind, position));
  return HX_OK;
}

/* Of two keys that would be remembered in one place, the one with more subkeys: the other is looked at sooner again. */
static void
remember_ordered (hx_hive *hx, size_t nk)
{
  size_t *slot = &hx->ordered[hx_ordered_slot (nk)];
  if (!*slot || hx_get32 (hx, HX_NK (*slot, nr_subkeys)) <= hx_get32 (hx, HX_NK (nk, nr_subkeys)))
    *slot = nk;
}

/* Other writers' lists may be out of order, so each entry is looked at; if none was, the key is remembered as ordered
 * until another is looked up, it is freed, or edits are taken back. Our own edits keep the order. */
int
hx_look_up (hx_hive *hx, size_t nk, const hx_name *name, size_t *child)
{
  hx_lists all;
  hx_stored_name previous = { 0 };
  int is_ordered = 1;
  *child = 0;
  HX_TRY (hx_open_ordered_lists (hx, nk, &all));
  if (hx_is_ordered (hx, nk))
    return look_up_ordered (hx, nk, &all, name, child);
  for (uint32_t i = 0; i < all.leaves; i++) {
    enum hx_list_kind kind;
    size_t leaf = hx_leaf_at (hx, nk, &all, i, &kind);
    for (uint32_t j = 0; j < hx_get16 (hx, leaf + HX_LIST_COUNT); j++) {
      size_t found = hx_find_node (hx, hx_entry_node (hx, leaf, kind, j));
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
    remember_ordered (hx, nk);
  return HX_OK;
}
