/* The exports: one event of the scan after the other into the buffer.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "cells/image.h"
#include "claims.h"
#include "jsonl.h"
#include "reg.h"
#include "state.h"
#include "xml.h"

/* ---- The buffer ---- */

static int
reserve (hx_export *e, size_t room)
{
  if (room <= e->room - e->size)
    return 1;
  size_t grown_room = e->size + room;
  uint8_t *grown = realloc (e->buffer, grown_room);
  if (!grown)
    return 0;
  e->buffer = grown;
  e->room = grown_room;
  return 1;
}

static size_t
room_for (const hx_export *e, int event)
{
  switch (e->format) {
  case HX_XML:
    return hx_xml_room (e, event);
  case HX_REG:
    return hx_reg_room (e, event);
  default:
    return hx_jsonl_room (e, event);
  }
}

/* One event into the buffer. */
static int
write_event (hx_export *e, int event)
{
  uint8_t *to = NULL;
  if (reserve (e, HX_EXPORT_FIXED + room_for (e, event)))
    to = e->buffer + e->size;
  if (to)
    switch (e->format) {
    case HX_XML:
      to = hx_xml_event (e, event, to);
      break;
    case HX_REG:
      to = hx_reg_event (e, event, to);
      break;
    default:
      to = hx_jsonl_event (e, event, to);
    }
  if (!to)
    HX_FAIL (HX_NO_MEMORY, 0, "there is no memory to export a hive");
  e->size = (size_t) (to - e->buffer);
  e->keys += event == HX_SCAN_KEY;
  e->values += event == HX_SCAN_VALUE;
  return HX_OK;
}

/* ---- Exports ---- */

HX_EXPORT int
hx_close_export (hx_export *e)
{
  hx_scan_close (&e->scan);
  free (e->buffer);
  hx_claim_close (e);
  free (e->path.bytes);
  for (size_t i = 0; i < e->security_room; i++)
    free (e->securities[i].text);
  free (e->securities);
  free (e);
  return HX_OK;
}

/* Begins at the root. */
static int
open_scan (hx_export *e)
{
  /* hivex has seen to the tag of the root, not to its name. */
  size_t root = hx_find_node (e->hx, HX_CELL (e->hx->h->rootoffs));
  if (!root)
    HX_FAIL (HX_BAD_CELL, HX_CELL (e->hx->h->rootoffs), "the root cell is not a whole key");
  return hx_scan_open (&e->scan, e->hx, root);
}

static int
open_export (hx_export *e, const uint8_t *start, size_t bytes)
{
  HX_TRY (open_scan (e));
  HX_TRY (hx_claim_open (e));
  e->room = HX_EXPORT_BYTES + HX_EXPORT_FIXED;
  e->buffer = malloc (e->room);
  if (!e->buffer || !hx_path_open (&e->path, start, bytes))
    HX_FAIL (HX_NO_MEMORY, 0, "there is no memory to export a hive");
  uint8_t *to = e->buffer;
  if (e->format == HX_XML)
    to = hx_xml_begin (e, to);
  else if (e->format == HX_REG)
    to = hx_reg_begin (e, to);
  e->size = (size_t) (to - e->buffer);
  return HX_OK;
}

/* Begins to export the hive, which is not to be edited until hx_close_export. `start` begins each path: of .reg files the
 * prefix in UTF-16LE, of JSON lines the source as a string of JSON. NULL: hx_error_status tells. */
HX_EXPORT hx_export *
hx_open_export (hx_hive *hx, int format, const uint8_t *start, uint32_t bytes)
{
  hx_export *e = calloc (1, sizeof *e);
  if (!e) {
    hx_fail (HX_NO_MEMORY, 0, "there is no memory to export a hive");
    return NULL;
  }
  e->hx = hx;
  e->format = (enum hx_export_format) format;
  e->state = HX_EXPORT_WANTS;
  if (open_export (e, start, bytes) < 0) {
    hx_close_export (e);
    return NULL;
  }
  return e;
}

/* Whether what the event is about is written as the other writers write it. */
static int
is_served (hx_export *e, int event)
{
  if (event == HX_SCAN_KEY && !hx_claim_key (e))
    return 0;
  if (event == HX_SCAN_VALUE && !hx_claim_value (e))
    return 0;
  return e->format != HX_REG || hx_reg_holds (e, event);
}

/* Reads the tree once before anything is written, and says what became of it: HX_EXPORT_CHECKED, HX_EXPORT_DECLINED, or
 * HX_EXPORT_WANTS, after whose answer it is called again. */
HX_EXPORT int
hx_check_export (hx_export *e)
{
  while (e->state != HX_EXPORT_DECLINED) {
    int event = hx_scan_next (&e->scan);
    if (event < 0 || !is_served (e, event))
      e->state = HX_EXPORT_DECLINED;
    else if (event == HX_SCAN_END) {
      hx_claim_close (e);
      hx_scan_close (&e->scan);
      HX_TRY (open_scan (e));
      return e->state = HX_EXPORT_CHECKED;
    }
    else if (event == HX_SCAN_KEY && e->format == HX_JSONL && hx_jsonl_wants (e))
      return e->state = HX_EXPORT_WANTS;
  }
  return e->state;
}

/* After HX_EXPORT_CHECKED: goes on until the buffer is to be taken, and says why it stopped, HX_EXPORT_FULL or
 * HX_EXPORT_END. */
HX_EXPORT int
hx_fill_export (hx_export *e)
{
  if (e->state == HX_EXPORT_WANTS || e->state == HX_EXPORT_DECLINED)
    HX_FAIL (HX_INVARIANT, 0, "an export is written before it has been checked");
  if (e->state == HX_EXPORT_FULL)
    e->size = 0;
  while (e->state != HX_EXPORT_END && e->size < HX_EXPORT_BYTES) {
    int event = hx_scan_next (&e->scan);
    HX_TRY (event);
    HX_TRY (write_event (e, event));
    if (event == HX_SCAN_END)
      return e->state = HX_EXPORT_END;
  }
  return e->state = e->state == HX_EXPORT_END ? HX_EXPORT_END : HX_EXPORT_FULL;
}

/* Where the buffer is, and how many bytes are in it. */
HX_EXPORT const void *hx_peek_export (hx_export *e) { return e->buffer; }
HX_EXPORT uint32_t hx_count_export (hx_export *e) { return (uint32_t) e->size; }

/* The cell of the descriptor that HX_EXPORT_WANTS is about. */
HX_EXPORT uint32_t hx_read_wanted (hx_export *e) { return e->wanted; }
HX_EXPORT uint32_t hx_count_exported_keys (hx_export *e) { return e->keys; }
HX_EXPORT uint32_t hx_count_exported_values (hx_export *e) { return e->values; }
