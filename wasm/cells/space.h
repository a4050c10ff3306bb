/* Cells: allotted, given back, resized.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_SPACE_H
#define HX_SPACE_H

#include "hx.h"

/* Allocates a zeroed cell with room for `payload` bytes, in the 4 KiB page of `near` if it can; 0: failed. */
size_t hx_new_cell (hx_hive *hx, size_t payload, size_t near);
void hx_free_cell_at (hx_hive *hx, size_t at);
/* Makes the cell fit `payload` bytes, in place if it can; gives its offset, contents kept; 0: failed. */
size_t hx_resize_cell (hx_hive *hx, size_t at, size_t payload);
size_t hx_grow_cell (hx_hive *hx, size_t at, size_t payload, size_t near);
void hx_shrink_cell (hx_hive *hx, size_t at, size_t payload);
size_t hx_choose_place (hx_hive *hx, size_t payload, size_t other_payload, size_t near);

#endif /* HX_SPACE_H */
