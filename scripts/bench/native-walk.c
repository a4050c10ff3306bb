/* Opens a hive with the system's libhivex and reads every key and value; prints the milliseconds of the fastest of the
   rounds as two numbers, opening and walking. The library is loaded by name, so that its headers need not be installed. */

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct hive_h hive_h;
typedef size_t node_h, value_h;

static hive_h *(*open_hive)(const char *, int);
static int (*close_hive)(hive_h *);
static node_h (*root_of)(hive_h *);
static node_h *(*children_of)(hive_h *, node_h);
static value_h *(*values_of)(hive_h *, node_h);
static char *(*name_of)(hive_h *, node_h);
static char *(*key_of)(hive_h *, value_h);
static char *(*data_of)(hive_h *, value_h, int *, size_t *);
static size_t bytes;

static void walk(hive_h *hive, node_h node) {
  char *name = name_of(hive, node);
  if (name) bytes += strlen(name);
  free(name);
  value_h *values = values_of(hive, node);
  for (value_h *value = values; value && *value; value++) {
    int type;
    size_t size = 0;
    char *key = key_of(hive, *value), *data = data_of(hive, *value, &type, &size);
    bytes += size + (key ? strlen(key) : 0);
    free(key);
    free(data);
  }
  free(values);
  node_h *children = children_of(hive, node);
  for (node_h *child = children; child && *child; child++) walk(hive, *child);
  free(children);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

int main(int count, char **words) {
  void *library = dlopen("libhivex.so.0", RTLD_NOW);
  if (count < 3 || !library) return 1;
  open_hive = dlsym(library, "hivex_open");
  close_hive = dlsym(library, "hivex_close");
  root_of = dlsym(library, "hivex_root");
  children_of = dlsym(library, "hivex_node_children");
  values_of = dlsym(library, "hivex_node_values");
  name_of = dlsym(library, "hivex_node_name");
  key_of = dlsym(library, "hivex_value_key");
  data_of = dlsym(library, "hivex_value_value");
  double best_open = 1e9, best_walk = 1e9;
  for (int round = 0; round < atoi(words[2]); round++) {
    double started = now();
    hive_h *hive = open_hive(words[1], 0);
    if (!hive) return 1;
    double opened = now();
    walk(hive, root_of(hive));
    double walked = now();
    close_hive(hive);
    if (opened - started < best_open) best_open = opened - started;
    if (walked - opened < best_walk) best_walk = walked - opened;
  }
  printf("%.2f %.2f\n", best_open, best_walk);
  return bytes == 0;
}
