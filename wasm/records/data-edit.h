/* The data of a value: storing and freeing them.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_DATA_EDIT_H
#define HX_DATA_EDIT_H

#include "cells/hx.h"

/* Gives the value these data; what held the old ones is used again or freed. `data` lie outside the image. */
int hx_store_data (hx_hive *hx, size_t vk, const uint8_t *data, uint32_t size);
int hx_free_data (hx_hive *hx, size_t vk);

#endif /* HX_DATA_EDIT_H */
