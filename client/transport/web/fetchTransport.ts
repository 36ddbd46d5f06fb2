import type { Clock } from '../../time/clock';
import { checkEgress, type EgressPolicy } from '../egress';
import { brokeOff, neverConnected, toTransportFailure } from '../failures';
import type { DownloadRequest, FileResponse, FileTransport, HttpRequest, HttpResponse } from '../http';
import { stoppedBefore, TransportFailure } from '../transportFailure';

/** Largest answer that is read, in bytes, counted after decompression. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/**
 * HTTP over the global `fetch`, for where nothing else is allowed. The connections are the runtime's: it uses them again,
 * and closes them some seconds after their last use.
 *
 * `fetch` does not say whether the request had left when it failed. But it takes the body only once it has a connection to
 * write to, over TLS a secure one: until then nothing has left (guarantee 1). This holds for any `fetch`, as nothing is
 * started by a head without its body. A request without a body, which starts nothing either, counts as sent from its
 * beginning, unless its error can only be one of connecting.
 */
export class FetchTransport implements FileTransport {
	readonly #underWay = new Set<AbortController>();

	constructor(
		private readonly egress: EgressPolicy,
		private readonly clock: Pick<Clock, 'after'>,
	) {}

	async send(request: HttpRequest): Promise<HttpResponse> {
		const { content, ...head } = await this.#exchange(request, readText);
		return { ...head, body: content };
	}

	async download({ maxBytes, ...request }: DownloadRequest): Promise<FileResponse> {
		const read = async (response: Response) => await readBytes(response, maxBytes);
		const { content, ...head } = await this.#exchange({ ...request, method: 'GET' }, read);
		return { ...head, bytes: content };
	}

	async #exchange<T>(
		request: HttpRequest,
		read: (response: Response) => Promise<T>,
	): Promise<Omit<HttpResponse, 'body'> & { content: T }> {
		const progress = { mayHaveLeft: false, answerBegan: false };
		const onLeaving = () => {
			progress.mayHaveLeft = true;
		};
		// Not the caller's signal: `fetch` would leave its listener there.
		const ending = new AbortController();
		const stop = () => ending.abort(stoppedBefore());
		request.signal.addEventListener('abort', stop, { once: true });
		this.#underWay.add(ending);
		try {
			if (request.signal.aborted) stop();
			await checkEgress(this.egress, request.url, ending.signal);
			ending.signal.throwIfAborted();
			const { url, init } = prepare(request, onLeaving);
			if (!request.body) onLeaving();
			const response = await fetch(url, { ...init, signal: ending.signal });
			progress.answerBegan = true;
			const { status, headers } = response;
			const content = await read(response);
			await this.#connectionIsFree();
			return { status, headers: Object.fromEntries(headers), content };
		} catch (error) {
			// After an abort `fetch` may throw the reason, or the error of the connection that it cut.
			const cause: unknown = ending.signal.aborted ? ending.signal.reason : error;
			const { mayHaveLeft, answerBegan } = progress;
			const { kind, message } = brokeOff(cause, answerBegan) ? cutShort() : toTransportFailure(cause, false);
			throw new TransportFailure(kind, message, mayHaveLeft && !neverConnected(error), answerBegan);
		} finally {
			request.signal.removeEventListener('abort', stop);
			this.#underWay.delete(ending);
		}
	}

	/**
	 * `fetch` uses a connection again only in the turn after the answer: a request that followed at once would open another
	 * one, so that there were twice as many as requests at the same time.
	 */
	async #connectionIsFree(): Promise<void> {
		await new Promise<void>((resolve) => this.clock.after(0, resolve));
	}

	/** Ends what is under way. The runtime closes its idle connections itself. */
	close(): void {
		for (const ending of this.#underWay) {
			ending.abort(new TransportFailure('dropped', 'the connection was closed', false));
		}
	}
}

const cutShort = () => new TransportFailure('dropped', 'the connection was closed in the middle of the answer', true);

/**
 * The request in the words of `fetch`.
 * @param onLeaving called when a connection stands that the body will be written to
 * @throws {TransportFailure} `malformed` when HTTP does not allow it
 */
function prepare({ method, url, headers, body }: HttpRequest, onLeaving: () => void): { url: URL; init: RequestInit } {
	// Followed, a redirect would carry the bearer token to wherever the answer points.
	const init: RequestInit = { method, redirect: 'manual', credentials: 'omit' };
	const bytes = body ? new TextEncoder().encode(body) : undefined;
	try {
		init.headers = new Headers({ 'User-Agent': 'n8n-nodes-cognigy', ...headers });
		// Else the body would come in chunks: `fetch` does not know how long a stream is.
		if (bytes) init.headers.set('Content-Length', String(bytes.byteLength));
		return { url: new URL(url), init: bytes ? { ...init, duplex: 'half', body: lazyStream(bytes, onLeaving) } : init };
	} catch {
		// The error may show the token.
		throw new TransportFailure('malformed', 'the request holds a character that HTTP does not allow', false);
	}
}

/**
 * A stream of bytes that tells when it is asked for them. `fetch` splits the body in two; of a stream that is not of the
 * type `bytes`, both halves would ask at once. Nor does it send a stream again by itself, as it does with text after a 421.
 */
function lazyStream(bytes: Uint8Array, onAsked: () => void): ReadableStream<Uint8Array> {
	return new ReadableStream({
		type: 'bytes',
		pull(controller) {
			onAsked();
			controller.enqueue(bytes);
			controller.close();
		},
	});
}

/** @throws {TransportFailure} `tooLarge`, and whatever ends the stream before its time */
async function readText(response: Response): Promise<string> {
	const decoder = new TextDecoder();
	let text = '';
	for await (const chunk of chunksOf(response, MAX_ANSWER_BYTES)) text += decoder.decode(chunk, { stream: true });
	return text + decoder.decode();
}

/** @throws {TransportFailure} as `readText` */
async function readBytes(response: Response, maxBytes: number): Promise<Uint8Array> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of chunksOf(response, maxBytes)) chunks.push(chunk);
	const bytes = new Uint8Array(chunks.reduce((size, { byteLength }) => size + byteLength, 0));
	let end = 0;
	for (const chunk of chunks) {
		bytes.set(chunk, end);
		end += chunk.byteLength;
	}
	return bytes;
}

async function* chunksOf({ body }: Response, maxBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
	if (!body) return;
	let size = 0;
	// Leaving the loop early closes the connection.
	for await (const chunk of body as ReadableStream<Uint8Array>) {
		size += chunk.byteLength;
		if (size > maxBytes) throw new TransportFailure('tooLarge', 'the answer is too large', true);
		yield chunk;
	}
}
