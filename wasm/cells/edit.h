/* Edits and batches of them: all of one, or nothing.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_EDIT_H
#define HX_EDIT_H

#include "hx.h"

int hx_begin_edit (hx_hive *hx);
/* Ends the edit; `status` is what it came to. Answers that, or the failure that stopped its writes. */
int hx_end_edit (hx_hive *hx, int status);

#endif /* HX_EDIT_H */
