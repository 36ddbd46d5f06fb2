// Runs Cognigy's own clients against the sandbox. By hand only: officialClients.md says why and how.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { SocketIoTransport } from '../../client/cognigyAi/socket/socketIoTransport.ts';
import { WebSocketIoTransport } from '../../client/cognigyAi/socket/web/webSocketIoTransport.ts';
import { systemClock } from '../../client/time/clock.ts';
import { unrestrictedEgress } from '../../client/transport/egress.ts';
import { startCognigyAiSandbox } from '../../sandbox/index.ts';

const socketClientVersions = ['4.9.2', '5.0.0-beta.26'];
const restClientVersion = '0.19.0';
const patienceMs = 8000;

const results = [];

/** Installs a package from npm into a folder of its own, and loads it from there. */
async function load(name, version, folders) {
	const folder = await mkdtemp(join(tmpdir(), 'official-clients-'));
	folders.push(folder);
	execFileSync(
		'npm',
		['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', `${name}@${version}`],
		{
			stdio: ['ignore', 'ignore', 'inherit'],
		},
	);
	return createRequire(join(folder, 'x.js'))(name);
}

/** Runs one check with a sandbox of its own. */
async function check(client, what, run, options) {
	const sandbox = await startCognigyAiSandbox({ slowMs: 100, ...options });
	let problem = '';
	try {
		await within(run(sandbox), 'the whole check');
	} catch (error) {
		problem = error instanceof Error ? error.message : JSON.stringify(error);
	}
	await sandbox.close();
	results.push({ client, what, problem });
	console.log(`${problem === '' ? 'pass' : 'FAIL'}  ${client}  ${what}${problem && `: ${problem}`}`);
}

function equal(actual, expected) {
	if (!isDeepStrictEqual(actual, expected)) {
		throw new Error(`expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
	}
}

async function within(promise, what, ms = patienceMs) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
	});
	try {
		return await Promise.race([promise, late]);
	} finally {
		clearTimeout(timer);
	}
}

/** A socket client that notes what it gets. */
function talker(SocketClient, sandbox, options = {}, token = sandbox.endpoint('Showcase Socket').urlToken) {
	const client = new SocketClient(sandbox.endpointUrl, token, { userId: 'user 1', sessionId: 's-1', ...options });
	const got = [];
	const note = (event) => (payload) => got.push({ event, payload });
	for (const event of [
		'output',
		'finalPing',
		'typingStatus',
		'exception',
		'error',
		'socket/error',
		'socket/disconnect',
	]) {
		client.on(event, note(event));
	}
	const of = (event) => got.filter((one) => one.event === event).map(({ payload }) => payload);
	return {
		client,
		got,
		of,
		texts: () => of('output').map(({ text }) => text),
		async until(event, count = 1) {
			const end = Date.now() + patienceMs;
			while (of(event).length < count) {
				if (Date.now() > end) throw new Error(`no ${count} ${event}, but ${JSON.stringify(got)}`);
				await new Promise((resolve) => setTimeout(resolve, 5));
			}
			return of(event)[count - 1];
		},
	};
}

async function socketChecks(version, { SocketClient }) {
	const name = `socket-client ${version}`;
	const session = (what, run, { client = {}, sandbox: options } = {}) =>
		check(
			name,
			what,
			async (sandbox) => {
				const talk = talker(SocketClient, sandbox, client);
				await within(talk.client.connect(), 'connect()');
				await run(talk, sandbox);
				talk.client.disconnect();
			},
			options,
		);

	for (const enableInnerSocketHandshake of [false, true]) {
		await session(
			`message, outputs, finalPing (${enableInnerSocketHandshake ? 'inner' : 'query'} handshake)`,
			async (talk, sandbox) => {
				talk.client.sendMessage('several', { a: 1 });
				equal(await talk.until('finalPing'), { type: 'regular' });
				equal(talk.texts(), ['One.', 'Two.', 'Three.']);
				equal(talk.of('typingStatus'), [{ status: 'typingOn' }, { status: 'typingOff' }]);
				await sandbox.when(() => sandbox.stats().outputs.acknowledged === 3);
				equal(sandbox.session('s-1', 'user 1')?.conversation[0]?.data, { a: 1 });
				equal(sandbox.stats().sockets.eio3, version.startsWith('4') ? 1 : 0);
			},
			{ client: { enableInnerSocketHandshake } },
		);
	}
	await session('data without text, rich output', async (talk) => {
		talk.client.sendMessage('', { order: 'A-1001' });
		await talk.until('finalPing');
		talk.client.sendMessage('gallery');
		await talk.until('finalPing', 2);
		equal(talk.of('output')[1].data._cognigy._default._gallery.items.length, 2);
	});
	await session('an output that comes later', async (talk) => {
		talk.client.sendMessage('later');
		await talk.until('output', 2);
		equal(talk.texts(), ['I come back to you.', 'Here I am again.']);
	});
	await session(
		'test mode, no acknowledgements',
		async (talk, sandbox) => {
			talk.client.sendMessage('text');
			await talk.until('finalPing');
			equal(sandbox.session('s-1')?.conversation[0]?.testMode, true);
			equal(sandbox.stats().outputs.acknowledged, 0);
		},
		{ client: { testMode: true, emitWithAck: false } },
	);
	await session('an error of the flow', async (talk) => {
		talk.client.sendMessage('error');
		equal((await talk.until('error')).message, 'The flow has failed.');
	});
	await session(
		'resetFlow',
		async (talk) => {
			talk.client.sendMessage('turn');
			talk.client.sendMessage('turn');
			await talk.until('finalPing', 2);
			equal(talk.texts(), ['This is turn 1.', 'This is turn 1.']);
		},
		{ client: { resetFlow: true }, sandbox: { resetFlow: true } },
	);
	await session(
		'dropped in mid-turn: reconnects and gets the rest',
		async (talk, sandbox) => {
			sandbox.faults.inject({ operation: 'processInput', kind: 'dropMidTurn', outputs: 1 });
			talk.client.sendMessage('several');
			await talk.until('finalPing');
			equal(talk.texts(), ['One.', 'Two.', 'Three.']);
			equal(sandbox.stats().sockets.opened, 2);
		},
		{ client: { interval: 100 } },
	);
	await session(
		'acknowledgement lost: the output comes again after a reconnect',
		async (talk, sandbox) => {
			sandbox.faults.inject({ operation: 'output', kind: 'ackLost' });
			talk.client.sendMessage('text');
			await sandbox.when(() => sandbox.stats().outputs.kept === 1);
			sandbox.dropSockets();
			await talk.until('output', 2);
			equal(talk.texts(), ['Plain text.', 'Plain text.']);
		},
		{ client: { interval: 100 }, sandbox: { ackTimeoutMs: 100 } },
	);
	await session(
		'messages said while away are sent after the reconnect',
		async (talk, sandbox) => {
			sandbox.dropSockets();
			await talk.until('socket/disconnect');
			talk.client.sendMessage('text');
			await talk.until('finalPing');
			equal(sandbox.stats().turns, 1);
		},
		{ client: { interval: 100 } },
	);
	await session(
		'final ping as an output, as v3 servers send it',
		async (talk) => {
			talk.client.sendMessage('text');
			equal(await talk.until('finalPing'), { type: 'regular' });
			equal(talk.texts(), ['Plain text.']);
		},
		{ sandbox: { finalPing: 'output' } },
	);
	await check(name, 'unknown token: an exception, and connect() does not settle', async (sandbox) => {
		const talk = talker(SocketClient, sandbox, { reconnection: false }, 'unknown');
		const connected = talk.client.connect().then(
			() => 'connected',
			() => 'refused',
		);
		equal((await talk.until('exception')).data.error.message, 'Endpoint not found');
		await talk.until('socket/disconnect');
		const pause = new Promise((resolve) => setTimeout(() => resolve('neither'), 500));
		equal(await Promise.race([connected, pause]), 'neither');
		talk.client.disconnect();
	});
	await check(
		name,
		'old server that speaks EIO 3 only',
		async (sandbox) => {
			const talk = talker(SocketClient, sandbox, { reconnection: false });
			const outcome = await talk.client.connect().then(
				() => 'connected',
				() => 'refused',
			);
			equal(outcome, version.startsWith('4') ? 'connected' : 'refused');
			talk.client.disconnect();
		},
		{ socketProtocol: 'v2' },
	);
	if (version.startsWith('4')) return;
	await session('switchSession, sendTypingStatus', async (talk, sandbox) => {
		talk.client.sendTypingStatus('typingOn');
		await talk.client.switchSession('s-2');
		talk.client.sendMessage('text');
		await talk.until('finalPing');
		equal(sandbox.session('s-1'), undefined);
		equal(sandbox.session('s-2')?.turns, 1);
	});
}

/** What one client saw and did in a conversation, in a shape that all clients share. */
function seen(events, sandbox, sent) {
	const flat = events.map(({ event, payload }) => {
		// The official client takes the shell of an output off, and calls some outputs by what they are.
		if (event !== 'output' || payload?.type === undefined) return { event, payload };
		if (payload.type === 'output') return { event, payload: payload.data };
		if (payload.type === 'error') return { event: 'error', payload: payload.data.error };
		return { event: payload.type, payload: payload.data };
	});
	const named = (...names) => flat.filter(({ event }) => names.includes(event)).map(({ payload }) => payload);
	const { turns, outputs, sockets } = sandbox.stats();
	return {
		texts: named('output').map(({ text, data, source }) => ({ text, data, source })),
		typing: named('typingStatus'),
		// As an output it has no payload that means anything.
		finalPings: named('finalPing').length,
		errors: named('error', 'exception').map((error) => error.message ?? error.data?.error?.message),
		ofTheSandbox: {
			turns,
			outputs,
			handshakes: sockets.innerHandshakes,
			said: sandbox.session('s-1', 'user 1')?.conversation.length,
			sent,
		},
	};
}

/** One conversation over one of our own transports. */
async function talkOver(sockets, sandbox, said, count, token = sandbox.endpoint('Showcase Socket').urlToken) {
	const events = [];
	const address = { base: sandbox.endpointUrl, token, name: 'endpoint' };
	const request = {
		address,
		userId: 'user 1',
		sessionId: 's-1',
		testMode: false,
		signal: AbortSignal.timeout(patienceMs),
	};
	const socket = await sockets.dial(request, {
		onEvent: (event, payload) => events.push({ event, payload }) > 0,
		onDropped: () => events.push({ event: 'dropped' }),
	});
	for (const { text, data } of said) {
		const ids = { URLToken: token, userId: 'user 1', sessionId: 's-1' };
		const fixed = { channel: 'socket-client', source: 'device', passthroughIP: null, resetFlow: false };
		socket.send('processInput', { ...ids, ...fixed, text, data });
	}
	await sandboxIsDone(() => events.length, count);
	socket.close();
	return seen(events, sandbox, said.length);
}

async function sandboxIsDone(have, count) {
	const end = Date.now() + patienceMs;
	while (have() < count) {
		if (Date.now() > end) throw new Error(`only ${have()} of ${count} events`);
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
	// Whether more comes than there should.
	await new Promise((resolve) => setTimeout(resolve, 200));
}

/** Our own clients hear and do what the official one does. */
async function comparisons(version, { SocketClient }) {
	const ours = [
		['SocketIoTransport', new SocketIoTransport(unrestrictedEgress)],
		['WebSocketIoTransport', new WebSocketIoTransport(unrestrictedEgress, systemClock)],
	];
	for (const [what, said, count, options] of [
		['several outputs', [{ text: 'several', data: { a: 1 } }], 6],
		['data without text, rich output', [{ text: '', data: { order: 'A-1001' } }, { text: 'gallery' }], 8],
		['an output that comes later', [{ text: 'later' }], 5],
		['an error of the flow', [{ text: 'error' }], 3],
		['final ping as an output', [{ text: 'text' }], 4, { finalPing: 'output' }],
		['nothing is acknowledged', [{ text: 'text' }], 4, { eventBuffer: false }],
	]) {
		let official;
		await check(
			`socket-client ${version}`,
			`${what}: as a measure`,
			async (sandbox) => {
				const talk = talker(SocketClient, sandbox, { enableInnerSocketHandshake: true });
				await within(talk.client.connect(), 'connect()');
				for (const { text, data } of said) talk.client.sendMessage(text, data);
				await sandboxIsDone(() => talk.got.length, count);
				talk.client.disconnect();
				official = seen(talk.got, sandbox, said.length);
			},
			options,
		);
		for (const [name, sockets] of ours) {
			const same = async (sandbox) => equal(await talkOver(sockets, sandbox, said, count), official);
			await check(name, `${what}: as socket-client ${version}`, same, options);
		}
	}
	for (const [name, sockets] of ours) {
		await check(name, 'unknown token: refused, in the words that the official client gets', async (sandbox) => {
			const refusal = await talkOver(sockets, sandbox, [], 0, 'unknown').catch((error) => error);
			equal([refusal.kind, refusal.details?.payload.data.error.message], ['error', 'Endpoint not found']);
		});
		await check(
			name,
			'old server that speaks EIO 3 only: refused as such',
			async (sandbox) => {
				const refusal = await talkOver(sockets, sandbox, [], 0).catch((error) => error);
				equal(refusal.kind, 'protocol');
			},
			{ socketProtocol: 'v2' },
		);
	}
}

async function restChecks(version, { RestAPIClient }) {
	const name = `rest-api-client ${version}`;
	const session = (what, run, options, apiKey) =>
		check(
			name,
			what,
			async (sandbox) => {
				const client = new RestAPIClient({
					baseUrl: sandbox.apiUrl,
					versions: {
						administration: '2.0',
						resources: '2.0',
						sessions: '2.0',
						metrics: '2.0',
						external: '2.0',
						analytics: '2.0',
						insights: '2.0',
						management: '2.0',
					},
				});
				client.setCredentials({ type: 'ApiKey', apiKey: apiKey ?? sandbox.apiKey });
				await run(client, sandbox);
			},
			options,
		);
	const failure = (promise) =>
		promise.then(
			() => {
				throw new Error('it did not fail');
			},
			(error) => ({ name: error.constructor.name, code: error.code, message: error.message }),
		);

	await session('readUserMe', async (client) => equal((await client.readUserMe()).id, 'demo@example.com'));
	await session('indexProjects sends a body with GET: 403, as on Trial', async (client) => {
		const { message } = await failure(client.indexProjects({ limit: 10 }));
		equal(message, 'A GET request must not have a body.');
	});
	await session(
		'indexProjects where that is allowed',
		async (client) =>
			equal(
				(await client.indexProjects({ limit: 10 })).items.map((one) => one.name),
				['Demo', 'Other'],
			),
		{ refuseGetBody: false },
	);
	await session(
		'indexSnapshots: pages, sort, filter; readSnapshot',
		async (client, { projectId, snapshotId }) => {
			const first = await client.indexSnapshots({ projectId, limit: 10 });
			const second = await client.indexSnapshots({ projectId, limit: 10, next: first.nextCursor });
			equal([first.items.length, second.items.length, second.nextCursor], [10, 5, null]);
			const { items } = await client.indexSnapshots({ projectId, filter: 'v', sort: { name: 'desc' } });
			equal(items.map((one) => one.name).slice(0, 3), ['v2.0', 'v1.1', 'v1.0']);
			equal((await client.readSnapshot({ snapshotId: snapshotId('v2.0') })).name, 'v2.0');
		},
		{ fillers: 12 },
	);
	await session('indexFlows, indexEndpoints, readEndpoint, updateEndpoint', async (client, sandbox) => {
		const { projectId } = sandbox;
		const { items } = await client.indexEndpoints({ projectId, limit: 100 });
		const { _id: endpointId } = items.find((one) => one.name === 'Orders REST');
		equal((await client.readEndpoint({ endpointId })).entrypoint, projectId);
		const flows = await client.indexFlows({ projectId });
		const flowId = flows.items.find((one) => one.name === 'Order Status').referenceId;
		await client.updateEndpoint({ endpointId, entrypoint: sandbox.snapshotId('v2.0'), flowId });
		equal(sandbox.endpoint('Orders REST').deployment, 'v2.0');
	});
	await session('resetContext, injectContext, resetState, injectState', async (client, sandbox) => {
		const at = { userId: 'user-1', sessionId: 's-1' };
		await fetch(sandbox.endpoint('Showcase REST').url, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ ...at, text: 'turn' }),
		});
		equal(await client.injectContext({ ...at, context: { vip: true } }), { visits: 1, lastText: 'turn', vip: true });
		const flowReferenceId = sandbox.flowReferenceId('Showcase');
		equal(await client.resetContext({ ...at, flowReferenceId, entrypoint: sandbox.snapshotId('v1.1') }), { visits: 0 });
		equal(await client.injectState({ ...at, state: 'paying' }), { state: 'paying' });
		equal(await client.resetState(at), {});
		equal(sandbox.session('s-1').state, 'default');
	});
	await session('inject, notify', async (client, sandbox) => {
		const URLToken = sandbox.endpoint('Orders Webhook').urlToken;
		const body = { userId: 'user-1', sessionId: 's-1', text: 'A-1001', data: {}, URLToken };
		equal(await client.inject(body), 'Message was sent to AI for Flow processing');
		equal(await client.notify(body), 'Sucessfully sent message to user');
	});
	await session('bad key, unknown resource', async (client) => {
		equal((await failure(client.readSnapshot({ snapshotId: '0'.repeat(24) }))).message, 'Resource not found.');
		client.setCredentials({ type: 'ApiKey', apiKey: 'wrong' });
		equal((await failure(client.readUserMe())).name, 'UnauthorizedError');
	});
	// In seconds it is not obeyed: the client takes "1" for a date in 2001.
	for (const [form, retryAfter, leastMs] of [
		['seconds', () => '1', 0],
		['a date', () => new Date(Date.now() + 2500).toUTCString(), 1000],
	]) {
		await session(`429 with Retry-After as ${form}: tries again`, async (client, sandbox) => {
			const headers = { 'retry-after': retryAfter() };
			sandbox.faults.inject({ operation: 'readMe', kind: 'status', status: 429, headers });
			const start = Date.now();
			equal((await client.readUserMe()).name, 'demo');
			if (Date.now() - start < leastMs) throw new Error('it did not wait');
		});
	}
}

// The socket clients tell everything they do.
const { log, error } = console;
const quietly = async (run) => {
	console.log = (text, ...rest) => (/^\[SocketClient\]/.test(String(text)) ? undefined : log(text, ...rest));
	console.error = (text, ...rest) => (/^\[SocketClient\]/.test(String(text)) ? undefined : error(text, ...rest));
	await run();
	Object.assign(console, { log, error });
};

const folders = [];
try {
	for (const version of socketClientVersions) {
		const module = await load('@cognigy/socket-client', version, folders);
		await quietly(() => socketChecks(version, module));
		if (version.startsWith('5')) await quietly(() => comparisons(version, module));
	}
	await restChecks(restClientVersion, await load('@cognigy/rest-api-client', restClientVersion, folders));
} finally {
	await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
}
const failed = results.filter(({ problem }) => problem !== '').length;
console.log(`\n${results.length - failed} of ${results.length} passed`);
process.exit(failed === 0 ? 0 : 1);
