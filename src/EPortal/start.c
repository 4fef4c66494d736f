/*
 * eportal and kc.eportal: starts eportal.bin in the same folder, under the name this program was called by.
 *
 * The .NET runtime opens a socket and two pipes for debuggers in /tmp before the first line of the program runs, and only
 * the environment can prevent it. To enable debugging, set DOTNET_EnableDiagnostics=1.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX ".bin"

int main(int argc, char **argv)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - sizeof SUFFIX);

    (void)argc;
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
