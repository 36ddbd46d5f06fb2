import { decodeHTMLStrict } from 'entities/decode';

import { addressOf } from '../addresses';
import { ADDRESSES, BLOCKS, CELLS, HIDDEN, LISTS, SPACED } from './elements';
import { markdownCode } from './markdownCode';
import { TextWriter } from './textWriter';
import { LESS_THAN, tokensOf, type Token } from './tokens';

/** Stands for a `&` in code, which begins no entity. No text may use this character (Unicode: for internal use). */
const AMPERSAND = '\uFDD1';

/** Lists in lists stand further to the right, as far as that helps. */
const MAX_INDENT = 4;

/**
 * HTML or SSML as a person would read it: a line for each block, row and list item, links with their addresses, entities
 * decoded. What only looks like a tag stays, as does Markdown with the HTML in its code. Text without `<` and `&` is
 * handed back as it is.
 */
export function plainText(text: string): string {
	if (!text.includes('<') && !text.includes('&')) return text;
	if (text.includes(LESS_THAN) || text.includes(AMPERSAND)) return text;
	const { tokens, masked } = tokensOf(withoutMarkupInCode(text));
	return (tokens.length > 0 ? new Reading(masked, tokens).read() : decoded(masked))
		.replaceAll(LESS_THAN, '<')
		.replaceAll(AMPERSAND, '&');
}

function withoutMarkupInCode(text: string): string {
	const pieces: string[] = [];
	let done = 0;
	for (const [start, end] of markdownCode(text)) {
		const code = text.slice(start, end).replaceAll('<', LESS_THAN).replaceAll('&', AMPERSAND);
		pieces.push(text.slice(done, start), code);
		done = end;
	}
	return pieces.join('') + text.slice(done);
}

/** Only what ends with a semicolon is an entity: addresses are full of `&copy=`. */
function decoded(text: string): string {
	return text.includes('&') ? decodeHTMLStrict(text.replace(/&(?:nbsp|#160|#xa0);/gi, ' ')) : text;
}

/** What shows something that stands elsewhere. */
interface Reference {
	name: string;
	address: string;
	/** Of what is said about it. */
	words: string[];
}

class Reading {
	readonly #text: string;
	readonly #tokens: readonly Token[];
	readonly #writer = new TextWriter();
	/** By name, where the last end of such an element is. */
	readonly #lastEnds = new Map<string, number>();
	/** Numbers of the last items; undefined in lists without. */
	readonly #lists: Array<number | undefined> = [];
	#reference: Reference | undefined;
	#blocks = 0;
	#preformatted = 0;
	/** Whether the row has a cell already. */
	#hasCell = false;
	#isInCell = false;
	/** What the line of the text begins with; empty: nothing yet. */
	#lineBegin = '';
	readonly #isSpeech: boolean;

	constructor(text: string, tokens: readonly Token[]) {
		this.#text = text.replace(/\r/g, ' ');
		this.#tokens = tokens;
		this.#isSpeech = tokens.some(({ name }) => name === 'speak');
		tokens.forEach(({ kind, name }, index) => kind === 'close' && this.#lastEnds.set(name, index));
	}

	read(): string {
		let position = 0;
		for (let index = 0; index < this.#tokens.length; index++) {
			const token = this.#tokens[index];
			if (!token) break;
			this.#say(this.#text.slice(position, token.start));
			if (token.kind === 'open' && HIDDEN.has(token.name) && !token.isClosed)
				index = this.#endOfHidden(token.name, index);
			else if (token.kind === 'open') this.#open(token);
			else if (token.kind === 'close') this.#close(token.name);
			position = this.#tokens[index]?.end ?? token.end;
		}
		this.#say(this.#text.slice(position));
		this.#closeReference();
		return this.#writer.toString();
	}

	#say(text: string): void {
		const lineEnd = text.lastIndexOf('\n');
		if (lineEnd >= 0) this.#lineBegin = '';
		this.#lineBegin ||= text
			.slice(lineEnd + 1)
			.trimStart()
			.charAt(0);
		let words = decoded(text);
		if (this.#blocks > 0 && this.#preformatted === 0) words = words.replace(/[ \t]+/g, ' ').replace(/ ?\n ?/g, '\n');
		if (this.#isInCell) words = words.replace(/\s+/g, ' ');
		this.#write(words);
	}

	#write(words: string): void {
		this.#writer.write(words);
		this.#reference?.words.push(words);
	}

	/** @returns where the element ends, or where it begins if it does not end */
	#endOfHidden(name: string, index: number): number {
		const last = this.#lastEnds.get(name) ?? -1;
		let depth = 0;
		for (let place = index; place <= last; place++) {
			const token = this.#tokens[place];
			if (token?.name !== name || token.isClosed) continue;
			depth += token.kind === 'open' ? 1 : -1;
			if (depth === 0) return place;
		}
		return Math.max(index, last);
	}

	#open(token: Token): void {
		const { name, attributes, isClosed } = token;
		const valueOf = (attribute: string) => decoded(attributes.get(attribute) ?? '').trim();
		if (name === 'br') this.#lineBreak();
		if (name === 'img') this.#write(picture(valueOf('alt'), addressOf(valueOf('src'))));
		if (name === 'input')
			this.#write(valueOf('placeholder') || (attributes.get('type') === 'submit' ? valueOf('value') : ''));
		if (SPACED.has(name) || (this.#isSpeech && name === 's')) this.#writer.space();
		if (BLOCKS.has(name)) this.#openBlock(name, attributes);
		if (CELLS.has(name)) this.#openCell();
		if (name === 'q') this.#write('"');
		const address = addressOf(valueOf(ADDRESSES.get(name) ?? ''));
		if (ADDRESSES.has(name) && !(name === 'source' && this.#reference)) {
			this.#closeReference();
			this.#reference = { name, address, words: [] };
			if (isClosed || name === 'source' || name === 'embed') this.#closeReference();
		} else if (this.#reference?.address === '') {
			this.#reference.address = address;
		}
	}

	#openBlock(name: string, attributes: Token['attributes']): void {
		this.#block();
		this.#blocks++;
		if (name === 'pre') this.#preformatted++;
		if (LISTS.has(name)) this.#lists.push(name === 'ol' ? Number(attributes.get('start') ?? 1) - 1 : undefined);
		if (name === 'li') this.#item();
		if (name === 'tr') this.#endRow();
	}

	#item(): void {
		const last = this.#lists.at(-1);
		const indent = '  '.repeat(Math.min(Math.max(this.#lists.length - 1, 0), MAX_INDENT));
		if (last === undefined || !Number.isSafeInteger(last)) return this.#writer.prefix(`${indent}- `);
		this.#lists[this.#lists.length - 1] = last + 1;
		this.#writer.prefix(`${indent}${last + 1}. `);
	}

	#openCell(): void {
		if (this.#hasCell) this.#writer.prefix(' | ');
		this.#isInCell = true;
	}

	#endRow(): void {
		this.#hasCell = false;
		this.#isInCell = false;
		this.#block();
	}

	#close(name: string): void {
		if (name === this.#reference?.name) this.#closeReference();
		if (name === 'q') this.#write('"');
		if (SPACED.has(name) || (this.#isSpeech && name === 's')) this.#writer.space();
		if (CELLS.has(name)) this.#hasCell = true;
		if (name === 'tr' || name === 'table') this.#endRow();
		if (!BLOCKS.has(name)) return;
		this.#block();
		this.#blocks = Math.max(this.#blocks - 1, 0);
		if (name === 'pre') this.#preformatted = Math.max(this.#preformatted - 1, 0);
		if (LISTS.has(name)) this.#lists.pop();
	}

	/** What is in a cell stays on the line of its row. */
	#block(): void {
		if (this.#isInCell) this.#writer.space();
		else this.#writer.block();
	}

	/** A row of a Markdown table stays on its line too. */
	#lineBreak(): void {
		if (this.#isInCell || this.#lineBegin === '|') this.#writer.space();
		else this.#writer.lineBreak();
	}

	#closeReference(): void {
		const reference = this.#reference;
		this.#reference = undefined;
		if (!reference || reference.address === '') return;
		const { address } = reference;
		const words = reference.words.join('').trim();
		const bare = address.replace(/^(?:mailto|tel|sms):/i, '');
		if (words === '') this.#writer.write(bare);
		else if (words !== address && words !== bare) this.#writer.write(` (${bare})`);
	}
}

function picture(alt: string, address: string): string {
	return alt && address ? `${alt} (${address})` : alt || address;
}
