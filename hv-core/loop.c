// The event loop: descriptors by epoll, timers by a heap. Knows no script; the callbacks it makes do.
#include "hv.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include <stdlib.h>

#define BATCH 64

int hv_loop_open(hv *h) {
    h->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (h->epoll_fd < 0)
        return -1;
    h->batch = hv_alloc(BATCH * sizeof *h->batch);
    return 0;
}

void hv_loop_close(hv *h) {
    close(h->epoll_fd);
    free(h->batch);
    free(h->timers);
}

int hv_watch_add(hv *h, hv_watch *watch, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = watch};
    if (epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
        return -1;
    watch->fd = fd;
    watch->added = true;
    h->watches++;
    return 0;
}

int hv_watch_set(hv *h, hv_watch *watch, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = watch};
    return epoll_ctl(h->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event);
}

void hv_watch_remove(hv *h, hv_watch *watch) {
    if (!watch->added)
        return;
    epoll_ctl(h->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
    watch->added = false;
    h->watches--;
    // Events of this batch that are still to be handled must not reach a watch that may be freed by now.
    for (int i = 0; i < h->batch_count; i++)
        if (h->batch[i].data.ptr == watch)
            h->batch[i].data.ptr = NULL;
}

int64_t hv_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// Equal times fire in the order in which they were started: ids increase.
static bool earlier(const hv_timer *a, const hv_timer *b) {
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->id < b->id;
}

static void place(hv *h, hv_timer *timer, size_t slot) {
    h->timers[slot] = timer;
    timer->slot = slot + 1;
}

static void sift(hv *h, size_t slot) {
    hv_timer *timer = h->timers[slot];
    while (slot > 0 && earlier(timer, h->timers[(slot - 1) / 2])) {
        place(h, h->timers[(slot - 1) / 2], slot);
        slot = (slot - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * slot + 1;
        if (child >= h->timer_count)
            break;
        if (child + 1 < h->timer_count && earlier(h->timers[child + 1], h->timers[child]))
            child++;
        if (!earlier(h->timers[child], timer))
            break;
        place(h, h->timers[child], slot);
        slot = child;
    }
    place(h, timer, slot);
}

void hv_timer_start(hv *h, hv_timer *timer, int64_t delay_ms) {
    hv_timer_stop(h, timer);
    if (h->timer_count == h->timer_capacity) {
        h->timer_capacity = h->timer_capacity ? h->timer_capacity * 2 : 16;
        h->timers = hv_realloc(h->timers, h->timer_capacity * sizeof(hv_timer *));
    }
    timer->due_ns = hv_now_ns() + delay_ms * 1000000;
    timer->id = ++h->last_timer_id;
    h->timer_count++;
    place(h, timer, h->timer_count - 1);
    sift(h, h->timer_count - 1);
}

void hv_timer_stop(hv *h, hv_timer *timer) {
    if (timer->slot == 0)
        return;
    size_t slot = timer->slot - 1;
    timer->slot = 0;
    hv_timer *last = h->timers[--h->timer_count];
    if (last == timer)
        return;
    place(h, last, slot);
    sift(h, slot);
}

static int wait_ms(const hv *h) {
    if (h->timer_count == 0)
        return -1;
    int64_t left = h->timers[0]->due_ns - hv_now_ns();
    if (left <= 0)
        return 0;
    left = (left + 999999) / 1000000;
    return left > INT32_MAX ? INT32_MAX : (int)left;
}

void hv_loop_run(hv *h) {
    while (h->watches > 0 || h->timer_count > 0) {
        int count = epoll_wait(h->epoll_fd, h->batch, BATCH, wait_ms(h));
        if (count < 0 && errno != EINTR) {
            hv_logf(h, 3, "epoll_wait: %s", hv_errno_name(errno));
            hv_exit(HV_EXIT_SYSTEM);
        }
        h->batch_count = count > 0 ? count : 0;
        for (int i = 0; i < h->batch_count; i++) {
            hv_watch *watch = h->batch[i].data.ptr;
            if (watch)
                watch->ready(h, watch, h->batch[i].events);
        }
        h->batch_count = 0;
        // Only timers due now: one that a timer starts with no delay waits for the next turn.
        int64_t now = hv_now_ns();
        int64_t newest = h->last_timer_id;
        while (h->timer_count > 0 && h->timers[0]->due_ns <= now && h->timers[0]->id <= newest) {
            hv_timer *timer = h->timers[0];
            hv_timer_stop(h, timer);
            timer->fire(h, timer);
        }
    }
}
