import type { CallContext } from '../call/attempts';
import { CognigyError } from '../errors';
import type { Conversation, ConversationsResult } from '../types';
import type { ListConversationsRequest } from './inputs';
import { pagesFrom, projectMissing, type Page, type Place } from './lists';
import type { ManagementApi } from './managementApi';
import { conversationItemSchema, pageSchema, paths, type ConversationItem } from './wire';

interface ConversationsDependencies {
	api: ManagementApi;
	projectId: string;
}

/** A list that does not end is not read further than this. */
const MAX_PAGES = 10_000;

/**
 * Conversations of a contact or of the project, the newest first. Pages are followed by their cursor: whatever is asked
 * for, the service may hand out fewer. Nobody promises an order, so with a limit the list is read until it is full only
 * where all that came was in the order that is wanted, else to its end; never more is kept than was asked for.
 * @throws {CognigyError} `protocol` when the list does not end
 */
export async function listConversations(
	deps: ConversationsDependencies,
	{ contactId, limit = Infinity }: ListConversationsRequest,
	context: CallContext,
): Promise<Omit<ConversationsResult, 'audit'>> {
	const { projectId } = deps;
	if (projectId === '') throw projectMissing('conversations');
	const newest = new Newest(limit);
	let counted = 0;
	let pages = 0;
	const read = async (place: Place): Promise<Page<ConversationItem>> => {
		const page = await readPage(deps, { contactId, ...place }, context);
		counted = Math.max(counted, page.total ?? 0);
		return page;
	};
	for await (const { items, next } of pagesFrom({}, read, MAX_PAGES)) {
		// A service that does not know the filter hands out those of others as well.
		for (const item of items) if (!contactId || ['', contactId].includes(item.contactId)) newest.add(item);
		if (newest.isFull && newest.isInOrder) return { conversations: newest.all() };
		if (++pages === MAX_PAGES && next) throw endless(projectId);
	}
	const missing = counted - newest.seen;
	const warning = `Cognigy counts ${counted} conversations, and handed out ${newest.seen} of them.`;
	// Those of others may be in the count.
	return { conversations: newest.all(), ...(missing > 0 && !contactId ? { warnings: [warning] } : {}) };
}

/** The newest of all that come, none twice. */
class Newest {
	/** Whether each that came began before the one before it. */
	isInOrder = true;
	#kept: ConversationItem[] = [];
	readonly #known = new Set<string>();
	#last = Infinity;

	constructor(private readonly limit: number) {}

	get isFull(): boolean {
		return this.#known.size >= this.limit;
	}

	/** How many came, those that came twice once. */
	get seen(): number {
		return this.#known.size;
	}

	add(item: ConversationItem): void {
		const { contactId, sessionId, startTime } = item;
		const name = JSON.stringify([contactId, sessionId]);
		if (this.#known.has(name)) return;
		this.#known.add(name);
		this.isInOrder &&= startTime <= this.#last;
		this.#last = startTime;
		this.#kept.push(item);
		if (this.#kept.length > 2 * this.limit) this.#cut();
	}

	all(): Conversation[] {
		this.#cut();
		return this.#kept.map(toConversation);
	}

	#cut(): void {
		this.#kept = this.#kept.sort((a, b) => timeFor(b) - timeFor(a) || 0).slice(0, this.limit);
	}
}

/** Those of which nobody knows when they began come last. */
function timeFor({ startTime }: ConversationItem): number {
	return Number.isNaN(startTime) ? -Number.MAX_VALUE : startTime;
}

function toConversation({ contactId, messages, startTime, endTime, ...item }: ConversationItem): Conversation {
	const { sessionId, channel, endpointName, flowName, ratings, ratingComments } = item;
	return {
		sessionId,
		userId: contactId,
		channel,
		endpointName,
		flowName,
		...(typeof messages === 'number' ? { messageCount: messages } : {}),
		startTime: isoOf(startTime),
		endTime: isoOf(endTime),
		...(ratings && ratings.length > 0 ? { ratings } : {}),
		...(ratingComments && ratingComments.length > 0 ? { ratingComments } : {}),
	};
}

function isoOf(time: number): string {
	return Number.isNaN(time) ? '' : new Date(time).toISOString();
}

async function readPage(
	{ api, projectId }: ConversationsDependencies,
	{ contactId, cursor, skip }: Place & { contactId: string | undefined },
	context: CallContext,
): Promise<Page<ConversationItem>> {
	const whose = contactId ? `contact "${contactId}"` : `project "${projectId}"`;
	return await api.call(
		{
			method: 'GET',
			path: paths.conversations,
			// The reference knows only the first two.
			query: {
				projectId,
				...(contactId ? { 'contactIds[]': contactId } : {}),
				...(cursor === undefined ? {} : { next: cursor }),
				...(skip === undefined ? {} : { skip: String(skip) }),
			},
			answer: pageSchema(conversationItemSchema),
			description: {
				subject: `project "${projectId}"`,
				action: `Listing the conversations of ${whose}`,
				inputs: 'Contact ID, and Project ID of the credential',
			},
		},
		context,
	);
}

function endless(projectId: string): CognigyError {
	return new CognigyError({
		category: 'protocol',
		message: `Listing the conversations of project "${projectId}" failed: the list has more than ${MAX_PAGES} pages`,
		advice: 'Set a Limit or a Contact ID.',
	});
}
