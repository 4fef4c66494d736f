/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A live patch that changes what /proc/cmdline shows. Each module defines LEVEL, and includes this.
 * The patches are cumulative: a newer one replaces whatever is applied.
 */
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>

#ifndef PATCHED_FUNCTION
#define PATCHED_FUNCTION "cmdline_proc_show"
#endif

/* While it is set, readers sleep inside this patch, so that no transition away from it can finish. */
static bool hold;
module_param(hold, bool, 0644);

static int patched_cmdline_show(struct seq_file *m, void *v)
{
	while (READ_ONCE(hold) && !fatal_signal_pending(current))
		schedule_timeout_killable(HZ / 50);
	seq_printf(m, "this has been live patched, level %d\n", LEVEL);
	return 0;
}

static struct klp_func functions[] = {
	{ .old_name = PATCHED_FUNCTION, .new_func = patched_cmdline_show },
	{ }
};

/* No name: the object is the kernel itself. */
static struct klp_object objects[] = {
	{ .funcs = functions },
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objects,
	.replace = true,
};

static int __init patch_init(void)
{
	return klp_enable_patch(&patch);
}

/* Empty, but a module without it could never be removed. */
static void __exit patch_exit(void)
{
}

module_init(patch_init);
module_exit(patch_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
