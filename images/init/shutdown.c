#include "shutdown.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

/* How long processes may take to end after SIGTERM: 20 looks, 50 ms apart. */
enum { LOOKS = 20, LOOK_NS = 50 * 1000 * 1000 };

int shutdown_command(int signal)
{
    switch (signal) {
    case SIGTERM:
    case SIGINT: /* Ctrl-Alt-Del */
        return RB_AUTOBOOT;
    case SIGUSR1:
        return RB_HALT_SYSTEM;
    case SIGUSR2:
        return RB_POWER_OFF;
    default:
        return 0;
    }
}

_Noreturn void shutdown_machine(int command)
{
    const struct timespec moment = { .tv_nsec = LOOK_NS };

    report("going down");
    kill(-1, SIGTERM);
    /* Shells ignore SIGTERM when they are interactive. */
    kill(-1, SIGHUP);
    for (int look = 0; look < LOOKS; look++) {
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        if (kill(-1, 0) != 0 && errno == ESRCH)
            break;
        nanosleep(&moment, NULL);
    }
    kill(-1, SIGKILL);
    sync();
    reboot(command);
    report_failure("reboot", -errno);
    for (;;)
        pause();
}
