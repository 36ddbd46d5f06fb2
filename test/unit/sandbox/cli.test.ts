import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readArguments } from '../../../sandbox/cli/arguments';
import { call, closeSandboxes, sandboxFor } from './support';

const root = resolve(__dirname, '../../..');

/** Runs the command as `npm run sandbox` does, without npm around it. */
function runCli(...args: string[]) {
	const child = spawn(process.execPath, ['--import', 'tsx', 'sandbox/cli.ts', ...args], {
		cwd: root,
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const output = { out: '', err: '' };
	child.stdout.on('data', (chunk) => (output.out += String(chunk)));
	child.stderr.on('data', (chunk) => (output.err += String(chunk)));
	return {
		output,
		kill: (signal: NodeJS.Signals) => child.kill(signal),
		closed: once(child, 'close').then(([code]) => code as number | null),
		async printed(pattern: RegExp): Promise<string> {
			for (;;) {
				const match = pattern.exec(output.out);
				if (match) return match[1] ?? match[0];
				await once(child.stdout, 'data');
			}
		},
	};
}

describe('npm run sandbox', () => {
	jest.setTimeout(60_000);
	afterEach(closeSandboxes);

	it('tells how to use it, serves, logs without secrets, and stops on SIGTERM with a connection open', async () => {
		const cli = runCli('--port', '0', '--replay', 'all', '--poll-wait', '1');
		const url = await cli.printed(/listens on (http:\S+)/);
		await cli.printed(/Ctrl\+C/);
		expect(cli.output.out).toContain('demo-password');
		expect(cli.output.out).toContain('order-status');
		expect(cli.output.out).toContain(`Its runtime channel: ${url.replace('http', 'ws')} (tenant demo-tenant)`);
		expect(cli.output.out).toContain(`${url}/sandbox/sessions/<session id>/messages`);
		const greetingLength = cli.output.out.length;

		const agent = new Agent({ keepAlive: true });
		const login = await call(`${url}/api/v1/auth/login`, {
			agent,
			body: { username: 'demo', password: 'demo-password' },
		});
		expect(login).toMatchObject({ status: 200 });
		await cli.printed(/auth\/login {2}200 {2}/);
		cli.kill('SIGTERM');

		expect(await cli.closed).toBe(0);
		const log = cli.output.out.slice(greetingLength);
		expect(log).toMatch(/^.* {2}POST {2}\/api\/v1\/auth\/login {2}200 {2}\d+ ms {2}user=demo\s*$/);
		expect(log).not.toContain('password');
		expect(log).not.toContain(String(login.json.token));
		agent.destroy();
	});

	it('stops on SIGINT, which tsx sends twice', async () => {
		const cli = runCli('--port', '0', '--quiet');
		await cli.printed(/Ctrl\+C/);

		cli.kill('SIGINT');
		cli.kill('SIGINT');

		expect(await cli.closed).toBe(0);
	});

	it('says in one line that the port is in use', async () => {
		const { port } = await sandboxFor();
		const cli = runCli('--port', String(port));

		expect(await cli.closed).toBe(1);
		expect(cli.output.err).toBe(`Port ${port} on 127.0.0.1 is in use. Choose another one with --port.\n`);
	});

	it('keeps its certificate for the next run', async () => {
		const directory = await mkdtemp(join(tmpdir(), 'sandbox tls '));
		const authorities: string[] = [];
		for (let run = 0; run < 2; run += 1) {
			const cli = runCli('--port', '0', '--tls-dir', directory);
			const url = await cli.printed(/listens on (https:\S+)/);
			const ca = await readFile(await cli.printed(/NODE_EXTRA_CA_CERTS='(.+)'/), 'utf8');
			expect(await call(`${url}/sandbox/stats`, { ca })).toMatchObject({ status: 200 });
			authorities.push(ca);
			cli.kill('SIGTERM');
			expect(await cli.closed).toBe(0);
		}

		expect(authorities[0]).toBe(authorities[1]);
		expect((await stat(join(directory, 'key.pem'))).mode & 0o777).toBe(0o600);
		await rm(directory, { recursive: true });
	});

	it('explains itself with --help', async () => {
		const cli = runCli('--help');

		expect(await cli.closed).toBe(0);
		expect(cli.output.out).toContain('Usage: npm run sandbox');
		expect(cli.output.out).toContain('dropAfter');
		expect(cli.output.out).toContain('/messages?wait=true');
		expect(cli.output.out).toMatch(/ws:.*\/ws\/v1\?tenant=demo-tenant/);
		expect(cli.output.out).toMatch(/^ {2}connect +status, hang, .*noSubprotocol/m);
		expect(cli.output.err).toBe('');
	});
});

describe('its arguments', () => {
	it('have defaults', () => {
		expect(readArguments([])).toEqual({
			help: false,
			quiet: false,
			host: '127.0.0.1',
			port: 4010,
			tlsDir: undefined,
			http: 'both',
			maxConcurrentStreams: 100,
			latencyMs: 0,
			tokenTtlMinutes: 30,
			requestsPerMinute: 0,
			retryAfter: 'seconds',
			slowStartMs: 2000,
			botDelayMs: 0,
			sessionTtlMinutes: 30,
			pollWaitMs: 20_000,
			replay: 'once',
		});
	});

	it('are read', () => {
		expect(readArguments('--bot-delay 5 --session-ttl 0.1 --poll-wait 100 --replay overlap'.split(' '))).toMatchObject({
			botDelayMs: 5,
			sessionTtlMinutes: 0.1,
			pollWaitMs: 100,
			replay: 'overlap',
		});
		expect(readArguments('--port 0 --token-ttl 0.5 --latency 20 --tls --retry-after none'.split(' '))).toMatchObject({
			port: 0,
			tokenTtlMinutes: 0.5,
			latencyMs: 20,
			tlsDir: '.cache/sandbox-tls',
			retryAfter: 'none',
		});
	});

	it.each([
		['--port', '70000'],
		['--port', '-1'],
		['--latency', '1.5'],
		['--token-ttl', '0'],
		['--token-ttl', 'abc'],
		['--retry-after', 'later'],
		['--requests-per-minute', ''],
		['--bot-delay', '-1'],
		['--session-ttl', '0'],
		['--poll-wait', '2147483648'],
		['--replay', 'twice'],
	])('%s %s is refused', (name, value) => {
		expect(() => readArguments([`${name}=${value}`])).toThrow(name);
	});

	it('that nobody knows are refused', () => {
		expect(() => readArguments(['--nonsense'])).toThrow('--nonsense');
		expect(() => readArguments(['nonsense'])).toThrow('nonsense');
	});
});
