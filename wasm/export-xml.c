/* hivexml's documents as src/formats/hivexml-writer.ts writes them without --lossless; what is said there of hivexml
 * holds here.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "export.h"

#define BASE_TIME 0x0c
/* Of FILETIMEs with the highest bit set, and of 0, no time is shown. */
#define LAST_TIME 0x7fffffffffffffffu
#define TICKS 10000000u         /* in a second */
#define LINE_BYTES 54           /* a line of base64 */

/* What an ASCII character is in a text. */
enum { PLAIN = 0, REFERENCE = 1, FORBIDDEN = 2 };
static const uint8_t kinds[128] = {
  2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 2, 2, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
  ['"'] = 1, ['&'] = 1, ['<'] = 1, ['>'] = 1,
};

/* Parts of a reference, for each byte of data: in UTF-16 a text of NULs is the longest, a string of a list each. */
#define MAX_NAME_BYTES 6        /* of a unit */
#define MAX_LIST_BYTES 17       /* of a unit */

/* ---- Texts ---- */

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
put_character (uint8_t *to, const uint8_t **at, const uint8_t *end, int is_content, int *is_whole)
{
  uint32_t point = hx_unit_at (*at);
  if (hx_is_pair (*at, end)) {
    point = 0x10000 + ((point & 0x3ff) << 10) + (hx_unit_at (*at + 2) & 0x3ff);
    *at += 2;
  }
  *at += 2;
  if (point < 0x80 && kinds[point] != FORBIDDEN)
    return is_content && (point == '\t' || point == '\n') ? hx_put_utf8 (to, point) : put_reference (to, point);
  if (point < 0x20 || (point >= 0xd800 && point < 0xe000) || point == 0xfffe || point == 0xffff) {
    *is_whole = 0;
    point = 0xfffd;
  }
  return hx_put_utf8 (to, point);
}

/* UTF-16LE up to `end`. */
static uint8_t *
put_units (uint8_t *to, const uint8_t *at, const uint8_t *end, int is_content, int *is_whole)
{
  while (at < end) {
    uint32_t four, unit;
    if (end - at >= 8 && hx_load_ascii (at, &four)
        && !(kinds[four & 127] | kinds[four >> 8 & 127] | kinds[four >> 16 & 127] | kinds[four >> 24])) {
      memcpy (to, &four, 4);
      to += 4;
      at += 8;
    } else if ((unit = hx_unit_at (at)) < 128 && kinds[unit] == PLAIN) {
      *to++ = (uint8_t) unit;
      at += 2;
    } else
      to = put_character (to, &at, end, is_content, is_whole);
  }
  return to;
}

static uint8_t *
put_name (uint8_t *to, const hx_stored_name *name)
{
  int is_whole;
  if (!name->is_latin1)
    return put_units (to, name->at, name->at + (name->bytes & ~1u), 0, &is_whole);
  for (uint32_t i = 0; i < name->bytes; i++) {
    uint8_t byte = name->at[i];
    if (byte < 128 && kinds[byte] == PLAIN)
      *to++ = byte;
    else if (byte < 128 && kinds[byte] == REFERENCE)
      to = put_reference (to, byte);
    else
      to = hx_put_utf8 (to, byte < 32 ? 0xfffd : byte);
  }
  return to;
}

/* Where the first NUL stands, or the end of the last whole unit. */
static const uint8_t *
find_nul (const uint8_t *at, const uint8_t *end)
{
  for (; end - at >= 2; at += 2)
    if (at[0] == 0 && at[1] == 0)
      break;
  return at;
}

static uint8_t *
put_base64 (uint8_t *to, const uint8_t *data, uint32_t bytes)
{
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  uint32_t at = 0;
  while (bytes - at >= 3) {
    uint32_t bits = (uint32_t) data[at] << 16 | (uint32_t) data[at + 1] << 8 | data[at + 2];
    to[0] = (uint8_t) alphabet[bits >> 18];
    to[1] = (uint8_t) alphabet[bits >> 12 & 63];
    to[2] = (uint8_t) alphabet[bits >> 6 & 63];
    to[3] = (uint8_t) alphabet[bits & 63];
    to += 4;
    at += 3;
    if (at % LINE_BYTES == 0 && at < bytes)
      to = HX_PUT (to, "\r\n");
  }
  if (at == bytes)
    return to;
  uint32_t second = bytes - at == 2 ? data[at + 1] : 0, bits = (uint32_t) data[at] << 16 | second << 8;
  *to++ = (uint8_t) alphabet[bits >> 18];
  *to++ = (uint8_t) alphabet[bits >> 12 & 63];
  *to++ = bytes - at == 2 ? (uint8_t) alphabet[bits >> 6 & 63] : '=';
  *to++ = '=';
  return to;
}

/* ---- Values ---- */

static uint8_t *
put_type (uint8_t *to, uint32_t type)
{
  switch (type) {
  case 0:
    return HX_PUT (to, "none");
  case 1:
    return HX_PUT (to, "string");
  case 2:
    return HX_PUT (to, "expand");
  case 3:
    return HX_PUT (to, "binary");
  case 4:
  case 5:
    return HX_PUT (to, "int32");
  case 6:
    return HX_PUT (to, "link");
  case 7:
    return HX_PUT (to, "string-list");
  case 8:
    return HX_PUT (to, "resource-list");
  case 9:
    return HX_PUT (to, "resource-description");
  case 10:
    return HX_PUT (to, "resource-requirements");
  case 11:
    return HX_PUT (to, "int64");
  default:
    return HX_PUT (to, "unknown");
  }
}

/* Up to the name's last quote. */
static uint8_t *
put_head (const hx_export *e, uint8_t *to, uint32_t type, int is_bad, int is_base64)
{
  to = HX_PUT (to, "<value type=\"");
  if (is_bad)
    to = HX_PUT (to, "bad-");
  to = put_type (to, type);
  *to++ = '"';
  if (is_base64)
    to = HX_PUT (to, " encoding=\"base64\"");
  if (e->scan.name.bytes < 2 && (e->scan.name.bytes == 0 || !e->scan.name.is_latin1))
    return HX_PUT (to, " default=\"1\"");
  to = HX_PUT (to, " key=\"");
  to = put_name (to, &e->scan.name);
  *to++ = '"';
  return to;
}

static uint8_t *
put_runs (const hx_export *e, uint8_t *to)
{
  size_t vk = e->scan.vk;
  uint32_t stored = hx_get32 (e->hx, HX_VK (vk, data_len));
  to = HX_PUT (to, "<byte_runs><byte_run file_offset=\"");
  to = hx_put_decimal (to, vk);
  to = HX_PUT (to, "\" len=\"");
  to = hx_put_decimal (to, HX_VK_NAME_AT + (e->scan.name.is_latin1 ? e->scan.name.bytes : e->scan.name.bytes & ~1u));
  if (stored != 0 && stored < HX_RESIDENT) {
    to = HX_PUT (to, "\"/><byte_run file_offset=\"");
    to = hx_put_decimal (to, HX_FIRST_BIN + (uint64_t) hx_get32 (e->hx, HX_VK (vk, data_offset)));
    to = HX_PUT (to, "\" len=\"");
    to = hx_put_decimal (to, (uint64_t) stored + 4);
  }
  return HX_PUT (to, "\"/></byte_runs></value>");
}

static uint8_t *
put_binary (const hx_export *e, uint8_t *to, uint32_t type, int is_bad)
{
  to = put_head (e, to, type, is_bad, 1);
  to = HX_PUT (to, " value=\"");
  to = put_base64 (to, e->scan.data, e->scan.data_bytes);
  to = HX_PUT (to, "\">");
  return put_runs (e, to);
}

static uint8_t *
put_string (const hx_export *e, uint8_t *start)
{
  const uint8_t *data = e->scan.data;
  int is_whole = 1;
  uint8_t *to = put_head (e, start, e->scan.type, 0, 0);
  to = HX_PUT (to, " value=\"");
  to = put_units (to, data, find_nul (data, data + e->scan.data_bytes), 0, &is_whole);
  if (!is_whole)
    return put_binary (e, start, e->scan.type, 1);
  to = HX_PUT (to, "\">");
  return put_runs (e, to);
}

static uint8_t *
put_list (const hx_export *e, uint8_t *start)
{
  const uint8_t *at = e->scan.data, *end = at + e->scan.data_bytes;
  int is_whole = 1;
  uint8_t *to = put_head (e, start, e->scan.type, 0, 0);
  *to++ = '>';
  while (at < end) {
    const uint8_t *text_end = find_nul (at, end);
    to = HX_PUT (to, "<string>");
    to = put_units (to, at, text_end, 1, &is_whole);
    if (!is_whole)
      return put_binary (e, start, e->scan.type, 1);
    to = HX_PUT (to, "</string>");
    at = end - text_end >= 2 ? text_end + 2 : end;
  }
  return put_runs (e, to);
}

static uint8_t *
put_number (const hx_export *e, uint8_t *to)
{
  const uint8_t *data = e->scan.data;
  uint32_t low = hx_unit_at (data) | hx_unit_at (data + 2) << 16;
  int64_t number = (int32_t) low;
  if (e->scan.type == 5)
    number = (int32_t) __builtin_bswap32 (low);
  else if (e->scan.type == 11)
    number = (int64_t) (low | (uint64_t) (hx_unit_at (data + 4) | hx_unit_at (data + 6) << 16) << 32);
  to = put_head (e, to, e->scan.type, 0, 0);
  to = HX_PUT (to, " value=\"");
  if (number < 0)
    *to++ = '-';
  to = hx_put_decimal (to, number < 0 ? 0 - (uint64_t) number : (uint64_t) number);
  to = HX_PUT (to, "\">");
  return put_runs (e, to);
}

static uint8_t *
put_value (const hx_export *e, uint8_t *to)
{
  uint32_t type = e->scan.type, bytes = e->scan.data_bytes;
  if (type == 1 || type == 2 || type == 6)
    return put_string (e, to);
  if (type == 7)
    return put_list (e, to);
  if (bytes == (type == 4 || type == 5 ? 4u : type == 11 ? 8u : 0xffffffffu))
    return put_number (e, to);
  uint32_t shown = type == 4 || type == 5 || type == 11 ? 12 : type;
  if (bytes != 0 || type == 3)
    return put_binary (e, to, shown, 0);
  to = put_head (e, to, shown, 0, 1);
  return HX_PUT (to, "/>");
}

/* ---- Keys ---- */

static uint8_t *
put_time (uint8_t *to, uint64_t time)
{
  if (time == 0 || time > LAST_TIME)
    return to;
  to = HX_PUT (to, "<mtime>");
  to = hx_put_clock (to, time / TICKS);
  return HX_PUT (to, "Z</mtime>");
}

static uint8_t *
put_key (const hx_export *e, uint8_t *to)
{
  const hx_stored_name *name = &e->scan.name;
  to = HX_PUT (to, "<node name=\"");
  to = put_name (to, name);
  *to++ = '"';
  if (e->scan.depth == 0)
    to = HX_PUT (to, " root=\"1\"");
  *to++ = '>';
  to = put_time (to, hx_read_time (e, HX_NK (e->scan.nk, timestamp)));
  to = HX_PUT (to, "<byte_runs><byte_run file_offset=\"");
  to = hx_put_decimal (to, e->scan.nk);
  to = HX_PUT (to, "\" len=\"");
  to = hx_put_decimal (to, HX_NK_NAME_AT + (name->is_latin1 ? name->bytes : name->bytes & ~1u));
  return HX_PUT (to, "\"/></byte_runs>");
}

/* ---- The document ---- */

size_t
hx_xml_room (const hx_export *e, int event)
{
  const hx_scan *scan = &e->scan;
  if (event != HX_SCAN_KEY && event != HX_SCAN_VALUE)
    return 0;
  size_t room = MAX_NAME_BYTES * (size_t) scan->name.bytes;
  if (event == HX_SCAN_KEY)
    return room;
  size_t bytes = scan->data_bytes;
  return room + (scan->type == 7 ? MAX_LIST_BYTES : scan->type <= 6 ? MAX_NAME_BYTES : 4) * ((bytes + 1) / 2);
}

uint8_t *
hx_xml_begin (hx_export *e, uint8_t *to)
{
  to = HX_PUT (to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<hive>");
  return put_time (to, hx_read_time (e, BASE_TIME));
}

uint8_t *
hx_xml_event (hx_export *e, int event, uint8_t *to)
{
  switch (event) {
  case HX_SCAN_KEY:
    return put_key (e, to);
  case HX_SCAN_VALUE:
    return put_value (e, to);
  case HX_SCAN_LEAVE:
    return HX_PUT (to, "</node>");
  default:
    return HX_PUT (to, "</hive>\n");
  }
}
