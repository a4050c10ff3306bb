/* Walks for JavaScript: what a scan finds as records of 32-bit words, a batch at a time. A record holds no text and no
 * data but where they lie; the batch is small enough to stay in the processor's cache. Names of ASCII are copied one after
 * the other behind the records, so that JavaScript can make one text of them all and cut it up.
 *
 * The layout is that of src/engine/walk.ts:
 *
 *      key                                     value
 *   0  1, depth in the upper 16 bits           2
 *   1  cell                                    cell
 *   2  flags                                   flags
 *   3  address of the name                     address of the name
 *   4  bytes of it, top bit: Latin-1           bytes of it, top bit: Latin-1
 *   5  cell of the parent                      type
 *   6  last written, low half                  address of the data; 0: they cannot be read whole
 *   7  last written, high half                 bytes of them, or what the value states
 *   8  address of the class name; 0: none
 *   9  bytes of it
 *
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "walk.h"

#include "cells/image.h"
#include "scan.h"

enum { KIND_KEY = 1, KIND_VALUE = 2 };
#define LATIN1 0x80000000u
#define KEY_WORDS 10
#define VALUE_WORDS 8
#define BATCH_WORDS 8192
#define BATCH_TEXT 32768

struct hx_walk {
  uint32_t words[BATCH_WORDS];  /* the address of the walk is that of its batch */
  uint32_t text_bytes;
  uint8_t text[BATCH_TEXT];
  hx_scan scan;
  hx_walk *next;
};

static uint32_t
address_of (const void *at)
{
  return (uint32_t) (uintptr_t) at;
}

/* A last byte that is half a unit is not part of the name. */
static uint32_t
name_word (const hx_stored_name *name)
{
  return name->is_latin1 ? name->bytes | LATIN1 : name->bytes & ~1u;
}

/* Where the name is: among the texts, or where it lies. */
static uint32_t
place_name (hx_walk *walk)
{
  const hx_stored_name *name = &walk->scan.name;
  if (!name->is_latin1 || name->bytes > BATCH_TEXT - walk->text_bytes)
    return address_of (name->at);
  uint8_t *to = walk->text + walk->text_bytes;
  uint64_t all = 0, eight;
  uint32_t at = 0;
  for (; name->bytes - at >= sizeof eight; at += sizeof eight) {
    memcpy (&eight, name->at + at, sizeof eight);
    memcpy (to + at, &eight, sizeof eight);
    all |= eight;
  }
  for (; at < name->bytes; at++)
    all |= to[at] = name->at[at];
  if (all & 0x8080808080808080u)
    return address_of (name->at);
  walk->text_bytes += name->bytes;
  return address_of (to);
}

static uint32_t *
put_key (hx_walk *walk, uint32_t *to)
{
  const hx_scan *scan = &walk->scan;
  const hx_hive *hx = scan->hx;
  to[0] = KIND_KEY | scan->depth << 16;
  to[1] = HX_CELL (scan->nk);
  to[2] = hx_get16 (hx, HX_NK (scan->nk, flags));
  to[3] = place_name (walk);
  to[4] = name_word (&scan->name);
  to[5] = scan->parent;
  to[6] = hx_get32 (hx, HX_NK (scan->nk, timestamp));
  to[7] = hx_get32 (hx, HX_NK (scan->nk, timestamp) + 4);
  to[8] = address_of (scan->class_at);
  to[9] = scan->class_bytes;
  return to + KEY_WORDS;
}

static uint32_t *
put_value (hx_walk *walk, uint32_t *to)
{
  const hx_scan *scan = &walk->scan;
  to[0] = KIND_VALUE;
  to[1] = HX_CELL (scan->vk);
  to[2] = scan->flags;
  to[3] = place_name (walk);
  to[4] = name_word (&scan->name);
  to[5] = scan->type;
  to[6] = address_of (scan->data);
  to[7] = scan->data_bytes;
  return to + VALUE_WORDS;
}

void
hx_drop_walks (hx_hive *hx)
{
  while (hx->walks)
    hx_close_walk (hx, hx->walks);
}

/* NULL: hx_error_status tells. Closed by hx_close_walk, or with the hive. */
HX_EXPORT hx_walk *
hx_open_walk (hx_hive *hx, uint32_t node)
{
  size_t nk = hx_find_node (hx, node);
  if (!nk) {
    hx_fail (HX_NO_KEY, node, "there is no key at that cell");
    return NULL;
  }
  hx_walk *walk = malloc (sizeof *walk);
  if (!walk) {
    hx_fail (HX_NO_MEMORY, 0, "there is no memory to walk the tree");
    return NULL;
  }
  if (hx_scan_open (&walk->scan, hx, nk) < 0) {
    hx_scan_close (&walk->scan);
    free (walk);
    return NULL;
  }
  walk->next = hx->walks;
  hx->walks = walk;
  return walk;
}

/* The words of the next batch; 0: the walk is at its end. Its addresses hold until the next call with this walk, or an
 * edit. */
HX_EXPORT int
hx_read_walk (hx_hive *hx, hx_walk *walk)
{
  (void) hx;
  hx_scan *scan = &walk->scan;
  uint32_t *to = walk->words;
  walk->text_bytes = 0;
  while (to <= walk->words + BATCH_WORDS - KEY_WORDS) {
    int event = hx_scan_next (scan);
    if (event < 0)
      return event;
    if (event == HX_SCAN_END)
      break;
    if (event == HX_SCAN_KEY)
      to = put_key (walk, to);
    else if (event == HX_SCAN_VALUE) {
      to = put_value (walk, to);
      /* Gathered data are there until the next event. */
      if (scan->data && scan->data == scan->gathered)
        break;
    }
  }
  return (int) (to - walk->words);
}

/* Reads every record from that key on once and gives none out: what opening has looked at is cells, not what is in them.
 * A status for the first that cannot be read. */
HX_EXPORT int
hx_check_records (hx_hive *hx, uint32_t node)
{
  size_t nk = hx_find_node (hx, node);
  if (!nk)
    HX_FAIL (HX_NO_KEY, node, "there is no key at that cell");
  hx_scan *scan = malloc (sizeof *scan);
  if (!scan)
    HX_FAIL (HX_NO_MEMORY, 0, "there is no memory to walk the tree");
  int event = hx_scan_open (scan, hx, nk);
  if (event == HX_OK)
    do {
      event = hx_scan_next (scan);
      if (event == HX_SCAN_VALUE && !scan->data && scan->data_bytes != 0)
        event = hx_fail (HX_BAD_CELL, HX_CELL (scan->vk), "the data of a value cannot be read whole");
    } while (event > HX_SCAN_END);
  hx_scan_close (scan);
  free (scan);
  return event;
}

HX_EXPORT int
hx_close_walk (hx_hive *hx, hx_walk *walk)
{
  for (hx_walk **at = &hx->walks; *at; at = &(*at)->next)
    if (*at == walk) {
      *at = walk->next;
      hx_scan_close (&walk->scan);
      free (walk);
      break;
    }
  return HX_OK;
}
