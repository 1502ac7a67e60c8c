/*
 * Copies packets out of network namespaces.
 * usage: hulltap list                       every link that is up, of every namespace, as JSON
 *        hulltap capture NAMESPACE/LINK...  writes what passes at these links to standard output, as pcapng
 * A namespace is a file: /proc/1/ns/net/eth0.
 *
 * Functions return 0, or -1 with errno set. What fails is said in a sentence on standard error.
 */
#include <stdio.h>
#include <string.h>
#include "capture.h"
#include "links.h"

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "list") == 0)
        return list_links() == 0 ? 0 : 1;
    if (argc > 2 && strcmp(argv[1], "capture") == 0)
        return capture(argv + 2, (unsigned)argc - 2) == 0 ? 0 : 1;
    fputs("usage: hulltap list | hulltap capture NAMESPACE/LINK...\n", stderr);
    return 2;
}
