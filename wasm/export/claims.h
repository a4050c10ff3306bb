/* What the independent reader (src/regf/tree.ts) calls damage. Stricter than that reader is right, laxer is not.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_CLAIMS_H
#define HX_CLAIMS_H

#include "state.h"

int hx_claim_open (hx_export *e);
void hx_claim_close (hx_export *e);
/* Claims what the key on which the scan stands refers to; 0: not sound as src/regf/tree.ts has it. */
int hx_claim_key (hx_export *e);
/* Whether the other reader reads the value's data as the scan did. */
int hx_claim_value (hx_export *e);

#endif /* HX_CLAIMS_H */
