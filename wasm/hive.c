/* See hive.h.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "hive.h"

#include "cells/free-cells.h"
#include "cells/image.h"
#include "cells/pages.h"
#include "reading/walk.h"

#define BASE_BINS 0x28
#define BASE_MINOR 0x18

/* ---- Memory that JavaScript fills ---- */

HX_EXPORT void *
hx_new_bytes (size_t size)
{
  return malloc (size ? size : 1);
}

/* The image of the caller's that hx_open_borrowed was given. */
static const uint8_t *borrowed;

HX_EXPORT void
hx_drop_bytes (void *bytes)
{
  if (bytes == borrowed)
    borrowed = NULL;
  free (bytes);
}

static void
drop_image (uint8_t *image)
{
  if (image != borrowed)
    free (image);
}

/* ---- The file that handle.c believes to read ---- */

static uint8_t *staged;
static size_t staged_size;
static int staged_is_taken;     /* hivex has mapped it, and frees it itself when it fails */

int
hx_image_stat (struct stat *out)
{
  memset (out, 0, sizeof *out);
  out->st_size = (off_t) staged_size;
  return 0;
}

void *
hx_image_map (size_t size)
{
  if (size != staged_size)
    return MAP_FAILED;
  staged_is_taken = 1;
  return staged;
}

int
hx_image_unmap (void *image, size_t size)
{
  (void) size;
  drop_image (image);
  return 0;
}

/* Nothing is read or written through a descriptor: handle.c names these in branches that are never taken. */
size_t full_read (int fd, void *bytes, size_t size) { (void) fd; (void) bytes; (void) size; return 0; }
size_t full_write (int fd, const void *bytes, size_t size) { (void) fd; (void) bytes; (void) size; return 0; }

/* ---- Opening ---- */

static uint32_t
word_at (const uint8_t *image, size_t at)
{
  uint32_t word;
  memcpy (&word, image + at, 4);
  return word;
}

/* handle.c walks the bins with sums that wrap in 32 bits (a bin of 0xffffe000 bytes sends it round for ever), and tells
 * no reasons; so what it would trip over is judged here first. */
static int
check_image (const uint8_t *image, size_t size, size_t *used)
{
  if (size < HX_FIRST_BIN)
    HX_FAIL (HX_TRUNCATED, 0, "the hive is shorter than its base block of 4096 bytes");
  if (memcmp (image, "regf", 4) != 0)
    HX_FAIL (HX_NOT_A_HIVE, 0, "the file does not begin with the signature regf");
  if (word_at (image, 0x14) != 1 || word_at (image, BASE_MINOR) < 3 || word_at (image, BASE_MINOR) > 6)
    HX_FAIL (HX_UNSUPPORTED, 0, "the hive's version is not one of 1.3 to 1.6");
  if (word_at (image, HX_BASE_CHECKSUM) != hx_image_checksum (image))
    HX_FAIL (HX_BAD_CHECKSUM, 0, "the checksum of the base block is wrong");
  uint32_t bins = word_at (image, BASE_BINS);
  if (bins == 0 || bins % HX_PAGE != 0)
    HX_FAIL (HX_NOT_A_HIVE, 0, "the size of the bins in the base block is not a multiple of 4096");
  if (bins > size - HX_FIRST_BIN)
    HX_FAIL (HX_TRUNCATED, 0, "the hive ends before the bins that its base block announces");
  *used = HX_FIRST_BIN + bins;
  for (size_t at = HX_FIRST_BIN; at < *used;) {
    uint32_t bin_size = word_at (image, at + 8);
    if (memcmp (image + at, "hbin", 4) != 0)
      HX_FAIL (HX_BAD_CELL, HX_CELL (at), "a bin does not begin with the signature hbin");
    if (word_at (image, at + 4) != at - HX_FIRST_BIN)
      HX_FAIL (HX_BAD_CELL, HX_CELL (at), "a bin states another offset than its own");
    if (bin_size == 0 || bin_size % HX_PAGE != 0 || bin_size > *used - at)
      HX_FAIL (HX_BAD_CELL, HX_CELL (at), "the size of a bin is no multiple of 4096 or passes the end of the hive");
    at += bin_size;
  }
  return HX_OK;
}

HX_EXPORT int
hx_close_hive (hx_hive *hx)
{
  hx_drop_undo (&hx->edit);
  hx_drop_undo (&hx->batch);
  hx_drop_cells (hx);
  free (hx->values.slots);
  free (hx->result);
  hx_drop_walks (hx);
  if (hx->h)
    hivex_close (hx->h);
  free (hx);
  return HX_OK;
}

HX_EXPORT hx_hive *
hx_open_hive (uint8_t *image, size_t size)
{
  size_t used;
  if (check_image (image, size, &used) < 0) {
    drop_image (image);
    return NULL;
  }
  hx_hive *hx = calloc (1, sizeof *hx);
  if (!hx) {
    hx_fail (HX_NO_MEMORY, 0, "there is no memory for a hive handle");
    drop_image (image);
    return NULL;
  }
  /* hivex knows the plain sum only (no 0 -> 1, -1 -> -2), so that is what it is shown. */
  uint32_t stored = word_at (image, HX_BASE_CHECKSUM), plain = hx_plain_checksum (image);
  memcpy (image + HX_BASE_CHECKSUM, &plain, 4);
  staged = image;
  staged_size = used;
  staged_is_taken = 0;
  errno = 0;
  hx->h = hivex_open ("", 0);
  if (!hx->h) {
    if (image == borrowed)
      memcpy (image + HX_BASE_CHECKSUM, &stored, 4);
    if (!staged_is_taken)
      drop_image (image);
    hx_fail (errno == ENOMEM ? HX_NO_MEMORY : HX_BAD_CELL, 0,
             errno == ENOMEM ? "there is no memory to open the hive"
             : "hivex cannot open the hive: a cell runs past its bin, or the root cell is not a key");
    free (hx);
    return NULL;
  }
  memcpy (image + HX_BASE_CHECKSUM, &stored, 4);
  hx->minor = word_at (image, BASE_MINOR);
  hx->capacity = size;
  return hx;
}

/* As hx_open_hive, of an image that stays the caller's, who frees it when the hive is closed. It is not edited. */
HX_EXPORT hx_hive *
hx_open_borrowed (uint8_t *image, size_t size)
{
  borrowed = image;
  hx_hive *hx = hx_open_hive (image, size);
  if (hx)
    hx->is_borrowed = 1;
  return hx;
}
