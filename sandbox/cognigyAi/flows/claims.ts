import { askAbout, CLAIM_THANKS, claimOutcome, readClaim } from '../../claims';
import { readCallbackUrl } from '../../outcomes/outcomes';
import type { ScriptedFlow } from './scriptedFlow';

/**
 * Asks what is missing of a claim (`input.data.metadata.orderId` is its number, `input.data.metadata.payload.question`
 * what to ask), and posts what the user says next as its outcome. Until then it keeps the callback URL in its context.
 */
export const claims: ScriptedFlow = {
	defaultContext: {},
	respond({ text, data, context }) {
		const callbackUrl = readCallbackUrl(data);
		if (callbackUrl !== undefined) {
			const claim = readClaim(data);
			Object.assign(context, { callbackUrl, claimId: claim.claimId });
			return { outputs: [{ text: askAbout(claim) }] };
		}
		const { callbackUrl: url, claimId } = context;
		if (typeof url !== 'string') return { outputs: [{ text: 'There is no claim to talk about.' }] };
		delete context.callbackUrl;
		const outcome = claimOutcome({ claimId: String(claimId) }, text);
		return { outputs: [{ text: CLAIM_THANKS }], outcome: { url, outcome } };
	},
};
