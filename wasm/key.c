/* Keys: creating, deleting, renaming; class name and time stamp.
 * SPDX-License-Identifier: LGPL-2.1-only */

#include "hx.h"

static int
check_name (const hx_name *name)
{
  if (name->count == 0 || name->count > HX_MAX_KEY_UNITS)
    HX_FAIL (HX_BAD_VALUE, 0, "the name of a key must have 1 to 255 units");
  if (hx_has_unit (name, '\\') || hx_has_unit (name, 0))
    HX_FAIL (HX_BAD_VALUE, 0, "the name of a key must not contain a backslash or a NUL");
  return HX_OK;
}

/* Links and predefined handles stand for other keys, so Windows would change those. */
static int
check_own (const hx_hive *hx, size_t nk)
{
  uint16_t flags = hx_get16 (hx, HX_NK (nk, flags));
  if (flags & HX_KEY_LINK)
    HX_FAIL (HX_PROTECTED, HX_CELL (nk), "the key is a symbolic link, and Windows would change its target");
  if (flags & HX_KEY_PREDEFINED)
    HX_FAIL (HX_PROTECTED, HX_CELL (nk), "the key is a predefined handle, which stands for another key");
  return HX_OK;
}

/* The parent of a key that is not the root, or 0. */
static size_t
find_parent (const hx_hive *hx, size_t nk)
{
  return nk == hx->h->rootoffs ? 0 : hx_find_node (hx, hx_get32 (hx, HX_NK (nk, parent)));
}

/* The user flags beside the length (bits 54 and up) stay. */
static void
raise_max_name (hx_hive *hx, size_t nk, uint32_t units)
{
  if (hx_get16 (hx, HX_NK (nk, max_subkey_name_len)) < 2 * units)
    hx_put16 (hx, HX_NK (nk, max_subkey_name_len), 2 * units);
}

static uint32_t
depth_of (const hx_hive *hx, size_t nk)
{
  uint32_t depth = 0;
  while (nk && nk != hx->h->rootoffs && depth <= HX_MAX_DEPTH) {
    nk = find_parent (hx, nk);
    depth++;
  }
  return depth;
}

/* ---- Creating ---- */

static size_t
new_key (hx_hive *hx, const hx_name *name, uint32_t parent, uint32_t flags, size_t near)
{
  uint32_t bytes = hx_name_bytes (name);
  size_t nk = hx_new_cell (hx, HX_NK_NAME_AT - 4 + bytes, near);
  if (!nk)
    return 0;
  hx_put (hx, nk + 4, "nk", 2);
  hx_put16 (hx, HX_NK (nk, flags), flags | (hx_is_latin1 (name) ? HX_KEY_LATIN1 : 0));
  hx_put32 (hx, HX_NK (nk, parent), parent);
  hx_put32 (hx, HX_NK (nk, subkey_lf), HX_NIL);
  hx_put32 (hx, HX_NK (nk, subkey_lf_volatile), HX_NIL);
  hx_put32 (hx, HX_NK (nk, vallist), HX_NIL);
  hx_put32 (hx, HX_NK (nk, sk), HX_NIL);
  hx_put32 (hx, HX_NK (nk, classname), HX_NIL);
  hx_put16 (hx, HX_NK (nk, name_len), bytes);
  hx_put_name (hx, nk + HX_NK_NAME_AT, name);
  return hx->failed ? 0 : nk;
}

static int
create_key (hx_hive *hx, uint32_t parent, const hx_name *name, uint32_t low, uint32_t high)
{
  size_t nk = hx_find_node (hx, parent), child;
  if (!nk)
    HX_FAIL (HX_NO_KEY, parent, "there is no key at that cell");
  HX_TRY (hx_look_up (hx, nk, name, &child));
  if (child)
    return (int) HX_CELL (child);
  HX_TRY (check_name (name));
  HX_TRY (check_own (hx, nk));
  if (depth_of (hx, nk) + 2 > HX_MAX_DEPTH)
    HX_FAIL (HX_LIMIT, parent, "the tree would be deeper than 512 keys");
  child = new_key (hx, name, parent, 0, nk);
  if (!child)
    return hx->failed;
  uint32_t security = hx_get32 (hx, HX_NK (nk, sk));
  HX_TRY (hx_share_security (hx, security));
  hx_put32 (hx, HX_NK (child, sk), security);
  hx_put_time (hx, child, low, high);
  HX_TRY (hx_insert_subkey (hx, nk, child));
  raise_max_name (hx, nk, name->count);
  hx_put_time (hx, nk, low, high);
  return (int) HX_CELL (child);
}

HX_EXPORT int
hx_create_key (hx_hive *hx, uint32_t parent, const uint16_t *units, uint32_t count, uint32_t low, uint32_t high)
{
  hx_name name = { units, count };
  HX_TRY (hx_begin_edit (hx));
  return hx_end_edit (hx, create_key (hx, parent, &name, low, high));
}

/* ---- Deleting ---- */

/* The keys of a tree, each once, parents before children. */
typedef struct {
  size_t *keys, count, room;
  uint8_t *seen;
} tree;

static int
add_to_tree (tree *t, size_t nk)
{
  if (BITMAP_TST (t->seen, nk))
    HX_FAIL (HX_BAD_CELL, HX_CELL (nk), "a key is used twice in the tree");
  BITMAP_SET (t->seen, nk);
  if (t->count == t->room) {
    size_t room = t->room * 2 + 16;
    size_t *keys = realloc (t->keys, room * sizeof *keys);
    if (!keys)
      HX_FAIL (HX_NO_MEMORY, 0, "there is no memory to list a tree");
    t->keys = keys;
    t->room = room;
  }
  t->keys[t->count++] = nk;
  return HX_OK;
}

/* A predefined handle and a key marked no-delete keep the whole tree; a link in it goes, its target does not. */
static int
list_tree (hx_hive *hx, tree *t, size_t top)
{
  HX_TRY (add_to_tree (t, top));
  for (size_t i = 0; i < t->count; i++) {
    size_t nk = t->keys[i], *subkeys, count;
    uint16_t flags = hx_get16 (hx, HX_NK (nk, flags));
    if (flags & (HX_KEY_ROOT | HX_KEY_NO_DELETE))
      HX_FAIL (HX_PROTECTED, HX_CELL (nk), "the key is marked as not to be deleted");
    if (flags & HX_KEY_PREDEFINED)
      HX_FAIL (HX_PROTECTED, HX_CELL (nk), "the key is a predefined handle, which stands for another key");
    HX_TRY (hx_take_subkeys (hx, nk, t->seen, &subkeys, &count));
    int status = HX_OK;
    for (size_t j = 0; j < count && status == HX_OK; j++)
      status = add_to_tree (t, subkeys[j]);
    free (subkeys);
    HX_TRY (status);
  }
  return HX_OK;
}

static int
free_class (hx_hive *hx, size_t nk)
{
  uint32_t cell = hx_get32 (hx, HX_NK (nk, classname));
  if (cell == HX_NIL || hx_get16 (hx, HX_NK (nk, classname_len)) == 0)
    return HX_OK;
  size_t at = hx_find_cell (hx, cell, hx_get16 (hx, HX_NK (nk, classname_len)));
  if (!at)
    return hx_break_edit (hx, HX_BAD_CELL, HX_CELL (nk), "the class name of a key is not a cell that holds it");
  hx_free_cell_at (hx, at);
  return hx->failed;
}

static int
free_tree (hx_hive *hx, const tree *t)
{
  for (size_t i = t->count; i-- > 0;) {
    size_t nk = t->keys[i];
    HX_TRY (hx_free_values (hx, nk));
    HX_TRY (free_class (hx, nk));
    HX_TRY (hx_free_lists (hx, nk));
    HX_TRY (hx_drop_security (hx, hx_get32 (hx, HX_NK (nk, sk))));
    hx_free_cell_at (hx, nk);
    if (hx->failed)
      return hx->failed;
  }
  return HX_OK;
}

static int
delete_key (hx_hive *hx, uint32_t node, tree *t, uint32_t low, uint32_t high)
{
  size_t nk = hx_find_node (hx, node);
  if (!nk)
    HX_FAIL (HX_NO_KEY, node, "there is no key at that cell");
  if (nk == hx->h->rootoffs)
    HX_FAIL (HX_PROTECTED, node, "the root key cannot be deleted");
  size_t parent = find_parent (hx, nk);
  if (!parent)
    HX_FAIL (HX_BAD_CELL, node, "the parent that a key states is not a key");
  HX_TRY (list_tree (hx, t, nk));
  HX_TRY (hx_remove_subkey (hx, parent, nk));
  HX_TRY (free_tree (hx, t));
  if (hx_get32 (hx, HX_NK (parent, nr_subkeys)) == 0) {
    hx_put16 (hx, HX_NK (parent, max_subkey_name_len), 0);
    hx_put32 (hx, HX_NK_MAX_CLASS (parent), 0);
  }
  hx_put_time (hx, parent, low, high);
  return hx->failed;
}

HX_EXPORT int
hx_delete_key (hx_hive *hx, uint32_t node, uint32_t low, uint32_t high)
{
  HX_TRY (hx_begin_edit (hx));
  tree t = { .seen = calloc (1 + hx->h->size / 32, 1) };
  int status = t.seen ? delete_key (hx, node, &t, low, high)
    : hx_fail (HX_NO_MEMORY, 0, "there is no memory to list a tree");
  free (t.keys);
  free (t.seen);
  return hx_end_edit (hx, status);
}

/* ---- Renaming ---- */

/* The nk has moved: its children and its values are its own, but the children say where their parent is. */
static int
point_children (hx_hive *hx, size_t nk)
{
  size_t *subkeys, count;
  HX_TRY (hx_take_subkeys (hx, nk, NULL, &subkeys, &count));
  for (size_t i = 0; i < count; i++)
    hx_put32 (hx, HX_NK (subkeys[i], parent), HX_CELL (nk));
  free (subkeys);
  return hx->failed;
}

static int
rename_key (hx_hive *hx, uint32_t node, const hx_name *name, uint32_t low, uint32_t high)
{
  size_t nk = hx_find_node (hx, node), other;
  if (!nk)
    HX_FAIL (HX_NO_KEY, node, "there is no key at that cell");
  if (nk == hx->h->rootoffs)
    HX_FAIL (HX_PROTECTED, node, "the root key cannot be renamed");
  HX_TRY (check_name (name));
  HX_TRY (check_own (hx, nk));
  if (hx_get16 (hx, HX_NK (nk, flags)) & HX_KEY_NO_DELETE)
    HX_FAIL (HX_PROTECTED, node, "the key is marked as not to be deleted");
  size_t parent = find_parent (hx, nk);
  if (!parent)
    HX_FAIL (HX_BAD_CELL, node, "the parent that a key states is not a key");
  HX_TRY (hx_look_up (hx, parent, name, &other));
  if (other && other != nk)
    HX_FAIL (HX_BAD_VALUE, HX_CELL (other), "another key beside it has the new name already");
  HX_TRY (hx_remove_subkey (hx, parent, nk));
  uint32_t bytes = hx_name_bytes (name), flags = hx_get16 (hx, HX_NK (nk, flags)) & ~(uint32_t) HX_KEY_LATIN1;
  size_t moved = hx_resize_cell (hx, nk, HX_NK_NAME_AT - 4 + bytes);
  if (!moved)
    return hx->failed;
  hx_put16 (hx, HX_NK (moved, flags), flags | (hx_is_latin1 (name) ? HX_KEY_LATIN1 : 0));
  hx_put16 (hx, HX_NK (moved, name_len), bytes);
  hx_put_zero (hx, moved + HX_NK_NAME_AT, hx_payload (hx, moved) - (HX_NK_NAME_AT - 4));
  hx_put_name (hx, moved + HX_NK_NAME_AT, name);
  if (moved != nk)
    HX_TRY (point_children (hx, moved));
  HX_TRY (hx_insert_subkey (hx, parent, moved));
  raise_max_name (hx, parent, name->count);
  hx_put_time (hx, moved, low, high);
  hx_put_time (hx, parent, low, high);
  return (int) HX_CELL (moved);
}

HX_EXPORT int
hx_rename_key (hx_hive *hx, uint32_t node, const uint16_t *units, uint32_t count, uint32_t low, uint32_t high)
{
  hx_name name = { units, count };
  HX_TRY (hx_begin_edit (hx));
  return hx_end_edit (hx, rename_key (hx, node, &name, low, high));
}

/* ---- Class name and time ---- */

static int
set_class (hx_hive *hx, uint32_t node, const uint8_t *bytes, int32_t size, uint32_t low, uint32_t high)
{
  size_t nk = hx_find_node (hx, node);
  if (!nk)
    HX_FAIL (HX_NO_KEY, node, "there is no key at that cell");
  if (size > 0xfffe || (size > 0 && size % 2 != 0))
    HX_FAIL (HX_BAD_VALUE, 0, "a class name must have an even number of bytes, 65,534 at most");
  HX_TRY (check_own (hx, nk));
  HX_TRY (free_class (hx, nk));
  size_t cell = size > 0 ? hx_new_cell (hx, (size_t) size, nk) : 0;
  if (cell)
    hx_put (hx, cell + 4, bytes, (size_t) size);
  hx_put32 (hx, HX_NK (nk, classname), cell ? HX_CELL (cell) : HX_NIL);
  hx_put16 (hx, HX_NK (nk, classname_len), size > 0 ? (uint32_t) size : 0);
  size_t parent = find_parent (hx, nk);
  if (parent && size > 0 && hx_get32 (hx, HX_NK_MAX_CLASS (parent)) < (uint32_t) size)
    hx_put32 (hx, HX_NK_MAX_CLASS (parent), (uint32_t) size);
  hx_put_time (hx, nk, low, high);
  return hx->failed;
}

/* A size below 1 removes the class name. */
HX_EXPORT int
hx_set_class (hx_hive *hx, uint32_t node, const uint8_t *bytes, int32_t size, uint32_t low, uint32_t high)
{
  HX_TRY (hx_begin_edit (hx));
  return hx_end_edit (hx, set_class (hx, node, bytes, size, low, high));
}

static int
set_time (hx_hive *hx, uint32_t node, uint32_t low, uint32_t high)
{
  size_t nk = hx_find_node (hx, node);
  if (!nk)
    HX_FAIL (HX_NO_KEY, node, "there is no key at that cell");
  hx_put_time (hx, nk, low, high);
  return hx->failed;
}

HX_EXPORT int
hx_set_time (hx_hive *hx, uint32_t node, uint32_t low, uint32_t high)
{
  HX_TRY (hx_begin_edit (hx));
  return hx_end_edit (hx, set_time (hx, node, low, high));
}

/* ---- A new hive ---- */

/* An image of one bin with a root key that has no security yet; freed by hx_open_hive. */
static uint8_t *
new_image (uint32_t minor, const hx_name *name, uint32_t low, uint32_t high)
{
  uint32_t bytes = hx_name_bytes (name), root_size = ((uint32_t) HX_NK_NAME_AT + bytes + 7) & ~7u;
  uint8_t *image = calloc (1, 2 * HX_PAGE);
  if (!image)
    return NULL;
  struct ntreg_header base = {
    .magic = "regf", .sequence1 = 1, .sequence2 = 1, .last_modified = (int64_t) ((uint64_t) high << 32 | low),
    .major_ver = 1, .minor_ver = minor, .unknown6 = 1, .offset = HX_BIN_HEADER, .blocks = HX_PAGE, .unknown7 = 1,
  };
  memcpy (image, &base, sizeof base);
  hx_stamp_image (image);
  uint8_t *bin = image + HX_FIRST_BIN, *cell = bin + HX_BIN_HEADER;
  uint32_t words[] = { 0, HX_PAGE, 0, 0, low, high };
  memcpy (bin, "hbin", 4);
  memcpy (bin + 4, words, sizeof words);
  struct ntreg_nk_record root = {
    .seg_len = -(int32_t) root_size, .id = "nk",
    .flags = (uint16_t) (HX_KEY_ROOT | HX_KEY_NO_DELETE | (hx_is_latin1 (name) ? HX_KEY_LATIN1 : 0)),
    .timestamp = base.last_modified, .parent = HX_NIL, .subkey_lf = HX_NIL, .subkey_lf_volatile = HX_NIL,
    .vallist = HX_NIL, .sk = HX_NIL, .classname = HX_NIL, .name_len = (uint16_t) bytes,
  };
  memcpy (cell, &root, HX_NK_NAME_AT);
  for (uint32_t i = 0; i < name->count; i++) {
    if (hx_is_latin1 (name))
      cell[HX_NK_NAME_AT + i] = (uint8_t) name->units[i];
    else
      memcpy (cell + HX_NK_NAME_AT + 2 * i, name->units + i, 2);
  }
  uint32_t rest = HX_PAGE - HX_BIN_HEADER - root_size;
  memcpy (cell + root_size, &rest, 4);
  return image;
}

/* NULL: hx_error_status tells. */
HX_EXPORT hx_hive *
hx_create_hive (uint32_t minor, const uint16_t *units, uint32_t count, const uint8_t *security, uint32_t security_size,
                uint32_t low, uint32_t high)
{
  hx_name name = { units, count };
  if (minor < 3 || minor > 5) {
    hx_fail (HX_BAD_VALUE, 0, "a new hive must be of version 1.3, 1.4 or 1.5");
    return NULL;
  }
  if (check_name (&name) < 0)
    return NULL;
  uint8_t *image = new_image (minor, &name, low, high);
  if (!image) {
    hx_fail (HX_NO_MEMORY, 0, "there is no memory for a new hive");
    return NULL;
  }
  hx_hive *hx = hx_open_hive (image, 2 * HX_PAGE);
  if (hx && hx_set_security (hx, HX_BIN_HEADER, security, security_size, low, high) < 0) {
    hx_close_hive (hx);
    return NULL;
  }
  return hx;
}
