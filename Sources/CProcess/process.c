#define _GNU_SOURCE
#include "CProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__linux__)
#include <link.h>
#include <linux/close_range.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

/// Reports errno of a failed step to the parent and ends the child.
static void fail(int report) {
    int error = errno;
    ssize_t written = write(report, &error, sizeof error);
    (void)written;
    _exit(127);
}

/// Marks every descriptor from 3 upwards close-on-exec; the error report pipe already is.
static void close_other_descriptors(void) {
#if defined(__linux__) && defined(SYS_close_range)
    if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0) {
        return;
    }
#endif
    long limit = sysconf(_SC_OPEN_MAX);
    if (limit < 0 || limit > 65536) {
        limit = 65536;
    }
    for (int descriptor = 3; descriptor < limit; descriptor++) {
        fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    }
}

/// Only async-signal-safe calls: the parent is multithreaded.
static void become_child(const struct process_spawn_request *request, pid_t parent, int report) {
    struct sigaction defaults = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) {
        sigaction(number, &defaults, NULL);  // fails for SIGKILL and SIGSTOP, harmlessly
    }
    if (setpgid(0, 0) != 0) {
        fail(report);
    }

    // A parent that was started with 0, 1 or 2 closed may hold pipes there: move them out of the way first.
    int sources[3] = {request->standard_input, request->standard_output, request->standard_error};
    for (int index = 0; index < 3; index++) {
        sources[index] = fcntl(sources[index], F_DUPFD_CLOEXEC, 10);
        if (sources[index] < 0) {
            fail(report);
        }
    }
    for (int index = 0; index < 3; index++) {
        if (dup2(sources[index], index) < 0) {
            fail(report);
        }
    }
    close_other_descriptors();

    // Programs that open /dev/stdin by name need the pipes to be theirs.
    for (int index = 0; request->changes_user && index < 3; index++) {
        if (fchown(index, request->user, request->group) != 0) {
            fail(report);
        }
    }
    if (request->changes_user
        && (setgroups(0, NULL) != 0 || setgid(request->group) != 0 || setuid(request->user) != 0)) {
        fail(report);
    }
#if defined(__linux__)
    // After setuid: a change of credentials clears the setting.
    if (request->parent_death_signal != 0) {
        if (prctl(PR_SET_PDEATHSIG, request->parent_death_signal) != 0) {
            fail(report);
        }
        if (getppid() != parent) {
            _exit(127);  // the parent died before the setting took effect
        }
    }
#else
    (void)parent;
#endif
    if (request->working_directory != NULL && chdir(request->working_directory) != 0) {
        fail(report);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(request->executable, request->arguments, request->environment);
    fail(report);
}

int process_pipe(int descriptors[2]) {
#if defined(__linux__)
    return pipe2(descriptors, O_CLOEXEC) == 0 ? 0 : errno;
#else
    if (pipe(descriptors) != 0) {
        return errno;
    }
    fcntl(descriptors[0], F_SETFD, FD_CLOEXEC);
    fcntl(descriptors[1], F_SETFD, FD_CLOEXEC);
    return 0;
#endif
}

int process_spawn(const struct process_spawn_request *request, pid_t *child) {
    int report[2];
    int failure_of_pipe = process_pipe(report);
    if (failure_of_pipe != 0) {
        return failure_of_pipe;
    }

    // No handler of the parent may run in the child before the dispositions are reset.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    pid_t started = fork();
    if (started == 0) {
        become_child(request, parent, report[1]);
    }
    int error = started < 0 ? errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(report[1]);

    if (started > 0) {
        int failure = 0;
        ssize_t count;
        do {
            count = read(report[0], &failure, sizeof failure);
        } while (count < 0 && errno == EINTR);
        if (count == (ssize_t)sizeof failure) {
            error = failure;
            while (waitpid(started, NULL, 0) < 0 && errno == EINTR) {
            }
        } else {
            *child = started;
        }
    }
    close(report[0]);
    return error;
}

int process_exit_descriptor(pid_t child) {
#if defined(__linux__)
    return (int)syscall(SYS_pidfd_open, child, 0);  // close-on-exec by definition; Linux 5.3
#else
    (void)child;
    errno = ENOSYS;
    return -1;
#endif
}

int process_reap(pid_t child, int *exit_code, int *signal_number) {
    int status = 0;
    pid_t reaped = waitpid(child, &status, WNOHANG);
    if (reaped == 0) {
        return 0;
    }
    if (reaped < 0) {
        return errno == EINTR ? 0 : -1;
    }
    *exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    *signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return 1;
}

int process_start_thread(void *(*body)(void *), void *context) {
    pthread_attr_t attributes;
    pthread_t thread;
    int result = pthread_attr_init(&attributes);
    if (result != 0) {
        return result;
    }
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 1 << 20);
    result = pthread_create(&thread, &attributes, body, context);
    pthread_attr_destroy(&attributes);
    return result;
}

int process_confine(uint64_t address_space, uint64_t descriptors, uint64_t processor_seconds) {
    struct rlimit memory = {address_space, address_space};
    struct rlimit files = {descriptors, descriptors};
    struct rlimit processor = {processor_seconds, processor_seconds};
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_AS, &memory) != 0 || setrlimit(RLIMIT_NOFILE, &files) != 0
        || setrlimit(RLIMIT_CPU, &processor) != 0 || setrlimit(RLIMIT_CORE, &none) != 0
        || setrlimit(RLIMIT_FSIZE, &none) != 0) {
        return errno;
    }
    // A write to a file then fails with EFBIG; the default of this signal would end the process.
    signal(SIGXFSZ, SIG_IGN);
#if defined(__linux__)
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return errno;
    }
#endif
    return 0;
}

int process_set_processor_budget(uint64_t seconds) {
    struct rusage usage;
    struct rlimit limit;
    if (getrusage(RUSAGE_SELF, &usage) != 0 || getrlimit(RLIMIT_CPU, &limit) != 0) {
        return errno;
    }
    // Used time counts in whole seconds, rounded up, so that the budget is never shorter than promised.
    rlim_t wanted = (rlim_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + 2) + (rlim_t)seconds;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    return setrlimit(RLIMIT_CPU, &limit) == 0 ? 0 : errno;
}

#if defined(__linux__)
static int is_traced(void) {
    FILE *status = fopen("/proc/self/status", "re");
    if (status == NULL) {
        return 1;
    }
    char line[256];
    int tracer = 1;
    while (fgets(line, sizeof line, status) != NULL) {
        if (sscanf(line, "TracerPid: %d", &tracer) == 1) {
            break;
        }
    }
    fclose(status);
    return tracer != 0;
}

/// Whether the dynamic linker has changed the code of an object, so that the file does not have it.
static int has_relocated_code(const struct dl_phdr_info *object) {
    for (int i = 0; i < object->dlpi_phnum; i++) {
        if (object->dlpi_phdr[i].p_type != PT_DYNAMIC) {
            continue;
        }
        const ElfW(Dyn) *entry = (const ElfW(Dyn) *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr);
        for (; entry->d_tag != DT_NULL; entry++) {
            if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL))) {
                return 1;
            }
        }
    }
    return 0;
}

static int release_object(struct dl_phdr_info *object, size_t size, void *page_size) {
    (void)size;
    uintptr_t page = *(const uintptr_t *)page_size;
    if (has_relocated_code(object)) {
        return 0;
    }
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        // Smaller ones are not worth a call; the page that the kernel shares with every process is one of them.
        if (segment->p_type != PT_LOAD || (segment->p_flags & (PF_X | PF_W)) != PF_X || segment->p_memsz < 65536) {
            continue;
        }
        uintptr_t first = object->dlpi_addr + segment->p_vaddr;
        uintptr_t begin = (first + page - 1) & ~(page - 1);
        uintptr_t end = (first + segment->p_memsz) & ~(page - 1);
        madvise((void *)begin, end - begin, MADV_DONTNEED);
    }
    return 0;
}

void process_release_code(void) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    if (is_traced()) {
        return;
    }
    dl_iterate_phdr(release_object, &page);
    malloc_trim(0);
}
#else
void process_release_code(void) {}
#endif

void process_limit_arenas(void) {
#if defined(__GLIBC__)
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    mallopt(M_ARENA_MAX, processors < 2 ? 2 : (int)processors);
#endif
}
