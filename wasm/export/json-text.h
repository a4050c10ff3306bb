/* Texts of JSON lines.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_JSON_TEXT_H
#define HX_JSON_TEXT_H

#include "cells/hx.h"

/* UTF-16LE up to `end`, an even number of bytes, within quotes; in a list a NUL stands between two texts. */
uint8_t *hx_json_put_text (uint8_t *to, const uint8_t *at, const uint8_t *end, int is_list);
/* A name without quotes. */
uint8_t *hx_json_put_name (uint8_t *to, const hx_stored_name *name);
uint8_t *hx_json_put_hex (uint8_t *to, const uint8_t *data, uint32_t bytes);

#endif /* HX_JSON_TEXT_H */
