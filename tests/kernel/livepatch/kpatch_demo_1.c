// SPDX-License-Identifier: GPL-2.0
#define LEVEL 1
#include "cmdline_patch.h"
