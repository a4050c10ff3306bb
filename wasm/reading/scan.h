/* A tree read straight from the image, event by event: a key, its values in stored order, its subkeys in stored order
 * (each the same way), and that the key is done. What gives the tree out stops between two events whenever it likes.
 *
 * Every offset is checked before it is followed. Each key and each list is used once, so a tree that runs back into
 * itself ends; values may share their data, so what is given out is measured against the size of the hive.
 *
 * SPDX-License-Identifier: LGPL-2.1-only */

#ifndef HX_SCAN_H
#define HX_SCAN_H

#include "cells/hx.h"

enum hx_scan_event {
  HX_SCAN_END = 0,
  HX_SCAN_KEY = 1,
  HX_SCAN_VALUE = 2,
  HX_SCAN_LEAVE = 3,            /* the key's values and subkeys have been given */
};

/* A key that has been entered and not left. */
typedef struct {
  size_t nk;
  size_t values;                /* the next entry of its value list */
  uint32_t values_left;
  uint32_t subkeys_left;        /* of as many as the key states */
} hx_scan_key;

/* A subkey list that is being read. */
typedef struct {
  size_t entry;                 /* the next one */
  uint32_t left;
  uint8_t entry_size;
  uint8_t is_ri;
  uint8_t nesting;              /* ri lists above it */
} hx_scan_list;

typedef struct {
  /* ---- What the last event is about. Addresses are into the image and valid until it changes. ---- */
  size_t nk;                    /* KEY, LEAVE: the key; VALUE: the key that has it */
  uint32_t depth;               /* of that key; 0: where the scan began */
  uint32_t parent;              /* KEY: cell of the parent, as the tree has it; where the scan began, as the key has it */
  hx_stored_name name;          /* KEY, VALUE */
  uint32_t value_count, subkey_count;   /* KEY */
  const uint8_t *class_at;      /* KEY; NULL: it has no class name */
  uint32_t class_bytes;
  size_t vk;                    /* VALUE */
  uint32_t type, flags;
  int is_readable;              /* its data can be read whole; otherwise data_bytes is what the value states */
  uint32_t data_bytes;
  const uint8_t *data;          /* NULL: not readable; big data are gathered, and valid until the next event */

  /* ---- The scan's own ---- */
  hx_hive *hx;
  uint32_t edition;             /* of the hive that is read */
  size_t top;                   /* the key to begin with, until it has been given */
  uint32_t key_count;           /* entered */
  hx_scan_key keys[HX_MAX_DEPTH + 2];
  hx_scan_list *lists;
  size_t list_count, list_room;
  uint8_t *seen;                /* one bit for each 4 bytes of the image: a key or list there has been used */
  uint8_t *gathered;            /* big data in one piece */
  size_t gathered_room;
  size_t budget;                /* bytes that may yet be given out */
} hx_scan;

/* Begins at that key, an offset in the image. hx_scan_close is due whatever the outcome. */
int hx_scan_open (hx_scan *scan, hx_hive *hx, size_t nk);
/* The next event, or a status (HX_INVARIANT: the hive has been edited since); after END and after a status there is
 * nothing more to ask. */
int hx_scan_next (hx_scan *scan);
void hx_scan_close (hx_scan *scan);

#endif /* HX_SCAN_H */
