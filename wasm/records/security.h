/* Security descriptors: sk cells in one ring, shared by content and counted.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_SECURITY_H
#define HX_SECURITY_H

#include "cells/hx.h"

int hx_share_security (hx_hive *hx, uint32_t cell);
int hx_drop_security (hx_hive *hx, uint32_t cell);
int hx_set_security (hx_hive *hx, uint32_t node, const uint8_t *bytes, uint32_t size, uint32_t low, uint32_t high);

#endif /* HX_SECURITY_H */
