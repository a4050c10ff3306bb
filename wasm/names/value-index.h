/* The names of one key's values, for a key that has many: setting them one by one would look at all each time.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_VALUE_INDEX_H
#define HX_VALUE_INDEX_H

#include "cells/hx.h"

/* Indexes the values of the key, whose list was checked, if they are many enough to be worth it. */
void hx_index_values (hx_hive *hx, size_t nk, size_t list);
/* Whether the index is of that key, so that its list need not be checked again. */
int hx_is_value_indexed (const hx_hive *hx, size_t nk);
/* The first value of that name of the key that is indexed; 0: there is none. */
size_t hx_find_indexed_value (const hx_hive *hx, const hx_name *name);
/* A value has come, at the end of the list. */
void hx_index_value (hx_hive *hx, size_t vk);
/* A value of the key that is indexed goes: to be called before its cell is freed, which ends the index, and then (if this
 * gave 1) hx_keep_value_index. */
int hx_unindex_value (hx_hive *hx, size_t vk);
void hx_keep_value_index (hx_hive *hx, size_t nk);

#endif /* HX_VALUE_INDEX_H */
