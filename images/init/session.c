#include "session.h"

#include <string.h>

#include "channel.h"
#include "outbox.h"

enum { EVENT_MAX = 256, REMEMBERED = 8 };

static const char *profile_name;
static bool greeted;

/* Services that are ready: `service-ready` events to repeat. */
static char remembered[REMEMBERED][EVENT_MAX];
static int remembered_count;

void session_start(const char *profile)
{
    static const uint8_t nobody[WIRE_NONCE];

    profile_name = profile;
    outbox_greet(nobody);
}

static void send_event(const char *json)
{
    outbox_send(FRAME_EVENT, 0, json, (uint32_t)strlen(json));
}

static void reset(const uint8_t nonce[WIRE_NONCE])
{
    channel_drop_all();
    outbox_clear();
    outbox_greet(nonce);
    outbox_send_json(FRAME_HELLO, 0, "{\"version\":%d,\"profile\":\"%s\"}", WIRE_VERSION, profile_name);
    for (int i = 0; i < remembered_count; i++)
        send_event(remembered[i]);
    greeted = true;
}

bool session_serve(struct decoder *decoder)
{
    struct frame frame;
    uint8_t nonce[WIRE_NONCE];

    while (outbox_free() >= OUTBOX_ANSWER) {
        switch (decoder_next(decoder, &frame, nonce)) {
        case DECODED_MORE:
            return false;
        case DECODED_FRAME:
            channel_receive(&frame);
            break;
        case DECODED_RESET:
            reset(nonce);
            break;
        case DECODED_LOST:
            outbox_send_json(FRAME_FAULT, 0, "{\"code\":\"lost\",\"message\":\"what came was no frame\"}");
            break;
        }
    }
    return true;
}

/* An event ends with its service's name. */
static const char *service_of(const char *json)
{
    const char *name = strstr(json, "\"name\"");

    return name == NULL ? "" : name;
}

static void forget(const char *service)
{
    for (int i = 0; i < remembered_count; i++)
        if (strcmp(service_of(remembered[i]), service) == 0) {
            remembered_count--;
            memmove(remembered[i], remembered[remembered_count], EVENT_MAX);
            return;
        }
}

void session_event(const char *json)
{
    /* What has died is ready no more, and what is ready is remembered once. */
    forget(service_of(json));
    if (strstr(json, "\"service-ready\"") != NULL && strlen(json) < EVENT_MAX && remembered_count < REMEMBERED)
        strcpy(remembered[remembered_count++], json);
    if (greeted)
        send_event(json);
}
