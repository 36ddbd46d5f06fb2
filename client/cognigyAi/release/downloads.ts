import type { Service } from '../../call/answer';
import { withOwnTrace, type CallContext } from '../../call/attempts';
import { sendOnce, type RequestDependencies } from '../../call/request';
import { CognigyError } from '../../errors';
import { isLoopback } from '../../transport/addresses';
import type { FileTransport, HttpResponse, HttpTransport } from '../../transport/http';
import type { TransportFailure } from '../../transport/transportFailure';
import type { CognigyAiConfig } from '../config';
import { BUDGET_FIELD, statusError } from '../statusErrors';

export interface DownloadDependencies extends RequestDependencies {
	config: CognigyAiConfig;
	transport: FileTransport;
}

export interface WantedDownload {
	/** A secret. */
	url: string;
	maxBytes: number;
	/** What is being done, for errors. */
	action: string;
}

/** Storage behind a service may hand on once or twice. */
const MAX_REDIRECTS = 3;

const service: Service = { name: 'the management API of Cognigy.AI', addressField: 'API Base URL of the credential' };

/**
 * Files, from links that the management API gives out (docs/protocol-cognigy-ai.md#packages). A link is a secret, and may point
 * to somewhere else: only the API itself gets the API key.
 */
export class FileDownloads {
	readonly #deps: DownloadDependencies;

	constructor(dependencies: DownloadDependencies) {
		this.#deps = dependencies;
	}

	/** Gets it once, as a link may work only once. @throws {CognigyError} never with the link */
	async get({ url, maxBytes, action }: WantedDownload, context: CallContext): Promise<Uint8Array> {
		const { config, clock } = this.#deps;
		let at = checkedLink(url, config.apiBaseUrl, config.allowInsecure, action);
		for (let redirects = 0; ; redirects++) {
			const { bytes, response } = await this.#exchange(at, { maxBytes, action }, context);
			const { status, headers } = response;
			if (status >= 200 && status < 300) return bytes;
			if (status < 300 || status >= 400 || headers['location'] === undefined || redirects === MAX_REDIRECTS) {
				const call = { subject: 'file', action, inputs: 'the file in Cognigy.AI', service: 'management' } as const;
				throw statusError(response, call, clock.wallTime(), []);
			}
			at = checkedLink(headers['location'], at.href, config.allowInsecure, action);
		}
	}

	/** One exchange, with all that goes for other calls: budget, time limit, words for what goes wrong. */
	async #exchange(
		{ href, origin }: URL,
		{ maxBytes, action }: Omit<WantedDownload, 'url'>,
		context: CallContext,
	): Promise<{ bytes: Uint8Array; response: HttpResponse }> {
		const { transport, config } = this.#deps;
		let bytes: Uint8Array = new Uint8Array();
		const asFile: HttpTransport = {
			send: async (request) => {
				const { bytes: content, ...answer } = await transport.download({ ...request, maxBytes });
				bytes = content;
				// What an error says could repeat the link.
				return { ...answer, body: '' };
			},
			close: () => {},
		};
		const headers: Record<string, string> = isOwn(origin, config) ? { 'X-API-Key': config.apiKey } : {};
		const exchange = {
			service,
			action,
			kind: 'safe',
			request: { method: 'GET', url: href, headers },
			budgetField: BUDGET_FIELD,
			explainFailure: (failure: TransportFailure) => tooLarge(failure, maxBytes, action),
		} as const;
		const response = await withOwnTrace(context, async (own) => {
			return await sendOnce({ ...this.#deps, transport: asFile }, exchange, own);
		});
		return { bytes, response };
	}
}

function isOwn(origin: string, { apiBaseUrl }: CognigyAiConfig): boolean {
	return origin === new URL(apiBaseUrl).origin;
}

/** @throws {CognigyError} `protocol`, never with a part of the link */
function checkedLink(link: string, base: string, allowInsecure: boolean, action: string): URL {
	const url = URL.canParse(link, base) ? new URL(link, base) : undefined;
	const isPlain = url?.protocol === 'http:' && (allowInsecure || isLoopback(url.hostname));
	if (url && (url.protocol === 'https:' || isPlain) && url.username === '' && url.password === '') return url;
	throw new CognigyError({
		category: 'protocol',
		message: `${action} failed: the link to the file is no https address`,
		advice: 'Download it in Cognigy.AI.',
	});
}

function tooLarge({ kind }: TransportFailure, maxBytes: number, action: string): CognigyError | undefined {
	if (kind !== 'tooLarge') return undefined;
	return new CognigyError({
		category: 'protocol',
		message: `${action} failed: the file is larger than ${Math.round(maxBytes / 1024 / 1024)} MB`,
		advice: 'Raise Max File Size in the options of the node, as far as the memory of n8n allows, or export less.',
	});
}
