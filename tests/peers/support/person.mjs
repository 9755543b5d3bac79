// A person at a browser without scripts: tough-cookie keeps the cookies, node-html-parser reads the forms.
// Knows names of fields, none of the mocks' URLs.

import {parse} from 'node-html-parser';
import {CookieJar} from 'tough-cookie';

const MAX_HOPS = 20;

export class Person {
    constructor(site, name) {
        Object.assign(this, site.person(name));
        this.fetch = site.fetch;
        this.jar = new CookieJar();
    }

    async request(url, options) {
        const headers = {accept: 'text/html', ...options.headers, cookie: await this.jar.getCookieString(url)};
        const response = await this.fetch(url, {...options, headers, redirect: 'manual'});
        for (const line of response.headers.getSetCookie()) await this.jar.setCookie(line, url);
        return response;
    }

    // Follows redirects to a page, or to the relying party's address, which is returned unvisited.
    async visit(url, until, options = {}) {
        for (let hop = 0; hop < MAX_HOPS; hop++) {
            const response = await this.request(url, options);
            const location = response.headers.get('location');
            const text = await response.text();
            if (!location) return {url, status: response.status, text, html: parse(text)};
            url = new URL(location, url).href;
            if (until && url.startsWith(until)) return {arrived: new URL(url)};
            options = {};
        }
        throw new Error(`more than ${MAX_HOPS} redirects, last to ${url}`);
    }

    answers(input) {
        const known = {uid_field: this.username, password: this.password};
        return known[input.getAttribute('name')] ?? input.getAttribute('value') ?? '';
    }

    submit(page, form, until) {
        const body = new URLSearchParams();
        for (const input of form.querySelectorAll('input'))
            body.set(input.getAttribute('name'), this.answers(input));
        const method = (form.getAttribute('method') ?? 'get').toUpperCase();
        const action = new URL(form.getAttribute('action') || page.url, page.url).href;
        const headers = {'content-type': 'application/x-www-form-urlencoded', referer: page.url};
        return this.visit(action, until, {method, body, headers});
    }

    // Fills in form after form. Returns the address of the relying party, or throws with what the page says.
    async signIn(url, until) {
        let page = await this.visit(url, until);
        for (let turn = 0; turn < MAX_HOPS && !page.arrived; turn++) {
            const form = page.html.querySelector('form');
            const error = page.html.querySelector('.error');
            if (!form || error) throw new Error(`stuck at ${page.status} ${page.url}: ${said(page)}`);
            page = await this.submit(page, form, until);
        }
        if (!page.arrived) throw new Error(`no end of forms, last ${page.url}`);
        return page.arrived;
    }
}

export function said(page) {
    return (page.html.querySelector('main, body') ?? page.html).textContent.replace(/\s+/g, ' ').trim();
}
