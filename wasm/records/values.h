/* The values of a key.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_VALUES_H
#define HX_VALUES_H

#include "cells/hx.h"

/* The value list, every value of it checked; *list is 0 where the key has none. */
int hx_check_values (hx_hive *hx, size_t nk, size_t *list);
int hx_free_values (hx_hive *hx, size_t nk);

#endif /* HX_VALUES_H */
