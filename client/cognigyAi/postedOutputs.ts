import { lru } from 'tiny-lru';

import { answerIds } from '../streams/answerCollector';
import type { FlowOutput, Message } from '../types';
import { messagesOf, OutputHistory, type OwnIds } from './messages';

/** Own ids of outputs that are remembered, of all sessions together. */
const MAX_OWN_IDS = 50_000;

/** Makes messages of what Webhook endpoints post, the same as of what comes over a socket. */
export class PostedOutputs {
	readonly #owners: OwnIds = lru(MAX_OWN_IDS);
	readonly #answers = answerIds(MAX_OWN_IDS);

	/**
	 * The messages of one post, without those that say nothing. A post that comes again gives the same ids, unless its
	 * outputs do not tell their turn.
	 * @param wallTimeMs when it came, in ms since 1970
	 */
	messages(sessionId: string, outputs: readonly FlowOutput[], wallTimeMs: number): Message[] {
		return messagesOf(outputs, new OutputHistory(sessionId, undefined, this.#owners), wallTimeMs, this.#answers);
	}
}
