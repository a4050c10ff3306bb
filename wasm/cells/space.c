/* Cells: allocating, freeing, resizing. The free cells are indexed at the first edit. A cell is taken
 * from the 4 KiB page of the record that will point to it where that has room (an edit then touches few pages), else the
 * tightest free cell of the hive, else a new bin at the end.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "space.h"

#include "free-cells.h"
#include "image.h"
#include "pages.h"

/* Windows rounds cells larger than this up to a power of two, to at most a megabyte; beyond that there is no example. */
#define BIG_CELL 16384u
#define HUGE_CELL (1024u * 1024u)
#define MAX_IMAGE 0x7f000000u

/* The size of a cell for that much, or 0 when no hive can hold it. */
static size_t
cell_size_for (size_t payload)
{
  if (payload > MAX_IMAGE)
    return 0;
  size_t size = (payload + 4 + 7) & ~(size_t) 7;
  if (size <= BIG_CELL)
    return size < HX_MIN_CELL ? HX_MIN_CELL : size;
  if (size > HUGE_CELL)
    return (size + HX_PAGE - 1) & ~(size_t) (HX_PAGE - 1);
  size_t rounded = BIG_CELL;
  while (rounded < size)
    rounded *= 2;
  return rounded;
}

/* ---- Growing ---- */

static int
make_room (hx_hive *hx, size_t size)
{
  if (size <= hx->capacity)
    return HX_OK;
  size_t capacity = size + size / 8;
  uint8_t *image = realloc (hx->h->addr, capacity);
  if (!image) {
    capacity = size;
    image = realloc (hx->h->addr, capacity);
  }
  if (!image)
    HX_FAIL (HX_NO_MEMORY, 0, "there is no memory to let the hive grow");
  hx->h->addr = image;
  hx->capacity = capacity;
  return HX_OK;
}

/* Appends a bin that has room for a cell of that size. Windows stamps the first bin only. */
static int
add_bin (hx_hive *hx, size_t cell_size)
{
  size_t bin = hx->h->size, old_size = bin;
  size_t bin_size = (cell_size + HX_BIN_HEADER + HX_PAGE - 1) & ~(size_t) (HX_PAGE - 1);
  if (bin_size > MAX_IMAGE - bin)
    return hx_break_edit (hx, HX_LIMIT, 0, "the hive would grow past 2 GiB");
  size_t size = bin + bin_size;
  int status = make_room (hx, size);
  char *bitmap = status < 0 ? NULL : realloc (hx->h->bitmap, 1 + size / 32);
  if (!bitmap)
    return hx_break_edit (hx, HX_NO_MEMORY, 0, "there is no memory to let the hive grow");
  hx->h->bitmap = bitmap;
  memset (bitmap + 1 + old_size / 32, 0, (size - old_size) / 32);
  memset ((uint8_t *) hx->h->addr + bin, 0, bin_size);
  hx->h->size = hx->h->endpages = size;
  hx_put (hx, bin, "hbin", 4);
  hx_put32 (hx, bin + 4, (uint32_t) (bin - HX_FIRST_BIN));
  hx_put32 (hx, bin + 8, (uint32_t) bin_size);
  hx_put32 (hx, bin + HX_BIN_HEADER, (uint32_t) (bin_size - HX_BIN_HEADER));
  hx_put32 (hx, offsetof (struct ntreg_header, blocks), (uint32_t) (size - HX_FIRST_BIN));
  hx_stamp_checksum (hx);
  if (hx->failed)
    return hx->failed;
  status = hx_add_free (hx, bin + HX_BIN_HEADER, bin_size - HX_BIN_HEADER);
  if (status < 0)
    hx->failed = status;
  return status;
}

/* ---- Allocating ---- */

/* Where two cells go that one edit needs: `near` if its page takes both, else the tightest place that does. */
size_t
hx_choose_place (hx_hive *hx, size_t payload, size_t other_payload, size_t near)
{
  hx_free_cell chosen;
  size_t size = cell_size_for (payload) + cell_size_for (other_payload);
  return hx_choose_free (hx, size, near, &chosen) < 0 || chosen.size == 0 ? near : chosen.at;
}

/* Takes `size` bytes off the front of the free cell. */
static size_t
take_front (hx_hive *hx, hx_free_cell found, size_t size)
{
  size_t rest = found.size - size;
  hx_remove_free (hx, found);
  if (rest < HX_MIN_CELL) {
    size += rest;
  } else {
    int status = hx_add_free (hx, found.at + size, rest);
    if (status < 0)
      hx->failed = status;
    hx_put32 (hx, found.at + size, (uint32_t) rest);
  }
  hx_put32 (hx, found.at, 0u - (uint32_t) size);
  hx_mark_valid (hx, found.at, 1);
  return found.at;
}

size_t
hx_new_cell (hx_hive *hx, size_t payload, size_t near)
{
  if (hx->failed)
    return 0;
  size_t size = cell_size_for (payload);
  if (size == 0) {
    hx_break_edit (hx, HX_LIMIT, 0, "the data are larger than any hive can hold");
    return 0;
  }
  hx_free_cell chosen;
  int status = hx_choose_free (hx, size, near, &chosen);
  if (status < 0) {
    hx->failed = status;
    return 0;
  }
  if (chosen.size == 0) {
    size_t bin = hx->h->size;
    if (add_bin (hx, size) < 0)
      return 0;
    chosen = hx_find_free (hx, bin);
  }
  size_t at = take_front (hx, chosen, size);
  hx_put_zero (hx, at + 4, hx_payload (hx, at));
  return hx->failed ? 0 : at;
}

/* ---- Freeing ---- */

/* Makes [at, at + size) one free cell together with the free cells beside it. What it held stays, as with Windows. */
static void
release (hx_hive *hx, size_t at, size_t size)
{
  hx_free_cell after = hx_find_free (hx, at);
  if (after.size != 0 && after.at == at + size) {
    hx_remove_free (hx, after);
    size += after.size;
  }
  hx_free_cell before = hx_find_free_below (hx, at);
  if (before.size != 0 && before.at + before.size == at) {
    hx_remove_free (hx, before);
    at = before.at;
    size += before.size;
  }
  int status = hx_add_free (hx, at, size);
  if (status < 0)
    hx->failed = status;
  hx_put32 (hx, at, (uint32_t) size);
}

void
hx_free_cell_at (hx_hive *hx, size_t at)
{
  if (hx->failed)
    return;
  if (!IS_VALID_BLOCK (hx->h, at)) {
    hx_break_edit (hx, HX_BAD_CELL, HX_CELL (at), "two records share a cell that was to be freed");
    return;
  }
  size_t size = block_len (hx->h, at, NULL);
  if (hx->ordered[hx_ordered_slot (at)] == at)
    hx->ordered[hx_ordered_slot (at)] = 0;
  if (hx->values.nk == at || hx_get16 (hx, at + 4) == HX_TAG ('v', 'k'))
    hx->values.nk = 0;
  hx_put32 (hx, at, (uint32_t) size);
  hx_mark_valid (hx, at, 0);
  release (hx, at, size);
}

/* ---- Resizing ---- */

/* Lets the cell take from the free cell right behind it; 0: there is none large enough. */
static int
extend_cell (hx_hive *hx, size_t at, size_t old_size, size_t size)
{
  hx_free_cell after = hx_find_free (hx, at + old_size);
  if (after.at != at + old_size || after.size < size - old_size)
    return 0;
  size_t taken = take_front (hx, after, size - old_size);
  size_t added = block_len (hx->h, taken, NULL);
  hx_mark_valid (hx, taken, 0);
  hx_put_zero (hx, taken, added);
  hx_put32 (hx, at, 0u - (uint32_t) (old_size + added));
  return 1;
}

/* Makes the cell hold `payload` bytes and leaves it where it is when it does already; one that must move gets an eighth
 * more than that, so that a list which grows by one entry at a time does not move each time. */
size_t
hx_grow_cell (hx_hive *hx, size_t at, size_t payload, size_t near)
{
  if (hx->failed || hx_payload (hx, at) >= payload)
    return hx->failed ? 0 : at;
  size_t old_size = block_len (hx->h, at, NULL), size = cell_size_for (payload);
  if (size != 0 && extend_cell (hx, at, old_size, size))
    return hx->failed ? 0 : at;
  size_t moved = hx_new_cell (hx, payload + payload / 8, near);
  if (!moved)
    return 0;
  hx_move (hx, moved + 4, at + 4, old_size - 4);
  hx_free_cell_at (hx, at);
  return hx->failed ? 0 : moved;
}

/* Gives back what a list has come to hold too much of. */
void
hx_shrink_cell (hx_hive *hx, size_t at, size_t payload)
{
  if (!hx->failed && hx_payload (hx, at) > payload + payload / 4 + 16)
    hx_resize_cell (hx, at, payload);
}

size_t
hx_resize_cell (hx_hive *hx, size_t at, size_t payload)
{
  if (hx->failed)
    return 0;
  size_t old_size = block_len (hx->h, at, NULL), size = cell_size_for (payload);
  if (size == old_size)
    return at;
  if (size != 0 && size < old_size) {
    if (old_size - size >= HX_MIN_CELL) {
      hx_put32 (hx, at, 0u - (uint32_t) size);
      release (hx, at + size, old_size - size);
    }
    return hx->failed ? 0 : at;
  }
  if (size != 0 && extend_cell (hx, at, old_size, size))
    return hx->failed ? 0 : at;
  size_t moved = hx_new_cell (hx, payload, at);
  if (!moved)
    return 0;
  hx_move (hx, moved + 4, at + 4, old_size - 4);
  hx_free_cell_at (hx, at);
  return hx->failed ? 0 : moved;
}
