import type { WireAnswer } from '../../http/answers';
import type { Settings } from '../options';
import { jsonAnswer } from '../serve';
import type { Item, Page } from './pages';

/** What a list is called in HAL, and its items. */
export interface ResourceNames {
	many: string;
	one: string;
}

/** How a client wants to be answered. */
export interface Format {
	kind: 'json' | 'hal';
	cursorNames: Settings['cursorNames'];
	/** For HAL's links. */
	path: string;
	query: URLSearchParams;
}

/** Only who asks for JSON gets it: the others get HAL, which has other field names. */
export function formatKind(accept: string | undefined, { defaultFormat }: Settings): Format['kind'] {
	if (/\bapplication\/json\b/i.test(accept ?? '')) return 'json';
	return /\bapplication\/hal\+json\b/i.test(accept ?? '') ? 'hal' : defaultFormat;
}

export function pageAnswer({ items, total, next, previous }: Page, names: ResourceNames, format: Format): WireAnswer {
	const { kind, cursorNames, path, query } = format;
	if (kind === 'json') {
		const cursors = cursorNames === 'next' ? { next, previous } : { nextCursor: next, previousCursor: previous };
		return jsonAnswer(200, { items, total, ...cursors });
	}
	const link = (cursor: Record<string, string>) => {
		const rest = [...query].filter(([name]) => !['next', 'previous', 'skip'].includes(name));
		return { href: `${path}?${new URLSearchParams([...rest, ...Object.entries(cursor)])}` };
	};
	return halAnswer({
		_links: {
			self: { href: query.size === 0 ? path : `${path}?${query}` },
			...(next !== null && { next: link({ next }) }),
			...(previous !== null && { previous: link({ previous }) }),
		},
		_embedded: { [names.many]: items.map((item) => asHal(item, names)) },
		total,
	});
}

export function itemAnswer(item: Item, names: ResourceNames, { kind, path }: Format): WireAnswer {
	if (kind === 'json') return jsonAnswer(200, item);
	return halAnswer({ ...asHal(item, names), _links: { self: { href: path } } });
}

/** HAL calls the id after the resource. */
function asHal({ _id, ...fields }: Item, { one }: ResourceNames): object {
	return { [`${one}Id`]: _id, ...fields };
}

function halAnswer(body: object): WireAnswer {
	return jsonAnswer(200, body, { 'content-type': 'application/hal+json; charset=utf-8' });
}
