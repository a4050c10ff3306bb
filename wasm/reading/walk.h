/* Walks for JavaScript; they end with the hive.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_WALK_H
#define HX_WALK_H

#include "cells/hx.h"

void hx_drop_walks (hx_hive *hx);
int hx_close_walk (hx_hive *hx, hx_walk *walk);

#endif /* HX_WALK_H */
