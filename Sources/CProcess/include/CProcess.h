/// Starting child processes with what `posix_spawn` cannot say: another user, and death together with the parent. And ending a
/// listening socket without a loss.
///
/// Everything that depends on the operating system is in this target; macOS has no parent-death signal, so there
/// `process_spawn` leaves it out and a file of process records (LocalStack) does the cleaning at the next start.
#ifndef CPROCESS_H
#define CPROCESS_H

#include <stdint.h>
#include <sys/types.h>

/// What `process_spawn` starts. All pointers are borrowed for the duration of the call.
struct process_spawn_request {
    /// Absolute path of the program; no search through PATH.
    const char *executable;
    /// argv, closed by NULL.
    char *const *arguments;
    /// envp, closed by NULL.
    char *const *environment;
    /// Folder to start in, or NULL for the parent's.
    const char *working_directory;
    /// Descriptors that become 0, 1 and 2 of the child. Every other descriptor is closed in the child.
    int standard_input;
    int standard_output;
    int standard_error;
    /// Whether to become `user` and `group` (with no supplementary groups); needs root. The three descriptors, which
    /// must be pipes of the caller's, are handed over to that user.
    int changes_user;
    uid_t user;
    gid_t group;
    /// Signal that the kernel sends to the child when the THREAD that called `process_spawn` ends, or 0 for none.
    /// The caller must therefore be a thread that lives as long as the process.
    int parent_death_signal;
};

/// Starts a child in a new process group with default signal dispositions.
/// Returns 0 and the child's id, or the errno of the step that failed (also when `execve` itself failed).
int process_spawn(const struct process_spawn_request *request, pid_t *child);

/// A pipe whose two ends are close-on-exec. Returns 0 or errno.
int process_pipe(int descriptors[2]);

/// A descriptor (close-on-exec) that becomes readable when the process ends, or -1 with errno set.
int process_exit_descriptor(pid_t child);

/// Waits for a child without blocking. Returns 1 when it was reaped, 0 when it still runs, -1 on error.
/// `exit_code` is -1 when a signal ended it, `signal_number` is 0 when it exited.
int process_reap(pid_t child, int *exit_code, int *signal_number);

/// Starts a detached thread with a stack of 1 MiB. Returns 0, or the error number of pthread_create.
/// A C function because the Swift types of pthread_create differ between Linux and macOS.
int process_start_thread(void *(*body)(void *), void *context);

/// Confines the calling process for good: at most `address_space` bytes of memory, no core dump, no file larger than
/// zero bytes, `descriptors` open files, `processor_seconds` of CPU time in total, and no privileges through exec.
/// Returns 0 or errno.
int process_confine(uint64_t address_space, uint64_t descriptors, uint64_t processor_seconds);

/// Gives the calling process `seconds` of CPU time from now on, within its total; SIGXCPU ends it after that.
/// Returns 0 or errno.
int process_set_processor_budget(uint64_t seconds);

/// Unmaps the pages of program code that are in memory, and gives unused memory of the allocator back. What is needed is mapped
/// again when it is used, from the system's cache of files. For a process that has started: most of the code that its start
/// has run is never needed again. Does nothing where that is not known to be safe: on other systems than Linux, and under a
/// debugger, whose breakpoints are changes of these pages.
void process_release_code(void);

/// Limits the allocator to one arena for each processor instead of eight, because memory that is freed in one arena is not reused by
/// another. There are at least two arenas: event loops and the code that handles requests allocate at the same time. Call it at the
/// beginning of a process.
void process_limit_arenas(void);

/// From now on, a listening TCP socket does not see the beginning of connections: whoever tries repeats it after a second, and is
/// refused once the socket is closed. Connections that have begun are not touched. Without it, connections that the system has
/// completed, but the process has not accepted when it closes the socket, are reset together with what was sent on them.
/// Returns 0 or errno; ENOSYS on other systems than Linux.
int process_refuse_connections(int listener);

/// How many connections of a listening TCP socket wait for being accepted, or -1 where that is not known.
int process_pending_connections(int listener);

#endif
