/*
 * Reports the links of this network namespace and of all others on the machine, for as long as somebody reads.
 * REPORT.md says what the lines are. It polls for nothing but counters and namespaces that nobody has named: the
 * kernel says when a link, an address or a mount changes.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "links.h"
#include "namespaces.h"
#include "netlink.h"

enum {
    // What happens together is said together: a container's start changes links a dozen times.
    PAUSE_MS = 50,
    COUNTERS_MS = 1000,
    // For namespaces without a name, and for processes that joined a namespace that is known.
    SCAN_MS = 3000,
};

static int requests, events, mounts;
static bool must_scan = true;

static int fail(const char *what, int error) {
    fprintf(stderr, "hull-links: %s: %s\n", what, strerror(error));
    return 1;
}

static long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool say(const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t count = write(STDOUT_FILENO, bytes, length);
        if (count < 0 && errno != EINTR)
            return false;
        bytes += count < 0 ? 0 : count;
        length -= count < 0 ? 0 : (size_t)count;
    }
    return true;
}

// Says a line unless it was the last that was said; `said` becomes it.
static bool say_if_new(struct text *said, struct text *line, bool *has_said) {
    if (text_equal(said, line))
        return true;
    struct text old = *said;
    *said = *line;
    *line = old;
    *has_said = true;
    return say(said->bytes, said->length);
}

static void spoil_all(void) {
    for (int i = 0; i < NAMESPACES_MAX; i++)
        namespaces[i].is_stale = namespaces[i].inode != 0;
    must_scan = true;
}

static void take_event(const struct heard *heard) {
    bool is_own = heard->nsid == OWN_NSID || heard->nsid == namespaces_own_nsid();
    if (heard->type == RTM_NEWNSID || heard->type == RTM_DELNSID) {
        // Others give numbers of their own.
        struct namespace *gone = is_own && heard->type == RTM_DELNSID ? namespaces_find(heard->named) : NULL;
        // Its inode's number may already be another's.
        if (gone != NULL)
            gone->nsid = NO_NSID;
        must_scan |= is_own;
        return;
    }
    struct namespace *changed = namespaces_find(heard->nsid);
    if (changed != NULL)
        changed->is_stale = true;
    else
        must_scan = true;
}

static int hear(void) {
    struct heard heard;
    int failed;
    while ((failed = netlink_hear(events, &heard)) == 0)
        take_event(&heard);
    if (failed == -ENOBUFS)
        spoil_all();
    return failed == -EAGAIN || failed == -ENOBUFS || failed == -EINTR ? 0 : failed;
}

static bool forget_gone(bool *has_said) {
    char line[64];
    for (int i = 0; i < NAMESPACES_MAX; i++) {
        struct namespace *namespace = &namespaces[i];
        if (namespace->inode == 0 || (namespace->is_met && namespace->nsid != NO_NSID))
            continue;
        bool was_said = namespace->said.length > 0;
        int length = snprintf(line, sizeof line, "{\"type\":\"gone\",\"namespace\":%llu}\n",
                              (unsigned long long)namespace->inode);
        namespaces_forget(namespace);
        *has_said |= was_said;
        if (was_said && !say(line, (size_t)length))
            return false;
    }
    return true;
}

// 0, or -errno: nobody reads any more, or the kernel gives no answers.
static int report(bool with_counters) {
    static struct text line, counters;
    bool has_said = false, has_counted = false;
    if (must_scan) {
        must_scan = false;
        // A number that was taken back is of no namespace any more, also if the scan would find its inode again.
        if (!forget_gone(&has_said))
            return -EPIPE;
        int failed = namespaces_scan(requests);
        if (failed != 0)
            return failed;
        if (!forget_gone(&has_said))
            return -EPIPE;
    }
    for (int i = 0; i < NAMESPACES_MAX; i++) {
        struct namespace *namespace = &namespaces[i];
        if (namespace->inode == 0 || !(namespace->is_stale || with_counters))
            continue;
        bool is_stale = namespace->is_stale;
        namespace->is_stale = false;
        int failed = is_stale ? links_describe(requests, namespace, &line, &counters)
                              : links_count(requests, namespace, &counters);
        if (failed == -EAGAIN) {
            namespace->is_stale = true;
            continue;
        }
        // It ended meanwhile; the scan says so.
        if (failed != 0) {
            must_scan = true;
            continue;
        }
        if ((is_stale && !say_if_new(&namespace->said, &line, &has_said)) ||
            !say_if_new(&namespace->counted, &counters, &has_counted))
            return -EPIPE;
    }
    if (!has_said)
        return 0;
    char end[64];
    int length = snprintf(end, sizeof end, "{\"type\":\"told\",\"leftOut\":%d}\n", namespaces_left_out);
    return say(end, (size_t)length) ? 0 : -EPIPE;
}

static bool is_any_stale(void) {
    for (int i = 0; i < NAMESPACES_MAX; i++)
        if (namespaces[i].inode != 0 && namespaces[i].is_stale)
            return true;
    return must_scan;
}

static int follow(void) {
    long counted = 0, scanned = 0, reported = 0;
    for (;;) {
        long now = now_ms();
        bool is_count_due = now - counted >= COUNTERS_MS;
        must_scan |= now - scanned >= SCAN_MS;
        if (is_count_due || (is_any_stale() && now - reported >= PAUSE_MS)) {
            if (is_count_due)
                counted = now;
            if (must_scan)
                scanned = now;
            int failed = report(is_count_due);
            if (failed != 0)
                return failed == -EPIPE ? 0 : fail("cannot read the network", -failed);
            reported = now;
        }
        struct pollfd waits[] = {
            {.fd = events, .events = POLLIN},
            {.fd = mounts, .events = POLLPRI},
            // Says only that the reader is gone.
            {.fd = STDOUT_FILENO, .events = 0},
        };
        long wait = is_any_stale() ? PAUSE_MS - (now_ms() - reported) : COUNTERS_MS - (now_ms() - counted);
        if (poll(waits, 3, wait < 0 ? 0 : (int)wait) < 0 && errno != EINTR)
            return fail("cannot wait", errno);
        if (waits[2].revents != 0)
            return 0;
        must_scan |= waits[1].revents != 0;
        int failed = waits[0].revents != 0 ? hear() : 0;
        if (failed != 0)
            return fail("cannot hear of changes", -failed);
    }
}

int main(void) {
    // Before the first look: what changes from then on is heard of.
    events = netlink_listen();
    if (events < 0)
        return fail("cannot listen for changes", -events);
    requests = netlink_open();
    if (requests < 0)
        return fail("cannot ask for links", -requests);
    mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    if (mounts < 0)
        return fail("cannot watch mounts", errno);
    int failed = follow();
    for (int i = 0; i < NAMESPACES_MAX; i++)
        namespaces_forget(&namespaces[i]);
    return failed;
}
