import type { Sandbox, SandboxOptions, TranscriptMessage } from '../../../sandbox';
import { call, logIn, sandboxFor, startBody, startUrl, type CallOptions, type Reply } from './support';

/** A sandbox, the token of its user `demo` for it, and the session `s-1` in it. */
export interface Scene {
	sandbox: Sandbox;
	token: string;
}

/** The bot of `s-1` has nothing to say by itself. */
export async function sceneWith(options?: SandboxOptions): Promise<Scene> {
	const sandbox = await sandboxFor({ botDelayMs: 3_600_000, ...options });
	const scene = { sandbox, token: await logIn(sandbox) };
	await startSession(scene, { input: '' });
	return scene;
}

export interface Target {
	botId?: string;
	flowId?: string;
	sessionId?: string;
	/** With the question mark. Default: waits. */
	query?: string;
}

export async function startSession({ sandbox, token }: Scene, body: object, target: Target = {}): Promise<Reply> {
	return await call(startUrl(sandbox, target.botId, target.flowId), {
		token,
		ca: sandbox.caCertificate,
		body: { ...startBody, sessionId: 's-1', ...body },
	});
}

export function messagesUrl(sandbox: Sandbox, target: Target = {}): string {
	const { botId, flowId, sessionId = 's-1', query = '?wait=true' } = target;
	return `${startUrl(sandbox, botId, flowId)}/${encodeURIComponent(sessionId)}/messages${query}`;
}

/** Polls once. */
export async function poll(
	{ sandbox, token }: Scene,
	{ target, ...options }: CallOptions & { target?: Target } = {},
): Promise<Reply> {
	return await call(messagesUrl(sandbox, target), { token, ca: sandbox.caCertificate, ...options });
}

/** Polls once and returns what was said; fails when the answer is no list. */
export async function hear(scene: Scene, options?: Parameters<typeof poll>[1]): Promise<string[]> {
	return textsOf(await poll(scene, options));
}

/** What an answer holds; throws when there was none. */
export function messagesOf(reply: Reply | Error): TranscriptMessage[] {
	if (reply instanceof Error) throw reply;
	return JSON.parse(reply.text) as TranscriptMessage[];
}

export function textsOf(reply: Reply | Error): string[] {
	return messagesOf(reply).map(({ text }) => text);
}

/** A poll that is held; resolves once it is. */
export async function holdPoll(
	scene: Scene,
	options?: Parameters<typeof poll>[1],
): Promise<{ reply: Promise<Reply | Error> }> {
	const { sandbox } = scene;
	const before = sandbox.stats().pollsHeld;
	const reply = poll(scene, options).catch((error: Error) => error);
	await sandbox.when(() => sandbox.stats().pollsHeld === before + 1);
	return { reply };
}
