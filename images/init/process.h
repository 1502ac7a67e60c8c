#ifndef PROCESS_H
#define PROCESS_H

#include "channel.h"

extern const struct channel_kind exec_kind, pty_kind;

/* Parameters of both: what to run, and as what. */
struct program {
    const char *cwd;
    /* Both end with NULL; the strings are the payload's. `environment` holds only what is added to the agent's. */
    const char **argv, **environment;
};

/* Allocates the vectors, which program_free releases also after a failure. */
int program_parse(struct reader *parameters, struct program *program);
void program_free(struct program *program);

/* Collects the dead: their channels end when what they have written is on its way. */
void process_reap(void);

#endif
