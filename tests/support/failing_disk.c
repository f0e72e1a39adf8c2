/* A disk that fails: loaded before the C library (LD_PRELOAD), for files below one folder.

   `fail_after` lets so many more bytes be written there, then write(2) and its kind fail with an
   error. `fail_sync` lets so many more calls of fsync(2) succeed. With `trace`, what happens is
   written to a descriptor: a line for each write, sync and new name, in their order. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char folder[PATH_MAX];
static long bytes_left = -1, syncs_left = -1, taken;
static int error_number, trace_to = -1;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

void watch(const char *path) { snprintf(folder, sizeof folder, "%s/", path); }
void fail_after(long bytes, int number) { bytes_left = bytes; error_number = number; }
void fail_sync(long calls, int number) { syncs_left = calls; error_number = number; }
void trace(int descriptor) { trace_to = descriptor; }
long bytes_taken(void) { return taken; }

static void tell(const char *format, ...) {
  char line[3 * PATH_MAX];
  va_list values;
  if (trace_to < 0) return;
  va_start(values, format);
  int size = vsnprintf(line, sizeof line, format, values);
  va_end(values);
  syscall(SYS_write, trace_to, line, size);
}

/* The path of a descriptor, or NULL if it is not below the folder. */
static const char *watched(int descriptor, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t size = readlink(link, path, PATH_MAX - 1);
  if (size < 0 || !folder[0]) return NULL;
  path[size] = 0;
  return strncmp(path, folder, strlen(folder)) ? NULL : path;
}

/* How many of these bytes are written; -1 with errno if the disk takes none. */
static ssize_t taken_of(int descriptor, size_t count) {
  char path[PATH_MAX];
  if (!watched(descriptor, path)) return count;
  pthread_mutex_lock(&mutex);
  ssize_t allowed = count;
  if (bytes_left >= 0 && (size_t)bytes_left < count) allowed = bytes_left ? bytes_left : -1;
  if (allowed > 0) {
    taken += allowed;
    if (bytes_left >= 0) bytes_left -= allowed;
    tell("write %s\n", path);
  }
  pthread_mutex_unlock(&mutex);
  if (allowed < 0) errno = error_number;
  return allowed;
}

ssize_t write(int descriptor, const void *data, size_t count) {
  ssize_t size = taken_of(descriptor, count);
  return size < 0 ? -1 : REAL(write)(descriptor, data, size);
}

ssize_t pwrite(int descriptor, const void *data, size_t count, off_t at) {
  ssize_t size = taken_of(descriptor, count);
  return size < 0 ? -1 : REAL(pwrite)(descriptor, data, size, at);
}

ssize_t pwrite64(int descriptor, const void *data, size_t count, off64_t at) {
  ssize_t size = taken_of(descriptor, count);
  return size < 0 ? -1 : REAL(pwrite64)(descriptor, data, size, at);
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  for (int part = 0; part < count; part++)
    if (parts[part].iov_len) return write(descriptor, parts[part].iov_base, parts[part].iov_len);
  return 0;
}

/* A disk without these: what copies and reserves falls back to writing. */
ssize_t copy_file_range(int from, off64_t *at, int to, off64_t *there, size_t size, unsigned how) {
  (void)from, (void)at, (void)to, (void)there, (void)size, (void)how;
  errno = ENOSYS;
  return -1;
}

int posix_fallocate(int descriptor, off_t at, off_t size) {
  char path[PATH_MAX];
  if (watched(descriptor, path) && bytes_left >= 0 && size > bytes_left) return error_number;
  return REAL(posix_fallocate)(descriptor, at, size);
}

int fsync(int descriptor) {
  char path[PATH_MAX];
  if (watched(descriptor, path)) {
    if (syncs_left >= 0 && syncs_left-- == 0) {
      errno = error_number;
      return -1;
    }
    tell("sync %s\n", path);
  }
  return REAL(fsync)(descriptor);
}

void sync(void) {
  tell("sync %s\n", folder);
  REAL(sync)();
}

int rename(const char *from, const char *to) {
  tell("name %s\t%s\n", from, to);
  return REAL(rename)(from, to);
}

int link(const char *from, const char *to) {
  tell("name %s\t%s\n", from, to);
  return REAL(link)(from, to);
}

int linkat(int at, const char *from, int there, const char *to, int how) {
  tell("name %s\t%s\n", from, to);
  return REAL(linkat)(at, from, there, to, how);
}

int renameat2(int at, const char *from, int there, const char *to, unsigned how) {
  tell("name %s\t%s\n", from, to);
  return REAL(renameat2)(at, from, there, to, how);
}
