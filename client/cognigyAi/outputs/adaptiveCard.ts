import { inBrackets } from './buttons';
import { fieldsOf, firstAddress, firstWords, join, objectsOf, textOf, wordsOf, type Fields } from './fields';
import { plainText } from './html/plainText';
import { summariseMedia } from './media';

/** Cards are nested in cards; one deeper than this was made to hurt. */
const MAX_DEPTH = 20;

/** Fields that a card may stand in, or an element that shows one. */
const WRAPPERS = ['adaptiveCard', 'uiComponent', 'payload', 'content', 'card', 'data'] as const;

/** The words of an adaptive card (1.0 to 1.6), a line for each element, and its actions: `[Print the label]`. */
export function summariseAdaptiveCard(value: unknown): string {
	const fields = parsed(value);
	const card = cardIn(fields, 0);
	return (card && new Card(card).read()) || firstWords(fields.fallbackText, fields.altText);
}

/** Some flows send cards as JSON text. */
function parsed(value: unknown): Fields {
	if (typeof value !== 'string') return fieldsOf(value);
	if (!value.trimStart().startsWith('{')) return {};
	try {
		return fieldsOf(JSON.parse(value));
	} catch {
		return {};
	}
}

function cardIn(fields: Fields, depth: number): Fields | undefined {
	if (isCard(fields)) return fields;
	if (depth > WRAPPERS.length) return undefined;
	for (const name of WRAPPERS) {
		const inner = fields[name] === undefined ? undefined : cardIn(parsed(fields[name]), depth + 1);
		if (inner) return inner;
	}
	return undefined;
}

function isCard({ type, body, actions, fallbackText, speak }: Fields): boolean {
	const isNamed =
		textOf(type).toLowerCase() === 'adaptivecard' && [fallbackText, speak].some((words) => wordsOf(words));
	return Array.isArray(body) || Array.isArray(actions) || isNamed;
}

/** Where elements hold others. */
const CHILDREN = ['body', 'items', 'columns', 'images', 'rows', 'cells', 'pages', 'tabs', 'elements'] as const;

class Card {
	/** Ids of what is hidden until somebody asks for it. */
	readonly #shownOnRequest = new Set<string>();

	constructor(private readonly card: Fields) {
		this.#findToggles(card, 0);
	}

	read(): string {
		return this.#card(this.card, 0);
	}

	#findToggles(value: unknown, depth: number): void {
		if (depth > 2 * MAX_DEPTH || typeof value !== 'object' || value === null) return;
		const { targetElements } = fieldsOf(value);
		if (Array.isArray(targetElements)) {
			for (const target of targetElements) this.#shownOnRequest.add(textOf(fieldsOf(target).elementId ?? target));
		}
		for (const inner of Object.values(value)) this.#findToggles(inner, depth + 1);
	}

	#card(card: Fields, depth: number): string {
		return this.#element(card, depth) || firstWords(card.fallbackText, card.speak);
	}

	#element(fields: Fields, depth: number): string {
		const { type, id, isVisible, actions, selectAction, rows, fallback } = fields;
		if (depth > MAX_DEPTH || (isVisible === false && !this.#shownOnRequest.has(textOf(id)))) return '';
		const kind = textOf(type);
		if (kind.startsWith('Action.')) return this.#actions([fields], depth);
		const holders = kind === 'Table' ? [rows] : CHILDREN.map((name) => fields[name]);
		const children = holders.flatMap(objectsOf).map((child) => this.#element(child, depth + 1));
		const inner = kind === 'TableRow' || 'cells' in fields ? row(children) : join(children, '\n');
		const select = fieldsOf(selectAction);
		const link = firstAddress(select.url) && inBrackets(wordsOf(select.title), firstAddress(select.url));
		const words = join([wordsOfElement(kind, fields), inner, link, this.#actions(objectsOf(actions), depth)], '\n');
		const other = fieldsOf(fallback);
		return words === '' && 'type' in other ? this.#element(other, depth + 1) : words;
	}

	/** A line of actions, and below it what those show that show something. */
	#actions(actions: readonly Fields[], depth: number): string {
		const titles = actions.map(({ title, tooltip, url }) => inBrackets(firstWords(title, tooltip), firstAddress(url)));
		const shown = actions.flatMap(({ card, content, menuActions }) => [
			...[card, content].map((inner) => this.#card(fieldsOf(inner), depth + 1)),
			depth > MAX_DEPTH ? '' : this.#actions(objectsOf(menuActions), depth + 1),
		]);
		return join([join(titles, ' '), ...shown], '\n');
	}
}

function row(cells: readonly string[]): string {
	return join(
		cells.map((cell) => cell.replaceAll('\n', ' ')),
		' | ',
	);
}

/** What an element says by itself. */
function wordsOfElement(kind: string, fields: Fields): string {
	const { text, title, label, altText, facts, inlines, sources, codeSnippet } = fields;
	if (kind.startsWith('Input.')) return input(fields);
	switch (kind) {
		case 'TextBlock':
		case 'TextRun':
		case 'Badge':
			return withDates(wordsOf(text));
		case 'RichTextBlock':
			return plainText((Array.isArray(inlines) ? inlines : []).map(inline).join('')).trim();
		case 'FactSet':
			return join(objectsOf(facts).map(fact), '\n');
		case 'Image':
			return summariseMedia('image', fields);
		case 'Media':
			return media(fields, objectsOf(sources));
		case 'CodeBlock':
			return textOf(codeSnippet);
		case 'CompoundButton':
			return inBrackets(join([wordsOf(title), wordsOf(fields.description)], ': '));
		case 'Rating':
			return join([textOf(fields.value), textOf(fields.max ?? 5)], ' / ');
		default:
			return firstWords(text, title, label, altText);
	}
}

/** Cards leave it to who shows them how a date is written: `{{DATE(2026-01-31T08:00:00Z, SHORT)}}`. */
function withDates(words: string): string {
	return words.replace(
		/\{\{(DATE|TIME)\((\d{4}-\d\d-\d\d)T(\d\d:\d\d)[^,(){}]{0,20}(?:, ?[A-Z]{4,7})?\)\}\}/g,
		(_all, kind: string, date: string, time: string) => (kind === 'DATE' ? date : time),
	);
}

function inline(run: unknown): string {
	const { text, selectAction } = fieldsOf(run);
	const words = typeof run === 'string' ? run : typeof text === 'string' ? text : textOf(text);
	const address = firstAddress(fieldsOf(selectAction).url);
	return address ? `${words} (${address})` : words;
}

function fact({ title, value }: Fields): string {
	return withDates(join([wordsOf(title), wordsOf(value)], ': '));
}

function media(fields: Fields, sources: readonly Fields[]): string {
	const [first = {}] = sources;
	const kind = textOf(first.mimeType).split('/')[0] ?? '';
	return summariseMedia(kind === 'audio' ? 'audio' : 'video', { ...fields, url: first.url });
}

/** What is asked for, and the answers to choose from: `Class`, and below it `[Economy] [First]`. */
function input({ label, title, placeholder, choices, value }: Fields): string {
	const options = objectsOf(choices).map((choice) => inBrackets(firstWords(choice.title, choice.value)));
	const hint = wordsOf(placeholder);
	const asked = join([...new Set([wordsOf(label), wordsOf(title)])], ': ');
	const given = options.length === 0 && title === undefined ? wordsOf(value) : '';
	const question = asked && hint ? `${asked} (${hint})` : asked || hint;
	return join([join([question, given], ': '), join(options, ' ')], '\n');
}
