/// Starting programs of tests with what the Glibc module of Swift does not show: the extensions of posix_spawn.
#ifndef CTESTPROCESS_H
#define CTESTPROCESS_H

#include <sys/types.h>

/// Starts a program in a new process group, with default signal dispositions, no blocked signal, and no other descriptor than 0, 1
/// and 2. The child shares the parent's memory until it executes the program: copying the page tables of a large process would take
/// longer than most programs.
/// - arguments and environment are closed by NULL; the program is the first argument, without a search through PATH.
/// - descriptors become 0, 1 and 2 of the child.
/// Returns 0 and the child's id, or the error number of the step that failed.
int test_process_spawn(
    char *const *arguments, char *const *environment, const char *folder, const int descriptors[3], pid_t *child);

#endif
