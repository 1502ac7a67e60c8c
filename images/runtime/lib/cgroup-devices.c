#include "cgroup-devices.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "scope.h"
#include "sys.h"
#include "trace.h"

// The verifier's work grows with the branches it finds, and is most of the cost of a small program. So a
// device is one word to compare with, char and block devices have a list of rules each, and a rule about all
// access to one device is a single instruction.
#define MAX_INSTRUCTIONS 4096   // what the verifier accepts
#define MAX_RULE_INSTRUCTIONS 6 // of one rule in one list
#define MAX_ANSWERS 1024

struct program {
    struct bpf_insn code[MAX_INSTRUCTIONS];
    size_t length;
    // Jumps to the answer at the end, whose place is not known before.
    struct {
        size_t at;
        bool allow;
    } answers[MAX_ANSWERS];
    size_t answer_count;
};

enum { R_RESULT, R_CONTEXT, R_KIND, R_ACCESS, R_MAJOR, R_DEVICE, R_SCRATCH };

#define MINOR_BITS 20
#define ALL_ACCESS (BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE | BPF_DEVCG_ACC_MKNOD)

// What every container may use, whatever the rules say: the default devices, terminals, and making of nodes.
static const struct device_rule default_rules[] = {
    {true, 'c', DEVICE_ANY, DEVICE_ANY, BPF_DEVCG_ACC_MKNOD},
    {true, 'b', DEVICE_ANY, DEVICE_ANY, BPF_DEVCG_ACC_MKNOD},
    {true, 'c', 1, 3, ALL_ACCESS},            // null
    {true, 'c', 1, 5, ALL_ACCESS},            // zero
    {true, 'c', 1, 7, ALL_ACCESS},            // full
    {true, 'c', 1, 8, ALL_ACCESS},            // random
    {true, 'c', 1, 9, ALL_ACCESS},            // urandom
    {true, 'c', 5, 0, ALL_ACCESS},            // tty
    {true, 'c', 5, 1, ALL_ACCESS},            // console
    {true, 'c', 5, 2, ALL_ACCESS},            // ptmx
    {true, 'c', 136, DEVICE_ANY, ALL_ACCESS}, // pts/*
};

static void emit(struct program *program, int code, int dst, int src, int off, int32_t imm) {
    program->code[program->length++] = (struct bpf_insn){
        .code = (uint8_t)code, .dst_reg = dst & 15, .src_reg = src & 15, .off = (int16_t)off, .imm = imm};
}

static void emit_load(struct program *program, int dst, size_t offset) {
    emit(program, BPF_LDX | BPF_MEM | BPF_W, dst, R_CONTEXT, (int)offset, 0);
}

// struct bpf_cgroup_dev_ctx: access_type is the access in the upper half, the kind of device in the lower.
static void emit_prologue(struct program *program) {
    emit_load(program, R_KIND, offsetof(struct bpf_cgroup_dev_ctx, access_type));
    emit(program, BPF_ALU | BPF_MOV | BPF_X, R_ACCESS, R_KIND, 0, 0);
    emit(program, BPF_ALU | BPF_AND | BPF_K, R_KIND, 0, 0, 0xffff);
    emit(program, BPF_ALU | BPF_RSH | BPF_K, R_ACCESS, 0, 0, 16);
    emit_load(program, R_MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
    emit_load(program, R_DEVICE, offsetof(struct bpf_cgroup_dev_ctx, minor));
    emit(program, BPF_ALU | BPF_MOV | BPF_X, R_SCRATCH, R_MAJOR, 0, 0);
    emit(program, BPF_ALU | BPF_LSH | BPF_K, R_SCRATCH, 0, 0, MINOR_BITS);
    emit(program, BPF_ALU | BPF_OR | BPF_X, R_DEVICE, R_SCRATCH, 0, 0);
}

static void emit_answer(struct program *program, int code, int dst, int32_t imm, bool allow) {
    program->answers[program->answer_count].at = program->length;
    program->answers[program->answer_count++].allow = allow;
    emit(program, code, dst, 0, 0, imm);
}

static void emit_rule(struct program *program, const struct device_rule *rule) {
    bool one_device = rule->major != DEVICE_ANY && rule->minor != DEVICE_ANY;
    int32_t device = (int32_t)((uint32_t)rule->major << MINOR_BITS | (uint32_t)rule->minor);
    if (one_device && rule->access == ALL_ACCESS) {
        emit_answer(program, BPF_JMP32 | BPF_JEQ | BPF_K, R_DEVICE, device, rule->allow);
        return;
    }
    size_t skips[3], count = 0;
    if (rule->access != ALL_ACCESS) {
        // Allowing needs every right that is asked for; refusing, any of them.
        uint32_t decisive = rule->allow ? ~rule->access & ALL_ACCESS : rule->access;
        emit(program, BPF_ALU | BPF_MOV | BPF_X, R_SCRATCH, R_ACCESS, 0, 0);
        emit(program, BPF_ALU | BPF_AND | BPF_K, R_SCRATCH, 0, 0, (int32_t)decisive);
        skips[count++] = program->length;
        emit(program, BPF_JMP32 | (rule->allow ? BPF_JNE : BPF_JEQ) | BPF_K, R_SCRATCH, 0, 0, 0);
    }
    if (one_device || rule->major != DEVICE_ANY) {
        skips[count++] = program->length;
        emit(program, BPF_JMP32 | BPF_JNE | BPF_K, one_device ? R_DEVICE : R_MAJOR, 0, 0,
             one_device ? device : (int32_t)rule->major);
    } else if (rule->minor != DEVICE_ANY) {
        emit(program, BPF_ALU | BPF_MOV | BPF_X, R_SCRATCH, R_DEVICE, 0, 0);
        emit(program, BPF_ALU | BPF_AND | BPF_K, R_SCRATCH, 0, 0, (1 << MINOR_BITS) - 1);
        skips[count++] = program->length;
        emit(program, BPF_JMP32 | BPF_JNE | BPF_K, R_SCRATCH, 0, 0, (int32_t)rule->minor);
    }
    emit_answer(program, BPF_JMP | BPF_JA, 0, 0, rule->allow);
    for (size_t i = 0; i < count; i++)
        program->code[skips[i]].off = (int16_t)(program->length - skips[i] - 1);
}

static bool same_rule(const struct device_rule *a, const struct device_rule *b) {
    return a->allow == b->allow && a->kind == b->kind && a->major == b->major && a->minor == b->minor &&
           a->access == b->access;
}

static bool is_default(const struct device_rule *rule) {
    for (size_t i = 0; i < sizeof default_rules / sizeof *default_rules; i++)
        if (same_rule(rule, &default_rules[i]))
            return true;
    return false;
}

// All rules that are about this kind of device.
static int emit_list(struct program *program, const struct config *config, char kind, struct error *error) {
    for (size_t i = 0; i < sizeof default_rules / sizeof *default_rules; i++)
        if (default_rules[i].kind == kind)
            emit_rule(program, &default_rules[i]);
    // A later rule overrides an earlier one, so the last is asked first.
    for (size_t i = config->device_rules.count; i-- > 0;) {
        const struct device_rule *rule = &config->device_rules.items[i];
        if ((rule->kind != 'a' && rule->kind != kind) || is_default(rule))
            continue;
        if (program->length + 2 * MAX_RULE_INSTRUCTIONS > MAX_INSTRUCTIONS ||
            program->answer_count + 2 > MAX_ANSWERS)
            return fail(error, E2BIG, "linux.resources.devices: too many rules for one program");
        bool any_device = rule->kind == 'a' || (rule->major == DEVICE_ANY && rule->minor == DEVICE_ANY);
        if (any_device && rule->access == ALL_ACCESS) {
            // No earlier rule is ever asked, and the verifier refuses code that is never reached.
            emit_answer(program, BPF_JMP | BPF_JA, 0, 0, rule->allow);
            return 0;
        }
        emit_rule(program, rule);
    }
    emit_answer(program, BPF_JMP | BPF_JA, 0, 0, false);
    return 0;
}

static void emit_answers(struct program *program) {
    for (int allow = 0; allow < 2; allow++) {
        bool wanted = false;
        for (size_t i = 0; i < program->answer_count; i++) {
            if (program->answers[i].allow != allow)
                continue;
            size_t at = program->answers[i].at;
            program->code[at].off = (int16_t)(program->length - at - 1);
            wanted = true;
        }
        if (!wanted)
            continue;
        emit(program, BPF_ALU64 | BPF_MOV | BPF_K, R_RESULT, 0, 0, allow);
        emit(program, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    }
}

static int write_program(struct program *program, const struct config *config, struct error *error) {
    emit_prologue(program);
    size_t branch = program->length;
    emit(program, BPF_JMP32 | BPF_JNE | BPF_K, R_KIND, 0, 0, BPF_DEVCG_DEV_CHAR);
    try(emit_list(program, config, 'c', error));
    program->code[branch].off = (int16_t)(program->length - branch - 1);
    try(emit_list(program, config, 'b', error));
    emit_answers(program);
    return 0;
}

static int load(const struct program *program, struct error *error) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attributes.insns = (uintptr_t)program->code;
    attributes.insn_cnt = (uint32_t)program->length;
    attributes.license = (uintptr_t) "MIT";
    int fd = sys_bpf(BPF_PROG_LOAD, &attributes, sizeof attributes, "PROG_LOAD cgroup device");
    return fd >= 0 ? fd
                   : fail_sys(error, fd, "linux.resources.devices: the kernel refuses the device program");
}

int cgroup_devices_attach(const struct config *config, int cgroup, struct error *error) {
    if (config->device_rules.count == 0)
        return 0;
    trace_step("device program");
    static struct program program;
    program.length = program.answer_count = 0;
    try(write_program(&program, config, error));
    owned_fd fd = load(&program, error);
    if (fd < 0)
        return fd;
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.target_fd = (uint32_t)cgroup;
    attributes.attach_bpf_fd = (uint32_t)fd;
    attributes.attach_type = BPF_CGROUP_DEVICE;
    attributes.attach_flags = BPF_F_ALLOW_MULTI;
    int result = sys_bpf(BPF_PROG_ATTACH, &attributes, sizeof attributes, "PROG_ATTACH cgroup device");
    return result < 0 ? fail_sys(error, result, "linux.resources.devices: cannot attach the device program")
                      : 0;
}
