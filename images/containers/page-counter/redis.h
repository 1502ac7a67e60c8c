#pragma once

/*
 * Adds one to a number that a Redis server keeps, and returns it. When that fails it returns -1, and `reason` says why in
 * a few words.
 */
long redis_increment(const char *host, const char *port, const char *key, const char **reason);
