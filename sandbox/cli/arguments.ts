import { parseArgs } from 'node:util';
import { REPLAY_STYLES, type ReplayStyle } from '../v1/mailbox';
import { HTTP_VERSIONS, type HttpVersions } from '../http/httpServer';
import { RETRY_AFTER_FORMS, type RetryAfterForm } from '../http/rateLimit';

/** What was asked for on the command line. */
export interface Arguments {
	help: boolean;
	quiet: boolean;
	host: string;
	port: number;
	/** Where the certificate is kept; undefined: plain HTTP. */
	tlsDir: string | undefined;
	http: HttpVersions;
	maxConcurrentStreams: number;
	latencyMs: number;
	tokenTtlMinutes: number;
	requestsPerMinute: number;
	retryAfter: RetryAfterForm;
	slowStartMs: number;
	botDelayMs: number;
	sessionTtlMinutes: number;
	pollWaitMs: number;
	replay: ReplayStyle;
}

/** Below the repository's folder for things that can be made again. */
export const DEFAULT_TLS_DIR = '.cache/sandbox-tls';
export const MAX_TIMER_MS = 2_147_483_647;

/** Reads the command line. Throws an error with one clear line when something is wrong with it. */
export function readArguments(args: string[]): Arguments {
	const { values } = parseArgs({
		args,
		options: {
			help: { type: 'boolean', short: 'h', default: false },
			quiet: { type: 'boolean', default: false },
			host: { type: 'string', default: '127.0.0.1' },
			port: { type: 'string', default: '4010' },
			tls: { type: 'boolean', default: false },
			'tls-dir': { type: 'string' },
			http: { type: 'string', default: 'both' },
			'max-streams': { type: 'string', default: '100' },
			latency: { type: 'string', default: '0' },
			'token-ttl': { type: 'string', default: '30' },
			'requests-per-minute': { type: 'string', default: '0' },
			'retry-after': { type: 'string', default: 'seconds' },
			'slow-start': { type: 'string', default: '2000' },
			'bot-delay': { type: 'string', default: '0' },
			'session-ttl': { type: 'string', default: '30' },
			'poll-wait': { type: 'string', default: '20000' },
			replay: { type: 'string', default: 'once' },
		},
	});
	return {
		help: values.help,
		quiet: values.quiet,
		host: values.host,
		port: wholeNumber('port', values.port, 65_535),
		tlsDir: values['tls-dir'] ?? (values.tls ? DEFAULT_TLS_DIR : undefined),
		http: oneOf('http', values.http, HTTP_VERSIONS),
		maxConcurrentStreams: wholeNumber('max-streams', values['max-streams'], 2 ** 31 - 1),
		latencyMs: wholeNumber('latency', values.latency, MAX_TIMER_MS),
		tokenTtlMinutes: positiveNumber('token-ttl', values['token-ttl']),
		requestsPerMinute: wholeNumber('requests-per-minute', values['requests-per-minute'], 1_000_000),
		retryAfter: oneOf('retry-after', values['retry-after'], RETRY_AFTER_FORMS),
		slowStartMs: wholeNumber('slow-start', values['slow-start'], MAX_TIMER_MS),
		botDelayMs: wholeNumber('bot-delay', values['bot-delay'], MAX_TIMER_MS),
		sessionTtlMinutes: positiveNumber('session-ttl', values['session-ttl']),
		pollWaitMs: wholeNumber('poll-wait', values['poll-wait'], MAX_TIMER_MS),
		replay: oneOf('replay', values.replay, REPLAY_STYLES),
	};
}

/** @param name of the option, for the error */
export function wholeNumber(name: string, text: string, max: number): number {
	const value = Number(text);
	if (!/^\d+$/.test(text) || value > max) throw new Error(`--${name} must be a whole number from 0 to ${max}.`);
	return value;
}

function positiveNumber(name: string, text: string): number {
	const value = Number(text);
	if (text.trim() === '' || !(value > 0 && value < Infinity)) throw new Error(`--${name} must be a number above 0.`);
	return value;
}

/** @param name of the option, for the error */
export function oneOf<Choice extends string>(name: string, text: string, choices: readonly Choice[]): Choice {
	const choice = choices.find((known) => known === text);
	if (!choice) throw new Error(`--${name} must be one of: ${choices.join(', ')}.`);
	return choice;
}
