/* The handle's answer to JavaScript.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_RESULT_H
#define HX_RESULT_H

#include "hx.h"

void hx_clear_result (hx_hive *hx);
/* Room for `size` more bytes, whatever they hold; NULL: no memory. */
uint8_t *hx_extend_result (hx_hive *hx, size_t size);
int hx_finish_result (hx_hive *hx);

#endif /* HX_RESULT_H */
