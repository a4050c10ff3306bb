/* Lossless reading and editing of a hive, on hivex's handle.
 *
 * Names: hx_<verb>_<noun>. What JavaScript calls is listed in exports.txt and takes and gives 32-bit integers; the rest
 * is shared between these files. A function that can fail answers a negative status and has recorded which cell and
 * what about it (HX_FAIL).
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

#define HX_EXPORT __attribute__ ((visibility ("default")))

enum hx_status {
  HX_OK = 0,
  HX_NO_MEMORY = -1,
  HX_BAD_CELL = -2,             /* the hive is damaged there */
  HX_NOT_A_HIVE = -3,
  HX_UNSUPPORTED = -4,
  HX_TRUNCATED = -5,
  HX_BAD_CHECKSUM = -6,
  HX_NO_KEY = -7,
  HX_NO_VALUE = -8,
  HX_BAD_VALUE = -9,            /* what the caller wants written cannot be */
  HX_PROTECTED = -10,
  HX_LIMIT = -11,
  HX_INVARIANT = -12,           /* the caller broke a rule of this interface */
};

/* Records the status, the cell (0: none) and one sentence, and answers the status. */
int hx_fail (int status, uint32_t cell, const char *sentence);
#define HX_FAIL(status, cell, sentence) return hx_fail ((status), (cell), (sentence))
#define HX_TRY(call) do { int hx_try_status = (call); if (hx_try_status < 0) return hx_try_status; } while (0)

#define HX_PAGE 4096u
#define HX_FIRST_BIN 0x1000u
#define HX_BIN_HEADER 32u
#define HX_NIL 0xffffffffu
#define HX_MAX_DEPTH 512
#define HX_MAX_KEY_UNITS 255
#define HX_MAX_VALUE_UNITS 16383
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

typedef struct {
  uint32_t at, size;
} hx_free_cell;

struct hx_hive {
  hive_h *h;
  uint32_t minor;
  int is_lent;                  /* the image is the caller's: no edits */
  size_t capacity;              /* bytes that h->addr has room for */
  hx_undo edit, batch;
  int failed;                   /* first failure within the edit; nothing is written after it */
  size_t ordered;               /* the key whose subkey lists were found in order; 0: none */
  int is_indexed;
  hx_free_cell *free_cells;     /* sorted by `at` */
  size_t free_count, free_room;
  uint8_t *result;
  size_t result_size, result_room;
  uint32_t edition;             /* another after each edit that was begun: addresses into the image may be wrong then */
  hx_walk *walks;               /* those that are open */
};

/* ---- image.c: reading what lies at an offset of the image ---- */
static inline const uint8_t *
hx_at (const hx_hive *hx, size_t at)
{
  return (const uint8_t *) hx->h->addr + at;
}

static inline uint16_t
hx_get16 (const hx_hive *hx, size_t at)
{
  uint16_t value;
  memcpy (&value, hx_at (hx, at), sizeof value);
  return value;
}

static inline uint32_t
hx_get32 (const hx_hive *hx, size_t at)
{
  uint32_t value;
  memcpy (&value, hx_at (hx, at), sizeof value);
  return value;
}

/* Bytes in the cell at `at` after its size. */
static inline size_t
hx_payload (const hx_hive *hx, size_t at)
{
  int32_t size = (int32_t) hx_get32 (hx, at);
  return (size_t) (size < 0 ? -size : size) - 4;
}

/* Offset in the image of an allocated cell that has room for `payload` bytes after its size, or 0. Opening has seen to it
 * that a cell lies within its bin, so `payload` bytes after the size can be read. */
static inline size_t
hx_find_cell (const hx_hive *hx, uint32_t cell, size_t payload)
{
  if (cell >= hx->h->size - HX_FIRST_BIN)
    return 0;
  size_t at = HX_FIRST_BIN + (size_t) cell;
  return IS_VALID_BLOCK (hx->h, at) && hx_payload (hx, at) >= payload ? at : 0;
}

static inline size_t
hx_find_tagged (const hx_hive *hx, uint32_t cell, uint32_t tag, size_t payload)
{
  size_t at = hx_find_cell (hx, cell, payload);
  return at && hx_get16 (hx, at + 4) == tag ? at : 0;
}

#define HX_CELL(at) ((uint32_t) ((at) - HX_FIRST_BIN))
/* The nk (vk) cell with its name inside, or 0. */
size_t hx_find_node (const hx_hive *hx, uint32_t node);
size_t hx_find_value_cell (const hx_hive *hx, uint32_t value);
hx_stored_name hx_node_name (const hx_hive *hx, size_t nk);
hx_stored_name hx_value_name (const hx_hive *hx, size_t vk);
uint32_t hx_count_values (const hx_hive *hx, size_t nk);
void hx_stamp_checksum (hx_hive *hx);
/* Puts the checksum into the base block of an image that is not a handle's yet. */
void hx_stamp_image (uint8_t *image);
hx_hive *hx_open_hive (uint8_t *image, size_t size);
int hx_close_hive (hx_hive *hx);

/* ---- pages.c: every write goes through here, so that it can be taken back ---- */
int hx_begin_edit (hx_hive *hx);
int hx_end_edit (hx_hive *hx, int status);
void hx_put (hx_hive *hx, size_t at, const void *bytes, size_t size);
void hx_put_zero (hx_hive *hx, size_t at, size_t size);
void hx_put16 (hx_hive *hx, size_t at, uint32_t value);
void hx_put32 (hx_hive *hx, size_t at, uint32_t value);
void hx_put_time (hx_hive *hx, size_t nk, uint32_t low, uint32_t high);
void hx_move (hx_hive *hx, size_t to, size_t from, size_t size);
void hx_mark_valid (hx_hive *hx, size_t at, int is_valid);
int hx_break_edit (hx_hive *hx, int status, uint32_t cell, const char *sentence);
void hx_drop_undo (hx_undo *undo);

/* ---- space.c: cells ---- */
int hx_index_cells (hx_hive *hx);
/* Allocates a zeroed cell with room for `payload` bytes, in the 4 KiB page of `near` if it can; 0: failed. */
size_t hx_new_cell (hx_hive *hx, size_t payload, size_t near);
void hx_free_cell_at (hx_hive *hx, size_t at);
/* Makes the cell fit `payload` bytes, in place if it can; gives its offset, contents kept; 0: failed. */
size_t hx_resize_cell (hx_hive *hx, size_t at, size_t payload);
size_t hx_grow_cell (hx_hive *hx, size_t at, size_t payload, size_t near);
void hx_shrink_cell (hx_hive *hx, size_t at, size_t payload);
size_t hx_choose_place (const hx_hive *hx, size_t payload, size_t other_payload, size_t near);

/* ---- text.c ---- */
uint16_t hx_upcase (uint16_t unit);
uint32_t hx_stored_units (const hx_stored_name *name);
uint16_t hx_stored_unit (const hx_stored_name *name, uint32_t index);
int hx_compare_names (const hx_stored_name *a, const hx_stored_name *b);
int hx_compare_stored (const hx_stored_name *stored, const hx_name *name);
uint32_t hx_hash_stored (const hx_stored_name *name);
uint32_t hx_hint_stored (const hx_stored_name *name);
int hx_is_latin1 (const hx_name *name);
int hx_has_unit (const hx_name *name, uint16_t unit);
/* Bytes that the name takes in a record, and writes it there. */
uint32_t hx_name_bytes (const hx_name *name);
void hx_put_name (hx_hive *hx, size_t at, const hx_name *name);

/* ---- key.c ---- */
int hx_check_key_name (const hx_name *name);
/* The parent of a key that is not the root, or 0. */
size_t hx_find_parent (const hx_hive *hx, size_t nk);
int hx_free_class (hx_hive *hx, size_t nk);

/* ---- list.c, list-edit.c: subkey lists ---- */
/* Offsets in the image of the subkeys in stored order, in memory that the caller frees; negative: failed. `seen` (may be
 * NULL) is a bitmap of cells used already; a list that uses one again is damaged. */
int hx_take_subkeys (hx_hive *hx, size_t nk, uint8_t *seen, size_t **subkeys, size_t *count);
int hx_insert_subkey (hx_hive *hx, size_t nk, size_t child);
int hx_remove_subkey (hx_hive *hx, size_t nk, size_t child);
/* Frees every list cell of the key. */
int hx_free_lists (hx_hive *hx, size_t nk);
/* The child of that name as an offset in the image (0: none). */
int hx_look_up (hx_hive *hx, size_t nk, const hx_name *name, size_t *child);

/* ---- values.c, data.c ---- */
int hx_check_values (hx_hive *hx, size_t nk, size_t *list);
int hx_measure_data (hx_hive *hx, size_t vk, uint32_t *size);
/* Where the data lie in the image; NULL: in segments (hx_copy_data gathers them). */
int hx_find_data (hx_hive *hx, size_t vk, uint32_t *size, const uint8_t **data);
int hx_copy_data (hx_hive *hx, size_t vk, uint8_t *to);
int hx_store_data (hx_hive *hx, size_t vk, const uint8_t *data, uint32_t size);
int hx_free_data (hx_hive *hx, size_t vk);
int hx_free_values (hx_hive *hx, size_t nk);

/* ---- security.c ---- */
int hx_share_security (hx_hive *hx, uint32_t cell);
int hx_drop_security (hx_hive *hx, uint32_t cell);
int hx_set_security (hx_hive *hx, uint32_t node, const uint8_t *bytes, uint32_t size, uint32_t low, uint32_t high);

/* ---- walk.c ---- */
void hx_drop_walks (hx_hive *hx);
int hx_close_walk (hx_hive *hx, hx_walk *walk);

/* ---- result.c: the handle's answer to JavaScript ---- */
void hx_clear_result (hx_hive *hx);
/* Room for `size` more bytes, whatever they hold; NULL: no memory. */
uint8_t *hx_extend_result (hx_hive *hx, size_t size);
int hx_finish_result (hx_hive *hx);

#endif /* HX_H */
