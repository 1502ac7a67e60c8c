#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "descriptor.h"

extern char **environ;

/* Where the standard streams of a new process come from. */
struct streams {
    /* Input, output, error; or a terminal's path, which then serves as all three. */
    int fd[3];
    const char *terminal;
};

static bool same_variable(const char *one, const char *other)
{
    size_t length = strcspn(one, "=");

    return strncmp(one, other, length) == 0 && other[length] == '=';
}

/* The agent's own environment, changed by `added`. Only the vector is allocated. */
static char **merged_environment(const char **added)
{
    size_t own = 0, more = 0, count = 0;

    while (environ[own] != NULL)
        own++;
    while (added[more] != NULL)
        more++;
    char **merged = calloc(own + more + 1, sizeof *merged);
    for (size_t i = 0; merged != NULL && i < own; i++) {
        bool replaced = false;
        for (size_t j = 0; j < more && !replaced; j++)
            replaced = same_variable(added[j], environ[i]);
        if (!replaced)
            merged[count++] = environ[i];
    }
    for (size_t j = 0; merged != NULL && j < more; j++)
        merged[count++] = (char *)added[j];
    return merged;
}

static int actions_for(posix_spawn_file_actions_t *actions, const char *cwd, const struct streams *streams)
{
    int error = cwd[0] != '\0' ? posix_spawn_file_actions_addchdir_np(actions, cwd) : 0;

    if (error == 0 && streams->terminal != NULL)
        /* The first terminal that a session's leader opens becomes its controlling one. */
        error = posix_spawn_file_actions_addopen(actions, 0, streams->terminal, O_RDWR, 0);
    for (int standard = streams->terminal != NULL ? 1 : 0; error == 0 && standard <= 2; standard++)
        error = posix_spawn_file_actions_adddup2(actions, streams->terminal != NULL ? 0 : streams->fd[standard],
                                                 standard);
    return error;
}

static int attributes_for(posix_spawnattr_t *attributes)
{
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    /* A mistake here would be in these lines: the values are fixed. */
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
    return posix_spawnattr_setflags(attributes,
                                    POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* A guest that runs out of memory must not lose its agent, whose score (agent.c) all its children have inherited. */
static void be_killable(pid_t pid)
{
    char path[48];

    snprintf(path, sizeof path, "/proc/%d/oom_score_adj", pid);
    SCOPED_FD fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t ignored = fd < 0 ? 0 : write(fd, "0", 1);
    (void)ignored;
}

/* posix_spawn waits until the program runs or could not be started, and says why. */
static int spawn(const struct program *program, const struct streams *streams, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    struct stat folder;

    if (program->cwd[0] != '\0' && stat(program->cwd, &folder) != 0)
        return -errno;
    char **environment = merged_environment(program->environment);
    if (environment == NULL)
        return -ENOMEM;

    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int error = actions_for(&actions, program->cwd, streams);
    if (error == 0)
        error = attributes_for(&attributes);
    if (error == 0)
        error = posix_spawnp(pid, program->argv[0], &actions, &attributes, (char *const *)program->argv, environment);
    if (error == 0)
        be_killable(*pid);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    free(environment);
    return -error;
}

static void unblock(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static int exec_spawned(struct channel *channel, const struct program *program)
{
    int input[2] = { -1, -1 }, output[2] = { -1, -1 }, errors[2] = { -1, -1 };
    bool piped = pipe2(input, O_CLOEXEC) == 0 && pipe2(output, O_CLOEXEC) == 0 && pipe2(errors, O_CLOEXEC) == 0;
    int error = piped ? 0 : -errno;
    struct streams streams = { .fd = { input[0], output[1], errors[1] } };

    if (error == 0)
        error = spawn(program, &streams, &channel->pid);
    descriptor_close(&input[0]);
    descriptor_close(&output[1]);
    descriptor_close(&errors[1]);
    if (error != 0) {
        channel->pid = 0;
        descriptor_close(&input[1]);
        descriptor_close(&output[0]);
        descriptor_close(&errors[0]);
        return error;
    }
    unblock(input[1]);
    unblock(output[0]);
    unblock(errors[0]);
    inflow_open(&channel->input, channel, input[1], INFLOW_PIPE);
    error = outflow_open(&channel->output[0], channel, output[0], FRAME_DATA);
    int second = outflow_open(&channel->output[1], channel, errors[0], FRAME_DATA_ERROR);
    return error != 0 ? error : second;
}

static int exec_open(struct channel *channel, struct reader *parameters, const char **code)
{
    struct program program;
    int error = program_parse(parameters, &program);

    if (error == 0) {
        *code = "exec-failed";
        error = exec_spawned(channel, &program);
    }
    program_free(&program);
    return error;
}

static int pty_spawned(struct channel *channel, const struct program *program, const struct winsize *size)
{
    SCOPED_FD master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    SCOPED_FD twin = master < 0 ? -1 : fcntl(master, F_DUPFD_CLOEXEC, 0);
    char path[32];

    if (twin < 0 || ioctl(master, TIOCSWINSZ, size) != 0 || unlockpt(master) != 0 ||
        ptsname_r(master, path, sizeof path) != 0)
        return -errno;
    struct streams streams = { .terminal = path };
    int error = spawn(program, &streams, &channel->pid);
    if (error != 0) {
        channel->pid = 0;
        return error;
    }
    channel->pty_fd = twin;
    inflow_open(&channel->input, channel, master, INFLOW_PTY);
    error = outflow_open(&channel->output[0], channel, twin, FRAME_DATA);
    /* The flows own them now. */
    master = twin = -1;
    return error;
}

static int pty_open(struct channel *channel, struct reader *parameters, const char **code)
{
    struct winsize size = { .ws_row = (unsigned short)read_uint(parameters, 2) };
    struct program program;

    size.ws_col = (unsigned short)read_uint(parameters, 2);
    int error = program_parse(parameters, &program);
    if (error == 0) {
        *code = "exec-failed";
        error = pty_spawned(channel, &program, &size);
    }
    program_free(&program);
    return error;
}

const struct channel_kind exec_kind = { .open = exec_open }, pty_kind = { .open = pty_open };

void process_reap(void)
{
    pid_t pid;
    int status;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct channel *channel = channel_of_process(pid);
        if (channel == NULL)
            continue;
        channel->dead = true;
        channel->status = status;
        /* A PTY hangs up by itself when its session's leader dies; a pipe may be held open by those left behind. */
        for (int i = 0; i < OUTPUTS && channel->pty_fd < 0; i++)
            outflow_drain(&channel->output[i]);
        channel_settle(channel);
    }
}
