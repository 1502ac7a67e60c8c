/* libFuzzer target: any text on standard input and any argument. */
#include <stdint.h>
#include <string.h>

#include "links.h"
#include "state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[512];
    struct network network;

    if (size >= sizeof text)
        return -1;
    memcpy(text, data, size);
    text[size] = '\0';
    if (state_pid(text) == 0)
        __builtin_trap();
    if (network_parse(text, &network) == 0 && (network.prefix_length < 1 || network.prefix_length > 32))
        __builtin_trap();
    return 0;
}
