/*
 * A relying party and a browser out of bare libcurl and jansson, for `rolecall serve`: nothing of
 * rolecall is linked. It discovers the issuer, signs a person in through the flow executor,
 * exchanges the code with PKCE (RFC 7636, plain), asks userinfo and refreshes, and prints one JSON
 * line of what it was told; or, where it got no further, where that was and what was answered.
 *
 *     libcurl_login ISSUER CA_FILE CLIENT_ID SECRET REDIRECT_URI USER PASSWORD [VERIFIER]
 *
 * A VERIFIER takes the place of the right one in the code exchange.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <jansson.h>

#define BODY_MAX (1024UL * 1024)
#define TIMEOUT_MS 20000L
#define ROUNDS_MAX 20
#define STATE "a-state"
#define VERIFIER "a-verifier-of-fifty-characters-as-RFC-7636-has-it"

struct body {
    char *text;
    size_t len;
};

struct client {
    CURL *curl;
    struct body body;
    long status;
    char *location; /* of the last answer; NULL if absent */
    json_t *json;   /* of the last body; NULL if it is none */
};

static void stop(const char *at, const struct client *c)
{
    json_t *out = json_pack("{s:s, s:s, s:i, s:O?, s:s}", "outcome", "refused", "at", at, "status",
                            (int)c->status, "json", c->json, "body",
                            c->body.text != NULL ? c->body.text : "");
    json_dumpf(out, stdout, JSON_COMPACT);
    putchar('\n');
    exit(1);
}

static void broken(const char *what)
{
    fprintf(stderr, "libcurl_login: %s\n", what);
    exit(3);
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
    struct body *b = ctx;
    char *text = b->len + size * n <= BODY_MAX ? realloc(b->text, b->len + size * n + 1) : NULL;
    if (text == NULL)
        return 0;
    memcpy(text + b->len, p, size * n);
    b->text = text;
    b->len += size * n;
    b->text[b->len] = '\0';
    return size * n;
}

static char *copy(const char *s)
{
    char *c = strdup(s != NULL ? s : "");
    if (c == NULL)
        broken("no memory");
    return c;
}

static char *join(const char *a, const char *b)
{
    size_t len = strlen(a) + strlen(b) + 1;
    char *s = malloc(len);
    if (s == NULL)
        broken("no memory");
    snprintf(s, len, "%s%s", a, b);
    return s;
}

/* Adds "name=value" in percent encoding; frees what it is given. */
static char *with(struct client *c, char *form, const char *name, const char *value)
{
    char *quoted = curl_easy_escape(c->curl, value, 0);
    char *first = join(form, form[0] != '\0' ? "&" : "");
    char *second = join(first, name);
    char *third = join(second, "=");
    char *all = join(third, quoted);
    curl_free(quoted);
    free(form);
    free(first);
    free(second);
    free(third);
    return all;
}

static void send_request(struct client *c, const char *url, const char *type, const char *body)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Accept-Language: en");
    char *field = NULL;
    const char *to = NULL;
    free(c->body.text);
    c->body = (struct body){0};
    json_decref(c->json);
    if (body != NULL) {
        field = join("Content-Type: ", type);
        headers = curl_slist_append(headers, field);
        curl_easy_setopt(c->curl, CURLOPT_COPYPOSTFIELDS, body);
    } else {
        curl_easy_setopt(c->curl, CURLOPT_HTTPGET, 1L);
    }
    curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c->curl, CURLOPT_URL, url);
    CURLcode rc = curl_easy_perform(c->curl);
    if (rc != CURLE_OK)
        broken(curl_easy_strerror(rc));
    curl_slist_free_all(headers);
    free(field);
    curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &c->status);
    curl_easy_getinfo(c->curl, CURLINFO_REDIRECT_URL, &to);
    free(c->location);
    c->location = to != NULL ? copy(to) : NULL;
    c->json = c->body.text != NULL ? json_loads(c->body.text, 0, NULL) : NULL;
}

static const char *member(const struct client *c, const char *name)
{
    const char *text = json_string_value(json_object_get(c->json, name));
    return text != NULL ? text : "";
}

/* One parameter of a URL's query; caller frees; "" if absent. */
static char *parameter(struct client *c, const char *url, const char *name)
{
    char *wanted = join(name, "=");
    const char *p = strchr(url, '?');
    while (p != NULL && strncmp(p + 1, wanted, strlen(wanted)) != 0)
        p = strchr(p + 1, '&');
    char *value = NULL;
    if (p != NULL) {
        const char *from = p + 1 + strlen(wanted);
        int len = 0;
        char *plain = curl_easy_unescape(c->curl, from, (int)strcspn(from, "&#"), &len);
        value = copy(plain);
        curl_free(plain);
    }
    free(wanted);
    return value != NULL ? value : copy("");
}

/* The executor's URL of a flow's page: /if/flow/SLUG/?QUERY. */
static char *executor_of(struct client *c, const char *origin, const char *page)
{
    const char *slug = strstr(page, "/if/flow/");
    const char *query = strchr(page, '?');
    if (slug == NULL)
        stop("flow", c);
    slug += strlen("/if/flow/");
    char *name = strndup(slug, strcspn(slug, "/"));
    if (name == NULL)
        broken("no memory");
    char *path = join(origin, "/api/v3/flows/executor/");
    char *more = join(path, name);
    char *slash = join(more, "/?");
    char *encoded = with(c, copy(""), "query", query != NULL ? query + 1 : "");
    char *url = join(slash, encoded);
    free(name);
    free(path);
    free(more);
    free(slash);
    free(encoded);
    return url;
}

/* What a person answers to a challenge; NULL: nothing can be. */
static json_t *reply_to(const char *component, const char *user, const char *password)
{
    if (strcmp(component, "ak-stage-identification") == 0)
        return json_pack("{s:s, s:s}", "component", component, "uid_field", user);
    if (strcmp(component, "ak-stage-password") == 0)
        return json_pack("{s:s, s:s}", "component", component, "password", password);
    return NULL;
}

/* Answers challenges until the flow leads elsewhere; the URL it leads to, caller frees. */
static char *walk(struct client *c, const char *origin, const char *page, const char *user,
                  const char *password)
{
    char *executor = executor_of(c, origin, page);
    send_request(c, executor, NULL, NULL);
    for (int i = 0; i < ROUNDS_MAX; i++) {
        if (c->status == 302 && c->location != NULL) {
            char *to = copy(c->location);
            send_request(c, to, NULL, NULL);
            free(to);
            continue;
        }
        if (strcmp(member(c, "component"), "xak-flow-redirect") == 0) {
            free(executor);
            const char *to = member(c, "to");
            return to[0] == '/' ? join(origin, to) : copy(to);
        }
        json_t *reply = reply_to(member(c, "component"), user, password);
        if (reply == NULL || json_object_get(c->json, "response_errors") != NULL)
            stop("flow", c);
        char *text = json_dumps(reply, JSON_COMPACT);
        send_request(c, executor, "application/json", text);
        json_decref(reply);
        free(text);
    }
    stop("flow", c);
    return NULL;
}

/* From the authorize endpoint to the redirect URI with a code; caller frees the code. */
static char *authorize(struct client *c, const char *origin, char *url, const char *redirect_uri,
                       const char *user, const char *password)
{
    for (int i = 0; i < ROUNDS_MAX; i++) {
        if (strncmp(url, redirect_uri, strlen(redirect_uri)) == 0)
            break;
        char *next = NULL;
        if (strstr(url, "/if/flow/") != NULL) {
            next = walk(c, origin, url, user, password);
        } else {
            send_request(c, url, NULL, NULL);
            if (c->status != 302 || c->location == NULL)
                stop("authorize", c);
            next = copy(c->location);
        }
        free(url);
        url = next;
    }
    char *code = parameter(c, url, "code");
    char *state = parameter(c, url, "state");
    if (code[0] == '\0' || strcmp(state, STATE) != 0)
        stop("callback", c);
    free(url);
    free(state);
    return code;
}

static void token_request(struct client *c, const char *endpoint, const char *at, char *form)
{
    send_request(c, endpoint, "application/x-www-form-urlencoded", form);
    free(form);
    if (c->status != 200)
        stop(at, c);
}

int main(int argc, char **argv)
{
    if (argc != 8 && argc != 9)
        broken("ISSUER CA_FILE CLIENT_ID SECRET REDIRECT_URI USER PASSWORD [VERIFIER]");
    const char *issuer = argv[1];
    struct client c = {0};
    curl_global_init(CURL_GLOBAL_DEFAULT);
    c.curl = curl_easy_init();
    if (c.curl == NULL)
        broken("no memory");
    curl_easy_setopt(c.curl, CURLOPT_CAINFO, argv[2]);
    curl_easy_setopt(c.curl, CURLOPT_COOKIEFILE, "");
    curl_easy_setopt(c.curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c.curl, CURLOPT_WRITEDATA, &c.body);
    curl_easy_setopt(c.curl, CURLOPT_PROXY, "");
    curl_easy_setopt(c.curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c.curl, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);

    char *discovery = join(issuer, ".well-known/openid-configuration");
    send_request(&c, discovery, NULL, NULL);
    if (c.status != 200 || strcmp(member(&c, "issuer"), issuer) != 0) /* Discovery 4.3 */
        stop("discovery", &c);
    char *authorization = copy(member(&c, "authorization_endpoint"));
    char *token = copy(member(&c, "token_endpoint"));
    char *userinfo = copy(member(&c, "userinfo_endpoint"));
    char *origin = strndup(issuer, (size_t)(strstr(issuer, "/application/") - issuer));

    char *query = with(&c, copy(""), "client_id", argv[3]);
    query = with(&c, query, "redirect_uri", argv[5]);
    query = with(&c, query, "response_type", "code");
    query = with(&c, query, "scope", "openid email profile offline_access");
    query = with(&c, query, "state", STATE);
    query = with(&c, query, "nonce", "a nonce");
    query = with(&c, query, "code_challenge", VERIFIER);
    query = with(&c, query, "code_challenge_method", "plain");
    char *mark = join(authorization, "?");
    char *code = authorize(&c, origin, join(mark, query), argv[5], argv[6], argv[7]);

    char *form = with(&c, copy(""), "grant_type", "authorization_code");
    form = with(&c, form, "code", code);
    form = with(&c, form, "redirect_uri", argv[5]);
    form = with(&c, form, "code_verifier", argc == 9 ? argv[8] : VERIFIER);
    form = with(&c, form, "client_id", argv[3]);
    form = with(&c, form, "client_secret", argv[4]);
    token_request(&c, token, "token", form);
    char *id_token = copy(member(&c, "id_token"));
    char *access = copy(member(&c, "access_token"));
    char *refresh = copy(member(&c, "refresh_token"));

    curl_easy_setopt(c.curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(c.curl, CURLOPT_XOAUTH2_BEARER, access);
    send_request(&c, userinfo, NULL, NULL);
    curl_easy_setopt(c.curl, CURLOPT_HTTPAUTH, CURLAUTH_NONE);
    curl_easy_setopt(c.curl, CURLOPT_XOAUTH2_BEARER, NULL);
    if (c.status != 200)
        stop("userinfo", &c);
    json_t *info = json_incref(c.json);

    form = with(&c, copy(""), "grant_type", "refresh_token");
    form = with(&c, form, "refresh_token", refresh);
    form = with(&c, form, "client_id", argv[3]);
    form = with(&c, form, "client_secret", argv[4]);
    token_request(&c, token, "refresh", form);

    json_t *out = json_pack("{s:s, s:s, s:s, s:O}", "outcome", "signed-in", "id_token", id_token,
                            "refreshed_id_token", member(&c, "id_token"), "userinfo", info);
    json_dumpf(out, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(out);
    json_decref(info);
    json_decref(c.json);
    free(c.body.text);
    free(c.location);
    char *const mine[] = {discovery, authorization, token,    userinfo, origin, query,
                          mark,      code,          id_token, access,   refresh};
    for (size_t i = 0; i < sizeof(mine) / sizeof(mine[0]); i++)
        free(mine[i]);
    curl_easy_cleanup(c.curl);
    curl_global_cleanup();
    return 0;
}
