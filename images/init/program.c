#include <errno.h>
#include <stdlib.h>

#include "process.h"

static const char **read_strings(struct reader *parameters, unsigned count)
{
    const char **strings = calloc(count + 1, sizeof *strings);

    for (unsigned i = 0; strings != NULL && i < count; i++)
        strings[i] = read_string(parameters);
    return strings;
}

int program_parse(struct reader *parameters, struct program *program)
{
    *program = (struct program){ .cwd = read_string(parameters) };

    unsigned arguments = (unsigned)read_uint(parameters, 2), variables = (unsigned)read_uint(parameters, 2);
    program->argv = read_strings(parameters, arguments);
    program->environment = read_strings(parameters, variables);
    if (program->argv == NULL || program->environment == NULL)
        return -ENOMEM;
    return arguments == 0 || !reader_finished(parameters) ? -EPROTO : 0;
}

void program_free(struct program *program)
{
    free(program->argv);
    free(program->environment);
}
