// SPDX-License-Identifier: GPL-2.0
/* A patch for a function that no kernel has: the kernel refuses it. */
#define LEVEL 3
#define PATCHED_FUNCTION "cmdline_proc_show_of_another_kernel"
#include "cmdline_patch.h"
