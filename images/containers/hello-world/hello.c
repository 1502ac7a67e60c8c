/* The first container that people run: it says that everything works, and what was done for that. */
#include <string.h>
#include <unistd.h>

static const char greeting[] =
    "\n"
    "Hello from Docker!\n"
    "If you can read this, your container engine works.\n"
    "\n"
    "What it took to print these lines:\n"
    " 1. You typed a command, and the Docker client sent it to the Docker daemon.\n"
    " 2. The daemon looked for the image \"hello-world\". Had it not been here, it\n"
    "    would have been fetched from a registry.\n"
    " 3. The daemon made a container of the image and started the program in it:\n"
    "    this one.\n"
    " 4. The daemon passed on what the program wrote, and the client wrote it to\n"
    "    your terminal. The program has ended, and so has the container.\n"
    "\n"
    "For something larger, get a shell in a container of its own:\n"
    " $ docker run -it busybox sh\n"
    "\n";

int main(void)
{
    size_t written = 0, length = strlen(greeting);

    while (written < length) {
        ssize_t n = write(STDOUT_FILENO, greeting + written, length - written);
        if (n < 0)
            return 1;
        written += (size_t)n;
    }
    return 0;
}
