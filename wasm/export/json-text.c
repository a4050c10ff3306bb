/* Strings of JSON as JSON.stringify writes them, what does not show or turns text around escaped, and hex.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "json-text.h"

#include "bytes.h"

/* ASCII characters that are not themselves in a string. */
static const uint8_t is_escaped[128] = {
  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, ['"'] = 1, ['\\'] = 1,
  [0x7f] = 1,
};

/* Points above ASCII that do not show, turn text around or are none; the same as UNSEEN of src/base/text.ts, in order. */
static const uint32_t unseen[][2] = {
  { 0x80, 0x9f }, { 0xad, 0xad }, { 0x34f, 0x34f }, { 0x61c, 0x61c }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },
  { 0x180b, 0x180f }, { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
  { 0xd800, 0xdfff }, { 0xfdd0, 0xfdef }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
  { 0xfff0, 0xfffb }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

static int
is_unseen (uint32_t point)
{
  /* The last two of each plane are no characters. */
  if ((point & 0xfffe) == 0xfffe)
    return 1;
  for (size_t i = 0; i < sizeof unseen / sizeof unseen[0]; i++)
    if (point <= unseen[i][1])
      return point >= unseen[i][0];
  return 0;
}

static uint8_t *
put_escape (uint8_t *to, uint32_t unit)
{
  switch (unit) {
  case '"':
    return HX_PUT (to, "\\\"");
  case '\\':
    return HX_PUT (to, "\\\\");
  case '\b':
    return HX_PUT (to, "\\b");
  case '\t':
    return HX_PUT (to, "\\t");
  case '\n':
    return HX_PUT (to, "\\n");
  case '\f':
    return HX_PUT (to, "\\f");
  case '\r':
    return HX_PUT (to, "\\r");
  default:
    to = HX_PUT (to, "\\u");
    return hx_put_hex32 (to, unit, 4);
  }
}

static uint8_t *
put_point (uint8_t *to, uint32_t point)
{
  if (point < 0x80 ? !is_escaped[point] : !is_unseen (point))
    return hx_put_utf8 (to, point);
  if (point < 0x10000)
    return put_escape (to, point);
  to = put_escape (to, 0xd800 + ((point - 0x10000) >> 10));
  return put_escape (to, 0xdc00 + (point & 0x3ff));
}

/* Whether eight ASCII characters are themselves in a string. */
static inline int
are_plain (uint64_t eight)
{
  return (hx_not_below (eight, 32) & hx_not_equal (eight, '"') & hx_not_equal (eight, '\\') & hx_not_equal (eight, 0x7f)
          & HX_HIGH_BITS) == HX_HIGH_BITS;
}

/* UTF-16LE up to `end`, an even number of bytes, without quotes; in a list a NUL stands between two texts. */
static uint8_t *
put_units (uint8_t *to, const uint8_t *at, const uint8_t *end, int is_list)
{
  while (at < end) {
    uint64_t eight;
    while (end - at >= 16 && hx_load_ascii (at, &eight) && are_plain (eight)) {
      memcpy (to, &eight, 8);
      to += 8;
      at += 16;
    }
    /* Eight at a time are tried again after what they stumbled over. */
    for (uint32_t i = 0; i < 8 && at < end; i++) {
      uint32_t unit = hx_unit_at (at);
      if (unit < 128 && !is_escaped[unit]) {
        *to++ = (uint8_t) unit;
        at += 2;
      } else if (unit == 0 && is_list) {
        to = HX_PUT (to, "\",\"");
        at += 2;
      } else
        to = put_point (to, hx_next_point (&at, end));
    }
  }
  return to;
}

uint8_t *
hx_json_put_text (uint8_t *to, const uint8_t *at, const uint8_t *end, int is_list)
{
  *to++ = '"';
  to = put_units (to, at, end, is_list);
  *to++ = '"';
  return to;
}

static uint8_t *
put_latin1 (uint8_t *to, const uint8_t *at, uint32_t bytes)
{
  for (uint32_t i = 0; i < bytes;) {
    uint64_t eight = hx_load_name (at + i, bytes - i);
    uint32_t count = bytes - i < 8 ? bytes - i : 8;
    if (!(eight & HX_HIGH_BITS) && are_plain (eight)) {
      memcpy (to, &eight, 8);
      to += count;
      i += count;
      continue;
    }
    for (; count > 0; count--, i++)
      to = put_point (to, at[i]);
  }
  return to;
}

uint8_t *
hx_json_put_name (uint8_t *to, const hx_stored_name *name)
{
  return name->is_latin1 ? put_latin1 (to, name->at, name->bytes)
    : put_units (to, name->at, name->at + (name->bytes & ~1u), 0);
}

/* The digits of four bytes. */
static inline uint64_t
hex_of_four (const uint8_t *data)
{
  uint32_t four;
  memcpy (&four, data, sizeof four);
  uint64_t bytes = (four | (uint64_t) four << 16) & 0x0000ffff0000ffffu;
  bytes = (bytes | bytes << 8) & 0x00ff00ff00ff00ffu;
  uint64_t digits = (bytes >> 4 & 0x000f000f000f000fu) | (bytes << 8 & 0x0f000f000f000f00u);
  uint64_t letters = (digits + HX_EACH_BYTE (6)) >> 4 & HX_EACH_BYTE (1);
  return digits + HX_EACH_BYTE ('0') + letters * ('a' - '9' - 1);
}

uint8_t *
hx_json_put_hex (uint8_t *to, const uint8_t *data, uint32_t bytes)
{
  uint32_t at = 0;
  *to++ = '"';
  for (; bytes - at >= 4; at += 4, to += 8) {
    uint64_t eight = hex_of_four (data + at);
    memcpy (to, &eight, sizeof eight);
  }
  for (; at < bytes; at++, to += 2)
    memcpy (to, hx_hex_pairs + 2 * data[at], 2);
  *to++ = '"';
  return to;
}
