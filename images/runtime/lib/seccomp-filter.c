#include "seccomp-filter.h"

#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "scope.h"
#include "seccomp-cache.h"
#include "seccomp-ranges.h"
#include "trace.h"

static int add_rule(scmp_filter_ctx context, const struct seccomp_rule *rule, int number) {
    struct scmp_arg_cmp comparisons[6];
    unsigned seen = 0;
    size_t count = rule->arguments.count;
    bool repeated = count > 6;
    for (size_t i = 0; i < count; i++) {
        repeated |= (seen & 1u << rule->arguments.items[i].index) != 0;
        seen |= 1u << rule->arguments.items[i].index;
    }
    // Conditions on different arguments must all hold; several on one argument are alternatives, as in runc.
    for (size_t i = 0; i < count; i++) {
        const struct seccomp_argument *argument = &rule->arguments.items[i];
        struct scmp_arg_cmp comparison = {argument->index, (enum scmp_compare)argument->operator,
                                          argument->value, argument->value_two};
        if (repeated) {
            try(seccomp_rule_add_array(context, rule->action, number, 1, &comparison));
            continue;
        }
        comparisons[i] = comparison;
    }
    return repeated ? 0 : seccomp_rule_add_array(context, rule->action, number, (unsigned)count, comparisons);
}

// `asked`: which rules; NULL: all.
static int add_rules(scmp_filter_ctx context, const struct seccomp *seccomp, const bool *asked,
                     struct error *error) {
    for (size_t i = 0; i < seccomp->rules.count; i++) {
        const struct seccomp_rule *rule = &seccomp->rules.items[i];
        if (asked != NULL && !asked[i])
            continue;
        if (rule->action == seccomp->default_action)
            continue; // says nothing, and libseccomp refuses it
        for (size_t j = 0; j < rule->names.count; j++) {
            int number = seccomp_syscall_resolve_name(rule->names.items[j]);
            if (number == __NR_SCMP_ERROR)
                continue; // a system call of other architectures or newer kernels: profiles are shared among
                          // them
            int result = add_rule(context, rule, number);
            if (result < 0)
                return fail_sys(error, result, "linux.seccomp.syscalls[%zu].names[%zu] (%s)", i, j,
                                rule->names.items[j]);
        }
    }
    return 0;
}

static int add_architectures(scmp_filter_ctx context, const struct seccomp *seccomp, struct error *error) {
    for (size_t i = 0; i < seccomp->architectures.count; i++) {
        int result = seccomp_arch_add(context, seccomp->architectures.items[i]);
        if (result < 0 && result != -EEXIST)
            return fail_sys(error, result, "linux.seccomp.architectures[%zu]", i);
    }
    return 0;
}

static int export(scmp_filter_ctx context, struct arena *arena, struct sock_fprog *out, struct error *error) {
    owned_fd fd = memfd_create("seccomp", MFD_CLOEXEC);
    struct stat status;
    if (fd < 0 || seccomp_export_bpf(context, fd) < 0 || fstat(fd, &status) < 0)
        return fail(error, EINVAL, "linux.seccomp: cannot compile the profile");
    struct sock_filter *code = arena_alloc(arena, (size_t)status.st_size);
    if (pread(fd, code, (size_t)status.st_size, 0) != status.st_size)
        return fail(error, EIO, "linux.seccomp: cannot read the compiled profile");
    *out =
        (struct sock_fprog){.len = (unsigned short)((size_t)status.st_size / sizeof *code), .filter = code};
    return 0;
}

static int compile_rules(struct arena *arena, const struct seccomp *seccomp, const bool *asked,
                         struct sock_fprog *out, struct error *error) {
    scmp_filter_ctx context = seccomp_init(seccomp->default_action);
    if (context == NULL)
        return fail(error, EINVAL, "linux.seccomp.defaultAction: libseccomp refuses it");
    // A binary tree instead of a chain: the kernel tries every system call once when it takes a program.
    int result = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (result < 0)
        fail_sys(error, result, "linux.seccomp: libseccomp cannot build a tree");
    if (result >= 0)
        result = add_architectures(context, seccomp, error);
    if (result >= 0)
        result = add_rules(context, seccomp, asked, error);
    if (result >= 0)
        result = export(context, arena, out, error);
    seccomp_release(context);
    return result;
}

static int compile(struct arena *arena, const struct seccomp *seccomp, struct sock_fprog *out,
                   struct error *error) {
    struct seccomp_ranges *ranges = arena_alloc(arena, sizeof *ranges);
    bool *asked = arena_alloc(arena, seccomp->rules.count * sizeof *asked);
    struct sock_fprog tail;
    if (seccomp_ranges_read(seccomp, ranges, asked)) {
        try(compile_rules(arena, seccomp, asked, &tail, error));
        if (seccomp_ranges_write(arena, ranges, &tail, out))
            return 0;
    }
    return compile_rules(arena, seccomp, NULL, out, error);
}

int seccomp_filter_make(struct arena *arena, const struct seccomp *seccomp, const char *root,
                        struct seccomp_filter *out, struct error *error) {
    struct seccomp_filter filter = {0};
    if (seccomp == NULL) {
        *out = filter;
        return 0;
    }
    trace_step("seccomp program");
    filter.flags = seccomp->flags;
    if (!seccomp_cache_find(arena, root, seccomp, &filter.program)) {
        uint64_t start = trace_enabled ? trace_now() : 0;
        try(compile(arena, seccomp, &filter.program, error));
        if (trace_enabled) // no system call, but longer than all of them
            trace_line("", start, trace_now(), 0, "compiled by libseccomp");
        seccomp_cache_keep(arena, root, seccomp, &filter.program);
    }
    *out = filter;
    return 0;
}
