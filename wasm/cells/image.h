/* What lies at an offset of the image, and which record a cell holds.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_IMAGE_H
#define HX_IMAGE_H

#include "hx.h"

static inline const uint8_t *
hx_at (const hx_hive *hx, size_t at)
{
  return (const uint8_t *) hx->h->addr + at;
}

static inline uint16_t
hx_get16 (const hx_hive *hx, size_t at)
{
  uint16_t value;
  HX_STEP ();
  memcpy (&value, hx_at (hx, at), sizeof value);
  return value;
}

static inline uint32_t
hx_get32 (const hx_hive *hx, size_t at)
{
  uint32_t value;
  HX_STEP ();
  memcpy (&value, hx_at (hx, at), sizeof value);
  return value;
}

/* Bytes in the cell at `at` after its size. */
static inline size_t
hx_payload (const hx_hive *hx, size_t at)
{
  int32_t size = (int32_t) hx_get32 (hx, at);
  return (size_t) (size < 0 ? -size : size) - 4;
}

/* Offset in the image of an allocated cell that has room for `payload` bytes after its size, or 0. Opening has seen to it
 * that a cell lies within its bin, so `payload` bytes after the size can be read. */
static inline size_t
hx_find_cell (const hx_hive *hx, uint32_t cell, size_t payload)
{
  if (cell >= hx->h->size - HX_FIRST_BIN)
    return 0;
  size_t at = HX_FIRST_BIN + (size_t) cell;
  return IS_VALID_BLOCK (hx->h, at) && hx_payload (hx, at) >= payload ? at : 0;
}

static inline size_t
hx_find_tagged (const hx_hive *hx, uint32_t cell, uint32_t tag, size_t payload)
{
  size_t at = hx_find_cell (hx, cell, payload);
  return at && hx_get16 (hx, at + 4) == tag ? at : 0;
}

#define HX_CELL(at) ((uint32_t) ((at) - HX_FIRST_BIN))
/* Where hx->ordered may have that key. */
static inline size_t
hx_ordered_slot (size_t nk)
{
  return nk / 8 % HX_ORDERED;
}

/* Whether the key's subkey lists were found whole and in order. */
static inline int
hx_is_ordered (const hx_hive *hx, size_t nk)
{
  return hx->ordered[hx_ordered_slot (nk)] == nk;
}

/* The nk (vk) cell with its name inside, or 0. */
size_t hx_find_node (const hx_hive *hx, uint32_t node);
size_t hx_find_value_cell (const hx_hive *hx, uint32_t value);
hx_stored_name hx_node_name (const hx_hive *hx, size_t nk);
hx_stored_name hx_value_name (const hx_hive *hx, size_t vk);
uint32_t hx_count_values (const hx_hive *hx, size_t nk);
/* The xor of the words before the checksum, which is all that hivex knows of it. */
uint32_t hx_plain_checksum (const uint8_t *image);
/* The checksum that Windows puts into the base block of this image. */
uint32_t hx_image_checksum (const uint8_t *image);

#endif /* HX_IMAGE_H */
