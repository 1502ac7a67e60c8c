#pragma once
#include <stddef.h>
#include <stdint.h>

// What one byte can become: \u00XX. Three bytes of a character become at most as many as that.
enum { JSON_GROWTH = 6 };

// The inside of a JSON string, with the escapes of Go's encoding/json: <, > and & as well, \ufffd for what is
// no UTF-8. `at` has room for JSON_GROWTH * length. Returns the end of what was written.
char *json_escape(char *at, const uint8_t *bytes, size_t length);
