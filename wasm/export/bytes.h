/* Numbers, times and characters as bytes of text.
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_BYTES_H
#define HX_BYTES_H

#include "cells/hx.h"

/* The text of a day; no bytes: of none yet. */
typedef struct {
  uint32_t day, bytes;
  uint8_t text[16];
} hx_export_date;

/* Not to be put into its caller: the host optimises function by function while they run, and small ones sooner. */
#define HX_APART __attribute__ ((noinline))

/* A literal without its NUL. */
#define HX_PUT(to, literal) (memcpy ((to), (literal), sizeof (literal) - 1), (to) + sizeof (literal) - 1)

static inline uint8_t *
hx_put_bytes_at (uint8_t *to, const void *bytes, size_t size)
{
  memcpy (to, bytes, size);
  return to + size;
}

/* As hx_put_bytes_at, sixteen at a time: as many more are read and written as make it so. */
#define HX_BLOCK 16u
uint8_t *hx_put_blocks (uint8_t *to, const uint8_t *bytes, size_t size);

static inline uint32_t
hx_unit_at (const uint8_t *at)
{
  return at[0] | (uint32_t) at[1] << 8;
}

/* Eight bytes at once. */
static inline uint64_t
hx_load_eight (const uint8_t *at)
{
  uint64_t eight;
  memcpy (&eight, at, sizeof eight);
  return eight;
}

#define HX_EACH_BYTE(byte) (0x0101010101010101u * (uint64_t) (byte))
#define HX_HIGH_BITS HX_EACH_BYTE (0x80)

/* Of eight bytes below 128, in the highest bit of each: that it is not below `least`, and that it is not `byte`. */
static inline uint64_t
hx_not_below (uint64_t eight, uint8_t least)
{
  return (eight | HX_HIGH_BITS) - HX_EACH_BYTE (least);
}

static inline uint64_t
hx_not_equal (uint64_t eight, uint8_t byte)
{
  return hx_not_below (eight ^ HX_EACH_BYTE (byte), 1);
}

/* Eight units of UTF-16LE as eight bytes; 0: one is not below 128. */
static inline int
hx_load_ascii (const uint8_t *at, uint64_t *eight)
{
  uint64_t low = hx_load_eight (at), high = hx_load_eight (at + 8);
  if ((low | high) & 0xff80ff80ff80ff80u)
    return 0;
  low = (low | low >> 8) & 0x0000ffff0000ffffu;
  high = (high | high >> 8) & 0x0000ffff0000ffffu;
  *eight = ((low | low >> 16) & 0xffffffffu) | (high | high >> 16) << 32;
  return 1;
}

/* The first eight bytes of a stored name from `at` on, of which `left` are the name's; 'a' stands for the others. They lie
 * in the name's cell, since those of a sound hive begin and end at multiples of 8, and so does a name begin. */
static inline uint64_t
hx_load_name (const uint8_t *at, uint32_t left)
{
  uint64_t eight = hx_load_eight (at);
  if (left >= 8)
    return eight;
  uint64_t others = UINT64_MAX << 8 * left;
  return (eight & ~others) | (HX_EACH_BYTE ('a') & others);
}

/* Whether the unit at `at` and the one after it (before `end`) are a surrogate pair. */
static inline int
hx_is_pair (const uint8_t *at, const uint8_t *end)
{
  return (hx_unit_at (at) & 0xfc00) == 0xd800 && end - at >= 4 && (hx_unit_at (at + 2) & 0xfc00) == 0xdc00;
}

/* The character at `*at`, before `end`, and goes past it. */
static inline uint32_t
hx_next_point (const uint8_t **at, const uint8_t *end)
{
  uint32_t point = hx_unit_at (*at);
  if (hx_is_pair (*at, end)) {
    point = 0x10000 + ((point & 0x3ff) << 10) + (hx_unit_at (*at + 2) & 0x3ff);
    *at += 2;
  }
  *at += 2;
  return point;
}

uint8_t *hx_put_decimal (uint8_t *to, uint32_t number);
uint8_t *hx_put_decimal64 (uint8_t *to, uint64_t number);
/* As many digits as `digits`, zeros in front. */
uint8_t *hx_put_padded (uint8_t *to, uint32_t number, uint32_t digits);
uint8_t *hx_put_hex32 (uint8_t *to, uint32_t number, uint32_t digits);
/* The pairs of hex digits of all bytes, as two characters each. */
extern const char hx_hex_pairs[513];
uint8_t *hx_put_utf8 (uint8_t *to, uint32_t point);
/* "1601-01-01T00:00:00" of that many seconds since then. `date` is kept from one call to the next, as most days come
 * again. */
uint8_t *hx_put_clock (hx_export_date *date, uint8_t *to, uint64_t seconds);

#endif /* HX_BYTES_H */
