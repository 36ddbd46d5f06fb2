import { fieldsOf, join, objectsOf, textOf, type Fields } from './fields';

/** Cards are nested in cards; one deeper than this was made to hurt. */
const MAX_DEPTH = 20;

/** The words of an adaptive card, a line for each element, and its actions: `[Print the label]`. */
export function summariseAdaptiveCard(value: unknown): string {
	const { adaptiveCard } = fieldsOf(value);
	return element(fieldsOf(adaptiveCard ?? value), 0);
}

function element(fields: Fields, depth: number): string {
	if (depth > MAX_DEPTH) return '';
	const { type, text, label, placeholder, altText, facts, actions } = fields;
	if (type === 'FactSet') {
		const lines = objectsOf(facts).map(({ title, value }) => join([textOf(title), textOf(value)], ': '));
		return join(lines, '\n');
	}
	if (type === 'TextRun') return textOf(text);
	const isInput = typeof type === 'string' && type.startsWith('Input.');
	const own = isInput ? textOf(label) || textOf(placeholder) || textOf(fields.title) : textOf(text) || textOf(altText);
	const inner = [fields.body, fields.items, fields.columns, fields.inlines, fields.rows, fields.cells]
		.flatMap(objectsOf)
		.map((child) => element(child, depth + 1));
	return join([own, ...inner, join(objectsOf(actions).map(action), ' ')], '\n');
}

function action({ title, url }: Fields): string {
	const words = join([textOf(title), textOf(url)], ': ');
	return words && `[${words}]`;
}
