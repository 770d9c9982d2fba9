// Signals by signalfd: blocked only while somebody handles them, so that the default holds otherwise.
#include "hv.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define SIGNAL_LIMIT 65

static hv_watch watch = {.fd = -1};
static hv_signal_handler *handlers[SIGNAL_LIMIT][HV_SIGNAL_SLOTS];

static bool handled(int signal) {
    for (int slot = 0; slot < HV_SIGNAL_SLOTS; slot++)
        if (handlers[signal][slot])
            return true;
    return false;
}

static void ready(hv *h, hv_watch *w, uint32_t events) {
    struct signalfd_siginfo info;
    while (read(watch.fd, &info, sizeof info) == sizeof info)
        for (int slot = 0; slot < HV_SIGNAL_SLOTS; slot++)
            if (info.ssi_signo < SIGNAL_LIMIT && handlers[info.ssi_signo][slot])
                handlers[info.ssi_signo][slot](h, (int)info.ssi_signo);
}

int hv_signal_set(hv *h, int signal, int slot, hv_signal_handler *handler) {
    handlers[signal][slot] = handler;
    sigset_t all, one;
    sigemptyset(&all);
    sigemptyset(&one);
    sigaddset(&one, signal);
    for (int i = 1; i < SIGNAL_LIMIT; i++)
        if (handled(i))
            sigaddset(&all, i);
    sigprocmask(handled(signal) ? SIG_BLOCK : SIG_UNBLOCK, &one, NULL);
    int fd = signalfd(watch.fd, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return -1;
    if (!watch.added) {
        watch.ready = ready;
        if (hv_watch_add(h, &watch, fd, EPOLLIN) < 0) {
            close(fd);
            return -1;
        }
        h->watches--; // a handler alone does not keep the program alive
    }
    return 0;
}

void hv_signals_close(hv *h) {
    if (!watch.added)
        return;
    h->watches++;
    hv_watch_remove(h, &watch);
    close(watch.fd);
    watch.fd = -1;
}
