// SPDX-License-Identifier: GPL-2.0
#define LEVEL 2
#include "cmdline_patch.h"
