// The specification's words for seccomp, with libseccomp's and the kernel's numbers.
#pragma once
#include "word.h"

extern const struct word seccomp_action_words[], seccomp_operator_words[], seccomp_architecture_words[],
    seccomp_flag_words[];
