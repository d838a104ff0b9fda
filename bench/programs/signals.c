/* SPDX-License-Identifier: MIT */
/* A signal to oneself, its handler, and the return. class: signals */
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
static volatile int count;
static void on_signal(int sig, siginfo_t *info, void *context) { count += info->si_signo == sig; }
int main(void)
{
    struct sigaction act = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
    pid_t pid = getpid();
    sigaction(SIGUSR1, &act, NULL);
    for (int i = 0; i < 150000; i++)
        kill(pid, SIGUSR1);
    printf("%d\n", count);
}
