/* Names: Windows' upper-casing, order, hashes, and how they are written.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_TEXT_H
#define HX_TEXT_H

#include "cells/hx.h"

uint16_t hx_upcase (uint16_t unit);
uint32_t hx_stored_units (const hx_stored_name *name);
uint16_t hx_stored_unit (const hx_stored_name *name, uint32_t index);
int hx_compare_names (const hx_stored_name *a, const hx_stored_name *b);
int hx_compare_stored (const hx_stored_name *stored, const hx_name *name);
uint32_t hx_hash_stored (const hx_stored_name *name);
uint32_t hx_hint_stored (const hx_stored_name *name);
int hx_is_latin1 (const hx_name *name);
int hx_has_unit (const hx_name *name, uint16_t unit);
/* Bytes that the name takes in a record, and writes it there. */
uint32_t hx_name_bytes (const hx_name *name);
void hx_put_name (hx_hive *hx, size_t at, const hx_name *name);

#endif /* HX_TEXT_H */
