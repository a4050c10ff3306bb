/* Hives as XML, .reg and JSON lines, byte for byte as src/formats writes them, from a scan into a buffer that JavaScript
 * empties. What is not done exactly so is declined: damage, and names that a format cannot hold.
 *
 * A writer gets each event with room for all that it can make of it, and puts its bytes at `to`; it gives the place after
 * them, or NULL to decline.
 *
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_EXPORT_H
#define HX_EXPORT_H

#include "scan.h"

/* src/engine/hive-export.ts knows these by number. */
enum hx_export_format { HX_XML = 0, HX_REG = 1, HX_JSONL = 2 };
enum hx_export_event {
  HX_EXPORT_END = 0,            /* what is in the buffer is the last */
  HX_EXPORT_FULL = 1,           /* the buffer is to be taken before the next call */
  HX_EXPORT_WANTS = 2,          /* hx_tell_security is to say what the descriptor in `wanted` is */
  HX_EXPORT_DECLINED = 3,       /* what was given out so far is right, and there will be no more */
};

/* Given out in one piece. */
#define HX_EXPORT_BYTES (256u * 1024u)
/* Room beside what depends on names, paths and data. */
#define HX_EXPORT_FIXED 1024u
/* Data longer than this are declined, so that no sum passes 32 bits. */
#define HX_EXPORT_DATA 0x04000000u

/* Text that stands for a security descriptor, by the cell of the descriptor. */
typedef struct {
  uint32_t cell;
  uint32_t bytes;
  uint8_t *text;                /* NULL: this entry is free */
} hx_security_text;

/* A text that each key lengthens by its name, and leaving it shortens again. */
typedef struct {
  uint8_t *bytes;
  size_t size, room;
  size_t ends[HX_MAX_DEPTH + 2];        /* by depth */
} hx_export_path;

typedef struct hx_export hx_export;

struct hx_export {
  hx_scan scan;
  hx_hive *hx;
  enum hx_export_format format;
  enum hx_export_event state;   /* how the last call ended; to begin with, as if more had been wanted */
  int pending;                  /* the event of the scan that waits for what JavaScript tells; 0: none */
  uint32_t wanted;
  uint32_t keys, values;        /* written */
  uint8_t *buffer;
  size_t size, room;
  /* ---- export-claims.c ---- */
  uint8_t *claimed;             /* one bit for each 8 bytes of the image: a cell there has been claimed */
  uint8_t *listed;              /* keys whose subkeys have been claimed */
  /* ---- The format's own ---- */
  hx_export_path path;
  uint64_t time;                /* FILETIME of `time_text` */
  uint32_t time_bytes;          /* 0: of none yet */
  uint8_t time_text[112];
  hx_security_text *securities; /* open addressing; a power of two of them */
  size_t security_count, security_room;
};

/* ---- export-claims.c ---- */
int hx_claim_open (hx_export *e);
/* Claims what the key on which the scan stands refers to; 0: not sound as src/regf/tree.ts has it. */
int hx_claim_key (hx_export *e);
/* As hx_claim_key, of the subkeys alone. */
int hx_claim_subkeys (hx_export *e, size_t nk);
/* Whether the other reader reads the value's data as the scan did. */
int hx_claim_value (hx_export *e);

/* ---- export.c ---- */
/* 0: no memory. */
int hx_path_open (hx_export_path *path, const uint8_t *start, size_t bytes);
/* Room for that many bytes at the end of the path at that depth, which is its end from now on; NULL: no memory. */
uint8_t *hx_path_at (hx_export_path *path, uint32_t depth, size_t room);
const hx_security_text *hx_find_security (const hx_export *e, uint32_t cell);
uint64_t hx_read_time (const hx_export *e, size_t at);

/* ---- export-xml.c, export-reg.c, export-jsonl.c ---- */
size_t hx_xml_room (const hx_export *e, int event);
uint8_t *hx_xml_begin (hx_export *e, uint8_t *to);
uint8_t *hx_xml_event (hx_export *e, int event, uint8_t *to);
size_t hx_reg_room (const hx_export *e, int event);
uint8_t *hx_reg_begin (hx_export *e, uint8_t *to);
uint8_t *hx_reg_event (hx_export *e, int event, uint8_t *to);
size_t hx_jsonl_room (const hx_export *e, int event);
/* Whether all is known that the event's line needs; otherwise `wanted` is set. */
int hx_jsonl_is_ready (hx_export *e, int event);
uint8_t *hx_jsonl_event (hx_export *e, int event, uint8_t *to);

/* ---- Bytes ---- */

/* A literal without its NUL. */
#define HX_PUT(to, literal) (memcpy ((to), (literal), sizeof (literal) - 1), (to) + sizeof (literal) - 1)

static inline uint8_t *
hx_put_bytes_at (uint8_t *to, const void *bytes, size_t size)
{
  memcpy (to, bytes, size);
  return to + size;
}

static inline uint32_t
hx_unit_at (const uint8_t *at)
{
  return at[0] | (uint32_t) at[1] << 8;
}

/* Four units of text at once: whether all are below 128, and as four bytes, the first in the lowest. */
static inline int
hx_load_ascii (const uint8_t *at, uint32_t *four)
{
  uint64_t units;
  memcpy (&units, at, sizeof units);
  if (units & 0xff80ff80ff80ff80u)
    return 0;
  units = (units | units >> 8) & 0x0000ffff0000ffffu;
  *four = (uint32_t) (units | units >> 16);
  return 1;
}

/* Whether the unit at `at` and the one after it (before `end`) are a surrogate pair. */
static inline int
hx_is_pair (const uint8_t *at, const uint8_t *end)
{
  return (hx_unit_at (at) & 0xfc00) == 0xd800 && end - at >= 4 && (hx_unit_at (at + 2) & 0xfc00) == 0xdc00;
}

uint8_t *hx_put_decimal (uint8_t *to, uint64_t number);
/* As many digits as `digits`, zeros in front. */
uint8_t *hx_put_padded (uint8_t *to, uint32_t number, uint32_t digits);
uint8_t *hx_put_hex32 (uint8_t *to, uint32_t number, uint32_t digits);
/* The pairs of hex digits of all bytes, as two characters each. */
extern const char hx_hex_pairs[513];
uint8_t *hx_put_utf8 (uint8_t *to, uint32_t point);
/* "1601-01-01T00:00:00" of that many seconds since then. */
uint8_t *hx_put_clock (uint8_t *to, uint64_t seconds);

#endif /* HX_EXPORT_H */
