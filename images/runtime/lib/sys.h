// The system calls that make a container, each with its own name in the trace. They return 0 or more, or a
// negative errno, and leave the sentence to the caller, who knows what the call was for.
#pragma once
#include <linux/sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/types.h>

// Files.
int sys_openat(int directory, const char *path, int flags, mode_t mode);
int sys_openat2(int directory, const char *path, int flags, uint64_t resolve);
int sys_mkdirat(int directory, const char *name, mode_t mode);
int sys_mknodat(int directory, const char *name, mode_t mode, dev_t device);
int sys_symlinkat(const char *target, int directory, const char *name);
int sys_unlinkat(int directory, const char *name, int flags);
int sys_fchownat(int directory, const char *name, uid_t uid, gid_t gid);
int sys_chdir(const char *path);
int sys_fchdir(int directory);
// Opens, writes in one piece, closes: how kernel settings are made.
int sys_write_text(int directory, const char *path, const char *text);

// Mounts, https://man7.org/linux/man-pages/man2/fsopen.2.html: built detached, then moved to where they go.
int sys_fsopen(const char *type);
int sys_fsconfig_string(int context, const char *key, const char *value);
int sys_fsconfig_flag(int context, const char *key);
int sys_fsconfig_create(int context);
int sys_fsmount(int context, unsigned attributes);
int sys_open_tree(int directory, const char *path, unsigned flags);
int sys_mount_setattr(int directory, const char *path, unsigned flags, struct mount_attr *attributes);
// Puts the detached mount on what `target` refers to, whatever its path leads to by now.
int sys_move_mount(int mount, int target, const char *shown);
int sys_pivot_root(const char *new_root, const char *put_old);
int sys_umount2(const char *target, int flags);

// Processes and namespaces.
int sys_clone3(struct clone_args *arguments);
int sys_setns(int fd, int kinds, const char *shown);
int sys_unshare(int kinds, const char *shown);
int sys_sethostname(const char *name);
int sys_setdomainname(const char *name);
int sys_setsid(void);
int sys_prctl(int option, unsigned long value, const char *shown);
int sys_setresuid(uid_t uid);
int sys_setresgid(gid_t gid);
int sys_setgroups(size_t count, const gid_t *groups);
int sys_setrlimit(int resource, uint64_t soft, uint64_t hard, const char *shown);
int sys_close_range(unsigned first, unsigned last);
int sys_pidfd_open(pid_t pid);
int sys_pidfd_send_signal(int pidfd, int signal);
int sys_seccomp_filter(unsigned flags, const void *program);
int sys_bpf(int command, void *attributes, size_t size, const char *shown);
// Returns only when it fails.
int sys_execve(const char *path, char *const *arguments, char *const *environment);
