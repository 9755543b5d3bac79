/*
 * The error a harness function reports to its caller: one code, one place, one text. It lives on
 * the caller's stack and owns nothing. A verdict about a token or a login is never an error
 * (style.md 13).
 */
#pragma once

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt_, first_) __attribute__((format(printf, fmt_, first_)))

enum err_code {
    ERR_NONE,
    ERR_USAGE,   /* the person's words or files are wrong: exit status 2 */
    ERR_IO,      /* a file or socket of this machine */
    ERR_PARSE,   /* text from a file or from the wire that does not parse: 2 when it is the person's
                  */
    ERR_NET,     /* no connection, connection lost */
    ERR_TLS,     /* handshake or certificate */
    ERR_CRYPTO,  /* OpenSSL refused */
    ERR_TIMEOUT, /* nobody answered in time */
    ERR_INTERNAL, /* a broken promise of our own */
    ERR_MAX_
};

struct err {
    enum err_code code;
    char file[256]; /* the person's file, "" when there is none */
    int line;       /* 1-based, 0 when unknown */
    int column;     /* 1-based, 0 when unknown */
    char msg[512];
};

/* Sets the error where it starts. err may be NULL. Always returns -1, so `return err_set(...)`
 * works. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* As err_set, with the place in the person's file. file may be NULL, line and column 0. */
int err_set_at(struct err *err, enum err_code code, const char *file, int line, int column,
               const char *fmt, ...) PRINTF_LIKE(6, 7);

/* Puts "outer: " before the text on the way up; keeps code and place. Returns -1. */
int err_wrap(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* "file:line:column: text" (the parts that are known), valid until the next call with the same
 * buffer. */
const char *err_text(const struct err *err, char *out, unsigned long size);
