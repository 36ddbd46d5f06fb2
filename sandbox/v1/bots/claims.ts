import { askAbout, CLAIM_THANKS, claimOutcome, readClaim } from '../../claims';
import type { ScriptedBot } from './scriptedBot';

/**
 * Asks what is missing of a claim (`context.metadata.orderId` is its number, `context.metadata.payload.question` what to
 * ask), waits for the user, and posts the answer as its outcome.
 */
export const claims: ScriptedBot = {
	id: 'claims',
	name: 'Claims',
	flows: ['main'],
	versions: [{ id: 'claims-2', state: 'published', name: 'production' }],
	startStatus: 201,
	respond: (context) => [{ type: 'bot', text: askAbout(readClaim(context)) }],
	hear: (context, text) => ({
		messages: [{ type: 'bot', text: CLAIM_THANKS }],
		outcome: claimOutcome(readClaim(context), text),
	}),
};
