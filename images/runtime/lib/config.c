#include "config.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "config-parts.h"
#include "file.h"

const char *const hook_kind_names[HOOK_KINDS] = {
    [HOOK_PRESTART] = "prestart",
    [HOOK_CREATE_RUNTIME] = "createRuntime",
    [HOOK_CREATE_CONTAINER] = "createContainer",
    [HOOK_START_CONTAINER] = "startContainer",
    [HOOK_POSTSTART] = "poststart",
    [HOOK_POSTSTOP] = "poststop",
};

const struct namespace *config_namespace(const struct config *config, int flag) {
    for (size_t i = 0; i < config->namespaces.count; i++)
        if (config->namespaces.items[i].flag == flag)
            return &config->namespaces.items[i];
    return NULL;
}

bool config_unshares(const struct config *config, int flag) {
    const struct namespace *namespace = config_namespace(config, flag);
    return namespace != NULL && namespace->path == NULL;
}

int read_absolute_path(const struct place *at, const char **out, struct error *error) {
    const char *path = NULL;
    try(read_string(at, &path, error));
    if (path == NULL)
        return fail_absent(at, error);
    if (path[0] != '/')
        return fail_at(at, error, "expected an absolute path, found \"%.60s\"", path);
    *out = path;
    return 0;
}

int read_id(const struct place *at, uint32_t *out, struct error *error) {
    uint64_t value = *out;
    // (uid_t)-1 means "leave as it is" to the kernel.
    try(read_unsigned(at, UINT32_MAX - 1, &value, error));
    *out = (uint32_t)value;
    return 0;
}

int read_pairs(struct arena *arena, const struct place *at, pairs *out, struct error *error) {
    int present = read_object(at, error);
    if (present <= 0)
        return present;
    out->items = arena_alloc(arena, at->json->count * sizeof *out->items);
    for (const struct json *json = at->json->first; json != NULL; json = json->next) {
        struct place member = {.parent = at, .name = json->name, .json = json};
        struct pair *pair = &out->items[out->count++];
        pair->name = json->name;
        try(read_string(&member, &pair->value, error));
    }
    return 0;
}

int refuse_member(const struct place *object, const char *name, struct error *error) {
    struct place member = place_member(object, name);
    if (member.json == NULL || (member.json->type == JSON_STRING && member.json->string[0] == '\0'))
        return 0;
    return fail_at(&member, error, "is not supported by this runtime; remove it");
}

static int read_mount(struct arena *arena, const struct place *at, struct mount *out, struct error *error) {
    try(read_object(at, error));
    struct place destination = place_member(at, "destination"), type = place_member(at, "type");
    struct place source = place_member(at, "source"), options = place_member(at, "options");
    try(read_absolute_path(&destination, &out->destination, error));
    try(read_string(&type, &out->type, error));
    try(read_string(&source, &out->source, error));
    try(read_strings(&options, arena, &out->options, error));
    try(refuse_member(at, "uidMappings", error));
    return refuse_member(at, "gidMappings", error);
}

static int read_hook(struct arena *arena, const struct place *at, struct hook *out, struct error *error) {
    try(read_object(at, error));
    struct place path = place_member(at, "path"), args = place_member(at, "args");
    struct place env = place_member(at, "env"), timeout = place_member(at, "timeout");
    try(read_absolute_path(&path, &out->path, error));
    try(read_strings(&args, arena, &out->args, error));
    try(read_strings(&env, arena, &out->env, error));
    int64_t seconds = 0;
    try(read_signed(&timeout, 1, 24 * 3600, &seconds, error));
    out->timeout_seconds = (int)seconds;
    return 0;
}

static int read_hooks(struct arena *arena, const struct place *at, struct config *out, struct error *error) {
    int present = read_object(at, error);
    if (present <= 0)
        return present;
    for (int kind = 0; kind < HOOK_KINDS; kind++) {
        struct place hooks = place_member(at, hook_kind_names[kind]);
        read_list(&hooks, arena, &out->hooks[kind], read_hook, error);
    }
    return 0;
}

static int read_version(const struct place *at, const char **out, struct error *error) {
    try(read_string(at, out, error));
    if (*out == NULL)
        return fail_absent(at, error);
    if (strncmp(*out, "1.", 2) != 0)
        return fail_at(at, error, "expected a version 1.x.y, found \"%.40s\"", *out);
    return 0;
}

static int read_config(struct arena *arena, const struct place *at, const char *text, struct config *out,
                       struct error *error) {
    if (read_object(at, error) < 0)
        return fail_at(at, error, "expected an object");
    struct place version = place_member(at, "ociVersion"), process = place_member(at, "process");
    struct place root = place_member(at, "root"), mounts = place_member(at, "mounts");
    struct place hostname = place_member(at, "hostname"), domainname = place_member(at, "domainname");
    struct place hooks = place_member(at, "hooks"), annotations = place_member(at, "annotations");
    struct place linux_ = place_member(at, "linux");

    try(read_version(&version, &out->oci_version, error));
    try(read_process(arena, &process, &out->process, error));
    if (read_object(&root, error) <= 0)
        return root.json == NULL ? fail_absent(&root, error) : -error->number;
    struct place path = place_member(&root, "path"), readonly = place_member(&root, "readonly");
    try(read_string(&path, &out->root_path, error));
    if (out->root_path == NULL || out->root_path[0] == '\0')
        return fail_absent(&path, error);
    try(read_bool(&readonly, &out->root_readonly, error));
    try(read_string(&hostname, &out->hostname, error));
    try(read_string(&domainname, &out->domainname, error));
    read_list(&mounts, arena, &out->mounts, read_mount, error);
    try(read_hooks(arena, &hooks, out, error));
    try(read_pairs(arena, &annotations, &out->annotations, error));
    try(read_linux(arena, &linux_, text, out, error));
    if (out->hostname != NULL && out->hostname[0] != '\0' && config_namespace(out, CLONE_NEWUTS) == NULL)
        return fail_at(&hostname, error,
                       "needs a uts namespace in linux.namespaces, or it would rename the host");
    if (out->domainname != NULL && out->domainname[0] != '\0' && config_namespace(out, CLONE_NEWUTS) == NULL)
        return fail_at(&domainname, error,
                       "needs a uts namespace in linux.namespaces, or it would rename the host");
    return 0;
}

int config_parse(struct arena *arena, const char *text, size_t length, struct config *out,
                 struct error *error) {
    struct json *json;
    try(json_parse(arena, text, length, &json, error));
    struct place root = place_root(json);
    struct config config = {0};
    try(read_config(arena, &root, text, &config, error));
    *out = config;
    return 0;
}

int config_load(struct arena *arena, int directory, struct config *out, struct text *text,
                struct error *error) {
    struct text read;
    try(file_read(arena, directory, "config.json", JSON_MAX_BYTES, &read, error));
    try(within(error, config_parse(arena, read.bytes, read.length, out, error), "config.json"));
    *text = read;
    return 0;
}

int process_parse(struct arena *arena, const char *text, size_t length, struct process *out,
                  struct error *error) {
    struct json *json;
    try(json_parse(arena, text, length, &json, error));
    struct place root = place_root(json);
    struct process process = {0};
    try(read_process(arena, &root, &process, error));
    *out = process;
    return 0;
}
