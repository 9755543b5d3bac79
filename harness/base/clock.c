/*
 * Time: a virtual clock that stands still until it is moved, a wall clock with an offset, and the
 * three date forms the real systems write. The calendar is computed here, so that no locale or time
 * zone of the machine shows.
 */
#include "harness/base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

struct clock {
    bool virtual;
    _Atomic int64_t ms; /* the time itself, or the offset of a wall clock */
};

struct clock *clock_new_virtual(int64_t start_s)
{
    struct clock *c = xcalloc(1, sizeof *c);

    c->virtual = true;
    atomic_init(&c->ms, start_s * 1000);
    return c;
}

struct clock *clock_new_wall(int64_t offset_ms)
{
    struct clock *c = xcalloc(1, sizeof *c);

    atomic_init(&c->ms, offset_ms);
    return c;
}

struct clock *clock_free(struct clock *c)
{
    return xfree(c);
}

bool clock_is_virtual(const struct clock *c)
{
    return c->virtual;
}

static int64_t read_ns(clockid_t id)
{
    struct timespec t = {0};

    (void)clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t clock_now_ms(const struct clock *c)
{
    int64_t ms = atomic_load(&c->ms);

    return c->virtual ? ms : ms + read_ns(CLOCK_REALTIME) / 1000000;
}

int64_t clock_now_s(const struct clock *c)
{
    int64_t ms = clock_now_ms(c);

    return ms >= 0 ? ms / 1000 : -((-ms + 999) / 1000);
}

void clock_advance_ms(struct clock *c, int64_t ms)
{
    (void)atomic_fetch_add(&c->ms, ms);
}

int64_t clock_mono_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

int64_t clock_cpu_ns(void)
{
    return read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

struct civil {
    int64_t year;
    int month; /* 1..12 */
    int day;
    int hour;
    int minute;
    int second;
    int weekday; /* 0 = Sunday */
};

static const char *const month_names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char *const day_names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar; years begin in March. */
static int64_t days_of(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

static struct civil civil_of(int64_t t_s)
{
    int64_t days = floor_div(t_s, 86400);
    int64_t rest = t_s - days * 86400;
    int64_t z = days + 719468;
    int64_t era = floor_div(z, 146097);
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int month = (int)(mp < 10 ? mp + 3 : mp - 9);

    return (struct civil){
        .year = yoe + era * 400 + (month <= 2 ? 1 : 0),
        .month = month,
        .day = (int)(doy - (153 * mp + 2) / 5 + 1),
        .hour = (int)(rest / 3600),
        .minute = (int)(rest / 60 % 60),
        .second = (int)(rest % 60),
        .weekday = (int)(((days + 4) % 7 + 7) % 7),
    };
}

const char *clock_http_date(int64_t t_s, char out[CLOCK_TEXT])
{
    struct civil c = civil_of(t_s);

    (void)snprintf(out, CLOCK_TEXT, "%s, %02d %s %04lld %02d:%02d:%02d GMT", day_names[c.weekday],
                   c.day, month_names[c.month - 1], (long long)c.year, c.hour, c.minute, c.second);
    return out;
}

const char *clock_rfc3339(int64_t t_s, char out[CLOCK_TEXT])
{
    struct civil c = civil_of(t_s);

    (void)snprintf(out, CLOCK_TEXT, "%04lld-%02d-%02dT%02d:%02d:%02dZ", (long long)c.year, c.month,
                   c.day, c.hour, c.minute, c.second);
    return out;
}

const char *clock_go_time(int64_t t_s, char out[CLOCK_TEXT])
{
    struct civil c = civil_of(t_s);

    (void)snprintf(out, CLOCK_TEXT, "%04lld-%02d-%02d %02d:%02d:%02d +0000 UTC", (long long)c.year,
                   c.month, c.day, c.hour, c.minute, c.second);
    return out;
}

/* RFC 6265 5.1.1: delimiters are everything that is not a digit, a letter, ':' or above 0x7e. */
static bool is_delimiter(unsigned char c)
{
    return c == 0x09 || (c >= 0x20 && c <= 0x2f) || (c >= 0x3b && c <= 0x40) ||
           (c >= 0x5b && c <= 0x60) || (c >= 0x7b && c <= 0x7e);
}

/* min..max digits, then no further digit. The number of digits, or 0. */
static int digits(const char *s, int min, int max, int *ret)
{
    int n = 0;
    int v = 0;

    while (n <= max && s[n] >= '0' && s[n] <= '9') {
        v = v * 10 + (s[n] - '0');
        n++;
    }
    if (n < min || n > max) {
        return 0;
    }
    *ret = v;
    return n;
}

static bool read_clock_time(const char *s, struct civil *c)
{
    int *const fields[] = {&c->hour, &c->minute, &c->second};
    int values[3] = {0};

    for (int i = 0; i < 3; i++) {
        int n = digits(s, 1, 2, &values[i]);
        if (n == 0 || (i < 2 && s[n] != ':')) {
            return false;
        }
        s += n + (i < 2 ? 1 : 0);
    }
    for (int i = 0; i < 3; i++) {
        *fields[i] = values[i];
    }
    return true;
}

static bool read_month(const char *s, struct civil *c)
{
    for (int i = 0; i < 12; i++) {
        if (strncasecmp(s, month_names[i], 3) == 0) {
            c->month = i + 1;
            return true;
        }
    }
    return false;
}

struct cookie_date {
    struct civil civil;
    bool time, day, month, year;
};

/* One token of the date: the first of each kind counts (RFC 6265 5.1.1 step 2). */
static void read_token(const char *token, struct cookie_date *d)
{
    int year = 0;

    if (!d->time && read_clock_time(token, &d->civil)) {
        d->time = true;
    } else if (!d->day && digits(token, 1, 2, &d->civil.day) > 0) {
        d->day = true;
    } else if (!d->month && read_month(token, &d->civil)) {
        d->month = true;
    } else if (!d->year && digits(token, 2, 4, &year) > 0) {
        d->year = true;
        d->civil.year = year;
    }
}

/* -1 when there is no such day or time of day. */
static int seconds_of(const struct civil *c, int64_t *ret_s)
{
    if (c->month < 1 || c->month > 12 || c->day < 1 || c->day > 31 || c->hour > 23 ||
        c->minute > 59 || c->second > 59) {
        return -1;
    }
    int64_t days = days_of(c->year, c->month, c->day);
    if (civil_of(days * 86400).month != c->month) {
        return -1;
    }
    *ret_s = days * 86400 + c->hour * 3600 + c->minute * 60 + c->second;
    return 0;
}

/* RFC 6265 5.1.1 steps 3 to 6, plus that the day exists in its month. */
static int finish_cookie_date(struct cookie_date *d, int64_t *ret_s)
{
    struct civil *c = &d->civil;

    if (!d->time || !d->day || !d->month || !d->year) {
        return -1;
    }
    if (c->year >= 70 && c->year <= 99) {
        c->year += 1900;
    } else if (c->year >= 0 && c->year <= 69) {
        c->year += 2000;
    }
    return c->year < 1601 ? -1 : seconds_of(c, ret_s);
}

int clock_parse_cookie_date(const char *text, int64_t *ret_s)
{
    struct cookie_date d = {0};

    while (*text != '\0') {
        char token[64] = {0};
        size_t n = 0;
        while (*text != '\0' && is_delimiter((unsigned char)*text)) {
            text++;
        }
        while (*text != '\0' && !is_delimiter((unsigned char)*text)) {
            if (n + 1 < sizeof token) {
                token[n++] = *text;
            }
            text++;
        }
        read_token(token, &d);
    }
    return finish_cookie_date(&d, ret_s);
}

/* Numbers at fixed places; what is between them is the pattern's ("dddd-dd"). */
static bool fits(const char *text, const char *pattern)
{
    for (; *pattern != '\0'; pattern++, text++) {
        if (*pattern == 'd' ? *text < '0' || *text > '9' : *text != *pattern) {
            return false;
        }
    }
    return true;
}

static int number_at(const char *text, int n)
{
    int value = 0;
    for (int i = 0; i < n; i++) {
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/* "Z", "+02:00" or "-02:00" in seconds. */
static int read_zone(const char *text, int *ret_s)
{
    if (strcmp(text, "Z") == 0) {
        *ret_s = 0;
        return 0;
    }
    if (strlen(text) != 6 || (*text != '+' && *text != '-') || !fits(text + 1, "dd:dd")) {
        return -1;
    }
    *ret_s = (number_at(text + 1, 2) * 60 + number_at(text + 4, 2)) * (*text == '-' ? -60 : 60);
    return 0;
}

int clock_parse_rfc3339(const char *text, int64_t *ret_s)
{
    int zone_s = 0;
    if (!fits(text, "dddd-dd-ddTdd:dd:dd")) {
        return -1;
    }
    const struct civil c = {
        .year = number_at(text, 4),
        .month = number_at(text + 5, 2),
        .day = number_at(text + 8, 2),
        .hour = number_at(text + 11, 2),
        .minute = number_at(text + 14, 2),
        .second = number_at(text + 17, 2),
    };
    const char *rest = text + 19;
    if (*rest == '.') {
        size_t n = strspn(rest + 1, "0123456789");
        rest += n > 0 ? 1 + n : 0;
    }
    if (read_zone(rest, &zone_s) != 0 || seconds_of(&c, ret_s) != 0) {
        return -1;
    }
    *ret_s -= zone_s;
    return 0;
}
