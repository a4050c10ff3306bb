/* Subkey lists: inserting and removing.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_LIST_EDIT_H
#define HX_LIST_EDIT_H

#include "cells/hx.h"

int hx_insert_subkey (hx_hive *hx, size_t nk, size_t child);
int hx_remove_subkey (hx_hive *hx, size_t nk, size_t child);
/* Frees every list cell of the key. */
int hx_free_lists (hx_hive *hx, size_t nk);

#endif /* HX_LIST_EDIT_H */
