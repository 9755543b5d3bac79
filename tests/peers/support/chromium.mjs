// A real browser: Debian's Chromium, driven by playwright-core, in a home of its own whose certificate store
// trusts the CA of one `rolecall serve` and nothing else of ours.

import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {chromium} from 'playwright-core';

const program = process.env.CHROMIUM_BIN ?? '/usr/bin/chromium';
const TIME_LIMIT_MS = 15_000;

function trust(home, caFile) {
    const store = join(home, '.pki/nssdb');
    mkdirSync(store, {recursive: true});
    execFileSync('certutil', ['-d', `sql:${store}`, '-N', '--empty-password']);
    execFileSync('certutil', ['-d', `sql:${store}`, '-A', '-t', 'C,,', '-n', 'rolecall', '-i', caFile]);
}

// caFile: null for a browser that does not know the CA.
export async function withBrowser(caFile, use) {
    const home = mkdtempSync(join(tmpdir(), 'rolecall-browser-'));
    let browser;
    try {
        if (caFile) trust(home, caFile);
        browser = await chromium.launch({
            executablePath: program,
            // Root, as in a container, has no sandbox.
            args: process.getuid() === 0 ? ['--no-sandbox'] : [],
            env: {...process.env, HOME: home, XDG_CONFIG_HOME: join(home, 'config')},
        });
        return await use(browser);
    } finally {
        await browser?.close();
        rmSync(home, {recursive: true, force: true});
    }
}

// A fresh profile. When `use` throws, the picture of what was seen last is kept in `shots`.
export async function withPage(browser, options, shots, use) {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(TIME_LIMIT_MS);
    const page = await context.newPage();
    try {
        return await use(page, context);
    } catch (error) {
        const path = join(shots, `${Date.now()}.png`);
        await page.screenshot({path, fullPage: true}).catch(() => {});
        throw new Error(`at ${page.url()}, see ${path}`, {cause: error});
    } finally {
        await context.close();
    }
}
