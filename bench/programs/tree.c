/* SPDX-License-Identifier: MIT */
/* Linked list walk and binary tree. class: memory */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
typedef struct Node { struct Node *left, *right; unsigned key; } Node;
static Node pool[100000];
int main(void)
{
    uint32_t x = 1;
    unsigned used = 0;
    Node *root = NULL;
    unsigned long sum = 0;
    for (int i = 0; i < 100000; i++) {
        x = x * 1664525 + 1013904223;
        Node **at = &root;
        while (*at && (*at)->key != x)
            at = x < (*at)->key ? &(*at)->left : &(*at)->right;
        if (!*at) {
            *at = &pool[used++];
            (*at)->key = x;
        }
    }
    for (int i = 0; i < 400000; i++) {
        x = x * 22695477 + 1;
        for (Node *n = root; n; n = x < n->key ? n->left : n->right)
            sum += n->key & 1;
    }
    printf("%u %lu\n", used, sum);
}
