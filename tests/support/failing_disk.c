/* A disk that fails: loaded before the C library (LD_PRELOAD), for files below one folder.

   `fail_after` lets so many more bytes be written there, then write(2) and its kind fail with an
   error. `fail_sync` lets so many more calls of fsync(2) succeed, and `fail_change` so many calls
   that make, name, lengthen or sync a file; the next one fails, and those after it do not. With
   `trace`, what happens is written to a descriptor: a line for each of these, in their order. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char folder[PATH_MAX];
static long bytes_left = -1, syncs_left = -1, changes_left = -1, taken;
static int error_number, trace_to = -1;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

void watch(const char *path) { snprintf(folder, sizeof folder, "%s/", path); }
void fail_after(long bytes, int number) { bytes_left = bytes; error_number = number; }
void fail_sync(long calls, int number) { syncs_left = calls; error_number = number; }
void fail_change(long calls, int number) { changes_left = calls; error_number = number; }
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

/* Whether a path lies below the folder, which is the current one. */
static int below(const char *path) {
  return folder[0] && (path[0] != '/' || !strncmp(path, folder, strlen(folder)));
}

/* Whether a call that changes the disk fails. */
static int fails(void) {
  pthread_mutex_lock(&mutex);
  int failing = changes_left >= 0 && changes_left-- == 0;
  pthread_mutex_unlock(&mutex);
  if (failing) errno = error_number;
  return failing;
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
    tell("write %s\t%ld\n", path, (long)allowed);
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

static int reserved(int descriptor, off64_t at, off64_t size) {
  char path[PATH_MAX];
  if (watched(descriptor, path)) {
    if (bytes_left >= 0 && size > bytes_left) return error_number;
    if (fails()) return error_number;
    tell("grow %s\n", path);
  }
  return REAL(posix_fallocate64)(descriptor, at, size);
}

int posix_fallocate(int descriptor, off_t at, off_t size) { return reserved(descriptor, at, size); }
int posix_fallocate64(int descriptor, off64_t at, off64_t size) {
  return reserved(descriptor, at, size);
}

static int truncated(int descriptor, off_t size) {
  char path[PATH_MAX];
  struct stat now;
  if (watched(descriptor, path) && !fstat(descriptor, &now) && now.st_size < size) {
    if (fails()) return -1;
    tell("grow %s\n", path);
  }
  return syscall(SYS_ftruncate, descriptor, size);
}

int ftruncate(int descriptor, off_t size) { return truncated(descriptor, size); }
int ftruncate64(int descriptor, off64_t size) { return truncated(descriptor, size); }

/* The disk is imagined, so nothing waits for the real one. */
int fsync(int descriptor) {
  char path[PATH_MAX];
  if (!watched(descriptor, path)) return REAL(fsync)(descriptor);
  if (syncs_left >= 0 && syncs_left-- == 0) {
    errno = error_number;
    return -1;
  }
  if (fails()) return -1;
  tell("sync %s\n", path);
  return 0;
}

void sync(void) { tell("sync %s\n", folder); }

/* New files, folders and names. */
static int opened(int at, const char *path, int how, mode_t mode) {
  if (how & O_CREAT && below(path) && faccessat(at, path, F_OK, AT_SYMLINK_NOFOLLOW)) {
    if (fails()) return -1;
    tell("make %s\n", path);
  }
  return syscall(SYS_openat, at, path, how, mode);
}

static mode_t mode_of(int how, va_list values) { return how & O_CREAT ? va_arg(values, mode_t) : 0; }

#define OPEN(name)                                                                                 \
  int name(const char *path, int how, ...) {                                                       \
    va_list values;                                                                                \
    va_start(values, how);                                                                         \
    mode_t mode = mode_of(how, values);                                                            \
    va_end(values);                                                                                \
    return opened(AT_FDCWD, path, how, mode);                                                      \
  }
OPEN(open)
OPEN(open64)

int mkdir(const char *path, mode_t mode) {
  if (below(path) && faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW)) {
    if (fails()) return -1;
    tell("make %s\n", path);
  }
  return REAL(mkdir)(path, mode);
}

/* Whether a file gets a name: told, or failed. */
static int named(const char *from, const char *to) {
  if (!below(to)) return 0;
  if (fails()) return -1;
  tell("name %s\t%s\n", from, to);
  return 0;
}

int rename(const char *from, const char *to) {
  return named(from, to) ? -1 : REAL(rename)(from, to);
}

int link(const char *from, const char *to) { return named(from, to) ? -1 : REAL(link)(from, to); }

int linkat(int at, const char *from, int there, const char *to, int how) {
  return named(from, to) ? -1 : REAL(linkat)(at, from, there, to, how);
}

int renameat2(int at, const char *from, int there, const char *to, unsigned how) {
  return named(from, to) ? -1 : REAL(renameat2)(at, from, there, to, how);
}
