/* A disk that can be cut off, filled up and broken, for the tests of tests/it/disk. Loaded into the real program with LD_PRELOAD;
 * it watches the regular files that lie directly in one data folder.
 *
 * RIG_DATA     the data folder, as the program names it
 * RIG_SHADOW   where the durable image is kept: what a power cut at this moment would leave. `names` lists the files whose names are
 *              durable (the folder was synced since they came), each with an id; a file of that id holds the content that was synced.
 *              `ID.lost` says that a sync of it failed once: what was written before is never taken for durable again.
 * RIG_CONTROL  a file of 64 numbers of 8 bytes, shared with the test: see `struct control`.
 * RIG_MOUNTS   read instead of /proc/self/mountinfo.
 *
 * Nothing is really synced: the test never cuts the power, it puts the durable image in the place of the folder. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WRITE = 1, SYNC = 2, TRUNCATE = 4, OPEN = 8 };
enum { NOTHING, FAIL_ONCE, FAIL_FROM_THEN_ON, KILL_BEFORE, KILL_AFTER };

struct control {
    uint64_t action, calls, nth, error; /* what is done at the `nth` call of one of the kinds `calls`, and with which errno */
    uint64_t capacity;                  /* most bytes in the folder; 0: no bound */
    uint64_t counted, struck;           /* calls of these kinds so far, and how many of them were struck */
};

struct range { off_t from, to; };
struct file {
    char id[64];
    struct range *dirty;
    size_t count, room;
    int reader; /* the file itself, to read back from */
};

#define FILES 512
#define DESCRIPTORS 65536
static struct file files[FILES];
static int file_count;
static short file_of[DESCRIPTORS]; /* 0: not ours; -1: the folder; else 1 + its place in `files` */
static char data[4096], shadow[4096];
static volatile struct control *control;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static int (*real_open)(const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fallocate)(int, int, off_t, off_t);

static void path_of(char *out, size_t size, const char *folder, const char *name, const char *ending) {
    snprintf(out, size, "%s/%s%s", folder, name, ending);
}

static int is_there(const char *id, const char *ending) {
    char path[8192];
    path_of(path, sizeof path, shadow, id, ending);
    return access(path, F_OK) == 0;
}

/* An inode's number is used again; with the time of its birth it is not. */
static int id_of(int folder, const char *name, int flags, char *out, size_t size, int *kind) {
    struct statx found;
    if (statx(folder, name, flags, STATX_INO | STATX_BTIME | STATX_TYPE, &found) != 0) return -1;
    snprintf(out, size, "%llu-%lld-%u", (unsigned long long)found.stx_ino, (long long)found.stx_btime.tv_sec, found.stx_btime.tv_nsec);
    *kind = S_ISREG(found.stx_mode) ? 1 : S_ISDIR(found.stx_mode) ? 2 : 0;
    return 0;
}

/* What is durable of a file grows by these bytes of it. */
static void copy(int from, const char *id, const struct range *ranges, size_t count) {
    static char block[1 << 16];
    char path[8192];
    struct stat now;
    path_of(path, sizeof path, shadow, id, "");
    int to = real_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (to < 0 || fstat(from, &now) != 0) abort();
    for (size_t i = 0; i < count; i++) {
        off_t end = ranges[i].to < now.st_size ? ranges[i].to : now.st_size;
        for (off_t at = ranges[i].from; at < end;) {
            size_t want = (size_t)(end - at) < sizeof block ? (size_t)(end - at) : sizeof block;
            ssize_t got = pread(from, block, want, at);
            if (got <= 0) break;
            if (real_pwrite(to, block, (size_t)got, at) != got) abort();
            at += got;
        }
    }
    if (real_ftruncate(to, now.st_size) != 0) abort();
    real_close(to);
}

/* The folder was synced: the names in it are durable. */
static void keep_names(int with_contents) {
    char path[8192], beside[8192], id[64];
    int kind;
    path_of(beside, sizeof beside, shadow, "names", ".new");
    path_of(path, sizeof path, shadow, "names", "");
    DIR *folder = opendir(data);
    FILE *out = fopen(beside, "we");
    if (!folder || !out) abort();
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (id_of(dirfd(folder), entry->d_name, AT_SYMLINK_NOFOLLOW, id, sizeof id, &kind) != 0 || kind != 1) continue;
        fprintf(out, "%s %s\n", id, entry->d_name);
        if (with_contents) {
            struct range all = {0, INT64_MAX};
            int from = openat(dirfd(folder), entry->d_name, O_RDONLY | O_CLOEXEC);
            if (from >= 0) { copy(from, id, &all, 1); real_close(from); }
        }
    }
    closedir(folder);
    if (fclose(out) != 0 || rename(beside, path) != 0) abort();
}

__attribute__((constructor)) static void begin(void) {
    real_open = dlsym(RTLD_NEXT, "open64");
    real_close = dlsym(RTLD_NEXT, "close");
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fallocate = dlsym(RTLD_NEXT, "fallocate64");
    const char *where = getenv("RIG_DATA"), *image = getenv("RIG_SHADOW"), *levers = getenv("RIG_CONTROL");
    if (!where || !image || !levers) return;
    snprintf(shadow, sizeof shadow, "%s", image);
    int shared = real_open(levers, O_RDWR | O_CLOEXEC);
    void *mapped = mmap(NULL, 512, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
    if (shared < 0 || mapped == MAP_FAILED) abort();
    control = mapped;
    snprintf(data, sizeof data, "%s", where);
    if (!is_there("names", "")) keep_names(1);
}

/* Whether this call fails, with errno set. */
static int struck(int kind) {
    if (!(control->calls & (uint64_t)kind)) return 0;
    uint64_t count = __atomic_add_fetch(&control->counted, 1, __ATOMIC_SEQ_CST);
    uint64_t action = control->action;
    if (action == NOTHING || count < control->nth || (action != FAIL_FROM_THEN_ON && count > control->nth)) return 0;
    if (action == KILL_AFTER) return 0;
    __atomic_add_fetch(&control->struck, 1, __ATOMIC_SEQ_CST);
    if (action == KILL_BEFORE) { kill(getpid(), SIGKILL); pause(); }
    errno = (int)control->error;
    return 1;
}

static void done(int kind) {
    if (control->action == KILL_AFTER && (control->calls & (uint64_t)kind) && control->counted == control->nth) {
        __atomic_add_fetch(&control->struck, 1, __ATOMIC_SEQ_CST);
        kill(getpid(), SIGKILL);
        pause();
    }
}

/* Whether so many bytes more in this file would not go into the folder. */
static int is_full(int fd, off_t end) {
    struct stat now;
    off_t used = 0;
    if (!control->capacity || fstat(fd, &now) != 0 || end <= now.st_size) return 0;
    DIR *folder = opendir(data);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        struct stat other;
        if (fstatat(dirfd(folder), entry->d_name, &other, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(other.st_mode)) used += other.st_size;
    }
    if (folder) closedir(folder);
    if ((uint64_t)(used + end - now.st_size) <= control->capacity) return 0;
    errno = ENOSPC;
    return 1;
}

static void mark(struct file *file, off_t from, off_t to) {
    if (file->count && file->dirty[file->count - 1].to == from) { file->dirty[file->count - 1].to = to; return; }
    if (file->count == file->room) {
        file->room = file->room ? 2 * file->room : 64;
        file->dirty = realloc(file->dirty, file->room * sizeof *file->dirty);
        if (!file->dirty) abort();
    }
    file->dirty[file->count++] = (struct range){from, to};
}

static struct file *file_at(int fd) {
    return fd >= 0 && fd < DESCRIPTORS && file_of[fd] > 0 ? &files[file_of[fd] - 1] : NULL;
}

/* A file met for the first time by this process: others may have left what was never synced. */
static void meet(int fd) {
    char id[64], self[64];
    int kind;
    if (id_of(fd, "", AT_EMPTY_PATH, id, sizeof id, &kind) != 0 || kind == 0) return;
    if (kind == 2) { file_of[fd] = -1; return; }
    for (int i = 0; i < file_count; i++)
        if (strcmp(files[i].id, id) == 0) { file_of[fd] = (short)(i + 1); return; }
    if (file_count == FILES) abort();
    struct file *file = &files[file_count++];
    snprintf(file->id, sizeof file->id, "%s", id);
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    file->reader = real_open(self, O_RDONLY | O_CLOEXEC);
    if (!is_there(id, ".lost")) mark(file, 0, INT64_MAX);
    file_of[fd] = (short)file_count;
}

/* The place of a path in the data folder: 1 for a file directly in it, 2 for the folder itself. */
static int place_of(const char *path) {
    size_t length = strlen(data);
    if (!control || strncmp(path, data, length) != 0) return 0;
    if (path[length] == 0 || strcmp(path + length, "/") == 0) return 2;
    return path[length] == '/' && !strchr(path + length + 1, '/');
}

static int open_file(const char *path, int flags, mode_t mode) {
    const char *mounts = getenv("RIG_MOUNTS");
    if (mounts && strcmp(path, "/proc/self/mountinfo") == 0) path = mounts;
    int place = place_of(path);
    if (!place) return real_open(path, flags, mode);
    pthread_mutex_lock(&turn);
    int fd = -1;
    if (!struck(OPEN)) {
        fd = real_open(path, flags, mode);
        if (fd >= 0 && fd < DESCRIPTORS) meet(fd);
        done(OPEN);
    }
    pthread_mutex_unlock(&turn);
    return fd;
}

static mode_t mode_from(int flags, va_list rest) {
    return flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(rest, unsigned) : 0;
}
int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_from(flags, rest);
    va_end(rest);
    return open_file(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_from(flags, rest);
    va_end(rest);
    return open_file(path, flags, mode);
}

int close(int fd) {
    if (!control || fd < 0 || fd >= DESCRIPTORS || !file_of[fd]) return real_close(fd);
    pthread_mutex_lock(&turn);
    file_of[fd] = 0;
    int result = real_close(fd);
    pthread_mutex_unlock(&turn);
    return result;
}

static ssize_t write_at(int fd, const void *bytes, size_t count, off_t at, int moves) {
    struct file *file = file_at(fd);
    pthread_mutex_lock(&turn);
    if (moves) at = lseek(fd, 0, SEEK_CUR);
    ssize_t result = -1;
    if (!struck(WRITE) && !is_full(fd, at + (off_t)count)) {
        result = moves ? real_write(fd, bytes, count) : real_pwrite(fd, bytes, count, at);
        if (result > 0) mark(file, at, at + result);
        done(WRITE);
    }
    pthread_mutex_unlock(&turn);
    return result;
}
ssize_t write(int fd, const void *bytes, size_t count) {
    return file_at(fd) ? write_at(fd, bytes, count, 0, 1) : real_write(fd, bytes, count);
}
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    return file_at(fd) ? write_at(fd, bytes, count, at, 0) : real_pwrite(fd, bytes, count, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t at) {
    return pwrite(fd, bytes, count, at);
}

int ftruncate(int fd, off_t size) {
    if (!file_at(fd)) return real_ftruncate(fd, size);
    pthread_mutex_lock(&turn);
    int result = -1;
    if (!struck(TRUNCATE)) {
        result = real_ftruncate(fd, size);
        done(TRUNCATE);
    }
    pthread_mutex_unlock(&turn);
    return result;
}
int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }

int fallocate(int fd, int mode, off_t from, off_t length) {
    if (!file_at(fd)) return real_fallocate(fd, mode, from, length);
    pthread_mutex_lock(&turn);
    int result = -1;
    if (!struck(WRITE) && !is_full(fd, from + length)) {
        result = real_fallocate(fd, mode, from, length);
        done(WRITE);
    }
    pthread_mutex_unlock(&turn);
    return result;
}
int fallocate64(int fd, int mode, off_t from, off_t length) { return fallocate(fd, mode, from, length); }

int fsync(int fd) {
    if (fd < 0 || fd >= DESCRIPTORS || !file_of[fd]) return real_fsync(fd);
    pthread_mutex_lock(&turn);
    struct file *file = file_at(fd);
    int result = 0;
    if (struck(SYNC)) {
        result = -1;
        if (file) {
            int error = errno;
            char path[8192];
            path_of(path, sizeof path, shadow, file->id, ".lost");
            real_close(real_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
            errno = error;
        }
    } else if (file) {
        copy(file->reader, file->id, file->dirty, file->count);
    } else {
        keep_names(0);
    }
    if (file) file->count = 0;
    if (result == 0) done(SYNC);
    pthread_mutex_unlock(&turn);
    return result;
}
int fdatasync(int fd) { return fsync(fd); }
