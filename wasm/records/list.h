/* Subkey lists: how they are laid out, reading them, and looking a name up.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_LIST_H
#define HX_LIST_H

#include "cells/image.h"

#define HX_LIST_COUNT 6         /* from the cell's start: size 4, tag 2 */
#define HX_LIST_ENTRIES 8

enum hx_list_kind { HX_LF, HX_LH, HX_LI };
/* By kind. */
extern const char *const hx_list_tags[3];

/* The lists of a key: one leaf, or an ri with leaves. */
typedef struct {
  size_t ri;                    /* 0: the key points to the leaf itself */
  uint32_t leaves;              /* how many; 0: the key has no list */
} hx_lists;

static inline size_t
hx_entry_size (enum hx_list_kind kind)
{
  return kind == HX_LI ? 4 : 8;
}

static inline uint32_t
hx_entry_node (const hx_hive *hx, size_t leaf, enum hx_list_kind kind, uint32_t index)
{
  return hx_get32 (hx, leaf + HX_LIST_ENTRIES + index * hx_entry_size (kind));
}

/* The leaf at that cell with all its entries inside, or 0. */
size_t hx_find_leaf (const hx_hive *hx, uint32_t cell, enum hx_list_kind *kind);
/* Checks everything that is used afterwards; the sum of the leaves must be the key's count. */
int hx_open_lists (const hx_hive *hx, size_t nk, hx_lists *out);
/* As hx_open_lists, but of a key whose lists were found in order (our own edits keep them so) the leaves are not looked at
 * again: hx_leaf_at may give 0. */
int hx_open_ordered_lists (const hx_hive *hx, size_t nk, hx_lists *out);
/* Leaf number `index` of checked lists. */
size_t hx_leaf_at (const hx_hive *hx, size_t nk, const hx_lists *all, uint32_t index, enum hx_list_kind *kind);
/* Which leaf, and where in it, the name belongs: before the first entry that sorts after it. */
int hx_find_place (hx_hive *hx, size_t nk, const hx_lists *all, const hx_name *name, uint32_t *index,
                   uint32_t *position);

/* Offsets in the image of the subkeys in stored order, in memory that the caller frees; negative: failed. `seen` (may be
 * NULL) is a bitmap of cells used already; a list that uses one again is damaged. */
int hx_take_subkeys (hx_hive *hx, size_t nk, uint8_t *seen, size_t **subkeys, size_t *count);
/* The child of that name as an offset in the image (0: none). */
int hx_look_up (hx_hive *hx, size_t nk, const hx_name *name, size_t *child);

#endif /* HX_LIST_H */
