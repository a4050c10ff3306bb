/* A new hive.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "cells/image.h"
#include "hive.h"
#include "names/text.h"
#include "records/key.h"
#include "records/security.h"

/* An image of one bin with a root key that has no security yet; freed by hx_open_hive. */
static uint8_t *
new_image (uint32_t minor, const hx_name *name, uint32_t low, uint32_t high)
{
  uint32_t bytes = hx_name_bytes (name), root_size = ((uint32_t) HX_NK_NAME_AT + bytes + 7) & ~7u;
  uint8_t *image = calloc (1, 2 * HX_PAGE);
  if (!image)
    return NULL;
  struct ntreg_header base = {
    .magic = "regf", .sequence1 = 1, .sequence2 = 1, .last_modified = (int64_t) ((uint64_t) high << 32 | low),
    .major_ver = 1, .minor_ver = minor, .unknown6 = 1, .offset = HX_BIN_HEADER, .blocks = HX_PAGE, .unknown7 = 1,
  };
  memcpy (image, &base, sizeof base);
  uint32_t checksum = hx_image_checksum (image);
  memcpy (image + HX_BASE_CHECKSUM, &checksum, 4);
  uint8_t *bin = image + HX_FIRST_BIN, *cell = bin + HX_BIN_HEADER;
  uint32_t words[] = { 0, HX_PAGE, 0, 0, low, high };
  memcpy (bin, "hbin", 4);
  memcpy (bin + 4, words, sizeof words);
  struct ntreg_nk_record root = {
    .seg_len = -(int32_t) root_size, .id = "nk",
    .flags = (uint16_t) (HX_KEY_ROOT | HX_KEY_NO_DELETE | (hx_is_latin1 (name) ? HX_KEY_LATIN1 : 0)),
    .timestamp = base.last_modified, .parent = HX_NIL, .subkey_lf = HX_NIL, .subkey_lf_volatile = HX_NIL,
    .vallist = HX_NIL, .sk = HX_NIL, .classname = HX_NIL, .name_len = (uint16_t) bytes,
  };
  memcpy (cell, &root, HX_NK_NAME_AT);
  for (uint32_t i = 0; i < name->count; i++) {
    if (hx_is_latin1 (name))
      cell[HX_NK_NAME_AT + i] = (uint8_t) name->units[i];
    else
      memcpy (cell + HX_NK_NAME_AT + 2 * i, name->units + i, 2);
  }
  uint32_t rest = HX_PAGE - HX_BIN_HEADER - root_size;
  memcpy (cell + root_size, &rest, 4);
  return image;
}

/* NULL: hx_error_status tells. */
HX_EXPORT hx_hive *
hx_create_hive (uint32_t minor, const uint16_t *units, uint32_t count, const uint8_t *security, uint32_t security_size,
                uint32_t low, uint32_t high)
{
  hx_name name = { units, count };
  if (minor < 3 || minor > 5) {
    hx_fail (HX_BAD_VALUE, 0, "a new hive must be of version 1.3, 1.4 or 1.5");
    return NULL;
  }
  if (hx_check_key_name (&name) < 0)
    return NULL;
  uint8_t *image = new_image (minor, &name, low, high);
  if (!image) {
    hx_fail (HX_NO_MEMORY, 0, "there is no memory for a new hive");
    return NULL;
  }
  hx_hive *hx = hx_open_hive (image, 2 * HX_PAGE);
  if (hx && hx_set_security (hx, HX_BIN_HEADER, security, security_size, low, high) < 0) {
    hx_close_hive (hx);
    return NULL;
  }
  return hx;
}
