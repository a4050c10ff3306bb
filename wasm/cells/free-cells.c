/* See free-cells.h.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "free-cells.h"

#include "image.h"

static uint64_t
place_key (size_t at, size_t size)
{
  return (uint64_t) at << 32 | size;
}

static hx_free_cell
by_place (uint64_t key)
{
  return key == HX_NO_ENTRY ? (hx_free_cell) { 0, 0 } : (hx_free_cell) { key >> 32, (uint32_t) key };
}

hx_free_cell
hx_find_free (const hx_hive *hx, size_t at)
{
  return by_place (hx_set_find (&hx->free_places, place_key (at, 0)));
}

hx_free_cell
hx_find_free_below (const hx_hive *hx, size_t at)
{
  return by_place (hx_set_find_below (&hx->free_places, place_key (at, 0)));
}

int
hx_add_free (hx_hive *hx, size_t at, size_t size)
{
  int status = hx_set_add (&hx->free_places, place_key (at, size));
  if (status == HX_OK && hx->is_sized)
    status = hx_set_add (&hx->free_sizes, place_key (size, at));
  if (status < 0)
    HX_FAIL (HX_NO_MEMORY, 0, "there is no memory for the index of free cells");
  return HX_OK;
}

void
hx_remove_free (hx_hive *hx, hx_free_cell found)
{
  hx_set_remove (&hx->free_places, place_key (found.at, found.size));
  if (hx->is_sized)
    hx_set_remove (&hx->free_sizes, place_key (found.size, found.at));
}

int
hx_index_cells (hx_hive *hx)
{
  if (hx->is_indexed)
    return HX_OK;
  hx_drop_cells (hx);
  for (size_t bin = HX_FIRST_BIN; bin < hx->h->size; bin += hx_get32 (hx, bin + 8)) {
    size_t end = bin + hx_get32 (hx, bin + 8);
    for (size_t at = bin + HX_BIN_HEADER; at < end;) {
      int is_used;
      size_t size = block_len (hx->h, at, &is_used);
      if (size < HX_MIN_CELL || size % 8 != 0 || size > end - at)
        HX_FAIL (HX_BAD_CELL, HX_CELL (at), "the size of a cell is no multiple of 8, so the hive cannot be edited");
      if (!is_used)
        HX_TRY (hx_add_free (hx, at, size));
      at += size;
    }
  }
  hx->is_indexed = 1;
  return HX_OK;
}

void
hx_drop_cells (hx_hive *hx)
{
  hx_set_drop (&hx->free_places);
  hx_set_drop (&hx->free_sizes);
  hx->is_sized = 0;
}

/* The same cells by their size: not before they are asked for, since most edits find room beside what they write. */
static int
index_sizes (hx_hive *hx)
{
  if (hx->is_sized)
    return HX_OK;
  for (hx_free_cell found = hx_find_free (hx, 0); found.size != 0; found = hx_find_free (hx, found.at + 1))
    if (hx_set_add (&hx->free_sizes, place_key (found.size, found.at)) < 0) {
      hx_set_drop (&hx->free_sizes);
      HX_FAIL (HX_NO_MEMORY, 0, "there is no memory for the index of free cells");
    }
  hx->is_sized = 1;
  return HX_OK;
}

/* ---- Choosing ---- */

/* The tightest cell of the page that fits; of several the first. */
static hx_free_cell
fit_page (const hx_hive *hx, size_t page, size_t size)
{
  hx_free_cell best = { 0, 0 };
  for (hx_free_cell found = hx_find_free (hx, page); found.size != 0 && found.at < page + HX_PAGE;
       found = hx_find_free (hx, found.at + found.size)) {
    if (found.size >= size && (best.size == 0 || found.size < best.size))
      best = found;
    if (best.size == size)
      break;
  }
  return best;
}

int
hx_choose_free (hx_hive *hx, size_t size, size_t near, hx_free_cell *chosen)
{
  *chosen = fit_page (hx, near & ~(size_t) (HX_PAGE - 1), size);
  if (chosen->size != 0)
    return HX_OK;
  HX_TRY (index_sizes (hx));
  uint64_t key = hx_set_find (&hx->free_sizes, place_key (size, 0));
  if (key != HX_NO_ENTRY)
    *chosen = (hx_free_cell) { (uint32_t) key, key >> 32 };
  return HX_OK;
}
