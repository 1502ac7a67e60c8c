#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "capabilities.h"
#include "home.h"
#include "path.h"
#include "scope.h"
#include "sys.h"
#include "trace.h"

static const char *environment_value(const struct process *process, const char *name) {
    size_t length = strlen(name);
    for (size_t i = 0; i < process->env.count; i++)
        if (strncmp(process->env.items[i], name, length) == 0 && process->env.items[i][length] == '=')
            return process->env.items[i] + length + 1;
    return NULL;
}

// A directory that is not below the root was reached through something that leaked from the host
// (CVE-2024-21626).
static int check_directory(const struct process *process, struct error *error) {
    char path[PATH_MAX];
    // glibc's getcwd hides the kernel's "(unreachable)".
    long length = syscall(SYS_getcwd, path, sizeof path);
    if (length < 0 || path[0] != '/')
        return fail(error, EPERM, "process.cwd: %s leads out of the container", process->cwd);
    return 0;
}

static int enter_directory(const struct process *process, struct error *error) {
    int result = sys_chdir(process->cwd);
    if (result == -ENOENT) {
        owned_fd root = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
        owned_fd made = root < 0 ? root : path_make_directory(root, process->cwd, error);
        if (made < 0)
            return within(error, made, "process.cwd");
        result = sys_chdir(process->cwd);
    }
    if (result < 0)
        return fail_sys(error, result, "process.cwd: cannot enter %s", process->cwd);
    return check_directory(process, error);
}

static bool is_program(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

static int find_program(const struct process *process, struct arena *arena, const char **out,
                        struct error *error) {
    const char *name = process->args.items[0];
    if (strchr(name, '/') != NULL) {
        struct stat status;
        if (stat(name, &status) < 0)
            return fail_sys(error, -errno, "process.args[0]: cannot run %s", name);
        if (S_ISDIR(status.st_mode))
            return fail(error, EISDIR, "process.args[0]: %s is a directory", name);
        *out = name;
        return 0;
    }
    const char *list = environment_value(process, "PATH");
    size_t name_length = strlen(name);
    for (const char *entry = list; entry != NULL && name_length > 0; entry = strchr(entry, ':')) {
        entry += entry != list;
        size_t length = strcspn(entry, ":");
        char path[PATH_MAX];
        if (length + 1 + name_length >= sizeof path)
            continue;
        // An empty entry is the working directory.
        memcpy(path, length > 0 ? entry : ".", length > 0 ? length : 1);
        length = length > 0 ? length : 1;
        path[length] = '/';
        memcpy(path + length + 1, name, name_length + 1);
        if (is_program(path)) {
            *out = arena_copy(arena, path, length + 1 + name_length);
            return 0;
        }
    }
    return fail(error, ENOENT, "process.args[0]: \"%s\": executable file not found in $PATH", name);
}

// What login does, and every program expects.
static void add_home(struct process *process, struct arena *arena) {
    size_t count = process->env.count;
    const char **items = arena_alloc(arena, (count + 2) * sizeof *items);
    for (size_t i = 0; i < count; i++)
        items[i] = process->env.items[i];
    items[count] = arena_format(arena, "HOME=%s", home_of(arena, process->uid));
    process->env = (struct strings){items, count + 1};
}

int process_prepare(struct process *process, struct arena *arena, const char **program, struct error *error) {
    trace_step("process");
    if (environment_value(process, "HOME") == NULL)
        add_home(process, arena);
    try(enter_directory(process, error));
    return find_program(process, arena, program, error);
}

static int set_limits(const struct process *process, struct error *error) {
    for (size_t i = 0; i < process->rlimits.count; i++) {
        const struct rlimit_setting *limit = &process->rlimits.items[i];
        const char *name = word_name(rlimit_words, (uint64_t)limit->resource);
        int result = sys_setrlimit(limit->resource, limit->soft, limit->hard, name);
        if (result < 0)
            return fail_sys(error, result, "process.rlimits[%zu]: cannot set %s", i, name);
    }
    return 0;
}

static int set_user(const struct process *process, struct error *error) {
    int result = sys_prctl(PR_SET_KEEPCAPS, 1, "PR_SET_KEEPCAPS");
    if (result >= 0)
        result = sys_setgroups(process->additional_gids.count, process->additional_gids.items);
    // In a user namespace without the right to, there are no other groups to give up either.
    if (result == -EPERM && process->additional_gids.count == 0)
        result = 0;
    if (result < 0)
        return fail_sys(error, result, "process.user.additionalGids: cannot set them");
    result = sys_setresgid(process->gid);
    if (result < 0)
        return fail_sys(error, result, "process.user.gid: cannot become group %u", (unsigned)process->gid);
    result = sys_setresuid(process->uid);
    if (result < 0)
        return fail_sys(error, result, "process.user.uid: cannot become user %u", (unsigned)process->uid);
    return 0;
}

static int load_filter(const struct seccomp_filter *filter, struct error *error) {
    if (filter->program.len == 0)
        return 0;
    int result = sys_seccomp_filter(filter->flags, &filter->program);
    return result < 0 ? fail_sys(error, result, "linux.seccomp: the kernel refuses the program") : 0;
}

int process_become(const struct process *process, const struct seccomp_filter *filter, const char *program,
                   struct error *error) {
    trace_step("process");
    umask(process->has_umask ? process->umask : 0022);
    try(set_limits(process, error));
    // Without no_new_privs a filter needs CAP_SYS_ADMIN, so it comes before capabilities go; with it, it
    // comes last, so that the profile need not allow what is done here.
    if (!process->no_new_privileges)
        try(load_filter(filter, error));
    try(capabilities_bound(&process->capabilities, error));
    try(set_user(process, error));
    try(capabilities_set(&process->capabilities, error));
    if (process->no_new_privileges) {
        int result = sys_prctl(PR_SET_NO_NEW_PRIVS, 1, "PR_SET_NO_NEW_PRIVS");
        if (result < 0)
            return fail_sys(error, result, "process.noNewPrivileges");
        try(load_filter(filter, error));
    }
    int result = sys_execve(program, (char *const *)process->args.items, (char *const *)process->env.items);
    return fail_sys(error, result, "process.args[0]: cannot run %s", program);
}

int process_set_oom_score(const struct process *process, pid_t pid, struct error *error) {
    if (!process->has_oom_score_adj)
        return 0;
    char path[48], text[16];
    snprintf(path, sizeof path, "/proc/%d/oom_score_adj", (int)pid);
    snprintf(text, sizeof text, "%d", process->oom_score_adj);
    int result = sys_write_text(AT_FDCWD, path, text);
    return result < 0 ? fail_sys(error, result, "process.oomScoreAdj: cannot set %d", process->oom_score_adj)
                      : 0;
}
