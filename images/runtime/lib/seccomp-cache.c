#include "seccomp-cache.h"

#include <fcntl.h>
#include <linux/bpf_common.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "scope.h"
#include "sys.h"

// Bounds what can pile up; two profiles that share a slot replace each other.
#define SLOTS 64
#define DIRECTORY ".seccomp" // no container can have this name

// The section's text means the same program only to the same libseccomp.
struct text seccomp_cache_key(struct arena *arena, const struct seccomp *seccomp) {
    const struct scmp_version *version = seccomp_version();
    char prefix[64];
    int length = snprintf(prefix, sizeof prefix, "libseccomp %u.%u.%u\n", version->major, version->minor,
                          version->micro);
    char *key = arena_alloc(arena, (size_t)length + seccomp->text_length);
    memcpy(key, prefix, (size_t)length);
    memcpy(key + length, seccomp->text, seccomp->text_length);
    return (struct text){key, (size_t)length + seccomp->text_length};
}

// FNV-1a over words instead of bytes: the text is some kilobytes long.
static uint32_t hash(const struct text *key) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i + sizeof hash <= key->length; i += sizeof hash) {
        uint32_t word;
        memcpy(&word, key->bytes + i, sizeof word);
        hash = (hash ^ word) * 16777619u;
    }
    return hash ^ hash >> 16;
}

static void slot_path(const char *root, const struct text *key, char *path, size_t size) {
    snprintf(path, size, "%s/" DIRECTORY "/%u", root, (unsigned)(hash(key) % SLOTS));
}

// File: length of the key, the key, the program.
bool seccomp_cache_find(struct arena *arena, const char *root, const struct text *key,
                        struct sock_fprog *out) {
    char path[4096];
    slot_path(root, key, path, sizeof path);
    struct text file;
    struct error ignored;
    uint32_t key_length;
    if (file_read(arena, AT_FDCWD, path, 2 * JSON_MAX_BYTES, &file, &ignored) < 0 ||
        file.length < sizeof key_length)
        return false;
    memcpy(&key_length, file.bytes, sizeof key_length);
    if (key_length != key->length || file.length < sizeof key_length + key_length ||
        memcmp(file.bytes + sizeof key_length, key->bytes, key_length) != 0)
        return false;
    size_t begin = sizeof key_length + key_length, length = file.length - begin;
    if (length == 0 || length % sizeof(struct sock_filter) != 0 ||
        length / sizeof(struct sock_filter) > BPF_MAXINSNS)
        return false;
    struct sock_filter *code = arena_alloc(arena, length);
    memcpy(code, file.bytes + begin, length);
    *out = (struct sock_fprog){.len = (unsigned short)(length / sizeof *code), .filter = code};
    return true;
}

void seccomp_cache_keep(struct arena *arena, const char *root, const struct text *key,
                        const struct sock_fprog *program) {
    char path[4096], name[16];
    struct error ignored;
    snprintf(path, sizeof path, "%s/" DIRECTORY, root);
    sys_mkdirat(AT_FDCWD, path, 0700);
    owned_fd directory = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
    if (directory < 0)
        return;
    size_t code = program->len * sizeof *program->filter;
    uint32_t key_length = (uint32_t)key->length;
    char *bytes = arena_alloc(arena, sizeof key_length + key->length + code);
    memcpy(bytes, &key_length, sizeof key_length);
    memcpy(bytes + sizeof key_length, key->bytes, key->length);
    memcpy(bytes + sizeof key_length + key->length, program->filter, code);
    snprintf(name, sizeof name, "%u", (unsigned)(hash(key) % SLOTS));
    file_write(directory, name, bytes, sizeof key_length + key->length + code, &ignored);
}
