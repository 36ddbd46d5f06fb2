import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { readPlatform } from '../../../../sandbox/cli/platform';
import { readArguments } from '../../../../sandbox/cognigyAi/cli/arguments';
import { call } from '../support';

const root = resolve(__dirname, '../../../..');

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

describe('npm run sandbox -- --platform cognigy-ai', () => {
	jest.setTimeout(60_000);

	it('tells how to use it, serves, logs without secrets, and stops on SIGTERM', async () => {
		const cli = runCli('--platform', 'cognigy-ai', '--port', '0', '--endpoint-port', '0');
		const apiUrl = await cli.printed(/API base URL +(http:\S+)/);
		const key = await cli.printed(/API key +(\S+)/);
		const endpoint = await cli.printed(/Orders REST +rest +live project +(http:\S+)/);
		await cli.printed(/Ctrl\+C/);
		expect(cli.output.out).toContain(`Endpoint base  ${new URL(endpoint).origin}`);
		expect(cli.output.out).toMatch(/Retired REST .* not active/);
		const greetingLength = cli.output.out.length;

		await call(`${apiUrl}/new/v2.0/users/me`, { headers: { 'x-api-key': key } });
		await call(endpoint, { body: { userId: 'me', sessionId: 's-1', text: 'A-1001' } });
		await cli.printed(/POST {2}\/\{URLToken\} {2}200/);
		cli.kill('SIGTERM');

		expect(await cli.closed).toBe(0);
		const log = cli.output.out.slice(greetingLength);
		expect(log).toMatch(/GET {3}\/new\/v2\.0\/users\/me {2}200/);
		expect(log).not.toContain(key);
		expect(log).not.toContain(new URL(endpoint).pathname.slice(1));
	});

	it('explains itself with --help', async () => {
		const cli = runCli('--platform=cognigy-ai', '--help');

		expect(await cli.closed).toBe(0);
		for (const text of ['--endpoint-port', 'quick replies', 'dropMidTurn', 'ackLost', '/sandbox/endpoints']) {
			expect(cli.output.out).toContain(text);
		}
	});
});

describe('the platform', () => {
	it('is v1 unless another one is asked for', () => {
		expect(readPlatform(['--port', '0'])).toEqual({ platform: 'v1', rest: ['--port', '0'] });
		expect(readPlatform(['--port', '0', '--platform', 'cognigy-ai', '--quiet'])).toEqual({
			platform: 'cognigy-ai',
			rest: ['--port', '0', '--quiet'],
		});
		expect(readPlatform(['--platform=v1'])).toEqual({ platform: 'v1', rest: [] });
		expect(() => readPlatform(['--platform', 'v2'])).toThrow('--platform must be one of: v1, cognigy-ai.');
		expect(() => readPlatform(['--platform'])).toThrow('--platform');
	});
});

describe('its arguments', () => {
	it('have defaults, and are read', () => {
		expect(readArguments([])).toMatchObject({
			port: 4010,
			endpointPort: 4011,
			requestsPer5Minutes: 1000,
			socketProtocol: 'both',
			eventBuffer: true,
			endpointReady: true,
			webhookUrl: '',
		});
		expect(
			readArguments(
				'--endpoint-port 0 --slow 5 --no-event-buffer --socket-protocol v2 --endpoint-errors html'.split(' '),
			),
		).toMatchObject({ endpointPort: 0, slowMs: 5, eventBuffer: false, socketProtocol: 'v2', endpointErrors: 'html' });
	});

	it.each([
		['--port', '70000'],
		['--requests-per-5-minutes', '-1'],
		['--retry-after', 'later'],
		['--webhook-url', 'nonsense'],
		['--socket-protocol', 'v3'],
		['--socket-refusal', 'shout'],
		['--token-ttl', '1'],
	])('%s %s is refused', (name, value) => {
		expect(() => readArguments([`${name}=${value}`])).toThrow(name);
	});
});
