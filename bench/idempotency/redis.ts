import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { freePort } from '../../n8n-host';

/**
 * Runs something beside a Redis of its own, which keeps nothing on disk.
 * @returns undefined where no redis-server is installed
 */
export async function withRedis<T>(folder: string, work: (url: string) => Promise<T>): Promise<T | undefined> {
	const port = await freePort();
	const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder];
	const server = spawn('redis-server', [...place, '--save', '', '--appendonly', 'no'], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const isThere = await new Promise<boolean>((resolve, reject) => {
		server.once('error', () => resolve(false));
		server.once('exit', () => reject(new Error('redis-server ended at once.')));
		createInterface(server.stdout).on('line', (line) => {
			if (line.includes('Ready to accept connections')) resolve(true);
		});
	});
	if (!isThere) return undefined;
	try {
		return await work(`redis://127.0.0.1:${port}`);
	} finally {
		const ended = once(server, 'exit');
		server.kill();
		await ended;
	}
}
