import type { TokenProvider } from '../../token/tokenProvider';
import type { CognigyError } from '../../errors';
import type { HttpResponse } from '../../transport/http';
import { TransportFailure } from '../../transport/transportFailure';
import type { Clock } from '../../time/clock';
import type { DialResult, WebSocketTransport } from '../../transport/webSocket';
import type { CallContext } from '../../call/attempts';
import type { V1Config } from '../config';
import { newTokenRefused } from '../tokens';
import { transportError } from '../../call/transportErrors';
import { RuntimeChannel } from './channel';
import { dialError, unseenRefusal } from './dialErrors';
import { HANDSHAKE_MS } from './limits';
import { RUNTIME_SUBPROTOCOL, runtimeUrl } from './wire';

export interface DialerDependencies {
	config: V1Config;
	webSocket: WebSocketTransport;
	tokens: TokenProvider;
	clock: Clock;
}

/** What came instead of an upgrade; `unseen` where the transport cannot see it. */
type Refusal = HttpResponse | 'unseen';

type Dialled = { channel: RuntimeChannel; refusal?: never } | { refusal: Refusal };

/** Opens runtime channels (docs/protocol-v1.md#runtime-channel). */
export class RuntimeDialer {
	// Private in the strict sense: inspect() must not show the credential.
	readonly #deps: DialerDependencies;
	/** A new token after a refusal that did not tell why; until it was taken once, its refusal is no reason for another. */
	#renewed: string | undefined;

	constructor(dependencies: DialerDependencies) {
		this.#deps = dependencies;
	}

	/**
	 * Dials with the shared token; one that is no longer accepted is renewed once (guarantee 4).
	 * @param action what is being done, for errors: `Resetting session "s1"`
	 * @throws {CognigyError} why there is no channel
	 * @throws the reason of the deadline's signal when it ends before a token is there
	 */
	async open(botId: string, action: string, context: CallContext): Promise<RuntimeChannel> {
		const { tokens } = this.#deps;
		const { deadline, trace } = context;
		let token = await tokens.get(deadline);
		let dialled = await this.#dial(botId, action, token, context);
		if (this.#mayBeTheToken(dialled, token)) {
			const isUnseen = dialled.refusal === 'unseen';
			token = await tokens.renew(token, deadline);
			if (isUnseen) this.#renewed = token;
			trace.attempts++;
			dialled = await this.#dial(botId, action, token, context);
			if (statusOf(dialled) === 401) tokens.hold(newTokenRefused);
		}
		if (dialled.refusal) throw this.#refused(dialled.refusal, botId, action, token);
		this.#renewed = undefined;
		return dialled.channel;
	}

	/** Whether the refusal may be one of a token that is no longer valid. */
	#mayBeTheToken(dialled: Dialled, token: string): boolean {
		return statusOf(dialled) === 401 || (dialled.refusal === 'unseen' && token !== this.#renewed);
	}

	async #dial(botId: string, action: string, token: string, { deadline, trace }: CallContext): Promise<Dialled> {
		const { config, webSocket, clock } = this.#deps;
		const channel = new RuntimeChannel(clock, this.#secrets(token));
		const attempt = deadline.attempt(HANDSHAKE_MS);
		let result: DialResult;
		try {
			const { origin } = new URL(config.baseUrl);
			const url = runtimeUrl(config.webSocketUrl, { tenant: config.tenantId, botId, token });
			const request = { url, origin, subprotocol: RUNTIME_SUBPROTOCOL, signal: attempt.signal };
			result = await webSocket.dial(request, channel);
		} catch (error) {
			if (!(error instanceof TransportFailure)) throw error;
			if (error.kind === 'refused') return { refusal: 'unseen' };
			throw transportError(error, {
				action,
				url: config.webSocketUrl,
				field: 'WebSocket URL of the credential',
				attempt,
			});
		} finally {
			attempt.dispose();
		}
		if ('refusal' in result) {
			trace.httpStatus = result.refusal.status;
			return { refusal: result.refusal };
		}
		channel.opened(result.connection);
		return { channel };
	}

	/** The token also as it stands in the address, which a service may repeat as a whole. */
	#secrets(token: string): string[] {
		return [token, encodeURIComponent(token), this.#deps.config.password];
	}

	#refused(refusal: Refusal, botId: string, action: string, token: string): CognigyError {
		const { config, clock } = this.#deps;
		const { host } = new URL(config.webSocketUrl);
		if (refusal === 'unseen') return unseenRefusal(action, host);
		return dialError({
			refusal,
			action,
			botId,
			host,
			wallTimeMs: clock.wallTime(),
			secrets: this.#secrets(token),
		});
	}
}

function statusOf({ refusal }: Dialled): number | undefined {
	return typeof refusal === 'object' ? refusal.status : undefined;
}
