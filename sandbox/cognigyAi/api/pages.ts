import { invalid } from '../refusal';
import type { Settings } from '../options';

export interface Page {
	items: readonly Item[];
	total: number;
	/** The id of the last item when there are more; null when there are none. */
	next: string | null;
	previous: string | null;
}

export type Item = Readonly<Record<string, unknown>> & { readonly _id: string };

/** The part of a list that a query asks for. */
export function pageOf(
	all: readonly Item[],
	query: URLSearchParams,
	{ maxPageSize, filter }: Pick<Settings, 'maxPageSize' | 'filter'>,
): Page {
	const limit = Math.min(wholeNumber(query, 'limit', 25, 1, 100), maxPageSize);
	const skip = wholeNumber(query, 'skip', 0, 0, Number.MAX_SAFE_INTEGER);
	const items = sorted(filtered(all, query.get('filter') ?? '', filter), query.get('sort'));
	const start = startOf(items, query, limit, skip);
	const shown = items.slice(start, start + limit);
	return {
		items: shown,
		total: items.length,
		next: start + limit < items.length ? (shown.at(-1)?._id ?? null) : null,
		previous: start > 0 ? (shown[0]?._id ?? null) : null,
	};
}

function startOf(items: readonly Item[], query: URLSearchParams, limit: number, skip: number): number {
	const next = query.get('next');
	const previous = query.get('previous');
	if (next !== null) {
		if (query.has('skip')) throw invalid("'next' and 'skip' exclude each other.");
		return indexOf(items, next, 'next') + 1;
	}
	if (previous !== null) return Math.max(0, indexOf(items, previous, 'previous') - limit);
	return skip;
}

function indexOf(items: readonly Item[], cursor: string, name: string): number {
	const index = items.findIndex(({ _id }) => _id === cursor);
	if (index < 0) throw invalid(`'${name}' is not a cursor of this list.`);
	return index;
}

function filtered(items: readonly Item[], text: string, how: Settings['filter']): readonly Item[] {
	if (text === '') return items;
	const wanted = text.toLowerCase();
	return items.filter(({ name }) => {
		const actual = String(name).toLowerCase();
		return how === 'exact' ? actual === wanted : actual.includes(wanted);
	});
}

/** By `field:asc` or `field:desc`, several separated by commas; the first one counts most. */
function sorted(items: readonly Item[], sort: string | null): readonly Item[] {
	const keys = (sort ?? '').split(',').filter(Boolean).map(sortKey);
	for (const { field } of keys) {
		if (items.some((item) => !(field in item))) throw invalid(`'sort': there is no field '${field}'.`);
	}
	return [...items].sort((one, two) => {
		for (const { field, sign } of keys) {
			const order = compare(one[field], two[field]) * sign;
			if (order !== 0) return order;
		}
		return 0;
	});
}

function sortKey(text: string): { field: string; sign: number } {
	const [, field, direction] = /^(\w+):(asc|desc)$/.exec(text) ?? [];
	if (field === undefined) throw invalid("'sort' must be 'field:asc' or 'field:desc'.");
	return { field, sign: direction === 'desc' ? -1 : 1 };
}

function compare(one: unknown, two: unknown): number {
	if (typeof one === 'number' && typeof two === 'number') return one - two;
	return String(one).localeCompare(String(two), 'en');
}

function wholeNumber(query: URLSearchParams, name: string, fallback: number, min: number, max: number): number {
	const text = query.get(name);
	if (text === null) return fallback;
	const value = Number(text);
	if (!/^\d+$/.test(text) || value < min || value > max) {
		throw invalid(`'${name}' must be a whole number from ${min} to ${max}.`);
	}
	return value;
}
