/* See edit.h.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "edit.h"

#include "free-cells.h"
#include "pages.h"

int
hx_begin_edit (hx_hive *hx)
{
  if (hx->minor > 5)
    HX_FAIL (HX_UNSUPPORTED, 0, "the hive is layered (version 1.6), expected 1.3 to 1.5 for an edit");
  if (hx->is_borrowed)
    HX_FAIL (HX_INVARIANT, 0, "a borrowed image is not edited");
  HX_TRY (hx_index_cells (hx));
  hx->failed = HX_OK;
  hx->edition++;
  return hx_start_undo (hx, &hx->edit);
}

int
hx_end_edit (hx_hive *hx, int status)
{
  if (hx->failed)
    status = hx->failed;
  hx->failed = HX_OK;
  if (status < 0)
    hx_restore (hx, &hx->edit);
  else if (hx->batch.is_active)
    hx_join_batch (hx);
  hx_drop_undo (&hx->edit);
  return status;
}

/* ---- Batches ---- */

HX_EXPORT int
hx_begin_batch (hx_hive *hx)
{
  if (hx->batch.is_active)
    HX_FAIL (HX_INVARIANT, 0, "a batch was begun within a batch");
  return hx_start_undo (hx, &hx->batch);
}

HX_EXPORT int
hx_rollback_batch (hx_hive *hx)
{
  if (!hx->batch.is_active)
    HX_FAIL (HX_INVARIANT, 0, "a batch was rolled back that was not begun");
  hx_restore (hx, &hx->batch);
  hx_drop_undo (&hx->batch);
  hx->edition++;
  return HX_OK;
}

HX_EXPORT int
hx_keep_batch (hx_hive *hx)
{
  if (!hx->batch.is_active)
    HX_FAIL (HX_INVARIANT, 0, "a batch was kept that was not begun");
  hx_drop_undo (&hx->batch);
  return HX_OK;
}
