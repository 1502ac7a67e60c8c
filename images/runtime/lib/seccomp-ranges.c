#include "seccomp-ranges.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

#define MAX_RUNS 200 // a jump of a classic program reaches 255 instructions

#ifdef __i386__
#define NATIVE_ARCHITECTURE AUDIT_ARCH_I386

// What i386 has twice: as a system call, and as a subcall of an older one, which libseccomp filters by its
// argument.
static const struct {
    const char *name;
    int number, multiplexer;
} multiplexed[] = {
    {"accept", -1, SYS_socketcall},
    {"accept4", SYS_accept4, SYS_socketcall},
    {"bind", SYS_bind, SYS_socketcall},
    {"connect", SYS_connect, SYS_socketcall},
    {"getpeername", SYS_getpeername, SYS_socketcall},
    {"getsockname", SYS_getsockname, SYS_socketcall},
    {"getsockopt", SYS_getsockopt, SYS_socketcall},
    {"listen", SYS_listen, SYS_socketcall},
    {"recv", -1, SYS_socketcall},
    {"recvfrom", SYS_recvfrom, SYS_socketcall},
    {"recvmmsg", SYS_recvmmsg, SYS_socketcall},
    {"recvmsg", SYS_recvmsg, SYS_socketcall},
    {"send", -1, SYS_socketcall},
    {"sendmmsg", SYS_sendmmsg, SYS_socketcall},
    {"sendmsg", SYS_sendmsg, SYS_socketcall},
    {"sendto", SYS_sendto, SYS_socketcall},
    {"setsockopt", SYS_setsockopt, SYS_socketcall},
    {"shutdown", SYS_shutdown, SYS_socketcall},
    {"socket", SYS_socket, SYS_socketcall},
    {"socketpair", SYS_socketpair, SYS_socketcall},
    {"msgctl", SYS_msgctl, SYS_ipc},
    {"msgget", SYS_msgget, SYS_ipc},
    {"msgrcv", SYS_msgrcv, SYS_ipc},
    {"msgsnd", SYS_msgsnd, SYS_ipc},
    {"semctl", SYS_semctl, SYS_ipc},
    {"semget", SYS_semget, SYS_ipc},
    {"semop", -1, SYS_ipc},
    {"semtimedop", -1, SYS_ipc},
    {"shmat", SYS_shmat, SYS_ipc},
    {"shmctl", SYS_shmctl, SYS_ipc},
    {"shmdt", SYS_shmdt, SYS_ipc},
    {"shmget", SYS_shmget, SYS_ipc},
};

struct table {
    struct seccomp_ranges *ranges;
    bool named[RANGES_MAX_NUMBER];
    // What the subcalls' rules say of the older calls; they must say so themselves.
    uint32_t wanted[RANGES_MAX_NUMBER];
    bool wants[RANGES_MAX_NUMBER];
};

static bool put(struct table *table, int number, uint32_t action) {
    if (number < 0)
        return true; // this architecture does not have it
    if (number >= RANGES_MAX_NUMBER || (table->named[number] && table->ranges->actions[number] != action))
        return false;
    table->named[number] = true;
    table->ranges->actions[number] = action;
    return true;
}

static bool want(struct table *table, int multiplexer, uint32_t action) {
    if (table->wants[multiplexer] && table->wanted[multiplexer] != action)
        return false;
    table->wants[multiplexer] = true;
    table->wanted[multiplexer] = action;
    return true;
}

static bool put_name(struct table *table, const char *name, uint32_t action, uint32_t decision) {
    int number = seccomp_syscall_resolve_name(name);
    if (number >= 0)
        return put(table, number, decision);
    for (size_t i = 0; i < sizeof multiplexed / sizeof *multiplexed; i++)
        if (strcmp(multiplexed[i].name, name) == 0)
            return want(table, multiplexed[i].multiplexer, action) &&
                   put(table, multiplexed[i].number, decision);
    return true;
}

static bool native_only(const struct seccomp *seccomp) {
    for (size_t i = 0; i < seccomp->architectures.count; i++)
        if (seccomp->architectures.items[i] != seccomp_arch_native())
            return false;
    return true;
}

bool seccomp_ranges_read(const struct seccomp *seccomp, struct seccomp_ranges *ranges, bool *asked) {
    static struct table table;
    memset(&table, 0, sizeof table);
    table.ranges = ranges;
    if (!native_only(seccomp))
        return false;
    for (size_t i = 0; i < RANGES_MAX_NUMBER; i++)
        ranges->actions[i] = seccomp->default_action;
    for (size_t i = 0; i < seccomp->rules.count; i++) {
        const struct seccomp_rule *rule = &seccomp->rules.items[i];
        asked[i] = rule->arguments.count > 0;
        if (rule->action == seccomp->default_action)
            continue;
        for (size_t j = 0; j < rule->names.count; j++)
            if (!put_name(&table, rule->names.items[j], rule->action, asked[i] ? RANGES_ASK : rule->action))
                return false;
    }
    for (size_t i = 0; i < RANGES_MAX_NUMBER; i++)
        if (table.wants[i] && ranges->actions[i] != table.wanted[i])
            return false;
    return true;
}

struct writer {
    struct sock_filter *code;
    size_t length;
    const uint32_t *actions;
    unsigned starts[MAX_RUNS];
    size_t runs;
    size_t tail; // where libseccomp's program begins
};

static void emit(struct writer *writer, uint16_t code, uint8_t yes, uint8_t no, uint32_t k) {
    writer->code[writer->length++] = (struct sock_filter){code, yes, no, k};
}

static void emit_ask(struct writer *writer) {
    emit(writer, BPF_JMP | BPF_JA, 0, 0, (uint32_t)(writer->tail - writer->length - 1));
}

// The runs from `first` up to `end`: a binary search.
static void emit_runs(struct writer *writer, size_t first, size_t end) {
    if (end - first == 1) {
        uint32_t action = writer->actions[writer->starts[first]];
        if (action == RANGES_ASK)
            emit_ask(writer);
        else
            emit(writer, BPF_RET | BPF_K, 0, 0, action);
        return;
    }
    size_t middle = first + (end - first) / 2;
    size_t left_length = 2 * (middle - first) - 1;
    emit(writer, BPF_JMP | BPF_JGE | BPF_K, (uint8_t)left_length, 0, writer->starts[middle]);
    emit_runs(writer, first, middle);
    emit_runs(writer, middle, end);
}

bool seccomp_ranges_write(struct arena *arena, const struct seccomp_ranges *ranges,
                          const struct sock_fprog *tail, struct sock_fprog *out) {
    struct writer writer = {.actions = ranges->actions};
    for (unsigned number = 0; number < RANGES_MAX_NUMBER; number++) {
        if (number > 0 && ranges->actions[number] == ranges->actions[number - 1])
            continue;
        if (writer.runs == MAX_RUNS)
            return false;
        writer.starts[writer.runs++] = number;
    }
    enum { PROLOGUE = 4 };
    writer.tail = PROLOGUE + 2 * writer.runs - 1;
    writer.code = arena_alloc(arena, (writer.tail + tail->len) * sizeof *writer.code);
    emit(&writer, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch));
    emit(&writer, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, NATIVE_ARCHITECTURE);
    emit_ask(&writer);
    emit(&writer, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
    emit_runs(&writer, 0, writer.runs);
    memcpy(writer.code + writer.tail, tail->filter, tail->len * sizeof *writer.code);
    *out = (struct sock_fprog){.len = (unsigned short)(writer.tail + tail->len), .filter = writer.code};
    return true;
}

#else

bool seccomp_ranges_read(const struct seccomp *seccomp, struct seccomp_ranges *ranges, bool *asked) {
    (void)seccomp, (void)ranges, (void)asked;
    return false;
}

bool seccomp_ranges_write(struct arena *arena, const struct seccomp_ranges *ranges,
                          const struct sock_fprog *tail, struct sock_fprog *out) {
    (void)arena, (void)ranges, (void)tail, (void)out;
    return false;
}

#endif
