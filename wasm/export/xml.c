/* hivexml's documents as src/formats/xml/writer.ts writes them without --lossless; what is said there of hivexml
 * holds here.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "xml.h"

#include "cells/image.h"
#include "xml-text.h"

#define BASE_TIME 0x0c
/* Of FILETIMEs with the highest bit set, and of 0, no time is shown. */
#define LAST_TIME 0x7fffffffffffffffu
#define TICKS 10000000u         /* in a second */

/* Stands for each type that has no name, and for numbers of another size than their type's. */
#define UNKNOWN 0xffffffffu

/* In bytes, of a unit: a reference; a NUL in a list, which is a string of its own. */
#define MAX_NAME_BYTES 6
#define MAX_LIST_BYTES 17

/* ---- Values ---- */

static uint8_t *
put_type (uint8_t *to, uint32_t type)
{
  switch (type) {
  case HX_NONE:
    return HX_PUT (to, "none");
  case HX_SZ:
    return HX_PUT (to, "string");
  case HX_EXPAND_SZ:
    return HX_PUT (to, "expand");
  case HX_BINARY:
    return HX_PUT (to, "binary");
  case HX_DWORD:
  case HX_DWORD_BIG_ENDIAN:
    return HX_PUT (to, "int32");
  case HX_LINK:
    return HX_PUT (to, "link");
  case HX_MULTI_SZ:
    return HX_PUT (to, "string-list");
  case HX_RESOURCE_LIST:
    return HX_PUT (to, "resource-list");
  case HX_FULL_RESOURCE_DESCRIPTOR:
    return HX_PUT (to, "resource-description");
  case HX_RESOURCE_REQUIREMENTS_LIST:
    return HX_PUT (to, "resource-requirements");
  case HX_QWORD:
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
  to = hx_xml_put_name (to, &e->scan.name);
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
    to = hx_put_decimal (to, HX_FIRST_BIN + hx_get32 (e->hx, HX_VK (vk, data_offset)));
    to = HX_PUT (to, "\" len=\"");
    to = hx_put_decimal (to, stored + 4);
  }
  return HX_PUT (to, "\"/></byte_runs></value>");
}

static uint8_t *
put_binary (const hx_export *e, uint8_t *to, uint32_t type, int is_bad)
{
  to = put_head (e, to, type, is_bad, 1);
  to = HX_PUT (to, " value=\"");
  to = hx_xml_put_base64 (to, e->scan.data, e->scan.data_bytes);
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
  to = hx_xml_put_units (to, &data, data + e->scan.data_bytes, HX_XML_STRING, &is_whole);
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
    to = HX_PUT (to, "<string>");
    to = hx_xml_put_units (to, &at, end, HX_XML_CONTENT, &is_whole);
    if (!is_whole)
      return put_binary (e, start, e->scan.type, 1);
    to = HX_PUT (to, "</string>");
    at = end - at >= 2 ? at + 2 : end;
  }
  return put_runs (e, to);
}

static uint8_t *
put_number (const hx_export *e, uint8_t *to)
{
  const uint8_t *data = e->scan.data;
  uint32_t low = hx_unit_at (data) | hx_unit_at (data + 2) << 16;
  int64_t number = (int32_t) low;
  if (e->scan.type == HX_DWORD_BIG_ENDIAN)
    number = (int32_t) __builtin_bswap32 (low);
  else if (e->scan.type == HX_QWORD)
    number = (int64_t) (low | (uint64_t) (hx_unit_at (data + 4) | hx_unit_at (data + 6) << 16) << 32);
  to = put_head (e, to, e->scan.type, 0, 0);
  to = HX_PUT (to, " value=\"");
  if (number < 0)
    *to++ = '-';
  to = hx_put_decimal64 (to, number < 0 ? 0 - (uint64_t) number : (uint64_t) number);
  to = HX_PUT (to, "\">");
  return put_runs (e, to);
}

/* Of a number's data; 0: the type is none of numbers. */
static uint32_t
number_bytes (uint32_t type)
{
  return type == HX_DWORD || type == HX_DWORD_BIG_ENDIAN ? 4 : type == HX_QWORD ? 8 : 0;
}

static uint8_t *
put_value (const hx_export *e, uint8_t *to)
{
  uint32_t type = e->scan.type, bytes = e->scan.data_bytes, wanted = number_bytes (type);
  if (type == HX_SZ || type == HX_EXPAND_SZ || type == HX_LINK)
    return put_string (e, to);
  if (type == HX_MULTI_SZ)
    return put_list (e, to);
  if (wanted != 0 && bytes == wanted)
    return put_number (e, to);
  uint32_t shown = wanted != 0 ? UNKNOWN : type;
  if (bytes != 0 || type == HX_BINARY)
    return put_binary (e, to, shown, 0);
  /* hivexml gives such a value no byte runs. */
  to = put_head (e, to, shown, 0, 1);
  return HX_PUT (to, "/>");
}

/* ---- Keys ---- */

static uint8_t *
put_time (hx_export *e, uint8_t *to, uint64_t time)
{
  if (time == 0 || time > LAST_TIME)
    return to;
  to = HX_PUT (to, "<mtime>");
  to = hx_put_clock (&e->date, to, time / TICKS);
  return HX_PUT (to, "Z</mtime>");
}

static uint8_t *
put_key (hx_export *e, uint8_t *to)
{
  const hx_stored_name *name = &e->scan.name;
  to = HX_PUT (to, "<node name=\"");
  to = hx_xml_put_name (to, name);
  *to++ = '"';
  if (e->scan.depth == 0)
    to = HX_PUT (to, " root=\"1\"");
  *to++ = '>';
  to = put_time (e, to, hx_read_time (e, HX_NK (e->scan.nk, timestamp)));
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
  return room + (scan->type == HX_MULTI_SZ ? MAX_LIST_BYTES : MAX_NAME_BYTES) * ((bytes + 1) / 2);
}

uint8_t *
hx_xml_begin (hx_export *e, uint8_t *to)
{
  hx_xml_make_tables ();
  to = HX_PUT (to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<hive>");
  return put_time (e, to, hx_read_time (e, BASE_TIME));
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
