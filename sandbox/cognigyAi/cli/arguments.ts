import { parseArgs } from 'node:util';
import { DEFAULT_TLS_DIR, MAX_TIMER_MS, oneOf, wholeNumber } from '../../cli/arguments';
import { HTTP_VERSIONS, type HttpVersions } from '../../http/httpServer';
import { RETRY_AFTER_FORMS, type RetryAfterForm } from '../../http/rateLimit';
import {
	DOWNLOAD_ORIGINS,
	ENDPOINT_ERROR_FORMS,
	SOCKET_PROTOCOLS,
	SOCKET_REFUSALS,
	UNKNOWN_TOKEN_ANSWERS,
	type DownloadOrigin,
	type EndpointErrorForm,
	type SocketProtocol,
	type SocketRefusal,
	type UnknownTokenAnswer,
} from '../options';

/** What was asked for on the command line. */
export interface Arguments {
	help: boolean;
	quiet: boolean;
	host: string;
	port: number;
	endpointPort: number;
	/** Where the certificate is kept; undefined: plain HTTP. */
	tlsDir: string | undefined;
	http: HttpVersions;
	maxConcurrentStreams: number;
	latencyMs: number;
	requestsPer5Minutes: number;
	retryAfter: RetryAfterForm;
	transcriptDelayMs: number;
	outputDelayMs: number;
	slowMs: number;
	fillers: number;
	snapshotLimit: number;
	downloadOrigin: DownloadOrigin;
	webhookUrl: string;
	unknownToken: UnknownTokenAnswer;
	endpointErrors: EndpointErrorForm;
	socketRefusal: SocketRefusal;
	socketProtocol: SocketProtocol;
	eventBuffer: boolean;
	endpointReady: boolean;
}

/** Reads the command line. Throws an error with one clear line when something is wrong with it. */
export function readArguments(args: string[]): Arguments {
	const { values } = parseArgs({
		args,
		options: {
			help: { type: 'boolean', short: 'h', default: false },
			quiet: { type: 'boolean', default: false },
			host: { type: 'string', default: '127.0.0.1' },
			port: { type: 'string', default: '4010' },
			'endpoint-port': { type: 'string', default: '4011' },
			tls: { type: 'boolean', default: false },
			'tls-dir': { type: 'string' },
			http: { type: 'string', default: 'both' },
			'max-streams': { type: 'string', default: '100' },
			latency: { type: 'string', default: '0' },
			'requests-per-5-minutes': { type: 'string', default: '1000' },
			'retry-after': { type: 'string', default: 'seconds' },
			'transcript-delay': { type: 'string', default: '0' },
			'output-delay': { type: 'string', default: '0' },
			slow: { type: 'string', default: '2000' },
			fillers: { type: 'string', default: '0' },
			'snapshot-limit': { type: 'string', default: '10' },
			'download-origin': { type: 'string', default: 'api' },
			'webhook-url': { type: 'string', default: '' },
			'unknown-token': { type: 'string', default: 'notFound' },
			'endpoint-errors': { type: 'string', default: 'error' },
			'socket-refusal': { type: 'string', default: 'exception' },
			'socket-protocol': { type: 'string', default: 'both' },
			'no-event-buffer': { type: 'boolean', default: false },
			'no-endpoint-ready': { type: 'boolean', default: false },
		},
	});
	const webhookUrl = values['webhook-url'];
	if (webhookUrl !== '' && !URL.canParse(webhookUrl)) throw new Error('--webhook-url must be a URL.');
	return {
		help: values.help,
		quiet: values.quiet,
		host: values.host,
		port: wholeNumber('port', values.port, 65_535),
		endpointPort: wholeNumber('endpoint-port', values['endpoint-port'], 65_535),
		tlsDir: values['tls-dir'] ?? (values.tls ? DEFAULT_TLS_DIR : undefined),
		http: oneOf('http', values.http, HTTP_VERSIONS),
		maxConcurrentStreams: wholeNumber('max-streams', values['max-streams'], 2 ** 31 - 1),
		latencyMs: wholeNumber('latency', values.latency, MAX_TIMER_MS),
		requestsPer5Minutes: wholeNumber('requests-per-5-minutes', values['requests-per-5-minutes'], 1_000_000),
		retryAfter: oneOf('retry-after', values['retry-after'], RETRY_AFTER_FORMS),
		transcriptDelayMs: wholeNumber('transcript-delay', values['transcript-delay'], MAX_TIMER_MS),
		outputDelayMs: wholeNumber('output-delay', values['output-delay'], MAX_TIMER_MS),
		slowMs: wholeNumber('slow', values.slow, MAX_TIMER_MS),
		fillers: wholeNumber('fillers', values.fillers, 999),
		snapshotLimit: wholeNumber('snapshot-limit', values['snapshot-limit'], 1000),
		downloadOrigin: oneOf('download-origin', values['download-origin'], DOWNLOAD_ORIGINS),
		webhookUrl,
		unknownToken: oneOf('unknown-token', values['unknown-token'], UNKNOWN_TOKEN_ANSWERS),
		endpointErrors: oneOf('endpoint-errors', values['endpoint-errors'], ENDPOINT_ERROR_FORMS),
		socketRefusal: oneOf('socket-refusal', values['socket-refusal'], SOCKET_REFUSALS),
		socketProtocol: oneOf('socket-protocol', values['socket-protocol'], SOCKET_PROTOCOLS),
		eventBuffer: !values['no-event-buffer'],
		endpointReady: !values['no-endpoint-ready'],
	};
}
