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

static int
decline (hx_export *e)
{
  e->size = 0;
  return e->state = HX_EXPORT_DECLINED;
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

/* One event into the buffer; 0: declined. */
static int
write_event (hx_export *e, int event)
{
  if (event == HX_SCAN_VALUE && !hx_claim_value (e))
    return 0;
  if (!reserve (e, HX_EXPORT_FIXED + room_for (e, event)))
    return 0;
  uint8_t *to = e->buffer + e->size;
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
    return 0;
  e->size = (size_t) (to - e->buffer);
  e->keys += event == HX_SCAN_KEY;
  e->values += event == HX_SCAN_VALUE;
  return 1;
}

/* ---- Exports ---- */

HX_EXPORT int
hx_close_export (hx_export *e)
{
  hx_scan_close (&e->scan);
  free (e->buffer);
  free (e->claimed);
  free (e->listed);
  free (e->path.bytes);
  for (size_t i = 0; i < e->security_room; i++)
    free (e->securities[i].text);
  free (e->securities);
  free (e);
  return HX_OK;
}

static int
open_export (hx_export *e, const uint8_t *start, size_t bytes)
{
  /* hivex has seen to the tag of the root, not to its name. */
  size_t root = hx_find_node (e->hx, HX_CELL (e->hx->h->rootoffs));
  if (!root)
    HX_FAIL (HX_BAD_CELL, HX_CELL (e->hx->h->rootoffs), "the root cell is not a whole key");
  HX_TRY (hx_scan_open (&e->scan, e->hx, root));
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

/* Says, before the first hx_fill_export, that the other reader has read the subkeys of that key already: whose they are
 * has then been decided in that order. HX_EXPORT_DECLINED where they are not sound. */
HX_EXPORT int
hx_claim_export (hx_export *e, uint32_t node)
{
  size_t nk = hx_find_node (e->hx, node);
  return nk && hx_claim_subkeys (e, nk) ? HX_EXPORT_END : decline (e);
}

/* Goes on until the buffer is to be taken, and says why it stopped: hx_export_event. */
HX_EXPORT int
hx_fill_export (hx_export *e)
{
  if (e->state == HX_EXPORT_END || e->state == HX_EXPORT_DECLINED)
    return e->state;
  if (e->state == HX_EXPORT_FULL)
    e->size = 0;
  while (e->size < HX_EXPORT_BYTES) {
    int event = e->pending ? e->pending : hx_scan_next (&e->scan);
    if (event < 0 || (event == HX_SCAN_KEY && !e->pending && !hx_claim_key (e)))
      return decline (e);
    e->pending = 0;
    if (e->format == HX_JSONL && !hx_jsonl_is_ready (e, event)) {
      e->pending = event;
      return e->state = HX_EXPORT_WANTS;
    }
    if (!write_event (e, event))
      return decline (e);
    if (event == HX_SCAN_END)
      return e->state = HX_EXPORT_END;
  }
  return e->state = HX_EXPORT_FULL;
}

/* Where the buffer is, and how many bytes are in it. */
HX_EXPORT const void *hx_peek_export (hx_export *e) { return e->buffer; }
HX_EXPORT uint32_t hx_count_export (hx_export *e) { return (uint32_t) e->size; }

/* The cell of the descriptor that HX_EXPORT_WANTS is about. */
HX_EXPORT uint32_t hx_read_wanted (hx_export *e) { return e->wanted; }
HX_EXPORT uint32_t hx_count_exported_keys (hx_export *e) { return e->keys; }
HX_EXPORT uint32_t hx_count_exported_values (hx_export *e) { return e->values; }
