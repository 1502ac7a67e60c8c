#include "mount-options.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

// The kind of a word stands above the bits it is about.
enum {
    SET,
    CLEAR,
    RECURSIVE_SET,
    RECURSIVE_CLEAR,
    PROPAGATION,
    RECURSIVE_PROPAGATION,
    BIND,
    IGNORED,
    REFUSED
};
#define KIND_SHIFT 32
#define WORD(kind, bits) ((uint64_t)(kind) << KIND_SHIFT | (uint64_t)(bits))

enum { BIND_ONE, BIND_TREE, BIND_REMOUNT };

const struct word mount_option_words[] = {
    {"async", WORD(IGNORED, 0)},
    {"atime", WORD(CLEAR, MOUNT_ATTR_NOATIME)},
    {"bind", WORD(BIND, BIND_ONE)},
    {"defaults", WORD(IGNORED, 0)},
    {"dev", WORD(CLEAR, MOUNT_ATTR_NODEV)},
    {"diratime", WORD(CLEAR, MOUNT_ATTR_NODIRATIME)},
    {"exec", WORD(CLEAR, MOUNT_ATTR_NOEXEC)},
    {"idmap", WORD(REFUSED, 0)},
    {"loud", WORD(IGNORED, 0)},
    {"noatime", WORD(SET, MOUNT_ATTR_NOATIME)},
    {"nodev", WORD(SET, MOUNT_ATTR_NODEV)},
    {"nodiratime", WORD(SET, MOUNT_ATTR_NODIRATIME)},
    {"noexec", WORD(SET, MOUNT_ATTR_NOEXEC)},
    {"norelatime", WORD(CLEAR, MOUNT_ATTR_RELATIME)},
    {"nostrictatime", WORD(CLEAR, MOUNT_ATTR_STRICTATIME)},
    {"nosuid", WORD(SET, MOUNT_ATTR_NOSUID)},
    {"nosymfollow", WORD(SET, MOUNT_ATTR_NOSYMFOLLOW)},
    {"private", WORD(PROPAGATION, MS_PRIVATE)},
    {"rbind", WORD(BIND, BIND_TREE)},
    {"rdev", WORD(RECURSIVE_CLEAR, MOUNT_ATTR_NODEV)},
    {"relatime", WORD(SET, MOUNT_ATTR_RELATIME)},
    {"remount", WORD(BIND, BIND_REMOUNT)},
    {"rexec", WORD(RECURSIVE_CLEAR, MOUNT_ATTR_NOEXEC)},
    {"ridmap", WORD(REFUSED, 0)},
    {"rnodev", WORD(RECURSIVE_SET, MOUNT_ATTR_NODEV)},
    {"rnoexec", WORD(RECURSIVE_SET, MOUNT_ATTR_NOEXEC)},
    {"rnosuid", WORD(RECURSIVE_SET, MOUNT_ATTR_NOSUID)},
    {"ro", WORD(SET, MOUNT_ATTR_RDONLY)},
    {"rprivate", WORD(RECURSIVE_PROPAGATION, MS_PRIVATE)},
    {"rro", WORD(RECURSIVE_SET, MOUNT_ATTR_RDONLY)},
    {"rrw", WORD(RECURSIVE_CLEAR, MOUNT_ATTR_RDONLY)},
    {"rshared", WORD(RECURSIVE_PROPAGATION, MS_SHARED)},
    {"rslave", WORD(RECURSIVE_PROPAGATION, MS_SLAVE)},
    {"rsuid", WORD(RECURSIVE_CLEAR, MOUNT_ATTR_NOSUID)},
    {"runbindable", WORD(RECURSIVE_PROPAGATION, MS_UNBINDABLE)},
    {"rw", WORD(CLEAR, MOUNT_ATTR_RDONLY)},
    {"shared", WORD(PROPAGATION, MS_SHARED)},
    {"silent", WORD(IGNORED, 0)},
    {"slave", WORD(PROPAGATION, MS_SLAVE)},
    {"strictatime", WORD(SET, MOUNT_ATTR_STRICTATIME)},
    {"suid", WORD(CLEAR, MOUNT_ATTR_NOSUID)},
    {"symfollow", WORD(CLEAR, MOUNT_ATTR_NOSYMFOLLOW)},
    {"tmpcopyup", WORD(REFUSED, 0)},
    {"unbindable", WORD(PROPAGATION, MS_UNBINDABLE)},
    {NULL, 0},
};

// The last word about a bit wins, as with mount(8).
static void turn_on(uint64_t bits, uint64_t *set, uint64_t *clear) {
    // The atime words share one field of the kernel's: all of it is replaced.
    if (bits & MOUNT_ATTR__ATIME || bits == MOUNT_ATTR_RELATIME) {
        *set &= ~(uint64_t)MOUNT_ATTR__ATIME;
        *clear |= MOUNT_ATTR__ATIME;
    } else {
        *clear &= ~bits;
    }
    *set |= bits;
}

static void turn_off(uint64_t bits, uint64_t *set, uint64_t *clear) {
    *set &= ~bits;
    *clear |= bits & MOUNT_ATTR__ATIME ? MOUNT_ATTR__ATIME : bits;
}

static void apply(uint64_t word, struct mount_options *out) {
    uint64_t bits = word & UINT32_MAX;
    switch (word >> KIND_SHIFT) {
    case SET:
        return turn_on(bits, &out->set, &out->clear);
    case CLEAR:
        return turn_off(bits, &out->set, &out->clear);
    case RECURSIVE_SET:
        return turn_on(bits, &out->recursive_set, &out->recursive_clear);
    case RECURSIVE_CLEAR:
        return turn_off(bits, &out->recursive_set, &out->recursive_clear);
    case PROPAGATION:
    case RECURSIVE_PROPAGATION:
        out->propagation = bits;
        out->propagation_recursive = word >> KIND_SHIFT == RECURSIVE_PROPAGATION;
        return;
    case BIND:
        out->bind |= bits != BIND_REMOUNT;
        out->bind_recursive |= bits == BIND_TREE;
        out->remount |= bits == BIND_REMOUNT;
        return;
    }
}

int mount_options_read(const struct mount *mount, struct mount_options *out, struct strings *data,
                       struct error *error) {
    struct mount_options options = {0};
    data->count = 0;
    for (size_t i = 0; i < mount->options.count; i++) {
        const struct word *word = word_find(mount_option_words, mount->options.items[i]);
        if (word == NULL)
            data->items[data->count++] = mount->options.items[i];
        else if (word->value >> KIND_SHIFT == REFUSED)
            return fail(error, EINVAL, "options[%zu]: \"%s\" is not supported by this runtime; remove it", i,
                        word->name);
        else
            apply(word->value, &options);
    }
    // Type "bind" without the option is what some engines write.
    if (mount->type != NULL && strcmp(mount->type, "bind") == 0)
        options.bind = true;
    *out = options;
    return 0;
}
