/* Functions that the headers of newer C libraries ask for, made from those of glibc 2.17; linked where they are called (glibc.sh). */
#include <stdarg.h>

/* Functions of their own since glibc 2.33; before, headers made them from these. On 64 bits, stat and stat64 are the same. */
#ifdef __x86_64__
#define STAT_VERSION 1
#else
#define STAT_VERSION 0
#endif

struct stat;
struct stat64;
int __fxstat(int version, int file, struct stat *to);
int fstat(int file, struct stat *to);
int __xstat64(int version, const char *path, struct stat64 *to);
int __fxstat64(int version, int file, struct stat64 *to);
int __lxstat64(int version, const char *path, struct stat64 *to);
int stat64(const char *path, struct stat64 *to);
int fstat64(int file, struct stat64 *to);
int lstat64(const char *path, struct stat64 *to);

int stat64(const char *path, struct stat64 *to)
{
    return __xstat64(STAT_VERSION, path, to);
}

int fstat(int file, struct stat *to)
{
    return __fxstat(STAT_VERSION, file, to);
}

int fstat64(int file, struct stat64 *to)
{
    return __fxstat64(STAT_VERSION, file, to);
}

int lstat64(const char *path, struct stat64 *to)
{
    return __lxstat64(STAT_VERSION, path, to);
}

/* Since glibc 2.28; on 64 bits the same as fcntl. */
int fcntl(int file, int command, ...);
int fcntl64(int file, int command, ...);

int fcntl64(int file, int command, ...)
{
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    return fcntl(file, command, argument);
}
