/* Hivexml's documents.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_XML_H
#define HX_XML_H

#include "state.h"

size_t hx_xml_room (const hx_export *e, int event);
uint8_t *hx_xml_begin (hx_export *e, uint8_t *to);
uint8_t *hx_xml_event (hx_export *e, int event, uint8_t *to);

#endif /* HX_XML_H */
