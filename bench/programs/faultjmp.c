/* SPDX-License-Identifier: MIT */
/* Faults whose handlers run on an alternate stack: they jump out, or repair the page and return. class: signals */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
static sigjmp_buf back;
static char *page;
static volatile int faults, is_repair;
static char stack[65536];
static void on_fault(int sig, siginfo_t *info, void *context)
{
    faults += info->si_addr == page + 8;
    if (!is_repair)
        siglongjmp(back, 1);
    mprotect(page, 4096, PROT_READ | PROT_WRITE);
}
int main(void)
{
    struct sigaction act = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
    page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaltstack(&ss, NULL);
    sigaction(SIGSEGV, &act, NULL);
    for (int i = 0; i < 60000; i++) {
        is_repair = i & 1;
        if (!sigsetjmp(back, 1))
            ((volatile char *)page)[8] = 1;
        mprotect(page, 4096, PROT_NONE);
    }
    printf("%d\n", faults);
}
