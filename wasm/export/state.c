/* See state.h: what the formats share.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "state.h"

#include "cells/image.h"

/* ---- Paths ---- */

int
hx_path_open (hx_export_path *path, const uint8_t *start, size_t bytes)
{
  path->room = bytes + 4096;
  path->bytes = malloc (path->room);
  if (!path->bytes)
    return 0;
  memcpy (path->bytes, start, bytes);
  path->size = path->ends[0] = bytes;
  return 1;
}

uint8_t *
hx_path_at (hx_export_path *path, uint32_t depth, size_t room)
{
  path->size = path->ends[depth];
  if (room > path->room - path->size) {
    size_t grown_room = 2 * (path->size + room);
    uint8_t *grown = realloc (path->bytes, grown_room);
    if (!grown)
      return NULL;
    path->bytes = grown;
    path->room = grown_room;
  }
  return path->bytes + path->size;
}

/* ---- What JavaScript says of descriptors ---- */

/* The entry of that cell, or the free one where it belongs. */
static hx_security_text *
security_entry (hx_security_text *entries, size_t room, uint32_t cell)
{
  size_t at = (cell >> 3) * 2654435761u & (room - 1);
  while (entries[at].text && entries[at].cell != cell)
    at = (at + 1) & (room - 1);
  return &entries[at];
}

const hx_security_text *
hx_find_security (const hx_export *e, uint32_t cell)
{
  if (e->security_room == 0)
    return NULL;
  const hx_security_text *found = security_entry (e->securities, e->security_room, cell);
  return found->text ? found : NULL;
}

static int
grow_securities (hx_export *e)
{
  size_t room = e->security_room ? 2 * e->security_room : 64;
  hx_security_text *grown = calloc (room, sizeof *grown);
  if (!grown)
    return 0;
  for (size_t i = 0; i < e->security_room; i++)
    if (e->securities[i].text)
      *security_entry (grown, room, e->securities[i].cell) = e->securities[i];
  free (e->securities);
  e->securities = grown;
  e->security_room = room;
  return 1;
}

/* Answers HX_EXPORT_WANTS; takes over `text`, UTF-8 as it stands in a line. */
HX_EXPORT int
hx_tell_security (hx_export *e, uint8_t *text, uint32_t bytes)
{
  if (e->security_count >= e->security_room / 2 && !grow_securities (e)) {
    free (text);
    HX_FAIL (HX_NO_MEMORY, 0, "there is no memory to export a hive");
  }
  *security_entry (e->securities, e->security_room, e->wanted) = (hx_security_text) { e->wanted, bytes, text };
  e->security_count++;
  return HX_OK;
}

/* ---- Times ---- */

uint64_t
hx_read_time (const hx_export *e, size_t at)
{
  return hx_get32 (e->hx, at) | (uint64_t) hx_get32 (e->hx, at + 4) << 32;
}
