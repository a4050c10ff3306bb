/* Packed records of keys and values, in one call for many. The layout is that of src/engine/records.ts; names are UTF-16.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "cells/image.h"
#include "cells/result.h"
#include "names/text.h"
#include "records/data.h"
#include "records/list.h"
#include "records/values.h"

enum data_state { DATA_ABSENT = 0, DATA_FOLLOW = 1, DATA_UNREADABLE = 2 };

typedef struct {
  uint32_t size, cell, time_low, time_high, flags, subkeys, values, name_bytes, class_bytes;
} key_record;

typedef struct {
  uint32_t size, cell, type, flags, data_bytes, data_state, name_bytes;
} value_record;

static size_t
padded (size_t size)
{
  return (size + 3) & ~(size_t) 3;
}

static void
put_units (uint8_t *to, const hx_stored_name *name)
{
  for (uint32_t i = 0; i < hx_stored_units (name); i++) {
    uint16_t unit = hx_stored_unit (name, i);
    to[2 * i] = (uint8_t) unit;
    to[2 * i + 1] = (uint8_t) (unit >> 8);
  }
}

static int
add_key (hx_hive *hx, size_t nk)
{
  hx_stored_name name = hx_node_name (hx, nk);
  key_record record = {
    .cell = HX_CELL (nk), .time_low = hx_get32 (hx, HX_NK (nk, timestamp)),
    .time_high = hx_get32 (hx, HX_NK (nk, timestamp) + 4), .flags = hx_get16 (hx, HX_NK (nk, flags)),
    .subkeys = hx_get32 (hx, HX_NK (nk, nr_subkeys)), .values = hx_count_values (hx, nk),
    .name_bytes = 2 * hx_stored_units (&name), .class_bytes = HX_NIL,
  };
  size_t class_at = 0;
  uint32_t class_bytes = hx_get16 (hx, HX_NK (nk, classname_len));
  if (class_bytes != 0 && hx_get32 (hx, HX_NK (nk, classname)) != HX_NIL) {
    class_at = hx_find_cell (hx, hx_get32 (hx, HX_NK (nk, classname)), class_bytes);
    if (!class_at)
      HX_FAIL (HX_BAD_CELL, HX_CELL (nk), "the class name of a key is not a cell that holds it");
    record.class_bytes = class_bytes;
  }
  size_t name_room = padded (record.name_bytes);
  record.size = (uint32_t) (sizeof record + name_room + (class_at ? padded (class_bytes) : 0));
  uint8_t *to = hx_extend_result (hx, record.size);
  if (!to)
    HX_FAIL (HX_NO_MEMORY, 0, "there is no memory for the answer");
  memcpy (to, &record, sizeof record);
  put_units (to + sizeof record, &name);
  if (class_at)
    memcpy (to + sizeof record + name_room, hx_at (hx, class_at + 4), class_bytes);
  return HX_OK;
}

/* Damaged data mark the record and leave the other values readable. */
static int
add_value (hx_hive *hx, size_t vk, int with_data)
{
  hx_stored_name name = hx_value_name (hx, vk);
  value_record record = {
    .cell = HX_CELL (vk), .type = hx_get32 (hx, HX_VK (vk, data_type)), .flags = hx_get16 (hx, HX_VK (vk, flags)),
    .data_bytes = hx_get32 (hx, HX_VK (vk, data_len)) & ~HX_RESIDENT, .data_state = DATA_ABSENT,
    .name_bytes = 2 * hx_stored_units (&name),
  };
  uint32_t size = 0;
  if (with_data) {
    if (hx_measure_data (hx, vk, &size) < 0) {
      record.data_state = DATA_UNREADABLE;
      size = 0;
    } else
      record.data_state = DATA_FOLLOW;
  }
  size_t name_room = padded (record.name_bytes);
  record.size = (uint32_t) (sizeof record + name_room + padded (size));
  uint8_t *to = hx_extend_result (hx, record.size);
  if (!to)
    HX_FAIL (HX_NO_MEMORY, 0, "there is no memory for the answer");
  memcpy (to, &record, sizeof record);
  put_units (to + sizeof record, &name);
  return record.data_state == DATA_FOLLOW ? hx_copy_data (hx, vk, to + sizeof record + name_room) : HX_OK;
}

/* ---- Exports ---- */

#define FIND_NODE(nk)                                           \
  size_t nk = hx_find_node (hx, node);                          \
  if (!nk)                                                      \
    HX_FAIL (HX_NO_KEY, node, "there is no key at that cell");  \
  hx_clear_result (hx)

HX_EXPORT int
hx_read_node (hx_hive *hx, uint32_t node)
{
  FIND_NODE (nk);
  HX_TRY (add_key (hx, nk));
  return hx_finish_result (hx);
}

HX_EXPORT int
hx_read_subkeys (hx_hive *hx, uint32_t node)
{
  FIND_NODE (nk);
  size_t *subkeys, count;
  HX_TRY (hx_take_subkeys (hx, nk, NULL, &subkeys, &count));
  int status = HX_OK;
  for (size_t i = 0; i < count && status == HX_OK; i++)
    status = add_key (hx, subkeys[i]);
  free (subkeys);
  return status < 0 ? status : hx_finish_result (hx);
}

/* 0: there is none. */
HX_EXPORT int
hx_find_subkey (hx_hive *hx, uint32_t node, const uint16_t *units, uint32_t count)
{
  FIND_NODE (nk);
  hx_name name = { units, count };
  size_t child;
  HX_TRY (hx_look_up (hx, nk, &name, &child));
  return child ? (int) HX_CELL (child) : 0;
}

HX_EXPORT int
hx_read_values (hx_hive *hx, uint32_t node, int with_data)
{
  FIND_NODE (nk);
  size_t list;
  uint32_t count = hx_count_values (hx, nk);
  HX_TRY (hx_check_values (hx, nk, &list));
  for (uint32_t i = 0; i < count; i++)
    HX_TRY (add_value (hx, HX_FIRST_BIN + (size_t) hx_get32 (hx, list + 4 + 4 * i), with_data));
  return hx_finish_result (hx);
}

#define FIND_VALUE(vk)                                                  \
  size_t vk = hx_find_value_cell (hx, value);                           \
  if (!vk)                                                              \
    HX_FAIL (HX_NO_VALUE, value, "there is no value at that cell");     \
  hx_clear_result (hx)

HX_EXPORT int
hx_read_value (hx_hive *hx, uint32_t value)
{
  FIND_VALUE (vk);
  HX_TRY (add_value (hx, vk, 0));
  return hx_finish_result (hx);
}

HX_EXPORT int
hx_read_data (hx_hive *hx, uint32_t value)
{
  FIND_VALUE (vk);
  uint32_t size;
  HX_TRY (hx_measure_data (hx, vk, &size));
  uint8_t *to = hx_extend_result (hx, size);
  if (!to)
    HX_FAIL (HX_NO_MEMORY, 0, "there is no memory for the data of a value");
  HX_TRY (hx_copy_data (hx, vk, to));
  return hx_finish_result (hx);
}
