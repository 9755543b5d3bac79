// The callback listener of a command line client: http://localhost:8085/auth/callback, really bound.

import {createServer} from 'node:http';

export const CALLBACK = 'http://localhost:8085/auth/callback';

export async function withListener(use) {
    const calls = [];
    const server = createServer((request, response) => {
        calls.push(new URL(request.url, CALLBACK));
        response.end('You can close this window.');
    });
    await new Promise((resolve, reject) => {
        server.once('error', (cause) => reject(new Error('cannot listen on localhost:8085', {cause})));
        server.listen(8085, 'localhost', resolve);
    });
    try {
        return await use(calls);
    } finally {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
    }
}
