/*
 * The lines of a policy that the user wrote, with their places: policy.csv, its overlays, and what
 * the roles of projects make.
 */
#pragma once

#include "harness/base/str.h"
#include "harness/rbac/rbac.h"

/* struct rbac_lines it = {.conf = conf}; while (rbac_lines_next(&it)) use text, name, line. */
struct rbac_lines {
    const struct rbac_conf *conf;
    struct str text;  /* the line without the blanks around it; neither empty nor a comment */
    const char *name; /* of its file, or of the project */
    int line;         /* 1-based there */
    bool of_project;  /* made by the roles of an AppProject */
    struct str rest;  /* of the text it is in */
    size_t next;      /* text */
};

bool rbac_lines_next(struct rbac_lines *it);
