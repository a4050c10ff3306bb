/* Texts of hivexml's documents: what XML has references for and what it cannot hold, and base64.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "xml-text.h"

#include "bytes.h"

#define LINE_BYTES 54           /* a line of base64 */

/* What an ASCII character is in a text. */
enum { PLAIN = 0, REFERENCE = 1, FORBIDDEN = 2 };
static const uint8_t kinds[128] = {
  2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 2, 2, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
  ['"'] = 1, ['&'] = 1, ['<'] = 1, ['>'] = 1,
};

static uint8_t *
put_reference (uint8_t *to, uint32_t unit)
{
  switch (unit) {
  case '"':
    return HX_PUT (to, "&quot;");
  case '&':
    return HX_PUT (to, "&amp;");
  case '<':
    return HX_PUT (to, "&lt;");
  case '>':
    return HX_PUT (to, "&gt;");
  case '\t':
    return HX_PUT (to, "&#9;");
  case '\n':
    return HX_PUT (to, "&#10;");
  default:
    return HX_PUT (to, "&#13;");
  }
}

/* The character at `*at`, which is not plain, and goes past it. *is_whole becomes 0 where XML cannot hold it. */
static uint8_t *
put_character (uint8_t *to, const uint8_t **at, const uint8_t *end, hx_xml_text kind, int *is_whole)
{
  uint32_t point = hx_next_point (at, end);
  if (point < 0x80 && kinds[point] != FORBIDDEN)
    return kind == HX_XML_CONTENT && (point == '\t' || point == '\n') ? hx_put_utf8 (to, point) : put_reference (to, point);
  if (point < 0x20 || (point >= 0xd800 && point < 0xe000) || point == 0xfffe || point == 0xffff) {
    *is_whole = 0;
    point = 0xfffd;
  }
  return hx_put_utf8 (to, point);
}

/* Whether none of eight ASCII characters is anything but itself. '"' and '&' differ in one bit, and '<' and '>'. */
static inline int
are_plain (uint64_t eight)
{
  return (hx_not_below (eight, 32) & hx_not_equal (eight | HX_EACH_BYTE (4), '&')
          & hx_not_equal (eight | HX_EACH_BYTE (2), '>') & HX_HIGH_BITS) == HX_HIGH_BITS;
}

/* UTF-16LE up to `end`, of data up to the first NUL, where `*at` stands then. */
uint8_t *
hx_xml_put_units (uint8_t *to, const uint8_t **from, const uint8_t *end, hx_xml_text kind, int *is_whole)
{
  const uint8_t *at = *from;
  while (end - at >= 2) {
    uint64_t eight;
    while (end - at >= 16 && hx_load_ascii (at, &eight) && are_plain (eight)) {
      memcpy (to, &eight, 8);
      to += 8;
      at += 16;
    }
    /* Eight at a time are tried again after what they stumbled over. */
    for (uint32_t i = 0; i < 8 && end - at >= 2; i++) {
      uint32_t unit = hx_unit_at (at);
      if (unit < 128 && kinds[unit] == PLAIN) {
        *to++ = (uint8_t) unit;
        at += 2;
      } else if (unit == 0 && kind != HX_XML_NAME) {
        *from = at;
        return to;
      } else
        to = put_character (to, &at, end, kind, is_whole);
    }
  }
  *from = at;
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
    for (; count > 0; count--, i++) {
      uint8_t byte = at[i];
      if (byte >= 128 || kinds[byte] == PLAIN)
        to = hx_put_utf8 (to, byte);
      else
        to = kinds[byte] == REFERENCE ? put_reference (to, byte) : hx_put_utf8 (to, 0xfffd);
    }
  }
  return to;
}

uint8_t *
hx_xml_put_name (uint8_t *to, const hx_stored_name *name)
{
  int is_whole;
  const uint8_t *at = name->at;
  return name->is_latin1 ? put_latin1 (to, at, name->bytes) : hx_xml_put_units (to, &at, at + (name->bytes & ~1u), HX_XML_NAME, &is_whole);
}

/* Two characters of base64 for each 12 bits. */
static uint8_t base64_pairs[4096][2];

void
hx_xml_make_tables (void)
{
  if (base64_pairs[0][0] != 0)
    return;
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (uint32_t bits = 0; bits < 4096; bits++) {
    base64_pairs[bits][0] = (uint8_t) alphabet[bits >> 6];
    base64_pairs[bits][1] = (uint8_t) alphabet[bits & 63];
  }
}

uint8_t *
hx_xml_put_base64 (uint8_t *to, const uint8_t *data, uint32_t bytes)
{
  uint32_t left = bytes;
  while (left >= 3) {
    for (const uint8_t *end = data + (left < LINE_BYTES ? left - left % 3 : LINE_BYTES); data < end; data += 3, to += 4) {
      uint32_t bits = (uint32_t) data[0] << 16 | (uint32_t) data[1] << 8 | data[2];
      memcpy (to, base64_pairs[bits >> 12], 2);
      memcpy (to + 2, base64_pairs[bits & 4095], 2);
    }
    if (left <= LINE_BYTES) {
      left %= 3;
      break;
    }
    left -= LINE_BYTES;
    to = HX_PUT (to, "\r\n");
  }
  if (left == 0)
    return to;
  uint32_t bits = (uint32_t) data[0] << 16 | (left == 2 ? (uint32_t) data[1] << 8 : 0);
  memcpy (to, base64_pairs[bits >> 12], 2);
  to[2] = left == 2 ? base64_pairs[bits & 4095][0] : '=';
  to[3] = '=';
  return to + 4;
}
