import type { z } from 'zod/v4';

import type { CallContext } from '../calls/attempts';
import { CognigyError } from '../errors';
import type { EndpointEntry, ListEntry, ListPage, ListQuery } from '../types';
import type { ManagementApi } from './managementApi';
import { endpointItemSchema, pageSchema, paths, snapshotSchema, type EndpointItem, type Snapshot } from './wire';

/** Entries of a page: as many as the service hands out at once. */
const PAGE_SIZE = 100;
/** A list that does not end is not read further than this. */
const MAX_PAGES = 100;

export interface Page<T> {
	items: T[];
	/** How many there are on all pages, if the service says so. */
	total?: number;
	nextCursor?: string;
}

export interface PageQuery {
	projectId: string;
	/** What names are to hold; empty: all. */
	filter?: string | undefined;
	/** Where the page before ended. */
	cursor?: string | undefined;
	/** How many to leave out; not together with a cursor. */
	skip?: number;
}

interface ListKind<T> {
	path: string;
	item: z.ZodType<T>;
	what: string;
}

const endpoints: ListKind<EndpointItem> = { path: paths.endpoints, item: endpointItemSchema, what: 'endpoints' };
const snapshots: ListKind<Snapshot> = { path: paths.snapshots, item: snapshotSchema, what: 'snapshots' };

/** The lists of a project (facts, sections 1.5 and 3). */
export class ProjectLists {
	constructor(private readonly api: ManagementApi) {}

	endpointPage(query: PageQuery, context: CallContext): Promise<Page<EndpointItem>> {
		return this.#page(endpoints, query, context);
	}

	snapshotPage(query: PageQuery, context: CallContext): Promise<Page<Snapshot>> {
		return this.#page(snapshots, query, context);
	}

	/** The first endpoint that fits, or undefined. */
	async findEndpoint(
		projectId: string,
		fits: (endpoint: EndpointItem) => boolean,
		context: CallContext,
	): Promise<EndpointItem | undefined> {
		for await (const item of this.#all(endpoints, projectId, context)) if (fits(item)) return item;
		return undefined;
	}

	async allSnapshots(projectId: string, context: CallContext): Promise<Snapshot[]> {
		const all: Snapshot[] = [];
		for await (const item of this.#all(snapshots, projectId, context)) all.push(item);
		return all;
	}

	/** By the cursors of the pages, or where there are none, by counting up to the total. */
	async *#all<T>(kind: ListKind<T>, projectId: string, context: CallContext): AsyncGenerator<T, void, undefined> {
		const seenCursors = new Set<string>();
		let next: Pick<PageQuery, 'cursor' | 'skip'> = {};
		let seen = 0;
		for (let page = 0; page < MAX_PAGES; page++) {
			const { items, total = 0, nextCursor } = await this.#page(kind, { projectId, ...next }, context);
			yield* items;
			seen += items.length;
			if (items.length === 0) return;
			if (nextCursor !== undefined) {
				if (seenCursors.has(nextCursor)) return;
				seenCursors.add(nextCursor);
				next = { cursor: nextCursor };
			} else if (seen < total) {
				next = { skip: seen };
			} else {
				return;
			}
		}
	}

	async #page<T>(
		{ path, item, what }: ListKind<T>,
		{ projectId, filter, cursor, skip }: PageQuery,
		context: CallContext,
	): Promise<Page<T>> {
		if (projectId === '') throw projectMissing;
		return await this.api.call(
			{
				method: 'GET',
				path,
				query: {
					projectId,
					limit: String(PAGE_SIZE),
					...(filter ? { filter } : {}),
					...(cursor ? { next: cursor } : skip ? { skip: String(skip) } : {}),
				},
				answer: pageSchema(item),
				description: {
					subject: `project "${projectId}"`,
					action: `Listing the ${what} of project "${projectId}"`,
					inputs: 'Project ID of the credential',
				},
			},
			context,
		);
	}
}

const projectMissing = new CognigyError({
	category: 'invalidInput',
	message: 'Project ID in the credential is empty; the endpoints and snapshots of a project cannot be found without it',
	advice:
		'Put the ID of your project into the credential "Cognigy.AI API". It is part of the address of the project in your browser.',
	parameter: 'projectId',
});

/** A page of endpoints for somebody who picks one. */
export async function listEndpoints(
	lists: ProjectLists,
	projectId: string,
	query: ListQuery,
	context: CallContext,
): Promise<ListPage<EndpointEntry>> {
	const page = await searched(query, async (part) => await lists.endpointPage({ projectId, ...part }, context));
	return toList(page, ({ _id, name, channel }) => ({ id: _id, name, channel }));
}

/** A page of snapshots for somebody who picks one. */
export async function listSnapshots(
	lists: ProjectLists,
	projectId: string,
	query: ListQuery,
	context: CallContext,
): Promise<ListPage<ListEntry>> {
	const page = await searched(query, async (part) => await lists.snapshotPage({ projectId, ...part }, context));
	return toList(page, ({ _id, name }) => ({ id: _id, name }));
}

/** Whether the service compares parts of names is not settled: where it finds nothing, we look by ourselves. */
async function searched<T extends { name: string }>(
	{ filter = '', cursor }: ListQuery,
	read: (part: ListQuery) => Promise<Page<T>>,
): Promise<Page<T>> {
	const page = await read({ ...(filter ? { filter } : {}), ...(cursor ? { cursor } : {}) });
	if (page.items.length > 0 || filter === '' || cursor) return page;
	const { items } = await read({});
	return { items: items.filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase())) };
}

function toList<T, Entry extends ListEntry>(
	{ items, nextCursor }: Page<T>,
	entry: (item: T) => Entry,
): ListPage<Entry> {
	return { items: items.map(entry), ...(nextCursor === undefined ? {} : { nextCursor }) };
}
