// Starts `rolecall serve` on free ports and reads its ready line: where the systems are and who may sign in.

import {spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {Agent, fetch} from 'undici';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const program = process.env.ROLECALL_BIN ?? join(root, 'build/rolecall');

// The first line, or an error that says what the program said before it ended.
function readyLine(child) {
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
    return new Promise((resolve, reject) => {
        createInterface({input: child.stdout}).once('line', (line) => resolve(JSON.parse(line)));
        child.once('error', reject);
        child.once('exit', (status) => reject(new Error(`serve ended with ${status}: ${said}`)));
    });
}

function stop(child) {
    return new Promise((resolve) => {
        child.removeAllListeners('exit').once('exit', resolve);
        child.kill('SIGTERM');
    });
}

// One request to the API of `--control`.
async function control({url, token}, method, path, value) {
    const headers = {authorization: `Bearer ${token}`};
    const response = await fetch(url + path, {method, headers, body: value && JSON.stringify(value)});
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
}

// withServe(PATCH, ASYNC FUNCTION, ARGUMENT…): the function gets the ready line and a fetch that trusts its CA.
export async function withServe(patch, use, ...more) {
    const args = ['serve', '--authentik-port', '0', '--argocd-port', '0', '--show-secrets', '--patch', JSON.stringify(patch), ...more];
    const child = spawn(program, args, {stdio: ['ignore', 'pipe', 'pipe']});
    const ready = await readyLine(child);
    const dispatcher = new Agent({connect: {ca: readFileSync(ready.ca_file)}});
    const site = {
        ...ready,
        fetch: (url, options = {}) => fetch(url, {...options, dispatcher}),
        person: (name) => ready.people.find((p) => p.person === name),
        control: (method, path, value) => control(ready.control, method, path, value),
        client: (of, id) => ready.clients.find((c) => c.of === of && (!id || c.id === id)),
    };
    try {
        return await use(site);
    } finally {
        await dispatcher.close();
        await stop(child);
    }
}
