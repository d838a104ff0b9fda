/* SPDX-License-Identifier: MIT */
/* The commands of the front end: each is given its own name as argv[0] and returns the exit status. */
#ifndef LYRE_TOOLS_LYRE_COMMANDS_H
#define LYRE_TOOLS_LYRE_COMMANDS_H

int command_run(int argc, char **argv); /* returns only when nothing was run */
int command_binfmt(int argc, char **argv);
int command_disas(int argc, char **argv);

#endif
