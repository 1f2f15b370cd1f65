/* Loaded into the program by LD_PRELOAD: the call number FAULT_AT of the function FAULT_CALL fails with
 * the error number FAULT_ERRNO; 0 makes a write short instead (one byte). Calls are counted over all
 * threads; standard input, output and error are left alone, since their failures are tested elsewhere. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_int calls;

static int due(const char *name) {
    const char *call = getenv("FAULT_CALL");
    if (!call || strcmp(call, name) != 0)
        return 0;
    const char *at = getenv("FAULT_AT");
    return atomic_fetch_add(&calls, 1) + 1 == (at ? atoi(at) : 1);
}

static int code(void) {
    const char *text = getenv("FAULT_ERRNO");
    return text ? atoi(text) : EIO;
}

#define REAL(type, name) ((type)dlsym(RTLD_NEXT, name))

ssize_t write(int fd, const void *data, size_t size) {
    ssize_t (*real)(int, const void *, size_t) = REAL(ssize_t(*)(int, const void *, size_t), "write");
    if (fd > 2 && size > 0 && due("write")) {
        if (code() == 0)
            return real(fd, data, 1);
        errno = code();
        return -1;
    }
    return real(fd, data, size);
}

ssize_t read(int fd, void *data, size_t size) {
    ssize_t (*real)(int, void *, size_t) = REAL(ssize_t(*)(int, void *, size_t), "read");
    if (fd > 2 && due("read")) {
        if (code() == 0)
            return real(fd, data, size > 0 ? 1 : 0);
        errno = code();
        return -1;
    }
    return real(fd, data, size);
}

static int opened(const char *name, const char *path, int flags, mode_t mode) {
    int (*real)(const char *, int, ...) = REAL(int (*)(const char *, int, ...), name);
    if (due((flags & O_ACCMODE) == O_RDONLY ? "open" : "create")) {
        errno = code() ? code() : EINTR;
        return -1;
    }
    return real(path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = va_arg(more, mode_t);
    va_end(more);
    return opened("open", path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = va_arg(more, mode_t);
    va_end(more);
    return opened("open64", path, flags, mode);
}

int fsync(int fd) {
    int (*real)(int) = REAL(int (*)(int), "fsync");
    if (due("fsync")) {
        errno = code() ? code() : EINTR;
        return -1;
    }
    return real(fd);
}

int unlink(const char *path) {
    int (*real)(const char *) = REAL(int (*)(const char *), "unlink");
    if (due("unlink")) {
        errno = code() ? code() : EIO;
        return -1;
    }
    return real(path);
}

int rename(const char *from, const char *to) {
    int (*real)(const char *, const char *) = REAL(int (*)(const char *, const char *), "rename");
    if (due("rename")) {
        errno = code() ? code() : EIO;
        return -1;
    }
    return real(from, to);
}
