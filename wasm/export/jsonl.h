/* JSON lines.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_JSONL_H
#define HX_JSONL_H

#include "state.h"

size_t hx_jsonl_room (const hx_export *e, int event);
/* Whether all is known that the event's line needs; otherwise `wanted` is set. */
int hx_jsonl_is_ready (hx_export *e, int event);
uint8_t *hx_jsonl_event (hx_export *e, int event, uint8_t *to);

#endif /* HX_JSONL_H */
