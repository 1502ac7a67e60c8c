#include "control.h"

#include "input.h"
#include "life.h"
#include "outputs.h"
#include "story.h"

static void tell(struct connection *connection, const char *line, size_t length) {
    // Who does not read his 64 KiB of short lines will not miss them.
    connection_check(connection, outbox_send(&connection->outbox, connection->fd, "", 0, line, length));
}

void control_tell(const char *line, size_t length) {
    for (int i = 0; i < CONNECTIONS; i++)
        if (connections[i].kind == CONNECTION_CONTROL && !connections[i].leaving)
            tell(&connections[i], line, length);
}

void control_ended(void) {
    for (int i = 0; i < CONNECTIONS; i++)
        if (connections[i].kind == CONNECTION_CONTROL)
            return;
    life_abandoned();
}

void control_begin(struct connection *connection) {
    size_t length;
    const char *told = story(&length);
    connection->kind = CONNECTION_CONTROL;
    tell(connection, told, length);
}

void control_obey(struct connection *connection, const struct command *command) {
    switch (command->kind) {
    case COMMAND_START:
        return life_start();
    case COMMAND_RESIZE:
        return outputs_resize(command->rows, command->columns);
    case COMMAND_CLOSE_STDIN:
        return input_end();
    case COMMAND_QUIT:
        return life_quit();
    case COMMAND_CONTROL:
    case COMMAND_ATTACH:
        return connection_close(connection);
    }
}
