import type { HeardMessage } from '../heardMessage';
import type { MessageSource } from '../messageSource';

/**
 * What several processes do together for the sessions of an account: one of them asks the service, all of them hear.
 * A session has the same name in all of them.
 */
export interface SharedSessions {
	/** The messages of a session, whichever process hears them. @param source asks the service, where it is for us to ask */
	share(name: string, source: MessageSource): MessageSource;
	/** Ids of what was heard lately, in any process. @throws when the place that is shared does not answer */
	idsOf(name: string): Promise<string[]>;
	/**
	 * Messages that came in another way, for the streams of all processes. Resolves once they are written down; while the
	 * place that is shared does not answer, that waits, in order.
	 */
	note(name: string, messages: readonly HeardMessage[]): Promise<void>;
}
