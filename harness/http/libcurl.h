/*
 * Inside this unit only: libcurl's functions, loaded at the first use. Its thirty libraries (LDAP,
 * Kerberos, a second TLS …) take longer to load than all else at start, and half of the commands
 * never ask anybody anything.
 */
#pragma once

#include <curl/curl.h>

/* Filled by libcurl_load, then never changed. */
struct libcurl {
    CURLcode (*global_init_mem)(long flags, curl_malloc_callback take, curl_free_callback release,
                                curl_realloc_callback resize, curl_strdup_callback copy,
                                curl_calloc_callback clear);
    CURL *(*easy_init)(void);
    void (*easy_cleanup)(CURL *easy);
    CURLcode (*easy_setopt)(CURL *easy, CURLoption option, ...);
    CURLcode (*easy_getinfo)(CURL *easy, CURLINFO info, ...);
    CURLcode (*easy_perform)(CURL *easy);
    const char *(*easy_strerror)(CURLcode code);
    struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
    void (*slist_free_all)(struct curl_slist *list);
};
extern struct libcurl libcurl;

/* Loads and starts it, once for the process; others wait. Ends the program when it is not there. */
void libcurl_load(void);
