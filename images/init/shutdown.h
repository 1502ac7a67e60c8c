#ifndef SHUTDOWN_H
#define SHUTDOWN_H

/* What busybox's and everybody's reboot, halt and poweroff send to PID 1, as reboot(2) commands; 0: not one of them. */
int shutdown_command(int signal);

/* Asks all processes to end, waits a moment, ends them, and calls reboot(2). Does not return. */
_Noreturn void shutdown_machine(int command);

#endif
