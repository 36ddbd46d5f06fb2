import * as z from 'zod/v4';
import { objectId, referenceId } from '../ids';
import type { Service } from '../service';
import type { CognigyAiSession, ConversationEntry } from '../sessions/sessions';

type TranscriptService = Pick<Service, 'settings' | 'resources'>;

/** A row of a transcript, as far as others look at it. */
export interface TranscriptRow {
	readonly [field: string]: unknown;
	readonly timestamp: string;
	readonly rating: number | null;
	readonly ratingComment: string;
}

/** How long a transcript is kept, in ms. */
const TTL_MS = 30 * 24 * 60 * 60_000;

/**
 * What of a session is written down by now, a row for each input and output, oldest first. As real ones are
 * (docs/protocol-cognigy-ai.md#conversations): the words of both are in `inputText`; rows of one turn share `inputId`; outputs have
 * an `outputId`. No two rows have the same time, which is ours.
 */
export function transcriptOf({ settings, resources }: TranscriptService, session: CognigyAiSession): TranscriptRow[] {
	const endpoint = resources.endpoints.find(({ name }) => name === session.endpoint);
	if (!endpoint || endpoint.conversations === 'off') return [];
	const writtenUntil = settings.now() - settings.transcriptDelayMs;
	const project = resources.projects.find(({ _id }) => _id === endpoint.projectId);
	const flow = resources.flows.find((one) => one.referenceId === session.flowId);
	const snapshot = resources.snapshots.find(({ _id }) => _id === session.entrypoint);
	const isMasked = endpoint.conversations === 'masked';
	const asData = (data: object) => {
		if (isMasked) return '****';
		return settings.transcriptData === 'json' ? JSON.stringify(data) : data;
	};

	const rows: TranscriptRow[] = [];
	let turn = 0;
	let time = 0;
	for (const [index, entry] of session.conversation.entries()) {
		if (entry.type === 'input') turn++;
		const at = Date.parse(entry.timestamp);
		if (at > writtenUntil) continue;
		time = Math.max(time + 1, at);
		const place = `${session.userId} ${session.sessionId}`;
		const isOutput = entry.type === 'output';
		rows.push({
			_id: objectId(`row ${index} of ${place}`),
			projectId: endpoint.projectId,
			projectName: project?.name ?? '',
			organisation: objectId('organisation'),
			sessionId: session.sessionId,
			contactId: session.userId,
			inputId: referenceId(`input ${turn} of ${place}`),
			outputId: isOutput ? referenceId(`output ${index} of ${place}`) : null,
			type: entry.type,
			source: sourceOf(entry),
			inputText: isMasked ? '*'.repeat(entry.text.length) : entry.text,
			inputData: asData(entry.data),
			flowName: flow?.name ?? '',
			flowReferenceId: session.flowId,
			channel: endpoint.channel,
			timestamp: new Date(time).toISOString(),
			endpointUrlToken: endpoint.URLToken,
			endpointName: endpoint.name,
			localeReferenceId: endpoint.localeId,
			localeName: 'English',
			snapshotId: snapshot?._id ?? null,
			snapshotName: snapshot?.name ?? null,
			inHandoverRequest: false,
			inHandoverConversation: entry.isAgent ?? false,
			expiresAt: new Date(time + TTL_MS).toISOString(),
			...ratingIn(entry),
		});
	}
	return rows;
}

function sourceOf({ type, isAgent }: ConversationEntry): string {
	if (type === 'input') return 'user';
	return isAgent ? 'agent' : 'bot';
}

const rating = z.object({
	_cognigy: z.object({
		controlCommands: z.tuple([
			z.object({
				type: z.literal('setRating'),
				parameters: z.object({ rating: z.union([z.literal(1), z.literal(-1)]), comment: z.string().default('') }),
			}),
		]),
	}),
});

/** What the web chat sends when somebody rates the conversation; on that row, which is ours. */
function ratingIn({ data }: ConversationEntry): Pick<TranscriptRow, 'rating' | 'ratingComment'> {
	const given = rating.safeParse(data);
	if (!given.success) return { rating: null, ratingComment: '' };
	const { parameters } = given.data._cognigy.controlCommands[0];
	return { rating: parameters.rating, ratingComment: parameters.comment };
}
