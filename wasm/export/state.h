/* Hives as XML, .reg and JSON lines, byte for byte as src/formats writes them, from a scan into a buffer that JavaScript
 * empties. What would not be written exactly so is declined before the first byte: damage, and names that a format cannot
 * hold.
 *
 * A writer gets each event with room for all that it can make of it, and puts its bytes at `to`; it gives the place after
 * them, or NULL where there is no memory.
 *
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_STATE_H
#define HX_STATE_H

#include "bytes.h"
#include "reading/scan.h"

/* src/engine/export.ts knows these by number. */
enum hx_export_format { HX_XML = 0, HX_REG = 1, HX_JSONL = 2 };
enum hx_export_event {
  HX_EXPORT_END = 0,            /* what is in the buffer is the last */
  HX_EXPORT_FULL = 1,           /* the buffer is to be taken before the next call */
  HX_EXPORT_WANTS = 2,          /* hx_tell_security is to say what the descriptor in `wanted` is */
  HX_EXPORT_DECLINED = 3,       /* nothing will be written */
  HX_EXPORT_CHECKED = 4,        /* all of it will be written */
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

typedef struct hx_export hx_export;

struct hx_export {
  hx_scan scan;
  hx_hive *hx;
  enum hx_export_format format;
  enum hx_export_event state;   /* how the last call ended; to begin with, as if more had been wanted */
  uint32_t wanted;
  uint32_t keys, values;        /* written */
  uint8_t *buffer;
  size_t size, room;
  /* ---- claims.c, until all is checked ---- */
  uint8_t *claimed;             /* one bit for each 8 bytes of the image: a cell there has been claimed */
  /* ---- The format's own ---- */
  hx_export_path path;
  hx_export_date date;
  uint64_t time;                /* FILETIME of `time_text` */
  uint32_t time_bytes;          /* 0: of none yet */
  uint8_t time_text[112];
  hx_security_text *securities; /* open addressing; a power of two of them */
  size_t security_count, security_room;
};

/* 0: no memory. */
int hx_path_open (hx_export_path *path, const uint8_t *start, size_t bytes);
/* Room for that many bytes at the end of the path at that depth, which is its end from now on; NULL: no memory. */
uint8_t *hx_path_at (hx_export_path *path, uint32_t depth, size_t room);
const hx_security_text *hx_find_security (const hx_export *e, uint32_t cell);
uint64_t hx_read_time (const hx_export *e, size_t at);

#endif /* HX_STATE_H */
