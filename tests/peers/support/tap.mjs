// A case is a name and a function that throws when it fails. Lines like TAP's, and a count at the end.

const counts = {passed: 0, failed: 0};

export async function test(name, run) {
    try {
        await run();
        counts.passed++;
        console.log(`ok ${counts.passed + counts.failed} - ${name}`);
    } catch (error) {
        counts.failed++;
        console.log(`not ok ${counts.passed + counts.failed} - ${name}`);
        console.log(describe(error).replace(/^/gm, '  # '));
    }
}

// The causes too: a client wraps what it did not like.
export function describe(error) {
    const lines = [];
    for (let e = error; e; e = e.cause) lines.push(inWords(e));
    return lines.join('\n');
}

function inWords(cause) {
    if (cause instanceof Error) return `${cause.code ?? cause.name}: ${cause.message}`;
    if (cause instanceof URLSearchParams) return `parameters ${cause}`;
    if (typeof cause.status === 'number') return `status ${cause.status}`;
    return JSON.stringify(cause);
}

// The reject twin: `run` must throw, and say why in words that match.
export async function refuses(run, why) {
    let got;
    try {
        got = await run();
    } catch (error) {
        const said = describe(error);
        if (why.test(said)) return;
        throw new Error(`refused for another reason than ${why}`, {cause: error});
    }
    throw new Error(`accepted, but should be refused with ${why}: ${JSON.stringify(got)}`);
}

export function finish() {
    console.log(`1..${counts.passed + counts.failed}`);
    console.log(`${counts.passed} passed, ${counts.failed} failed`);
    process.exitCode = counts.failed > 0 ? 1 : 0;
}
