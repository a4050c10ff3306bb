/* Every write goes through here, so that it can be taken back.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_PAGES_H
#define HX_PAGES_H

#include "hx.h"

void hx_put (hx_hive *hx, size_t at, const void *bytes, size_t size);
void hx_put_zero (hx_hive *hx, size_t at, size_t size);
void hx_put16 (hx_hive *hx, size_t at, uint32_t value);
void hx_put32 (hx_hive *hx, size_t at, uint32_t value);
void hx_put_time (hx_hive *hx, size_t nk, uint32_t low, uint32_t high);
void hx_move (hx_hive *hx, size_t to, size_t from, size_t size);
void hx_mark_valid (hx_hive *hx, size_t at, int is_valid);
int hx_break_edit (hx_hive *hx, int status, uint32_t cell, const char *sentence);
void hx_stamp_checksum (hx_hive *hx);

/* ---- What edit.c puts together ---- */
int hx_start_undo (hx_hive *hx, hx_undo *undo);
void hx_restore (hx_hive *hx, hx_undo *undo);
void hx_join_batch (hx_hive *hx);
void hx_drop_undo (hx_undo *undo);

#endif /* HX_PAGES_H */
