import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { CallLedger } from '../../soak/callLedger';
import { Calls } from '../../soak/calls';

/** What n8n answers, by the path of the webhook. */
const answers: Record<string, { status: number; body: string }> = {
	started: { status: 200, body: '{"sessionId":"s-1","status":"started"}' },
	failed: { status: 200, body: '{"error":"No","errorCategory":"network"}' },
	broken: { status: 500, body: '{"message":"Error in workflow"}' },
	empty: { status: 200, body: '{}' },
	unreadable: { status: 200, body: '<html>' },
};

let server: Server;
let asked: string[];
let onAsked: () => void;

beforeEach(async () => {
	asked = [];
	onAsked = () => {};
	server = createServer((request, response) => {
		const path = request.url?.replace('/webhook/', '') ?? '';
		const { status, body } = answers[path] ?? { status: 404, body: '' };
		response.writeHead(status, { connection: 'close' }).end(body);
		asked.push(path);
		onAsked();
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
});
afterEach(() => server.close());

async function untilAsked(times: number): Promise<void> {
	await new Promise<void>((resolve) => {
		onAsked = () => {
			if (asked.length >= times) resolve();
		};
		onAsked();
	});
}

/** Calls each webhook once. */
async function callOnce(paths: string[]): Promise<CallLedger> {
	const ledger = new CallLedger();
	const calls = new Calls(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
	const once = () => {
		let isCalled = false;
		return () => {
			const content = isCalled ? undefined : {};
			isCalled = true;
			return content;
		};
	};
	calls.begin(paths.map((path) => ({ path, everyMs: 1, ledger, body: once() })));
	await untilAsked(paths.length);
	calls.stop();
	await calls.ended();
	return ledger;
}

it('a start and an error of the node are answers', async () => {
	const ledger = await callOnce(['started', 'failed']);
	expect(ledger).toMatchObject({ count: 2, succeeded: 1, unanswered: [], waiting: [], errors: { network: 1 } });
});

it('what says neither is none', async () => {
	const ledger = await callOnce(['broken', 'empty', 'unreadable']);
	expect(ledger).toMatchObject({ count: 3, succeeded: 0 });
	expect(ledger.unanswered).toHaveLength(3);
});

it('calls again and again until it is stopped, each time with another name', async () => {
	const ledger = new CallLedger();
	const names: string[] = [];
	const calls = new Calls(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
	const body = (caller: string) => {
		names.push(caller);
		return {};
	};
	calls.begin([{ path: 'started', everyMs: 1, ledger, body }]);
	await untilAsked(3);
	calls.stop();
	await calls.ended();
	const { length } = asked;
	expect(new Set(names).size).toBe(length);
	expect(ledger).toMatchObject({ count: length, succeeded: length });
});
