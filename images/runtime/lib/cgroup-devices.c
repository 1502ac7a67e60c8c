#include "cgroup-devices.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "scope.h"
#include "sys.h"
#include "trace.h"

// Each rule is at most 8 instructions, and the verifier accepts 4096 of a privileged program.
#define MAX_INSTRUCTIONS 4096
#define MAX_RULE_INSTRUCTIONS 8

struct program {
    struct bpf_insn code[MAX_INSTRUCTIONS];
    size_t length;
};

enum { R_RESULT = 0, R_CONTEXT = 1, R_KIND = 2, R_ACCESS = 3, R_MAJOR = 4, R_MINOR = 5, R_SCRATCH = 6 };

// What every container may use, whatever the rules say: the default devices, terminals, and making of nodes.
static const struct device_rule default_rules[] = {
    {true, 'c', DEVICE_ANY, DEVICE_ANY, BPF_DEVCG_ACC_MKNOD},
    {true, 'b', DEVICE_ANY, DEVICE_ANY, BPF_DEVCG_ACC_MKNOD},
    {true, 'c', 1, 3, 7},            // null
    {true, 'c', 1, 5, 7},            // zero
    {true, 'c', 1, 7, 7},            // full
    {true, 'c', 1, 8, 7},            // random
    {true, 'c', 1, 9, 7},            // urandom
    {true, 'c', 5, 0, 7},            // tty
    {true, 'c', 5, 1, 7},            // console
    {true, 'c', 5, 2, 7},            // ptmx
    {true, 'c', 136, DEVICE_ANY, 7}, // pts/*
};

static void emit(struct program *program, uint8_t code, uint8_t dst, uint8_t src, int16_t off, int32_t imm) {
    program->code[program->length++] =
        (struct bpf_insn){.code = code, .dst_reg = dst & 15, .src_reg = src & 15, .off = off, .imm = imm};
}

static void emit_load(struct program *program, uint8_t dst, size_t offset) {
    emit(program, BPF_LDX | BPF_MEM | BPF_W, dst, R_CONTEXT, (int16_t)offset, 0);
}

// struct bpf_cgroup_dev_ctx: access_type is the access in the upper half, the kind of device in the lower.
static void emit_prologue(struct program *program) {
    emit_load(program, R_KIND, offsetof(struct bpf_cgroup_dev_ctx, access_type));
    emit(program, BPF_ALU | BPF_MOV | BPF_X, R_ACCESS, R_KIND, 0, 0);
    emit(program, BPF_ALU | BPF_AND | BPF_K, R_KIND, 0, 0, 0xffff);
    emit(program, BPF_ALU | BPF_RSH | BPF_K, R_ACCESS, 0, 0, 16);
    emit_load(program, R_MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
    emit_load(program, R_MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
}

static void emit_answer(struct program *program, bool allow) {
    emit(program, BPF_ALU64 | BPF_MOV | BPF_K, R_RESULT, 0, 0, allow);
    emit(program, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void emit_rule(struct program *program, const struct device_rule *rule) {
    size_t jumps[4], count = 0;
    if (rule->kind != 'a') {
        jumps[count++] = program->length;
        emit(program, BPF_JMP | BPF_JNE | BPF_K, R_KIND, 0, 0,
             rule->kind == 'c' ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK);
    }
    // Allowing needs every right that is asked for; refusing, any of them.
    emit(program, BPF_ALU | BPF_MOV | BPF_X, R_SCRATCH, R_ACCESS, 0, 0);
    emit(program, BPF_ALU | BPF_AND | BPF_K, R_SCRATCH, 0, 0,
         (int32_t)(rule->allow ? ~rule->access & 7 : rule->access));
    jumps[count++] = program->length;
    emit(program, BPF_JMP | (rule->allow ? BPF_JNE : BPF_JEQ) | BPF_K, R_SCRATCH, 0, 0, 0);
    if (rule->major != DEVICE_ANY) {
        jumps[count++] = program->length;
        emit(program, BPF_JMP | BPF_JNE | BPF_K, R_MAJOR, 0, 0, (int32_t)rule->major);
    }
    if (rule->minor != DEVICE_ANY) {
        jumps[count++] = program->length;
        emit(program, BPF_JMP | BPF_JNE | BPF_K, R_MINOR, 0, 0, (int32_t)rule->minor);
    }
    emit_answer(program, rule->allow);
    for (size_t i = 0; i < count; i++)
        program->code[jumps[i]].off = (int16_t)(program->length - jumps[i] - 1);
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

int cgroup_devices_attach(const struct config *config, int cgroup, struct error *error) {
    if (config->device_rules.count == 0)
        return 0;
    trace_step("device program");
    static struct program program;
    program.length = 0;
    emit_prologue(&program);
    for (size_t i = 0; i < sizeof default_rules / sizeof *default_rules; i++)
        emit_rule(&program, &default_rules[i]);
    // A later rule overrides an earlier one, so the last is asked first.
    bool answered = false;
    for (size_t i = config->device_rules.count; i-- > 0 && !answered;) {
        const struct device_rule *rule = &config->device_rules.items[i];
        if (program.length + MAX_RULE_INSTRUCTIONS + 2 > MAX_INSTRUCTIONS)
            return fail(error, E2BIG, "linux.resources.devices: too many rules for one program");
        if (rule->kind == 'a' && rule->access == 7) {
            // About everything: no earlier rule is ever asked, and the verifier refuses code that is never
            // reached.
            emit_answer(&program, rule->allow);
            answered = true;
        } else if (!is_default(rule)) {
            emit_rule(&program, rule);
        }
    }
    if (!answered)
        emit_answer(&program, false);
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
