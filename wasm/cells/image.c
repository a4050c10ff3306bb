/* Opening a hive from memory, and looking at what lies in it.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "cells/hx.h"

#define BASE_ROOT 0x24
#define BASE_BINS 0x28
#define BASE_MINOR 0x18
#define BASE_CHECKSUM 0x1fc

/* ---- What went wrong last ---- */

static int last_status;
static uint32_t last_cell;
static const char *last_sentence = "";

int
hx_fail (int status, uint32_t cell, const char *sentence)
{
  last_status = status;
  last_cell = cell;
  last_sentence = sentence;
  return status;
}

HX_EXPORT int hx_error_status (void) { return last_status; }
HX_EXPORT uint32_t hx_error_cell (void) { return last_cell; }
HX_EXPORT const char *hx_error_text (void) { return last_sentence; }

/* ---- Memory that JavaScript fills ---- */

HX_EXPORT void *
hx_new_bytes (size_t size)
{
  return malloc (size ? size : 1);
}

/* The image of the caller's that hx_open_lent was given. */
static const uint8_t *lent;

HX_EXPORT void
hx_drop_bytes (void *bytes)
{
  if (bytes == lent)
    lent = NULL;
  free (bytes);
}

static void
drop_image (uint8_t *image)
{
  if (image != lent)
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
xor_checksum (const uint8_t *image)
{
  uint32_t sum = 0, word;
  for (size_t at = 0; at < BASE_CHECKSUM; at += 4) {
    memcpy (&word, image + at, 4);
    sum ^= word;
  }
  return sum;
}

static uint32_t
windows_checksum (const uint8_t *image)
{
  uint32_t sum = xor_checksum (image);
  return sum == 0xffffffffu ? 0xfffffffeu : sum == 0 ? 1 : sum;
}

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
  if (word_at (image, BASE_CHECKSUM) != windows_checksum (image))
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
  free (hx->free_cells);
  free (hx->result);
  hx_drop_walks (hx);
  if (hx->h)
    hivex_close (hx->h);
  free (hx);
  return HX_OK;
}

/* Takes over `image`, whatever the outcome; NULL: hx_error_status tells. */
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
  uint32_t stored = word_at (image, BASE_CHECKSUM), plain = xor_checksum (image);
  memcpy (image + BASE_CHECKSUM, &plain, 4);
  staged = image;
  staged_size = used;
  staged_is_taken = 0;
  errno = 0;
  hx->h = hivex_open ("", 0);
  if (!hx->h) {
    if (image == lent)
      memcpy (image + BASE_CHECKSUM, &stored, 4);
    if (!staged_is_taken)
      drop_image (image);
    hx_fail (errno == ENOMEM ? HX_NO_MEMORY : HX_BAD_CELL, 0,
             errno == ENOMEM ? "there is no memory to open the hive"
             : "hivex cannot open the hive: a cell runs past its bin, or the root cell is not a key");
    free (hx);
    return NULL;
  }
  memcpy (image + BASE_CHECKSUM, &stored, 4);
  hx->minor = word_at (image, BASE_MINOR);
  hx->capacity = size;
  return hx;
}

/* As hx_open_hive, of an image that stays the caller's, who frees it when the hive is closed. It is not edited. */
HX_EXPORT hx_hive *
hx_open_lent (uint8_t *image, size_t size)
{
  lent = image;
  hx_hive *hx = hx_open_hive (image, size);
  if (hx)
    hx->is_lent = 1;
  return hx;
}

void
hx_stamp_image (uint8_t *image)
{
  uint32_t sum = windows_checksum (image);
  memcpy (image + BASE_CHECKSUM, &sum, 4);
}

void
hx_stamp_checksum (hx_hive *hx)
{
  hx_put32 (hx, BASE_CHECKSUM, windows_checksum (hx_at (hx, 0)));
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

/* 0 for the root. */
HX_EXPORT int
hx_read_parent (hx_hive *hx, uint32_t node)
{
  size_t nk = hx_find_node (hx, node);
  if (!nk)
    HX_FAIL (HX_NO_KEY, node, "there is no key at that cell");
  if (nk == hx->h->rootoffs)
    return 0;
  uint32_t parent = hx_get32 (hx, HX_NK (nk, parent));
  if (!hx_find_node (hx, parent))
    HX_FAIL (HX_BAD_CELL, node, "the parent that a key states is not a key");
  return (int) parent;
}
