#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>

#include "config-parts.h"
#include "seccomp-words.h"

// errno is part of some actions: SCMP_ACT_ERRNO(38).
static int read_action(const struct place *object, const char *name, const char *errno_name, uint32_t *out,
                       struct error *error) {
    struct place at = place_member(object, name), number_at = place_member(object, errno_name);
    if (at.json == NULL)
        return fail_absent(&at, error);
    uint64_t action = 0, number = EPERM;
    try(read_word(&at, seccomp_action_words, &action, error));
    try(read_unsigned(&number_at, SECCOMP_RET_DATA, &number, error));
    bool carries_errno = action == SCMP_ACT_ERRNO(0) || action == SCMP_ACT_TRACE(0);
    *out = (uint32_t)(carries_errno ? action | number : action);
    return 0;
}

static int read_argument(struct arena *arena, const struct place *at, struct seccomp_argument *out,
                         struct error *error) {
    (void)arena;
    try(read_object(at, error));
    struct place index = place_member(at, "index"), value = place_member(at, "value");
    struct place value_two = place_member(at, "valueTwo"), operator= place_member(at, "op");
    if (index.json == NULL)
        return fail_absent(&index, error);
    if (value.json == NULL)
        return fail_absent(&value, error);
    if (operator.json == NULL)
        return fail_absent(&operator, error);
    uint64_t number = 0, comparison = 0;
    try(read_unsigned(&index, 5, &number, error));
    try(read_unsigned(&value, UINT64_MAX, &out->value, error));
    try(read_unsigned(&value_two, UINT64_MAX, &out->value_two, error));
    try(read_word(&operator, seccomp_operator_words, &comparison, error));
    out->index = (unsigned)number;
    out->operator=(int) comparison;
    return 0;
}

static int read_rule(struct arena *arena, const struct place *at, struct seccomp_rule *out,
                     struct error *error) {
    try(read_object(at, error));
    struct place names = place_member(at, "names"), arguments = place_member(at, "args");
    try(read_strings(&names, arena, &out->names, error));
    if (out->names.count == 0)
        return fail_at(&names, error, "must name at least one system call");
    try(read_action(at, "action", "errnoRet", &out->action, error));
    read_list(&arguments, arena, &out->arguments, read_argument, error);
    return 0;
}

static int read_architecture(struct arena *arena, const struct place *at, uint32_t *out,
                             struct error *error) {
    (void)arena;
    uint64_t token = 0;
    try(read_word(at, seccomp_architecture_words, &token, error));
    *out = (uint32_t)token;
    return 0;
}

int read_seccomp(struct arena *arena, const struct place *at, const char *text, struct seccomp **out,
                 struct error *error) {
    int present = read_object(at, error);
    if (present <= 0)
        return present;
    struct seccomp *seccomp = arena_alloc(arena, sizeof *seccomp);
    struct place flags = place_member(at, "flags"), rules = place_member(at, "syscalls");
    struct place architectures = place_member(at, "architectures");
    try(read_action(at, "defaultAction", "defaultErrnoRet", &seccomp->default_action, error));
    read_list(&architectures, arena, &seccomp->architectures, read_architecture, error);
    present = read_array(&flags, error);
    if (present < 0)
        return present;
    for (const struct json *json = present ? flags.json->first : NULL; json != NULL; json = json->next) {
        struct place flag = place_element(&flags, 0, json);
        uint64_t bit = 0;
        try(read_word(&flag, seccomp_flag_words, &bit, error));
        seccomp->flags |= (unsigned)bit;
    }
    read_list(&rules, arena, &seccomp->rules, read_rule, error);
    try(refuse_member(at, "listenerPath", error));
    seccomp->text = text + at->json->begin;
    seccomp->text_length = at->json->end - at->json->begin;
    *out = seccomp;
    return 0;
}
