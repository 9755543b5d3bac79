// `rolecall check --format sarif` against the JSON schema of SARIF 2.1.0, as ajv reads it: every rule's
// case, and what is right.

import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {existsSync, readFileSync, readdirSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import Ajv from 'ajv';
import {finish, test} from './support/tap.mjs';

const require = createRequire(import.meta.url);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DATA = join(ROOT, 'tests/data/mistakes');
const SCHEMA = require.resolve('@microsoft/jest-sarif/package.json')
    .replace('package.json', 'lib/schemas/sarif-2.1.0-rtm.5.json');

const ajv = new Ajv({schemaId: 'auto', allErrors: true, unknownFormats: 'ignore', meta: false});
ajv.addMetaSchema(require('ajv/lib/refs/json-schema-draft-04.json'));
const valid = ajv.compile(JSON.parse(readFileSync(SCHEMA, 'utf8')));

function check(rule) {
    const folder = join(DATA, rule);
    const args = existsSync(join(folder, 'setup.yaml')) ? ['--setup', folder] : [join(DATA, 'base'), folder];
    try {
        return JSON.parse(execFileSync(process.env.ROLECALL_BIN, ['check', '--format', 'sarif', ...args],
            {encoding: 'utf8', maxBuffer: 1 << 26}));
    } catch (e) {
        assert.equal(e.status, 1, e.stderr);
        return JSON.parse(e.stdout);
    }
}

for (const rule of readdirSync(DATA)) {
    await test(`sarif: ${rule}`, async () => {
        const log = check(rule);
        assert.ok(valid(log), JSON.stringify(valid.errors));
        const [run] = log.runs;
        for (const result of run.results)
            assert.equal(run.tool.driver.rules[result.ruleIndex].id, result.ruleId);
    });
}

await test('sarif: the schema refuses what is none', async () => {
    const log = check('base');
    log.runs[0].results.push({message: {}});
    assert.ok(!valid(log));
});

finish();
