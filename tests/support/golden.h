/*
 * Texts that are compared whole with a file below tests/golden, so that they change only when
 * somebody looked at the difference. tests/golden/refresh writes the files anew.
 */
#pragma once

/* Fails at the first byte that differs; with ROLECALL_REFRESH in the environment writes the file
 * ("dex/approval.html") instead. */
void golden_check(const char *file, const char *text);
