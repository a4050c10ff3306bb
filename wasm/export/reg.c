/* .reg files as src/formats/reg/writer.ts writes them: UTF-16LE, CRLF, hexadecimal data wrapped at their column.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "reg.h"

#include "names/text.h"

/* The next line begins when a comma has been written at or past this column. */
#define WRAP_COLUMN 76

/* In bytes: of a unit of a name or text, which may get a backslash; of a byte of data, with its part of a line's end. */
#define MAX_UNIT_BYTES 4
#define MAX_DATA_BYTES 7

static uint8_t *
put_unit (uint8_t *to, uint32_t unit)
{
  to[0] = (uint8_t) unit;
  to[1] = (uint8_t) (unit >> 8);
  return to + 2;
}

/* ASCII text as UTF-16LE. */
#define PUT_WIDE(to, literal) put_wide ((to), (literal), sizeof (literal) - 1)

static inline uint8_t *
put_wide (uint8_t *to, const char *text, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    to[2 * i] = (uint8_t) text[i];
    to[2 * i + 1] = 0;
  }
  return to + 2 * count;
}

/* ---- Names and texts ---- */

static int
is_line_end (uint32_t unit)
{
  return unit == '\r' || unit == '\n';
}

static inline uint32_t
unit_of (const hx_stored_name *name, uint32_t i)
{
  return name->is_latin1 ? name->at[i] : hx_unit_at (name->at + 2 * i);
}

/* That writer leaves out what does not pass, with a remark. The name of the root is written nowhere. */
int
hx_reg_holds (const hx_export *e, int event)
{
  const hx_stored_name *name = &e->scan.name;
  int is_key = event == HX_SCAN_KEY;
  if ((!is_key && event != HX_SCAN_VALUE) || (is_key && e->scan.depth == 0))
    return 1;
  uint32_t count = hx_stored_units (name);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t unit = unit_of (name, i);
    if ((is_key && unit == '\\') || unit == 0 || is_line_end (unit))
      return 0;
  }
  return !is_key || count != 0;
}

/* With a backslash before what has a meaning; NULL: it holds a NUL or a line break. */
static inline uint8_t *
put_escaped (uint8_t *to, uint32_t unit)
{
  if (unit == '"' || unit == '\\')
    to = put_unit (to, '\\');
  else if (unit < 14 && (unit == 0 || is_line_end (unit)))
    return NULL;
  return put_unit (to, unit);
}

/* Units up to `end`, an even number of bytes; NULL as put_escaped. */
static uint8_t *
put_units (uint8_t *to, const uint8_t *at, const uint8_t *end)
{
  while (at < end && to) {
    uint64_t eight;
    while (end - at >= 16 && hx_load_ascii (at, &eight)
           && (hx_not_below (eight, 32) & hx_not_equal (eight, '"') & hx_not_equal (eight, '\\') & HX_HIGH_BITS) == HX_HIGH_BITS) {
      memcpy (to, at, 16);
      to += 16;
      at += 16;
    }
    /* Eight at a time are tried again after what they stumbled over. */
    for (uint32_t i = 0; i < 8 && at < end && to; i++, at += 2)
      to = put_escaped (to, hx_unit_at (at));
  }
  return to;
}

static uint8_t *
put_latin1 (uint8_t *to, const uint8_t *at, uint32_t bytes)
{
  for (uint32_t i = 0; i < bytes && to; i++)
    to = put_escaped (to, at[i]);
  return to;
}

/* What stands before the data, `"name"=` or `@=`, its number of units in *column. */
static uint8_t *
put_value_name (uint8_t *start, const hx_stored_name *name, uint32_t *column)
{
  uint8_t *to = start;
  if (hx_stored_units (name) == 0)
    to = put_unit (to, '@');
  else {
    to = put_unit (to, '"');
    to = name->is_latin1 ? put_latin1 (to, name->at, name->bytes)
      : put_units (to, name->at, name->at + (name->bytes & ~1u));
    to = put_unit (to, '"');
  }
  to = put_unit (to, '=');
  *column = (uint32_t) (to - start) / 2;
  return to;
}

/* Data that "text" gives back byte for byte: ended by their one NUL, without line breaks. NULL: they are not. */
static uint8_t *
put_string (uint8_t *to, const uint8_t *data, uint32_t bytes)
{
  if (bytes < 2 || bytes % 2 != 0 || hx_unit_at (data + bytes - 2) != 0)
    return NULL;
  to = put_units (put_unit (to, '"'), data, data + bytes - 2);
  return to ? PUT_WIDE (to, "\"\r\n") : NULL;
}

/* ---- Data ---- */

/* A byte as its two digits. */
static inline uint8_t *
put_pair (uint8_t *to, uint8_t byte)
{
  uint32_t pair = (uint8_t) hx_hex_pairs[2 * byte] | (uint32_t) (uint8_t) hx_hex_pairs[2 * byte + 1] << 16;
  memcpy (to, &pair, 4);
  return to + 4;
}

/* Of each byte its two digits and a comma in UTF-16, and two bytes more, so that eight can be copied at once. */
static uint8_t comma_pairs[256][8];

static void
make_comma_pairs (void)
{
  for (uint32_t byte = 0; byte < 256; byte++)
    put_unit (put_pair (comma_pairs[byte], (uint8_t) byte), ',');
}

static uint8_t *
put_wrapped (uint8_t *to, const uint8_t *data, uint32_t bytes, uint32_t column)
{
  uint32_t at = 0;
  while (at < bytes) {
    /* The comma that brings the line to its column ends it. */
    uint32_t room = column >= WRAP_COLUMN ? 1 : (WRAP_COLUMN - column + 2) / 3, last = bytes - 1;
    uint32_t end = last - at < room ? last : at + room;
    int is_last = last - at < room;
    for (; at < end; at++, to += 6)
      memcpy (to, comma_pairs[data[at]], 8);
    if (is_last)
      return put_pair (to, data[last]);
    to = PUT_WIDE (to, "\\\r\n  ");
    column = 2;
  }
  return to;
}

static uint8_t *
put_data (uint8_t *to, uint32_t type, const uint8_t *data, uint32_t bytes, uint32_t column)
{
  uint8_t *start = to;
  if (type == HX_DWORD && bytes == 4) {
    to = PUT_WIDE (to, "dword:");
    for (uint32_t i = 4; i > 0; i--)
      to = put_pair (to, data[i - 1]);
    return PUT_WIDE (to, "\r\n");
  }
  to = PUT_WIDE (to, "hex");
  if (type != HX_BINARY) {
    uint32_t digits = 1;
    while (digits < 8 && type >> 4 * digits)
      digits++;
    to = put_unit (to, '(');
    for (uint32_t i = digits; i > 0; i--)
      to = put_unit (to, (uint8_t) hx_hex_pairs[2 * (type >> 4 * (i - 1) & 15) + 1]);
    to = put_unit (to, ')');
  }
  to = put_unit (to, ':');
  to = put_wrapped (to, data, bytes, column + (uint32_t) (to - start) / 2);
  return PUT_WIDE (to, "\r\n");
}

static uint8_t *
put_value (hx_export *e, uint8_t *to)
{
  uint32_t column;
  to = put_value_name (to, &e->scan.name, &column);
  if (e->scan.type == HX_SZ) {
    uint8_t *after = put_string (to, e->scan.data, e->scan.data_bytes);
    if (after)
      return after;
  }
  return put_data (to, e->scan.type, e->scan.data, e->scan.data_bytes, column);
}

/* ---- Keys ---- */

/* Lengthens the path by the key's name; 0: no memory. */
static int
enter_key (hx_export *e)
{
  const hx_stored_name *name = &e->scan.name;
  uint32_t count = hx_stored_units (name), depth = e->scan.depth;
  if (depth == 0)
    return 1;
  uint8_t *to = hx_path_at (&e->path, depth - 1, 2 * (size_t) count + 2 + HX_BLOCK);
  if (!to)
    return 0;
  to = put_unit (to, '\\');
  for (uint32_t i = 0; i < count; i++)
    to = put_unit (to, unit_of (name, i));
  e->path.ends[depth] = (size_t) (to - e->path.bytes);
  return 1;
}

static uint8_t *
put_key (hx_export *e, uint8_t *to)
{
  size_t bytes = e->path.ends[e->scan.depth];
  to = put_unit (to, '[');
  /* Without a prefix the root is a backslash. */
  to = bytes == 0 ? put_unit (to, '\\') : hx_put_blocks (to, e->path.bytes, bytes);
  return PUT_WIDE (to, "]\r\n");
}

/* ---- The file ---- */

size_t
hx_reg_room (const hx_export *e, int event)
{
  const hx_scan *scan = &e->scan;
  if (event == HX_SCAN_KEY)
    return e->path.ends[scan->depth ? scan->depth - 1 : 0] + 2 * (size_t) scan->name.bytes;
  if (event == HX_SCAN_VALUE)
    return MAX_UNIT_BYTES * (size_t) scan->name.bytes + MAX_DATA_BYTES * (size_t) scan->data_bytes;
  return 0;
}

uint8_t *
hx_reg_begin (hx_export *e, uint8_t *to)
{
  (void) e;
  if (comma_pairs[0][0] == 0)
    make_comma_pairs ();
  to = put_unit (to, 0xfeff);
  return PUT_WIDE (to, "Windows Registry Editor Version 5.00\r\n\r\n");
}

uint8_t *
hx_reg_event (hx_export *e, int event, uint8_t *to)
{
  /* An empty line ends the values of the key before. */
  if (event == HX_SCAN_END || (event == HX_SCAN_KEY && e->keys != 0))
    to = PUT_WIDE (to, "\r\n");
  switch (event) {
  case HX_SCAN_KEY:
    return enter_key (e) ? put_key (e, to) : NULL;
  case HX_SCAN_VALUE:
    return put_value (e, to);
  default:
    return to;
  }
}
