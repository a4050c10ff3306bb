/* Keys: creating, renaming, class name and time stamp.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_KEY_H
#define HX_KEY_H

#include "cells/hx.h"

int hx_check_key_name (const hx_name *name);
/* The parent of a key that is not the root, or 0. */
size_t hx_find_parent (const hx_hive *hx, size_t nk);
int hx_free_class (hx_hive *hx, size_t nk);

#endif /* HX_KEY_H */
