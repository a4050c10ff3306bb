/* Texts of hivexml's documents: what XML has references for and what it cannot hold, and base64.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_XML_TEXT_H
#define HX_XML_TEXT_H

#include "cells/hx.h"

/* A name, and data in an attribute or in an element, where tabs and line feeds stay. */
typedef enum { HX_XML_NAME, HX_XML_STRING, HX_XML_CONTENT } hx_xml_text;
void hx_xml_make_tables (void);
/* UTF-16LE up to `end`, of data up to the first NUL; *from stands there then. *is_whole becomes 0 where XML cannot hold
 * it: U+FFFD stands for what it cannot. */
uint8_t *hx_xml_put_units (uint8_t *to, const uint8_t **from, const uint8_t *end, hx_xml_text kind, int *is_whole);
uint8_t *hx_xml_put_name (uint8_t *to, const hx_stored_name *name);
uint8_t *hx_xml_put_base64 (uint8_t *to, const uint8_t *data, uint32_t bytes);

#endif /* HX_XML_TEXT_H */
