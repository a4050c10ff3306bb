/* The free cells of a hive, by place and by size.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_FREE_CELLS_H
#define HX_FREE_CELLS_H

#include "hx.h"

#define HX_MIN_CELL 8u

typedef struct {
  size_t at, size;              /* no size: there is none */
} hx_free_cell;

/* Walks all bins once; a cell whose size Windows would not accept makes the hive unfit for edits. */
int hx_index_cells (hx_hive *hx);
/* Forgets the index. */
void hx_drop_cells (hx_hive *hx);
int hx_add_free (hx_hive *hx, size_t at, size_t size);
void hx_remove_free (hx_hive *hx, hx_free_cell found);
/* The first free cell at or after `at`. */
hx_free_cell hx_find_free (const hx_hive *hx, size_t at);
/* The last one before it. */
hx_free_cell hx_find_free_below (const hx_hive *hx, size_t at);
/* The tightest cell that fits, in the page of `near` or else in the hive; of several the first. */
int hx_choose_free (hx_hive *hx, size_t size, size_t near, hx_free_cell *chosen);

#endif /* HX_FREE_CELLS_H */
