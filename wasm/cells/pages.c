/* Every write to the image goes through here. Before a page is first written within an edit (or a batch of edits) it is
 * saved with its part of hivex's bitmap, so that an edit that fails, and a batch that is rolled back, leave the image as
 * it was. Taking back needs no memory.
 *
 * A write that cannot be saved or lies outside the image makes the edit fail: nothing is written from there on, and
 * the end of the edit restores.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "pages.h"

#include "image.h"

int
hx_start_undo (hx_hive *hx, hx_undo *undo)
{
  undo->marks = calloc (hx->h->size / HX_PAGE / 8 + 1, 1);
  if (!undo->marks)
    HX_FAIL (HX_NO_MEMORY, 0, "there is no memory to make an edit undoable");
  undo->image_size = hx->h->size;
  undo->is_active = 1;
  return HX_OK;
}

/* Forgets what was saved. */
void
hx_drop_undo (hx_undo *undo)
{
  for (size_t i = 0; i < undo->count; i++)
    free (undo->pages[i]);
  free (undo->pages);
  free (undo->marks);
  memset (undo, 0, sizeof *undo);
}

static int
reserve_pages (hx_undo *undo, size_t room)
{
  if (room <= undo->room)
    return 1;
  room += room / 2 + 8;
  hx_saved_page **pages = realloc (undo->pages, room * sizeof *pages);
  if (!pages)
    return 0;
  undo->pages = pages;
  undo->room = room;
  return 1;
}

static int
is_saved (const hx_undo *undo, uint32_t page)
{
  return (size_t) page * HX_PAGE >= undo->image_size || (undo->marks[page / 8] & (1 << page % 8)) != 0;
}

static void
add_saved (hx_undo *undo, hx_saved_page *saved)
{
  undo->pages[undo->count++] = saved;
  undo->marks[saved->page / 8] |= (uint8_t) (1 << saved->page % 8);
}

/* The bitmap beyond the old end is cleared when a bin is added there again. */
void
hx_restore (hx_hive *hx, hx_undo *undo)
{
  for (size_t i = 0; i < undo->count; i++) {
    const hx_saved_page *saved = undo->pages[i];
    memcpy ((uint8_t *) hx->h->addr + (size_t) saved->page * HX_PAGE, saved->bytes, HX_PAGE);
    memcpy (hx->h->bitmap + (size_t) saved->page * sizeof saved->valid, saved->valid, sizeof saved->valid);
  }
  hx->h->size = hx->h->endpages = undo->image_size;
  hx->is_indexed = 0;
  memset (hx->ordered, 0, sizeof hx->ordered);
  hx->values.nk = 0;
}

/* Hands what the edit saved to the batch that it is part of. */
void
hx_join_batch (hx_hive *hx)
{
  for (size_t i = 0; i < hx->edit.count; i++) {
    hx_saved_page *saved = hx->edit.pages[i];
    if (is_saved (&hx->batch, saved->page))
      continue;
    add_saved (&hx->batch, saved); /* save_page made room */
    hx->edit.pages[i] = NULL;
  }
}

int
hx_break_edit (hx_hive *hx, int status, uint32_t cell, const char *sentence)
{
  if (!hx->failed)
    hx->failed = hx_fail (status, cell, sentence);
  return hx->failed;
}

static int
save_page (hx_hive *hx, uint32_t page)
{
  if (is_saved (&hx->edit, page))
    return 1;
  if (!reserve_pages (&hx->edit, hx->edit.count + 1))
    return 0;
  if (hx->batch.is_active && !reserve_pages (&hx->batch, hx->batch.count + hx->edit.count + 1))
    return 0;
  hx_saved_page *saved = malloc (sizeof *saved);
  if (!saved)
    return 0;
  saved->page = page;
  memcpy (saved->bytes, hx_at (hx, (size_t) page * HX_PAGE), HX_PAGE);
  memcpy (saved->valid, hx->h->bitmap + (size_t) page * sizeof saved->valid, sizeof saved->valid);
  add_saved (&hx->edit, saved);
  return 1;
}

/* The bytes to write to, saved; NULL: the edit has failed. */
static uint8_t *
open_bytes (hx_hive *hx, size_t at, size_t size)
{
  if (hx->failed)
    return NULL;
  if (!hx->edit.is_active || at > hx->h->size || size > hx->h->size - at) {
    hx_break_edit (hx, HX_INVARIANT, 0, "a write was outside the image or outside an edit");
    return NULL;
  }
  if (size == 0)
    return NULL;
  for (uint32_t page = at / HX_PAGE; page <= (at + size - 1) / HX_PAGE; page++)
    if (!save_page (hx, page)) {
      hx_break_edit (hx, HX_NO_MEMORY, 0, "there is no memory to make an edit undoable");
      return NULL;
    }
  return (uint8_t *) hx->h->addr + at;
}

void
hx_put (hx_hive *hx, size_t at, const void *bytes, size_t size)
{
  uint8_t *to = open_bytes (hx, at, size);
  if (to)
    memcpy (to, bytes, size);
}

void
hx_put_zero (hx_hive *hx, size_t at, size_t size)
{
  uint8_t *to = open_bytes (hx, at, size);
  if (to)
    memset (to, 0, size);
}

void
hx_put16 (hx_hive *hx, size_t at, uint32_t value)
{
  uint16_t half = (uint16_t) value;
  hx_put (hx, at, &half, sizeof half);
}

void
hx_put32 (hx_hive *hx, size_t at, uint32_t value)
{
  hx_put (hx, at, &value, sizeof value);
}

/* Stamps the key as written at that FILETIME. */
void
hx_put_time (hx_hive *hx, size_t nk, uint32_t low, uint32_t high)
{
  hx_put32 (hx, HX_NK (nk, timestamp), low);
  hx_put32 (hx, HX_NK (nk, timestamp) + 4, high);
}

/* Both ranges lie in the image; they may overlap. */
void
hx_move (hx_hive *hx, size_t to, size_t from, size_t size)
{
  if (from > hx->h->size || size > hx->h->size - from) {
    hx_break_edit (hx, HX_INVARIANT, 0, "a copy was from outside the image");
    return;
  }
  uint8_t *target = open_bytes (hx, to, size);
  if (target)
    memmove (target, hx_at (hx, from), size);
}

/* Keeps hivex's bitmap of allocated cells right; the cell's header has been written, so its page is saved. */
void
hx_mark_valid (hx_hive *hx, size_t at, int is_valid)
{
  if (hx->failed)
    return;
  if (is_valid)
    BITMAP_SET (hx->h->bitmap, at);
  else
    BITMAP_CLR (hx->h->bitmap, at);
}

void
hx_stamp_checksum (hx_hive *hx)
{
  hx_put32 (hx, HX_BASE_CHECKSUM, hx_image_checksum (hx_at (hx, 0)));
}
