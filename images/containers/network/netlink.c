/* https://docs.kernel.org/userspace-api/netlink/intro.html */
#include "netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void *reserve(struct message *message, size_t length)
{
    size_t at = message->length;

    message->length = at + NLMSG_ALIGN(length);
    return message->length <= sizeof message->bytes ? message->bytes + at : NULL;
}

void message_append(struct message *message, const void *bytes, size_t length)
{
    void *place = reserve(message, length);

    if (place != NULL)
        memcpy(place, bytes, length);
}

void message_begin(struct message *message, uint16_t type, uint16_t flags, const void *body, size_t length)
{
    *message = (struct message){ .length = NLMSG_HDRLEN };
    message->header.nlmsg_type = type;
    message->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
    message_append(message, body, length);
}

void message_attribute(struct message *message, uint16_t type, const void *value, size_t length)
{
    struct nlattr attribute = { .nla_len = (uint16_t)(NLA_HDRLEN + length), .nla_type = type };

    message_append(message, &attribute, sizeof attribute);
    message_append(message, value, length);
}

void message_text(struct message *message, uint16_t type, const char *text)
{
    message_attribute(message, type, text, strlen(text) + 1);
}

void message_number(struct message *message, uint16_t type, uint32_t number)
{
    message_attribute(message, type, &number, sizeof number);
}

size_t message_nest(struct message *message, uint16_t type)
{
    size_t nest = message->length;

    message_attribute(message, type, NULL, 0);
    return nest;
}

void message_unnest(struct message *message, size_t nest)
{
    struct nlattr *attribute = (struct nlattr *)(message->bytes + nest);

    if (message->length <= sizeof message->bytes)
        attribute->nla_len = (uint16_t)(message->length - nest);
}

int netlink_open(void)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    return fd < 0 ? -errno : fd;
}

int netlink_request(int fd, struct message *message)
{
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        /* The request's copy, which an error carries. */
        char rest[sizeof message->bytes];
    } answer;

    if (message->length > sizeof message->bytes)
        return -EMSGSIZE;
    message->header.nlmsg_len = (uint32_t)message->length;
    if (send(fd, message->bytes, message->length, 0) < 0)
        return -errno;
    ssize_t length = recv(fd, &answer, sizeof answer, 0);
    if (length < 0)
        return -errno;
    if ((size_t)length < sizeof answer.header + sizeof answer.error || answer.header.nlmsg_type != NLMSG_ERROR)
        return -EPROTO;
    return answer.error.error;
}
