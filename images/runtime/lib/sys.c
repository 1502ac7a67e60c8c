#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "trace.h"

int sys_openat(int directory, const char *path, int flags, mode_t mode) {
    return traced("openat", path, openat(directory, path, flags | O_CLOEXEC, mode));
}

int sys_openat2(int directory, const char *path, int flags, uint64_t resolve) {
    struct open_how how = {.flags = (uint64_t)flags | O_CLOEXEC, .resolve = resolve};
    int fd;
    // EAGAIN: somebody renamed a directory on the way, and ".." could not be proven to stay inside.
    do
        fd = traced("openat2", path, syscall(SYS_openat2, directory, path, &how, sizeof how));
    while (fd == -EAGAIN);
    return fd;
}

int sys_mkdirat(int directory, const char *name, mode_t mode) {
    return traced("mkdirat", name, mkdirat(directory, name, mode));
}

int sys_mknodat(int directory, const char *name, mode_t mode, dev_t device) {
    return traced("mknodat", name, mknodat(directory, name, mode, device));
}

int sys_symlinkat(const char *target, int directory, const char *name) {
    return traced("symlinkat", name, symlinkat(target, directory, name));
}

int sys_unlinkat(int directory, const char *name, int flags) {
    return traced(flags & AT_REMOVEDIR ? "rmdir" : "unlinkat", name, unlinkat(directory, name, flags));
}

int sys_fchownat(int directory, const char *name, uid_t uid, gid_t gid) {
    return traced("fchownat", name, fchownat(directory, name, uid, gid, AT_SYMLINK_NOFOLLOW));
}

int sys_chdir(const char *path) {
    return traced("chdir", path, chdir(path));
}

int sys_fchdir(int directory) {
    return traced("fchdir", "", fchdir(directory));
}

static int write_text(int directory, const char *path, const char *text) {
    int fd = openat(directory, path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t written = write(fd, text, strlen(text));
    int saved = errno;
    close(fd);
    errno = saved;
    return written < 0 ? -1 : 0;
}

int sys_write_text(int directory, const char *path, const char *text) {
    char shown[200] = "";
    if (trace_enabled)
        snprintf(shown, sizeof shown, "%s = %s", path, text);
    return traced("write", shown, write_text(directory, path, text));
}

int sys_fsopen(const char *type) {
    return traced("fsopen", type, fsopen(type, FSOPEN_CLOEXEC));
}

int sys_fsconfig_string(int context, const char *key, const char *value) {
    char shown[200] = "";
    if (trace_enabled)
        snprintf(shown, sizeof shown, "%s=%s", key, value);
    return traced("fsconfig", shown, fsconfig(context, FSCONFIG_SET_STRING, key, value, 0));
}

int sys_fsconfig_flag(int context, const char *key) {
    return traced("fsconfig", key, fsconfig(context, FSCONFIG_SET_FLAG, key, NULL, 0));
}

int sys_fsconfig_create(int context) {
    return traced("fsconfig", "create", fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
}

int sys_fsmount(int context, unsigned attributes) {
    return traced("fsmount", "", fsmount(context, FSMOUNT_CLOEXEC, attributes));
}

int sys_open_tree(int directory, const char *path, unsigned flags) {
    return traced("open_tree", path, open_tree(directory, path, flags | OPEN_TREE_CLOEXEC));
}

int sys_mount_setattr(int directory, const char *path, unsigned flags, struct mount_attr *attributes) {
    return traced("mount_setattr", path,
                  mount_setattr(directory, path, flags, attributes, sizeof *attributes));
}

int sys_move_mount(int mount, int target, const char *shown) {
    return traced("move_mount", shown,
                  move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

int sys_pivot_root(const char *new_root, const char *put_old) {
    return traced("pivot_root", new_root, syscall(SYS_pivot_root, new_root, put_old));
}

int sys_umount2(const char *target, int flags) {
    return traced("umount2", target, umount2(target, flags));
}

int sys_clone3(struct clone_args *arguments) {
    return traced("clone3", "", syscall(SYS_clone3, arguments, sizeof *arguments));
}

int sys_setns(int fd, int kinds, const char *shown) {
    return traced("setns", shown, setns(fd, kinds));
}

int sys_unshare(int kinds, const char *shown) {
    return traced("unshare", shown, unshare(kinds));
}

int sys_sethostname(const char *name) {
    return traced("sethostname", name, sethostname(name, strlen(name)));
}

int sys_setdomainname(const char *name) {
    return traced("setdomainname", name, setdomainname(name, strlen(name)));
}

int sys_setsid(void) {
    return traced("setsid", "", setsid());
}

int sys_prctl(int option, unsigned long value, const char *shown) {
    return traced("prctl", shown, prctl(option, value, 0, 0, 0));
}

int sys_setresuid(uid_t uid) {
    return traced("setresuid", "", setresuid(uid, uid, uid));
}

int sys_setresgid(gid_t gid) {
    return traced("setresgid", "", setresgid(gid, gid, gid));
}

int sys_setgroups(size_t count, const gid_t *groups) {
    return traced("setgroups", "", setgroups(count, groups));
}

int sys_setrlimit(int resource, uint64_t soft, uint64_t hard, const char *shown) {
    struct rlimit64 limit = {soft, hard};
    return traced("prlimit64", shown, prlimit64(0, (enum __rlimit_resource)resource, &limit, NULL));
}

int sys_close_range(unsigned first, unsigned last) {
    return traced("close_range", "", close_range(first, last, 0));
}

int sys_pidfd_open(pid_t pid) {
    return traced("pidfd_open", "", syscall(SYS_pidfd_open, pid, 0));
}

int sys_pidfd_send_signal(int pidfd, int signal) {
    return traced("pidfd_send_signal", strsignal(signal),
                  syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}

int sys_seccomp_filter(unsigned flags, const void *program) {
    return traced("seccomp", "", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program));
}

int sys_bpf(int command, void *attributes, size_t size, const char *shown) {
    return traced("bpf", shown, syscall(SYS_bpf, command, attributes, size));
}

int sys_execve(const char *path, char *const *arguments, char *const *environment) {
    if (trace_enabled) {
        trace_line("execve", trace_now(), TRACE_NEVER_RETURNS, 0, path);
        trace_flush();
    }
    return traced("execve", path, execve(path, arguments, environment));
}
