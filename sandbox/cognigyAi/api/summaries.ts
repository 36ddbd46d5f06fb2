import { objectId } from '../ids';
import type { Service } from '../service';
import type { Settings } from '../options';
import type { CognigyAiSession } from '../sessions/sessions';
import { transcriptOf } from './transcript';

/** What the list of conversations shows of one. */
export interface Summary {
	readonly [field: string]: unknown;
	readonly _id: string;
	readonly sessionId: string;
	readonly contactId: string;
	readonly startTime: string;
}

/** Through which those were had that nobody had. */
export const PAST_ENDPOINT = 'Orders REST';

/** Undefined: nothing of it is written down. */
export function summaryOf(
	service: Pick<Service, 'settings' | 'resources'>,
	session: CognigyAiSession,
): Summary | undefined {
	const rows = transcriptOf(service, session);
	const [first] = rows;
	const last = rows.at(-1);
	if (!first || !last) return undefined;
	const { projectId, projectName, flowName, channel, endpointName } = first;
	const rated = rows.filter(({ rating }) => rating !== null);
	return {
		_id: objectId(`conversation ${session.userId} ${session.sessionId}`),
		sessionId: session.sessionId,
		contactId: session.userId,
		...{ channel, projectId, projectName, flowName, endpointName },
		messages: rows.length,
		startTime: first.timestamp,
		endTime: last.timestamp,
		ratings: rated.map(({ rating }) => rating),
		ratingComments: rated.flatMap(({ ratingComment }) => (ratingComment === '' ? [] : [ratingComment])),
	};
}

const made = new Map<number, Summary[]>();
const EPOCH_MS = 1_760_000_000_000;

/** Conversations of old, one a minute, of ten contacts. */
export function pastConversations({ pastConversations: count }: Settings): readonly Summary[] {
	const known = made.get(count);
	if (known) return known;
	const all = Array.from({ length: count }, (_, index): Summary => ({
		_id: objectId(`past conversation ${index}`),
		sessionId: `past-${index}`,
		contactId: `contact-${index % 10}`,
		channel: 'rest',
		projectName: 'Demo',
		flowName: 'Order Status',
		endpointName: PAST_ENDPOINT,
		messages: 2,
		startTime: new Date(EPOCH_MS + index * 60_000).toISOString(),
		endTime: new Date(EPOCH_MS + index * 60_000 + 5_000).toISOString(),
		ratings: [],
		ratingComments: [],
	}));
	made.set(count, all);
	return all;
}
