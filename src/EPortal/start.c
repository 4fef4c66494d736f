/*
 * eportal and kc.eportal: starts eportal.bin in the same folder, under the name this program was called by.
 *
 * The .NET runtime opens a socket and two pipes for debuggers in /tmp before the first line of the program runs, and only
 * the environment can prevent it. To enable debugging, set DOTNET_EnableDiagnostics=1.
 *
 * Before that, the environment gets what an administrator put into /etc/eportal/environment, a folder as daemontools'
 * envdir reads it: a file NAME holds the value in its first line (NUL bytes stand for line breaks); an empty file takes
 * NAME away. EPORTAL_ENVIRONMENT names another folder.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".bin"
#define FOLDER "/etc/eportal/environment"
#define FOLDER_VARIABLE "EPORTAL_ENVIRONMENT"
/* Bytes of a value; Linux takes no longer ones. */
#define MAX_VALUE (128 * 1024 - 1)

static void warn(const char *folder, const char *name, const char *reason)
{
    fprintf(stderr, "warning: %s%s%s ignored: %s\n", folder, *name ? "/" : "", name, reason);
}

/* What another user may write, that user could make root run. */
static const char *distrust_or_null(const struct stat *status)
{
    if (status->st_uid != 0 && status->st_uid != geteuid())
        return "it belongs to another user; run chown root";
    if (status->st_mode & (S_IWGRP | S_IWOTH))
        return "others may write to it; run chmod go-w";
    return NULL;
}

/* The value in a file of that length: its first line without blanks at its end. */
static void set(const char *folder, const char *name, char *value, size_t length)
{
    char *end = memchr(value, '\n', length);
    size_t used = end == NULL ? length : (size_t)(end - value), i;

    while (used > 0 && (value[used - 1] == ' ' || value[used - 1] == '\t'))
        used--;
    for (i = 0; i < used; i++)
        if (value[i] == '\0')
            value[i] = '\n';
    value[used] = '\0';
    if ((length == 0 ? unsetenv(name) : setenv(name, value, 1)) != 0)
        warn(folder, name, strerror(errno));
}

static void read_file(int at, const char *folder, const char *name)
{
    static char value[MAX_VALUE + 1];
    struct stat status;
    const char *reason = NULL;
    size_t length = 0;
    ssize_t got = 0;
    int file = openat(at, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (file < 0 || fstat(file, &status) != 0)
        reason = strerror(errno);
    else if (!S_ISREG(status.st_mode))
        reason = "it is not a file";
    else
        reason = distrust_or_null(&status);
    while (reason == NULL && length < sizeof value && (got = read(file, value + length, sizeof value - length)) > 0)
        length += (size_t)got;
    if (got < 0)
        reason = strerror(errno);
    else if (length > MAX_VALUE)
        reason = "it is longer than 128 KiB";
    if (reason == NULL)
        set(folder, name, value, length);
    else
        warn(folder, name, reason);
    if (file >= 0)
        close(file);
}

static void read_folder(const char *path)
{
    DIR *folder = opendir(path);
    struct stat status;
    struct dirent *entry;
    const char *reason;

    if (folder == NULL) {
        if (errno != ENOENT && errno != EACCES)
            warn(path, "", strerror(errno));
        return;
    }
    reason = fstat(dirfd(folder), &status) != 0 ? strerror(errno) : distrust_or_null(&status);
    if (reason != NULL)
        warn(path, "", reason);
    while (reason == NULL && (entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.' && strchr(entry->d_name, '=') == NULL)
            read_file(dirfd(folder), path, entry->d_name);
    closedir(folder);
}

int main(int argc, char **argv)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - sizeof SUFFIX);
    const char *folder = getenv(FOLDER_VARIABLE);

    (void)argc;
    read_folder(folder != NULL && *folder != '\0' ? folder : FOLDER);
    unsetenv(FOLDER_VARIABLE);
    if (length > 0) {
        memcpy(path + length, SUFFIX, sizeof SUFFIX);
        if (setenv("DOTNET_EnableDiagnostics", "0", 0) == 0)
            execv(path, argv);
    } else {
        strcpy(path, "/proc/self/exe");
    }
    fprintf(stderr, "error: cannot start %s: %s\n", path, strerror(errno));
    return 1;
}
