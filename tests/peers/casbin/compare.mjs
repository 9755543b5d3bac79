// Asks node-casbin the string-subject rows of the table and compares with `rolecall rbac batch`.
// Independent of harness/rbac: only the table, the policies and reference/argocd.md 5.1, 5.3, 5.4.

import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {newEnforcer, newModelFromString} from 'casbin';
import {parse} from 'csv-parse/sync';

const here = dirname(fileURLToPath(import.meta.url));
const data = join(here, '../../data/rbac');
const policies = join(data, 'rbac-policies');
const table = join(data, 'rbac-cases.tsv');

// Rows where this reading is meant to differ.
const known = {
    R200: 'gobwas/glob lets prefix and suffix overlap; the globs here do not',
};

const model = `
[request_definition]
r = sub, res, act, obj
[policy_definition]
p = sub, res, act, obj, eft
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = g(r.sub, p.sub) && argoGlob(r.res, p.res) && argoGlob(r.act, p.act) && argoGlob(r.obj, p.obj)
`;

// ---- globs ----

const literal = (c) => `\\u{${c.codePointAt(0).toString(16)}}`;

// Behind "[": [regular expression, index behind it], or null when it does not compile.
function bracket(pattern, at) {
    const negated = pattern[at] === '!';
    const from = negated ? at + 1 : at;
    const end = pattern.indexOf(']', from);
    const inner = end < 0 ? '' : pattern.slice(from, end);
    if (inner === '') return null;
    if (inner[1] === '-') {
        if (inner.length !== 3 || inner[2] < inner[0]) return null;
        return [`[${negated ? '^' : ''}${literal(inner[0])}-${literal(inner[2])}]`, end + 1];
    }
    return [`[${negated ? '^' : ''}${[...inner].map(literal).join('')}]`, end + 1];
}

function compile(pattern) {
    let source = '';
    let depth = 0;
    for (let i = 0; i < pattern.length; ) {
        const c = pattern[i++];
        if (c === '*') source += '[\\s\\S]*';
        else if (c === '?') source += '[\\s\\S]';
        else if (c === '{') (source += '(?:'), depth++;
        else if (c === '}' && depth > 0) (source += ')'), depth--;
        else if (c === ',' && depth > 0) source += '|';
        else if (c === '\\') source += i < pattern.length ? literal(pattern[i++]) : '';
        else if (c === '[') {
            const set = bracket(pattern, i);
            if (!set) return null;
            [source, i] = [source + set[0], set[1]];
        } else source += literal(c);
    }
    return new RegExp(`^(?:${source}${')'.repeat(depth)})$`, 'u');
}

const compiled = new Map();

function argoGlob(text, pattern) {
    if (!compiled.has(pattern)) compiled.set(pattern, compile(pattern));
    return compiled.get(pattern)?.test(text) ?? false;
}

// ---- policies ----

function rows(name) {
    if (name === '') return [];
    return readFileSync(join(policies, `${name}.csv`), 'utf8')
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => parse(line, {ltrim: true})[0]);
}

async function enforcerFor(row) {
    const enforcer = await newEnforcer(newModelFromString(model));
    await enforcer.addFunction('argoGlob', argoGlob);
    for (const [type, ...fields] of [...rows(row.builtin), ...rows(row.policy)]) {
        if (type === 'p') await enforcer.addPolicy(...fields);
        if (type === 'g') await enforcer.addGroupingPolicy(...fields);
    }
    return enforcer;
}

async function answer(row) {
    const enforcer = await enforcerFor(row);
    const ask = (subject) => enforcer.enforce(subject, row.resource, row.action, row.object);
    const allowed = (row.default_role !== '' && (await ask(row.default_role))) || (await ask(row.subject));
    return allowed ? 'allow' : 'deny';
}

// ---- the comparison ----

function readTable() {
    const [head, ...lines] = readFileSync(table, 'utf8').trimEnd().split('\n');
    const names = head.split('\t');
    return lines.map((line) => Object.fromEntries(line.split('\t').map((v, i) => [names[i], v])));
}

function askRolecall(program) {
    const out = execFileSync(program, ['rbac', 'batch', table, '--policies', policies], {encoding: 'utf8'});
    return new Map(out.trimEnd().split('\n').map((line) => line.split('\t')));
}

async function main(program) {
    let ours;
    try {
        ours = askRolecall(program);
    } catch (error) {
        console.error(`cannot ask ${program}: ${error.message}`);
        return 2;
    }
    let passed = 0;
    let failed = 0;
    for (const row of readTable().filter((r) => r.kind === 'subject' && r.match_mode === 'glob')) {
        const theirs = await answer(row);
        const same = theirs === ours.get(row.id);
        if (same === !(row.id in known)) {
            passed++;
            continue;
        }
        failed++;
        console.log(`${row.id}: rolecall ${ours.get(row.id)}, casbin ${theirs} (${row.source})`);
    }
    console.log(`${passed} passed, ${failed} failed`);
    return failed > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv[2] ?? process.env.ROLECALL_BIN ?? join(here, '../../../build/rolecall'));
