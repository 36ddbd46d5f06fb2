import type { ClientModule } from './loadClient';
import type { ParameterReader } from './parameterReader';

/** How an entry of a collection is to be read. */
export type EntryKind = 'text' | 'number' | 'flag' | 'ids';

/** Parameters that are not read from the node, as they are known otherwise. */
export type GivenParameters = Readonly<Record<string, string>>;

/** Reads the parameters of one item into what the client takes. Errors name the parameter. */
export class ItemParameters {
	constructor(
		private readonly source: ParameterReader,
		private readonly itemIndex: number,
		private readonly client: ClientModule,
		private readonly given: GivenParameters = {},
	) {}

	#value(name: string, fallback: unknown): unknown {
		return this.given[name] ?? this.source.value(name, this.itemIndex, fallback);
	}

	/** Text. Expressions often give numbers for ids; those count as text, anything missing is empty text. */
	text(name: string): string {
		return readText(this.client, name, this.#value(name, ''));
	}

	/** An id: blank text, as a template leaves it where a field is missing, is none. */
	id(name: string): string {
		const id = this.text(name);
		return id.trim() === '' ? '' : id;
	}

	/** Yes or no. Expressions often give it as text. */
	flag(name: string): boolean {
		return readFlag(this.client, name, this.#value(name, false));
	}

	/** One of a few words; which ones is for the client to say. */
	choice<Word extends string>(name: string): Word {
		return this.text(name) as Word;
	}

	/** What is picked in a resource locator, whichever way it was picked. Given by expression it may be plain text. */
	locator(name: string): string {
		const value = this.#value(name, '');
		return readText(this.client, name, isLocator(value) ? value.value : value);
	}

	/** A number. Expressions often give it as text; text that is no number is for the client to refuse. */
	number(name: string): number {
		const number = this.client.asNumber(this.#value(name, undefined));
		if (typeof number === 'string' && number.trim() !== '') return NaN;
		return readNumber(this.client, name, number);
	}

	/** Several ids: text with commas between them, or a list. Blank ones are none. */
	ids(name: string): string[] {
		return readIds(this.client, name, this.#value(name, ''));
	}

	/** The entries of a collection that are to be known. One whose expression finds nothing is left out. */
	entries(name: string, kinds: Readonly<Record<string, EntryKind>>): Record<string, unknown> {
		const given = this.#value(name, {}) as Readonly<Record<string, unknown>>;
		const found = Object.entries(kinds).filter(([entry]) => (given[entry] ?? undefined) !== undefined);
		return Object.fromEntries(
			found.map(([entry, kind]) => [entry, READERS[kind](this.client, `${name}.${entry}`, given[entry])]),
		);
	}

	/** A list of texts: a list by expression, its JSON, or text with commas or blanks in between. */
	list(name: string): string[] {
		const value = this.#value(name, '');
		const entries: unknown[] = Array.isArray(value) ? value : this.#listIn(name, readText(this.client, name, value));
		return entries.map((entry) => readText(this.client, name, entry));
	}

	#listIn(name: string, text: string): unknown[] {
		if (!text.trim().startsWith('[')) return text.split(/[\s,]+/).filter((entry) => entry !== '');
		const list = this.#parse(name, text);
		if (Array.isArray(list)) return list;
		throw this.client.invalidInput(name, 'must be a list', 'Write it with commas, or like ["one", "two"].');
	}

	/** A JSON object, given as JSON text or, by expression, as an object; nothing, or empty text, is an empty object. */
	jsonObject(name: string): Record<string, unknown> {
		return this.asJsonObject(name, this.#value(name, '{}'));
	}

	/** The same for a value that was read already, e.g. an option. */
	asJsonObject(name: string, value: unknown): Record<string, unknown> {
		if (value === undefined || value === null) return {};
		const made = this.client.jsonObjectOf(typeof value === 'string' ? this.#parse(name, value) : value);
		if ('object' in made) return made.object;
		throw this.client.invalidInput(name, made.problem, 'Write it like {"key": "value"}.');
	}

	#parse(name: string, text: string): unknown {
		if (text.trim() === '') return {};
		try {
			return JSON.parse(text);
		} catch (error) {
			const reason = error instanceof Error ? error.message : 'cannot be read';
			throw this.client.invalidInput(name, `is not valid JSON: ${reason}`, 'Write it like {"key": "value"}.');
		}
	}
}

function isLocator(value: unknown): value is { value: unknown } {
	return typeof value === 'object' && value !== null && '__rl' in value && 'value' in value;
}

/** @throws {CognigyError} `invalidInput` for an object or a list, and for a number that has lost digits */
export function readText(client: ClientModule, name: string, value: unknown): string {
	const text = client.asText(value ?? '');
	if (typeof text === 'string') return text;
	const advice =
		typeof value === 'number'
			? `Correct ${name}. Nothing was sent for this item.`
			: 'It is an object or a list. Pick one field of it.';
	throw client.invalidInput(name, client.textProblem(value), advice);
}

/** Nothing is no. @throws {CognigyError} `invalidInput` */
export function readFlag(client: ClientModule, name: string, value: unknown): boolean {
	const flag = client.asFlag(value) ?? false;
	if (typeof flag === 'boolean') return flag;
	throw client.invalidInput(name, 'must be true or false', `Correct ${name}. Nothing was sent for this item.`);
}

/** @throws {CognigyError} `invalidInput` */
function readNumber(client: ClientModule, name: string, value: unknown): number {
	const number = client.asNumber(value);
	if (typeof number === 'number') return number;
	throw client.invalidInput(name, 'must be a number', `Correct ${name}. Nothing was sent for this item.`);
}

/** @throws {CognigyError} `invalidInput`, as for text */
function readIds(client: ClientModule, name: string, value: unknown): string[] {
	const texts = Array.isArray(value)
		? value.map((one: unknown) => readText(client, name, one))
		: readText(client, name, value).split(',');
	return texts.map((text) => text.trim()).filter((text) => text !== '');
}

const READERS: Readonly<
	Record<EntryKind, (client: ClientModule, name: string, value: unknown) => string | number | boolean | string[]>
> = { text: readText, number: readNumber, flag: readFlag, ids: readIds };
