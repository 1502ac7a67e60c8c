#pragma once

// The socket over which a runtime hands us the terminal (runc's docs/terminals.md).

// Listens on console.sock in the working directory. 0 or a negative errno.
int console_listen(void);

// The terminal's master, non-blocking, or a negative errno. The runtime has ended: what it sent is there.
// Nobody can connect any more afterwards.
int console_receive(void);

void console_close(void);
