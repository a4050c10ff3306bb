/* Opening a hive from memory, and closing it.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_HIVE_H
#define HX_HIVE_H

#include "cells/hx.h"

/* Takes over `image`, whatever the outcome; NULL: hx_error_status tells. */
hx_hive *hx_open_hive (uint8_t *image, size_t size);
int hx_close_hive (hx_hive *hx);

#endif /* HX_HIVE_H */
