/*
 * Passwords hashed with bcrypt, as argocd-secret has them.
 */
#pragma once

#include <stdbool.h>

/* Is it this password's hash ("$2a$10$…", "$2b$…" or "$2y$…")? Slow on purpose: its cost is in the
 * hash, of which more than 2^16 rounds are refused. What is no such hash is no password's. */
bool bcrypt_matches(const char *password, const char *hash);
