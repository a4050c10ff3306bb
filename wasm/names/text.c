/* Names: Windows' upper-casing, order, hashes; and the conversions that hivex asks for.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "text.h"

#include "cells/pages.h"
#include "upcase.h"

static uint16_t upcase_table[0x10000];
static int is_table_made;

static void
make_table (void)
{
  for (uint32_t unit = 0; unit < 0x10000; unit++)
    upcase_table[unit] = (uint16_t) unit;
  for (size_t i = 0; i < sizeof upcase_runs / sizeof *upcase_runs; i++)
    for (uint32_t unit = upcase_runs[i].first; unit <= upcase_runs[i].last; unit += upcase_runs[i].step)
      upcase_table[unit] = (uint16_t) ((int32_t) unit + upcase_runs[i].difference);
  is_table_made = 1;
}

uint16_t
hx_upcase (uint16_t unit)
{
  if (!is_table_made)
    make_table ();
  return upcase_table[unit];
}

HX_EXPORT uint32_t hx_read_upcase (uint32_t unit) { return hx_upcase ((uint16_t) unit); }

/* ---- Names as they are stored ---- */

uint32_t
hx_stored_units (const hx_stored_name *name)
{
  return name->is_latin1 ? name->bytes : name->bytes / 2;
}

uint16_t
hx_stored_unit (const hx_stored_name *name, uint32_t index)
{
  if (name->is_latin1)
    return name->at[index];
  return (uint16_t) (name->at[2 * index] | name->at[2 * index + 1] << 8);
}

/* Windows' order: upper-cased units, the shorter name first. */
int
hx_compare_stored (const hx_stored_name *stored, const hx_name *name)
{
  uint32_t count = hx_stored_units (stored);
  for (uint32_t i = 0; i < count && i < name->count; i++) {
    int difference = (int) hx_upcase (hx_stored_unit (stored, i)) - (int) hx_upcase (name->units[i]);
    if (difference != 0)
      return difference;
  }
  return count < name->count ? -1 : count > name->count;
}

int
hx_compare_names (const hx_stored_name *a, const hx_stored_name *b)
{
  uint32_t a_count = hx_stored_units (a), b_count = hx_stored_units (b);
  for (uint32_t i = 0; i < a_count && i < b_count; i++) {
    int difference = (int) hx_upcase (hx_stored_unit (a, i)) - (int) hx_upcase (hx_stored_unit (b, i));
    if (difference != 0)
      return difference;
  }
  return a_count < b_count ? -1 : a_count > b_count;
}

/* The hash of an lh list. */
uint32_t
hx_hash_stored (const hx_stored_name *name)
{
  uint32_t hash = 0;
  for (uint32_t i = 0; i < hx_stored_units (name); i++)
    hash = 37 * hash + hx_upcase (hx_stored_unit (name, i));
  return hash;
}

/* The hint of an lf list: the first four units as bytes. Where one is no byte, neither is what stands before it: 'txt' and a
 * unit above 255 have the hint 0 in a hive that Windows 7 wrote. */
uint32_t
hx_hint_stored (const hx_stored_name *name)
{
  uint32_t hint = 0, count = hx_stored_units (name);
  for (uint32_t i = count < 4 ? count : 4; i > 0; i--) {
    uint32_t unit = hx_stored_unit (name, i - 1);
    if (unit > 0xff)
      break;
    hint |= unit << 8 * (i - 1);
  }
  return hint;
}

/* ---- Names to be written ---- */

int
hx_is_latin1 (const hx_name *name)
{
  for (uint32_t i = 0; i < name->count; i++)
    if (name->units[i] > 0xff)
      return 0;
  return 1;
}

int
hx_has_unit (const hx_name *name, uint16_t unit)
{
  for (uint32_t i = 0; i < name->count; i++)
    if (name->units[i] == unit)
      return 1;
  return 0;
}

uint32_t
hx_name_bytes (const hx_name *name)
{
  return hx_is_latin1 (name) ? name->count : 2 * name->count;
}

void
hx_put_name (hx_hive *hx, size_t at, const hx_name *name)
{
  if (!hx_is_latin1 (name)) {
    hx_put (hx, at, name->units, 2 * name->count);
    return;
  }
  for (uint32_t i = 0; i < name->count; i++) {
    uint8_t byte = (uint8_t) name->units[i];
    hx_put (hx, at + i, &byte, 1);
  }
}

/* ---- What hivex's own name functions ask for (utf16.c is not linked: it needs iconv) ----
 *
 * UTF-8 that loses nothing: an unpaired surrogate is three bytes, a NUL two (C0 80), since hivex gives C strings. */

static size_t
put_utf8 (char *to, uint32_t point)
{
  if (point != 0 && point < 0x80) {
    to[0] = (char) point;
    return 1;
  }
  if (point < 0x800) {
    to[0] = (char) (0xc0 | point >> 6);
    to[1] = (char) (0x80 | (point & 0x3f));
    return 2;
  }
  if (point < 0x10000) {
    to[0] = (char) (0xe0 | point >> 12);
    to[1] = (char) (0x80 | (point >> 6 & 0x3f));
    to[2] = (char) (0x80 | (point & 0x3f));
    return 3;
  }
  to[0] = (char) (0xf0 | point >> 18);
  to[1] = (char) (0x80 | (point >> 12 & 0x3f));
  to[2] = (char) (0x80 | (point >> 6 & 0x3f));
  to[3] = (char) (0x80 | (point & 0x3f));
  return 4;
}

char *
_hivex_recode (hive_h *h, recode_type type, const char *input, size_t input_len, size_t *output_len)
{
  (void) h;
  if (type != latin1_to_utf8 && type != utf16le_to_utf8) {
    errno = ENOTSUP;
    return NULL;
  }
  hx_stored_name name = { (const uint8_t *) input, (uint32_t) input_len, type == latin1_to_utf8 };
  uint32_t count = hx_stored_units (&name);
  char *text = malloc ((size_t) count * 3 + 1);
  if (!text)
    return NULL;
  size_t length = 0;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t point = hx_stored_unit (&name, i);
    if (point >= 0xd800 && point < 0xdc00 && i + 1 < count) {
      uint32_t low = hx_stored_unit (&name, i + 1);
      if (low >= 0xdc00 && low < 0xe000) {
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
        i++;
      }
    }
    length += put_utf8 (text + length, point);
  }
  text[length] = 0;
  if (output_len)
    *output_len = length;
  return text;
}

/* Bytes of the UTF-16 string up to its terminator, which is not counted, or `len`. */
size_t
_hivex_utf16_string_len_in_bytes_max (const char *str, size_t len)
{
  size_t at = 0;
  while (at + 1 < len && (str[at] || str[at + 1]))
    at += 2;
  return at;
}

size_t
_hivex_utf8_strlen (hive_h *h, const char *str, size_t len, int utf16)
{
  size_t length = 0;
  char *text = _hivex_recode (h, utf16 ? utf16le_to_utf8 : latin1_to_utf8, str, len, &length);
  free (text);
  return text ? length : 0;
}
