/* Lossless reading and editing of a hive, on hivex's handle: what a hive is made of, and the handle.
 *
 * Names: hx_<verb>_<noun>. What JavaScript calls is listed in exports.txt and takes and gives 32-bit integers; the rest
 * is shared between these files, and declared in the header beside the file that defines it.
 *
 * Three kinds of number, never mixed: `node`, `value`, `cell` and everything stored in a hive count from the FIRST BIN;
 * `at` counts from the start of the image (hivex's own offsets: first bin + 0x1000); addresses are C pointers, and none
 * is kept over a call that may grow the image.
 *
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_H
#define HX_H

#include <config.h>

#include <errno.h>
#include <stdint.h>

#include "hivex.h"
#include "hivex-internal.h"

#include "sorted-set.h"
#include "status.h"

#define HX_PAGE 4096u
#define HX_BASE_CHECKSUM 0x1fcu
#define HX_FIRST_BIN 0x1000u
#define HX_BIN_HEADER 32u
#define HX_NIL 0xffffffffu
#define HX_MAX_DEPTH 512
#define HX_MAX_KEY_UNITS 255
#define HX_MAX_VALUE_UNITS 16383
#define HX_BIG_DATA_MINOR 4     /* of version 1.4 and later: longer data than a segment's lie in segments */
#define HX_SEGMENT 16344u       /* data in one segment of big data, and the most that a plain cell holds from 1.4 on */
#define HX_RESIDENT 0x80000000u

enum hx_key_flag {
  HX_KEY_ROOT = 0x04,
  HX_KEY_NO_DELETE = 0x08,
  HX_KEY_LINK = 0x10,
  HX_KEY_LATIN1 = 0x20,
  HX_KEY_PREDEFINED = 0x40,
};
enum hx_value_flag { HX_VALUE_LATIN1 = 0x1, HX_VALUE_TOMBSTONE = 0x2 };

/* Field of a record in the cell at `at`, as an offset into the image. */
#define HX_NK(at, field) ((at) + offsetof (struct ntreg_nk_record, field))
#define HX_VK(at, field) ((at) + offsetof (struct ntreg_vk_record, field))
#define HX_SK(at, field) ((at) + offsetof (struct ntreg_sk_record, field))
/* hivex-internal.h calls these unknown. */
#define HX_NK_MAX_CLASS(at) HX_NK (at, unknown3)
#define HX_NK_NAME_AT offsetof (struct ntreg_nk_record, name)
#define HX_VK_NAME_AT offsetof (struct ntreg_vk_record, name)
#define HX_SK_DATA_AT offsetof (struct ntreg_sk_record, sec_desc)
/* The two letters after a cell's size, as one number. */
#define HX_TAG(first, second) ((uint32_t) (first) | (uint32_t) (second) << 8)

typedef struct hx_hive hx_hive;
typedef struct hx_walk hx_walk;

/* A name to look for or to write: UTF-16 code units. */
typedef struct {
  const uint16_t *units;
  uint32_t count;
} hx_name;

/* Where a stored name lies: `bytes` bytes, Latin-1 or UTF-16LE. */
typedef struct {
  const uint8_t *at;
  uint32_t bytes;
  int is_latin1;
} hx_stored_name;

/* A page as it was before an edit or a batch, with its part of hivex's bitmap. */
typedef struct {
  uint32_t page;
  uint8_t bytes[HX_PAGE];
  uint8_t valid[HX_PAGE / 32];
} hx_saved_page;

typedef struct {
  int is_active;
  size_t image_size;
  hx_saved_page **pages;
  size_t count, room;
  uint8_t *marks;               /* one bit a page: it is among `pages` */
} hx_undo;

/* See names/value-index.h. */
typedef struct {
  size_t nk;                    /* the key; 0: there is no index */
  uint32_t *slots;              /* values by the hashes of their names, as offsets in the image */
  uint32_t room, used;          /* room: a power of two */
  int has_twins;                /* two values have one name */
} hx_value_index;

/* So many keys are remembered, by where they lie. */
#define HX_ORDERED 256u

struct hx_hive {
  hive_h *h;
  uint32_t minor;
  int is_borrowed;                  /* the image is the caller's: no edits */
  size_t capacity;              /* bytes that h->addr has room for */
  hx_undo edit, batch;
  int failed;                   /* first failure within the edit; nothing is written after it */
  size_t ordered[HX_ORDERED];   /* keys whose subkey lists were found in order, by hx_ordered_slot */
  hx_value_index values;
  int is_indexed;
  hx_sorted_set free_places;    /* the free cells: offset in the upper half, size in the lower */
  hx_sorted_set free_sizes;     /* the same the other way round, from the first time that the whole hive is searched */
  int is_sized;
  uint8_t *result;
  size_t result_size, result_room;
  uint32_t edition;             /* another after each edit that was begun: addresses into the image may be wrong then */
  hx_walk *walks;               /* those that are open */
};

#endif /* HX_H */
