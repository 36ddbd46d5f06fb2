/** What a bot needs to know about a claim. */
export interface Claim {
	claimId: string;
	question: string;
}

/** Reads the claim where flows customarily find what an event is about: `metadata`; its payload may hold a question. */
export function readClaim({ metadata }: Record<string, unknown>): Claim {
	const { orderId, payload } = fieldsOf(metadata);
	const { question } = fieldsOf(payload);
	return {
		claimId: typeof orderId === 'string' && orderId.trim() !== '' ? orderId.trim() : 'unknown',
		question: typeof question === 'string' ? question : 'What has happened?',
	};
}

/** What the bot says first. */
export function askAbout({ claimId, question }: Claim): string {
	return `It is about your claim ${claimId}. ${question}`;
}

export const CLAIM_THANKS = 'Thank you, that is all we need.';

/** What came of the conversation. */
export function claimOutcome({ claimId }: Pick<Claim, 'claimId'>, answer: string): Record<string, unknown> {
	return { status: 'answered', claimId, answer };
}

function fieldsOf(value: unknown): Record<string, unknown> {
	return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
