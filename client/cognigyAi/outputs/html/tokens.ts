import { Tokenizer, type QuoteType } from 'htmlparser2';

import { isElement, isMeantAsTag, LETTERS } from './elements';

/** A tag, or something else that is no text. What stands between two of them is text. */
export interface Token {
	kind: 'open' | 'close' | 'gone';
	/** In lower case. */
	name: string;
	/** By name in lower case; undefined: without a value. Entities are not decoded. */
	attributes: ReadonlyMap<string, string | undefined>;
	/** Whether it is its own end: `<break/>`. */
	isClosed: boolean;
	start: number;
	/** Behind its last character. */
	end: number;
}

/** Stands for a `<` that begins no tag. No text may use this character (Unicode: for internal use). */
export const LESS_THAN = '\uFDD0';

/** Whatever could begin a tag, also what cannot. */
const CANDIDATE = /<(?:\/?([a-z][a-z0-9:-]{0,30})(?=[\s/>])|!--|!doctype|!\[cdata\[|\?xml)?/gi;

/** How often it is looked again at what stands in something that has turned out to be no tag. */
const MAX_PASSES = 4;

const NO_ATTRIBUTES: Token['attributes'] = new Map();

/**
 * The tags of a text. HTML is what it cannot well be without: a known name, attributes that could be some, and an end
 * where the name alone says little.
 * @returns also the text, as long as before, in which each `<` that begins no tag has become `LESS_THAN`
 */
export function tokensOf(text: string): { tokens: Token[]; masked: string } {
	let masked = text.replace(CANDIDATE, (found: string, name?: string) =>
		found === '<' || (name !== undefined && !isElement(name.toLowerCase())) ? LESS_THAN + found.slice(1) : found,
	);
	for (let pass = 1; ; pass++) {
		const { tags, refused } = tagsOf(masked);
		if (refused.length === 0 || pass === MAX_PASSES) return { tokens: tags, masked };
		masked = maskAt(masked, refused);
	}
}

function maskAt(text: string, places: readonly number[]): string {
	const pieces: string[] = [];
	let done = 0;
	for (const place of places) {
		pieces.push(text.slice(done, place), LESS_THAN);
		done = place + 1;
	}
	return pieces.join('') + text.slice(done);
}

/** @returns also where those begin that are no tags, but may hide one because they reach too far */
function tagsOf(text: string): { tags: Token[]; refused: number[] } {
	const { tokens, openEnd } = tokenise(text);
	const last = new Map<string, number>();
	tokens.forEach(({ kind, name }, index) => kind === 'close' && last.set(name, index));
	const opened = new Set<string>();
	const hasOthers = tokens.some(({ name }) => !LETTERS.has(name));
	const tags: Token[] = [];
	const refused: number[] = [];
	tokens.forEach((token, index) => {
		const { kind, name, attributes, isClosed, start, end } = token;
		const isPaired = kind === 'open' ? isClosed || (last.get(name) ?? -1) > index : opened.has(name);
		const isLetter = LETTERS.has(name) && !isPaired && !hasOthers;
		const isMeant = (isMeantAsTag(name, attributes, isPaired) && !isLetter) || (isClosed && attributes.size === 0);
		const reachesTooFar = kind !== 'gone' && text.slice(start + 1, end).includes('<');
		if (kind === 'gone' || (isMeant && !(kind === 'close' && reachesTooFar))) {
			if (kind === 'open') opened.add(name);
			tags.push(token);
		} else if (reachesTooFar) {
			refused.push(start);
		}
	});
	if (openEnd !== undefined) refused.push(openEnd);
	return { tags, refused };
}

/** @returns also where something begins that never ends */
function tokenise(text: string): { tokens: Token[]; openEnd: number | undefined } {
	const tokens: Token[] = [];
	let open: { name: string; start: number; attributes: Map<string, string | undefined> } | undefined;
	let attribute = '';
	let openEnd: number | undefined;
	const push = (kind: Token['kind'], name: string, start: number, end: number) =>
		tokens.push({ kind, name, attributes: NO_ATTRIBUTES, isClosed: false, start, end });
	const finish = (end: number, isClosed: boolean) => {
		if (open) tokens.push({ kind: 'open', ...open, isClosed, end: end + 1 });
		open = undefined;
	};
	const nothing = () => {};
	// Script and style may hold what looks like tags. Of others with a rule of their own, the end may be missing.
	const hasScript = /<(?:script|style)\b/i.test(text);
	const tokenizer = new Tokenizer(
		{ decodeEntities: false, recognizeSelfClosing: true },
		{
			isInForeignContext: () => !hasScript,
			onopentagname: (start, end) => {
				open = { name: text.slice(start, end).toLowerCase(), start: start - 1, attributes: new Map() };
			},
			onattribname: (start, end) => {
				attribute = text.slice(start, end).toLowerCase();
				open?.attributes.set(attribute, undefined);
			},
			onattribdata: (start, end) => open?.attributes.set(attribute, text.slice(start, end)),
			onattribend: (_quote: QuoteType) => {
				attribute = '';
			},
			onopentagend: (end) => finish(end, false),
			onselfclosingtag: (end) => finish(end, true),
			onclosetag: (start, end) => {
				const last = text.indexOf('>', end);
				if (last >= 0) push('close', text.slice(start, end).toLowerCase(), start - 2, last + 1);
			},
			oncomment: (start, end) => {
				const begin = text.lastIndexOf('<', start - 1);
				if (text.charAt(end) === '>') push('gone', '', begin, end + 1);
				else openEnd = begin;
			},
			// `<![CDATA[` and `]]>` go; what stands between them is text.
			oncdata: (start, end, endLength) => {
				push('gone', '', start - '<![CDATA['.length, start);
				push('gone', '', end - endLength, end + 1);
			},
			ondeclaration: (start, end) => push('gone', '', start - 2, end + 1),
			onprocessinginstruction: (start, end) => push('gone', '', start - 1, end + 1),
			ontext: nothing,
			ontextentity: nothing,
			onattribentity: nothing,
			onend: nothing,
		},
	);
	tokenizer.write(text);
	tokenizer.end();
	return { tokens, openEnd: open?.start ?? openEnd };
}
