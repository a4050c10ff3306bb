/* See security.h.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "security.h"

#include "cells/edit.h"
#include "cells/image.h"
#include "cells/pages.h"
#include "cells/result.h"
#include "cells/space.h"

#define MIN_DESCRIPTOR 20u
#define SELF_RELATIVE 0x8000u

/* The sk cell with its descriptor inside, or 0. */
static size_t
find_security (const hx_hive *hx, uint32_t cell)
{
  size_t sk = hx_find_tagged (hx, cell, HX_TAG ('s', 'k'), HX_SK_DATA_AT - 4);
  if (!sk || hx_payload (hx, sk) - (HX_SK_DATA_AT - 4) < hx_get32 (hx, HX_SK (sk, sec_len)))
    return 0;
  return sk;
}

/* Leaves the descriptor in the result; nothing for a key without. */
HX_EXPORT int
hx_read_security (hx_hive *hx, uint32_t node)
{
  size_t nk = hx_find_node (hx, node);
  if (!nk)
    HX_FAIL (HX_NO_KEY, node, "there is no key at that cell");
  hx_clear_result (hx);
  uint32_t cell = hx_get32 (hx, HX_NK (nk, sk));
  if (cell == HX_NIL)
    return 0;
  size_t sk = find_security (hx, cell);
  if (!sk)
    HX_FAIL (HX_BAD_CELL, node, "the security of a key is not a whole sk cell");
  uint32_t size = hx_get32 (hx, HX_SK (sk, sec_len));
  uint8_t *to = hx_extend_result (hx, size);
  if (!to)
    HX_FAIL (HX_NO_MEMORY, 0, "there is no memory for a security descriptor");
  memcpy (to, hx_at (hx, sk + HX_SK_DATA_AT), size);
  return hx_finish_result (hx);
}

/* One more key uses the cell. */
int
hx_share_security (hx_hive *hx, uint32_t cell)
{
  if (cell == HX_NIL)
    return HX_OK;
  size_t sk = find_security (hx, cell);
  if (!sk)
    return hx_break_edit (hx, HX_BAD_CELL, cell, "the security of a key is not a whole sk cell");
  uint32_t count = hx_get32 (hx, HX_SK (sk, refcount));
  if (count == UINT32_MAX)
    return hx_break_edit (hx, HX_BAD_CELL, cell, "an sk cell counts more users than it can");
  hx_put32 (hx, HX_SK (sk, refcount), count + 1);
  return hx->failed;
}

/* One key less uses the cell; with the last one it leaves the ring and is freed. */
int
hx_drop_security (hx_hive *hx, uint32_t cell)
{
  if (cell == HX_NIL)
    return HX_OK;
  size_t sk = find_security (hx, cell);
  if (!sk)
    return hx_break_edit (hx, HX_BAD_CELL, cell, "the security of a key is not a whole sk cell");
  uint32_t count = hx_get32 (hx, HX_SK (sk, refcount));
  if (count == 0)
    return hx_break_edit (hx, HX_BAD_CELL, cell, "an sk cell that a key uses counts no users");
  if (count > 1) {
    hx_put32 (hx, HX_SK (sk, refcount), count - 1);
    return hx->failed;
  }
  uint32_t next = hx_get32 (hx, HX_SK (sk, sk_next)), previous = hx_get32 (hx, HX_SK (sk, sk_prev));
  size_t after = find_security (hx, next), before = find_security (hx, previous);
  if (!after || !before || hx_get32 (hx, HX_SK (after, sk_prev)) != cell
      || hx_get32 (hx, HX_SK (before, sk_next)) != cell)
    return hx_break_edit (hx, HX_BAD_CELL, cell, "the ring of sk cells is broken");
  hx_put32 (hx, HX_SK (before, sk_next), next);
  hx_put32 (hx, HX_SK (after, sk_prev), previous);
  hx_free_cell_at (hx, sk);
  return hx->failed;
}

/* ---- Setting ---- */

static int
check_descriptor (const uint8_t *bytes, uint32_t size)
{
  uint32_t control, offset;
  if (size < MIN_DESCRIPTOR || bytes[0] != 1)
    HX_FAIL (HX_BAD_VALUE, 0, "the security descriptor is shorter than 20 bytes or not of revision 1");
  control = (uint32_t) bytes[2] | (uint32_t) bytes[3] << 8;
  if (!(control & SELF_RELATIVE))
    HX_FAIL (HX_BAD_VALUE, 0, "the security descriptor is not self-relative");
  for (size_t at = 4; at < MIN_DESCRIPTOR; at += 4) {
    memcpy (&offset, bytes + at, 4);
    if (offset != 0 && (offset < MIN_DESCRIPTOR || offset >= size))
      HX_FAIL (HX_BAD_VALUE, 0, "a part of the security descriptor lies outside it");
  }
  return HX_OK;
}

/* The cell of the ring from `start` on that holds these bytes, or 0. */
static int
find_same (hx_hive *hx, size_t start, const uint8_t *bytes, uint32_t size, size_t *same)
{
  size_t limit = hx->h->size / (HX_SK_DATA_AT + 4), sk = start;
  *same = 0;
  do {
    if (hx_get32 (hx, HX_SK (sk, sec_len)) == size && memcmp (hx_at (hx, sk + HX_SK_DATA_AT), bytes, size) == 0) {
      *same = sk;
      return HX_OK;
    }
    sk = find_security (hx, hx_get32 (hx, HX_SK (sk, sk_next)));
    if (!sk || limit-- == 0)
      return hx_break_edit (hx, HX_BAD_CELL, HX_CELL (start), "the ring of sk cells is broken");
  } while (sk != start);
  return HX_OK;
}

/* A new cell in the ring behind `before`; alone in its ring when that is 0. */
static size_t
new_security (hx_hive *hx, size_t before, const uint8_t *bytes, uint32_t size, size_t near)
{
  size_t sk = hx_new_cell (hx, HX_SK_DATA_AT - 4 + size, near);
  if (!sk)
    return 0;
  uint32_t next = before ? hx_get32 (hx, HX_SK (before, sk_next)) : HX_CELL (sk);
  hx_put (hx, sk + 4, "sk", 2);
  hx_put32 (hx, HX_SK (sk, sk_next), next);
  hx_put32 (hx, HX_SK (sk, sk_prev), before ? HX_CELL (before) : HX_CELL (sk));
  hx_put32 (hx, HX_SK (sk, sec_len), size);
  hx_put (hx, sk + HX_SK_DATA_AT, bytes, size);
  if (before) {
    size_t after = find_security (hx, next);
    if (!after || hx_get32 (hx, HX_SK (after, sk_prev)) != HX_CELL (before)) {
      hx_break_edit (hx, HX_BAD_CELL, next, "the ring of sk cells is broken");
      return 0;
    }
    hx_put32 (hx, HX_SK (before, sk_next), HX_CELL (sk));
    hx_put32 (hx, HX_SK (after, sk_prev), HX_CELL (sk));
  }
  return hx->failed ? 0 : sk;
}

static int
set_security (hx_hive *hx, uint32_t node, const uint8_t *bytes, uint32_t size, uint32_t low, uint32_t high)
{
  size_t nk = hx_find_node (hx, node), same = 0;
  if (!nk)
    HX_FAIL (HX_NO_KEY, node, "there is no key at that cell");
  HX_TRY (check_descriptor (bytes, size));
  uint32_t old_cell = hx_get32 (hx, HX_NK (nk, sk));
  /* A key without a descriptor looks for the ring where the root key has it. */
  size_t start = find_security (hx, old_cell == HX_NIL ? hx_get32 (hx, HX_NK (hx->h->rootoffs, sk)) : old_cell);
  if (!start && old_cell != HX_NIL)
    HX_FAIL (HX_BAD_CELL, node, "the security of a key is not a whole sk cell");
  if (start)
    HX_TRY (find_same (hx, start, bytes, size, &same));
  if (same && HX_CELL (same) == old_cell)
    return HX_OK;
  if (!same)
    same = new_security (hx, start, bytes, size, nk);
  if (!same)
    return hx->failed;
  HX_TRY (hx_share_security (hx, HX_CELL (same)));
  HX_TRY (hx_drop_security (hx, old_cell));
  hx_put32 (hx, HX_NK (nk, sk), HX_CELL (same));
  hx_put_time (hx, nk, low, high);
  return hx->failed;
}

HX_EXPORT int
hx_set_security (hx_hive *hx, uint32_t node, const uint8_t *bytes, uint32_t size, uint32_t low, uint32_t high)
{
  HX_TRY (hx_begin_edit (hx));
  return hx_end_edit (hx, set_security (hx, node, bytes, size, low, high));
}
