#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

// From the first call of the runtime to the end of the process that it makes.

// A container is created at once, an exec'd process when it is started.
void life_begin(const struct options *options);

void life_start(void);

// Kills what there is, and waits for nobody.
void life_quit(void);

// No control connection is left: an exec that is not started will never be.
void life_abandoned(void);

// A child has ended.
void life_reap(void);

// Takes the next step if its time has come. False: nothing is left to be done.
bool life_goes_on(void);

void life_wait(void);

// How long the next turn may wait, in milliseconds.
int life_patience(void);
