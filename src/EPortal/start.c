/*
 * eportal and kc.eportal: starts eportal.bin in the same folder, under the name this program was called by.
 *
 * The .NET runtime opens a socket and two pipes for debuggers in /tmp before the first line of the program runs, and only
 * the environment can prevent it. To enable debugging, set DOTNET_EnableDiagnostics=1.
 *
 * It also adds the administrator's environment folder (envdir of daemontools): each file is a variable, its first line the
 * value; an empty file removes the variable. Whoever may write there decides what runs here, so folder and files must
 * belong to root, or to the user who runs this, and nobody else may write to them; what does not is left out with a warning.
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
#define FOLDER "/usr/share/kcare-eportal/environment"
#define FOLDER_VARIABLE "EPORTAL_ENVIRONMENT_DIR"
#define MAX_VALUE 65536

static int is_trusted(const struct stat *status)
{
    return (status->st_uid == 0 || status->st_uid == geteuid()) && (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int set_variable(const char *name, char *value, ssize_t length)
{
    char *end;

    if (length == 0)
        return unsetenv(name);
    end = memchr(value, '\n', (size_t)length);
    if (end == NULL)
        end = value + length;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    *end = '\0';
    /* A NUL stands for the end of a line, which a file of one line cannot hold. */
    for (end--; end >= value; end--)
        if (*end == '\0')
            *end = '\n';
    return setenv(name, value, 1);
}

/* One file: 0 when it was taken or is none of a variable, else -1 with errno. */
static int read_variable(int folder, const char *name)
{
    static char value[MAX_VALUE + 1];
    struct stat status;
    ssize_t length = 0, got;
    int file;

    if (name[0] == '.' || strchr(name, '=') != NULL)
        return 0;
    file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return -1;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || !is_trusted(&status)) {
        close(file);
        errno = EPERM;
        return -1;
    }
    while (length < MAX_VALUE && (got = read(file, value + length, (size_t)(MAX_VALUE - length))) != 0) {
        if (got < 0) {
            close(file);
            return -1;
        }
        length += got;
    }
    close(file);
    return set_variable(name, value, length);
}

static void read_folder(const char *path)
{
    struct stat status;
    struct dirent *entry;
    DIR *folder = opendir(path);

    if (folder == NULL) {
        if (errno != ENOENT && errno != ENOTDIR)
            fprintf(stderr, "warning: environment folder %s is not used: %s\n", path, strerror(errno));
        return;
    }
    if (fstat(dirfd(folder), &status) != 0 || !is_trusted(&status)) {
        fprintf(stderr, "warning: environment folder %s is not used, for others than root may write to it; "
                        "run chown -R root:root %s && chmod -R go-w %s\n", path, path, path);
    } else {
        while ((entry = readdir(folder)) != NULL)
            if (read_variable(dirfd(folder), entry->d_name) != 0)
                fprintf(stderr, "warning: %s/%s is not used: %s; it must be a file that this user may read "
                                "and nobody but root may write\n", path, entry->d_name, strerror(errno));
    }
    closedir(folder);
}

int main(int argc, char **argv)
{
    char path[PATH_MAX];
    const char *folder = getenv(FOLDER_VARIABLE);
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - sizeof SUFFIX);

    (void)argc;
    read_folder(folder != NULL && folder[0] != '\0' ? folder : FOLDER);
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
