#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>

#include "scope.h"
#include "sys.h"

#define MAX_LINKS 16

int path_open(int root, const char *path) {
    return sys_openat2(root, path, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

int path_open_plain(int root, const char *path) {
    return sys_openat2(root, path, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
}

bool path_is_directory(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

// "/a/b/c/" -> "/a/b" and "c"; false when there is no last component.
static bool split(const char *path, char *parent, const char **name) {
    size_t length = strlen(path);
    while (length > 0 && path[length - 1] == '/')
        length--;
    size_t start = length;
    while (start > 0 && path[start - 1] != '/')
        start--;
    if (length == 0 || length >= PATH_MAX || path[length] != '\0')
        return false;
    memcpy(parent, path, start);
    memcpy(parent + start, start == 0 ? "/" : "", start == 0 ? 2 : 1);
    *name = path + start;
    return strcmp(*name, ".") != 0 && strcmp(*name, "..") != 0;
}

static int make_directory(int root, const char *path, int links_left, struct error *error);

// The last component is a link to nothing yet, as /var/run -> /run is in some images: make what it names.
static int make_link_target(int root, int parent_fd, const char *parent, const char *name, int links_left,
                            struct error *error) {
    char target[PATH_MAX], joined[PATH_MAX];
    ssize_t length = readlinkat(parent_fd, name, target, sizeof target - 1);
    if (length < 0 || links_left == 0)
        return fail(error, ELOOP, "%s/%s: too many symbolic links", parent, name);
    target[length] = '\0';
    size_t prefix = target[0] == '/' ? 0 : strlen(parent);
    if (prefix + 1 + (size_t)length >= sizeof joined)
        return fail(error, ENAMETOOLONG, "%s/%s: the symbolic link is too long", parent, name);
    memcpy(joined, parent, prefix);
    joined[prefix] = '/';
    memcpy(joined + prefix + 1, target, (size_t)length + 1);
    return make_directory(root, joined, links_left - 1, error);
}

static int make_directory(int root, const char *path, int links_left, struct error *error) {
    int fd = path_open(root, path);
    if (fd >= 0 && !path_is_directory(fd)) {
        close(fd);
        return fail(error, ENOTDIR, "%s is not a directory", path);
    }
    if (fd >= 0)
        return fd;
    char trimmed[PATH_MAX], parent[PATH_MAX];
    const char *name;
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (fd != -ENOENT || length >= sizeof trimmed)
        return fail_sys(error, fd == -ENOENT ? -ENAMETOOLONG : fd, "cannot resolve %s in the root", path);
    memcpy(trimmed, path, length);
    trimmed[length] = '\0';
    if (!split(trimmed, parent, &name))
        return fail(error, EINVAL, "%s does not name a directory that could be made", path);
    owned_fd parent_fd = make_directory(root, parent, links_left, error);
    if (parent_fd < 0)
        return parent_fd;
    int result = sys_mkdirat(parent_fd, name, 0755);
    if (result < 0 && result != -EEXIST)
        return fail_sys(error, result, "cannot make the directory %s", trimmed);
    fd = path_open(root, trimmed);
    if (fd == -ENOENT && result == -EEXIST)
        return make_link_target(root, parent_fd, parent, name, links_left, error);
    return fd >= 0 ? fd : fail_sys(error, fd, "cannot resolve %s in the root", trimmed);
}

int path_make_directory(int root, const char *path, struct error *error) {
    return make_directory(root, path, MAX_LINKS, error);
}

int path_make_parent(int root, const char *path, const char **name, struct error *error) {
    char parent[PATH_MAX];
    if (!split(path, parent, name))
        return fail(error, EINVAL, "%s does not name a file", path);
    return path_make_directory(root, parent, error);
}

int path_make_file(int root, const char *path, struct error *error) {
    int fd = path_open(root, path);
    if (fd >= 0)
        return fd;
    if (fd != -ENOENT)
        return fail_sys(error, fd, "cannot resolve %s in the root", path);
    const char *name;
    owned_fd parent = path_make_parent(root, path, &name, error);
    if (parent < 0)
        return parent;
    owned_fd made = sys_openat(parent, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0644);
    if (made < 0)
        return fail_sys(error, made, "cannot make the file %s", path);
    fd = sys_openat(parent, name, O_PATH | O_NOFOLLOW, 0);
    return fd >= 0 ? fd : fail_sys(error, fd, "cannot open the file %s", path);
}
