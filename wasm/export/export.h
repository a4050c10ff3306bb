/* Hives as XML, .reg and JSON lines, byte for byte as src/formats writes them, from a scan into a buffer that JavaScript
 * empties. What is not done exactly so is declined: damage, and names that a format cannot hold.
 *
 * A writer gets each event with room for all that it can make of it, and puts its bytes at `to`; it gives the place after
 * them, or NULL to decline.
 *
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_EXPORT_H
#define HX_EXPORT_H

#include "reading/scan.h"

/* src/engine/export.ts knows these by number. */
enum hx_export_format { HX_XML = 0, HX_REG = 1, HX_JSONL = 2 };
enum hx_export_event {
  HX_EXPORT_END = 0,            /* what is in the buffer is the last */
  HX_EXPORT_FULL = 1,           /* the buffer is to be taken before the next call */
  HX_EXPORT_WANTS = 2,          /* hx_tell_security is to say what the descriptor in `wanted` is */
  HX_EXPORT_DECLINED = 3,       /* what was given out so far is right, and there will be no more */
};

enum hx_value_type {
  HX_NONE = 0, HX_SZ = 1, HX_EXPAND_SZ = 2, HX_BINARY = 3, HX_DWORD = 4, HX_DWORD_BIG_ENDIAN = 5, HX_LINK = 6,
  HX_MULTI_SZ = 7, HX_RESOURCE_LIST = 8, HX_FULL_RESOURCE_DESCRIPTOR = 9, HX_RESOURCE_REQUIREMENTS_LIST = 10,
  HX_QWORD = 11,
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

/* The text of a day; no bytes: of none yet. */
typedef struct {
  uint32_t day, bytes;
  uint8_t text[16];
} hx_export_date;

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
  /* ---- claims.c ---- */
  uint8_t *claimed;             /* one bit for each 8 bytes of the image: a cell there has been claimed */
  uint8_t *listed;              /* keys whose subkeys have been claimed */
  /* ---- The format's own ---- */
  hx_export_path path;
  hx_export_date date;
  uint64_t time;                /* FILETIME of `time_text` */
  uint32_t time_bytes;          /* 0: of none yet */
  uint8_t time_text[112];
  hx_security_text *securities; /* open addressing; a power of two of them */
  size_t security_count, security_room;
};

/* ---- claims.c ---- */
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

/* ---- xml.c, reg.c, jsonl.c ---- */
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

/* ---- xml-text.c ---- */
/* A name, and data in an attribute or in an element, where tabs and line feeds stay. */
typedef enum { HX_XML_NAME, HX_XML_STRING, HX_XML_CONTENT } hx_xml_text;
void hx_xml_make_tables (void);
/* UTF-16LE up to `end`, of data up to the first NUL; *from stands there then. *is_whole becomes 0 where XML cannot hold
 * it: U+FFFD stands for what it cannot. */
uint8_t *hx_xml_put_units (uint8_t *to, const uint8_t **from, const uint8_t *end, hx_xml_text kind, int *is_whole);
uint8_t *hx_xml_put_name (uint8_t *to, const hx_stored_name *name);
uint8_t *hx_xml_put_base64 (uint8_t *to, const uint8_t *data, uint32_t bytes);

/* ---- json-text.c ---- */
/* UTF-16LE up to `end`, an even number of bytes, within quotes; in a list a NUL stands between two texts. */
uint8_t *hx_json_put_text (uint8_t *to, const uint8_t *at, const uint8_t *end, int is_list);
/* A name without quotes. */
uint8_t *hx_json_put_name (uint8_t *to, const hx_stored_name *name);
uint8_t *hx_json_put_hex (uint8_t *to, const uint8_t *data, uint32_t bytes);

/* ---- Bytes ---- */

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

#endif /* HX_EXPORT_H */
