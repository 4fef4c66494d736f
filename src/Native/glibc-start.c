/* A part of every program that is linked against the libraries of glibc.sh. */
#include <stddef.h>

typedef void initializer(int argc, char **argv, char **environment);

extern initializer *__preinit_array_start[], *__preinit_array_end[], *__init_array_start[], *__init_array_end[];
extern void _init(void);

/*
 * Before glibc 2.34 a program had to call its own initializers; the start files of newer ones leave it to the C library, and on an
 * older one nobody would: the runtime's constructors would silently not run. Newer libraries call the function that a program
 * hands over instead of doing it themselves, so it happens once everywhere.
 */
static void initialize(int argc, char **argv, char **environment)
{
    for (initializer **each = __preinit_array_start; each < __preinit_array_end; each++)
        (*each)(argc, argv, environment);
    _init();
    for (initializer **each = __init_array_start; each < __init_array_end; each++)
        (*each)(argc, argv, environment);
}

typedef int entry(int argc, char **argv, char **environment);
int __real___libc_start_main(entry *, int, char **, initializer *, void (*)(void), void (*)(void), void *);
int __wrap___libc_start_main(entry *, int, char **, initializer *, void (*)(void), void (*)(void), void *);

int __wrap___libc_start_main(entry *program, int argc, char **argv, initializer *init, void (*fini)(void),
                             void (*loader_fini)(void), void *stack_end)
{
    (void)init;
    (void)fini; /* for statically linked programs only; the loader runs the finalizers of others */
    return __real___libc_start_main(program, argc, argv, initialize, NULL, loader_fini, stack_end);
}
