/* The config.h that hivex's sources ask for first. It stands for what ./configure would find, and it routes the calls
 * with which handle.c reads a file to the image that hx_open_hive was given: hivex "opens" a name that nobody looks at,
 * "maps" the image itself (no second copy), and "unmaps" it when the handle is closed. */

#ifndef HX_CONFIG_H
#define HX_CONFIG_H

#include <fcntl.h>
#include <iconv.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HAVE_MMAP 1

int hx_image_stat (struct stat *out);
void *hx_image_map (size_t size);
int hx_image_unmap (void *image, size_t size);

#define open(...) (3)
#define fcntl(fd, command, value) ((void) 0)
#define fstat(fd, out) hx_image_stat (out)
#define mmap(where, size, protection, flags, fd, offset) hx_image_map (size)
#define munmap(image, size) hx_image_unmap (image, size)
#define close(fd) (0)

/* No environment, no messages, no iconv (text.c converts). */
#define getenv(name) ((const char *) 0)
#define fprintf(file, ...) ((void) 0)
#define fputc(character, file) ((void) 0)
#define iconv_open(to, from) ((iconv_t) 0)
#define iconv(handle, in, in_left, out, out_left) ((size_t) -1)
#define iconv_close(handle) (0)

/* In the build for tests every allocation, hivex's own too, can be made to fail. */
#ifdef HX_DEBUG
void *hx_test_malloc (size_t size);
void *hx_test_calloc (size_t count, size_t size);
void *hx_test_realloc (void *old, size_t size);
char *hx_test_strdup (const char *text);
#ifndef HX_KEEP_MALLOC
#define malloc hx_test_malloc
#define calloc hx_test_calloc
#define realloc hx_test_realloc
#undef strdup
#define strdup hx_test_strdup
#endif
#endif

#endif /* HX_CONFIG_H */
