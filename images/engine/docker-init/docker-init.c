// docker-init -- PROGRAM [ARGUMENT]...: process 1 of a container that was started with --init. It runs the program, hands
// signals on to it, collects whoever is orphaned, and ends as the program ends: 128+n after signal n.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT_RUN = 126, NOT_FOUND = 127, BY_SIGNAL = 128 };

// What a process does to itself would only come back if it were handed on.
static const int own[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS, SIGTTIN, SIGTTOU};

static void hold_signals(sigset_t *held, sigset_t *before) {
    sigfillset(held);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        sigdelset(held, own[i]);
    sigprocmask(SIG_SETMASK, held, before);
}

static _Noreturn void become(char **arguments, const sigset_t *before) {
    // Of its own group, which a terminal's keys reach; SIGTTOU would stop us for saying so.
    setpgid(0, 0);
    signal(SIGTTOU, SIG_IGN);
    if (isatty(STDIN_FILENO))
        tcsetpgrp(STDIN_FILENO, getpid());
    signal(SIGTTOU, SIG_DFL);
    sigprocmask(SIG_SETMASK, before, NULL);
    execvp(arguments[0], arguments);
    int error = errno;
    fprintf(stderr, "exec %s failed: %s\n", arguments[0], strerror(error));
    _exit(error == ENOENT ? NOT_FOUND : CANNOT_RUN);
}

// Collects everybody who has ended. The program's status if it is among them, else -1.
static int collect(pid_t program) {
    int ended = -1, found;
    pid_t pid;

    while ((pid = waitpid(-1, &found, WNOHANG)) > 0)
        if (pid == program)
            ended = WIFSIGNALED(found) ? BY_SIGNAL + WTERMSIG(found) : WEXITSTATUS(found);
    return ended;
}

int main(int count, char **arguments) {
    sigset_t held, before;
    int received, status = -1;

    if (count < 3 || strcmp(arguments[1], "--") != 0) {
        fputs("usage: docker-init -- PROGRAM [ARGUMENT]...\n", stderr);
        return CANNOT_RUN;
    }
    // Whoever ignores it is not told of children.
    signal(SIGCHLD, SIG_DFL);
    hold_signals(&held, &before);
    pid_t program = fork();
    if (program < 0) {
        perror("docker-init: fork");
        return CANNOT_RUN;
    }
    if (program == 0)
        become(arguments + 2, &before);
    while (status < 0) {
        if (sigwait(&held, &received) != 0)
            continue;
        if (received == SIGCHLD)
            status = collect(program);
        else
            kill(program, received);
    }
    return status;
}
