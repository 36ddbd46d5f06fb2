import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What somebody has posted as JSON. */
export interface Post {
	readonly path: string;
	readonly headers: IncomingHttpHeaders;
	readonly body: Readonly<Record<string, unknown>>;
	/** What was answered. */
	readonly status: number;
}

/** Stands in for something that n8n posts JSON to: a CRM, a chat. */
export interface Receiver {
	readonly url: string;
	/** The oldest first. */
	readonly posts: readonly Post[];
	/** From now on posts are answered with this status. At first: 200 for all. */
	answer(statusOf: (body: Post['body']) => number): void;
	/** Resolves with the first post that is it, once there is one. Rejects when that takes too long. */
	received(isIt: (post: Post) => boolean, timeoutMs?: number): Promise<Post>;
	close(): Promise<void>;
}

/** Longer than n8n takes to start a workflow and to try a request three times. */
const patienceMs = 20_000;

/** Starts one on this machine. */
export async function startReceiver(): Promise<Receiver> {
	const posts: Post[] = [];
	const waiting = new Set<(post: Post) => void>();
	let statusOf: (body: Post['body']) => number = () => 200;

	const server = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			const body = JSON.parse(Buffer.concat(chunks).toString()) as Post['body'];
			const post = { path: request.url ?? '', headers: request.headers, body, status: statusOf(body) };
			posts.push(post);
			response.writeHead(post.status, { 'content-type': 'application/json' }).end('[]');
			for (const look of [...waiting]) look(post);
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		posts,
		answer(newStatusOf) {
			statusOf = newStatusOf;
		},
		received: async (isIt, timeoutMs = patienceMs) => {
			const there = posts.find(isIt);
			if (there) return there;
			return await new Promise<Post>((resolve, reject) => {
				const look = (post: Post) => {
					if (!isIt(post)) return;
					clearTimeout(timer);
					waiting.delete(look);
					resolve(post);
				};
				const timer = setTimeout(() => {
					waiting.delete(look);
					const got = posts.map(({ body }) => JSON.stringify(body)).join('\n');
					reject(new Error(`It was not posted within ${timeoutMs} ms. What was posted:\n${got || 'nothing'}`));
				}, timeoutMs);
				waiting.add(look);
			});
		},
		close: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
