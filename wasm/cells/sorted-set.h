/* A set of 64-bit keys in order. Adding and removing move no more than one chunk of keys, so a set of a million costs little
 * more for each than one of a thousand, whatever order they come in.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_SORTED_SET_H
#define HX_SORTED_SET_H

#include "status.h"

#include <stddef.h>

typedef struct hx_chunk hx_chunk;

/* All zero: an empty set. */
typedef struct {
  hx_chunk **chunks;            /* none is empty */
  size_t count, room;
} hx_sorted_set;

/* HX_NO_MEMORY: the set is as it was. The key must not be in it. */
int hx_set_add (hx_sorted_set *set, uint64_t key);
/* The key must be in it. */
void hx_set_remove (hx_sorted_set *set, uint64_t key);
/* The first key that is not below `key`, or HX_NO_ENTRY. */
uint64_t hx_set_find (const hx_sorted_set *set, uint64_t key);
/* The last key below `key`, or HX_NO_ENTRY. */
uint64_t hx_set_find_below (const hx_sorted_set *set, uint64_t key);
void hx_set_drop (hx_sorted_set *set);

#define HX_NO_ENTRY UINT64_MAX

#endif /* HX_SORTED_SET_H */
