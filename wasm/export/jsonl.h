/* JSON lines.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_JSONL_H
#define HX_JSONL_H

#include "state.h"

size_t hx_jsonl_room (const hx_export *e, int event);
/* Whether the line of the key on which the scan stands needs a descriptor that has not been told: the one in `wanted`. */
int hx_jsonl_wants (hx_export *e);
uint8_t *hx_jsonl_event (hx_export *e, int event, uint8_t *to);

#endif /* HX_JSONL_H */
