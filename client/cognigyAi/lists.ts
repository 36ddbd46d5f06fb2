import type { z } from 'zod/v4';

import type { CallContext } from '../call/attempts';
import { CognigyError } from '../errors';
import type { EndpointEntry, ListEntry, ListPage, ListQuery } from '../types';
import type { ManagementApi } from './managementApi';
import { endpointItemSchema, pageSchema, paths, snapshotSchema, type EndpointItem, type Snapshot } from './wire';

/** Entries of a page: as many as the service hands out at once. */
const PAGE_SIZE = 100;
/** A list that does not end is not read further than this. */
const MAX_PAGES = 100;
/** So many pages are looked through at most before somebody who searches is shown what there is. */
const MAX_PAGES_SEARCHED = 40;
/** A service that filters its list before it makes pages of it has shown something by then, if there is anything. */
const MAX_EMPTY_PAGES = 3;
/** So many entries fill a list to pick from; whoever wants more scrolls. */
const ENOUGH = 20;

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

/** The lists of a project (docs/protocol-cognigy-ai.md#lists and #endpoints). */
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

	async *#all<T>(kind: ListKind<T>, projectId: string, context: CallContext): AsyncGenerator<T, void, undefined> {
		const pages = pagesFrom({}, async (place) => await this.#page(kind, { projectId, ...place }, context), MAX_PAGES);
		for await (const { items } of pages) yield* items;
	}

	async #page<T>(
		{ path, item, what }: ListKind<T>,
		{ projectId, filter, cursor, skip }: PageQuery,
		context: CallContext,
	): Promise<Page<T>> {
		if (projectId === '') throw projectMissing('endpoints and snapshots');
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

/** @param what cannot be found then: `endpoints and snapshots` */
export function projectMissing(what: string): CognigyError {
	return new CognigyError({
		category: 'invalidInput',
		message: `Project ID in the credential is empty; the ${what} of a project cannot be found without it`,
		advice:
			'Put the ID of your project into the credential "Cognigy.AI API". It is part of the address of the project in your browser.',
		parameter: 'projectId',
	});
}

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

export type Place = Pick<PageQuery, 'cursor' | 'skip'>;

export interface PageInList<T> {
	items: T[];
	/** Where the next page begins; missing: this was the last one. */
	next?: Place;
}

/** By the cursors of the pages, or where there are none, by counting up to the total. */
export async function* pagesFrom<T>(
	from: Place,
	read: (place: Place) => Promise<Page<T>>,
	maxPages: number,
): AsyncGenerator<PageInList<T>, void, undefined> {
	const seenCursors = new Set([from.cursor]);
	let place = from;
	// After a cursor nobody knows how many came before it.
	let seen = from.cursor === undefined ? (from.skip ?? 0) : Infinity;
	for (let page = 0; page < maxPages; page++) {
		const { items, total = 0, nextCursor } = await read(place);
		seen += items.length;
		const next = nextPlace(nextCursor, items.length > 0 && seen < total ? seen : undefined);
		const isCircle = next?.cursor !== undefined && seenCursors.has(next.cursor);
		if (!next || isCircle) return yield { items };
		seenCursors.add(next.cursor);
		yield { items, next };
		place = next;
	}
}

function nextPlace(cursor: string | undefined, skip: number | undefined): Place | undefined {
	if (cursor !== undefined) return { cursor };
	return skip === undefined ? undefined : { skip };
}

/** Before a place in the list that is not filtered by the service. */
const UNFILTERED = 'all:';
/** Before a place that is a number, and not a cursor of the service. */
const SKIP = 'skip:';

/**
 * Entries whose names hold a text: enough for a list to pick from, from as many pages as that takes. Neither whether the
 * service compares parts of names is settled, nor whether it leaves pages empty: where it finds nothing, we look by
 * ourselves.
 */
async function searched<T extends { name: string }>(
	{ filter = '', cursor = '' }: ListQuery,
	read: (part: PageQueryPart) => Promise<Page<T>>,
): Promise<Page<T>> {
	const wanted = filter.trim().toLowerCase();
	const fits = ({ name }: T) => name.toLowerCase().includes(wanted);
	const isUnfiltered = wanted === '' || cursor.startsWith(UNFILTERED);
	const from = placeOf(cursor.replace(UNFILTERED, ''));
	if (!isUnfiltered) {
		const filtered = async (place: Place) => await read({ ...place, filter: filter.trim() });
		const found = await gather(from, filtered, fits, { enough: ENOUGH, maxEmpty: MAX_EMPTY_PAGES });
		if (found.items.length > 0 || cursor !== '') return toPage(found, '');
	}
	return toPage(
		await gather(from, read, fits, { enough: wanted === '' ? 1 : ENOUGH }),
		wanted === '' ? '' : UNFILTERED,
	);
}

type PageQueryPart = Place & Pick<PageQuery, 'filter'>;

/**
 * What fits, from the pages that it takes until there is enough.
 * @param limits of it; `maxEmpty`: so many pages may go by before anything fits
 */
async function gather<T>(
	from: Place,
	read: (place: Place) => Promise<Page<T>>,
	fits: (item: T) => boolean,
	limits: { enough: number; maxEmpty?: number },
): Promise<PageInList<T>> {
	const { enough, maxEmpty = Infinity } = limits;
	const items: T[] = [];
	let next: Place | undefined;
	let pages = 0;
	for await (const page of pagesFrom(from, read, MAX_PAGES_SEARCHED)) {
		items.push(...page.items.filter(fits));
		next = page.next;
		if (items.length >= enough || (++pages >= maxEmpty && items.length === 0)) break;
	}
	return { items, ...(next ? { next } : {}) };
}

function toPage<T>({ items, next }: PageInList<T>, prefix: string): Page<T> {
	if (!next) return { items };
	return { items, nextCursor: prefix + (next.cursor ?? `${SKIP}${next.skip ?? 0}`) };
}

function placeOf(cursor: string): Place {
	if (cursor === '') return {};
	return cursor.startsWith(SKIP) ? { skip: Number(cursor.slice(SKIP.length)) } : { cursor };
}

function toList<T, Entry extends ListEntry>(
	{ items, nextCursor }: Page<T>,
	entry: (item: T) => Entry,
): ListPage<Entry> {
	return { items: items.map(entry), ...(nextCursor === undefined ? {} : { nextCursor }) };
}
