/* See bytes.h.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "bytes.h"

#define DAYS_1601 584694        /* from 0000-03-01 to 1601-01-01, in the Gregorian calendar */
#define DAYS_IN_400_YEARS 146097
#define SECONDS_IN_DAY 86400

static const char decimal_pairs[] =
  "00010203040506070809" "10111213141516171819" "20212223242526272829" "30313233343536373839" "40414243444546474849"
  "50515253545556575859" "60616263646566676869" "70717273747576777879" "80818283848586878889" "90919293949596979899";

#define HEX_ROW(digit)                                                                  \
  digit "0" digit "1" digit "2" digit "3" digit "4" digit "5" digit "6" digit "7"       \
  digit "8" digit "9" digit "a" digit "b" digit "c" digit "d" digit "e" digit "f"
const char hx_hex_pairs[513] =
  HEX_ROW ("0") HEX_ROW ("1") HEX_ROW ("2") HEX_ROW ("3") HEX_ROW ("4") HEX_ROW ("5") HEX_ROW ("6") HEX_ROW ("7")
  HEX_ROW ("8") HEX_ROW ("9") HEX_ROW ("a") HEX_ROW ("b") HEX_ROW ("c") HEX_ROW ("d") HEX_ROW ("e") HEX_ROW ("f");

uint8_t *
hx_put_blocks (uint8_t *to, const uint8_t *bytes, size_t size)
{
  for (size_t at = 0; at < size; at += HX_BLOCK) {
    uint64_t two[2];
    memcpy (two, bytes + at, sizeof two);
    memcpy (to + at, two, sizeof two);
  }
  return to + size;
}

static inline uint32_t
count_digits (uint32_t n)
{
  return 1u + (n >= 10) + (n >= 100) + (n >= 1000) + (n >= 10000) + (n >= 100000) + (n >= 1000000) + (n >= 10000000)
    + (n >= 100000000) + (n >= 1000000000);
}

static inline uint8_t *
put_digits (uint8_t *to, uint32_t number, uint32_t digits)
{
  uint8_t *at = to + digits;
  for (; at - to >= 2; number /= 100) {
    at -= 2;
    memcpy (at, decimal_pairs + 2 * (number % 100), 2);
  }
  if (at != to)
    *to = (uint8_t) ('0' + number % 10);
  return to + digits;
}

uint8_t *
hx_put_padded (uint8_t *to, uint32_t number, uint32_t digits)
{
  return put_digits (to, number, digits);
}

uint8_t *
hx_put_decimal (uint8_t *to, uint32_t number)
{
  return put_digits (to, number, count_digits (number));
}

uint8_t *
hx_put_decimal64 (uint8_t *to, uint64_t number)
{
  if (number >> 32 == 0)
    return hx_put_decimal (to, (uint32_t) number);
  to = hx_put_decimal64 (to, number / 1000000000u);
  return put_digits (to, (uint32_t) (number % 1000000000u), 9);
}

uint8_t *
hx_put_hex32 (uint8_t *to, uint32_t number, uint32_t digits)
{
  for (uint32_t i = 0; i < digits; i++)
    to[i] = (uint8_t) hx_hex_pairs[2 * (number >> 4 * (digits - 1 - i) & 15) + 1];
  return to + digits;
}

uint8_t *
hx_put_utf8 (uint8_t *to, uint32_t point)
{
  if (point < 0x80) {
    *to++ = (uint8_t) point;
  } else if (point < 0x800) {
    *to++ = (uint8_t) (0xc0 | point >> 6);
    *to++ = (uint8_t) (0x80 | (point & 0x3f));
  } else {
    if (point < 0x10000) {
      *to++ = (uint8_t) (0xe0 | point >> 12);
    } else {
      *to++ = (uint8_t) (0xf0 | point >> 18);
      *to++ = (uint8_t) (0x80 | (point >> 12 & 0x3f));
    }
    *to++ = (uint8_t) (0x80 | (point >> 6 & 0x3f));
    *to++ = (uint8_t) (0x80 | (point & 0x3f));
  }
  return to;
}

/* "1601-01-01T" of the day that many days after it. Years are counted from March, so that a leap day is the last of its
 * year. */
static uint8_t *
put_date (uint8_t *to, uint32_t days)
{
  days += DAYS_1601;
  uint32_t era = days / DAYS_IN_400_YEARS, day = days % DAYS_IN_400_YEARS;
  uint32_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
  day -= 365 * year + year / 4 - year / 100;
  uint32_t month = (5 * day + 2) / 153;
  day -= (153 * month + 2) / 5;
  to = hx_put_decimal (to, 400 * era + year + (month >= 10));
  *to++ = '-';
  to = put_digits (to, month < 10 ? month + 3 : month - 9, 2);
  *to++ = '-';
  to = put_digits (to, day + 1, 2);
  *to++ = 'T';
  return to;
}

uint8_t *
hx_put_clock (hx_export_date *date, uint8_t *to, uint64_t seconds)
{
  uint32_t day = (uint32_t) (seconds / SECONDS_IN_DAY), second = (uint32_t) (seconds % SECONDS_IN_DAY);
  if (date->bytes == 0 || date->day != day) {
    date->day = day;
    date->bytes = (uint32_t) (put_date (date->text, day) - date->text);
  }
  memcpy (to, date->text, sizeof date->text);
  to += date->bytes;
  to = put_digits (to, second / 3600, 2);
  *to++ = ':';
  to = put_digits (to, second / 60 % 60, 2);
  *to++ = ':';
  return put_digits (to, second % 60, 2);
}
