#include "CProcess.h"

#include <errno.h>

#ifdef __linux__
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

int process_refuse_connections(int listener) {
    // The filter sees segments from the beginning of the TCP header; byte 13 has the flags. SYN without ACK begins a connection.
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x12),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
    };
    struct sock_fprog filter = {.len = sizeof(program) / sizeof(program[0]), .filter = program};
    return setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) == 0 ? 0 : errno;
}

int process_pending_connections(int listener) {
    struct tcp_info info;
    socklen_t length = sizeof(info);
    if (getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return -1;
    // Of a listening socket, this is the length of its queue.
    return (int)info.tcpi_unacked;
}
#else
int process_refuse_connections(int listener) {
    (void)listener;
    return ENOSYS;
}

int process_pending_connections(int listener) {
    (void)listener;
    return -1;
}
#endif
