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

// What a file begins with; the program follows, then the profile's text.
struct header {
    // The text means the same program only to the same libseccomp.
    struct scmp_version version;
    uint32_t code_bytes, text_bytes;
};

// FNV-1a over words instead of bytes: the text is some kilobytes long.
static unsigned slot_of(const struct seccomp *seccomp) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i + sizeof hash <= seccomp->text_length; i += sizeof hash) {
        uint32_t word;
        memcpy(&word, seccomp->text + i, sizeof word);
        hash = (hash ^ word) * 16777619u;
    }
    return (hash ^ hash >> 16) % SLOTS;
}

static struct header header_for(const struct seccomp *seccomp, size_t code_bytes) {
    return (struct header){*seccomp_version(), (uint32_t)code_bytes, (uint32_t)seccomp->text_length};
}

bool seccomp_cache_find(struct arena *arena, const char *root, const struct seccomp *seccomp,
                        struct sock_fprog *out) {
    char path[4096];
    snprintf(path, sizeof path, "%s/" DIRECTORY "/%u", root, slot_of(seccomp));
    struct text file;
    struct error ignored;
    struct header found;
    if (file_read(arena, AT_FDCWD, path, 2 * JSON_MAX_BYTES, &file, &ignored) < 0 ||
        file.length < sizeof found)
        return false;
    memcpy(&found, file.bytes, sizeof found);
    size_t count = found.code_bytes / sizeof(struct sock_filter);
    struct header wanted = header_for(seccomp, count * sizeof(struct sock_filter));
    if (memcmp(&found, &wanted, sizeof found) != 0 || count == 0 || count > BPF_MAXINSNS ||
        file.length != sizeof found + found.code_bytes + found.text_bytes ||
        memcmp(file.bytes + sizeof found + found.code_bytes, seccomp->text, seccomp->text_length) != 0)
        return false;
    *out = (struct sock_fprog){.len = (unsigned short)count,
                               .filter = (struct sock_filter *)(void *)(file.bytes + sizeof found)};
    return true;
}

void seccomp_cache_keep(struct arena *arena, const char *root, const struct seccomp *seccomp,
                        const struct sock_fprog *program) {
    char path[4096], name[16];
    struct error ignored;
    snprintf(path, sizeof path, "%s/" DIRECTORY, root);
    sys_mkdirat(AT_FDCWD, path, 0700);
    owned_fd directory = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
    if (directory < 0)
        return;
    struct header header = header_for(seccomp, program->len * sizeof *program->filter);
    size_t length = sizeof header + header.code_bytes + header.text_bytes;
    char *bytes = arena_alloc(arena, length);
    memcpy(bytes, &header, sizeof header);
    memcpy(bytes + sizeof header, program->filter, header.code_bytes);
    memcpy(bytes + sizeof header + header.code_bytes, seccomp->text, header.text_bytes);
    snprintf(name, sizeof name, "%u", slot_of(seccomp));
    file_write(directory, name, bytes, length, &ignored);
}
