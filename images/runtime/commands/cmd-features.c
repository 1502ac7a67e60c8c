// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/features.md
#include <stdio.h>
#include <sys/capability.h>

#include "../lib/json-write.h"
#include "../lib/mount-options.h"
#include "../lib/seccomp-words.h"
#include "command.h"

static void write_capabilities(json_writer writer, struct arena *arena) {
    json_write_name(writer, "capabilities");
    yajl_gen_array_open(writer);
    for (cap_value_t value = 0; value < (cap_value_t)cap_max_bits(); value++) {
        char *name = cap_to_name(value);
        char *upper = arena_format(arena, "%s", name);
        for (char *c = upper; *c != '\0'; c++)
            *c -= *c >= 'a' && *c <= 'z' ? 'a' - 'A' : 0;
        json_write_string(writer, NULL, upper);
        cap_free(name);
    }
    yajl_gen_array_close(writer);
}

static void write_enabled(json_writer writer, const char *name, bool enabled) {
    json_write_name(writer, name);
    yajl_gen_map_open(writer);
    json_write_bool(writer, "enabled", enabled);
    yajl_gen_map_close(writer);
}

static void write_linux(json_writer writer, struct arena *arena) {
    json_write_name(writer, "linux");
    yajl_gen_map_open(writer);
    json_write_words(writer, "namespaces", namespace_words);
    write_capabilities(writer, arena);

    json_write_name(writer, "cgroup");
    yajl_gen_map_open(writer);
    json_write_bool(writer, "v1", false);
    json_write_bool(writer, "v2", true);
    json_write_bool(writer, "systemd", false);
    json_write_bool(writer, "systemdUser", false);
    json_write_bool(writer, "rdma", false);
    yajl_gen_map_close(writer);

    json_write_name(writer, "seccomp");
    yajl_gen_map_open(writer);
    json_write_bool(writer, "enabled", true);
    json_write_words(writer, "actions", seccomp_action_words);
    json_write_words(writer, "operators", seccomp_operator_words);
    json_write_words(writer, "archs", seccomp_architecture_words);
    json_write_words(writer, "knownFlags", seccomp_flag_words);
    json_write_words(writer, "supportedFlags", seccomp_flag_words);
    yajl_gen_map_close(writer);

    write_enabled(writer, "apparmor", false);
    write_enabled(writer, "selinux", false);
    write_enabled(writer, "intelRdt", false);
    json_write_name(writer, "mountExtensions");
    yajl_gen_map_open(writer);
    write_enabled(writer, "idmap", false);
    yajl_gen_map_close(writer);
    yajl_gen_map_close(writer);
}

static int run(const struct globals *globals, int count, char **operands, struct error *error) {
    (void)count;
    (void)operands;
    (void)error;
    json_writer writer = json_write_begin(true);
    yajl_gen_map_open(writer);
    json_write_string(writer, "ociVersionMin", "1.0.0");
    json_write_string(writer, "ociVersionMax", "1.2.0");
    json_write_strings(writer, "hooks", hook_kind_names, HOOK_KINDS);
    json_write_words(writer, "mountOptions", mount_option_words);
    write_linux(writer, globals->arena);
    yajl_gen_map_close(writer);
    fputs(json_write_end(writer, globals->arena), stdout);
    return 0;
}

const struct command command_features = {
    "features", "features", "print what this runtime can do as JSON", NULL, 0, 0, run,
};
