// What PostgresClient needs from C: libpq, and on Linux the two system headers that the Glibc module leaves out.
#ifndef ARC_CLIBPQ_SHIM_H
#define ARC_CLIBPQ_SHIM_H

#include <libpq-fe.h>
#include <pthread.h>

#if defined(__linux__)
#include <sys/epoll.h>
#include <sys/eventfd.h>
#endif

/// Starts a detached thread. A C function because the Swift types of pthread_create differ between Linux and macOS.
/// Returns 0, or the error number of pthread_create.
static inline int arc_start_thread(void *(*body)(void *), void *context) {
    pthread_attr_t attributes;
    pthread_t thread;
    int result = pthread_attr_init(&attributes);
    if (result != 0) { return result; }
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 1 << 20);
    result = pthread_create(&thread, &attributes, body, context);
    pthread_attr_destroy(&attributes);
    return result;
}

#endif
