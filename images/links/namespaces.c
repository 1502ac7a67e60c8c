// namespaces(7), cgroups(7), proc_pid_mountinfo(5)
#include "namespaces.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netlink.h"

struct namespace namespaces[NAMESPACES_MAX];
int namespaces_left_out;

static int own_nsid = NO_NSID;

int namespaces_own_nsid(void) { return own_nsid; }

struct namespace *namespaces_find(int nsid) {
    if (nsid != NO_NSID && nsid == own_nsid)
        nsid = OWN_NSID;
    for (int i = 0; i < NAMESPACES_MAX; i++)
        if (namespaces[i].inode != 0 && namespaces[i].nsid == nsid)
            return &namespaces[i];
    return NULL;
}

void namespaces_forget(struct namespace *namespace) {
    text_free(&namespace->said);
    text_free(&namespace->counted);
    *namespace = (struct namespace){0};
}

// What a scan has found so far of a namespace, which replaces what the last one has.
struct finding {
    uint64_t inode;
    pid_t process;
    char names[NAMES_MAX][NAME_BYTES];
    int name_count;
    char containers[CONTAINERS_MAX][CONTAINER_ID_BYTES + 1];
    int container_count;
};

static struct finding findings[NAMESPACES_MAX];
static int finding_count;

static struct finding *finding_of(uint64_t inode) {
    for (int i = 0; i < finding_count; i++)
        if (findings[i].inode == inode)
            return &findings[i];
    if (finding_count == NAMESPACES_MAX) {
        namespaces_left_out++;
        return NULL;
    }
    struct finding *finding = &findings[finding_count++];
    *finding = (struct finding){.inode = inode};
    return finding;
}

// The container whose cgroup a process is in: the last part of its path, if that looks like an id.
static bool container_of(const char *process, char id[CONTAINER_ID_BYTES + 1]) {
    char path[NAME_BYTES + 16], line[1024];
    snprintf(path, sizeof path, "/proc/%s/cgroup", process);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t length = read(fd, line, sizeof line - 1);
    close(fd);
    if (length <= 0)
        return false;
    line[length] = '\0';
    // "0::/docker/ID", and whatever groups a container has made below its own.
    for (const char *at = strchr(line, '/'); at != NULL; at = strchr(at + 1, '/')) {
        if (strspn(at + 1, "0123456789abcdef") != CONTAINER_ID_BYTES)
            continue;
        memcpy(id, at + 1, CONTAINER_ID_BYTES);
        id[CONTAINER_ID_BYTES] = '\0';
        return true;
    }
    return false;
}

static void add_container(struct finding *finding, const char *id) {
    int at = 0;
    // In order: who is found first depends on the processes' numbers.
    while (at < finding->container_count && strcmp(finding->containers[at], id) < 0)
        at++;
    if (at == CONTAINERS_MAX || (at < finding->container_count && strcmp(finding->containers[at], id) == 0))
        return;
    if (finding->container_count == CONTAINERS_MAX)
        finding->container_count--;
    memmove(finding->containers[at + 1], finding->containers[at],
            (size_t)(finding->container_count - at) * sizeof *finding->containers);
    memcpy(finding->containers[at], id, sizeof *finding->containers);
    finding->container_count++;
}

static int scan_processes(void) {
    DIR *directory = opendir("/proc");
    if (directory == NULL)
        return -errno;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char path[NAME_BYTES + 16], id[CONTAINER_ID_BYTES + 1];
        struct stat about;
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        snprintf(path, sizeof path, "/proc/%s/ns/net", entry->d_name);
        // It may have ended, and a kernel's thread says nothing of this to who is not root.
        if (stat(path, &about) != 0)
            continue;
        struct finding *finding = finding_of(about.st_ino);
        if (finding == NULL)
            continue;
        pid_t process = (pid_t)atoi(entry->d_name);
        if (finding->process == 0 || process < finding->process)
            finding->process = process;
        if (container_of(entry->d_name, id))
            add_container(finding, id);
    }
    closedir(directory);
    return 0;
}

// The kernel writes spaces and the like as \040.
static void unescape(char *path) {
    char *to = path;
    for (const char *from = path; *from != '\0'; to++) {
        if (from[0] == '\\' && isdigit((unsigned char)from[1]) && isdigit((unsigned char)from[2]) &&
            isdigit((unsigned char)from[3])) {
            *to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

static int scan_mounts(void) {
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    char line[4096];
    if (mounts == NULL)
        return -errno;
    while (fgets(line, sizeof line, mounts) != NULL) {
        unsigned long long inode;
        char path[NAME_BYTES];
        // ID PARENT DEVICE ROOT PLACE ...
        if (sscanf(line, "%*s %*s %*s net:[%llu] %255s", &inode, path) != 2)
            continue;
        unescape(path);
        struct finding *finding = finding_of(inode);
        if (finding != NULL && finding->name_count < NAMES_MAX)
            strcpy(finding->names[finding->name_count++], path);
    }
    fclose(mounts);
    return 0;
}

static struct namespace *place_of(uint64_t inode) {
    struct namespace *free_place = NULL;
    for (int i = 0; i < NAMESPACES_MAX; i++) {
        if (namespaces[i].inode == inode)
            return &namespaces[i];
        if (namespaces[i].inode == 0 && free_place == NULL)
            free_place = &namespaces[i];
    }
    return free_place;
}

// Its file, for long enough to ask for its number: an open one would keep the namespace.
static int open_finding(const struct finding *finding) {
    char path[64];
    struct stat about;
    snprintf(path, sizeof path, "/proc/%d/ns/net", finding->process);
    int fd = open(finding->process != 0 ? path : finding->names[0], O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    // What was there a moment ago may be something else by now.
    if (fstat(fd, &about) == 0 && about.st_ino == finding->inode)
        return fd;
    close(fd);
    return -ENOENT;
}

static int number_of(const struct finding *finding, int netlink, int *nsid) {
    int fd = open_finding(finding);
    if (fd < 0)
        return fd;
    int failed = netlink_nsid(netlink, fd, nsid);
    close(fd);
    return failed;
}

static void take(const struct finding *finding, uint64_t own, int netlink) {
    struct namespace *namespace = place_of(finding->inode);
    if (namespace == NULL)
        return;
    if (namespace->inode == 0) {
        int nsid;
        // The next scan finds it again, if it is still there.
        if (number_of(finding, netlink, &nsid) != 0)
            return;
        if (finding->inode == own)
            own_nsid = nsid;
        namespace->inode = finding->inode;
        namespace->nsid = finding->inode == own ? OWN_NSID : nsid;
        namespace->is_stale = true;
    }
    namespace->is_met = true;
    bool is_same = namespace->process == finding->process && namespace->name_count == finding->name_count &&
                   namespace->container_count == finding->container_count &&
                   memcmp(namespace->names, finding->names, sizeof namespace->names) == 0 &&
                   memcmp(namespace->containers, finding->containers, sizeof namespace->containers) == 0;
    if (is_same)
        return;
    namespace->is_stale = true;
    namespace->process = finding->process;
    namespace->name_count = finding->name_count;
    namespace->container_count = finding->container_count;
    memcpy(namespace->names, finding->names, sizeof namespace->names);
    memcpy(namespace->containers, finding->containers, sizeof namespace->containers);
}

int namespaces_scan(int netlink) {
    struct stat about;
    if (stat("/proc/self/ns/net", &about) != 0)
        return -errno;
    finding_count = 0;
    namespaces_left_out = 0;
    // Ours is the first, so that it is never left out.
    finding_of(about.st_ino);
    int failed = scan_processes();
    if (failed == 0)
        failed = scan_mounts();
    if (failed != 0)
        return failed;
    for (int i = 0; i < NAMESPACES_MAX; i++)
        namespaces[i].is_met = false;
    for (int i = 0; i < finding_count; i++)
        take(&findings[i], about.st_ino, netlink);
    return 0;
}
