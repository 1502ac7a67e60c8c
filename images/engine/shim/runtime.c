#include "runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

// A runtime may change its working directory: it gets whole paths.
struct arguments {
    const char *words[RUNTIME_ARGUMENTS + 20];
    int count;
    char log[PATH_MAX], bundle[PATH_MAX], pid[PATH_MAX], console[PATH_MAX];
};

static void add(struct arguments *arguments, const char *word) {
    arguments->words[arguments->count++] = word;
}

static void add_path(struct arguments *arguments, const char *option, char path[PATH_MAX],
                     const char *directory, const char *name) {
    // options_read has seen the directory's length.
    strcpy(stpcpy(stpcpy(path, directory), "/"), name);
    add(arguments, option);
    add(arguments, path);
}

static void compose(struct arguments *arguments, const struct options *options, enum runtime_call call) {
    static const char *const names[] = {"create", "start", "exec", "run"};
    const char *directory = options->directory;
    add(arguments, options->runtime);
    for (int i = 0; i < options->runtime_argument_count; i++)
        add(arguments, options->runtime_arguments[i]);
    add_path(arguments, "--log", arguments->log, directory, RUNTIME_LOG);
    add(arguments, "--log-format");
    add(arguments, "json");
    add(arguments, names[call]);
    if (call == RUNTIME_CREATE || call == RUNTIME_RUN)
        add_path(arguments, "--bundle", arguments->bundle, directory, "bundle");
    if (call == RUNTIME_EXEC) {
        add(arguments, "--process");
        add(arguments, options->exec);
    }
    if (call == RUNTIME_EXEC || call == RUNTIME_RUN) {
        add(arguments, "--detach");
        if (options->trace != NULL) {
            add(arguments, "--trace");
            add(arguments, options->trace);
        }
    }
    if (call != RUNTIME_START)
        add_path(arguments, "--pid-file", arguments->pid, directory, RUNTIME_PID);
    if (call != RUNTIME_START && options->tty)
        add_path(arguments, "--console-socket", arguments->console, directory, "console.sock");
    add(arguments, options->id);
}

int runtime_spawn(const struct options *options, enum runtime_call call, const int streams[3], pid_t *pid) {
    static struct arguments arguments;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    memset(arguments.words, 0, sizeof arguments.words);
    arguments.count = 0;
    compose(&arguments, options, call);

    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_init(&actions);
    int error = 0;
    for (int stream = 0; stream < 3 && error == 0; stream++)
        error = posix_spawn_file_actions_adddup2(&actions, streams[stream], stream);
    if (error == 0)
        error = posix_spawnp(pid, options->runtime, &actions, &attributes, (char *const *)arguments.words,
                             environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return -error;
}

pid_t runtime_made(void) {
    char text[16] = "";
    int fd = open(RUNTIME_PID, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    int error = length < 0 ? -errno : -EPROTO;
    if (fd >= 0)
        close(fd);
    long pid = strtol(text, NULL, 10);
    return pid > 0 ? (pid_t)pid : error;
}
