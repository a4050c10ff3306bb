/* See image.h.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "image.h"

uint32_t
hx_plain_checksum (const uint8_t *image)
{
  uint32_t sum = 0, word;
  for (size_t at = 0; at < HX_BASE_CHECKSUM; at += 4) {
    memcpy (&word, image + at, 4);
    sum ^= word;
  }
  return sum;
}

uint32_t
hx_image_checksum (const uint8_t *image)
{
  uint32_t sum = hx_plain_checksum (image);
  return sum == 0xffffffffu ? 0xfffffffeu : sum == 0 ? 1 : sum;
}

/* ---- Cells ---- */

size_t
hx_find_node (const hx_hive *hx, uint32_t node)
{
  size_t at = hx_find_tagged (hx, node, HX_TAG ('n', 'k'), HX_NK_NAME_AT - 4);
  if (!at || hx_payload (hx, at) < HX_NK_NAME_AT - 4 + hx_get16 (hx, HX_NK (at, name_len)))
    return 0;
  return at;
}

size_t
hx_find_value_cell (const hx_hive *hx, uint32_t value)
{
  size_t at = hx_find_tagged (hx, value, HX_TAG ('v', 'k'), HX_VK_NAME_AT - 4);
  if (!at || hx_payload (hx, at) < HX_VK_NAME_AT - 4 + hx_get16 (hx, HX_VK (at, name_len)))
    return 0;
  return at;
}

hx_stored_name
hx_node_name (const hx_hive *hx, size_t nk)
{
  hx_stored_name name = { hx_at (hx, nk + HX_NK_NAME_AT), hx_get16 (hx, HX_NK (nk, name_len)),
                          (hx_get16 (hx, HX_NK (nk, flags)) & HX_KEY_LATIN1) != 0 };
  return name;
}

hx_stored_name
hx_value_name (const hx_hive *hx, size_t vk)
{
  hx_stored_name name = { hx_at (hx, vk + HX_VK_NAME_AT), hx_get16 (hx, HX_VK (vk, name_len)),
                          (hx_get16 (hx, HX_VK (vk, flags)) & HX_VALUE_LATIN1) != 0 };
  return name;
}

/* A predefined handle keeps the handle where others keep the number of values. */
uint32_t
hx_count_values (const hx_hive *hx, size_t nk)
{
  if (hx_get16 (hx, HX_NK (nk, flags)) & HX_KEY_PREDEFINED)
    return 0;
  return hx_get32 (hx, HX_NK (nk, nr_values));
}

/* ---- Exports ---- */

HX_EXPORT int hx_read_minor (hx_hive *hx) { return (int) hx->minor; }
HX_EXPORT int hx_count_image (hx_hive *hx) { return (int) hx->h->size; }
HX_EXPORT const void *hx_peek_image (hx_hive *hx) { return hx->h->addr; }

HX_EXPORT int
hx_read_root (hx_hive *hx)
{
  size_t root = hivex_root (hx->h);
  if (!root || !hx_find_node (hx, HX_CELL (root)))
    HX_FAIL (HX_BAD_CELL, root ? HX_CELL (root) : 0, "the root cell is not a whole key");
  return (int) HX_CELL (root);
}
