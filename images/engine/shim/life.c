#include "life.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "append.h"
#include "attach.h"
#include "connection.h"
#include "console.h"
#include "exit-record.h"
#include "failure.h"
#include "input.h"
#include "log.h"
#include "loop.h"
#include "outputs.h"
#include "pipes.h"
#include "runtime.h"
#include "story.h"
#include "timestamp.h"
#include "words.h"

enum {
    // How long an exit is kept back for clients that do not take the last output: as long as Docker waits for
    // them.
    DRAIN_MS = 2000,
    // How long somebody who takes nothing more is waited for afterwards.
    LINGER_MS = 30 * 1000,
};

static enum {
    // What is made by starting it is not started.
    WAITING,
    CREATING,
    CREATED,
    STARTING,
    RUNNING,
    // The runtime has failed, and what it made is dying.
    FAILING,
    // The process has ended, and its last output is on its way.
    DRAINING,
    // Everything is told, but not yet sent.
    ENDING,
} phase;

static const struct options *options;
static struct pipes pipes;

// The runtime while a call of it runs, and the container's process until it is reaped; otherwise 0.
static pid_t runtime, process;
static bool start_wanted, quits;

static int exit_status;
static int64_t exited_at;
static long long deadline;
static size_t owed;

static char failure[FAILURE_MAX];
static size_t failure_length;

static long long clock_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void start_ending(void) {
    connections_refuse();
    phase = ENDING;
    deadline = clock_ms() + LINGER_MS;
}

static void tell_started(void) {
    phase = RUNNING;
    story_started();
}

static void tell_failed(void) {
    story_failed(failure, failure_length);
    pipes_close(&pipes);
    console_close();
    outputs_close();
    start_ending();
}

// proc(5): the kernel's OOM killer takes the container first. After the runtime was started, which would
// inherit it.
static void be_spared(void) {
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    ssize_t ignored = fd < 0 ? 0 : write(fd, "-500", 4);
    (void)ignored;
    if (fd >= 0)
        close(fd);
}

// What the runtime has made has to go first.
static void fail(void) {
    if (process == 0 && (process = runtime_made()) > 0 && waitpid(process, NULL, WNOHANG) != 0)
        process = 0; // dead already, or a stranger
    if (process > 0) {
        kill(process, SIGKILL);
        phase = FAILING;
    } else {
        process = 0;
        tell_failed();
    }
}

static void fail_because(const char *what, int error) {
    char *end = append_text(append_text(append_text(failure, "\""), what), ": ");
    end = append_text(append_text(end, strerror(-error)), "\"");
    failure_length = (size_t)(end - failure);
    fail();
}

// One call of the runtime makes the process and starts it.
static bool is_made_started(void) {
    return options->exec != NULL || options->run;
}

static void call(enum runtime_call name) {
    bool makes = name != RUNTIME_START;
    words_forget();
    int error = pipes_open(&pipes, makes && !options->tty, makes && !options->tty && options->input);
    if (error == 0 && makes && options->tty)
        error = console_listen();
    if (error == 0)
        error = runtime_spawn(options, name, pipes.given, &runtime);
    pipes_give(&pipes);
    if (error < 0) {
        runtime = 0;
        return fail_because("cannot run the runtime", error);
    }
    if (makes)
        be_spared();
    if (makes && !options->tty)
        input_open(pipes_take(&pipes.input), false, options->input_once);
}

static int take_terminal(void) {
    int master = console_receive();
    int twin = master < 0 || !options->input ? -1 : fcntl(master, F_DUPFD_CLOEXEC, 0);
    if (master < 0)
        return master;
    input_open(twin, true, false);
    outputs_open_terminal(master);
    return 0;
}

// The runtime's call that makes the process has succeeded.
static void made(void) {
    pid_t pid = runtime_made();
    if (pid < 0)
        return fail_because("the runtime wrote no process id", (int)pid);
    process = pid;
    int error = options->tty ? take_terminal() : 0;
    if (error < 0)
        return fail_because("the runtime sent no terminal", error);
    if (!options->tty)
        outputs_open_pipes(pipes_take(&pipes.output), pipes_take(&pipes.errors));
    story_created(process);
    phase = CREATED;
}

static void runtime_ended(int status) {
    runtime = 0;
    // What a container's errors hold before its start are the runtime's words. An exec may have said
    // something already.
    if (status != 0 || phase == CREATING)
        words_take(pipes.errors);
    bool makes = phase == CREATING || is_made_started();
    if (!makes || options->tty)
        pipes_close(&pipes);
    if (status != 0) {
        failure_length = (size_t)(failure_append(failure, RUNTIME_LOG, status) - failure);
        return fail();
    }
    bool was_starting = phase == STARTING;
    if (makes)
        made();
    if (was_starting && phase != ENDING && phase != FAILING)
        tell_started();
    else if (phase == CREATED && start_wanted)
        life_start();
}

static void process_ended(int status) {
    process = 0;
    if (phase == FAILING)
        return tell_failed();
    exit_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    exited_at = timestamp_now();
    phase = DRAINING;
    deadline = clock_ms() + DRAIN_MS;
    outputs_bound(false);
}

void life_reap(void) {
    int status;
    pid_t pid;
    // While the runtime runs, its process is unknown: then nobody else is collected.
    while ((pid = waitpid(runtime > 0 ? runtime : -1, &status, WNOHANG)) > 0) {
        if (pid == runtime)
            runtime_ended(status);
        else if (pid == process)
            process_ended(status);
    }
}

void life_begin(const struct options *given) {
    options = given;
    exit_record_forget();
    unlink(RUNTIME_PID);
    unlink(RUNTIME_LOG);
    story_ready();
    if (is_made_started())
        return;
    phase = CREATING;
    call(RUNTIME_CREATE);
}

void life_start(void) {
    start_wanted = true;
    if (phase != WAITING && phase != CREATED)
        return;
    phase = STARTING;
    call(options->exec != NULL ? RUNTIME_EXEC : options->run ? RUNTIME_RUN : RUNTIME_START);
}

void life_quit(void) {
    quits = true;
    if (runtime > 0)
        kill(runtime, SIGKILL);
    if (process > 0)
        kill(process, SIGKILL);
    if (phase == WAITING)
        phase = ENDING;
}

static void words_ready(void *of, short events) {
    (void)of;
    if (events & POLLIN)
        words_take(pipes.errors);
    else
        close(pipes_take(&pipes.errors));
}

void life_wait(void) {
    // The errors of a runtime that starts what it makes are also those of its process, and are told apart when it has ended.
    if (runtime > 0 && pipes.errors >= 0 && (phase == CREATING || options->tty || !is_made_started()))
        loop_wait_for(pipes.errors, POLLIN, words_ready, NULL);
}

int life_patience(void) {
    if (phase != DRAINING && phase != ENDING)
        return -1;
    long long left = deadline - clock_ms();
    return left > 0 ? (int)left : 0;
}

void life_abandoned(void) {
    if (phase == WAITING)
        life_quit();
}

bool life_goes_on(void) {
    if (phase == DRAINING && (outputs_done() || clock_ms() >= deadline)) {
        outputs_bound(true);
        if (outputs_done())
            log_end();
        // Without it a later engine calls the container lost, as if we had been killed.
        exit_record_write(exit_status, exited_at);
        story_exited(exit_status, exited_at);
        start_ending();
    }
    if (phase != ENDING)
        return true;
    if (outputs_done())
        attaches_leave();
    size_t owes = connections_owe();
    if (owes != owed)
        deadline = clock_ms() + LINGER_MS;
    owed = owes;
    return !quits && (owed > 0 || !outputs_done()) && clock_ms() < deadline;
}
