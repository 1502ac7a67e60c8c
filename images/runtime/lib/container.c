#include "container.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cgroup.h"
#include "config-parts.h"
#include "file.h"
#include "json-write.h"
#include "scope.h"
#include "sys.h"

#define MAX_ID 128 // leaves room for suffixes within the 255 bytes of a file name

const char *const container_status_names[] = {
    [CREATING] = "creating", [CREATED] = "created", [RUNNING] = "running",
    [PAUSED] = "paused",     [STOPPED] = "stopped",
};

int container_check_id(const char *id, struct error *error) {
    size_t length = strlen(id);
    bool valid = length > 0 && length <= MAX_ID && (isalnum((unsigned char)id[0]) || id[0] == '_');
    for (size_t i = 0; valid && i < length; i++)
        valid = isalnum((unsigned char)id[i]) || strchr("_+-.", id[i]) != NULL;
    if (!valid)
        return fail(error, EINVAL,
                    "\"%.60s\" cannot name a container: letters, digits, _ + - . only, at most %d", id,
                    MAX_ID);
    return 0;
}

static int open_root(const char *root, struct error *error) {
    int fd = sys_openat(AT_FDCWD, root, O_RDONLY | O_DIRECTORY, 0);
    return fd >= 0 ? fd : fail_sys(error, fd, "cannot open the state directory %s", root);
}

int container_make(struct container *container, struct error *error) {
    // Only root may look at what others' containers are made of.
    int result = sys_mkdirat(AT_FDCWD, container->root, 0700);
    if (result < 0 && result != -EEXIST)
        return fail_sys(error, result, "cannot make the state directory %s", container->root);
    owned_fd root = open_root(container->root, error);
    if (root < 0)
        return root;
    result = sys_mkdirat(root, container->id, 0700);
    if (result == -EEXIST)
        return fail(error, EEXIST, "a container named %s exists; delete it first or take another name",
                    container->id);
    if (result < 0)
        return fail_sys(error, result, "cannot make the state of %s", container->id);
    container->directory = sys_openat(root, container->id, O_RDONLY | O_DIRECTORY, 0);
    return container->directory < 0
               ? fail_sys(error, container->directory, "cannot open the state of %s", container->id)
               : 0;
}

int container_save(const struct container *container, struct arena *arena, struct error *error) {
    json_writer writer = json_write_begin(false);
    yajl_gen_map_open(writer);
    json_write_string(writer, "ociVersion", container->oci_version);
    json_write_string(writer, "id", container->id);
    json_write_integer(writer, "pid", container->pid);
    json_write_integer(writer, "pidStartTime", (int64_t)container->pid_start_time);
    json_write_integer(writer, "createdNs", container->created_ns);
    json_write_string(writer, "bundle", container->bundle);
    json_write_string(writer, "cgroup", container->cgroup);
    json_write_pairs(writer, "annotations", &container->annotations);
    json_write_bool(writer, "endHooks", container->has_end_hooks);
    yajl_gen_map_close(writer);
    const char *text = json_write_end(writer, arena);
    return file_write(container->directory, "state.json", text, strlen(text), error);
}

static int read_state(struct arena *arena, const struct text *text, struct container *out,
                      struct error *error) {
    struct json *json;
    try(json_parse(arena, text->bytes, text->length, &json, error));
    struct place root = place_root(json);
    struct place pid = place_member(&root, "pid"), start_time = place_member(&root, "pidStartTime");
    struct place created = place_member(&root, "createdNs"), annotations = place_member(&root, "annotations");
    struct place bundle = place_member(&root, "bundle"), cgroup = place_member(&root, "cgroup");
    struct place version = place_member(&root, "ociVersion");
    struct place end_hooks = place_member(&root, "endHooks");
    int64_t number = 0;
    try(read_signed(&pid, 0, INT32_MAX, &number, error));
    out->pid = (pid_t)number;
    try(read_unsigned(&start_time, UINT64_MAX, &out->pid_start_time, error));
    try(read_signed(&created, 0, INT64_MAX, &out->created_ns, error));
    try(read_absolute_path(&bundle, &out->bundle, error));
    try(read_absolute_path(&cgroup, &out->cgroup, error));
    try(read_string(&version, &out->oci_version, error));
    try(read_bool(&end_hooks, &out->has_end_hooks, error));
    return read_pairs(arena, &annotations, &out->annotations, error);
}

int container_load(struct container *container, struct arena *arena, struct error *error) {
    try(container_check_id(container->id, error));
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", container->root, container->id);
    owned_fd directory = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
    if (directory == -ENOENT)
        return fail(error, ENOENT, "there is no container named %s", container->id);
    if (directory < 0)
        return fail_sys(error, directory, "cannot open the state of %s", container->id);
    struct container found = *container;
    struct text text;
    int result = file_read(arena, directory, "state.json", JSON_MAX_BYTES, &text, error);
    if (result >= 0)
        result = read_state(arena, &text, &found, error);
    if (result < 0 && result != -ENOENT) // without it, somebody is creating the container right now
        return within(error, result, "the state of %s is damaged; delete --force it", container->id);
    found.directory = release_fd(&directory);
    *container = found;
    return 0;
}

int container_config(const struct container *container, struct arena *arena, struct config *out,
                     struct error *error) {
    return within(error, config_load(arena, container->directory, out, &(struct text){0}, error),
                  "the configuration of %s", container->id);
}

uint64_t process_start_time(pid_t pid) {
    char path[32], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    owned_fd fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (length <= 0)
        return 0;
    text[length] = '\0';
    // The second field is the program's name in parentheses and may hold anything; the state follows, then
    // numbers.
    char *field = strrchr(text, ')');
    if (field == NULL || field[1] == '\0' || strchr("ZX", field[2]) != NULL)
        return 0;
    field += 2;
    for (int number = 3; number < 22 && field != NULL; number++)
        field = strchr(field + 1, ' ');
    return field == NULL ? 0 : strtoull(field, NULL, 10);
}

enum container_status container_status(const struct container *container) {
    if (container->pid == 0)
        return CREATING;
    uint64_t start_time = process_start_time(container->pid);
    if (start_time == 0 || start_time != container->pid_start_time)
        return STOPPED;
    if (faccessat(container->directory, "start", F_OK, 0) == 0)
        return CREATED;
    return cgroup_is_frozen(container->cgroup) ? PAUSED : RUNNING;
}

const char *container_state_json(const struct container *container, struct arena *arena,
                                 enum container_status status) {
    json_writer writer = json_write_begin(true);
    yajl_gen_map_open(writer);
    json_write_string(writer, "ociVersion", container->oci_version);
    json_write_string(writer, "id", container->id);
    json_write_string(writer, "status", container_status_names[status]);
    json_write_integer(writer, "pid", status == STOPPED ? 0 : container->pid);
    json_write_string(writer, "bundle", container->bundle);
    json_write_pairs(writer, "annotations", &container->annotations);
    yajl_gen_map_close(writer);
    return json_write_end(writer, arena);
}

int container_forget(struct container *container, struct error *error) {
    static const char *const files[] = {"start", "state.json", "config.json"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        unlinkat(container->directory, files[i], 0);
    owned_fd root = open_root(container->root, error);
    if (root < 0)
        return root;
    int result = sys_unlinkat(root, container->id, AT_REMOVEDIR);
    return result < 0 ? fail_sys(error, result, "cannot remove the state of %s", container->id) : 0;
}
