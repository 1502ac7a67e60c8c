#pragma once

// One poll(2) for everything. What is waited for is said anew before every turn, so that nothing goes stale.

// Called with poll's revents. `of` is what was given to loop_wait_for.
typedef void ready_function(void *of, short events);

void loop_wait_for(int fd, short events, ready_function *ready, void *of);

// Waits, calls what is ready in the order in which it was named, and forgets all. -1: as long as it takes.
void loop_turn(int timeout_ms);
