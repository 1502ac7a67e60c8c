#ifndef STATE_H
#define STATE_H

#include <sys/types.h>

/*
 * The container's process, from the state that a runtime gives its hooks:
 * https://github.com/opencontainers/runtime-spec/blob/main/runtime.md#state
 * Returns a negative errno when `json` names none.
 */
pid_t state_pid(const char *json);

#endif
