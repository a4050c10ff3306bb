/* .reg files.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_REG_H
#define HX_REG_H

#include "state.h"

/* Whether a .reg file can hold the name that the event is about. */
int hx_reg_holds (const hx_export *e, int event);
size_t hx_reg_room (const hx_export *e, int event);
uint8_t *hx_reg_begin (hx_export *e, uint8_t *to);
uint8_t *hx_reg_event (hx_export *e, int event, uint8_t *to);

#endif /* HX_REG_H */
