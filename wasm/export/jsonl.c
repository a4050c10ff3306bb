/* JSON lines as src/formats/lines/jsonl.ts writes those of keys and values; the lines before and after them are made there.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "jsonl.h"

#include "cells/image.h"
#include "json-text.h"

#define TICKS 10000000u         /* in a second */
/* 9999-12-31T23:59:59.9999999Z: what lies beyond has no ISO form. */
#define LAST_ISO_TIME 2650467743999999999u

/* In bytes, of a unit: \u001f. */
#define MAX_UNIT_BYTES 6
#define PATH_END "\",\"name\":"

static const char *const type_names[] = {
  "REG_NONE", "REG_SZ", "REG_EXPAND_SZ", "REG_BINARY", "REG_DWORD", "REG_DWORD_BIG_ENDIAN", "REG_LINK", "REG_MULTI_SZ",
  "REG_RESOURCE_LIST", "REG_FULL_RESOURCE_DESCRIPTOR", "REG_RESOURCE_REQUIREMENTS_LIST", "REG_QWORD",
};

/* ---- Data ---- */

static uint8_t *
put_string (uint8_t *to, const uint8_t *data, uint32_t bytes)
{
  uint32_t end = 0;
  while (end < bytes && hx_unit_at (data + end) != 0)
    end += 2;
  for (uint32_t at = end; at < bytes; at += 2)
    if (hx_unit_at (data + at) != 0)
      return HX_PUT (to, "null");
  return hx_json_put_text (to, data, data + end, 0);
}

/* The NULs that end the list are no texts of it. */
static uint8_t *
put_list (uint8_t *to, const uint8_t *data, uint32_t bytes)
{
  while (bytes > 0 && hx_unit_at (data + bytes - 2) == 0)
    bytes -= 2;
  *to++ = '[';
  if (bytes > 0)
    to = hx_json_put_text (to, data, data + bytes, 1);
  *to++ = ']';
  return to;
}

static uint32_t
word_at (const uint8_t *at)
{
  return hx_unit_at (at) | hx_unit_at (at + 2) << 16;
}

/* What the data mean by their type; null where they have not its form. */
static HX_APART uint8_t *
put_meaning (uint8_t *to, uint32_t type, const uint8_t *data, uint32_t bytes)
{
  switch (type) {
  case HX_SZ:
  case HX_EXPAND_SZ:
  case HX_LINK:
    if (bytes % 2 == 0)
      return put_string (to, data, bytes);
    break;
  case HX_MULTI_SZ:
    if (bytes % 2 == 0)
      return put_list (to, data, bytes);
    break;
  case HX_DWORD:
    if (bytes == 4)
      return hx_put_decimal (to, word_at (data));
    break;
  case HX_DWORD_BIG_ENDIAN:
    if (bytes == 4)
      return hx_put_decimal (to, __builtin_bswap32 (word_at (data)));
    break;
  case HX_QWORD:
    if (bytes == 8) {
      *to++ = '"';
      to = hx_put_decimal64 (to, word_at (data) | (uint64_t) word_at (data + 4) << 32);
      *to++ = '"';
      return to;
    }
    break;
  }
  return HX_PUT (to, "null");
}

/* ---- Lines ---- */

static void
make_time (hx_export *e, uint64_t time)
{
  uint8_t *to = HX_PUT (e->time_text, ",\"lastWritten\":{\"iso\":");
  if (time > LAST_ISO_TIME)
    to = HX_PUT (to, "null");
  else {
    *to++ = '"';
    to = hx_put_clock (&e->date, to, time / TICKS);
    *to++ = '.';
    to = hx_put_padded (to, (uint32_t) (time % TICKS), 7);
    to = HX_PUT (to, "Z\"");
  }
  to = HX_PUT (to, ",\"filetime\":\"");
  to = hx_put_decimal64 (to, time);
  to = HX_PUT (to, "\"}");
  e->time = time;
  e->time_bytes = (uint32_t) (to - e->time_text);
}

/* Lengthens the path by the key's name, and puts behind it what stands in each line; 0: no memory. */
static int
enter_key (hx_export *e)
{
  const hx_stored_name *name = &e->scan.name;
  uint32_t depth = e->scan.depth;
  uint8_t *to = hx_path_at (&e->path, depth ? depth - 1 : 0, MAX_UNIT_BYTES * (size_t) name->bytes + sizeof PATH_END + 2 + HX_BLOCK);
  if (!to)
    return 0;
  /* A backslash, escaped. */
  if (depth > 1)
    to = HX_PUT (to, "\\\\");
  if (depth > 0)
    to = hx_json_put_name (to, name);
  e->path.ends[depth] = (size_t) (to - e->path.bytes);
  to = HX_PUT (to, PATH_END);
  e->path.size = (size_t) (to - e->path.bytes);
  uint64_t time = hx_read_time (e, HX_NK (e->scan.nk, timestamp));
  if (time != e->time || e->time_bytes == 0)
    make_time (e, time);
  return 1;
}

static int
is_in_hive (const hx_export *e, uint32_t cell)
{
  return cell < e->hx->h->size - HX_FIRST_BIN;
}

/* Of the key on which the scan stands. */
static hx_security_text
security_of_key (const hx_export *e)
{
  static uint8_t none[] = "null";
  uint32_t cell = hx_get32 (e->hx, HX_NK (e->scan.nk, sk));
  return is_in_hive (e, cell) ? *hx_find_security (e, cell) : (hx_security_text) { cell, sizeof none - 1, none };
}

/* Source, path and name. */
static HX_APART uint8_t *
put_start (const hx_export *e, uint8_t *to)
{
  to = hx_put_blocks (to, e->path.bytes, e->path.size);
  *to++ = '"';
  to = hx_json_put_name (to, &e->scan.name);
  *to++ = '"';
  return to;
}

static HX_APART uint8_t *
put_key (hx_export *e, uint8_t *to)
{
  const hx_scan *scan = &e->scan;
  to = HX_PUT (to, "{\"record\":\"key");
  to = put_start (e, to);
  to = hx_put_blocks (to, e->time_text, e->time_bytes);
  to = HX_PUT (to, ",\"className\":");
  to = scan->class_at ? hx_json_put_text (to, scan->class_at, scan->class_at + (scan->class_bytes & ~1u), 0) : HX_PUT (to, "null");
  to = HX_PUT (to, ",\"sddl\":");
  hx_security_text security = security_of_key (e);
  to = hx_put_bytes_at (to, security.text, security.bytes);
  to = HX_PUT (to, ",\"flags\":");
  to = hx_put_decimal (to, hx_get16 (e->hx, HX_NK (scan->nk, flags)));
  to = HX_PUT (to, ",\"subkeys\":");
  to = hx_put_decimal (to, scan->subkey_count);
  to = HX_PUT (to, ",\"values\":");
  to = hx_put_decimal (to, scan->value_count);
  to = HX_PUT (to, ",\"cellOffset\":");
  to = hx_put_decimal (to, HX_CELL (scan->nk));
  return HX_PUT (to, ",\"remnant\":null}\n");
}

static HX_APART uint8_t *
put_value (const hx_export *e, uint8_t *to)
{
  const hx_scan *scan = &e->scan;
  to = HX_PUT (to, "{\"record\":\"value");
  to = put_start (e, to);
  to = HX_PUT (to, ",\"type\":\"");
  if (scan->type < sizeof type_names / sizeof *type_names)
    to = hx_put_bytes_at (to, type_names[scan->type], strlen (type_names[scan->type]));
  else {
    to = HX_PUT (to, "0x");
    to = hx_put_hex32 (to, scan->type, 8);
  }
  to = HX_PUT (to, "\",\"typeNumber\":");
  to = hx_put_decimal (to, scan->type);
  to = HX_PUT (to, ",\"data\":");
  to = put_meaning (to, scan->type, scan->data, scan->data_bytes);
  to = HX_PUT (to, ",\"hex\":");
  to = hx_json_put_hex (to, scan->data, scan->data_bytes);
  to = hx_put_blocks (to, e->time_text, e->time_bytes);
  to = HX_PUT (to, ",\"cellOffset\":");
  to = hx_put_decimal (to, HX_CELL (scan->vk));
  return HX_PUT (to, ",\"remnant\":null}\n");
}

int
hx_jsonl_wants (hx_export *e)
{
  e->wanted = hx_get32 (e->hx, HX_NK (e->scan.nk, sk));
  return is_in_hive (e, e->wanted) && !hx_find_security (e, e->wanted);
}

size_t
hx_jsonl_room (const hx_export *e, int event)
{
  const hx_scan *scan = &e->scan;
  if (event == HX_SCAN_VALUE)
    return e->path.size + MAX_UNIT_BYTES * (size_t) scan->name.bytes
      + (MAX_UNIT_BYTES / 2 + 2) * (size_t) scan->data_bytes;
  if (event != HX_SCAN_KEY)
    return 0;
  return e->path.ends[scan->depth ? scan->depth - 1 : 0] + 2 * MAX_UNIT_BYTES * (size_t) scan->name.bytes
    + MAX_UNIT_BYTES * (size_t) scan->class_bytes + security_of_key (e).bytes;
}

uint8_t *
hx_jsonl_event (hx_export *e, int event, uint8_t *to)
{
  switch (event) {
  case HX_SCAN_KEY:
    return enter_key (e) ? put_key (e, to) : NULL;
  case HX_SCAN_VALUE:
    return put_value (e, to);
  default:
    return to;
  }
}
