import { button, buttonLine } from './buttons';
import { fieldsOf, join, objectsOf, textOf, type Fields } from './fields';

/** A gallery or a list: a line for each entry, `- Running shoe: 89 EUR [Buy the shoe]`, and the button below them all. */
export function summariseCards(value: unknown): string {
	const { items, button: common } = fieldsOf(value);
	return join([...objectsOf(items).map(card), button(fieldsOf(common))], '\n');
}

function card({ title, subtitle, buttons, imageAltText, defaultActionUrl }: Fields): string {
	const name = join([textOf(title) || textOf(imageAltText), textOf(subtitle)], ': ');
	const words = join([name, textOf(defaultActionUrl), buttonLine(buttons)], ' ');
	return words && `- ${words}`;
}
