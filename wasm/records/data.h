/* The data of a value: resident up to 4 bytes, in one cell, or (from version 1.4, past 16,344 bytes) as big data.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_DATA_H
#define HX_DATA_H

#include "cells/image.h"

#define HX_DB_COUNT 6              /* from the cell's start */
#define HX_DB_LIST 8
#define HX_DB_PAYLOAD 8
#define HX_DB_ENTRIES 4

typedef struct {
  size_t db, list;
  uint32_t count;
} hx_big_data;

typedef enum { HX_IN_RECORD, HX_IN_CELL, HX_IN_SEGMENTS } hx_place;

/* Where the data lie. No data are a value of zero length however its pointer is set: Windows writes such values resident,
 * others (and tombstones) with NIL. */
int hx_locate_data (const hx_hive *hx, size_t vk, hx_place *where, uint32_t *size, size_t *cell, hx_big_data *big);
/* A segment of a checked record, or 0 when it has been freed since. */
size_t hx_segment_at (const hx_hive *hx, const hx_big_data *big, uint32_t index);
int hx_measure_data (hx_hive *hx, size_t vk, uint32_t *size);
/* Where the data lie in the image; NULL: in segments (hx_copy_data gathers them). */
int hx_find_data (hx_hive *hx, size_t vk, uint32_t *size, const uint8_t **data);
/* `to` has room for what hx_measure_data said. */
int hx_copy_data (hx_hive *hx, size_t vk, uint8_t *to);

#endif /* HX_DATA_H */
