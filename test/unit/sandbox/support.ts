import http from 'node:http';
import https from 'node:https';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../../sandbox';

export interface Reply {
	status: number;
	headers: http.IncomingHttpHeaders;
	bytes: Buffer;
	text: string;
	/** The parsed body; undefined when it is not JSON. */
	json: Record<string, unknown>;
}

export interface CallOptions {
	method?: string;
	token?: string;
	/** A string is sent as it is, anything else as JSON. */
	body?: unknown;
	headers?: http.OutgoingHttpHeaders;
	agent?: http.Agent;
	ca?: string;
	signal?: AbortSignal;
}

/** A plain client on Node's own HTTP: what it sees is what is on the wire. */
export function call(url: string, options: CallOptions = {}): Promise<Reply> {
	// Without an agent, every call has its own connection: what one test leaves open must not reach another.
	const { token, body, headers = {}, agent = false, ca, signal } = options;
	const method = options.method ?? (body === undefined ? 'GET' : 'POST');
	const request = (url.startsWith('https:') ? https : http).request(url, {
		method,
		ca,
		signal,
		agent,
		headers: {
			accept: 'application/json',
			...(body !== undefined && { 'content-type': 'application/json' }),
			...(token !== undefined && { authorization: `Bearer ${token}` }),
			...headers,
		},
	});
	return new Promise((resolve, reject) => {
		request.on('error', reject);
		request.on('response', (response) => {
			const chunks: Buffer[] = [];
			response.on('data', (chunk: Buffer) => chunks.push(chunk));
			response.on('error', reject);
			response.on('end', () => {
				const bytes = Buffer.concat(chunks);
				const text = bytes.toString();
				resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, text, json: parsed(text) });
			});
		});
		request.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
	});
}

function parsed(text: string): Record<string, unknown> {
	try {
		return JSON.parse(text) as Record<string, unknown>;
	} catch {
		return {};
	}
}

const running: Sandbox[] = [];

/** Starts a sandbox that `closeSandboxes` closes. */
export async function sandboxFor(options?: SandboxOptions): Promise<Sandbox> {
	const sandbox = await startSandbox(options);
	running.push(sandbox);
	return sandbox;
}

export async function closeSandboxes(): Promise<void> {
	await Promise.all(running.splice(0).map((sandbox) => sandbox.close()));
}

export async function logIn(sandbox: Sandbox, username = 'demo', options: CallOptions = {}): Promise<string> {
	const body = { username, password: `${username}-password` };
	const { json } = await call(`${sandbox.url}/api/v1/auth/login`, { body, ca: sandbox.caCertificate, ...options });
	return String(json.token);
}

export function versionsUrl(sandbox: Sandbox, botId: string): string {
	return `${sandbox.url}/api/v1/bots/${encodeURIComponent(botId)}/versions`;
}

export function startUrl(sandbox: Sandbox, botId = 'order-status', flowId = 'main'): string {
	return `${sandbox.url}/api/v1/bots/${encodeURIComponent(botId)}/flows/${encodeURIComponent(flowId)}/sessions`;
}

export const startBody = { userId: 'user-1', context: {}, input: 'Hello' };

/** A clock that only moves when it is told to. */
export function manualClock(): { now: () => number; advance: (ms: number) => void } {
	let time = Date.UTC(2026, 0, 31, 12);
	return { now: () => time, advance: (ms) => (time += ms) };
}
